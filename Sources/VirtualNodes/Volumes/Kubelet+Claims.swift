import ControlPlane
import KubernetesModel
import SimulationKernel

/// Claims: which volume they are bound to, and whether it is attached to the node.
///
/// Upstream: `pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go`,
/// `pkg/kubelet/volumemanager/reconciler/reconciler_common.go` (v1.36).
extension Kubelet {
    func completeVolumeRead(
        _ call: KubeletCall, _ result: APIResult, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(call.slot)
        let place = Int(call.number >> 22)
        guard index < pods.count, pods[index].generation & 0x3F_FFFF == call.number & 0x3F_FFFF,
            pods[index].generation != 0, place < pods[index].volumes.count,
            pods[index].volumes[place].stage == .reading
        else { return }
        let metadata = pods[index].pod.value.metadata
        let volume = pods[index].spec.volumes[Int(pods[index].volumes[place].index)]
        let claim = volume.claimName(podName: metadata.name) ?? ""
        func fail(_ reason: String) {
            pods[index].volumes[place].stage = .failed
            pods[index].volumes[place].persistentVolume = ""
            pods[index].volumes[place].claimError =
                "error processing PVC \(metadata.namespace)/\(claim): \(reason)"
            checkVolumes(call.slot, now)
        }
        switch result {
        case .failure(let error):
            let name = pods[index].volumes[place].persistentVolume
            let what = call.kind == .claim ? "failed to fetch PVC" : "failed to fetch PV \(name)"
            fail("\(what) from API server: \(error.message)")
        case .success(.persistentVolumeClaim(let claim)?):
            if claim.value.metadata.isBeingDeleted
                && !claim.value.metadata.finalizers.contains("kubernetes.io/pvc-protection")
            {
                fail("PVC is being deleted")
            } else if claim.value.status.phase != "Bound" {
                fail("PVC is not bound")
            } else if claim.value.spec.volumeName.isEmpty {
                fail("PVC has empty pvc.Spec.VolumeName")
            } else {
                pods[index].volumes[place].persistentVolume = claim.value.spec.volumeName
                pods[index].volumes[place].awaitsExpansion = claim.value.awaitsNodeExpansion
                out.call(
                    .get(.persistentVolume, ObjectKey(name: claim.value.spec.volumeName)),
                    token: token(.volume, slot: call.slot, number: call.number))
            }
        case .success(.persistentVolume(let volume)?): resolve(call.slot, place, volume.value, now)
        case .success: fail("failed to fetch PVC from API server: no answer")
        }
    }

    /// The claim's volume is known: attachable ones wait for the attach/detach controller.
    func resolve(
        _ slot: Int32, _ place: Int, _ volume: PersistentVolume, _ now: VirtualTime
    ) {
        let index = Int(slot)
        guard let source = volume.spec.csi,
            !settings.value.volumes.driversWithoutAttach.contains(source.driver)
        else {
            pods[index].volumes[place].backing = backing(of: volume)
            mount(slot, place, now)
            armVolumes(slot)
            return
        }
        let name = "kubernetes.io/csi/\(source.driver)^\(source.volumeHandle)"
        pods[index].volumes[place].uniqueName = name
        pods[index].volumes[place].stage = .attaching
        if let known = attachable.firstIndex(where: { $0.name == name }) {
            attachable[known].users += 1
            attachable[known].unmountedAt = .never
        } else {
            var entry = AttachableVolume(name: name)
            entry.users = 1
            entry.isReported = node?.value.status.volumesInUse.contains(name) ?? false
            attachable.append(entry)
            scheduleNodeStatus(now)
        }
        observeAttachments(slot, now)
    }

    /// Mounts the volumes that the node's status has as in use and as attached.
    func observeAttachments(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        guard let node else { return }
        var hasChanged = false
        for place in pods[index].volumes.indices where pods[index].volumes[place].stage == .attaching {
            let name = pods[index].volumes[place].uniqueName
            guard attachable.contains(where: { $0.name == name && $0.isReported }),
                node.value.status.volumesAttached.contains(where: { $0.name == name })
            else { continue }
            pods[index].volumes[place].stage = .failed  // Goes on at the reconciler's next pass but one.
            pods[index].volumes[place].due =
                tick(timing.volumeLoopPeriod, from: now) + timing.volumeLoopPeriod
            hasChanged = true
        }
        if hasChanged { armVolumes(slot) }
    }
}
