import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// Volumes of pods: claims resolved, attachment awaited, mounted; unmounted in the end.
///
/// Upstream: `pkg/kubelet/volumemanager`, `pkg/volume/util/operationexecutor` (v1.36).
extension Kubelet {
    /// Begins what is not mounted yet; the worker waits in step `volumes` unless everything is.
    func prepareVolumes(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        let record = pods[index]
        if record.volumes.isEmpty {
            let used = usedVolumes(record.spec)
            if used.isEmpty { return }
            // The populator's next pass finds the pod; the reconciler's pass after it mounts.
            let start = tick(timing.volumeLoopPeriod, from: now) + timing.volumeLoopPeriod
            pods[index].volumes = used.map {
                var volume = VolumeState(index: Int32($0))
                volume.due = start
                return volume
            }
        }
        if pods[index].volumes.allSatisfy({ $0.stage == .mounted }) { return }
        for place in pods[index].volumes.indices where !pods[index].volumes[place].claimError.isEmpty {
            // A new wait has the populator's next pass process the pod anew.
            pods[index].volumes[place].claimError = ""
            pods[index].volumes[place].stage = .pending
            pods[index].volumes[place].due = tick(timing.volumeLoopPeriod, after: now)
        }
        pods[index].step = .volumes
        pods[index].volumeDeadline = now + timing.volumeWaitTimeout
        pods[index].stepStartedAt = now
        arm(slot, at: pods[index].volumeDeadline)
        armVolumes(slot)
    }

    func usedVolumes(_ spec: PodSpecFields) -> [Int] {
        var used: [String] = []
        for container in spec.initContainers + spec.containers {
            used += container.volumeMounts.map(\.name)
            used +=
                JSONValue.object(container.rest)["volumeDevices"]?.arrayValue?.compactMap {
                    $0["name"]?.stringValue
                } ?? []
        }
        return spec.volumes.indices.filter { used.contains(spec.volumes[$0].name) }
    }

    func armVolumes(_ slot: Int32) {
        let index = Int(slot)
        pods[index].volumeVersion &+= 1
        let due = pods[index].volumes.map(\.due).min() ?? .never
        alarms.set(
            .volumes(slot: slot, generation: pods[index].generation, version: pods[index].volumeVersion),
            at: due)
    }

    /// Does what is due for a pod's volumes.
    func advanceVolumes(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        for place in pods[index].volumes.indices where pods[index].volumes[place].due <= now {
            pods[index].volumes[place].due = .never
            switch pods[index].volumes[place].stage {
            case .pending, .failed: beginVolume(slot, place, now, &out)
            case .mounting: finishMount(slot, place, now, &out)
            case .reading, .attaching, .mounted: break
            }
        }
        armVolumes(slot)
        checkVolumes(slot, now)
    }

    /// Lets the worker's next look find that everything is mounted, or that a claim cannot be used.
    func checkVolumes(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        guard pods[index].step == .volumes else { return }
        let isDone = pods[index].volumes.allSatisfy { $0.stage == .mounted }
        let hasError = pods[index].volumes.contains { !$0.claimError.isEmpty }
        guard isDone || hasError else { return }
        let next = now.roundedUp(toPeriod: timing.volumePollPeriod, phase: pods[index].stepStartedAt)
        arm(slot, at: min(next, pods[index].volumeDeadline))
    }

    func pollVolumes(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        pods[index].step = .idle
        let record = pods[index]
        if record.volumes.allSatisfy({ $0.stage == .mounted }) {
            continueSync(slot, now, &out)
            return
        }
        let errors = record.volumes.map(\.claimError).filter { !$0.isEmpty }
        if !errors.isEmpty {
            func names(_ isWanted: (VolumeState) -> Bool) -> String {
                let names = record.volumes.filter(isWanted).map { record.spec.volumes[Int($0.index)].name }
                return "[\(names.sorted().joined(separator: " "))]"
            }
            podEvent(
                slot, .warning, "FailedMount",
                "Unable to attach or mount volumes: unmounted volumes=\(names { $0.stage != .mounted }), "
                    + "unattached volumes=\(names { $0.stage == .attaching }), "
                    + "failed to process volumes=\(names { !$0.claimError.isEmpty }): "
                    + errors.joined(separator: "; "), &out)
        }
        // A wait that has only timed out is not reported.
        pods[index].hasError = true
        finishSync(slot, now)
    }

