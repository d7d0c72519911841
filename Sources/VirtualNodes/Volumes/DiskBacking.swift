import SimulationKernel

/// Where a pod's volume lies, if that is a disk that can fail.
struct DiskBacking: Hashable, Sendable {
    enum Source: Hashable, Sendable {
        /// Of a pod or a PersistentVolume; the type is as the API spells it, empty for none.
        case hostPath(type: String)
        /// A PersistentVolume of the `local` kind.
        case local
    }

    /// The disk's place in the node's list.
    var disk: Int32
    var source: Source
    /// On the node.
    var path: String
    /// Whether its file system is one that has been replaced since: nothing brings that mount to life again.
    var isStale = false

    /// What the kubelet's attempt to set the volume up comes to while the disk fails; nil when it succeeds.
    ///
    /// Every look at the file system gives EIO. Upstream: `pkg/volume/local/local.go`, `NewMounter`;
    /// `pkg/volume/hostpath/host_path.go`, `checkTypeInternal`, whose `DirectoryOrCreate` takes the mount point
    /// for the new folder's success and leaves the error to the runtime (v1.36).
    func setUpFault(volume name: String) -> String? {
        switch source {
        case .local:
            return "MountVolume.NewMounter initialization failed for volume \"\(name)\" : "
                + "stat \(path): input/output error"
        case .hostPath(let type):
            guard let fault = typeFault(type) else { return nil }
            return "MountVolume.SetUp failed for volume \"\(name)\" : \(fault)"
        }
    }

    private func typeFault(_ type: String) -> String? {
        func isNo(_ thing: String) -> String { "hostPath type check failed: \(path) is not \(thing)" }
        switch type {
        case "Directory": return isNo("a directory")
        case "File": return isNo("a file")
        case "FileOrCreate": return "open \(path): input/output error"
        case "Socket": return isNo("a socket file")
        case "CharDevice": return isNo("a character device")
        case "BlockDevice": return isNo("a block device")
        default: return nil
        }
    }
}

/// A container that a failed disk has given an end: undone when the disk recovers before that.
struct StruckContainer: BitwiseCopyable, Sendable {
    var disk: Int32
    var slot: Int32
    var generation: UInt32
    var container: Int32
    /// The start as it would have gone on.
    var instance: ContainerInstance
    /// The end that the failure brings.
    var exitAt: VirtualTime
    /// What ``ContainerLoad/otherEnd`` was, for a run that lasts as its share of the CPU allows.
    var otherEnd: ContainerLoad.End?
}

/// The back-off of mounting one `local` volume, which outlives the pod: the operation is keyed by the volume.
///
/// Upstream: `pkg/volume/util/operationexecutor/operation_executor.go`, `MountVolume`;
/// `pkg/volume/util/nestedpendingoperations` (v1.36).
struct LocalMountBackOff: Sendable {
    var persistentVolume: String
    var wait: VirtualDuration
    var failedAt: VirtualTime
}
