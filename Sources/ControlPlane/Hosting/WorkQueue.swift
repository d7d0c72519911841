public import SimulationKernel

/// A controller's queue of keys: each is there once, and not given out while a worker has it.
///
/// Upstream: `client-go/util/workqueue` (queue.go, delaying_queue.go, default_rate_limiters.go; v1.36): back-off of
/// 5 ms doubling to 1,000 s a key, and 10 a second with a burst of 100 over all keys.
public struct WorkQueue<Key: Hashable & Sendable>: Sendable {
    private var ready: ContiguousArray<Key> = []
    private var head = 0
    private var dirty: Set<Key> = []
    private var processing: Set<Key> = []
    private var failures: [Key: Int] = [:]
    private var waiting = DelayedKeys<Key>()
    private var bucket = TokenBucket(queriesPerSecond: 10, burst: 100)

    public static var baseDelay: VirtualDuration { .milliseconds(5) }
    public static var maximumDelay: VirtualDuration { .seconds(1_000) }

    public init() {}

    /// Keys that could be given out now.
    public var readyCount: Int { ready.count - head }
    public var isIdle: Bool { readyCount == 0 && processing.isEmpty && waiting.isEmpty }

    /// When the next delayed key comes up.
    public var nextWake: VirtualTime { waiting.nextTime }

    public mutating func add(_ key: Key) {
        guard dirty.insert(key).inserted, !processing.contains(key) else { return }
        ready.append(key)
    }

    /// Adds the key after a time; of several times for one key the earliest counts.
    public mutating func add(_ key: Key, after delay: VirtualDuration, at now: VirtualTime) {
        if delay <= .zero { return add(key) }
        waiting.add(key, at: now.advancedClamping(by: delay))
    }

    public mutating func addRateLimited(_ key: Key, at now: VirtualTime) {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        let shifted =
            count < 40 ? Self.baseDelay.multipliedClamping(by: 1 << Int64(count)) : Self.maximumDelay
        let own = min(shifted, Self.maximumDelay)
        add(key, after: max(own, bucket.reserve(at: now) - now), at: now)
    }

    public mutating func forget(_ key: Key) {
        if !failures.isEmpty { failures.removeValue(forKey: key) }
    }

    /// How often the key has failed in a row.
    public func failureCount(_ key: Key) -> Int { failures[key, default: 0] }

    /// Moves the delayed keys that are due to the queue.
    public mutating func wake(at now: VirtualTime) {
        while let key = waiting.popDue(at: now) { add(key) }
    }

    /// Gives out the next key; it must be returned by ``done(_:)``.
    public mutating func take() -> Key? {
        guard head < ready.count else { return nil }
        let key = ready[head]
        head += 1
        if head > 64 && head * 2 > ready.count {
            ready.removeFirst(head)
            head = 0
        }
        processing.insert(key)
        dirty.remove(key)
        return key
    }

    public mutating func done(_ key: Key) {
        processing.remove(key)
        if !dirty.isEmpty && dirty.contains(key) { ready.append(key) }
    }
}

/// Keys that wait for a moment: a small heap, each key once with its earliest moment.
struct DelayedKeys<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var time: VirtualTime
        var sequence: UInt64
        var key: Key
    }
    private var heap: ContiguousArray<Entry> = []
    private var times: [Key: VirtualTime] = [:]
    private var nextSequence: UInt64 = 0

    var isEmpty: Bool { times.isEmpty }

    /// The earliest moment; entries that were replaced by earlier ones never come first.
    var nextTime: VirtualTime { heap.isEmpty ? .never : heap[0].time }

    mutating func add(_ key: Key, at time: VirtualTime) {
        if let known = times[key], known <= time { return }
        times[key] = time
        heap.append(Entry(time: time, sequence: nextSequence, key: key))
        nextSequence += 1
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard precedes(heap[index], heap[parent]) else { break }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    /// Takes out the earliest key whose moment has come.
    mutating func popDue(at now: VirtualTime) -> Key? {
        while let top = heap.first, top.time <= now {
            removeTop()
            if times[top.key] == top.time {
                times.removeValue(forKey: top.key)
                dropReplaced()
                return top.key
            }
        }
        return nil
    }

    /// Entries whose key has an earlier moment by now are not left at the top, where they would wake in vain.
    private mutating func dropReplaced() {
        while let top = heap.first, times[top.key] != top.time { removeTop() }
    }

    private mutating func removeTop() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if precedes(heap[child], heap[least]) { least = child }
            }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }

    private func precedes(_ left: Entry, _ right: Entry) -> Bool {
        (left.time, left.sequence) < (right.time, right.sequence)
    }
}
