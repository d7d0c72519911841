public import KubernetesModel
import Scenarios
public import Simulation
public import SimulationKernel

/// What was first broken in a run.
public struct CheckFailure: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case invariant(InvariantName)
        /// Something that the undisturbed run reaches was not reached within the bound.
        case convergence
    }

    public var kind: Kind
    public var time: VirtualTime
    /// `deployment/default/web`, or the goal in words.
    public var subject: String
    public var message: String
    public var cause: String

    /// `surge`, or `convergence`.
    public var name: String {
        switch kind {
        case .invariant(let name): name.rawValue
        case .convergence: "convergence"
        }
    }

    /// The first thing that a run broke; nil when everything held.
    ///
    /// An invariant comes before a goal that was not reached, for it usually explains it.
    init?(_ run: ScenarioRun, goals: Set<String>) {
        if let violation = run.violations.first {
            self.init(
                kind: .invariant(violation.invariant), time: violation.time, subject: violation.subject,
                message: violation.message, cause: violation.cause)
            return
        }
        guard let missed = run.results.first(where: { $0.verdict == .failed && goals.contains($0.name) })
        else {
            return nil
        }
        self.init(
            kind: .convergence, time: missed.time ?? run.simulation.now, subject: missed.text,
            message: missed.state, cause: "")
    }

    /// Runs a scenario to its end, or until it has had so many events that it must be going round in a circle.
    ///
    /// - Returns: what was first broken, and how many events there were.
    static func first(
        of run: ScenarioRun, goals: Set<String>, eventLimit: Int
    ) -> (failure: CheckFailure?, events: Int) {
        let simulation = run.simulation
        let isComplete = run.run { simulation.counters.events > eventLimit }
        let events = simulation.counters.events
        if isComplete { return (CheckFailure(run, goals: goals), events) }
        let failure = CheckFailure(
            kind: .invariant(.hotLoop), time: simulation.now, subject: "the cluster",
            message: "more than \(eventLimit) events, and the run is not at its end", cause: "")
        return (failure, events)
    }

    /// How many events a disturbed run may have, given those of the undisturbed one.
    static func eventLimit(undisturbed events: Int) -> Int { 100_000 + 50 * events }

    init(kind: Kind, time: VirtualTime, subject: String, message: String, cause: String) {
        self.kind = kind
        self.time = time
        self.subject = subject
        self.message = message
        self.cause = cause
    }

    public var json: JSONValue {
        [
            "name": .string(name), "seconds": .number(time.sinceStart.fractionalSeconds),
            "object": .string(subject), "state": .string(message), "cause": .string(cause),
        ]
    }
}
