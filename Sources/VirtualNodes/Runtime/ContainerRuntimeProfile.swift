/// How long a container runtime takes for the calls of the Container Runtime Interface.
///
/// Upstream publishes no figures for these; the defaults are assumptions of the size that containerd 2 shows
/// on an idle machine with local disks and a bridge network plugin. They exclude image pulls.
public struct ContainerRuntimeProfile: Equatable, Sendable {
    /// As in container IDs: `containerd://…`.
    public var name: String
    /// `RunPodSandbox`: namespaces, pause container, network plugin.
    public var sandboxStart = Draw.milliseconds(300)
    /// `StopPodSandbox`.
    public var sandboxStop = Draw.milliseconds(100)
    /// `CreateContainer`: root file system snapshot and specification.
    public var containerCreate = Draw.milliseconds(50)
    /// `StartContainer`.
    public var containerStart = Draw.milliseconds(100)
    /// From the end of a container's process to the runtime's answer to `StopContainer`.
    public var containerStop = Draw.milliseconds(10)

    public init(name: String) { self.name = name }

    /// The default of most distributions.
    public static let containerd = ContainerRuntimeProfile(name: "containerd")
}

/// How long volumes take on the node, once attached. Assumptions, of the size of local file systems and of
/// CSI drivers for block storage.
public struct VolumeProfile: Equatable, Sendable {
    /// Folders and files: `emptyDir`, `configMap`, `secret`, `projected`, `hostPath`.
    public var localMount = Draw.milliseconds(10)
    public var localUnmount = Draw.milliseconds(10)
    /// Attached block volumes: formatting is not counted.
    public var deviceMount = Draw.seconds(1)
    public var deviceUnmount = Draw.milliseconds(500)
    /// CSI drivers whose `CSIDriver` says `attachRequired: false`.
    public var driversWithoutAttach: [String] = []

    public init() {}
}
