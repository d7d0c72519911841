public import KubernetesModel

/// The 32-bit hashes of Fowler, Noll and Vo.
enum FNV32 {
    /// FNV-1a.
    static func hash1a(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }

    /// FNV-1.
    static func hash1(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.reduce(2_166_136_261) { ($0 &* 16_777_619) ^ UInt32($1) }
    }
}

/// The hash by which a Deployment names and labels its ReplicaSets.
public enum PodTemplateHash {
    /// The text of a template whose hash is taken, before the collision count.
    public static func dump(tree: JSONObject) -> String { TemplateDump.text(tree) }

    /// The label that carries the hash.
    public static let label = "pod-template-hash"

    /// The hash of a template; a collision count other than nil changes it.
    ///
    /// Upstream: `pkg/controller/controller_utils.go`, `ComputeHash` (v1.36).
    public static func hash(_ template: PodTemplate, collisionCount: Int64?) -> String {
        hash(tree: template.fields(epoch: CalendarTime(unixSeconds: 0)), collisionCount: collisionCount)
    }

    /// The hash of a template's tree, which must be defaulted.
    public static func hash(tree: JSONObject, collisionCount: Int64?) -> String {
        var bytes = Array(TemplateDump.text(tree).utf8)
        if let collisionCount {
            let count = UInt32(truncatingIfNeeded: collisionCount)
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * UInt32($0))) }
            bytes += [0, 0, 0, 0]
        }
        return safeEncode(String(FNV32.hash1a(bytes)))
    }

    /// Replaces each byte by a letter or digit of which no bad words can be made.
    ///
    /// Upstream: `apimachinery/pkg/util/rand/rand.go`, `SafeEncodeString` (v1.36).
    public static func safeEncode(_ text: String) -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
        return String(decoding: text.utf8.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }
}

/// The hash by which StatefulSets name their revisions.
public enum ControllerRevisionHash {
    /// The bytes of a revision's data as upstream serialises them: compact, keys sorted, HTML escaped.
    public static func text(_ data: JSONValue) -> String {
        JSONWriter.string(data, style: .init(sortsKeys: true, escapesHTML: true))
    }

    /// The hash of a revision's data; a collision count other than nil changes it.
    ///
    /// Upstream: `pkg/controller/history/controller_history.go`, `HashControllerRevision` (v1.36).
    public static func hash(_ data: JSONValue, collisionCount: Int64?) -> String {
        var bytes = Array(text(data).utf8)
        if let collisionCount { bytes += String(collisionCount).utf8 }
        return PodTemplateHash.safeEncode(String(FNV32.hash1(bytes)))
    }
}
