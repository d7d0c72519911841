public import SimulationKernel

/// How long a storage system takes for what the CSI sidecars ask of it.
///
/// These are models, not upstream constants: Kubernetes only waits for the driver. The defaults are
/// assumptions of the order of magnitude of network block storage in a public cloud (seconds to create and
/// attach a disk, somewhat longer to detach one); set them to what your storage does.
public struct VolumeOperationTiming: Hashable, Sendable {
    /// `CreateVolume`: from the claim's being seen to the PersistentVolume's creation. An assumption.
    public var provision = VirtualDuration.seconds(3)
    /// `DeleteVolume`. An assumption.
    public var delete = VirtualDuration.seconds(3)
    /// `ControllerPublishVolume`: from the VolumeAttachment's being seen to its status. An assumption.
    public var attach = VirtualDuration.seconds(2)
    /// `ControllerUnpublishVolume`: from the VolumeAttachment's deletion to its being gone. An assumption.
    public var detach = VirtualDuration.seconds(4)
    /// `ControllerExpandVolume`: from the resizer's call to the volume's new size. An assumption.
    public var expand = VirtualDuration.seconds(5)

    public init() {}
}
