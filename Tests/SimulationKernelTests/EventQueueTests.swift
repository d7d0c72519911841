import SimulationKernel
import Testing

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
