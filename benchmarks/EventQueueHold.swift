import SimulationKernel
import Stochastics

/// The hold model (Jones 1986): take the earliest event, schedule one more.
///
/// Measures the event queue and the random stream that feeds it, at a constant number of pending events.
/// Source: Jones, "An empirical comparison of priority-queue and event-set implementations", Communications of
/// the ACM 29(4), 1986.
enum EventQueueHold {
    static let name = "event-queue/hold"

    /// - Returns: a checksum, so that no optimisation removes the work or changes its result unseen.
    static func run(size: Int) -> UInt64 {
        var queue = EventQueue<UInt32>()
        var delays = RandomStream(seed: 42, name: "hold")
        for id in 0..<UInt32(size) { queue.schedule(id, at: .start + delay(&delays)) }
        var checksum: UInt64 = 0
        for _ in 0..<10 * size {
            guard let next = queue.popNext() else { break }
            let time = next.time
            checksum = checksum &* 31 &+ UInt64(time.nanoseconds) &+ UInt64(next.event)
            queue.schedule(next.event, at: time + delay(&delays))
        }
        return checksum
    }

    /// Uniform on 1 s, in whole nanoseconds; cheap to draw, so that the queue is what is measured.
    private static func delay(_ stream: inout RandomStream) -> VirtualDuration {
        .nanoseconds(Int64(stream.index(below: 1_000_000_000)))
    }
}

/// `swift run -c release EventQueueHold [PENDING]...`: prints events a second for each number of pending events.
@main
struct EventQueueHoldCommand {
    static func main() {
        let sizes = CommandLine.arguments.dropFirst().compactMap { Int($0) }.filter {
            $0 > 0 && $0 <= 100_000_000
        }
        for size in sizes.isEmpty ? [1_000, 100_000, 1_000_000] : Array(sizes) {
            let clock = ContinuousClock()
            var checksum: UInt64 = 0
            let elapsed = clock.measure { checksum = EventQueueHold.run(size: size) }
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
            let rate = Int(Double(10 * size) / seconds)
            print(
                "\(EventQueueHold.name) pending=\(size) events=\(10 * size) events/s=\(rate) checksum=\(checksum)"
            )
        }
    }
}
