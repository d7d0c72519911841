import KubernetesModel

/// A binary heap of queued pods that finds a pod by its identity.
///
/// Pods that compare equal leave in the order in which they came.
struct PodHeap: Sendable {
    private struct Entry: Sendable {
        var pod: QueuedPod
        let sequence: UInt64
    }

    private var entries: ContiguousArray<Entry> = []
    private var places: [UID: Int] = [:]
    private var nextSequence: UInt64 = 0
    /// Whether the first pod leaves before the second.
    private let isBefore: @Sendable (QueuedPod, QueuedPod) -> Bool

    init(isBefore: @escaping @Sendable (QueuedPod, QueuedPod) -> Bool) { self.isBefore = isBefore }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var first: QueuedPod? { entries.first?.pod }

    subscript(uid: UID) -> QueuedPod? { places[uid].map { entries[$0].pod } }

    mutating func insert(_ pod: QueuedPod) {
        if let place = places[pod.pod.uid] {
            entries[place].pod = pod
            siftUp(place)
            if let moved = places[pod.pod.uid] { siftDown(moved) }
            return
        }
        entries.append(Entry(pod: pod, sequence: nextSequence))
        nextSequence += 1
        places[pod.pod.uid] = entries.count - 1
        siftUp(entries.count - 1)
    }

    @discardableResult
    mutating func remove(_ uid: UID) -> QueuedPod? {
        guard let place = places.removeValue(forKey: uid) else { return nil }
        let removed = entries[place].pod
        let last = entries.removeLast()
        if place < entries.count {
            entries[place] = last
            places[last.pod.pod.uid] = place
            siftUp(place)
            if let moved = places[last.pod.pod.uid] { siftDown(moved) }
        }
        return removed
    }

    mutating func popFirst() -> QueuedPod? {
        guard let first = entries.first else { return nil }
        return remove(first.pod.pod.uid)
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (first, second) = (entries[left], entries[right])
        if isBefore(first.pod, second.pod) { return true }
        if isBefore(second.pod, first.pod) { return false }
        return first.sequence < second.sequence
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        entries.swapAt(left, right)
        places[entries[left].pod.pod.uid] = left
        places[entries[right].pod.pod.uid] = right
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0, precedes(place, (place - 1) / 2) {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < entries.count && precedes(child, least)
            {
                least = child
            }
            if least == place { return }
            swap(place, least)
            place = least
        }
    }
}
