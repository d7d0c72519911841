public import SimulationKernel

/// How long the scheduler's own work takes.
public struct SchedulerTiming: Hashable, Sendable {
    /// What a scheduling cycle takes whatever the cluster's size. An assumption.
    public var cycleBase = VirtualDuration.microseconds(500)
    /// What each node that is looked at adds. With it, a cycle over 5,000 nodes takes 1.5 ms, which is the
    /// rate of 680 pods a second that upstream's CI asks of its SchedulingBasic workload
    /// (`test/integration/scheduler_perf/misc/performance-config.yaml`, v1.36).
    public var cyclePerNode = VirtualDuration.nanoseconds(200)

    public init() {}

    /// The length of a cycle that looked at a number of nodes.
    func cycle(nodes: Int) -> VirtualDuration { cycleBase + cyclePerNode * Int64(nodes) }
}
