/// How long a container runtime takes for the calls of the Container Runtime Interface, and how it isolates pods.
///
/// Upstream publishes no figures for these. ``containerd`` is an assumption of the size that containerd 2 shows on
/// an idle machine with local disks and a bridge network plugin; where the others' figures come from, and which are
/// estimates, is in `docs/reference/runtimes.md`. They exclude image pulls.
public struct ContainerRuntimeProfile: Equatable, Sendable {
    public enum Isolation: Equatable, Sendable {
        /// Namespaces and cgroups: containers share the node's kernel.
        case processes
        /// A virtual machine for each pod, which dies as a whole when the node's memory runs out.
        case virtualMachine
    }

    /// As scenarios name it.
    public var name: String
    /// What the kubelet talks to, as in container IDs: `containerd://…`.
    public var scheme: String
    /// As the node's status names it.
    public var version = "2.1.4"
    /// The RuntimeClass handler that means the runtime itself; empty where it knows none.
    public var defaultHandler = "runc"
    public var isolation = Isolation.processes
    /// What a pod uses beside its containers: the guest's kernel, its agent, the machine monitor.
    public var podMemoryBytes: Int64 = 0
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

    public init(name: String) {
        self.name = name
        scheme = name
    }

    /// The default of most distributions.
    public static let containerd = ContainerRuntimeProfile(name: "containerd")

    /// CRI-O with conmon and crun: its calls take about as long as containerd's.
    public static let crio: ContainerRuntimeProfile = {
        var profile = ContainerRuntimeProfile(name: "cri-o")
        profile.version = "1.36.0"
        profile.defaultHandler = "crun"
        profile.containerStart = .milliseconds(200)
        return profile
    }()

    /// Docker Engine behind cri-dockerd: two more daemons between the kubelet and runc.
    public static let docker: ContainerRuntimeProfile = {
        var profile = ContainerRuntimeProfile(name: "docker")
        profile.version = "29.0.0"
        profile.defaultHandler = ""
        profile.sandboxStart = .milliseconds(700)
        profile.sandboxStop = .milliseconds(200)
        profile.containerCreate = .milliseconds(250)
        profile.containerStart = .milliseconds(360)
        profile.containerStop = .milliseconds(20)
        return profile
    }()

    /// rkt with its systemd-nspawn stage 1, behind rktlet; ended in 2020.
    public static let rkt: ContainerRuntimeProfile = {
        var profile = ContainerRuntimeProfile(name: "rkt")
        profile.version = "1.30.0"
        profile.defaultHandler = ""
        profile.sandboxStart = .milliseconds(680)
        profile.containerCreate = .milliseconds(430)
        profile.containerStart = .milliseconds(250)
        return profile
    }()

    /// Kata Containers with QEMU, a shim of containerd.
    public static let kata: ContainerRuntimeProfile = {
        var profile = ContainerRuntimeProfile(name: "kata")
        profile.scheme = "containerd"
        profile.defaultHandler = "kata"
        profile.isolation = .virtualMachine
        profile.podMemoryBytes = 160 << 20
        profile.sandboxStart = .milliseconds(800)
        profile.sandboxStop = .milliseconds(300)
        profile.containerCreate = .milliseconds(100)
        profile.containerStart = .milliseconds(200)
        return profile
    }()

    /// HyperContainer (hyperd and runV behind frakti), a forerunner of Kata Containers.
    public static let hyper: ContainerRuntimeProfile = {
        var profile = ContainerRuntimeProfile(name: "hyper")
        profile.version = "0.8.1"
        profile.defaultHandler = ""
        profile.isolation = .virtualMachine
        profile.podMemoryBytes = 128 << 20
        profile.sandboxStart = .milliseconds(800)
        profile.sandboxStop = .milliseconds(300)
        profile.containerCreate = .milliseconds(100)
        profile.containerStart = .milliseconds(200)
        return profile
    }()

    /// Every profile that a scenario may name.
    public static let all = [containerd, crio, docker, rkt, kata, hyper]

    public static func named(_ name: String) -> ContainerRuntimeProfile? { all.first { $0.name == name } }
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
    /// `NodeExpandVolume`: to grow a mounted file system.
    public var expand = Draw.seconds(1)
    /// CSI drivers whose `CSIDriver` says `attachRequired: false`.
    public var driversWithoutAttach: [String] = []

    public init() {}
}
