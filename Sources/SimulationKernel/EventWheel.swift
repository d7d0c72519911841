/// One pending event, as the queue stores it.
@usableFromInline
struct PendingEvent<Event: BitwiseCopyable>: BitwiseCopyable {
    /// The event's moment with the sign bit turned over, so that unsigned order is the order of time.
    @usableFromInline var key: UInt64
    @usableFromInline var sequence: UInt64
    @usableFromInline var event: Event

    @inlinable
    init(time: VirtualTime, sequence: UInt64, event: Event) {
        key = UInt64(bitPattern: time.nanoseconds) ^ (1 << 63)
        self.sequence = sequence
        self.event = event
    }

    @inlinable
    var time: VirtualTime { VirtualTime(nanoseconds: Int64(bitPattern: key ^ (1 << 63))) }

    @inlinable
    func precedes(_ other: PendingEvent) -> Bool {
        key != other.key ? key < other.key : sequence < other.sequence
    }
}

/// The pending events at or after a moment that only moves forward, the *floor*: a radix heap.
///
/// An event's place is the highest digit, to base 64, in which its moment differs from the floor: the digit's
/// position gives the level, its value the bucket. So whatever lies on a lower level comes before whatever
/// lies on a higher one, and within a level the buckets are in order of time. Only when the earliest bucket
/// is wanted is it spread over the levels below; an event moves at most once a level, about log₆₄ n times
/// with n spread evenly, and always to the end of some bucket. Nothing is compared or sorted, and memory is
/// read and written in long runs, which is what makes a million pending events cheap.
///
/// Events of one moment are always in the same bucket and spreading keeps their order, so they leave in the
/// order in which they were put in: the sequence number need not be looked at.
///
/// Source: Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path problem", Journal of the
/// ACM 37(2), 1990. Buckets are chains of chunks from one pool, so that a steady state allocates nothing.
@usableFromInline
struct EventWheel<Event: BitwiseCopyable>: ~Copyable {
    @usableFromInline typealias Entry = PendingEvent<Event>

    /// A chain of chunks. Empty when `end` is zero.
    @usableFromInline
    struct Bucket: BitwiseCopyable {
        /// The place in the pool of the first entry.
        @usableFromInline var first = 0
        /// One more than the place of the last entry.
        @usableFromInline var end = 0

        @inlinable
        init() {}
        @inlinable
        var isEmpty: Bool { end == 0 }
        @inlinable
        var hasOneEntry: Bool { end - first == 1 }
    }

    @inlinable
    static var digitBits: Int { 6 }
    @inlinable
    static var levelCount: Int { 11 }
    @inlinable
    static var chunkBits: Int { 6 }
    @inlinable
    static var chunkSize: Int { 1 << chunkBits }

    /// The index of the bucket of the events at the floor itself, which lies after those of all levels.
    @inlinable
    static var current: Int { levelCount << digitBits }

    /// The chunks, one after the other.
    @usableFromInline var pool = Slab<Entry>()
    /// The chunk that follows each chunk in its chain.
    @usableFromInline var successors = Slab<Int>()
    /// The first chunk of the chain of free ones, or -1.
    @usableFromInline var freeChunk = -1
    @usableFromInline var buckets = Slab(repeating: Bucket(), count: Self.current + 1)
    /// A bit for every bucket of a level that is not empty.
    @usableFromInline var occupied = [11 of UInt64](repeating: 0)
    /// A bit for every level that is not empty.
    @usableFromInline var occupiedLevels: UInt64 = 0
    /// The key that every stored event's is at least.
    @usableFromInline var floor: UInt64 = 0

    @inlinable
    init() {}

    /// Puts an event in whose key is at least the floor.
    @inlinable
    mutating func insert(_ entry: Entry) {
        let difference = entry.key ^ floor
        if difference == 0 {
            append(entry, to: Self.current)
        } else {
            append(entry, level: Self.level(of: difference))
        }
    }

    /// Takes out the first event.
    @inlinable
    mutating func popFirst() -> Entry? {
        var bucket = buckets[Self.current]
        if bucket.isEmpty {
            guard advance() else { return nil }
            bucket = buckets[Self.current]
        }
        let entry = pool[bucket.first]
        let chunk = bucket.first >> Self.chunkBits
        bucket.first += 1
        if bucket.first == bucket.end {
            release(chunk)
            bucket = Bucket()
        } else if bucket.first & (Self.chunkSize - 1) == 0 {
            bucket.first = successors[chunk] << Self.chunkBits
            release(chunk)
        }
        buckets[Self.current] = bucket
        return entry
    }

    /// The first event. Moves the floor up to it.
    @inlinable
    mutating func first() -> Entry? {
        if buckets[Self.current].isEmpty && !advance() { return nil }
        return pool[buckets[Self.current].first]
    }

    @inlinable
    static func level(of difference: UInt64) -> Int {
        Int(UInt32(truncatingIfNeeded: 63 - difference.leadingZeroBitCount) / UInt32(digitBits))
    }

