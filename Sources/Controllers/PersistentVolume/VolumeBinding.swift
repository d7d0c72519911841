import ControlPlane
import KubernetesModel

/// Names and rules that binders and provisioners of volumes share.
///
/// Upstream: `component-helpers/storage/volume`, `pkg/controller/volume/persistentvolume/index.go` (v1.36).
enum VolumeBinding {
    static let bindCompleted = "pv.kubernetes.io/bind-completed"
    static let boundByController = "pv.kubernetes.io/bound-by-controller"
    static let selectedNode = "volume.kubernetes.io/selected-node"
    static let provisionedBy = "pv.kubernetes.io/provisioned-by"
    static let migratedTo = "pv.kubernetes.io/migrated-to"
    static let storageProvisioner = "volume.kubernetes.io/storage-provisioner"
    static let betaStorageProvisioner = "volume.beta.kubernetes.io/storage-provisioner"
    static let betaClass = "volume.beta.kubernetes.io/storage-class"
    static let externalFinalizer = "external-provisioner.volume.kubernetes.io/finalizer"
    static let waitForFirstConsumer = "WaitForFirstConsumer"

    /// CSI drivers that took over from in-tree provisioners (`csi-translation-lib`).
    private static let translations: [(inTree: String, csi: String)] = [
        ("kubernetes.io/aws-ebs", "ebs.csi.aws.com"), ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io"),
        ("kubernetes.io/cinder", "cinder.csi.openstack.org"),
        ("kubernetes.io/azure-disk", "disk.csi.azure.com"),
        ("kubernetes.io/azure-file", "file.csi.azure.com"),
        ("kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"),
        ("kubernetes.io/portworx-volume", "pxd.portworx.com"),
    ]

    /// The driver that provisions for a class; nil for in-tree names that nothing provisions for.
    static func externalProvisioner(_ name: String) -> String? {
        if let found = translations.first(where: { $0.inTree == name }) { return found.csi }
        return name.hasPrefix("kubernetes.io/") ? nil : name
    }

    static func className(of claim: PersistentVolumeClaim) -> String {
        claim.metadata.annotations[betaClass] ?? claim.spec.storageClassName ?? ""
    }

    static func className(of volume: PersistentVolume) -> String {
        volume.metadata.annotations[betaClass] ?? volume.spec.storageClassName
    }

    /// The class for claims that name none: of several, the newest, then the first by name.
    ///
    /// Upstream: `pkg/volume/util/storageclass.go`, `GetDefaultClass` (v1.36).
    static func defaultClass(_ view: ObjectCache) -> StorageClass? {
        view.list(StorageClass.self).map(\.value).filter { storageClass in
            let annotations = storageClass.metadata.annotations
            return annotations["storageclass.kubernetes.io/is-default-class"] == "true"
                || annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true"
        }.min { left, right in
            let (a, b) = (
                left.metadata.creationTimestamp?.seconds ?? 0, right.metadata.creationTimestamp?.seconds ?? 0
            )
            return a == b ? left.metadata.name < right.metadata.name : a > b
        }
    }

    /// Whether the volume is bound, or reserved, for the claim (`IsVolumeBoundToClaim`).
    static func isBound(_ volume: PersistentVolume, to claim: PersistentVolumeClaim) -> Bool {
        guard let reference = volume.spec.claimRef, reference.name == claim.metadata.name,
            reference.namespace == claim.metadata.namespace
        else { return false }
        return reference.uid.isEmpty || reference.uid == claim.uid
    }

    static func hasOtherMode(_ claim: PersistentVolumeClaim, _ volume: PersistentVolume) -> Bool {
        (claim.spec.volumeMode ?? "Filesystem") != (volume.spec.volumeMode ?? "Filesystem")
    }

    /// Why a volume that the claim names does not suit it; nil when it does (`checkVolumeSatisfyClaim`).
    static func mismatch(_ volume: PersistentVolume, _ claim: PersistentVolumeClaim) -> String? {
        if volume.metadata.isBeingDeleted {
            return "the volume is marked for deletion \"\(volume.metadata.name)\""
        }
        if volume.spec.capacity.amount("storage") < claim.spec.resources.requests.amount("storage") {
            return "requested PV is too small"
        }
        if className(of: volume) != className(of: claim) { return "storageClassName does not match" }
        if (claim.spec.volumeAttributesClassName ?? "") != (volume.spec.volumeAttributesClassName ?? "") {
            return "volumeAttributesClassName does not match"
        }
        if hasOtherMode(claim, volume) { return "incompatible volumeMode" }
        if !claim.spec.accessModes.allSatisfy(volume.spec.accessModes.contains) {
            return "incompatible accessMode"
        }
        return nil
    }

    /// The volume for a claim: one reserved for it, else the smallest available one that suits; volumes with
    /// fewer access modes come first. Of equally large ones upstream takes any, here the first by name.
    ///
    /// - Parameter delayBinding: only a reserved volume counts, the scheduler chooses among the others.
    static func bestMatch(
        for claim: PersistentVolumeClaim, among volumes: [PersistentVolume], delayBinding: Bool
    ) -> PersistentVolume? {
        let suitable = volumes.filter { volume in
            claim.spec.accessModes.allSatisfy(volume.spec.accessModes.contains)
        }
        var groups: [(modes: Set<String>, volumes: [PersistentVolume])] = []
        for volume in suitable {
            let modes = Set(volume.spec.accessModes)
            if let index = groups.firstIndex(where: { $0.modes == modes }) {
                groups[index].volumes.append(volume)
            } else {
                groups.append((modes, [volume]))
            }
        }
        for count in Set(groups.map(\.modes.count)).sorted() {
            for group in groups where group.modes.count == count {
                if let found = smallest(for: claim, among: group.volumes, delayBinding: delayBinding) {
                    return found
                }
            }
        }
        return nil
    }

    /// Upstream: `component-helpers/storage/volume/pv_helpers.go`, `FindMatchingVolume` without a node
    /// (v1.36).
    private static func smallest(
        for claim: PersistentVolumeClaim, among volumes: [PersistentVolume], delayBinding: Bool
    ) -> PersistentVolume? {
        let requested = claim.spec.resources.requests["storage"] ?? Quantity(value: 0)
        let wantedClass = className(of: claim)
        var best: (volume: PersistentVolume, size: Quantity)?
        for volume in volumes {
            if volume.spec.claimRef != nil && !isBound(volume, to: claim) { continue }
            let size = volume.spec.capacity["storage"] ?? Quantity(value: 0)
            if size < requested || hasOtherMode(claim, volume) || volume.metadata.isBeingDeleted { continue }
            if (claim.spec.volumeAttributesClassName ?? "") != (volume.spec.volumeAttributesClassName ?? "") {
                continue
            }
            if isBound(volume, to: claim) { return volume }
            if delayBinding || volume.status.phase != "Available" { continue }
            if let selector = claim.spec.selector, !selector.matches(volume.metadata.labels) { continue }
            if className(of: volume) != wantedClass { continue }
            if best.map({ size < $0.size }) ?? true { best = (volume, size) }
        }
        return best?.volume
    }
}
