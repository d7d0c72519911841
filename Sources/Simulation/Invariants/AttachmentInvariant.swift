import ControlPlane
import KubernetesModel
import SimulationKernel

/// A volume whose access modes are for one node is attached to one node at most.
///
/// While chance has calls fail, it may be attached to two for a while, and only has to be on one again in the
/// end: of a node whose detach has failed, the controller is not certain any more, and attaches elsewhere before it
/// tries again. Upstream: `pkg/controller/volume/attachdetach/reconciler` and its check for multi-attach,
/// `pkg/volume/util/operationexecutor/operation_generator.go`, `GenerateDetachVolumeFunc` (v1.36).
struct AttachmentInvariant: Invariant {
    static let name = InvariantName.attachment
    static let kinds: [ObjectKind] = [.volumeAttachment]

    /// The nodes to which each volume is attached.
    private var nodes: [String: Set<String>] = [:]
    /// Volumes on several nodes since a moment at which calls failed by chance.
    private var excused: [String: VirtualTime] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        guard let attachment = change.object.volumeAttachment?.value,
            let volume = attachment.spec.persistentVolumeName
        else { return }
        let node = attachment.spec.nodeName
        guard change.kind != .deleted, attachment.status.attached else {
            nodes[volume]?.remove(node)
            if nodes[volume]?.count ?? 0 < 2 { excused[volume] = nil }
            return
        }
        guard nodes[volume, default: []].insert(node).inserted, nodes[volume]?.count ?? 0 > 1 else { return }
        let key = ObjectKey(name: volume)
        guard let spec = context.simulation?.stored(PersistentVolume.self, key)?.spec,
            !spec.accessModes.contains("ReadWriteMany"), !spec.accessModes.contains("ReadOnlyMany")
        else { return }
        if context.now < context.disturbedUntil {
            if excused[volume] == nil { excused[volume] = context.now }
            return
        }
        report(volume, &context)
    }

    mutating func finish(_ context: inout InvariantContext) {
        for volume in excused.keys.sorted() {
            if let since = excused[volume], context.isOverdue(since: since) { report(volume, &context) }
        }
    }

    private func report(_ volume: String, _ context: inout InvariantContext) {
        let list = (nodes[volume] ?? []).sorted().joined(separator: ", ")
        context.report(
            Self.name, .persistentVolume, ObjectKey(name: volume), "is attached to \(list) at once")
    }
}
