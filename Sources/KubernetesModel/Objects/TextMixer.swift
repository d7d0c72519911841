/// A hash for the keys of tables that are asked for each pod: a product for every eight bytes.
///
/// Nothing that reaches a result depends on it, for no table is iterated. It does not withstand keys that
/// are chosen to collide.
public struct TextMixer {
    private var state: UInt64

    /// - Parameter seed: differs from table to table, so that one table's order is no other's.
    public init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) ^ 0x9E37_79B9_7F4A_7C15 }

    /// The hash of all that was mixed in.
    public var value: Int { Int(truncatingIfNeeded: state ^ (state >> 29)) }

    @inline(__always)
    public mutating func mix(_ word: UInt64) {
        let (high, low) = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        state = high ^ low ^ word
    }

    /// Mixes in a text, so that texts that are equal give the same.
    public mutating func mix(_ text: String) {
        let mixed = unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
            var copy = self
            return unsafe copy.mix(UnsafeRawBufferPointer(bytes)) ? copy.state : nil
        }
        if let mixed, let mixed {
            state = mixed
        } else {
            // Texts of other letters may be equal with different bytes.
            mix(UInt64(bitPattern: Int64(text._rawHashValue(seed: 0))))
        }
    }

    /// False when the bytes are not plain ASCII.
    private mutating func mix(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        var letters: UInt64 = 0
        var offset = 0
        while offset + 8 <= count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            letters |= word
            mix(word)
            offset += 8
        }
        var rest = UInt64(truncatingIfNeeded: count) << 56
        var shift: UInt64 = 0
        while offset < count {
            let byte = unsafe UInt64(bytes[offset])
            letters |= byte
            rest |= byte << shift
            shift += 8
            offset += 1
        }
        mix(rest)
        return letters & 0x8080_8080_8080_8080 == 0
    }
}
