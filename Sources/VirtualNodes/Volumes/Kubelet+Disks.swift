public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Failures of the machine's disks. The kubelet does not watch disks: the node stays Ready, and what users see
/// comes from containers that die and volumes that cannot be mounted.
///
/// See `docs/decisions/0009-what-a-failed-disk-does.md`.
extension Kubelet {
    /// A disk stops serving reads and writes: containers that mount a volume on it get I/O errors.
    ///
    /// - Parameter disk: its place in the node's description; one that is not there, or has failed, is left alone.
    public func diskFailure(_ disk: Int, at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard diskIsDown.indices.contains(disk), !diskIsDown[disk] else { return }
        diskIsDown[disk] = true
        let users = machine.hasPower ? users(of: disk, now) : []
        let names = users.map { pods[Int($0)].pod.value.metadata.key.description }
        let told =
            names.isEmpty
            ? "no running pod has a volume on it" : "volumes of \(names.joined(separator: ", ")) are on it"
        note(
            "DiskFailed", "disk \(description.disks[disk].name) of \(name) fails; \(told)", cause: cause,
            category: .failure, &out)
        for slot in users {
            for container in pods[Int(slot)].containers.indices { strike(slot, container, disk, now, &out) }
        }
    }

    /// A disk serves again, with its data or empty; the next attempts to mount and to start succeed.
    public func diskRepair(_ disk: Int, at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard diskIsDown.indices.contains(disk), diskIsDown[disk] else { return }
        diskIsDown[disk] = false
        let disks = description.disks
        switch disks[disk].repair {
        case .recovered:
            reprieve(disk, now)
            note("DiskRepaired", "disk \(disks[disk].name) of \(name) works again", cause: cause, &out)
        case .replaced:
            let stale = abandonMounts(of: disk)
            let names = stale.map { pods[Int($0)].pod.value.metadata.key.description }
            let told =
                names.isEmpty
                ? "" : "; \(names.joined(separator: ", ")) must be deleted to mount the new one"
            note(
                "DiskRepaired",
                "disk \(disks[disk].name) of \(name) is replaced by an empty one\(told)", cause: cause, &out)
        }
        struck.removeAll { Int($0.disk) == disk }
    }

    /// What a container that has just been started meets: the disk may have failed since it was created.
    func strikeByFailedDisks(
        _ slot: Int32, _ container: Int, _ now: VirtualTime, _ out: inout Outbox
    ) {
        for disk in diskIsDown.indices where diskIsDown[disk] { strike(slot, container, disk, now, &out) }
    }

    // MARK: Containers

    /// Pods that run a container with a volume on the disk.
    private func users(of disk: Int, _ now: VirtualTime) -> [Int32] {
        pods.indices.filter { index in
            pods[index].generation != 0
                && pods[index].containers.indices.contains {
                    isRunning(index, $0, now) && volume(of: index, $0, on: disk) != nil
                }
        }.map(Int32.init)
    }

    private func isRunning(_ index: Int, _ container: Int, _ now: VirtualTime) -> Bool {
        guard let instance = pods[index].containers[container].instance else { return false }
        return instance.startedAt != .never && instance.exitAt > now
    }

    /// The volume on the disk that a container mounts first; nil for none.
    private func volume(of index: Int, _ container: Int, on disk: Int) -> VolumeState? {
        let record = pods[index]
        guard record.volumes.contains(where: { Int($0.backing?.disk ?? -1) == disk }) else { return nil }
        for mount in record.container(container).volumeMounts {
            for state in record.volumes
            where Int(state.backing?.disk ?? -1) == disk
                && record.spec.volumes[Int(state.index)].name == mount.name
            {
                return state
            }
        }
        return nil
    }

    /// Gives a running container the end that its behaviour has for I/O errors.
    private func strike(
        _ slot: Int32, _ container: Int, _ disk: Int, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        guard isRunning(index, container, now), let state = volume(of: index, container, on: disk),
            let instance = pods[index].containers[container].instance
        else { return }
        let record = pods[index]
        let key = record.pod.value.metadata.key
        let volume = record.spec.volumes[Int(state.index)].name
        func tell(_ end: String, _ out: inout Outbox) {
            out.note(
                JournalEntry(
                    .failure, .pod, key, reason: "DiskError",
                    message: "container \(record.container(container).name) gets I/O errors from volume "
                        + "\(volume) and \(end)",
                    cause: "disk \(description.disks[disk].name) of \(name) has failed"))
        }
        guard let response = behavior(record, container).diskFailure else {
            tell("goes on", &out)
            return
        }
        let wait = response.after.sample(streams(record, container), "disk-failure", Int(instance.attempt))
        tell(
            "exits with code \(response.exitCode)"
                + (wait == .zero ? "" : " in \(wait) unless the disk recovers"), &out)
        let exitAt = now.advancedClamping(by: wait)
        guard exitAt < instance.exitAt else { return }
        let end = ContainerLoad.End(
            time: exitAt, exitCode: response.exitCode, reason: response.exitCode == 0 ? .completed : .error)
        let otherEnd = replaceOtherEnd(slot, container, with: end, now)
        struck.append(
            StruckContainer(
                disk: Int32(disk), slot: slot, generation: record.generation, container: Int32(container),
                instance: instance, exitAt: exitAt, otherEnd: otherEnd))
        var ending = instance
        ending.exitAt = end.time
        ending.exitCode = end.exitCode
        ending.exitReason = end.reason
        pods[index].containers[container].instance = ending
        if otherEnd == nil { fixEnd(slot, container, now) }
        if machine.isKubeletRunning { noticeChange(slot, at: exitAt) }
    }

    /// Containers that have not ended yet go on as if nothing had happened.
    private func reprieve(_ disk: Int, _ now: VirtualTime) {
        for entry in struck where Int(entry.disk) == disk && entry.exitAt > now {
            let (index, container) = (Int(entry.slot), Int(entry.container))
            guard isLive(entry.slot, entry.generation),
                let current = pods[index].containers[container].instance,
                current.attempt == entry.instance.attempt, current.sandbox == entry.instance.sandbox,
                current.exitAt == entry.exitAt,
                !diskIsDown.indices.contains(where: {
                    diskIsDown[$0] && volume(of: index, container, on: $0) != nil
                })
            else { continue }
            pods[index].containers[container].instance = entry.instance
            if let otherEnd = entry.otherEnd {
                _ = replaceOtherEnd(entry.slot, container, with: otherEnd, now)
            } else {
                fixEnd(entry.slot, container, now)
            }
        }
    }

    /// Mounts of a file system that is gone: bind mounts of `local` volumes hold on to it. Host paths are looked
    /// up anew at each start of a container.
    private func abandonMounts(of disk: Int) -> [Int32] {
        var stale: [Int32] = []
        for index in pods.indices where pods[index].generation != 0 {
            var isHit = false
            for place in pods[index].volumes.indices
            where pods[index].volumes[place].stage == .mounted
                && Int(pods[index].volumes[place].backing?.disk ?? -1) == disk
                && pods[index].volumes[place].backing?.source == .local
            {
                pods[index].volumes[place].backing?.isStale = true
                isHit = true
            }
            if isHit { stale.append(Int32(index)) }
        }
        return stale
    }
}
