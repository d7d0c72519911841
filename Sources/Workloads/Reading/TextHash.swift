/// A hash that is the same in every process and version: names are made of it.
public enum TextHash {
    /// FNV-1a (Fowler, Noll and Vo), 64 bits, finished as SplitMix64 does so that low bits are mixed.
    @inlinable
    public static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ (seed &* 0x9E37_79B9_7F4A_7C15)
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}

/// A faster hash, for ids of which only equality matters.
enum IDHash {
    /// Multiplies eight bytes at a time as FNV-1a does one (Fowler, Noll and Vo), and finishes as SplitMix64
    /// does, so that low bits are mixed.
    static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
        var text = text
        return text.withUTF8 { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ (seed &* 0x9E37_79B9_7F4A_7C15)
            hash = mixed(hash, UInt64(bytes.count))
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = unsafe UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(
                    fromByteOffset: offset, as: UInt64.self)
                hash = mixed(hash, word.littleEndian)
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < bytes.count {
                rest = unsafe rest << 8 | UInt64(bytes[offset])
                offset += 1
            }
            hash = mixed(hash, rest)
            hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
            hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
            return hash ^ (hash >> 31)
        }
    }

    @inline(__always)
    private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        // Both halves of the product, so that no bit of the word is lost at the top.
        let (high, low) = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return high ^ low ^ (hash << 1 | hash >> 63)
    }
}

/// A set of hashes that are mixed well already: open addressing, eight bytes a place, at most two thirds full.
struct HashSet64: Equatable, Sendable {
    private(set) var count = 0
    /// 0 is a free place; the hash 0 counts as 1.
    private var places: ContiguousArray<UInt64> = []

    static func == (left: HashSet64, right: HashSet64) -> Bool {
        left.count == right.count && left.places.allSatisfy { $0 == 0 || right.contains($0) }
    }

    func contains(_ hash: UInt64) -> Bool {
        if places.isEmpty { return false }
        let wanted = hash == 0 ? 1 : hash
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: wanted) & mask
        while places[place] != 0 {
            if places[place] == wanted { return true }
            place = (place + 1) & mask
        }
        return false
    }

    /// - Returns: False when it was there already.
    mutating func insert(_ hash: UInt64) -> Bool {
        if 3 * (count + 1) > 2 * places.count { grow() }
        let wanted = hash == 0 ? 1 : hash
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: wanted) & mask
        while places[place] != 0 {
            if places[place] == wanted { return false }
            place = (place + 1) & mask
        }
        places[place] = wanted
        count += 1
        return true
    }

    private mutating func grow() {
        var old: ContiguousArray<UInt64> = []
        swap(&old, &places)
        places = ContiguousArray(
            repeating: 0, count: max(64, old.count < 1 << 20 ? 4 * old.count : 2 * old.count))
        let mask = places.count - 1
        for hash in old where hash != 0 {
            var place = Int(truncatingIfNeeded: hash) & mask
            while places[place] != 0 { place = (place + 1) & mask }
            places[place] = hash
        }
    }
}
