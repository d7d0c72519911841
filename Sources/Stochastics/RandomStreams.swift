/// All the random streams of one seed below a common name: the factory of ``RandomStream``.
///
/// A stream is a pure function of the seed and its whole name, so a new consumer shifts nobody else's draws.
/// Names are joined with "/": `streams.scoped("failures").stream("disk/general-3")` and
/// `RandomStream(seed: seed, name: "failures/disk/general-3")` are one stream.
public struct RandomStreams: BitwiseCopyable, Hashable, Sendable {
    /// The running FNV-1a hash (Fowler, Noll and Vo, 64 bits) of the seed and of the name so far.
    @usableFromInline var key: UInt64
    @usableFromInline var isRoot: Bool

    /// All streams of a run.
    @inlinable
    public init(seed: UInt64) {
        key = 0xCBF2_9CE4_8422_2325
        isRoot = true
        for shift in 0..<8 { absorb(UInt8(truncatingIfNeeded: seed >> UInt64(shift * 8))) }
    }

    /// The streams whose names begin with this one's name, a slash, and `name`.
    @inlinable
    public func scoped(_ name: String) -> RandomStreams {
        var child = beginningPart()
        for byte in name.utf8 { child.absorb(byte) }
        return child
    }

    /// The streams named after a number: the same as `scoped(String(index))`, without making a string.
    @inlinable
    public func scoped(_ index: Int) -> RandomStreams {
        var child = beginningPart()
        if index < 0 { child.absorb(0x2D) }
        var divisor: UInt = 1
        while index.magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            child.absorb(UInt8(truncatingIfNeeded: 0x30 + (index.magnitude / divisor) % 10))
            divisor /= 10
        }
        return child
    }

    /// Makes the stream of a name below this one, at its beginning.
    @inlinable
    public func stream(_ name: String) -> RandomStream { RandomStream(key: scoped(name).key) }

    /// Makes the stream `name/index`: one for each of many like components.
    @inlinable
    public func stream(_ name: String, _ index: Int) -> RandomStream {
        RandomStream(key: scoped(name).scoped(index).key)
    }

    @inlinable
    func beginningPart() -> RandomStreams {
        var child = self
        if !isRoot { child.absorb(0x2F) }
        child.isRoot = false
        return child
    }

    @inlinable
    mutating func absorb(_ byte: UInt8) { key = (key ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
}
