/// The hash functions by which upstream names objects.
///
/// Upstream: Go's `hash/fnv`, `apimachinery/pkg/util/rand/rand.go` (v1.36).
public enum RevisionHash {
    /// FNV-1 of 32 bits (not FNV-1a).
    public static func fnv1(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in bytes { hash = (hash &* 16_777_619) ^ UInt32(byte) }
        return hash
    }

    /// The decimal digits of a hash in an alphabet that spells no words.
    public static func safeEncoded(_ hash: UInt32) -> String {
        String(decoding: String(hash).utf8.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }

    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
}
