import SimulationKernel
import Stochastics

/// The hold model: take the earliest of a constant number of pending events, schedule one more.
///
/// Source: Jones, "An empirical comparison of priority-queue and event-set implementations", Communications of
/// the ACM 29(4), 1986. Measured together with the random stream that feeds it.
enum EventQueueHold: BenchmarkCase {
    static let name = "event-queue/hold"
    static let operation = "hold"
    static let sizes = [1_000, 10_000, 100_000, 1_000_000]
    static let isAllocationFree = true

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * size }

    static func run(size: Int, rounds: Int) -> UInt64 {
        var queue = EventQueue<UInt32>()
        var delays = RandomStream(seed: 42, name: "hold")
        for id in 0..<UInt32(size) { queue.schedule(id, at: .start + delay(&delays)) }
        var checksum: UInt64 = 0
        for _ in 0..<rounds * size {
            guard let next = queue.popNext() else { break }
            checksum = checksum &* 31 &+ UInt64(next.time.nanoseconds) &+ UInt64(next.event)
            queue.schedule(next.event, at: next.time + delay(&delays))
        }
        return checksum
    }

    /// Uniform on 1 s, in whole nanoseconds; cheap to draw, so that the queue is what is measured.
    private static func delay(_ stream: inout RandomStream) -> VirtualDuration {
        .nanoseconds(Int64(stream.index(below: 1_000_000_000)))
    }
}
