import ControlPlane
import KubernetesModel

/// A PersistentVolume as the attach/detach controller sees it: only CSI volumes are attached.
///
/// Upstream: `pkg/volume/csi`, `pkg/controller/volume/attachdetach/util/util.go` (v1.36). Volumes of other
/// kinds that simk knows (`hostPath`, `local`, `nfs`, `emptyDir`, …) are not attachable upstream either.
struct AttachableVolume: Hashable, Sendable {
    /// The PersistentVolume's name.
    var name: String
    var driver: String
    var handle: String
    var accessModes: [String]

    static let pluginName = "kubernetes.io/csi"

    init?(_ volume: PersistentVolume, view: ObjectCache) {
        guard let csi = volume.spec.csi, Self.requiresAttachment(csi.driver, view: view) else { return nil }
        name = volume.metadata.name
        driver = csi.driver
        handle = csi.volumeHandle
        accessModes = volume.spec.accessModes
    }

    /// The volume behind one of a pod's volumes; nil when there is none, none yet, or it needs no attachment.
    init?(_ volume: Volume, of pod: Pod, view: ObjectCache) {
        let namespace = pod.metadata.namespace
        guard let claimName = volume.claimName(podName: pod.metadata.name),
            let claim = view.get(
                PersistentVolumeClaim.self, ObjectKey(namespace: namespace, name: claimName))?.value,
            volume.ephemeral == nil || claim.metadata.isControlled(by: pod.uid),
            claim.status.phase == "Bound", !claim.spec.volumeName.isEmpty,
            let found = view.get(PersistentVolume.self, ObjectKey(name: claim.spec.volumeName))?.value,
            found.spec.claimRef?.uid == claim.uid
        else { return nil }
        self.init(found, view: view)
    }

    /// A CSIDriver object may say that its volumes need no attachment.
    private static func requiresAttachment(_ driver: String, view: ObjectCache) -> Bool {
        guard case .generic(let object)? = view[.csiDriver, ObjectKey(name: driver)] else { return true }
        return JSONValue.object(object.value.body)["spec"]?["attachRequired"]?.boolValue ?? true
    }

    /// `kubernetes.io/csi/<driver>^<handle>`.
    var uniqueName: String { "\(Self.pluginName)/\(driver)^\(handle)" }

    /// Whether several nodes may have the volume at once (`util.IsMultiAttachAllowed`).
    var allowsMultiAttach: Bool {
        accessModes.isEmpty || accessModes.contains("ReadWriteMany") || accessModes.contains("ReadOnlyMany")
    }

    /// The VolumeAttachment's name for a node (`getAttachmentName`).
    static func attachmentName(handle: String, driver: String, node: String) -> String {
        "csi-" + SHA256.hexadecimal(handle + driver + node)
    }

    /// Driver and handle of a unique name.
    static func parts(of uniqueName: String) -> (driver: String, handle: String)? {
        guard uniqueName.hasPrefix(pluginName + "/") else { return nil }
        let rest = uniqueName.dropFirst(pluginName.count + 1)
        guard let separator = rest.firstIndex(of: "^") else { return nil }
        return (String(rest[..<separator]), String(rest[rest.index(after: separator)...]))
    }
}

extension Pod {
    /// Whether nothing of the pod runs any more, so that its volumes may go (`volumeutil.IsPodTerminated`).
    var hasReleasedVolumes: Bool {
        if status.phase.isTerminal { return true }
        guard metadata.isBeingDeleted else { return false }
        return (status.initContainerStatuses + status.containerStatuses).allSatisfy { $0.isNotRunning }
    }
}

extension ContainerStatus {
    fileprivate var isNotRunning: Bool {
        switch state {
        case .waiting, .terminated: true
        case .running, nil: false
        }
    }
}
