import ControlPlane
import KubernetesModel
import SimulationKernel

/// What the kubelet meets when it mounts, or has the runtime create a container, on a disk that has failed.
extension Kubelet {
    // MARK: Which disk

    func backing(hostPath source: JSONValue?) -> DiskBacking? {
        guard let path = source?["path"]?.stringValue, let disk = description.disks.place(of: path) else {
            return nil
        }
        return DiskBacking(
            disk: Int32(disk), source: .hostPath(type: source?["type"]?.stringValue ?? ""), path: path)
    }

    func backing(of volume: PersistentVolume) -> DiskBacking? {
        guard let path = JSONValue.object(volume.spec.rest)["local"]?["path"]?.stringValue else {
            return backing(hostPath: JSONValue.object(volume.spec.rest)["hostPath"])
        }
        guard let disk = description.disks.place(of: path) else { return nil }
        return DiskBacking(disk: Int32(disk), source: .local, path: path)
    }

    private func isDead(_ volume: VolumeState) -> Bool {
        guard let backing = volume.backing else { return false }
        return backing.isStale || diskIsDown[Int(backing.disk)]
    }

    // MARK: Mounting

    /// Why a volume cannot be mounted now, in upstream's words; nil when it can.
    func mountFault(_ slot: Int32, _ place: Int) -> String? {
        let record = pods[Int(slot)]
        let state = record.volumes[place]
        guard let backing = state.backing, diskIsDown[Int(backing.disk)] else { return nil }
        let name =
            state.persistentVolume.isEmpty
            ? record.spec.volumes[Int(state.index)].name : state.persistentVolume
        return backing.setUpFault(volume: name)
    }

    func failMount(
        _ slot: Int32, _ place: Int, _ fault: String, _ now: VirtualTime, _ out: inout Outbox
    ) {
        podEvent(slot, .warning, "FailedMount", fault, &out)
        retry(slot, place, now)
        let state = pods[Int(slot)].volumes[place]
        guard state.backing?.source == .local else { return }
        forgetMountBackOff(state)
        mountBackOffs.append(
            LocalMountBackOff(persistentVolume: state.persistentVolume, wait: state.backOff, failedAt: now))
    }

    /// Whether an earlier failure, of this pod or another one, still keeps a `local` volume from being tried.
    func waitsForMountBackOff(_ slot: Int32, _ place: Int, _ now: VirtualTime) -> Bool {
        let index = Int(slot)
        let state = pods[index].volumes[place]
        guard state.backing?.source == .local,
            let known = mountBackOffs.first(where: { $0.persistentVolume == state.persistentVolume })
        else { return false }
        pods[index].volumes[place].backOff = known.wait
        guard now - known.failedAt <= known.wait else { return false }
        pods[index].volumes[place].stage = .failed
        pods[index].volumes[place].due = tick(timing.volumeLoopPeriod, after: known.failedAt + known.wait)
        return true
    }

    /// The volume was mounted, or is being unmounted: the next failure begins anew.
    func forgetMountBackOff(_ volume: VolumeState) {
        guard !mountBackOffs.isEmpty, volume.backing?.source == .local else { return }
        mountBackOffs.removeAll { $0.persistentVolume == volume.persistentVolume }
    }

    // MARK: Creating containers

    /// Why a container cannot be created: the kubelet resolves sub-paths itself, the runtime looks at the rest.
    ///
    /// Upstream: `pkg/kubelet/kubelet_pods.go`, `makeMounts` (v1.36); containerd 2, `WithMounts`, which looks at
    /// the source of each mount, those with the shortest targets first.
    func diskFault(_ slot: Int32, _ container: Int, _ now: VirtualTime) -> (reason: String, message: String)?
    {
        let record = pods[Int(slot)]
        let dead = record.volumes.filter(isDead)
        if dead.isEmpty { return nil }
        let spec = record.container(container)
        func volume(_ mount: VolumeMount) -> VolumeState? {
            dead.first { record.spec.volumes[Int($0.index)].name == mount.name }
        }
        let mounts = spec.volumeMounts.filter { volume($0) != nil }
        let subPath = mounts.first { mount in
            ["subPath", "subPathExpr"].contains {
                JSONValue.object(mount.rest)[$0]?.stringValue?.isEmpty == false
            }
        }
        if let subPath {
            return (
                "CreateContainerConfigError",
                "failed to prepare subPath for volumeMount \"\(subPath.name)\" of container \"\(spec.name)\""
            )
        }
        func depth(_ mount: VolumeMount) -> Int { mount.mountPath.split(separator: "/").count }
        guard let first = mounts.min(by: { depth($0) < depth($1) }), let state = volume(first),
            let source = mountSource(record, state)
        else { return nil }
        let attempt = "\(record.pod.value.metadata.uid)/\(spec.name)/create/\(now.nanoseconds)"
        return (
            "CreateContainerError",
            "failed to generate container \"\(ImageName.identifier(attempt))\" spec: "
                + "failed to generate spec: failed to stat \"\(source)\": stat \(source): input/output error"
        )
    }

    /// The path that the runtime is given: the pod's own mount of a `local` volume, the host's path otherwise.
    private func mountSource(_ record: PodRecord, _ volume: VolumeState) -> String? {
        guard let backing = volume.backing else { return nil }
        guard backing.source == .local else { return backing.path }
        return "/var/lib/kubelet/pods/\(record.pod.value.metadata.uid)/volumes/"
            + "kubernetes.io~local-volume/\(volume.persistentVolume)"
    }
}
