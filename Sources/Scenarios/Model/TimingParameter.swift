import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// A timing constant or rate of the cluster that a scenario may change under `cluster.controlPlane.parameters`.
public struct TimingParameter: Hashable, Sendable {
    public enum Default: Hashable, Sendable {
        case duration(VirtualDuration)
        /// Any number of at least 0.
        case number(Double)
    }

    public var name: String
    public var standard: Default
    /// What it is, in a sentence.
    public var meaning: String
    /// Where the default comes from: an upstream file, or the words that it is assumed.
    public var source: String

    /// Every parameter, in the order in which they are documented. A component that reads a new one adds it here.
    public static let all: [TimingParameter] = controlPlane + nodes + controllers + scheduling + kubelet

    /// Durations that cannot be 0: what happens every so often would never end.
    static let positive: Set<String> = [
        "leaderElectionLeaseDuration", "leaderElectionRenewDeadline", "leaderElectionRetryPeriod",
        "nodeLeaseDuration", "nodeLeaseRenewInterval", "nodeMonitorPeriod", "podGCPeriod",
        "attachDetachPeriod", "claimBinderSyncPeriod", "quotaSyncPeriod", "podInitialBackoff",
        "podMaxBackoff",
        "nodeStatusReportFrequency", "kubeletSyncFrequency", "podLifecycleRelistPeriod",
        "horizontalPodAutoscalerSyncPeriod", "metricResolution",
    ]

    private static func duration(
        _ name: String, _ value: VirtualDuration, _ meaning: String, _ source: String
    ) -> TimingParameter {
        TimingParameter(name: name, standard: .duration(value), meaning: meaning, source: source)
    }

    private static func number(_ name: String, _ value: Double, _ meaning: String, _ source: String)
        -> TimingParameter
    {
        TimingParameter(name: name, standard: .number(value), meaning: meaning, source: source)
    }

    private static let assumed = "assumed"
    private static let horizontal = "pkg/controller/podautoscaler/config/v1alpha1/defaults.go"

    private static let controlPlane: [TimingParameter] = [
        duration("requestLatency", .milliseconds(1), "From a client to the API server.", assumed),
        duration("commitLatency", .milliseconds(4), "What a write costs in etcd.", assumed),
        duration("responseLatency", .milliseconds(1), "From the API server back to the client.", assumed),
        duration("watchLatency", .milliseconds(2), "From a commit to a watching cache.", assumed),
        duration(
            "unreachableTimeout", .seconds(10), "How long a client waits for a server that it cannot reach.",
            assumed),
        duration(
            "leaderElectionLeaseDuration", .seconds(15),
            "After how long without renewal a leader counts as gone.",
            "component-base/config/v1alpha1/defaults.go"),
        duration(
            "leaderElectionRenewDeadline", .seconds(10), "After how long without success a leader gives up.",
            "component-base/config/v1alpha1/defaults.go"),
        duration(
            "leaderElectionRetryPeriod", .seconds(2), "How often candidates try.",
            "component-base/config/v1alpha1/defaults.go"),
    ]

