/// Names one scheduled event, so that it can be cancelled.
public struct EventHandle: Hashable, BitwiseCopyable, Sendable {
    /// The event's sequence number; sequence numbers are never used twice.
    public let sequence: UInt64

    @inlinable
    init(sequence: UInt64) { self.sequence = sequence }
}

/// The pending events of a run, in the total order `(time, sequence)`.
///
/// A four-ary implicit heap over plain bits: nothing is retained or released per event, and simultaneous
/// events leave in the order in which they were scheduled. Cancelled events are dropped when they surface;
/// when they outnumber the live ones the heap is rebuilt without them, so they cannot pile up.
public struct EventQueue<Event: BitwiseCopyable>: ~Copyable {
    @usableFromInline
    struct Entry: BitwiseCopyable {
        @usableFromInline var time: Int64
        @usableFromInline var sequence: UInt64
        @usableFromInline var event: Event

        @inlinable
        init(time: Int64, sequence: UInt64, event: Event) {
            self.time = time
            self.sequence = sequence
            self.event = event
        }

        @inlinable
        func precedes(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : sequence < other.sequence
        }
    }

    @usableFromInline var heap: ContiguousArray<Entry> = []
    @usableFromInline var nextSequence: UInt64 = 0
    /// Sequence numbers of cancelled events that are still in the heap. Only membership is asked.
    @usableFromInline var cancelled: Set<UInt64> = []

    @inlinable
    public init() {}

    /// The number of events that will still happen.
    @inlinable
    public var count: Int { heap.count - cancelled.count }

    @inlinable
    public var isEmpty: Bool { heap.count == cancelled.count }

    /// The number of events scheduled so far, cancelled ones included.
    @inlinable
    public var scheduledCount: UInt64 { nextSequence }

    /// Schedules `event` at `time`; events of one moment leave in the order of these calls.
    @inlinable @discardableResult
    public mutating func schedule(_ event: Event, at time: VirtualTime) -> EventHandle {
        let sequence = nextSequence
        nextSequence += 1
        heap.append(Entry(time: time.nanoseconds, sequence: sequence, event: event))
        siftUp(heap.count - 1)
        return EventHandle(sequence: sequence)
    }

    /// Cancels a scheduled event. The caller vouches that the event has not left the queue yet.
    @inlinable
    public mutating func cancel(_ handle: EventHandle) {
        cancelled.insert(handle.sequence)
        if cancelled.count > 64 && cancelled.count > heap.count / 2 { compact() }
    }

    /// The moment of the earliest event, or nil when none is left.
    @inlinable
    public mutating func nextTime() -> VirtualTime? {
        dropCancelled()
        return heap.first.map { VirtualTime(nanoseconds: $0.time) }
    }

    /// Takes out the earliest event.
    @inlinable
    public mutating func popNext() -> (time: VirtualTime, sequence: UInt64, event: Event)? {
        dropCancelled()
        guard let top = heap.first else { return nil }
        removeTop()
        return (VirtualTime(nanoseconds: top.time), top.sequence, top.event)
    }

    @inlinable
    mutating func dropCancelled() {
        while !cancelled.isEmpty, let top = heap.first, cancelled.remove(top.sequence) != nil {
            removeTop()
        }
    }

    @inlinable
    mutating func removeTop() {
        let last = heap.removeLast()
        if !heap.isEmpty { siftDown(from: 0, placing: last) }
    }

    @inlinable
    mutating func siftUp(_ start: Int) {
        let entry = heap[start]
        var hole = start
        while hole > 0 {
            let parent = (hole - 1) >> 2
            if !entry.precedes(heap[parent]) { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = entry
    }

    @inlinable
    mutating func siftDown(from start: Int, placing entry: Entry) {
        let count = heap.count
        var hole = start
        while true {
            let first = 4 * hole + 1
            if first >= count { break }
            var least = first
            let end = min(first + 4, count)
            var child = first + 1
            while child < end {
                if heap[child].precedes(heap[least]) { least = child }
                child += 1
            }
            if !heap[least].precedes(entry) { break }
            heap[hole] = heap[least]
            hole = least
        }
        heap[hole] = entry
    }

    /// Rebuilds the heap without the cancelled events. Linear in the number of entries.
    @inlinable
    mutating func compact() {
        heap.removeAll { cancelled.contains($0.sequence) }
        cancelled.removeAll(keepingCapacity: true)
        if heap.count < 2 { return }
        var index = (heap.count - 2) >> 2
        while index >= 0 {
            siftDown(from: index, placing: heap[index])
            index -= 1
        }
    }
}

extension EventQueue {
    /// The number of entries in the heap, cancelled ones that have not surfaced yet included.
    @inlinable
    public var storedCount: Int { heap.count }
}
