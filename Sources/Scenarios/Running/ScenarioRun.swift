import ControlPlane
import KubernetesModel
public import Simulation
import SimulationKernel

/// One run of a scenario: its cluster, its commands and its expectations.
public final class ScenarioRun {
    public let scenario: Scenario
    public let simulation: ClusterSimulation
    public let metrics: RunMetrics
    private let watcher: ExpectationWatcher

    /// Builds the cluster. Observers that are to see its first moment are given here.
    ///
    /// - Parameter onSample: called with every figure that changes.
    public init(
        _ scenario: Scenario, observers: [any SimulationObserver] = [],
        onSample: @escaping (MetricSample) -> Void = { _ in }
    ) {
        self.scenario = scenario
        let watcher = ExpectationWatcher(ExpectationMonitor(scenario), epoch: scenario.start)
        self.watcher = watcher
        metrics = RunMetrics(epoch: scenario.start) { sample in
            watcher.observe(sample)
            onSample(sample)
        }
        simulation = ClusterSimulation(
            ClusterConfiguration(scenario), observers: [metrics, watcher] + observers)
        for manifest in scenario.manifests { simulation.schedule(.apply(manifest.tree), at: .start) }
        for entry in scenario.timeline {
            if let name = entry.name {
                simulation.schedule(.mark(name, description: entry.description), at: entry.at)
            }
            for command in entry.action?.commands(in: scenario.cluster) ?? [] {
                simulation.schedule(command, at: entry.at)
            }
        }
    }

    /// Runs to the scenario's end, or until `shouldStop` says so.
    ///
    /// - Returns: whether the end was reached.
    @discardableResult
    public func run(shouldStop: () -> Bool = { false }) -> Bool {
        let isComplete = simulation.run(until: scenario.end, shouldStop: shouldStop)
        watcher.finish(at: simulation.now, counters: simulation.counters, metrics: metrics)
        return isComplete
    }

    /// What became of the expectations, in their order.
    public var results: [ExpectationResult] { watcher.monitor.results }

    /// Whether every expectation held.
    public var hasHeld: Bool { !results.contains { $0.verdict == .failed } }
}

/// Feeds the expectations' monitor with what they are about.
private final class ExpectationWatcher: SimulationObserver {
    var monitor: ExpectationMonitor
    private let epoch: CalendarTime
    private var hasEnded = false

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
        monitor.observe(
            kind, key, change.kind == .deleted ? nil : change.object.tree(epoch: epoch), at: change.time)
    }

    func noted(_ entry: JournalEntry, at time: VirtualTime) {}
    func reported(_ event: EventRecord, at time: VirtualTime) {}

    func observe(_ sample: MetricSample) {
        let object = sample.kind.map { ObjectReference(kind: $0, key: sample.key) }
        monitor.observe(Expectation.Metric(name: sample.name, object: object), sample.value, at: sample.time)
    }

    func finish(at time: VirtualTime, counters: RunCounters, metrics: RunMetrics) {
        monitor.observe(Expectation.Metric(name: "apiCalls"), Double(counters.apiCalls), at: time)
        monitor.observe(Expectation.Metric(name: "apiErrors"), Double(counters.apiErrors), at: time)
        monitor.observe(
            Expectation.Metric(name: "unavailablePodSeconds"), metrics.unavailablePodSeconds(at: time),
            at: time)
        let deadlines = metrics.deadlineFigures(at: time)
        monitor.observe(Expectation.Metric(name: "deadlinesMissed"), Double(deadlines.missed), at: time)
        monitor.observe(
            Expectation.Metric(name: "tardinessSeconds"), deadlines.totalTardinessSeconds, at: time)
        for id in metrics.workloads.keys.sorted() {
            monitor.observe(
                Expectation.Metric(
                    name: "unavailablePodSeconds", object: ObjectReference(kind: id.kind, key: id.key)),
                metrics.unavailablePodSeconds(id, at: time), at: time)
        }
        monitor.finish(at: time)
    }
}
