import ControlPlane
import KubernetesModel
import SimulationKernel

/// A ReplicaSet with too many pods gives up those that are not ready before those that are.
///
/// The victims of one sync are deleted at once and in any order, so a shrinking ReplicaSet is judged when it
/// has the right number again: none of its remaining pods may have been unready since well before the first
/// victim, if a victim was ready. Evictions and the like are not the ReplicaSet's choice and do not count.
/// Upstream: `pkg/controller/controller_utils.go`, `ActivePodsWithRanks` (v1.36).
struct VictimsInvariant: Invariant {
    static let name = InvariantName.victims
    static let kinds: [ObjectKind] = [.replicaSet, .pod]

    private struct Record {
        var key: ObjectKey
        var replicas: Int64
        var active: Int64 = 0
        /// Active pods that are not ready, and since when.
        var unready: [ObjectKey: VirtualTime] = [:]
        /// The first ready pod that was given up since there were too many.
        var victim: (pod: ObjectKey, time: VirtualTime)?
    }
    private var records: [UID: Record] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .replicaSet(let object):
            let metadata = object.value.metadata
            if change.kind == .deleted {
                records.removeValue(forKey: metadata.uid)
            } else {
                records[metadata.uid, default: Record(key: metadata.key, replicas: 0)].replicas =
                    object.value.spec.replicas
            }
        case .pod(let object): observe(object.value, change, &context)
        default: return
        }
    }

    private mutating func observe(_ pod: Pod, _ change: StoreChange, _ context: inout InvariantContext) {
        let key = pod.metadata.key
        let old = change.previous?.pod?.value
        let before = old.flatMap(Self.owner)
        let after = change.kind == .deleted ? nil : Self.owner(of: pod)
        if let before, before != after {
            leave(before, key, old, pod, &context)
        }
        guard let after else { return }
        let isReady = Self.isReady(pod)
        if before != after {
            records[after]?.active += 1
            if !isReady { records[after]?.unready[key] = context.now }
        } else if let old, Self.isReady(old) != isReady {
            if isReady {
                records[after]?.unready.removeValue(forKey: key)
            } else {
                records[after]?.unready[key] = context.now
            }
        }
    }

    private mutating func leave(
        _ owner: UID, _ key: ObjectKey, _ old: Pod?, _ pod: Pod, _ context: inout InvariantContext
    ) {
        guard var record = records[owner] else { return }
        let hadTooMany = record.active > record.replicas
        record.active -= 1
        record.unready.removeValue(forKey: key)
        let isOwnChoice =
            pod.metadata.isBeingDeleted && !pod.status.conditions.isTrue("DisruptionTarget") && hadTooMany
        if isOwnChoice, record.victim == nil, let old, Self.isReady(old), !old.nodeName.isEmpty {
            record.victim = (key, context.now)
        }
        if record.active <= record.replicas, let victim = record.victim {
            record.victim = nil
            let long = victim.time - InvariantContext.staleness
            let spared = record.unready.filter { $0.value <= long }.keys.min()
            if record.active > 0, let spared {
                context.report(
                    Self.name, .replicaSet, record.key,
                    "gave up \(victim.pod.name), which was ready, and keeps \(spared.name), which has not been "
                        + "ready since \(record.unready[spared] ?? .start)")
            }
        }
        records[owner] = record
    }

    private static func owner(of pod: Pod) -> UID? {
        guard pod.isActive, let owner = pod.metadata.controllerReference, owner.kind == "ReplicaSet" else {
            return nil
        }
        return owner.uid
    }

    private static func isReady(_ pod: Pod) -> Bool {
        pod.status.conditions.contains { $0.type == "Ready" && $0.status == .isTrue }
    }
}
