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
        var pods = Array(pods)
        if pods.count > 64 {
            return pods.enumerated()
                .sorted {
                    if isMoreImportant($0.element, $1.element) { return true }
                    if isMoreImportant($1.element, $0.element) { return false }
                    return $0.offset < $1.offset
                }
                .map(\.element)
        }
        // A node's pods are few, and mostly in order of their start.
        var end = 1
        while end < pods.count {
            var place = end
            while place > 0 && isMoreImportant(pods[place], pods[place - 1]) {
                pods.swapAt(place, place - 1)
                place -= 1
            }
            end += 1
        }
        return pods
    }

    /// The earliest start among the victims of the highest priority.
    static func earliestStart(candidate: PreemptionPlan.Candidate) -> Int64 {
        guard var highest = candidate.victims.first?.priority else { return .min }
        var earliest = Int64.max
        for victim in candidate.victims {
            let priority = victim.priority
            if priority > highest {
                highest = priority
                earliest = start(victim)
            } else if priority == highest {
                earliest = min(earliest, start(victim))
            }
        }
        return earliest
    }
}
