import ControlPlane
import KubernetesModel
import SimulationKernel

/// What is owned goes with its owner, nothing is made for an owner that goes, and claims of StatefulSets are
/// kept no longer than their retention policy says.
///
/// What a gone owner has left behind is judged at the end of the run, when the garbage collector has had time
/// enough; an object that is already being deleted waits for others. A controller whose cache is behind may
/// make something for an owner that has just gone.
/// Upstream: `pkg/controller/garbagecollector`, `pkg/controller/statefulset/stateful_pod_control.go` (v1.36).
struct GarbageInvariant: Invariant {
    static let name = InvariantName.garbage
    static let kinds: [ObjectKind] = [
        .pod, .replicaSet, .replicationController, .deployment, .statefulSet, .daemonSet, .job, .cronJob,
        .controllerRevision,
    ]

    /// Owners that are gone, for as long as a cache may still show them.
    private var gone: ContiguousArray<(uid: UID, time: VirtualTime)> = []
    private var goneTimes: [UID: VirtualTime] = [:]
    private struct Claims {
        var set: ObjectKey
        var templates: [String]
        var ordinals: Range<Int64>
        var since: VirtualTime
    }
    /// Claims of StatefulSets that are gone and were to take them along.
    private var released: [Claims] = []
    /// When a StatefulSet that does not keep the claims of lost ordinals has last changed its range.
    private var scaled: [ObjectKey: VirtualTime] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.kind {
        case .added: judge(change.object, &context)
        case .deleted where change.object.kind != .pod: remember(change.object, context.now)
        default: break
        }
        if case .statefulSet(let set) = change.object { observe(set.value, change) }
    }

    private mutating func remember(_ owner: APIObject, _ now: VirtualTime) {
        let uid = owner.metadata.uid
        goneTimes[uid] = now
        gone.append((uid, now))
        let oldest = now - InvariantContext.patience
        if gone.count > 1_024, gone[512].time < oldest {
            for entry in gone[..<512] { goneTimes.removeValue(forKey: entry.uid) }
            gone.removeFirst(512)
        }
    }

    /// Something was made: its managing owner must be there, or have gone a moment ago.
    private func judge(_ object: APIObject, _ context: inout InvariantContext) {
        let metadata = object.metadata
        guard let reference = metadata.controllerReference,
            ObjectKind(apiVersion: reference.apiVersion, kind: reference.kind) != nil
        else { return }
        let since: VirtualTime?
        if let owner = context.owner(reference, namespace: metadata.namespace) {
            guard let marked = owner.metadata.deletionTimestamp else { return }
            // The controller looks for the revisions before it looks at the set's deletion, and makes anew what
            // the garbage collector has deleted: `stateful_set_control.go`, `performUpdate`.
            if object.kind == .controllerRevision && reference.kind == StatefulSet.kind.name { return }
            since = marked.time
        } else {
            since = goneTimes[reference.uid]
        }
        guard let since, context.now - since > InvariantContext.staleness else { return }
        context.report(
            Self.name, object.kind, metadata.key,
            "is made for \(reference.kind.lowercased())/\(reference.name), which is being deleted since \(since)"
        )
    }

    private mutating func observe(_ set: StatefulSet, _ change: StoreChange) {
        guard let policy = set.spec.persistentVolumeClaimRetentionPolicy else { return }
        let key = set.metadata.key
        let first = set.spec.ordinals?.start ?? 0
        let range = first..<(first + set.spec.replicas)
        if change.kind == .deleted {
            scaled.removeValue(forKey: key)
            guard policy.whenDeleted == "Delete", !set.metadata.finalizers.contains("orphan") else { return }
            released.append(
                Claims(
                    set: key, templates: set.spec.volumeClaimTemplates.map(\.metadata.name), ordinals: range,
                    since: change.time))
        } else if policy.whenScaled == "Delete",
            change.previous?.statefulSet?.value.metadata.generation != set.metadata.generation
        {
            scaled[key] = change.time
        }
    }

    mutating func finish(_ context: inout InvariantContext) {
        finishDependents(&context)
        for claims in released where context.isOverdue(since: claims.since) {
            for template in claims.templates {
                for ordinal in claims.ordinals {
                    let key = ObjectKey(
                        namespace: claims.set.namespace, name: "\(template)-\(claims.set.name)-\(ordinal)")
                    guard let claim = context.simulation?.stored(PersistentVolumeClaim.self, key),
                        !claim.metadata.isBeingDeleted,
                        claim.metadata.creationTimestamp.map({ $0.time < claims.since }) ?? false
                    else { continue }
                    context.report(
                        Self.name, .persistentVolumeClaim, key,
                        "is still there, although statefulset/\(claims.set.name) is gone since \(claims.since) "
                            + "and its retention policy is Delete", cause: "")
                }
            }
        }
        for key in scaled.keys.sorted() { finishScaled(key, &context) }
    }

    /// Claims of ordinals that a StatefulSet no longer has.
    private func finishScaled(_ key: ObjectKey, _ context: inout InvariantContext) {
        guard let since = scaled[key], context.isOverdue(since: since), let simulation = context.simulation,
            let set = simulation.stored(StatefulSet.self, key), !set.metadata.isBeingDeleted
        else { return }
        let first = set.spec.ordinals?.start ?? 0
        let range = first..<(first + set.spec.replicas)
        var leaks: [ObjectKey] = []
        let prefixes = set.spec.volumeClaimTemplates.map { "\($0.metadata.name)-\(key.name)-" }
        simulation.visitStored(.persistentVolumeClaim) { object in
            guard let claim = object.persistentVolumeClaim?.value,
                claim.metadata.namespace == key.namespace, !claim.metadata.isBeingDeleted
            else { return }
            for prefix in prefixes where claim.metadata.name.hasPrefix(prefix) {
                guard let ordinal = Int64(claim.metadata.name.dropFirst(prefix.count)),
                    !range.contains(ordinal)
                else { continue }
                let pod = ObjectKey(namespace: key.namespace, name: "\(key.name)-\(ordinal)")
                if simulation.stored(.pod, pod) == nil { leaks.append(claim.metadata.key) }
            }
        }
        for leak in leaks.sorted() {
            context.report(
                Self.name, .persistentVolumeClaim, leak,
                "is still there, although statefulset/\(key.name) has no such ordinal since \(since) and its "
                    + "retention policy is Delete", cause: "")
        }
    }

    /// Objects all of whose owners are gone.
    private func finishDependents(_ context: inout InvariantContext) {
        guard let simulation = context.simulation else { return }
        for kind in ObjectKind.allCases where kind != .event && kind != .lease {
            var left: [(key: ObjectKey, owner: OwnerReference)] = []
            let snapshot = context
            simulation.visitStored(kind) { object in
                let metadata = object.metadata
                guard let first = metadata.ownerReferences.first, !metadata.isBeingDeleted,
                    metadata.ownerReferences.allSatisfy({ isGone($0, metadata, snapshot) })
                else { return }
                left.append((metadata.key, first))
            }
            for (key, owner) in left.sorted(by: { $0.key < $1.key }) {
                context.report(
                    Self.name, kind, key,
                    "is still there, although \(owner.kind.lowercased())/\(owner.name) is gone", cause: "")
            }
        }
    }

    private func isGone(
        _ reference: OwnerReference, _ metadata: ObjectMeta, _ context: InvariantContext
    ) -> Bool {
        guard ObjectKind(apiVersion: reference.apiVersion, kind: reference.kind) != nil,
            context.owner(reference, namespace: metadata.namespace) == nil
        else { return false }
        let since = max(goneTimes[reference.uid] ?? .start, metadata.creationTimestamp?.time ?? .start)
        return context.isOverdue(since: since)
    }
}