    private static let nodes: [TimingParameter] = [
        duration(
            "nodeLeaseDuration", .seconds(40), "How long a node's lease is valid.",
            "pkg/kubelet/apis/config/v1beta1/defaults.go"),
        duration(
            "nodeLeaseRenewInterval", .seconds(10),
            "How often a kubelet renews it: a quarter of the duration.",
            "pkg/kubelet/kubelet.go"),
        duration(
            "nodeMonitorPeriod", .seconds(5), "How often the node lifecycle controller looks at nodes.",
            "cloud-provider/config/v1alpha1/defaults.go"),
        duration(
            "nodeMonitorGracePeriod", .seconds(50), "How long a node may be silent before it is Unknown.",
            "pkg/controller/nodelifecycle/config/v1alpha1/defaults.go"),
        duration(
            "nodeStartupGracePeriod", .seconds(60), "The same for a node that has just been made.",
            "pkg/controller/nodelifecycle/config/v1alpha1/defaults.go"),
        number(
            "nodeEvictionRate", 0.1, "Nodes a second that are tainted NoExecute in a healthy zone.",
            "cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go"),
        number(
            "secondaryNodeEvictionRate", 0.01, "The same in an unhealthy zone.",
            "cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go"),
        number(
            "unhealthyZoneThreshold", 0.55, "The share of nodes not ready that makes a zone unhealthy.",
            "cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go"),
        number(
            "largeClusterSizeThreshold", 50, "Zones of at most so many nodes have a secondary rate of 0.",
            "cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go"),
        duration(
            "defaultNotReadyToleration", .seconds(300), "How long pods tolerate a node that is not ready.",
            "plugin/pkg/admission/defaulttolerationseconds/admission.go"),
        duration(
            "defaultUnreachableToleration", .seconds(300), "How long pods tolerate an unreachable node.",
            "plugin/pkg/admission/defaulttolerationseconds/admission.go"),
    ]

    private static let controllers: [TimingParameter] = [
        duration(
            "podGCPeriod", .seconds(20), "How often the pod garbage collector looks.",
            "pkg/controller/podgc/gc_controller.go"),
        duration(
            "podGCQuarantine", .seconds(40), "How long a node must be missing before its pods are collected.",
            "pkg/controller/podgc/gc_controller.go"),
        duration(
            "forceDetachTimeout", .minutes(6), "After how long a volume is detached without being unmounted.",
            "pkg/controller/volume/attachdetach/attach_detach_controller.go"),
        duration(
            "attachDetachPeriod", .milliseconds(100), "How often the attach/detach controller reconciles.",
            "pkg/controller/volume/attachdetach/attach_detach_controller.go"),
        duration(
            "claimBinderSyncPeriod", .seconds(15), "How often the volume binder looks at every claim.",
            "pkg/controller/volume/persistentvolume/config/v1alpha1/defaults.go"),
        duration(
            "horizontalPodAutoscalerSyncPeriod", .seconds(15),
            "How long after one look at a horizontal pod autoscaler the next comes.", horizontal),
        duration(
            "horizontalPodAutoscalerDownscaleStabilization", .minutes(5),
            "For how long the highest recommendation holds, unless the autoscaler's behavior says otherwise.",
            horizontal),
        number(
            "horizontalPodAutoscalerTolerance", 0.1,
            "By which part a metric may differ from its target, unless the autoscaler's behavior says otherwise.",
            horizontal),
        duration(
            "horizontalPodAutoscalerCPUInitializationPeriod", .minutes(5),
            "For how long after a pod's start its CPU counts only once it has been ready for a window.",
            horizontal),
        duration(
            "horizontalPodAutoscalerInitialReadinessDelay", .seconds(30),
            "Changes of readiness up to here after a pod's start count as its first.", horizontal),
        duration(
            "metricResolution", .seconds(15), "How often metrics-server reads the kubelets: at least 10s.",
            "kubernetes-sigs/metrics-server, manifests/base/deployment.yaml"),
        duration(
            "quotaSyncPeriod", .minutes(5), "How often the quota controller measures every quota anew.",
            "pkg/controller/resourcequota/config/v1alpha1/defaults.go"),
        duration("volumeProvisionTime", .seconds(2), "What a driver takes to make a volume.", assumed),
        duration("volumeAttachTime", .seconds(5), "What a driver takes to attach one.", assumed),
        duration("volumeDetachTime", .seconds(5), "What a driver takes to detach one.", assumed),
        duration("volumeExpandTime", .seconds(5), "What a driver takes to make one larger.", assumed),
        duration("volumeMountTime", .milliseconds(500), "What a node takes to mount one.", assumed),
        duration(
            "volumeNodeExpandTime", .seconds(1), "What a node takes to grow a mounted file system.", assumed),
    ]

