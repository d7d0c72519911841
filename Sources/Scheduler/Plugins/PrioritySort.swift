/// Orders the active queue by priority, then by the time of entry.
///
/// Upstream: `pkg/scheduler/framework/plugins/queuesort/priority_sort.go` (v1.36).
public struct PrioritySort: QueueSortPlugin {
    public static let name = "PrioritySort"

    public init() {}

    public func isBefore(_ left: QueuedPod, _ right: QueuedPod) -> Bool {
        let (first, second) = (left.pod.priority, right.pod.priority)
        return first > second || (first == second && left.timestamp < right.timestamp)
    }
}
