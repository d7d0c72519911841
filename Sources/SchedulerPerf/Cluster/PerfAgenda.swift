import SimulationKernel

/// What is to happen, in the total order of time and, at one moment, of being asked for.
///
/// Whatever comes after a constant delay comes in the order in which it was asked for, so a line for each sort
/// of event takes the place of a queue of all of them: no event is moved or compared on its way.
struct PerfAgenda {
    enum Event: BitwiseCopyable {
        /// A call of the scheduler has been committed, or its answer has come back.
        case callExecutes(UInt32)
        case callReturns(UInt32)
        case watchDelivers
        case schedulerWakes
        /// A task of the benchmark does its next step.
        case taskSteps(UInt32)
    }

    /// When something happens: at one moment, what was asked for first comes first.
    struct Turn: BitwiseCopyable {
        var time: VirtualTime
        var sequence: UInt64

        static let never = Turn(time: .never, sequence: .max)

        @inline(__always)
        func precedes(_ other: Turn) -> Bool {
            time != other.time ? time < other.time : sequence < other.sequence
        }
    }

    /// Events that come in order, but for a few.
    private struct Line {
        struct Entry: BitwiseCopyable {
            var turn: Turn
            var number: UInt32
        }

        private var entries: ContiguousArray<Entry> = []
        private var start = 0
        /// The first one's; ``Turn/never`` when there is none.
        private(set) var next = Turn.never

        mutating func insert(_ turn: Turn, _ number: UInt32) {
            entries.append(Entry(turn: turn, number: number))
            // Sums of tokens are rounded: one call in many may overtake another by a nanosecond.
            var place = entries.count - 1
            while place > start && turn.precedes(entries[place - 1].turn) {
                entries.swapAt(place, place - 1)
                place -= 1
            }
            next = entries[start].turn
        }

        mutating func removeFirst() -> UInt32 {
            let number = entries[start].number
            start += 1
            if start == entries.count {
                entries.removeAll(keepingCapacity: true)
                start = 0
                next = .never
                return number
            }
            if start > 1_024 && start > entries.count / 2 {
                entries.removeFirst(start)
                start = 0
            }
            next = entries[start].turn
            return number
        }
    }

    private var executions = Line()
    private var returns = Line()
    private var deliveries = Line()
    /// Few, and at any time.
    private var tasks = Line()
    private var alarm = Turn.never
    private var nextSequence: UInt64 = 0

    private mutating func turn(at time: VirtualTime) -> Turn {
        nextSequence += 1
        return Turn(time: time, sequence: nextSequence)
    }

    mutating func schedule(_ event: Event, at time: VirtualTime) {
        let turn = turn(at: time)
        switch event {
        case .callExecutes(let slot): executions.insert(turn, slot)
        case .callReturns(let slot): returns.insert(turn, slot)
        case .watchDelivers: deliveries.insert(turn, 0)
        case .schedulerWakes: alarm = turn
        case .taskSteps(let index): tasks.insert(turn, index)
        }
    }

    /// Takes the scheduler's alarm back; there is one at most.
    mutating func cancelAlarm() { alarm = .never }

    /// Takes out the next event, unless it comes after a moment.
    mutating func popNext(until end: VirtualTime) -> (time: VirtualTime, event: Event)? {
        var first = deliveries.next
        if returns.next.precedes(first) { first = returns.next }
        if executions.next.precedes(first) { first = executions.next }
        if alarm.precedes(first) { first = alarm }
        if tasks.next.precedes(first) { first = tasks.next }
        if first.time > end || first.sequence == .max { return nil }
        // No two have the same number.
        if first.sequence == deliveries.next.sequence {
            _ = deliveries.removeFirst()
            return (first.time, .watchDelivers)
        }
        if first.sequence == returns.next.sequence {
            return (first.time, .callReturns(returns.removeFirst()))
        }
        if first.sequence == executions.next.sequence {
            return (first.time, .callExecutes(executions.removeFirst()))
        }
        if first.sequence == alarm.sequence {
            alarm = .never
            return (first.time, .schedulerWakes)
        }
        return (first.time, .taskSteps(tasks.removeFirst()))
    }
}
