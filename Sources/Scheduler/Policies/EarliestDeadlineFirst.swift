public import KubernetesModel
import SimulationKernel

/// Orders the active queue by priority, then by deadline, the earliest first, then by the time of entry.
///
/// Priority decides before deadlines, since preemption heeds priority alone: a pod of low priority that went
/// first for its deadline would be evicted for the ones behind it. Pods without a deadline come last. Liu and
/// Layland, "Scheduling algorithms for multiprogramming in a hard-real-time environment", Journal of the ACM
/// 20(1), 1973.
public struct EarliestDeadlineFirst: QueueSortPlugin {
    public static let name = "EarliestDeadlineFirst"
    let epoch: CalendarTime

    /// - Parameter epoch: the calendar time of the run's start.
    public init(epoch: CalendarTime) { self.epoch = epoch }

    public func isBefore(_ left: QueuedPod, _ right: QueuedPod) -> Bool {
        let (first, second) = (left.pod.priority, right.pod.priority)
        if first != second { return first > second }
        let times = (time(of: left), time(of: right))
        return times.0 < times.1 || (times.0 == times.1 && left.timestamp < right.timestamp)
    }

    private func time(of pod: QueuedPod) -> VirtualTime {
        let deadline = try? PodDeadline.of(pod.pod.value.metadata, epoch: epoch)
        return deadline?.time ?? .never
    }
}
