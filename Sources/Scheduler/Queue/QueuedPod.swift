public import SimulationKernel

/// A pod in the scheduling queue.
///
/// Upstream: `pkg/scheduler/framework/types.go`, `QueuedPodInfo` (v1.36).
public struct QueuedPod: Sendable {
    public var pod: PodInfo
    /// When the pod entered the queue it is in, which orders pods of one priority.
    public var timestamp: VirtualTime
    /// When the first pod of its group entered the queue; nil for pods without a group.
    public var groupTimestamp: VirtualTime?
    /// How often it was tried.
    public var attempts = 0
    public var initialAttemptTime: VirtualTime?
    /// How often it was found unschedulable, and failed in a row: what back-off counts.
    public var unschedulableCount = 0
    public var consecutiveErrorCount = 0
    /// The plugins that rejected it last: only events that concern one of them move it.
    public var unschedulablePlugins: Set<String> = []
    /// When it may be tried again, at the start of a second; nil when it never failed.
    public var backoffEnd: VirtualTime?
    /// What brought it where it is.
    public var lastMove = ""
    /// The plugin that holds it back before the active queue; empty when none does.
    public var gatingPlugin = ""

    /// The plugins that rejected it, as bits of the queue's own.
    var interest: UInt64 = 0

    public init(pod: PodInfo, timestamp: VirtualTime) {
        self.pod = pod
        self.timestamp = timestamp
    }
}
