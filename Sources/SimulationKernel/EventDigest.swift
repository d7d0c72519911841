/// A running 64-bit hash over a run's event history: equal digests mean equal runs.
///
/// The words are mixed with the finaliser of SplitMix64 (Steele, Lea and Flood, 2014). It is a fingerprint,
/// not a cryptographic hash. It does not depend on the machine's byte order.
public struct EventDigest: Hashable, BitwiseCopyable, Sendable {
    @usableFromInline var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inlinable
    public init() {}

    public var value: UInt64 { state }

    /// Sixteen lower-case hexadecimal digits.
    public var hexadecimal: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @inlinable
    public mutating func combine(_ word: UInt64) {
        var mixed = (state ^ word) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        state = mixed ^ (mixed >> 31)
    }

    @inlinable
    public mutating func combine(_ text: String) { combine(bytes: text.utf8) }

    @inlinable
    public mutating func combine(_ bytes: [UInt8]) { combine(bytes: bytes) }

    @inlinable
    mutating func combine(bytes: some Collection<UInt8>) {
        var word: UInt64 = 0
        var filled = 0
        for byte in bytes {
            word |= UInt64(byte) << UInt64(filled * 8)
            filled += 1
            if filled == 8 {
                combine(word)
                word = 0
                filled = 0
            }
        }
        // The length closes the text, so that "ab" + "c" differs from "a" + "bc".
        combine(word)
        combine(UInt64(bytes.count))
    }
}
