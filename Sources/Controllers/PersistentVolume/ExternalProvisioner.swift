public import ControlPlane
import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Stands for the external-provisioner sidecars of the cluster's CSI drivers: it makes and deletes volumes.
///
/// It is a model: the storage system takes the times of ``VolumeOperationTiming`` and never fails. What is
/// written is what the sidecar writes: a PersistentVolume `pvc-<uid of the claim>` that refers to the claim,
/// with the class's parameters as volume attributes, the events on the claim, and on deletion the removal of
/// the volume and of its finalizer. A volume is bound to the selected node's topology where a CSINode object
/// names topology keys for the driver. Source: `kubernetes-csi/external-provisioner` (v5),
/// `sig-storage-lib-external-provisioner` (v11).
public struct ExternalProvisioner: Controller {
    public static let name = "external-provisioner"

    public enum Continuation: Sendable {
        case created
        case deleted
    }

    private enum Queue {
        static let claims: UInt8 = 0
        static let volumes: UInt8 = 1
    }

    public let timing: VolumeOperationTiming
    /// When the storage system is done with a claim's volume.
    private var provisioning: [UID: VirtualTime] = [:]
    private var deleting: [ObjectKey: VirtualTime] = [:]
    /// How often a volume could not be deleted because it was attached.
    private var retries: [ObjectKey: Int] = [:]

    /// The sidecar's `--retry-interval-start` and `--retry-interval-max`.
    private static let firstRetry = VirtualDuration.seconds(1)
    private static let lastRetry = VirtualDuration.minutes(5)

    public init(timing: VolumeOperationTiming = VolumeOperationTiming()) { self.timing = timing }

