import SimulationKernel
import Stochastics

/// The hold model with delays as a cluster has them: most events fall on a moment that others share.
///
/// Six in ten delays are one of few latencies (0, 1, 2 and 5 ms), three are whole tenths of a second, one is a
/// timer between 10 and 40 s that nothing shares.
enum EventQueueBursts: BenchmarkCase {
    static let name = "event-queue/bursts"
    static let operation = "hold"
    static let sizes = [1_000, 10_000, 100_000, 1_000_000]
    static let isAllocationFree = false  // How many timers are pending at once varies from round to round.

    static func operationCount(size: Int, rounds: Int) -> Int { rounds * size }

    static func run(size: Int, rounds: Int) -> UInt64 {
        var queue = EventQueue<UInt32>()
        var delays = RandomStream(seed: 42, name: "bursts")
        for id in 0..<UInt32(size) { queue.schedule(id, at: .start + delay(&delays)) }
        var checksum: UInt64 = 0
        for _ in 0..<rounds * size {
            guard let time = queue.nextTime(), let next = queue.popNext() else { break }
            checksum = checksum &* 31 &+ UInt64(time.nanoseconds) &+ UInt64(next.event)
            queue.schedule(next.event, at: time + delay(&delays))
        }
        return checksum
    }

    private static func delay(_ stream: inout RandomStream) -> VirtualDuration {
        switch stream.index(below: 10) {
        case 0: .zero
        case 1, 2, 3: .milliseconds(1)
        case 4: .milliseconds(2)
        case 5: .milliseconds(5)
        case 6, 7, 8: .milliseconds(100 * Int64(1 + stream.index(below: 10)))
        default: .seconds(10) + .nanoseconds(Int64(stream.index(below: 30_000_000_000)))
        }
    }
}
