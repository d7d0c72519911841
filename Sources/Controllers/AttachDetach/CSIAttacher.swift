public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Stands for the external-attacher sidecars of the cluster's CSI drivers: it attaches and detaches volumes.
///
/// It is a model: what the driver does takes the times of ``VolumeOperationTiming``, and never fails. What
/// the sidecar writes is the real one's: a finalizer on the VolumeAttachment and the PersistentVolume, then
/// `status.attached`; on deletion the status and finalizers go. Source: `kubernetes-csi/external-attacher`,
/// `pkg/controller/csi_handler.go` (v4).
public struct CSIAttacher: Controller {
    public static let name = "external-attacher"

    public enum Continuation: Sendable { case finished }

    private enum Queue {
        static let attachments: UInt8 = 0
        static let volumes: UInt8 = 1
    }

    private struct Job: Sendable {
        var isDetach: Bool
        var doneAt: VirtualTime
        /// The API server knows; the cache may not yet.
        var isReported = false
    }

    public let timing: VolumeOperationTiming
    /// What the storage systems are busy with, by VolumeAttachment.
    private var jobs: [ObjectKey: Job] = [:]

    public init(timing: VolumeOperationTiming = VolumeOperationTiming()) { self.timing = timing }

    /// The sidecar's `--worker-threads` default for each of the two queues.
    public var workers: [Int] { [10, 10] }

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for attachment in view.list(VolumeAttachment.self) { queue.add(attachment.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .volumeAttachment(let attachment):
            if change.kind == .deleted {
                jobs.removeValue(forKey: attachment.value.key)
                if let volume = attachment.value.spec.persistentVolumeName {
                    queue.add(ObjectKey(name: volume), queue: Queue.volumes)
                }
            } else {
                queue.add(attachment.value.key)
            }
        case .persistentVolume(let volume):
            if change.kind != .deleted && volume.value.metadata.isBeingDeleted {
                queue.add(volume.value.key, queue: Queue.volumes)
            }
        default: break
        }
    }

    /// `external-attacher/<driver>`, as the sidecar spells it.
    static func finalizer(_ driver: String) -> String {
        "external-attacher/" + String(driver.map { $0.isLetter || $0.isNumber ? $0 : "-" })
    }

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        if key.queue == Queue.volumes { return releaseVolume(key.key, view: view) }
        guard let attachment = view.get(VolumeAttachment.self, key.key)?.value else { return Plan() }
        return attachment.metadata.isBeingDeleted
            ? detach(attachment, view: view, now: now) : attach(attachment, view: view, now: now)
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if outcomes.contains(where: { $0.error.map { $0.reason != .notFound } ?? false }) {
            plan.ending = .requeueRateLimited
        } else {
            jobs[key.key]?.isReported = true
        }
        return plan
    }

    private mutating func attach(
        _ attachment: VolumeAttachment, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard !attachment.status.attached else { return plan }
        let finalizer = Self.finalizer(attachment.spec.attacher)
        if !attachment.metadata.finalizers.contains(finalizer) {
            plan.call(
                .patch(
                    .volumeAttachment, attachment.key, .finalizers(adding: [finalizer], removing: []),
                    uid: attachment.uid))
            if let name = attachment.spec.persistentVolumeName,
                let volume = view.get(PersistentVolume.self, ObjectKey(name: name))?.value,
                !volume.metadata.finalizers.contains(finalizer), !volume.metadata.isBeingDeleted
            {
                plan.call(
                    .patch(
                        .persistentVolume, volume.key, .finalizers(adding: [finalizer], removing: []),
                        uid: volume.uid), tolerating: .notFound)
            }
        }
        let doneAt = self.doneAt(attachment.key, isDetach: false, takes: timing.attach, now: now)
        guard doneAt <= now else {
            plan.ending = .requeueAfter(doneAt - now)
            return plan
        }
        if jobs[attachment.key]?.isReported == true { return plan }
        plan.call(.updateStatus(APIObject(attachment.with { $0.status.attached = true })))
        plan.ending = .resume(.finished)
        return plan
    }

    private mutating func detach(
        _ attachment: VolumeAttachment, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        let finalizer = Self.finalizer(attachment.spec.attacher)
        guard attachment.metadata.finalizers.contains(finalizer) else { return plan }
        let doneAt = self.doneAt(attachment.key, isDetach: true, takes: timing.detach, now: now)
        guard doneAt <= now else {
            plan.ending = .requeueAfter(doneAt - now)
            return plan
        }
        if jobs[attachment.key]?.isReported == true { return plan }
        plan.call(
            .patch(
                .volumeAttachment, attachment.key, .finalizers(adding: [], removing: [finalizer]),
                uid: attachment.uid))
        plan.ending = .resume(.finished)
        return plan
    }

    private mutating func doneAt(
        _ key: ObjectKey, isDetach: Bool, takes duration: VirtualDuration, now: VirtualTime
    ) -> VirtualTime {
        if let job = jobs[key], job.isDetach == isDetach { return job.doneAt }
        jobs[key] = Job(isDetach: isDetach, doneAt: now + duration)
        return now + duration
    }

    /// A PersistentVolume that is being deleted is let go when nothing is attached any more.
    private func releaseVolume(_ key: ObjectKey, view: ObjectCache) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let volume = view.get(PersistentVolume.self, key)?.value, volume.metadata.isBeingDeleted,
            let driver = volume.spec.csi?.driver
        else { return plan }
        let finalizer = Self.finalizer(driver)
        let isAttached = view.list(VolumeAttachment.self).contains {
            $0.value.spec.persistentVolumeName == key.name
        }
        guard !isAttached, volume.metadata.finalizers.contains(finalizer) else { return plan }
        plan.call(
            .patch(.persistentVolume, key, .finalizers(adding: [], removing: [finalizer]), uid: volume.uid),
            tolerating: .notFound)
        return plan
    }
}
