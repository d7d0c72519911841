import Autoscalers
import ControlPlane
import Controllers
import Failures
public import KubernetesModel
import Scheduler
public import SimulationKernel
import Stochastics
import VirtualNodes

/// A whole cluster in one process on a virtual clock.
///
/// The composition root: it owns the event queue and the one `switch` over all events, passes calls and
/// watch events between the processes, and knows what each process is. Not `Sendable`: one run lives in one task.
public final class ClusterSimulation {
    public let configuration: ClusterConfiguration
    /// The moment of the last event.
    public internal(set) var now = VirtualTime.start
    public internal(set) var counters = RunCounters()

    var queue = EventQueue<SimulationEvent>()
    var digest = EventDigest()
    var storeDigest: StoreDigest
    var server: APIServer
    var calls = GenerationalTable<CallInFlight>()
    /// Store writes up to this revision were passed on to watchers and observers.
    var dispatchedRevision: Int64 = 0
    var observers: [any SimulationObserver] = []
    /// Those of the observers that want to hear of calls.
    var callHearers: [any SimulationObserver] = []
    var chaos: Chaos

    var processes: [Process] = []
    var schedulers: [SchedulerComponent] = []
    var controllerManagers: [ControllerManager] = []
    var storage = ControllerManager()
    /// Those of the processes of the configuration's operators, in their order, and which operator each is of.
    var operators: [ControllerManager] = []
    var operatorPlaces: [Int] = []
    var kubelets: [Kubelet] = []
    var kubectl: Kubectl
    /// The process of each node's kubelet, by the node's name.
    var kubeletProcesses: [String: ProcessID] = [:]
    /// Processes that watch everything.
    var sharedWatchers: [ProcessID] = []

    var elections: [Election] = []
    var commands: [Command] = []
    var failureProcesses: [FailureProcess] = []
    var currentFailures: [Outage?] = []
    var ledger = OutageLedger()
    /// How often each machine has been booted; numbers the draws of boot times.
    var boots: [Int]
    let topology: FailureTopology
    /// Every disk, in the order by which failures number them.
    let disks: [DiskPlace]
    /// Scripted outages that end by themselves.
    var scriptedOutages: [ScriptedOutage] = []
    var metrics: MetricsPipeline
    var outbox = Outbox()
    var workload: WorkloadDriver?
    /// Only of meaning with a workload.
    var workloadProcess = ProcessID(index: 0)
    /// The process whose correlator was trimmed last.
    var trimmedProcess = 0
    var hasEnded = false
    private(set) var callObserver: ((RunCounters, VirtualTime) -> Void)?

    /// Builds the cluster: its nodes are off until the first event.
    ///
    /// - Parameter observers: hear everything from the first object on, in this order.
    public init(_ configuration: ClusterConfiguration, observers: [any SimulationObserver] = []) {
        self.configuration = configuration
        self.observers = observers
        callHearers = observers.filter(\.hearsCalls)
        chaos = Chaos(configuration.chaos)
        server = APIServer(epoch: configuration.start, seed: configuration.seed)
        topology = FailureTopology(
            racks: configuration.nodes.map { $0.rack.map(UInt32.init) },
            zones: configuration.nodes.map { $0.zone.map(UInt32.init) })
        disks = configuration.disks
        kubectl = Kubectl(epoch: configuration.start)
        storeDigest = StoreDigest(epoch: configuration.start)
        metrics = MetricsPipeline(configuration)
        boots = Array(repeating: 0, count: configuration.nodes.count)
        server.notReadyTolerationSeconds = configuration.notReadyToleration.wholeSeconds
        server.unreachableTolerationSeconds = configuration.unreachableToleration.wholeSeconds
        server.admitsServiceAccounts = configuration.admitsServiceAccounts
        server.bootstrap(at: .start)
        for observer in observers { observer.began(self) }
        addProcesses()
        dispatchChanges()
    }

    // MARK: Running

