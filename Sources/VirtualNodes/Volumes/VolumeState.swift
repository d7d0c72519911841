import KubernetesModel
import SimulationKernel

/// A volume that a pod's containers mount, on its way.
struct VolumeState: Sendable {
    enum Stage: UInt8, BitwiseCopyable, Sendable {
        /// Waits for the volume manager's next pass.
        case pending
        /// Reads the claim, the volume, ConfigMaps or Secrets.
        case reading
        /// Waits until the node's status has the volume in use and then attached.
        case attaching
        case mounting
        case mounted
        case failed
    }

    /// The volume's number in the spec.
    var index: Int32
    var stage = Stage.pending
    /// Whether the claim waited for the node to expand the volume when it was read.
    var awaitsExpansion = false
    /// The end of the present stage, or the next attempt.
    var due = VirtualTime.never
    /// The wait after the last failure.
    var backOff = VirtualDuration.zero
    /// `kubernetes.io/csi/<driver>^<handle>` of an attachable volume; empty for others.
    var uniqueName = ""
    /// The PersistentVolume's name; empty for other volumes. Messages name the volume by it.
    var persistentVolume = ""
    /// Why the claim cannot be used; such errors end the worker's wait at once.
    var claimError = ""
    /// Answers still awaited.
    var pendingReads: Int32 = 0
    /// The first error among the answers.
    var readError = ""
    /// In a box of its own: few volumes have one.
    private var boxedBacking: Ref<DiskBacking>?

    init(index: Int32) { self.index = index }

    /// Nil for what is not on a disk that can fail.
    var backing: DiskBacking? {
        get { boxedBacking?.value }
        set { boxedBacking = newValue.map { Ref($0) } }
    }
}

/// A volume that is, or will be, attached to the node.
struct AttachableVolume: Sendable {
    var name: String
    /// How many pods want it or have it mounted.
    var users = 0
    /// Whether the API server has it in `volumesInUse`.
    var isReported = false
    var isDeviceMounted = false
    /// When the device will be unmounted, once nobody uses it.
    var unmountedAt = VirtualTime.never
}
