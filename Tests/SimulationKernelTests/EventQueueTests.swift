import Testing

@testable import SimulationKernel

@Suite("Event queue")
struct EventQueueTests {
    /// A small generator of our own, so that a failure can be repeated from its seed.
    struct Generator {
        var state: UInt64
        mutating func next(below bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
    }

    @Test("simultaneous events leave in the order in which they were scheduled")
    func simultaneousEventsKeepOrder() {
        var queue = EventQueue<Int>()
        for number in 0..<100 { queue.schedule(number, at: .start + .seconds(1)) }
        var seen: [Int] = []
        while let next = queue.popNext() { seen.append(next.event) }
        #expect(seen == Array(0..<100))
    }

    @Test("agrees with a sorted list under random schedules, cancellations and removals", arguments: 1...20)
    func agreesWithSortedList(seed: UInt64) {
        var generator = Generator(state: seed)
        var queue = EventQueue<UInt32>()
        var plain: [(time: Int64, handle: EventHandle, event: UInt32)] = []
        for step in 0..<2_000 {
            switch generator.next(below: 10) {
            case 0..<5:
                let time = Int64(generator.next(below: 50))
                let event = UInt32(step)
                let handle = queue.schedule(event, at: VirtualTime(nanoseconds: time))
                plain.append((time, handle, event))
            case 5..<8 where !plain.isEmpty:
                let victim = Int(generator.next(below: UInt64(plain.count)))
                queue.cancel(plain.remove(at: victim).handle)
            default:
                let expected = plain.indices.min {
                    (plain[$0].time, plain[$0].handle.sequence) < (plain[$1].time, plain[$1].handle.sequence)
                }
                let popped = queue.popNext()
                #expect(popped?.event == expected.map { plain[$0].event }, "seed \(seed), step \(step)")
                if let expected { plain.remove(at: expected) }
            }
            let count = queue.count
            #expect(count == plain.count, "seed \(seed), step \(step)")
        }
    }

    /// A plain model: events in the order (time, sequence), found by looking at them all.
    struct PlainQueue {
        var pending: [(time: Int64, handle: EventHandle, event: UInt32)] = []

        mutating func popNext() -> (time: Int64, handle: EventHandle, event: UInt32)? {
            let least = pending.indices.min {
                (pending[$0].time, pending[$0].handle.sequence) < (
                    pending[$1].time, pending[$1].handle.sequence
                )
            }
            return least.map { pending.remove(at: $0) }
        }
    }

    /// Moments to draw from: from one to all that there are, on both sides of zero, near powers of 64 and at the ends.
    static let moments: [[Int64]] = [
        [7],
        [.min, .min + 1, -1, 0, 1, .max - 1, .max],
        [63, 64, 65, 4_095, 4_096, 4_097, 262_143, 262_144, 262_145],
        (0..<62).map { 1 << $0 },
        (0..<62).map { -1 << $0 },
        (0..<1_000).map { Int64($0) * 1_000_000_007 },
        (-500..<500).map { Int64($0) * 18_000_000_000_000_007 },
    ]

    @Test(
        "agrees with the plain model whatever the moments", arguments: moments.indices, [1, 2, 3] as [UInt64])
    func agreesWithPlainModel(moments index: Int, seed: UInt64) {
        let moments = Self.moments[index]
        var generator = Generator(state: seed)
        var queue = EventQueue<UInt32>()
        var plain = PlainQueue()
        for step in 0..<3_000 {
            // Phases of growth and of shrinking, so that the queue is empty now and then.
            let growth: UInt64 = step / 300 % 2 == 0 ? 6 : 3
            switch generator.next(below: 10) {
            case 0..<growth:
                let time = moments[Int(generator.next(below: UInt64(moments.count)))]
                let handle = queue.schedule(UInt32(step), at: VirtualTime(nanoseconds: time))
                plain.pending.append((time, handle, UInt32(step)))
            case 7 where !plain.pending.isEmpty:
                let victim = Int(generator.next(below: UInt64(plain.pending.count)))
                queue.cancel(plain.pending.remove(at: victim).handle)
            case 8:
                // Looking moves the floor up; what is scheduled before it afterwards must still come first.
                let next = queue.nextTime()
                #expect(next?.nanoseconds == plain.pending.map(\.time).min(), "seed \(seed), step \(step)")
            default:
                let expected = plain.popNext()
                let popped = queue.popNext()
                #expect(popped?.event == expected?.event, "seed \(seed), step \(step)")
                #expect(popped?.sequence == expected?.handle.sequence, "seed \(seed), step \(step)")
                #expect(popped?.time.nanoseconds == expected?.time, "seed \(seed), step \(step)")
            }
            let (count, isEmpty) = (queue.count, queue.isEmpty)
            #expect(
                count == plain.pending.count && isEmpty == plain.pending.isEmpty, "seed \(seed), step \(step)"
            )
        }
        while let expected = plain.popNext() {
            let popped = queue.popNext()
            #expect(popped?.event == expected.event, "seed \(seed)")
        }
        // Only cancelled events can be left; looking for one more drops them.
        let (isEmpty, next, stored) = (queue.isEmpty, queue.nextTime(), queue.storedCount)
        #expect(isEmpty && next == nil && stored == 0, "seed \(seed)")
    }

