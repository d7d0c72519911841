import ControlPlane
import KubernetesModel
import OrderedCollections
public import Simulation
import SimulationKernel
public import Workloads

/// One run of a scenario: its cluster, its commands and its expectations.
public final class ScenarioRun {
    public let scenario: Scenario
    public let simulation: ClusterSimulation
    public let metrics: RunMetrics
    private let invariants: InvariantMonitor
    /// The figures of a workload; nil where nobody asked for them.
    public let meter: WorkloadMeter?
    private let watcher: ExpectationWatcher
    private var trace: TraceWorkload?
    private var leftOfState: [TraceTally.PassedOver] = []

    /// Builds the cluster. Observers that are to see its first moment are given here.
    ///
    /// - Parameter configure: a last change of the cluster, for tests; a scenario file cannot say it.
    /// - Parameter isMetered: whether figures of the workload are kept; they always are for a trace.
    /// - Parameter onSample: called with every figure that changes.
    public init(
        _ scenario: Scenario, configure: (inout ClusterConfiguration) -> Void = { _ in },
        observers: [any SimulationObserver] = [], isMetered: Bool = false,
        onSample: @escaping (MetricSample) -> Void = { _ in }
    ) {
        self.scenario = scenario
        let watcher = ExpectationWatcher(ExpectationMonitor(scenario), epoch: scenario.start)
        self.watcher = watcher
        metrics = RunMetrics(epoch: scenario.start) { sample in
            watcher.observe(sample)
            onSample(sample)
        }
        invariants = InvariantMonitor(
            disabled: Set(scenario.exemptions.map(\.invariant)),
            disturbedUntil: scenario.chaos?.until ?? .start)
        let meter = isMetered || scenario.workload != nil ? WorkloadMeter(scenario) : nil
        self.meter = meter
        var everybody: [any SimulationObserver] = [metrics, watcher, invariants]
        if let meter { everybody.append(meter) }
        var configuration = ClusterConfiguration(scenario)
        configure(&configuration)
        simulation = ClusterSimulation(configuration, observers: everybody + observers)
        meter?.usage = { [unowned simulation] in simulation.usage }
        if watcher.isInterestedInCalls {
            simulation.observeCalls { counters, time in watcher.observe(counters, at: time) }
        }
        restoreState()
        // All at once, but for objects that are given twice: the second one changes the first.
        let initial = OrderedDictionary(grouping: scenario.manifests) {
            ObjectReference(kind: $0.kind, key: $0.key)
        }
        for manifests in initial.values {
            let applied = manifests.map { AppliedManifest($0, isInitial: true) }
            simulation.schedule(.apply(applied), at: .start)
        }
        for entry in scenario.timeline {
            if let name = entry.name {
                simulation.schedule(.mark(name, description: entry.description), at: entry.at)
            }
            for command in entry.action?.commands(in: scenario.cluster) ?? [] {
                simulation.schedule(command, at: entry.at)
            }
        }
    }

    /// Opens the scenario's trace; to be called before ``run(shouldStop:)``.
    public func openWorkload() throws(TraceError) {
        guard let plan = scenario.workload else { return }
        let trace = try TraceWorkload(plan, seed: scenario.seed, nodes: plan.nodeOfMachine)
        self.trace = trace
        simulation.attach(
            trace, retention: plan.retention, recordsUsage: plan.followsCPU || plan.followsMemory)
    }

    /// Whether window and sample have left nothing of the trace to this run.
    public var tookNothing: Bool { trace?.isEmpty ?? false }

    /// Why the trace could not be read to its end; nil when it could.
    public var traceFailure: TraceError? { trace?.failure }

    /// What has been counted of the trace; nil without one.
    public var traceTally: TraceTally? { trace?.tally }

    /// Records of the trace that the replay had no use for, by what they are.
    public var unusedRecords: [TraceTally.PassedOver] { leftOfState + (trace?.unused ?? []) }

