import ControlPlane
import KubernetesModel
import SimulationKernel

/// An object has one managing owner at most, and pods that a ReplicaSet's selector selects are adopted.
///
/// A pod without a managing owner is judged at the end of the run, when its ReplicaSet has had time enough.
/// Upstream: `pkg/controller/controller_ref_manager.go` (v1.36).
struct OwnershipInvariant: Invariant {
    static let name = InvariantName.ownership
    static let kinds: [ObjectKind] = [
        .pod, .replicaSet, .controllerRevision, .job, .persistentVolumeClaim, .endpointSlice,
    ]

    /// Active pods without a managing owner, and since when.
    private var orphans: [ObjectKey: VirtualTime] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        if case .pod(let pod) = change.object {
            let value = pod.value
            let isOrphan =
                change.kind != .deleted && value.isActive && value.metadata.controllerReference == nil
            if isOrphan {
                if orphans[value.metadata.key] == nil { orphans[value.metadata.key] = context.now }
            } else if !orphans.isEmpty {
                orphans.removeValue(forKey: value.metadata.key)
            }
            judge(value.metadata.ownerReferences, change, &context)
        } else {
            judge(change.object.metadata.ownerReferences, change, &context)
        }
    }

    private func judge(
        _ references: [OwnerReference], _ change: StoreChange, _ context: inout InvariantContext
    ) {
        var count = 0
        for reference in references where reference.controller == true { count += 1 }
        guard count > 1, change.kind != .deleted else { return }
        let names = references.filter { $0.controller == true }.map { "\($0.kind.lowercased())/\($0.name)" }
        context.report(
            Self.name, change.object.kind, change.object.key,
            "is managed by \(names.joined(separator: " and ")) at once")
    }

    mutating func finish(_ context: inout InvariantContext) {
        guard let simulation = context.simulation else { return }
        for key in orphans.keys.sorted() {
            guard let since = orphans[key], context.isOverdue(since: since),
                let pod = simulation.stored(Pod.self, key)
            else { continue }
            var adopters: [ObjectKey] = []
            simulation.visitStored(.replicaSet) { object in
                guard let set = object.replicaSet?.value, set.metadata.namespace == key.namespace,
                    !set.metadata.isBeingDeleted, !set.spec.selector.isEmpty,
                    set.spec.selector.matches(pod.metadata.labels)
                else { return }
                adopters.append(set.metadata.key)
            }
            guard let adopter = adopters.min() else { continue }
            context.report(
                Self.name, .pod, key,
                "has no managing owner since \(since), although replicaset/\(adopter.name) selects it",
                cause: "")
        }
    }
}