    /// The sidecar's `--worker-threads` default.
    public var workers: [Int] { [100, 100] }

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for claim in view.list(PersistentVolumeClaim.self) { queue.add(claim.value.key, queue: Queue.claims) }
        for volume in view.list(PersistentVolume.self) where concerns(volume.value) {
            queue.add(volume.value.key, queue: Queue.volumes)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .persistentVolumeClaim(let claim):
            if change.kind == .deleted {
                provisioning.removeValue(forKey: claim.value.uid)
            } else if shouldProvision(claim.value, view: view) {
                queue.add(claim.value.key, queue: Queue.claims)
            }
        case .storageClass(let storageClass):
            // Claims may have come before their class: each kind has a watch of its own.
            for claim in view.list(PersistentVolumeClaim.self)
            where VolumeBinding.className(of: claim.value) == storageClass.value.key.name
                && shouldProvision(claim.value, view: view)
            {
                queue.add(claim.value.key, queue: Queue.claims)
            }
        case .persistentVolume(let volume):
            if change.kind == .deleted {
                deleting.removeValue(forKey: volume.value.key)
            } else if concerns(volume.value) {
                queue.add(volume.value.key, queue: Queue.volumes)
            }
        default: break
        }
    }

    private func storageClass(of claim: PersistentVolumeClaim, _ view: ObjectCache) -> StorageClass? {
        view.get(StorageClass.self, ObjectKey(name: VolumeBinding.className(of: claim)))?.value
    }

    private func shouldProvision(_ claim: PersistentVolumeClaim, view: ObjectCache) -> Bool {
        guard claim.spec.volumeName.isEmpty, !claim.metadata.isBeingDeleted,
            let provisioner = claim.metadata.annotations[VolumeBinding.storageProvisioner]
                ?? claim.metadata.annotations[VolumeBinding.betaStorageProvisioner],
            let storageClass = storageClass(of: claim, view),
            VolumeBinding.externalProvisioner(storageClass.provisioner) == provisioner
        else { return false }
        return storageClass.volumeBindingMode != VolumeBinding.waitForFirstConsumer
            || claim.metadata.annotations[VolumeBinding.selectedNode]?.isEmpty == false
    }

    /// Whether the volume is one to delete, or one whose finalizer is in the way.
    private func concerns(_ volume: PersistentVolume) -> Bool {
        guard let provisioner = volume.metadata.annotations[VolumeBinding.provisionedBy],
            !provisioner.hasPrefix("kubernetes.io/"), volume.spec.persistentVolumeReclaimPolicy == "Delete"
        else { return false }
        return volume.status.phase == "Released" || volume.metadata.isBeingDeleted
    }

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        if key.queue == Queue.volumes { return delete(key.key, view: view, now: now) }
        guard let claim = view.get(PersistentVolumeClaim.self, key.key)?.value,
            shouldProvision(claim, view: view), let storageClass = storageClass(of: claim, view),
            view.get(PersistentVolume.self, ObjectKey(name: Self.volumeName(claim))) == nil
        else { return Plan() }
        var plan = Plan<Continuation>()
        if provisioning[claim.uid] == nil {
            provisioning[claim.uid] = now + timing.provision
            plan.record(
                event(
                    claim, storageClass, .normal, "Provisioning",
                    "External provisioner is provisioning volume for claim \"\(claim.key)\""))
        }
        let doneAt = provisioning[claim.uid] ?? now
        guard doneAt <= now else {
            plan.ending = .requeueAfter(doneAt - now)
            return plan
        }
        plan.call(
            .create(APIObject(volume(for: claim, storageClass, view: view))), tolerating: .alreadyExists)
        plan.record(
            event(
                claim, storageClass, .normal, "ProvisioningSucceeded",
                "Successfully provisioned volume \(Self.volumeName(claim))"))
        plan.note(
            JournalEntry(
                .volume, .persistentVolumeClaim, claim.key, reason: "ProvisioningSucceeded",
                message: "volume \(Self.volumeName(claim)) provisioned by \(storageClass.provisioner)",
                cause: "the storage system takes \(timing.provision) (a model)"))
        return plan
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if outcomes.contains(where: { $0.error.map { $0.reason != .notFound } ?? false }) {
            plan.ending = .requeueRateLimited
        }
        return plan
    }

    // MARK: Making a volume

    static func volumeName(_ claim: PersistentVolumeClaim) -> String { "pvc-\(claim.uid)" }

    private func event(
        _ claim: PersistentVolumeClaim, _ storageClass: StorageClass, _ severity: EventRecord.Severity,
        _ reason: String, _ message: String
    ) -> EventRecord {
        EventRecord(
            APIObject(claim), severity, reason: reason, message: message,
            component: VolumeBinding.externalProvisioner(storageClass.provisioner) ?? Self.name)
    }

    private func volume(
        for claim: PersistentVolumeClaim, _ storageClass: StorageClass, view: ObjectCache
    ) -> PersistentVolume {
        let driver = VolumeBinding.externalProvisioner(storageClass.provisioner) ?? storageClass.provisioner
        var volume = PersistentVolume()
        volume.metadata.name = Self.volumeName(claim)
        volume.metadata.annotations[VolumeBinding.provisionedBy] = driver
        volume.metadata.annotations["volume.kubernetes.io/provisioner-deletion-secret-name"] = ""
        volume.metadata.annotations["volume.kubernetes.io/provisioner-deletion-secret-namespace"] = ""
        let policy = storageClass.reclaimPolicy ?? "Delete"
        if policy == "Delete" { volume.metadata.finalizers = [VolumeBinding.externalFinalizer] }
        volume.spec.persistentVolumeReclaimPolicy = policy
        volume.spec.storageClassName = VolumeBinding.className(of: claim)
        volume.spec.accessModes = claim.spec.accessModes
        volume.spec.volumeMode = claim.spec.volumeMode
        volume.spec.volumeAttributesClassName = claim.spec.volumeAttributesClassName
        volume.spec.mountOptions = storageClass.mountOptions
        if let size = claim.spec.resources.requests["storage"] { volume.spec.capacity["storage"] = size }
        volume.spec.claimRef = PersistentVolumeController.reference(to: claim)
        volume.spec.csi = Self.source(driver, handle: volume.metadata.name, storageClass)
        volume.spec.nodeAffinity = affinity(of: claim, driver: driver, view: view)
        return volume
    }

    /// The CSI source: parameters meant for the sidecar stay out, the file system type has its own field.
    private static func source(
        _ driver: String, handle: String, _ storageClass: StorageClass
    ) -> PersistentVolume.CSISource {
        let prefix = "csi.storage.k8s.io/"
        let parameters = JSONValue.object(storageClass.rest)["parameters"]?.objectValue ?? [:]
        var attributes: [(String, JSONValue)] = [
            ("storage.kubernetes.io/csiProvisionerIdentity", .string(driver))
        ]
        var fileSystem: JSONValue?
        for (name, value) in parameters {
            if name == prefix + "fstype" || name == "fstype" { fileSystem = value }
            if !name.hasPrefix(prefix) && name != "fstype" { attributes.append((name, value)) }
        }
        var source: JSONValue = [
            "driver": .string(driver), "volumeHandle": .string(handle),
            "volumeAttributes": .object(.init(attributes, uniquingKeysWith: { _, last in last })),
        ]
        if let fileSystem, case .object(let members) = source {
            source = .object(
                .init(members.map { ($0.key, $0.value) } + [("fsType", fileSystem)], uniquingKeysWith: { $1 })
            )
        }
        return PersistentVolume.CSISource(
            fields: source.objectValue ?? [:], epoch: CalendarTime(unixSeconds: 0))
    }

    /// Where the volume can be reached from: the selected node's values of the driver's topology keys.
    private func affinity(
        of claim: PersistentVolumeClaim, driver: String, view: ObjectCache
    ) -> PersistentVolume.VolumeNodeAffinity? {
        guard let nodeName = claim.metadata.annotations[VolumeBinding.selectedNode],
            case .generic(let object)? = view[.csiNode, ObjectKey(name: nodeName)],
            let node = view.get(Node.self, ObjectKey(name: nodeName))?.value
        else { return nil }
        let drivers = JSONValue.object(object.value.body)["spec"]?["drivers"]?.arrayValue ?? []
        let keys = drivers.first { $0["name"]?.stringValue == driver }?["topologyKeys"]?.arrayValue ?? []
        var term = NodeSelectorTerm()
        for key in keys.compactMap(\.stringValue) {
            guard let value = node.metadata.labels[key] else { continue }
            var requirement = SelectorRequirement()
            requirement.key = key
            requirement.operatorName = "In"
            requirement.values = [value]
            term.matchExpressions.append(requirement)
        }
        guard !term.matchExpressions.isEmpty else { return nil }
        var selector = NodeSelector()
        selector.nodeSelectorTerms = [term]
        var affinity = PersistentVolume.VolumeNodeAffinity()
        affinity.required = selector
        return affinity
    }

    // MARK: Deleting a volume

    private mutating func delete(_ key: ObjectKey, view: ObjectCache, now: VirtualTime) -> Plan<Continuation>
    {
        var plan = Plan<Continuation>()
        guard let volume = view.get(PersistentVolume.self, key)?.value, concerns(volume),
            volume.status.phase == "Released" || volume.status.phase == "Failed"
        else { return plan }
        let attachment = view.list(VolumeAttachment.self).first {
            $0.value.spec.persistentVolumeName == key.name
        }
        if let attachment {
            let message =
                "persistentvolume \(key.name) is still attached to node \(attachment.value.spec.nodeName)"
            plan.record(
                EventRecord(
                    APIObject(volume), .warning, reason: "VolumeFailedDelete", message: message,
                    component: volume.metadata.annotations[VolumeBinding.provisionedBy] ?? Self.name))
            let delay = min(
                Self.firstRetry.multipliedClamping(by: 1 << Int64(retries[key, default: 0])), Self.lastRetry)
            retries[key] = min(retries[key, default: 0] + 1, 20)
            plan.ending = .requeueAfter(delay)
            return plan
        }
        retries.removeValue(forKey: key)
        if deleting[key] == nil { deleting[key] = now + timing.delete }
        let doneAt = deleting[key] ?? now
        guard doneAt <= now else {
            plan.ending = .requeueAfter(doneAt - now)
            return plan
        }
        if !volume.metadata.isBeingDeleted {
            plan.call(.delete(.persistentVolume, key, DeleteOptions(uid: volume.uid)), tolerating: .notFound)
        }
        if volume.metadata.finalizers.contains(VolumeBinding.externalFinalizer) {
            plan.call(
                .patch(
                    .persistentVolume, key,
                    .finalizers(adding: [], removing: [VolumeBinding.externalFinalizer]),
                    uid: volume.uid), tolerating: .notFound)
        }
        plan.ending = .resume(.deleted)
        return plan
    }
}
