import ControlPlane
import SimulationKernel
import Testing

@Suite("Work queue")
struct WorkQueueTests {
    @Test("a key is given out once, and again when it came back meanwhile")
    func dedupe() {
        var queue = WorkQueue<String>()
        queue.add("a")
        queue.add("a")
        #expect(queue.take() == "a")
        #expect(queue.take() == nil)
        queue.add("a")
        #expect(queue.take() == nil)
        queue.done("a")
        #expect(queue.take() == "a")
    }

    @Test("failures back off from 5 ms, doubling up to 1,000 s")
    func backOff() {
        var queue = WorkQueue<String>()
        var now = VirtualTime.start
        var delays: [VirtualDuration] = []
        for _ in 0..<20 {
            queue.addRateLimited("a", at: now)
            delays.append(queue.nextWake - now)
            now = queue.nextWake
            queue.wake(at: now)
            _ = queue.take()
            queue.done("a")
        }
        let milliseconds = delays.map { $0.nanoseconds / 1_000_000 }
        #expect(milliseconds.prefix(5) == [5, 10, 20, 40, 80])
        #expect(milliseconds.last == 1_000_000)
        queue.forget("a")
        queue.addRateLimited("a", at: now)
        #expect(queue.nextWake - now == .milliseconds(5))
    }

    @Test("of several delays for one key the earliest counts, and the later ones wake nobody")
    func earliestDelay() {
        var queue = WorkQueue<String>()
        queue.add("a", after: .seconds(10), at: .start)
        queue.add("a", after: .seconds(2), at: .start)
        queue.add("a", after: .seconds(5), at: .start)
        #expect(queue.nextWake == .start + .seconds(2))
        queue.wake(at: .start + .seconds(2))
        #expect(queue.take() == "a")
        #expect(queue.nextWake == .never)
    }
}

@Suite("Token bucket")
struct TokenBucketTests {
    @Test("a burst leaves at once, the rest at the rate")
    func burst() {
        var bucket = TokenBucket(queriesPerSecond: 10, burst: 2)
        let times = (0..<4).map { _ in bucket.reserve(at: .start).nanoseconds / 1_000_000 }
        #expect(times == [0, 0, 100, 200])
    }
}
