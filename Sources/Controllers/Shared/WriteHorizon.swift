import KubernetesModel

/// Knows whether a controller's cache already has what the controller itself wrote for an owner.
///
/// Upstream: `pkg/controller/util/consistency` (v1.36), under the feature `StaleControllerConsistency…`.
struct WriteHorizon: Sendable {
    private struct Entry: Sendable {
        var uid: UID
        /// The highest version written, of the owner itself and of its pods.
        var owner: Int64 = 0
        var pods: Int64 = 0
    }
    private var written: [ObjectKey: Entry] = [:]
    private var seenOwners: Int64 = 0
    private var seenPods: Int64 = 0

    mutating func sawOwner(version: Int64) { seenOwners = max(seenOwners, version) }
    mutating func sawPod(version: Int64) { seenPods = max(seenPods, version) }

    mutating func wroteOwner(_ key: ObjectKey, uid: UID, version: Int64) {
        change(key, uid) { $0.owner = max($0.owner, version) }
    }
    mutating func wrotePod(for key: ObjectKey, uid: UID, version: Int64) {
        change(key, uid) { $0.pods = max($0.pods, version) }
    }

    private mutating func change(_ key: ObjectKey, _ uid: UID, _ update: (inout Entry) -> Void) {
        var entry = written[key] ?? Entry(uid: uid)
        if entry.uid != uid { entry = Entry(uid: uid) }
        update(&entry)
        written[key] = entry
    }

    mutating func forget(_ key: ObjectKey) { written.removeValue(forKey: key) }

    /// Whether the cache has caught up with the owner's writes; if so they are forgotten.
    mutating func isReached(_ key: ObjectKey) -> Bool {
        guard let entry = written[key] else { return true }
        if entry.owner > seenOwners || entry.pods > seenPods { return false }
        written.removeValue(forKey: key)
        return true
    }
}
