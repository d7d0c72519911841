import KubernetesModel
import SimulationKernel

/// A binary heap of queued pods that finds a pod by its identity.
///
/// Pods that compare equal leave in the order in which they came. The heap itself holds small keys; the pods
/// stay where they are.
struct PodHeap: Sendable {
    /// How pods are compared.
    enum Order: Sendable {
        /// By priority, then by the time of entry, which is what ``PrioritySort`` does.
        case priority
        /// Whether the first pod leaves before the second.
        case custom(@Sendable (QueuedPod, QueuedPod) -> Bool)
    }

    private struct Entry: BitwiseCopyable, Sendable {
        let priority: Int64
        let time: Int64
        let sequence: UInt64
        let slot: Int32

        func precedes(_ other: Entry) -> Bool {
            if priority != other.priority { return priority > other.priority }
            if time != other.time { return time < other.time }
            return sequence < other.sequence
        }
    }

    private struct Slot: Sendable {
        var pod: QueuedPod?
        /// The pod's, read without a copy of it.
        var uid: UID
        /// The entry's place in the heap.
        var place = 0
    }

    private var entries: ContiguousArray<Entry> = []
    private var slots: ContiguousArray<Slot> = []
    private var freeSlots: ContiguousArray<Int32> = []
    private var slotOf: [UID: Int32] = [:]
    private var nextSequence: UInt64 = 0
    private let order: Order

    init(_ order: Order) { self.order = order }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var first: QueuedPod? { entries.first.flatMap { slots[Int($0.slot)].pod } }

    subscript(uid: UID) -> QueuedPod? {
        isEmpty ? nil : slotOf[uid].flatMap { slots[Int($0)].pod }
    }

    func contains(_ uid: UID) -> Bool { !isEmpty && slotOf[uid] != nil }

    private static func entry(_ pod: QueuedPod, sequence: UInt64, slot: Int32) -> Entry {
        Entry(
            priority: pod.pod.priority, time: pod.timestamp.nanoseconds, sequence: sequence, slot: slot)
    }

    mutating func insert(_ pod: __owned QueuedPod) {
        let uid = pod.pod.uid
        if let slot = slotOf[uid] {
            let place = slots[Int(slot)].place
            entries[place] = Self.entry(pod, sequence: entries[place].sequence, slot: slot)
            slots[Int(slot)].pod = pod
            settle(place)
            return
        }
        let slot = freeSlots.popLast() ?? Int32(slots.count)
        slotOf[uid] = slot
        entries.append(Self.entry(pod, sequence: nextSequence, slot: slot))
        nextSequence += 1
        if Int(slot) < slots.count {
            slots[Int(slot)].uid = uid
            slots[Int(slot)].pod = pod
        } else {
            slots.append(Slot(pod: pod, uid: uid))
        }
        siftUp(entries.count - 1)
    }

    @discardableResult
    mutating func remove(_ uid: UID) -> QueuedPod? {
        if isEmpty { return nil }
        guard let slot = slotOf.removeValue(forKey: uid) else { return nil }
        return removeEntry(at: slots[Int(slot)].place)
    }

    mutating func popFirst() -> QueuedPod? {
        guard let first = entries.first else { return nil }
        slotOf.removeValue(forKey: slots[Int(first.slot)].uid)
        return removeEntry(at: 0)
    }

    private mutating func removeEntry(at place: Int) -> QueuedPod? {
        let slot = entries[place].slot
        let removed = slots[Int(slot)].pod.take()
        freeSlots.append(slot)
        let last = entries.removeLast()
        if place < entries.count {
            entries[place] = last
            slots[Int(last.slot)].place = place
            settle(place)
        }
        return removed
    }

    private func precedes(_ left: Entry, _ right: Entry) -> Bool {
        guard case .custom(let isBefore) = order, let first = slots[Int(left.slot)].pod,
            let second = slots[Int(right.slot)].pod
        else { return left.precedes(right) }
        if isBefore(first, second) { return true }
        if isBefore(second, first) { return false }
        return left.sequence < right.sequence
    }

    /// Moves the entry at a place to where it belongs.
    private mutating func settle(_ place: Int) {
        let slot = Int(entries[place].slot)
        siftUp(place)
        siftDown(slots[slot].place)
    }

    private mutating func siftUp(_ start: Int) {
        let entry = entries[start]
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            if !precedes(entry, entries[parent]) { break }
            entries[place] = entries[parent]
            slots[Int(entries[place].slot)].place = place
            place = parent
        }
        entries[place] = entry
        slots[Int(entry.slot)].place = place
    }

    private mutating func siftDown(_ start: Int) {
        let entry = entries[start]
        var place = start
        while true {
            var child = 2 * place + 1
            if child >= entries.count { break }
            if child + 1 < entries.count && precedes(entries[child + 1], entries[child]) { child += 1 }
            if !precedes(entries[child], entry) { break }
            entries[place] = entries[child]
            slots[Int(entries[place].slot)].place = place
            place = child
        }
        entries[place] = entry
        slots[Int(entry.slot)].place = place
    }
}
