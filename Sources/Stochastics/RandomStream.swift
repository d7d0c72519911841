/// A named, deterministic sequence of random numbers.
///
/// The generator is xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM
/// Transactions on Mathematical Software 47(4), 2021), its state filled by SplitMix64 from an FNV-1a hash of
/// (seed, name). Its output is part of every run's digest, and is pinned by golden vectors in the tests.
///
/// A stream cannot be copied, for two copies would draw the same numbers without anybody noticing. Where
/// state must be copied, in a checkpoint or a table of many components, keep a ``Snapshot``.
public struct RandomStream: ~Copyable, Sendable {
    /// A stream's position, as a plain value that can be stored, compared and resumed.
    public struct Snapshot: BitwiseCopyable, Hashable, Sendable {
        @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

        @inlinable
        init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

        @inlinable
        public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

        @inlinable
        public func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
            hasher.combine(words.1)
            hasher.combine(words.2)
            hasher.combine(words.3)
        }

        /// Draws from the stored position and stores where the draws ended.
        @inlinable
        public mutating func withStream<Result>(_ body: (inout RandomStream) -> Result) -> Result {
            var stream = RandomStream(resuming: self)
            let result = body(&stream)
            self = stream.snapshot
            return result
        }
    }

    @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes the stream of a name, at its beginning.
    @inlinable
    public init(seed: UInt64, name: String) {
        self.init(key: RandomStreams(seed: seed).scoped(name).key)
    }

    /// Makes the stream `name/index`, at its beginning.
    @inlinable
    public init(seed: UInt64, name: String, index: Int) {
        self.init(key: RandomStreams(seed: seed).scoped(name).scoped(index).key)
    }

    /// Goes on from where the snapshot was taken.
    @inlinable
    public init(resuming snapshot: Snapshot) { state = snapshot.words }

    @inlinable
    init(key: UInt64) {
        // Four successive outputs of SplitMix64 are never all zero, which is the one forbidden state.
        var filler = SplitMix64(state: key)
        state = (filler.next(), filler.next(), filler.next(), filler.next())
    }

    /// The present position.
    @inlinable
    public var snapshot: Snapshot { Snapshot(words: state) }

    /// Draws 64 random bits.
    @inlinable
    public mutating func nextBits() -> UInt64 {
        func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { (word << count) | (word >> (64 - count)) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    /// Draws a uniform number strictly between 0 and 1: a multiple of 2⁻⁵² plus 2⁻⁵³, exactly representable.
    ///
    /// Neither end occurs, so a quantile function never meets its infinities, and u and 1 − u are both
    /// possible.
    @inlinable
    public mutating func uniform() -> Double { (Double(nextBits() >> 12) + 0.5) * 0x1p-52 }

    /// Draws a whole number in `0..<bound`, each equally likely.
    ///
    /// The number of 64-bit draws it uses may exceed one. Source: Lemire, "Fast random integer generation in
    /// an interval", ACM Transactions on Modeling and Computer Simulation 29(1), 2019.
    @inlinable
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "there is no index below \(bound)")
        let range = UInt64(bound)
        var product = nextBits().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = nextBits().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// Puts the elements into a random order, each order equally likely (Fisher and Yates, from the end).
    @inlinable
    public mutating func shuffle<Elements: MutableCollection & RandomAccessCollection>(
        _ elements: inout Elements
    ) {
        var remaining = elements.count
        while remaining > 1 {
            let chosen = index(below: remaining)
            remaining -= 1
            elements.swapAt(
                elements.index(elements.startIndex, offsetBy: chosen),
                elements.index(elements.startIndex, offsetBy: remaining))
        }
    }

    /// Draws a UUID of version 4 (RFC 9562, section 5.4) as its first and last eight bytes, in big-endian
    /// order.
    @inlinable
    public mutating func uuid() -> (high: UInt64, low: UInt64) {
        let high = nextBits() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = nextBits() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return (high, low)
    }
}
