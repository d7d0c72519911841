/// Names one scheduled event, so that it can be cancelled.
public struct EventHandle: Hashable, BitwiseCopyable, Sendable {
    /// The event's sequence number; sequence numbers are never used twice.
    public let sequence: UInt64

    @inlinable
    init(sequence: UInt64) { self.sequence = sequence }
}

/// The pending events of a run, in the total order `(time, sequence)`.
///
/// Events are plain bits: nothing is retained or released for one, and simultaneous events leave in the order
/// in which they were scheduled. Scheduling and taking out take nearly constant time, for the events are kept
/// in an ``EventWheel``; those scheduled before the moment that ``nextTime()`` or ``popNext()`` last gave,
/// which the wheel cannot hold, wait in a heap (a run that lives by its clock schedules none).
/// Cancelled events are dropped when they surface; when they outnumber the live ones all are dropped at once,
/// so they cannot pile up.
public struct EventQueue<Event: BitwiseCopyable>: ~Copyable {
    @usableFromInline var wheel = EventWheel<Event>()
    /// Events before the wheel's floor, and so before everything in the wheel.
    @usableFromInline var early = EventHeap<Event>()
    /// Sequence numbers of cancelled events that are still stored.
    @usableFromInline var cancelled = SequenceSet()
    @usableFromInline var stored = 0
    @usableFromInline var nextSequence: UInt64 = 0

    @inlinable
    public init() {}

    /// The number of events that will still happen.
    @inlinable
    public var count: Int { stored - cancelled.count }

    @inlinable
    public var isEmpty: Bool { stored == cancelled.count }

    /// The number of events scheduled so far, cancelled ones included.
    @inlinable
    public var scheduledCount: UInt64 { nextSequence }

    /// The number of events stored, cancelled ones that have not been dropped yet included.
    @inlinable
    public var storedCount: Int { stored }

    /// Schedules `event` at `time`; events of one moment leave in the order of these calls.
    @inlinable @discardableResult
    public mutating func schedule(_ event: Event, at time: VirtualTime) -> EventHandle {
        let entry = PendingEvent(time: time, sequence: nextSequence, event: event)
        nextSequence += 1
        stored += 1
        if entry.key >= wheel.floor {
            wheel.insert(entry)
        } else {
            early.insert(entry)
        }
        return EventHandle(sequence: entry.sequence)
    }

    /// Cancels a scheduled event. The caller vouches that the event has not left the queue yet.
    @inlinable
    public mutating func cancel(_ handle: EventHandle) {
        cancelled.insert(handle.sequence)
        if cancelled.count > 64 && cancelled.count > stored / 2 { compact() }
    }

    /// The moment of the earliest event, or nil when none is left.
    @inlinable
    public mutating func nextTime() -> VirtualTime? {
        while let entry = early.first ?? wheel.first() {
            if cancelled.isEmpty || !cancelled.remove(entry.sequence) { return entry.time }
            _ = removeFirst()
        }
        return nil
    }

    /// Takes out the earliest event.
    @inlinable
    public mutating func popNext() -> (time: VirtualTime, sequence: UInt64, event: Event)? {
        while let entry = removeFirst() {
            if cancelled.isEmpty || !cancelled.remove(entry.sequence) {
                return (entry.time, entry.sequence, entry.event)
            }
        }
        return nil
    }

    @inlinable
    mutating func removeFirst() -> PendingEvent<Event>? {
        let entry = early.popFirst() ?? wheel.popFirst()
        if entry != nil { stored -= 1 }
        return entry
    }

    /// Drops the cancelled events. Linear in the number of stored ones.
    @inlinable @inline(never)
    mutating func compact() {
        let before = cancelled.count
        early.removeAll { cancelled.remove($0.sequence) }
        wheel.removeAll { cancelled.remove($0.sequence) }
        stored -= before - cancelled.count
        // What is left names events that had left before; it would be counted for ever.
        if !cancelled.isEmpty { cancelled = SequenceSet() }
    }
}
