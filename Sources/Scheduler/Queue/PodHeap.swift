import ControlPlane
import KubernetesModel
import SimulationKernel

/// Queued pods in the order in which they leave, and by their identity: a binary heap behind a plain line.
///
/// Pods that compare equal leave in the order in which they came. Mostly pods come in the order in which they
/// leave, too; such ones only join the line. Line and heap hold small keys; the pods stay where they are.
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
        /// The entry's place in the heap; ``inLine`` when it is in the line.
        var place = 0
        /// The entry's: entries of the line whose number is not their slot's are left over.
        var sequence: UInt64
    }

    private static let inLine = -1

    /// Entries in ascending order, from ``lineStart`` on; the first of them is never left over.
    private var line: ContiguousArray<Entry> = []
    private var lineStart = 0
    private var lineCount = 0
    private var entries: ContiguousArray<Entry> = []
    private var slots: ContiguousArray<Slot> = []
    private var freeSlots: ContiguousArray<Int32> = []
    private var slotOf = UIDTable<Int32>()
    private var nextSequence: UInt64 = 0
    private let order: Order
    private let isByPriority: Bool

    init(_ order: Order) {
        self.order = order
        isByPriority = if case .priority = order { true } else { false }
    }

    var count: Int { entries.count + lineCount }
    var isEmpty: Bool { entries.isEmpty && lineCount == 0 }
    var first: QueuedPod? {
        if isFirstInLine { return slots[Int(line[lineStart].slot)].pod }
        return entries.first.flatMap { slots[Int($0.slot)].pod }
    }

    /// Whether the line's first entry is the first of all.
    private var isFirstInLine: Bool {
        lineCount > 0 && (entries.isEmpty || precedes(line[lineStart], entries[0]))
    }

    subscript(uid: UID) -> QueuedPod? {
        isEmpty ? nil : slotOf[uid].flatMap { slots[Int($0)].pod }
    }

    func contains(_ uid: UID) -> Bool { !isEmpty && slotOf.contains(uid) }

    private static func entry(_ pod: QueuedPod, sequence: UInt64, slot: Int32) -> Entry {
        Entry(
            priority: pod.pod.priority, time: pod.timestamp.nanoseconds, sequence: sequence, slot: slot)
    }

    mutating func insert(_ pod: consuming QueuedPod) {
        let uid = pod.pod.uid
        if let slot = slotOf[uid] {
            // Another state of a pod that is here: it keeps its number.
            let sequence = slots[Int(slot)].sequence
            let place = slots[Int(slot)].place
            let entry = Self.entry(pod, sequence: sequence, slot: slot)
            if place == Self.inLine {
                slots[Int(slot)].pod = pod
                leaveLine(slot)
                slots[Int(slot)].sequence = sequence
                push(entry)
            } else {
                entries[place] = entry
                slots[Int(slot)].pod = pod
                settle(place)
            }
            return
        }
        let slot = freeSlots.popLast() ?? Int32(slots.count)
        slotOf[uid] = slot
        let sequence = nextSequence
        let entry = Self.entry(pod, sequence: sequence, slot: slot)
        nextSequence += 1
        if Int(slot) < slots.count {
            slots[Int(slot)].uid = uid
            slots[Int(slot)].pod = consume pod
            slots[Int(slot)].sequence = sequence
        } else {
            slots.append(Slot(pod: consume pod, uid: uid, sequence: sequence))
        }
        if lineCount == 0 || isLast(entry) {
            slots[Int(slot)].place = Self.inLine
            line.append(entry)
            lineCount += 1
        } else {
            push(entry)
        }
    }

    /// Whether an entry leaves after all of the line.
    private func isLast(_ entry: Entry) -> Bool {
        if isByPriority { return line[line.count - 1].precedes(entry) }
        return precedes(line[line.count - 1], entry)
    }

    private mutating func push(_ entry: Entry) {
        entries.append(entry)
        siftUp(entries.count - 1)
    }

    @discardableResult
    mutating func remove(_ uid: UID) -> QueuedPod? {
        if isEmpty { return nil }
        guard let slot = slotOf.removeValue(forKey: uid) else { return nil }
        return take(slot)
    }

    mutating func popFirst() -> QueuedPod? {
        let first: Int32
        if isFirstInLine {
            first = line[lineStart].slot
        } else if let entry = entries.first {
            first = entry.slot
        } else {
            return nil
        }
        slotOf.removeValue(forKey: slots[Int(first)].uid)
        return take(first)
    }

    /// Takes the pod of a slot out, and frees the slot.
    private mutating func take(_ slot: Int32) -> QueuedPod? {
        let place = slots[Int(slot)].place
        if place == Self.inLine { leaveLine(slot) } else { removeEntry(at: place) }
        freeSlots.append(slot)
        return slots[Int(slot)].pod.take()
    }

    /// Leaves a slot's entry in the line over.
    private mutating func leaveLine(_ slot: Int32) {
        slots[Int(slot)].sequence = .max
        lineCount -= 1
        if lineCount == 0 {
            line.removeAll(keepingCapacity: true)
            lineStart = 0
            return
        }
        while slots[Int(line[lineStart].slot)].sequence != line[lineStart].sequence
            || slots[Int(line[lineStart].slot)].place != Self.inLine
        { lineStart += 1 }
        // What is left over at the end would decide who may join.
        while slots[Int(line[line.count - 1].slot)].sequence != line[line.count - 1].sequence
            || slots[Int(line[line.count - 1].slot)].place != Self.inLine
        { line.removeLast() }
        if lineStart > 1_024 && lineStart > line.count / 2 {
            line.removeFirst(lineStart)
            lineStart = 0
        }
    }

    private mutating func removeEntry(at place: Int) {
        let last = entries.removeLast()
        if place < entries.count {
            entries[place] = last
            settle(place)
        }
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
