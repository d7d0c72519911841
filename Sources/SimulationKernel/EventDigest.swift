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
    public mutating func combine(_ text: String) {
        var text = text
        text.withUTF8 { unsafe combine(bytes: $0) }
    }

    @inlinable
    public mutating func combine(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe combine(bytes: $0) }
    }

    /// Eight bytes a word, the first the lowest; the last word is filled with zeros.
    @inlinable
    mutating func combine(bytes: UnsafeBufferPointer<UInt8>) {
        let raw = UnsafeRawBufferPointer(bytes)
        var place = 0
        while place + 8 <= raw.count {
            combine(UInt64(littleEndian: unsafe raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            place += 8
        }
        var word: UInt64 = 0
        while place < raw.count {
            word |= UInt64(unsafe raw[place]) << UInt64(place % 8 * 8)
            place += 1
        }
        // The length closes the text, so that "ab" + "c" differs from "a" + "bc".
        combine(word)
        combine(UInt64(raw.count))
    }
}
