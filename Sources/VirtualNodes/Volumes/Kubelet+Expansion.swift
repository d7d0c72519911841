import ControlPlane
import KubernetesModel
import SimulationKernel

/// The growth of one mounted volume's file system.
struct VolumeExpansion: Sendable {
    enum Stage: Sendable {
        /// Until the pod's next periodic sync has the claim read again.
        case waiting
        /// A call is out.
        case calling
        /// The driver is at it.
        case growing
    }
    /// Names it in answers.
    var number: UInt32
    var slot: Int32
    var generation: UInt32
    /// Which of the pod's volumes.
    var place: Int32
    var claim: ObjectKey
    var stage = Stage.waiting
    /// The end of the present stage.
    var due: VirtualTime
    /// The claim as it was last read or written.
    var object: PersistentVolumeClaim?
}

/// Volumes that the storage system has made larger, and whose file systems grow on the node.
///
/// A volume in use grows when the next periodic sync of its pod has the volume manager read the claim again;
/// one that is mounted grows then, beside the pod's start (upstream: within the mount).
/// Upstream: `pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go`,
/// `pkg/volume/util/operationexecutor/node_expander.go`, `pkg/kubelet/kubelet.go` (v1.36).
extension Kubelet {
    func awaitExpansion(of claim: ObjectKey, _ now: VirtualTime) {
        for index in pods.indices where pods[index].generation != 0 {
            let metadata = pods[index].pod.value.metadata
            guard metadata.namespace == claim.namespace else { continue }
            for place in pods[index].volumes.indices {
                let volume = pods[index].spec.volumes[Int(pods[index].volumes[place].index)]
                guard volume.claimName(podName: metadata.name) == claim.name else { continue }
                guard pods[index].volumes[place].stage == .mounted else {
                    pods[index].volumes[place].awaitsExpansion = true
                    continue
                }
                // The populator's pass after the sync, then the reconciler's.
                let sync = nextPeriodicSync(Int32(index), now)
                expand(
                    Int32(index), place,
                    at: tick(timing.volumeLoopPeriod, after: sync) + timing.volumeLoopPeriod)
            }
        }
    }

    /// When the pod is synced next although nothing has happened to it: each time one to one and a half minutes
    /// after the last. A kubelet that has just started is about to do the first.
    private func nextPeriodicSync(_ slot: Int32, _ now: VirtualTime) -> VirtualTime {
        let record = pods[Int(slot)]
        var time = record.lastSync == .never ? now : record.lastSync
        var count = 0
        while time <= now {
            let chance = streams(record).uniform("periodic-sync", count)
            let wait = timing.syncFrequency.fractionalSeconds * (1 + timing.periodicSyncJitter * chance)
            time = tick(timing.syncTick, from: time + VirtualDuration(fractionalSeconds: wait))
            count += 1
        }
        return time
    }

    func expand(_ slot: Int32, _ place: Int, at time: VirtualTime) {
        let record = pods[Int(slot)]
        let metadata = record.pod.value.metadata
        let volume = record.spec.volumes[Int(record.volumes[place].index)]
        let isKnown = expansions.contains {
            $0.slot == slot && $0.generation == record.generation && $0.place == Int32(place)
        }
        guard !isKnown, let claim = volume.claimName(podName: metadata.name) else { return }
        expansions.append(
            VolumeExpansion(
                number: nextExpansion, slot: slot, generation: record.generation, place: Int32(place),
                claim: ObjectKey(namespace: metadata.namespace, name: claim), due: time))
        nextExpansion &+= 1
        alarms.set(.expansion, at: time)
    }

    func advanceExpansions(_ now: VirtualTime, _ out: inout Outbox) {
        for index in expansions.indices where expansions[index].due <= now {
            expansions[index].due = .never
            switch expansions[index].stage {
            case .waiting:
                expansions[index].stage = .calling
                out.call(
                    .get(.persistentVolumeClaim, expansions[index].claim),
                    token: token(.expandRead, number: expansions[index].number))
            case .calling: break
            case .growing: finishGrowth(index, &out)
            }
        }
        // A pod that has gone takes its expansions along; another pod's mount sees to the volume.
        expansions = expansions.filter { isLive($0.slot, $0.generation) }
    }

    func completeExpansion(
        _ call: KubeletCall, _ result: APIResult, _ now: VirtualTime, _ out: inout Outbox
    ) {
        guard let index = expansions.firstIndex(where: { $0.number == call.number }) else { return }
        guard isLive(expansions[index].slot, expansions[index].generation) else {
            expansions.remove(at: index)
            return
        }
        guard case .success(.persistentVolumeClaim(let claim)?) = result else {
            retryExpansion(index, result, now)
            return
        }
        expansions[index].object = claim.value
        switch call.kind {
        case .expandRead: beginGrowth(index, claim.value, now, &out)
        case .expandBegin:
            expansions[index].stage = .growing
            let record = pods[Int(expansions[index].slot)]
            let place = Int(expansions[index].place)
            let wait = settings.value.volumes.expand.sample(streams(record), "expand", place)
            expansions[index].due = now + wait
            alarms.set(.expansion, at: now + wait)
        default: expansions.remove(at: index)
        }
    }

    /// A claim that is gone needs nothing any more; what else failed is tried again with the pod's next sync.
    private func retryExpansion(_ index: Int, _ result: APIResult, _ now: VirtualTime) {
        if case .failure(let error) = result, error.reason == .notFound {
            expansions.remove(at: index)
            return
        }
        expansions[index].stage = .waiting
        expansions[index].due =
            tick(timing.volumeLoopPeriod, after: nextPeriodicSync(expansions[index].slot, now))
        alarms.set(.expansion, at: expansions[index].due)
    }

    private func beginGrowth(
        _ index: Int, _ claim: PersistentVolumeClaim, _ now: VirtualTime, _ out: inout Outbox
    ) {
        guard claim.awaitsNodeExpansion, let size = claim.allocatedStorage else {
            expansions.remove(at: index)
            return
        }
        let marked = claim.resizing(.nodeInProgress, to: size, at: Timestamp(now))
        out.call(
            .updateStatus(APIObject(marked)),
            token: token(.expandBegin, number: expansions[index].number))
    }

    private func finishGrowth(_ index: Int, _ out: inout Outbox) {
        let expansion = expansions[index]
        guard isLive(expansion.slot, expansion.generation), let claim = expansion.object,
            let size = claim.allocatedStorage
        else { return }
        expansions[index].stage = .calling
        let volume = pods[Int(expansion.slot)].volumes[Int(expansion.place)].persistentVolume
        let message = "MountVolume.NodeExpandVolume succeeded for volume \"\(volume)\" \(name)"
        podEvent(expansion.slot, .normal, "FileSystemResizeSuccessful", message, &out)
        out.record(
            EventRecord(
                APIObject(claim), .normal, reason: "FileSystemResizeSuccessful", message: message,
                component: "kubelet"))
        out.call(
            .updateStatus(APIObject(claim.resized(to: size))),
            token: token(.expandEnd, number: expansion.number))
    }
}