    // MARK: One volume

    func beginVolume(_ slot: Int32, _ place: Int, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        let record = pods[index]
        let volume = record.spec.volumes[Int(record.volumes[place].index)]
        let metadata = record.pod.value.metadata
        if let claim = volume.claimName(podName: metadata.name) {
            if !record.volumes[place].persistentVolume.isEmpty {
                mount(slot, place, now)
                return
            }
            pods[index].volumes[place].stage = .reading
            out.call(
                .get(.persistentVolumeClaim, ObjectKey(namespace: metadata.namespace, name: claim)),
                token: token(.claim, slot: slot, number: UInt32(place) << 22 | record.generation & 0x3F_FFFF))
            return
        }
        let wanted = ReferenceKey.references(of: volume, namespace: metadata.namespace)
        if wanted.isEmpty {
            pods[index].volumes[place].backing = backing(hostPath: volume.hostPath)
            mount(slot, place, now)
            return
        }
        pods[index].volumes[place].stage = .reading
        pods[index].volumes[place].readError = ""
        read(wanted, for: .volume(slot: slot, generation: record.generation, place: Int32(place)), now, &out)
    }

    /// ConfigMaps and Secrets of a volume have been read.
    func volumeRead(
        _ slot: Int32, _ place: Int, _ error: String?, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        guard place < pods[index].volumes.count, pods[index].volumes[place].stage == .reading else { return }
        guard let error else {
            mount(slot, place, now)
            armVolumes(slot)
            return
        }
        let volume = pods[index].spec.volumes[Int(pods[index].volumes[place].index)]
        podEvent(
            slot, .warning, "FailedMount",
            "MountVolume.SetUp failed for volume \"\(volume.name)\" : \(error)", &out)
        retry(slot, place, now)
    }

    func retry(_ slot: Int32, _ place: Int, _ now: VirtualTime) {
        let index = Int(slot)
        let old = pods[index].volumes[place].backOff
        let wait = old == .zero ? timing.volumeBackOffInitial : min(old * 2, timing.volumeBackOffMaximum)
        pods[index].volumes[place].backOff = wait
        pods[index].volumes[place].stage = .failed
        pods[index].volumes[place].due = tick(timing.volumeLoopPeriod, after: now + wait)
        armVolumes(slot)
    }

    func mount(_ slot: Int32, _ place: Int, _ now: VirtualTime) {
        let index = Int(slot)
        if waitsForMountBackOff(slot, place, now) { return }
        if mountFault(slot, place) != nil {
            // A look at the disk fails at once, before anything is mounted.
            pods[index].volumes[place].stage = .mounting
            pods[index].volumes[place].due = now
            return
        }
        let profile = settings.value.volumes
        let state = pods[index].volumes[place]
        var wait = profile.localMount.sample(streams(pods[index]), "mount", Int(state.index))
        if !state.uniqueName.isEmpty,
            let device = attachable.firstIndex(where: { $0.name == state.uniqueName }),
            !attachable[device].isDeviceMounted
        {
            attachable[device].isDeviceMounted = true
            wait = wait + profile.deviceMount.sample(streams(pods[index]), "device-mount", Int(state.index))
        }
        pods[index].volumes[place].stage = .mounting
        pods[index].volumes[place].due = now + wait
    }

    func finishMount(_ slot: Int32, _ place: Int, _ now: VirtualTime, _ out: inout Outbox) {
        if let fault = mountFault(slot, place) {
            failMount(slot, place, fault, now, &out)
            return
        }
        pods[Int(slot)].volumes[place].stage = .mounted
        pods[Int(slot)].volumes[place].backOff = .zero
        forgetMountBackOff(pods[Int(slot)].volumes[place])
        if pods[Int(slot)].volumes[place].awaitsExpansion {
            pods[Int(slot)].volumes[place].awaitsExpansion = false
            expand(slot, place, at: now)
        }
    }
}
