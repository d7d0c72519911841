import ControlPlane
import KubernetesModel
import SimulationKernel

/// A StatefulSet makes pods of the ordinals that it asks for, and none while an earlier pod of that ordinal
/// may still run.
///
/// A pod that was removed from the API while its containers ran, on a node that nobody has fenced (the node is
/// there, is ready and does not have the out-of-service taint), may still run. Who deletes a pod by force says that it
/// does not.
/// Upstream: `pkg/controller/statefulset/stateful_set_control.go` (v1.36).
struct OrdinalsInvariant: Invariant {
    static let name = InvariantName.ordinals
    static let kinds: [ObjectKind] = [.statefulSet, .pod]

    private struct Record {
        var key: ObjectKey
        /// The first ordinal and the one after the last, as far as they are allowed.
        var first: Int64
        var end: Int64
        var wantedFirst: Int64
        var wantedEnd: Int64
    }
    private var records: [UID: Record] = [:]
    /// Pods that may still run although their objects are gone, with their nodes.
    private var ghosts: [ObjectKey: String] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .statefulSet(let object): observe(object.value, change.kind)
        case .pod(let object):
            guard change.kind != .modified,
                let owner = object.value.metadata.controllerReference, owner.kind == "StatefulSet"
            else { return }
            observe(object.value, change, owner.uid, &context)
        default: return
        }
    }

    private mutating func observe(_ set: StatefulSet, _ kind: WatchEvent.Kind) {
        if kind == .deleted {
            records.removeValue(forKey: set.metadata.uid)
            return
        }
        let first = set.spec.ordinals?.start ?? 0
        let end = first + set.spec.replicas
        var record =
            records[set.metadata.uid]
            ?? Record(key: set.metadata.key, first: first, end: end, wantedFirst: first, wantedEnd: end)
        record.wantedFirst = first
        record.wantedEnd = end
        let isObserved = set.status.observedGeneration >= set.metadata.generation
        record.first = isObserved ? first : min(record.first, first)
        record.end = isObserved ? end : max(record.end, end)
        records[set.metadata.uid] = record
    }

    private mutating func observe(
        _ pod: Pod, _ change: StoreChange, _ owner: UID, _ context: inout InvariantContext
    ) {
        let key = pod.metadata.key
        if change.kind == .deleted {
            guard let last = change.previous?.pod?.value, !context.isForcedDeletion,
                mayStillRun(last, context)
            else { return }
            ghosts[key] = last.nodeName
            return
        }
        if let node = ghosts.removeValue(forKey: key) {
            context.report(
                Self.name, .pod, key, "is made again while the pod of that name may still run on \(node)")
        }
        guard let record = records[owner], let dash = key.name.lastIndex(of: "-"),
            let ordinal = Int64(key.name[key.name.index(after: dash)...]),
            ordinal < record.first || ordinal >= record.end
        else { return }
        context.report(
            Self.name, .statefulSet, record.key,
            "makes \(key.name), where its ordinals are \(record.wantedFirst) to \(record.wantedEnd - 1)")
    }

    private func mayStillRun(_ pod: Pod, _ context: InvariantContext) -> Bool {
        guard !pod.nodeName.isEmpty, !pod.status.phase.isTerminal,
            pod.status.containerStatuses.contains(where: { $0.state?.isRunning == true }),
            let node = context.simulation?.stored(Node.self, ObjectKey(name: pod.nodeName))
        else { return false }
        return node.status.conditions.isTrue("Ready")
            && !node.spec.taints.contains { $0.key == "node.kubernetes.io/out-of-service" }
    }
}
