import Foundation
public import KubernetesModel
public import Scenarios
import Scheduler
public import Simulation
public import SimulationKernel
public import Telemetry
public import Workloads

/// A scenario's run together with what is kept of it: the folder, the story, the summary.
public final class RunSession {
    public let run: ScenarioRun
    public let folder: RunFolder
    public var story: Story { collector.story }
    /// Commands and manifests of the scenario that the cluster refused.
    public var failedCommands: [TimelineRecord] { collector.failedCommands }
    public private(set) var summary: RunSummary
    private let collector: Collector

    /// Takes the lines of the timeline.
    private final class Collector {
        var story: Story
        var failedCommands: [TimelineRecord] = []
        init(story: Story) { self.story = story }
    }

    /// - Parameter decisions: how much of the schedulers' decisions the folder keeps.
    /// - Parameter isBrief: whether the folder gets the run's figures only, no timeline and no decisions: a
    ///   trace's replay is several times as fast.
    public init(
        _ scenario: Scenario, folder: RunFolder, keepsFullStory: Bool,
        decisions: DecisionRecorder.Scope = .all, isBrief: Bool = false
    ) {
        self.folder = folder
        let collector = Collector(story: Story(isFull: keepsFullStory))
        self.collector = collector
        let recorder = TimelineRecorder(isBrief ? .failedCommands : .everything) { record in
            if !isBrief {
                folder.add(record)
                collector.story.add(record)
            }
            if record.reason == "CommandFailed" { collector.failedCommands.append(record) }
        }
        let decider = DecisionRecorder(folder, scope: decisions)
        run = ScenarioRun(scenario, observers: isBrief ? [recorder] : [recorder, decider]) {
            if !isBrief { folder.add($0) }
        }
        decider.setProfiles(run.simulation.configuration.scheduler.profiles.map(\.profileName))
        summary = RunSummary(
            scenario: scenario.metadata.name, file: scenario.file, version: SimkVersion.number,
            seed: scenario.seed,
            nodes: scenario.cluster.nodes.count, zones: scenario.cluster.zones.count,
            objects: scenario.manifests.count, duration: scenario.duration)
    }

    /// Opens the scenario's trace, if it has one; to be called before ``run(shouldStop:)``.
    public func openWorkload() throws(TraceError) { try run.openWorkload() }

    /// The figures of the run's workload; nil without one.
    public private(set) var workload: WorkloadReport?

    /// Runs to the end, or until `shouldStop`, asked now and then with the virtual time, says so.
    public func run(shouldStop: (VirtualTime) -> Bool) {
        let started = ContinuousClock.now
        let simulation = run.simulation
        let isComplete = run.run { shouldStop(simulation.now) }
        let spent = ContinuousClock.now - started
        let (seconds, attoseconds) = spent.components
        summary.wallSeconds = Double(seconds) + Double(attoseconds) / 1e18
        summary.isInterrupted = !isComplete
        summary.virtualTime = simulation.now.sinceStart
        summary.events = simulation.counters.events
        summary.apiCalls = simulation.counters.apiCalls
        summary.podsCreated = run.metrics.podsCreated
        summary.podsScheduled = run.metrics.podsScheduled
        summary.podsLost = run.metrics.podsLost
        summary.podsDeleted = run.metrics.podsDeleted
        summary.containerRestarts = run.metrics.containerRestarts
        summary.workloads = run.metrics.workloads.keys.sorted().map {
            .init(id: $0, unavailablePodSeconds: run.metrics.unavailablePodSeconds($0, at: simulation.now))
        }
        summary.deadlines = run.metrics.deadlineFigures(at: simulation.now)
        summary.refusedManifests = run.refusedManifests.map { refusal in
            let kind = refusal.kind?.name.lowercased() ?? "object"
            return RunSummary.RefusedManifest(
                file: refusal.manifest.source, place: refusal.manifest.place,
                object: "\(kind)/\(refusal.key)", time: refusal.time, message: refusal.message)
        }
        summary.digest = simulation.digestText
        workload = run.meter.map { meter in
            WorkloadReport(
                meter.figures(at: simulation.now), counts: simulation.workloadCounts, tally: run.traceTally,
                unused: run.unusedRecords)
        }
    }

    private var outcome: String {
        if summary.isInterrupted { return "interrupted" }
        if !summary.refusedManifests.isEmpty { return "refused" }
        return run.hasHeld ? "held" : "failed"
    }

    /// The whole run as JSON: what `run.json` holds, and what `--format json` prints.
    public func json(withWallClock: Bool) -> JSONValue {
        var members: JSONValue = [
            "apiVersion": "simk.dev/v1", "kind": "Run", "version": .string(SimkVersion.number),
            "seed": Int64(exactly: summary.seed).map(JSONValue.integer) ?? .string(String(summary.seed)),
            "outcome": .string(outcome),
            "digest": .string(summary.digest),
            "summary": summary.json(withWallClock: withWallClock),
            "expectations": .array(run.results.map(\.json)),
            "invariants": .array(run.violations.map(\.json)),
            "scenario": run.scenario.resolved,
        ]
        if let workload { members["workload"] = workload.json }
        return members
    }

    /// Completes the run folder.
    public func finish() throws {
        let rows = run.results.map {
            ExpectationRow(
                name: $0.name, condition: $0.text, verdict: $0.verdict.rawValue, time: $0.time,
                state: $0.state)
        }
        for table in workload?.tables ?? [] { try folder.write(table.text, to: table.name) }
        try folder.finish(run: json(withWallClock: true), expectations: rows)
    }
}

/// The version of this build, as run folders and `simk version` tell it.
public enum SimkVersion {
    public static let number = "0.1.0"
    /// The Kubernetes version whose behaviour is simulated.
    public static let kubernetes = "v1.36"
}

extension InvariantViolation {
    /// As `run.json` and `--format json` show it.
    public var json: JSONValue {
        [
            "name": .string(invariant.rawValue), "seconds": .number(time.sinceStart.fractionalSeconds),
            "object": .string(subject), "state": .string(message), "cause": .string(cause),
        ]
    }
}

extension ExpectationResult {
    var json: JSONValue {
        var members: JSONValue = [
            "name": .string(name), "condition": .string(text), "verdict": .string(verdict.rawValue),
        ]
        if let time { members["seconds"] = .number(time.sinceStart.fractionalSeconds) }
        if !state.isEmpty { members["state"] = .string(state) }
        if let warning { members["warning"] = .string(warning) }
        return members
    }
}
