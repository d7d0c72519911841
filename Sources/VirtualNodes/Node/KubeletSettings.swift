public import KubernetesModel
public import SimulationKernel
public import Stochastics

/// What all nodes of a run share: constants, latencies, images, behaviours, chance.
public struct KubeletSettings: Sendable {
    public var timing = KubeletTiming()
    public var images = ImageCatalog()
    public var volumes = VolumeProfile()
    public var behaviors = BehaviorCatalog()
    /// The runtime of nodes and pods that ask for no other.
    public var runtime = ContainerRuntimeProfile.containerd
    /// Runtimes of all nodes by the handler name of a RuntimeClass. A pod whose handler neither its node nor
    /// this has fails to get a sandbox, with upstream's words.
    public var runtimeHandlers: [String: ContainerRuntimeProfile] = [:]
    /// Handlers by the name of their RuntimeClass; one that is not here is named as its class.
    public var runtimeClasses: [String: String] = [:]
    /// The streams of the run; nodes draw below `node/<name>`, containers below `pod/<namespace>/<name>`.
    public var streams: RandomStreams
    /// How long a pod's first container reads data on a node before it goes on; nil for pods that read none.
    public var readTime: (@Sendable (ObjectMeta, String) -> VirtualDuration)?
    /// As the node's status names it.
    public var kubeletVersion = "v1.36.2"

    public init(streams: RandomStreams) { self.streams = streams }
}

/// A machine as the scenario describes it.
public struct NodeDescription: Sendable {
    public var name: String
    /// On top of those that a kubelet sets itself (host name, operating system, architecture).
    public var labels = Labels()
    public var annotations = StringMap()
    /// Taints that the kubelet registers with.
    public var taints: [Taint] = []
    /// `cpu`, `memory`, `ephemeral-storage`, `pods` and others; `pods` defaults to 110 as `maxPods` does.
    public var capacity = ResourceList()
    /// Nil is the capacity.
    public var allocatable: ResourceList?
    public var internalIP = "10.0.0.1"
    /// Pods get addresses from here, from the second one on.
    public var podCIDR = "10.244.0.0/24"
    public var providerID = ""
    /// Nil is the runtime of ``KubeletSettings``.
    public var runtime: ContainerRuntimeProfile?
    /// Further runtimes of the node by the handler name of a RuntimeClass.
    public var runtimeHandlers: [String: ContainerRuntimeProfile] = [:]
    /// Of the link to the registries, in bytes a second. The default is an assumption: 1 Gbit/s, 125 MB/s.
    public var imageBandwidth = 125_000_000.0
    /// Disks beside the machine's own, on which volumes may lie.
    public var disks: [NodeDisk] = []
    /// Images that the node has from the start, as pods spell them.
    public var presentImages: [String] = []

    public init(name: String) { self.name = name }
}
