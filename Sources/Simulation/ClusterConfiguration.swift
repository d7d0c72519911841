public import Autoscalers
public import ControlPlane
import Controllers
public import Failures
public import KubernetesModel
public import Scheduler
public import SimulationKernel
import Stochastics
public import VirtualNodes

/// One virtual node as the cluster is built with it.
public struct NodeConfiguration: Sendable {
    public var description: NodeDescription
    /// Index into ``ClusterConfiguration/zones``; nil for none.
    public var zone: Int?
    /// Index into ``ClusterConfiguration/racks``; nil for none.
    public var rack: Int?
    /// From power to a running kubelet.
    public var bootTime: Draw

    public init(
        _ description: NodeDescription, zone: Int? = nil, rack: Int? = nil, bootTime: Draw = .seconds(60)
    ) {
        self.description = description
        self.zone = zone
        self.rack = rack
        self.bootTime = bootTime
    }

    public var name: String { description.name }
}

/// One disk of the cluster.
public struct DiskPlace: Hashable, Sendable {
    /// Index into ``ClusterConfiguration/nodes``.
    public var node: Int
    /// Index into the node's disks.
    public var disk: Int

    public init(node: Int, disk: Int) {
        self.node = node
        self.disk = disk
    }
}

/// A failure model and the components that it is about.
public struct FailurePlan: Sendable {
    public struct Target: Sendable {
        public var component: FailureComponent
        /// Names the component's stream, so that a node added elsewhere shifts nobody's failures.
        public var name: String
        public init(component: FailureComponent, name: String) {
            self.component = component
            self.name = name
        }
    }
    public var model: FailureModel
    public var targets: [Target]

    public init(model: FailureModel, targets: [Target]) {
        self.model = model
        self.targets = targets
    }
}

/// Everything that decides a run, but for the commands of its timeline.
public struct ClusterConfiguration: Sendable {
    public var seed: UInt64
    /// The calendar time of the run's start; whole seconds.
    public var start: CalendarTime
    public var zones: [String] = []
    public var racks: [String] = []
    public var nodes: [NodeConfiguration] = []
    /// Replicas of the scheduler and of the controller manager, of which one leads.
    public var schedulers = 1
    public var controllerManagers = 1
    public var timing = ControlPlaneTiming()
    /// How long new pods tolerate a node that is not ready, or unreachable, unless they say otherwise.
    public var notReadyToleration = VirtualDuration.seconds(300)
    public var unreachableToleration = VirtualDuration.seconds(300)
    /// Whether pods get a service account, and its token in a volume (the ServiceAccount admission plugin).
    public var admitsServiceAccounts = false
    public var election = ElectionTiming()
    public var clients = ClientLimits()
    public var scheduler: SchedulerConfiguration
    public var schedulerTiming = SchedulerTiming()
    /// How one of several nodes with the highest score is taken.
    public var schedulerTies = TieBreak.drawn
    public var kubelet: KubeletSettings
    public var controllers = ControllerOptions()
    public var failures: [FailurePlan] = []
    /// How often metrics-server reads the kubelets.
    public var metricResolution = VirtualDuration.seconds(15)
    /// Custom and external metrics.
    public var metrics: [StatedMetric] = []
    /// Processes beside those of Kubernetes itself that run controllers of their own.
    public var operators: [OperatorConfiguration] = []
    /// What disturbs the traffic with the API server; nil for nothing.
    public var chaos: ChaosPlan?
    /// Whether the content of every write goes into the digest, which takes a quarter of the time of a run;
    /// without, equal digests tell of equal events only.
    public var digestsContent = true

    /// Every disk of every node, in the order by which failures number them.
    public var disks: [DiskPlace] {
        nodes.indices.flatMap { node in
            nodes[node].description.disks.indices.map { DiskPlace(node: node, disk: $0) }
        }
    }

    public init(seed: UInt64, start: CalendarTime) {
        self.seed = seed
        self.start = start
        guard let standard = try? SchedulerConfiguration.standard() else {
            preconditionFailure("the default plugins take their default arguments")
        }
        scheduler = standard
        kubelet = KubeletSettings(streams: RandomStreams(seed: seed))
    }
}

/// How leaders of the control plane are elected.
///
/// Upstream: `component-base/config/v1alpha1/defaults.go` (v1.36).
public struct ElectionTiming: Hashable, Sendable {
    public var leaseDuration = VirtualDuration.seconds(15)
    public var renewDeadline = VirtualDuration.seconds(10)
    public var retryPeriod = VirtualDuration.seconds(2)
    /// A standby's pause between tries is the retry period times 1 to 1 + this
    /// (`client-go/tools/leaderelection`, `JitterFactor`).
    public var jitterFactor = 1.2

    public init() {}
}

/// Rate limits of the processes' clients: calls a second, and how many may go at once.
///
/// Upstream (v1.36): `cmd/kube-controller-manager` 20/30 for each controller's client, `pkg/scheduler/apis`
/// 50/100, `pkg/kubelet/apis/config/v1beta1/defaults.go` 50/100 for calls and for events.
public struct ClientLimits: Hashable, Sendable {
    public struct Limit: Hashable, Sendable {
        public var queriesPerSecond: Double
        public var burst: Int
        public init(queriesPerSecond: Double, burst: Int) {
            self.queriesPerSecond = queriesPerSecond
            self.burst = burst
        }
    }
    public var controllerManager = Limit(queriesPerSecond: 20, burst: 30)
    public var scheduler = Limit(queriesPerSecond: 50, burst: 100)
    public var kubelet = Limit(queriesPerSecond: 50, burst: 100)

    public init() {}

    /// The limit of one controller's client: two of them get more than the others.
    ///
    /// Upstream: `cmd/kube-controller-manager/app/core.go`, `newGarbageCollectorController`,
    /// `newNamespaceController` (v1.36).
    func controllerManager(client name: String) -> TokenBucket {
        let (rate, burst) = (controllerManager.queriesPerSecond, controllerManager.burst)
        switch name {
        case GarbageCollectorController.name: return TokenBucket(queriesPerSecond: rate * 2, burst: burst)
        case NamespaceController.name: return TokenBucket(queriesPerSecond: rate * 20, burst: burst * 100)
        default: return TokenBucket(queriesPerSecond: rate, burst: burst)
        }
    }
}
