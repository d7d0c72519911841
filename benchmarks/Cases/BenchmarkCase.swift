/// A piece of work that can be timed: a plain function, so that any runner can call it, and a test does.
public protocol BenchmarkCase: SendableMetatype {
    /// `subject/what`, as printed and as named on the runner's command line.
    static var name: String { get }
    /// What ``run(size:)`` makes one of, for the unit of the rate: `hold`, `look-up`.
    static var operation: String { get }
    /// The sizes that the table of figures has, smallest first.
    static var sizes: [Int] { get }

    /// A size at which the work is done in no time, for tests; ``sizes``' first otherwise.
    static var smallestSize: Int { get }

    /// Whether its steady state must not allocate: the runner counts what a run twice as long allocates more.
    static var isAllocationFree: Bool { get }

    /// The number of operations that ``run(size:rounds:)`` performs.
    static func operationCount(size: Int, rounds: Int) -> Int

    /// Performs the work. The work grows in proportion to `rounds`; what is only set-up does not.
    ///
    /// - Returns: a checksum, so that no optimisation removes the work or changes its result unseen.
    static func run(size: Int, rounds: Int) -> UInt64
}

extension BenchmarkCase {
    public static var smallestSize: Int { sizes.first ?? 1 }
}

/// Every case, in the order in which the runner prints them. A new case is a file here and a line in this list.
public let benchmarkCases: [any BenchmarkCase.Type] = [
    EventQueueHold.self,
    EventQueueBursts.self,
    EventQueueAlarms.self,
    SymbolTableIntern.self,
    GenerationalTableChurn.self,
    SchedulerCase<BasicShape>.self,
    SchedulerCase<PodAntiAffinityShape>.self,
    SchedulerCase<MatchingAntiAffinityShape>.self,
    SchedulerCase<PodAffinityShape>.self,
    SchedulerCase<PreferredAffinityShape>.self,
    SchedulerCase<PreferredAntiAffinityShape>.self,
    SchedulerCase<NodeAffinityShape>.self,
    SchedulerCase<MixedShape>.self,
    SchedulerCase<NamespaceSelectorShape>.self,
    SchedulerCase<SpreadShape>.self,
    SchedulerCase<PreferredSpreadShape>.self,
    SchedulerCase<DefaultSpreadShape>.self,
    SchedulerCase<InclusionPolicyShape>.self,
    SchedulerCase<VolumeShape>.self,
    SchedulerCase<DaemonSetShape>.self,
    SchedulerCase<ExtendedResourceShape>.self,
    SchedulerCase<PreemptionShape>.self,
    SchedulerCase<UnschedulableShape>.self,
    DelimitedTextReading.self,
    TraceTaskReading.self,
    BatchTaskReading.self,
    CompactTraceReading.self,
]
