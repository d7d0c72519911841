import SimulationKernel
import Stochastics

/// Every process has one alarm, and re-arms it four times for each time that one goes off.
///
/// One operation is to cancel a random process's alarm and to schedule it anew.
enum EventQueueAlarms: BenchmarkCase {
    static let name = "event-queue/re-arm"
    static let operation = "re-arm"
    static let sizes = [1_000, 10_000, 100_000, 1_000_000]
    static let isAllocationFree = false  // The set of cancelled alarms grows while their numbers spread.

    static func operationCount(size: Int, rounds: Int) -> Int { 4 * rounds * size }

    static func run(size: Int, rounds: Int) -> UInt64 {
        var queue = EventQueue<UInt32>()
        var draws = RandomStream(seed: 42, name: "alarms")
        func delay(_ stream: inout RandomStream) -> VirtualDuration {
            .nanoseconds(Int64(stream.index(below: 1_000_000_000)))
        }
        var alarms = ContiguousArray<EventHandle>()
        for id in 0..<UInt32(size) { alarms.append(queue.schedule(id, at: .start + delay(&draws))) }
        var checksum: UInt64 = 0
        var now = VirtualTime.start
        for _ in 0..<rounds * size {
            for _ in 0..<4 {
                let process = draws.index(below: size)
                queue.cancel(alarms[process])
                alarms[process] = queue.schedule(UInt32(process), at: now + delay(&draws))
            }
            guard let next = queue.popNext() else { break }
            now = next.time
            checksum = checksum &* 31 &+ next.sequence
            alarms[Int(next.event)] = queue.schedule(next.event, at: now + delay(&draws))
        }
        return checksum
    }
}
