import ControlPlane
import KubernetesModel
import SimulationKernel

/// No pod is made for a ReplicaSet or ReplicationController that has as many active ones as it asks for.
///
/// That is what expectations are for: a controller whose cache is behind its own writes does not act again.
/// Pods that are finished or being deleted do not count; a number that was lowered counts once it is observed.
/// Upstream: `pkg/controller/replicaset/replica_set.go`, `manageReplicas` (v1.36).
struct ReplicasInvariant: Invariant {
    static let name = InvariantName.replicas
    static let kinds: [ObjectKind] = [.replicaSet, .replicationController, .pod]

    private struct Record {
        var kind: ObjectKind
        var key: ObjectKey
        var bound: SlowBound
        var active: Int64 = 0
        var isObserved = false
    }
    private var records: [UID: Record] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .replicaSet(let object):
            observe(
                .replicaSet, object.value.metadata, replicas: object.value.spec.replicas, object.value.status,
                change.kind)
        case .replicationController(let object):
            observe(
                .replicationController, object.value.metadata, replicas: object.value.spec.replicas,
                object.value.status, change.kind)
        case .pod(let object): observe(object.value, change, &context)
        default: return
        }
    }

    private mutating func observe(
        _ kind: ObjectKind, _ metadata: ObjectMeta, replicas: Int64, _ status: ReplicaSetStatus,
        _ change: WatchEvent.Kind
    ) {
        if change == .deleted {
            records.removeValue(forKey: metadata.uid)
            return
        }
        var record =
            records[metadata.uid] ?? Record(kind: kind, key: metadata.key, bound: SlowBound(replicas))
        record.bound.set(replicas)
        record.isObserved = status.observedGeneration >= metadata.generation
        record.bound.settle(count: record.active, isSeen: record.isObserved)
        records[metadata.uid] = record
    }

    private mutating func observe(_ pod: Pod, _ change: StoreChange, _ context: inout InvariantContext) {
        let before = change.previous?.pod.flatMap { Self.owner(of: $0.value) }
        let after = change.kind == .deleted ? nil : Self.owner(of: pod)
        if before == after { return }
        if let before, var record = records[before] {
            record.active -= 1
            record.bound.settle(count: record.active, isSeen: record.isObserved)
            records[before] = record
        }
        guard let after, var record = records[after] else { return }
        record.active += 1
        records[after] = record
        guard change.kind == .added, record.active > record.bound.allowed else { return }
        context.report(
            Self.name, record.kind, record.key,
            "\(record.active) active pods with \(pod.metadata.name), where \(record.bound.allowed) are asked for"
        )
    }

    private static func owner(of pod: Pod) -> UID? {
        pod.isActive ? pod.metadata.controllerReference?.uid : nil
    }
}
