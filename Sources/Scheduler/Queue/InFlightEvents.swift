import ControlPlane
import KubernetesModel

/// What happened in the cluster while pods were being scheduled, so that a pod that fails meanwhile does not
/// miss the event that would have moved it.
///
/// Upstream: `pkg/scheduler/backend/queue/active_queue.go` (v1.36).
struct InFlightEvents {
    private var log: ContiguousArray<ClusterChange> = []
    /// The number of the log's first entry.
    private var firstNumber = 0
    /// The number of the first event after each pod's start.
    private var starts = UIDTable<Int>()

    var isEmpty: Bool { starts.isEmpty }

    func contains(_ uid: UID) -> Bool { starts.contains(uid) }

    mutating func begin(_ uid: UID) { starts[uid] = firstNumber + log.count }

    mutating func note(_ change: ClusterChange) { if !starts.isEmpty { log.append(change) } }

    /// The events since a pod's start, oldest first; nil when the pod is not in flight.
    func events(since uid: UID) -> ArraySlice<ClusterChange>? {
        guard let start = starts[uid] else { return nil }
        return ArraySlice(log[(start - firstNumber)...])
    }

    mutating func end(_ uid: UID) {
        guard starts.removeValue(forKey: uid) != nil else { return }
        if log.isEmpty { return }
        if starts.isEmpty {
            firstNumber += log.count
            log.removeAll(keepingCapacity: true)
            return
        }
        // A minimum does not depend on the order in which the values are visited.
        let oldest = starts.values.min() ?? firstNumber + log.count
        log.removeFirst(oldest - firstNumber)
        firstNumber = oldest
    }
}
