public import SimulationKernel

/// How a scenario is checked.
public struct CheckOptions: Hashable, Sendable {
    /// How many runs, each with a seed of its own.
    public var runs: Int
    /// The seed of the first run; the next ones follow.
    public var seed: UInt64
    /// Within which time everything must have converged after the faults have ended.
    public var bound: VirtualDuration
    /// How many runs go at once. The results do not depend on it.
    public var workers: Int
    /// How many runs the shrinking of a broken scenario may take at most.
    public var shrinkingRuns: Int

    public init(
        runs: Int = 100, seed: UInt64 = 1, bound: VirtualDuration = .minutes(10), workers: Int = 1,
        shrinkingRuns: Int = 400
    ) {
        self.runs = runs
        self.seed = seed
        self.bound = bound
        self.workers = workers
        self.shrinkingRuns = shrinkingRuns
    }
}