    private static let scheduling: [TimingParameter] = [
        duration(
            "schedulingTime", .milliseconds(1), "What a scheduling cycle takes for one pod.", assumed),
        duration(
            "podInitialBackoff", .seconds(1), "The first pause after a failed attempt.",
            "pkg/scheduler/apis/config/v1/defaults.go"),
        duration(
            "podMaxBackoff", .seconds(10), "The longest pause after failed attempts.",
            "pkg/scheduler/apis/config/v1/defaults.go"),
        duration(
            "podMaxInUnschedulablePods", .minutes(5),
            "After how long an unschedulable pod is tried again anyhow.",
            "pkg/scheduler/backend/queue/scheduling_queue.go"),
    ]

    private static let kubelet: [TimingParameter] = [
        duration(
            "nodeStatusReportFrequency", .minutes(5),
            "How often a kubelet reports an unchanged status; at the default such reports, which change nothing, are left out.",
            "pkg/kubelet/apis/config/v1beta1/defaults.go"),
        duration(
            "kubeletSyncFrequency", .minutes(1), "How often a kubelet looks at every pod.",
            "pkg/kubelet/apis/config/v1beta1/defaults.go"),
        duration(
            "podLifecycleRelistPeriod", .seconds(1), "How often a kubelet asks the runtime what changed.",
            "pkg/kubelet/kubelet.go"),
        duration(
            "crashLoopBackOffInitial", .seconds(10), "The first pause before a crashed container's restart.",
            "pkg/kubelet/kubelet.go"),
        duration(
            "crashLoopBackOffMaximum", .seconds(300), "The longest such pause.", "pkg/kubelet/kubelet.go"),
        duration(
            "crashLoopBackOffReset", .minutes(10),
            "How long a container must run for the pause to begin anew.",
            "pkg/kubelet/kubelet.go"),
        duration(
            "imagePullBackOffInitial", .seconds(10), "The first pause after a failed pull.",
            "pkg/kubelet/kubelet.go"),
        duration(
            "imagePullBackOffMaximum", .seconds(300), "The longest such pause.", "pkg/kubelet/kubelet.go"),
        duration(
            "sandboxStartTime", .milliseconds(300), "What containerd takes to start a pod's sandbox.", assumed
        ),
        duration(
            "containerStartTime", .milliseconds(200), "What containerd takes to start a container.", assumed),
    ]
}

/// The values of all ``TimingParameter``s in one scenario.
public struct ParameterValues: Hashable, Sendable {
    /// In the order of ``TimingParameter/all``.
    private var values: [TimingParameter.Default] = TimingParameter.all.map(\.standard)

    private static let indices: [String: Int] = Dictionary(
        uniqueKeysWithValues: TimingParameter.all.enumerated().map { ($1.name, $0) })

    public init() {}

    /// The value of a duration; nil for a name that is none.
    public func duration(_ name: String) -> VirtualDuration? {
        guard let index = Self.indices[name], case .duration(let value) = values[index] else { return nil }
        return value
    }

    /// The value of a number; nil for a name that is none.
    public func number(_ name: String) -> Double? {
        guard let index = Self.indices[name], case .number(let value) = values[index] else { return nil }
        return value
    }

    /// The parameters that differ from their defaults.
    public var changed: [(parameter: TimingParameter, value: TimingParameter.Default)] {
        zip(TimingParameter.all, values).compactMap { $0.standard == $1 ? nil : ($0, $1) }
    }

    mutating func set(_ name: String, _ value: TimingParameter.Default) {
        if let index = Self.indices[name] { values[index] = value }
    }

    var json: JSONValue {
        var object: JSONObject = [:]
        for (parameter, value) in zip(TimingParameter.all, values) {
            switch value {
            case .duration(let duration): object[parameter.name] = duration.json
            case .number(let number): object[parameter.name] = .number(number)
            }
        }
        return .object(object)
    }
}
