import KubernetesModel
import SimulationKernel

/// A pod that uses a volume, for events.
struct PodReference: Hashable, Sendable {
    var key: ObjectKey
    var uid: UID
}

/// What is known and wanted of one volume: upstream's desired and actual state of the world, by volume.
///
/// Upstream: `pkg/controller/volume/attachdetach/cache` (v1.36).
struct VolumeRecord: Sendable {
    struct Attachment: Sendable {
        var node: String
        /// The attachment is certain; after an error it may or may not be there.
        var isConfirmed: Bool
        /// Since when a detach is wanted, as the first pass noticed it.
        var detachRequestedAt: VirtualTime?
        /// The force detach was announced.
        var isForced = false
    }
    struct Wish: Sendable {
        var node: String
        var pods: [PodReference]
        var isMultiAttachReported = false
    }

    /// Nil for a volume of which only the name is known, after a restart.
    var volume: AttachableVolume?
    /// By node name.
    var attachments: [Attachment] = []
    /// By node name.
    var wishes: [Wish] = []

    var allowsMultiAttach: Bool { volume?.allowsMultiAttach ?? true }
    var isForgettable: Bool { attachments.isEmpty && wishes.isEmpty }

    func isWanted(on node: String) -> Bool { wishes.contains { $0.node == node } }

    func attachment(on node: String) -> Attachment? { attachments.first { $0.node == node } }

    mutating func setAttached(_ node: String, confirmed: Bool) {
        if let index = attachments.firstIndex(where: { $0.node == node }) {
            attachments[index].isConfirmed = confirmed
        } else {
            let place = attachments.firstIndex { $0.node > node } ?? attachments.count
            attachments.insert(Attachment(node: node, isConfirmed: confirmed), at: place)
        }
    }

    mutating func removeAttachment(_ node: String) { attachments.removeAll { $0.node == node } }

    /// - Returns: whether the pod was new.
    mutating func add(_ pod: PodReference, on node: String) -> Bool {
        if let index = wishes.firstIndex(where: { $0.node == node }) {
            if wishes[index].pods.contains(where: { $0.uid == pod.uid }) { return false }
            wishes[index].pods.append(pod)
        } else {
            let place = wishes.firstIndex { $0.node > node } ?? wishes.count
            wishes.insert(Wish(node: node, pods: [pod]), at: place)
        }
        return true
    }

    mutating func remove(_ pod: UID, from node: String) {
        guard let index = wishes.firstIndex(where: { $0.node == node }) else { return }
        wishes[index].pods.removeAll { $0.uid == pod }
        if wishes[index].pods.isEmpty { wishes.remove(at: index) }
    }
}

/// What is known of one node's volumes.
struct VolumeNode: Sendable {
    /// The controller attaches for this node; its kubelet asked for it by an annotation.
    var isManaged = false
    /// What the kubelet says it has mounted, or is about to.
    var inUse: Set<String> = []
    /// Volumes with an attachment record.
    var attached: Set<String> = []
    /// What the node's status should show as attached.
    var reported: Set<String> = []
    /// The node's status is to be written.
    var needsUpdate = false
}
