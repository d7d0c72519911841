import ControlPlane
import KubernetesModel
import SimulationKernel

/// The ReplicaSets of a Deployment ask for no more than `replicas + maxSurge` pods together.
///
/// That is what upstream guarantees, not a number of pods: the Deployment lowers one ReplicaSet and raises
/// another in the same breath, and the one's pods may be made before the other's are deleted. That no
/// ReplicaSet has more active pods than it asks for is ``ReplicasInvariant``; pods that terminate count in
/// neither. The controller has no expectations of ReplicaSets: it sizes one by what its cache says of the others, so
/// that a ReplicaSet that has just grown may count as it was before. A bound that was lowered counts once the Deployment has observed it and its ReplicaSets are that
/// small. A `Recreate` Deployment has no surge.
/// Upstream: `pkg/controller/deployment/util/deployment_util.go`, `NewRSNewReplicas` (v1.36).
struct SurgeInvariant: Invariant {
    static let name = InvariantName.surge
    static let kinds: [ObjectKind] = [.deployment, .replicaSet]

    /// How long the controller's cache may show a ReplicaSet as it was before it grew.
    private static let staleness = VirtualDuration.minutes(1)

    /// What a ReplicaSet asks for, and what it asked for before each of its last growths.
    private struct Size {
        var replicas: Int64 = 0
        var growths: [(time: VirtualTime, before: Int64)] = []

        mutating func set(_ value: Int64, at now: VirtualTime) {
            growths.removeAll { now - $0.time > SurgeInvariant.staleness }
            if value > replicas { growths.append((now, replicas)) }
            replicas = value
        }

        /// By how much a cache may show it smaller than it is.
        func excess(at now: VirtualTime) -> Int64 {
            let recent = growths.filter { now - $0.time <= SurgeInvariant.staleness }
            return replicas - recent.reduce(replicas) { min($0, $1.before) }
        }
    }

    private struct Record {
        var key: ObjectKey
        var bound: SlowBound
        /// The sum over its ReplicaSets.
        var replicas: Int64 = 0
        var sizes: [UID: Size] = [:]
        var isObserved = false

        mutating func set(_ size: Int64?, of set: UID, at now: VirtualTime) {
            replicas += (size ?? 0) - (sizes[set]?.replicas ?? 0)
            if let size { sizes[set, default: Size()].set(size, at: now) } else { sizes[set] = nil }
        }

        /// The smallest sum that the controller can have seen when it made one of its ReplicaSets grow.
        func seen(growing set: UID, at now: VirtualTime) -> Int64 {
            sizes.reduce(replicas) { $0 - ($1.key == set ? 0 : $1.value.excess(at: now)) }
        }
    }
    private var records: [UID: Record] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .deployment(let object): observe(object.value, change.kind)
        case .replicaSet(let object): observe(object.value, change, &context)
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
        record.bound.settle(count: record.replicas, isSeen: record.isObserved)
        records[uid] = record
    }

    private mutating func observe(_ set: ReplicaSet, _ change: StoreChange, _ context: inout InvariantContext)
    {
        let old = change.previous?.replicaSet?.value
        let before = old.flatMap(Self.owner)
        let after = change.kind == .deleted ? nil : Self.owner(of: set)
        if before == after && old?.spec.replicas == set.spec.replicas && change.kind != .deleted { return }
        if let before, before != after, var record = records[before] {
            record.set(nil, of: set.metadata.uid, at: context.now)
            record.bound.settle(count: record.replicas, isSeen: record.isObserved)
            records[before] = record
        }
        guard let after, var record = records[after] else { return }
        record.set(set.spec.replicas, of: set.metadata.uid, at: context.now)
        let hasGrown = before != after || set.spec.replicas > old?.spec.replicas ?? 0
        if !hasGrown { record.bound.settle(count: record.replicas, isSeen: record.isObserved) }
        records[after] = record
        guard hasGrown, record.replicas > record.bound.allowed,
            record.seen(growing: set.metadata.uid, at: context.now) > record.bound.allowed
        else { return }
        context.report(
            Self.name, .deployment, record.key,
            "its ReplicaSets ask for \(record.replicas) pods with \(set.metadata.name), where replicas + maxSurge "
                + "is \(record.bound.allowed)")
    }

    /// The Deployment that manages the ReplicaSet.
    private static func owner(of set: ReplicaSet) -> UID? {
        guard let owner = set.metadata.controllerReference, owner.kind == "Deployment" else { return nil }
        return owner.uid
    }
}
