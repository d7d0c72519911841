public import KubernetesModel

/// Knows whether a controller's cache already has what the controller wrote for an owner.
///
/// A sync on a cache that is behind its own writes is put off. Upstream:
/// `pkg/controller/util/consistency/consistency.go` (v1.36; on by default for StatefulSets).
public struct ConsistencyStore: Sendable {
    private struct Write: Sendable {
        var kind: ObjectKind
        var resourceVersion: Int64
    }
    /// The newest version that the cache has of each kind.
    private var seen: [ObjectKind: Int64] = [:]
    private var writes: [ObjectKey: [Write]] = [:]

    public init() {}

    /// A watch stream brought this object.
    public mutating func saw(_ object: APIObject) {
        let version = object.metadata.resourceVersion
        if version > seen[object.kind, default: 0] { seen[object.kind] = version }
    }

    /// The controller wrote this object for an owner.
    public mutating func wrote(_ object: APIObject, for owner: ObjectKey) {
        let write = Write(kind: object.kind, resourceVersion: object.metadata.resourceVersion)
        var all = writes[owner, default: []]
        if let index = all.firstIndex(where: { $0.kind == write.kind }) {
            if all[index].resourceVersion < write.resourceVersion { all[index] = write }
        } else {
            all.append(write)
        }
        writes[owner] = all
    }

    /// Whether the cache has all that was written for the owner; if so the writes are forgotten.
    public mutating func isReady(_ owner: ObjectKey) -> Bool {
        guard let all = writes[owner] else { return true }
        guard all.allSatisfy({ $0.resourceVersion <= seen[$0.kind, default: 0] }) else { return false }
        writes.removeValue(forKey: owner)
        return true
    }

    public mutating func forget(_ owner: ObjectKey) { writes.removeValue(forKey: owner) }
}
