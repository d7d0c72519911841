import ControlPlane
import KubernetesModel
import SimulationKernel

extension PersistentVolumeController {
    /// Brings a volume's phase in line with its claim, and reclaims it when the claim is gone (`syncVolume`).
    func syncVolume(_ volume: PersistentVolume, view: ObjectCache, now: VirtualTime) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let reference = volume.spec.claimRef, !reference.uid.isEmpty else {
            updatePhase(of: volume, "Available", &plan)
            return plan
        }
        let key = ObjectKey(namespace: reference.namespace, name: reference.name)
        guard let claim = self.claim(key, view), claim.uid == reference.uid else {
            release(volume, cause: "its claim \(key) is gone", &plan)
            return plan
        }
        if claim.spec.volumeName.isEmpty {
            // The sync of the claim binds it, unless the two can never match.
            if VolumeBinding.hasOtherMode(claim, volume) { reportMode(volume, claim, &plan) }
        } else if claim.spec.volumeName == volume.metadata.name {
            updatePhase(of: volume, "Bound", &plan)
        } else if volume.metadata.annotations.contains(VolumeBinding.provisionedBy)
            && volume.spec.persistentVolumeReclaimPolicy == "Delete"
        {
            release(volume, cause: "its claim \(key) is bound to \(claim.spec.volumeName)", &plan)
        } else {
            unbind(volume, &plan)
        }
        return plan
    }

    private func reportMode(
        _ volume: PersistentVolume, _ claim: PersistentVolumeClaim, _ plan: inout Plan<Continuation>
    ) {
        plan.record(
            Self.event(
                APIObject(volume), .warning, "VolumeMismatch",
                "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"\(claim.metadata.name)\" due to "
                    + "incompatible volumeMode."))
        plan.record(
            Self.event(
                APIObject(claim), .warning, "VolumeMismatch",
                "Cannot bind PersistentVolume \"\(volume.metadata.name)\" to requested PersistentVolumeClaim due to "
                    + "incompatible volumeMode."))
    }

    /// Marks the volume Released, then does what its reclaim policy says (`reclaimVolume`).
    private func release(_ volume: PersistentVolume, cause: String, _ plan: inout Plan<Continuation>) {
        var volume = volume
        if volume.status.phase != "Released" && volume.status.phase != "Failed" {
            updatePhase(of: volume, "Released", &plan)
            volume.status.phase = "Released"
            plan.note(
                JournalEntry(
                    .volume, .persistentVolume, volume.key, reason: "Released",
                    message: "released; reclaim policy \(volume.spec.persistentVolumeReclaimPolicy)",
                    cause: cause))
        }
        if volume.metadata.annotations[VolumeBinding.migratedTo]?.isEmpty == false { return }
        switch volume.spec.persistentVolumeReclaimPolicy {
        case "Retain": break
        case "Recycle":
            fail(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!", &plan)
        case "Delete": delete(volume, &plan)
        default:
            fail(
                volume, "VolumeUnknownReclaimPolicy", "Volume has unrecognized PersistentVolumeReclaimPolicy",
                &plan)
        }
    }

    private func fail(
        _ volume: PersistentVolume, _ reason: String, _ message: String, _ plan: inout Plan<Continuation>
    ) {
        if volume.status.phase == "Failed" { return }
        updatePhase(of: volume, "Failed", message: message, &plan)
        plan.record(Self.event(APIObject(volume), .warning, reason, message))
    }

    /// Volumes of CSI drivers are deleted by their provisioner; of the others only host paths can be.
    private func delete(_ volume: PersistentVolume, _ plan: inout Plan<Continuation>) {
        let provisioner = volume.metadata.annotations[VolumeBinding.provisionedBy] ?? ""
        if !provisioner.isEmpty && !provisioner.hasPrefix("kubernetes.io/") || volume.spec.csi != nil {
            return
        }
        guard let path = JSONValue.object(volume.spec.rest)["hostPath"]?["path"]?.stringValue else {
            return fail(
                volume, "VolumeFailedDelete",
                "error getting deleter volume plugin for volume \"\(volume.metadata.name)\": "
                    + "no deletable volume plugin matched", &plan)
        }
        guard Self.isDeletable(hostPath: path) else {
            return fail(
                volume, "VolumeFailedDelete",
                "host_path deleter only supports /tmp/.+ but received provided \(path)", &plan)
        }
        plan.call(.get(.persistentVolume, volume.key), tolerating: .notFound)
        plan.ending = .resume(.volumeReread)
    }

    /// Whether the path contains `/tmp/` and something after it.
    private static func isDeletable(hostPath path: String) -> Bool {
        let bytes = Array(path.utf8)
        let needle = Array("/tmp/".utf8)
        guard bytes.count > needle.count else { return false }
        return (0..<(bytes.count - needle.count)).contains { Array(bytes[$0..<$0 + needle.count]) == needle }
    }

    /// Deletes a volume that is still released (`deleteVolumeOperation`).
    func deleteReleased(_ outcomes: [CallOutcome], view: ObjectCache) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if outcomes.contains(where: { $0.error.map { $0.reason != .notFound } ?? false }) {
            plan.ending = .requeueRateLimited
            return plan
        }
        guard let volume = outcomes.last?.object?.persistentVolume?.value, !volume.metadata.isBeingDeleted,
            let reference = volume.spec.claimRef, !reference.uid.isEmpty
        else { return plan }
        let claim = self.claim(ObjectKey(namespace: reference.namespace, name: reference.name), view)
        if let claim, claim.uid == reference.uid,
            claim.spec.volumeName.isEmpty || claim.spec.volumeName == volume.metadata.name
        {
            return plan
        }
        plan.call(
            .delete(.persistentVolume, volume.key, DeleteOptions()),
            tolerating: .notFound, .conflict, .forbidden, .internalError, .timeout, .unreachable)
        return plan
    }

    /// Takes back a binding that came to nothing (`unbindVolume`).
    private func unbind(_ volume: PersistentVolume, _ plan: inout Plan<Continuation>) {
        let new = volume.with { volume in
            if volume.metadata.annotations.contains(VolumeBinding.boundByController) {
                volume.spec.claimRef = nil
                volume.metadata.annotations[VolumeBinding.boundByController] = nil
            } else {
                volume.spec.claimRef?.uid = .none
            }
        }
        plan.call(.update(APIObject(new)))
        updatePhase(of: new, "Available", &plan)
    }
}