    @inlinable
    mutating func append(_ entry: Entry, level: Int) {
        let digit = Int(truncatingIfNeeded: entry.key >> UInt64(level * Self.digitBits)) & 63
        append(entry, to: level << Self.digitBits | digit)
        occupied[level] |= 1 << UInt64(digit)
        occupiedLevels |= 1 << UInt64(level)
    }

    @inlinable
    mutating func append(_ entry: Entry, to index: Int) {
        var end = buckets[index].end
        if end & (Self.chunkSize - 1) == 0 { end = extend(index, filler: entry) }
        pool[end] = entry
        buckets[index].end = end + 1
    }

    /// Moves the floor to the earliest event on any level; false when there is none.
    @inlinable
    mutating func advance() -> Bool {
        while occupiedLevels != 0 {
            let level = occupiedLevels.trailingZeroBitCount
            let digit = occupied[level].trailingZeroBitCount
            let index = level << Self.digitBits | digit
            let bucket = buckets[index]
            buckets[index] = Bucket()
            occupied[level] &= occupied[level] &- 1
            if occupied[level] == 0 { occupiedLevels &= occupiedLevels &- 1 }

            let key = pool[bucket.first].key
            let difference = level == 0 || bucket.hasOneEntry ? 0 : variation(bucket)
            if difference == 0 {
                buckets[Self.current] = bucket
                floor = key
                return true
            }
            spread(bucket, level: Self.level(of: difference))
        }
        return false
    }

    /// The bits in which a bucket's keys are not all alike.
    @inlinable
    func variation(_ bucket: Bucket) -> UInt64 {
        let key = pool[bucket.first].key
        var difference: UInt64 = 0
        let lastChunk = (bucket.end - 1) >> Self.chunkBits
        var place = bucket.first
        while true {
            let chunk = place >> Self.chunkBits
            let end = chunk == lastChunk ? bucket.end : (chunk + 1) << Self.chunkBits
            while place < end {
                difference |= pool[place].key ^ key
                place += 1
            }
            if chunk == lastChunk { return difference }
            place = successors[chunk] << Self.chunkBits
        }
    }

    /// Moves a bucket's entries, in their order, to the buckets of a level.
    @inlinable
    mutating func spread(_ bucket: Bucket, level: Int) {
        let lastChunk = (bucket.end - 1) >> Self.chunkBits
        var place = bucket.first
        while true {
            let chunk = place >> Self.chunkBits
            let end = chunk == lastChunk ? bucket.end : (chunk + 1) << Self.chunkBits
            while place < end {
                append(pool[place], level: level)
                place += 1
            }
            let successor = successors[chunk]
            release(chunk)
            if chunk == lastChunk { return }
            place = successor << Self.chunkBits
        }
    }

    /// Drops the entries that `isDropped` names, and keeps the order of the others.
    @inlinable
    mutating func removeAll(where isDropped: (Entry) -> Bool) {
        for index in 0...Self.current {
            let bucket = buckets[index]
            if bucket.isEmpty { continue }
            buckets[index] = Bucket()
            let lastChunk = (bucket.end - 1) >> Self.chunkBits
            var place = bucket.first
            while true {
                let chunk = place >> Self.chunkBits
                let end = chunk == lastChunk ? bucket.end : (chunk + 1) << Self.chunkBits
                while place < end {
                    let entry = pool[place]
                    if !isDropped(entry) { append(entry, to: index) }
                    place += 1
                }
                let successor = successors[chunk]
                release(chunk)
                if chunk == lastChunk { break }
                place = successor << Self.chunkBits
            }
            let level = index >> Self.digitBits
            if buckets[index].isEmpty && level < Self.levelCount {
                occupied[level] &= ~(1 << UInt64(index & 63))
                if occupied[level] == 0 { occupiedLevels &= ~(1 << UInt64(level)) }
            }
        }
    }

    @inlinable
    mutating func release(_ chunk: Int) {
        successors[chunk] = freeChunk
        freeChunk = chunk
    }

    /// Adds a chunk to the end of a bucket that is empty or whose last chunk is full.
    ///
    /// - Returns: the place of the new chunk's first entry.
    @inlinable
    mutating func extend(_ index: Int, filler: Entry) -> Int {
        if freeChunk < 0 { grow(filler: filler) }
        let chunk = freeChunk
        freeChunk = successors[chunk]
        let place = chunk << Self.chunkBits
        if buckets[index].isEmpty {
            buckets[index].first = place
        } else {
            successors[(buckets[index].end - 1) >> Self.chunkBits] = chunk
        }
        return place
    }

    /// Doubles the pool. The new entries are never read; they are filled because memory must hold something.
    @inlinable @inline(never)
    mutating func grow(filler: Entry) {
        let count = successors.count
        let added = max(count, 16)
        pool.append(repeating: filler, count: added << Self.chunkBits)
        successors.append(repeating: 0, count: added)
        for chunk in stride(from: count + added - 1, through: count, by: -1) { release(chunk) }
    }
}
