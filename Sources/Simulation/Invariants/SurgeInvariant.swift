import ControlPlane
import KubernetesModel
import SimulationKernel

/// No pod is made for a Deployment that has `replicas + maxSurge` active ones.
///
/// Pods that are finished or being deleted do not count, as upstream's controllers do not count them either:
/// while an old pod terminates its successor runs beside it. A bound that was lowered counts once the
/// Deployment and its ReplicaSets have observed it, for creations under way go on until then. A `Recreate`
/// Deployment has no surge. Judged when a pod is made: adopted pods may be too many.
/// Upstream: `pkg/controller/deployment/util/deployment_util.go`, `NewRSNewReplicas` (v1.36).
struct SurgeInvariant: Invariant {
    static let name = InvariantName.surge
    static let kinds: [ObjectKind] = [.deployment, .replicaSet, .pod]

    private struct Record {
        var key: ObjectKey
        var bound: SlowBound
        var active: Int64 = 0
        var isObserved = false
        /// How many of its ReplicaSets have not observed their present generation.
        var behind = 0
    }
    private struct Part {
        var deployment: UID
        var isBehind: Bool
    }
    private var records: [UID: Record] = [:]
    private var parts: [UID: Part] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .deployment(let object): observe(object.value, change.kind)
        case .replicaSet(let object): observe(object.value, change.kind)
        case .pod(let object): observe(object.value, change, &context)
        default: return
        }
    }

    static func bound(of deployment: Deployment) -> Int64 {
        let spec = deployment.spec
        if spec.strategy.type == "Recreate" { return spec.replicas }
        let surge = spec.strategy.rollingUpdate?.maxSurge ?? .percent("25%")
        return spec.replicas + (surge.scaled(total: spec.replicas, roundingUp: true) ?? 0)
    }

    private mutating func observe(_ deployment: Deployment, _ kind: WatchEvent.Kind) {
        let uid = deployment.metadata.uid
        if kind == .deleted {
            records.removeValue(forKey: uid)
            return
        }
        let wanted = Self.bound(of: deployment)
        var record = records[uid] ?? Record(key: deployment.metadata.key, bound: SlowBound(wanted))
        record.bound.set(wanted)
        record.isObserved = deployment.status.observedGeneration >= deployment.metadata.generation
        records[uid] = record
        settle(uid)
    }

    private mutating func observe(_ set: ReplicaSet, _ kind: WatchEvent.Kind) {
        let uid = set.metadata.uid
        let old = parts[uid]
        if let old, old.isBehind { records[old.deployment]?.behind -= 1 }
        guard kind != .deleted, let owner = set.metadata.controllerReference, owner.kind == "Deployment" else {
            parts.removeValue(forKey: uid)
            if let old { settle(old.deployment) }
            return
        }
        let isBehind = set.status.observedGeneration < set.metadata.generation
        parts[uid] = Part(deployment: owner.uid, isBehind: isBehind)
        if isBehind { records[owner.uid]?.behind += 1 }
        settle(owner.uid)
    }

    private mutating func observe(_ pod: Pod, _ change: StoreChange, _ context: inout InvariantContext) {
        let before = change.previous?.pod.flatMap { owner(of: $0.value) }
        let after = change.kind == .deleted ? nil : owner(of: pod)
        if before == after { return }
        if let before {
            records[before]?.active -= 1
            settle(before)
        }
        guard let after, var record = records[after] else { return }
        record.active += 1
        records[after] = record
        guard change.kind == .added, record.active > record.bound.allowed else { return }
        context.report(
            Self.name, .deployment, record.key,
            "\(record.active) active pods with \(pod.metadata.name), where replicas + maxSurge is "
                + "\(record.bound.allowed)")
    }

    /// The Deployment whose active pod it is.
    private func owner(of pod: Pod) -> UID? {
        guard pod.isActive, let owner = pod.metadata.controllerReference, owner.kind == "ReplicaSet" else {
            return nil
        }
        return parts[owner.uid]?.deployment
    }

    private mutating func settle(_ uid: UID) {
        guard let record = records[uid] else { return }
        records[uid]?.bound.settle(count: record.active, isSeen: record.isObserved && record.behind == 0)
    }
}
