import Dispatch
public import Scenarios
public import Simulation
import SimulationKernel
import Synchronization

/// Runs a scenario under many seeds with random disturbances, all invariants on, until something breaks.
///
/// A run is a pure function of the scenario and its seed, so the outcome does not depend on how many go at
/// once: of the runs that break something the first one by its number counts.
public struct ScenarioCheck: Sendable {
    public typealias Configure = @Sendable (inout ClusterConfiguration) -> Void

    /// What came of a check.
    public struct Outcome: Sendable {
        /// How many runs held before the first that did not, that one included.
        public var runs: Int
        /// Events of all those runs.
        public var events: Int
        /// Nil when everything held.
        public var finding: Finding?
    }

    /// The first broken run.
    public struct Finding: Sendable {
        /// From 1; 0 for the run without disturbances.
        public var run: Int
        public var seed: UInt64
        public var failure: CheckFailure
        /// The whole run as a scenario.
        public var scenario: Scenario
    }

    public let scenario: Scenario
    public let options: CheckOptions
    private let configure: Configure

    /// - Parameter configure: a last change of the cluster, for tests; a scenario file cannot say it.
    public init(
        _ scenario: Scenario, options: CheckOptions, configure: @escaping Configure = { _ in }
    ) {
        self.scenario = scenario
        self.options = options
        // Nobody looks at the digests.
        self.configure = { configuration in
            configure(&configuration)
            configuration.digestsContent = false
        }
    }

    /// Runs until something breaks or all runs have held.
    ///
    /// - Parameter progress: called now and then from any of the workers, with the number of finished runs.
    /// - Parameter shouldStop: whether to end early; asked before each run.
    public func run(
        progress: @Sendable (Int) -> Void = { _ in }, shouldStop: @Sendable () -> Bool = { false }
    ) -> Outcome {
        // What the scenario expects is about the undisturbed run.
        var base = scenario
        base.expectations = []
        // A fault of the scenario's own may outlast it.
        let until = ConvergenceGoals.start(of: scenario, notBefore: scenario.end)
        let (goals, failure) = ConvergenceGoals.found(
            in: base, after: until, bound: options.bound, configure: configure)
        if let failure {
            let broken = Self.calm(base, bound: options.bound)
            return Outcome(
                runs: 1, events: 0,
                finding: Finding(run: 0, seed: scenario.seed, failure: failure, scenario: broken))
        }
        let limit = CheckFailure.eventLimit(undisturbed: goals.events)
        let scenario = base
        let options = options
        let configure = configure

        struct Progress {
            var next = 0
            var done = 0
            var events: [Int]
            var firstBroken = Int.max
            var finding: Finding?
        }
        let state = Mutex(Progress(events: Array(repeating: 0, count: options.runs)))
        let workers = max(1, min(options.workers, options.runs))
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let index: Int? = state.withLock { state in
                    guard state.next < min(options.runs, state.firstBroken), !shouldStop() else { return nil }
                    state.next += 1
                    return state.next - 1
                }
                guard let index else { return }
                let seed = options.seed &+ UInt64(index)
                var disturbed = Disturbance(of: scenario, seed: seed, until: until)
                    .applied(to: scenario, rest: goals.aftermath)
                disturbed.expectations = goals.expectations(under: disturbed.chaos)
                let names = Set(disturbed.expectations.map(\.name))
                let (failure, events) = CheckFailure.first(
                    of: ScenarioRun(disturbed, configure: configure), goals: names, eventLimit: limit)
                let done = state.withLock { state -> Int in
                    state.events[index] = events
                    state.done += 1
                    if let failure, index < state.firstBroken {
                        state.firstBroken = index
                        state.finding = Finding(
                            run: index + 1, seed: seed, failure: failure, scenario: disturbed)
                    }
                    return state.done
                }
                progress(done)
            }
        }
        return state.withLock { state in
            let runs = state.finding?.run ?? state.done
            return Outcome(
                runs: runs, events: state.events.prefix(runs).reduce(0, +), finding: state.finding)
        }
    }

    private static func calm(_ scenario: Scenario, bound: VirtualDuration) -> Scenario {
        var calm = scenario
        calm.duration = scenario.duration + bound
        return calm
    }

    /// Makes a finding as small as it gets.
    public func shrunk(_ finding: Finding, progress: @escaping (Int) -> Void = { _ in }) -> ShrunkScenario {
        var shrinker = ScenarioShrinker(
            finding, bound: options.bound, limit: options.shrinkingRuns, configure: configure,
            progress: progress)
        return shrinker.shrink()
    }
}