    /// Puts the starting state in place: the scenario's own, and that of a snapshot.
    private func restoreState() {
        var trees = scenario.state
        if let plan = scenario.workload, plan.startsFromState { trees += plan.survey.state }
        if trees.isEmpty { return }
        var state = ClusterState(trees)
        leftOfState = state.left
        let nodes = Set(scenario.cluster.nodes.map(\.name))
        state.unbindPods(notOn: nodes)
        simulation.restore(state.objects)
        // By then their kubelets have registered them.
        for node in state.cordoned where nodes.contains(node) {
            simulation.schedule(.node(node, .cordon(true)), at: .start + .seconds(1))
        }
    }

    /// Runs to the scenario's end, or until `shouldStop` says so.
    ///
    /// - Returns: whether the end was reached.
    @discardableResult
    public func run(shouldStop: () -> Bool = { false }) -> Bool {
        let isComplete = simulation.run(until: scenario.end, shouldStop: shouldStop)
        watcher.finish(at: simulation.now, metrics.deadlineFigures(at: simulation.now))
        invariants.finish(at: simulation.now)
        return isComplete
    }

    /// What became of the expectations, in their order.
    public var results: [ExpectationResult] { watcher.monitor.results }

    /// The scenario's manifests that the API server refused at the start, although it should take them.
    public var refusedManifests: [ManifestRefusal] {
        let expected = scenario.manifests.filter(\.mayBeRefused)
        return simulation.refusedManifests.filter { refusal in
            refusal.manifest.isInitial
                && !expected.contains { $0.kind == refusal.kind && $0.key == refusal.key }
        }
    }

    /// What was broken of what must always hold, in the order of time.
    public var violations: [InvariantViolation] { invariants.violations }

    /// Whether every expectation and every invariant held.
    public var hasHeld: Bool { violations.isEmpty && !results.contains { $0.verdict == .failed } }
}

/// Feeds the expectations' monitor with what they are about.
private final class ExpectationWatcher: SimulationObserver {
    var monitor: ExpectationMonitor
    private let epoch: CalendarTime

    init(_ monitor: ExpectationMonitor, epoch: CalendarTime) {
        self.monitor = monitor
        self.epoch = epoch
        for metric in RunMetric.all {
            self.monitor.observe(Expectation.Metric(name: metric.name), 0, at: .start)
        }
    }

    func stored(_ change: StoreChange) {
        let kind = change.object.kind
        let key = change.object.key
        guard monitor.isInterested(in: kind, key) else { return }
        // A plain `nil` would be JSON's null, and the object would be there for ever.
        let tree: JSONValue? = change.kind == .deleted ? .none : .some(change.object.tree(epoch: epoch))
        monitor.observe(kind, key, tree, at: change.time)
    }

    var hearsPlacements: Bool { false }

    func noted(_ entry: JournalEntry, at time: VirtualTime) {}
    func reported(_ event: EventRecord, at time: VirtualTime) {}

    func observe(_ sample: MetricSample) {
        let object = sample.kind.map { ObjectReference(kind: $0, key: sample.key) }
        monitor.observe(
            Expectation.Metric(name: sample.name, object: object), sample.value, rate: sample.rate,
            at: sample.time)
    }

    /// Whether calls have to be told one by one.
    var isInterestedInCalls: Bool {
        monitor.isInterested(in: Self.calls) || monitor.isInterested(in: Self.errors)
    }

    func observe(_ counters: RunCounters, at time: VirtualTime) {
        monitor.observe(Self.calls, Double(counters.apiCalls), at: time)
        monitor.observe(Self.errors, Double(counters.apiErrors), at: time)
    }

    private static let calls = Expectation.Metric(name: "apiCalls")
    private static let errors = Expectation.Metric(name: "apiErrors")

    func finish(at time: VirtualTime, _ deadlines: DeadlineFigures) {
        // Pods that have not finished are late by now, which no change has told.
        monitor.observe(Expectation.Metric(name: "deadlinesMissed"), Double(deadlines.missed), at: time)
        monitor.observe(
            Expectation.Metric(name: "tardinessSeconds"), deadlines.totalTardinessSeconds, at: time)
        monitor.finish(at: time)
    }
}
