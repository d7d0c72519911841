import KubernetesModel

/// Which of two pods matters more when one has to go.
///
/// Upstream: `pkg/scheduler/util/utils.go`, `MoreImportantPod`, `GetEarliestPodStartTime` (v1.36).
enum VictimOrder {
    /// When the pod started; a pod that has not counts as starting now, later than all others.
    static func start(_ pod: PodInfo) -> Int64 { pod.value.status.startTime?.seconds ?? .max }

    static func isMoreImportant(_ left: PodInfo, _ right: PodInfo) -> Bool {
        left.priority != right.priority ? left.priority > right.priority : start(left) < start(right)
    }

    /// Sorts by importance, high to low; equal pods stay in their order.
    static func sorted(_ pods: some Sequence<PodInfo>) -> [PodInfo] {
        let pods = Array(pods)
        if pods.count < 2 { return pods }
        return pods.enumerated()
            .sorted {
                if isMoreImportant($0.element, $1.element) { return true }
                if isMoreImportant($1.element, $0.element) { return false }
                return $0.offset < $1.offset
            }
            .map(\.element)
    }

    /// The earliest start among the victims of the highest priority.
    static func earliestStart(candidate: PreemptionPlan.Candidate) -> Int64 {
        guard let highest = candidate.victims.map(\.priority).max() else { return .min }
        return candidate.victims.filter { $0.priority == highest }.map(start).min() ?? .max
    }
}
