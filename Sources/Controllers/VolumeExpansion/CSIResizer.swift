public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Stands for the external-resizer sidecars of the cluster's CSI drivers: it makes volumes larger.
///
/// It is a model: the storage system takes the time of ``VolumeOperationTiming/expand`` and never fails. What
/// is written is what the sidecar writes: the claim's conditions and resize status, the volume's new capacity,
/// the events. A file system has to grow on the node, too, and the claim waits for that (`NodeResizePending`);
/// a block volume is done. Source: `kubernetes-csi/external-resizer`, `pkg/controller` (v1.14).
public struct CSIResizer: Controller {
    public static let name = "external-resizer"
    /// On the volume: what the claim had before, until the node is done.
    static let oldCapacityAnnotation = "volume.alpha.kubernetes.io/pre-resize-capacity"

    public let timing: VolumeOperationTiming
    /// When the storage system is done with a claim's volume.
    private var jobs: [UID: VirtualTime] = [:]

    public init(timing: VolumeOperationTiming = VolumeOperationTiming()) { self.timing = timing }

    /// The sidecar's `--workers` default.
    public let workers = [10]

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for claim in view.list(PersistentVolumeClaim.self) where isWork(claim.value) {
            queue.add(claim.value.key)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        guard let claim = change.object.persistentVolumeClaim?.value else { return }
        if change.kind == .deleted {
            jobs.removeValue(forKey: claim.uid)
            return
        }
        let hasGrown =
            change.old?.persistentVolumeClaim.map { $0.value.grantedStorage < claim.grantedStorage } ?? false
        if hasGrown || isWork(claim) { queue.add(claim.key) }
    }

    private func isWork(_ claim: PersistentVolumeClaim) -> Bool {
        claim.status.phase == "Bound" && claim.requestedStorage > claim.grantedStorage
    }

    public mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let claim = view.get(PersistentVolumeClaim.self, key.key)?.value,
            let volume = view.get(PersistentVolume.self, ObjectKey(name: claim.spec.volumeName))?.value,
            let driver = volume.spec.csi?.driver, volume.spec.claimRef?.uid == claim.uid
        else { return plan }
        let present = volume.spec.capacity[ResourceName.storage] ?? .zero
        let isDone = claim.grantedStorage >= claim.requestedStorage && claim.grantedStorage >= present
        if isDone && volume.metadata.annotations[Self.oldCapacityAnnotation] != nil {
            plan.call(
                .patch(
                    .persistentVolume, volume.key,
                    .metadata(labels: [:], annotations: [Self.oldCapacityAnnotation: nil]), uid: volume.uid),
                tolerating: .notFound)
            return plan
        }
        guard isWork(claim) else { return plan }
        switch claim.resizeStatus {
        case .nodePending, .nodeInProgress:
            // What was asked for since then waits its turn.
            return plan
        case nil: begin(claim, volume, present, driver, now, &plan)
        case .controllerInProgress: finish(claim, volume, present, driver, now, &plan)
        }
        return plan
    }

    /// Marks the claim; the storage system gets to work.
    private func begin(
        _ claim: PersistentVolumeClaim, _ volume: PersistentVolume, _ present: Quantity, _ driver: String,
        _ now: VirtualTime, _ plan: inout Plan<Never>
    ) {
        let size = max(present, claim.requestedStorage)
        plan.call(
            .updateStatus(
                APIObject(claim.resizing(.controllerInProgress, to: size, at: Timestamp(now)))))
        plan.record(
            event(
                claim, driver, "Resizing",
                "External resizer is resizing volume \(volume.metadata.name)"))
    }

    /// Writes the new size once the storage system is done.
    private mutating func finish(
        _ claim: PersistentVolumeClaim, _ volume: PersistentVolume, _ present: Quantity, _ driver: String,
        _ now: VirtualTime, _ plan: inout Plan<Never>
    ) {
        let size = claim.allocatedStorage ?? claim.requestedStorage
        let isFileSystem = volume.spec.volumeMode != "Block"
        if present < size {
            let doneAt = jobs[claim.uid] ?? now + timing.expand
            jobs[claim.uid] = doneAt
            if doneAt > now {
                plan.ending = .requeueAfter(doneAt - now)
                return
            }
            plan.call(
                .update(
                    APIObject(
                        volume.with {
                            $0.spec.capacity[ResourceName.storage] = size
                            if isFileSystem && $0.metadata.annotations[Self.oldCapacityAnnotation] == nil {
                                $0.metadata.annotations[Self.oldCapacityAnnotation] = present.description
                            }
                        })))
        }
        jobs.removeValue(forKey: claim.uid)
        if isFileSystem {
            plan.call(
                .updateStatus(APIObject(claim.resizing(.nodePending, to: size, at: Timestamp(now)))))
            plan.record(
                event(
                    claim, driver, "FileSystemResizeRequired",
                    "Require file system resize of volume on node"))
        } else {
            plan.call(.updateStatus(APIObject(claim.resized(to: size))))
            plan.record(event(claim, driver, "VolumeResizeSuccessful", "Resize volume succeeded"))
        }
        plan.note(
            JournalEntry(
                .volume, .persistentVolumeClaim, claim.key, reason: "VolumeExpanded",
                message: "volume \(volume.metadata.name) has \(size)",
                cause: "the storage system takes \(timing.expand) (a model)"))
    }

    private func event(
        _ claim: PersistentVolumeClaim, _ driver: String, _ reason: String, _ message: String
    ) -> EventRecord {
        EventRecord(
            APIObject(claim), .normal, reason: reason, message: message,
            component: "external-resizer \(driver)")
    }
}
