import ControlPlane
import KubernetesModel

/// A volume whose access modes are for one node is attached to one node at most.
///
/// Upstream: `pkg/controller/volume/attachdetach/reconciler` and its check for multi-attach (v1.36).
struct AttachmentInvariant: Invariant {
    static let name = InvariantName.attachment
    static let kinds: [ObjectKind] = [.volumeAttachment]

    /// The nodes to which each volume is attached.
    private var nodes: [String: Set<String>] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        guard let attachment = change.object.volumeAttachment?.value,
            let volume = attachment.spec.persistentVolumeName
        else { return }
        let node = attachment.spec.nodeName
        guard change.kind != .deleted, attachment.status.attached else {
            nodes[volume]?.remove(node)
            return
        }
        guard nodes[volume, default: []].insert(node).inserted, nodes[volume]?.count ?? 0 > 1 else { return }
        let key = ObjectKey(name: volume)
        guard let spec = context.simulation?.stored(PersistentVolume.self, key)?.spec,
            !spec.accessModes.contains("ReadWriteMany"), !spec.accessModes.contains("ReadOnlyMany")
        else { return }
        let list = (nodes[volume] ?? []).sorted().joined(separator: ", ")
        context.report(Self.name, .persistentVolume, key, "is attached to \(list) at once")
    }
}