    @Test(
        "simultaneous events keep their order over chunk ends", arguments: [1, 63, 64, 65, 128, 129, 1_000])
    func chunkEnds(count: Int) {
        var queue = EventQueue<Int>()
        var handles: [EventHandle] = []
        // Two moments in turn, so that they share a bucket until it is spread.
        for number in 0..<2 * count {
            handles.append(queue.schedule(number, at: .start + .nanoseconds(1_000_000 + Int64(number % 2))))
        }
        // Every third is cancelled, which for the larger counts rebuilds the queue on the way.
        for number in stride(from: 0, to: 2 * count, by: 3) { queue.cancel(handles[number]) }
        var seen: [Int] = []
        while let next = queue.popNext() {
            seen.append(next.event)
            // Scheduled at the very moment: comes after all that are there.
            if seen.count == 1 { queue.schedule(-1, at: next.time) }
        }
        let live = (0..<2 * count).filter { $0 % 3 != 0 }
        let even = live.filter { $0 % 2 == 0 }
        let odd = live.filter { $0 % 2 == 1 }
        #expect(seen == (even.isEmpty ? odd + [-1] : even + [-1] + odd))
    }

    @Test("a run with many pending events agrees with a sort of all of them")
    func agreesWithSort() {
        var generator = Generator(state: 99)
        var queue = EventQueue<UInt32>()
        var all: [(time: Int64, sequence: UInt64)] = []
        func schedule(_ time: Int64, _ queue: inout EventQueue<UInt32>) {
            let handle = queue.schedule(UInt32(all.count), at: VirtualTime(nanoseconds: time))
            all.append((time, handle.sequence))
        }
        for _ in 0..<20_000 { schedule(Int64(generator.next(below: 1 << 31)), &queue) }
        var seen: [UInt64] = []
        while let next = queue.popNext() {
            seen.append(next.sequence)
            if all.count < 60_000 {
                schedule(
                    next.time.nanoseconds + Int64(generator.next(below: 1 << 31)) / 1_000 * 1_000, &queue)
            }
        }
        #expect(seen == all.sorted { ($0.time, $0.sequence) < ($1.time, $1.sequence) }.map(\.sequence))
    }

    @Test("a cancelled event does not happen, however late it is cancelled")
    func cancelledAfterLooking() {
        var queue = EventQueue<Int>()
        let first = queue.schedule(1, at: .start + .seconds(1))
        queue.schedule(2, at: .start + .seconds(2))
        let early = queue.nextTime()
        queue.cancel(first)
        let late = queue.nextTime()
        let popped = queue.popNext()?.event
        #expect(early == .start + .seconds(1))
        #expect(late == .start + .seconds(2))
        #expect(popped == 2)
        let (isEmpty, next) = (queue.isEmpty, queue.nextTime())
        #expect(isEmpty && next == nil)
    }

    @Test("an event within 16 bytes is stored within 32")
    func entrySize() {
        #expect(MemoryLayout<PendingEvent<UInt32>>.stride == 24)
        #expect(MemoryLayout<PendingEvent<(UInt64, UInt64)>>.stride <= 32)
    }

    @Test("cancelled events do not pile up")
    func cancelledEventsAreDropped() {
        var queue = EventQueue<Int>()
        queue.schedule(-1, at: .start + .hours(1))
        for number in 0..<100_000 {
            let handle = queue.schedule(number, at: .start + .hours(2))
            queue.cancel(handle)
        }
        let (live, stored) = (queue.count, queue.storedCount)
        #expect(live == 1)
        #expect(stored < 200)
    }
}