    /// Runs until virtual time has reached `end`; events at that very moment still happen.
    ///
    /// - Parameter shouldStop: asked after every thousandth event; true ends the run early.
    /// - Returns: whether the end was reached.
    @discardableResult
    public func run(until end: VirtualTime, shouldStop: () -> Bool = { false }) -> Bool {
        var count = 0
        while let time = queue.nextTime(), time <= end {
            step()
            count += 1
            if count % 1_000 == 0 && shouldStop() { return false }
        }
        if now < end { now = end }
        return true
    }

    /// Runs for a span of virtual time.
    public func run(for duration: VirtualDuration) { run(until: now + duration) }

    /// Whether nothing is left to happen.
    public var isQuiescent: Bool { queue.isEmpty }

    /// Manifests that the API server refused so far, in order.
    public var refusedManifests: [ManifestRefusal] { kubectl.refusals }

    /// The hash over everything that happened so far.
    public var digestText: String { digest.hexadecimal }

    /// Handles the next event.
    func step() {
        guard let (time, sequence, event) = queue.popNext() else { return }
        precondition(time >= now, "time must not run backwards")
        now = time
        if chaos.isOn, case .processWakes(let process) = event, chaos.putsBackAlarm(at: now) {
            processes[Int(process.index)].alarm = queue.schedule(event, at: now)
            return
        }
        counters.events += 1
        digest.combine(UInt64(bitPattern: time.nanoseconds))
        digest.combine(sequence)
        digest.combine(event.code << 32 | event.subject)
        switch event {
        case .callExecutes(let call): execute(call)
        case .callReturns(let call): complete(call)
        case .watchDelivers(let process): deliver(to: process)
        case .processWakes(let process): wake(process)
        case .command(let index): perform(commands[Int(index)])
        case .electionPoll(let process): pollElection(process)
        case .processReturns(let process): restart(process)
        case .failureBegins(let index): beginFailure(Int(index))
        case .failureEnds(let index): endFailure(Int(index))
        case .outageEnds(let index): endScriptedOutage(Int(index))
        case .nodeBoots(let node): bootNode(Int(node))
        case .metricsScrape: scrapeMetrics()
        case .workloadArrives: arriveWorkload()
        case .workloadDeletes(let handle): deleteWorkloadPod(handle)
        case .workloadResumes(let handle): resumeWorkload(handle)
        }
        dispatchChanges()
    }

    /// Has somebody told of every call that the API server has handled: with many calls that costs time.
    public func observeCalls(_ observer: @escaping (RunCounters, VirtualTime) -> Void) {
        callObserver = observer
    }

    // MARK: Looking

    /// Reads an object straight from the store.
    public func object(_ kind: ObjectKind, _ key: ObjectKey) -> APIObject? {
        server.store[kind, key].map { server.materialized($0, at: now) }
    }

    public func get<Object: TypedObject>(_ type: Object.Type, _ key: ObjectKey) -> Object? {
        object(Object.kind, key).flatMap(Object.unwrap)?.value
    }

    /// Objects of a kind in the order of their keys.
    public func list(_ kind: ObjectKind, namespace: String? = nil) -> [APIObject] {
        server.list(kind, namespace: namespace, at: now)
    }

    public func list<Object: TypedObject>(_ type: Object.Type, namespace: String? = nil) -> [Object] {
        list(Object.kind, namespace: namespace).compactMap { Object.unwrap($0)?.value }
    }

    /// The name of a node by its index in the configuration.
    public func nodeName(_ index: Int) -> String { configuration.nodes[index].name }

    /// The index of a node by its name.
    public func nodeIndex(_ name: String) -> Int? {
        guard let process = kubeletProcesses[name],
            case .kubelet(let index) = processes[Int(process.index)].role
        else { return nil }
        return index
    }

    func note(_ entry: JournalEntry) {
        for observer in observers { observer.noted(entry, at: now) }
    }
}

/// Totals of a run.
public struct RunCounters: Hashable, Sendable {
    public var events = 0
    public var apiCalls = 0
    public var apiErrors = 0

    public init() {}
}
