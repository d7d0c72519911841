import KubernetesModel
import SimulationKernel

/// What a pod worker does next: upstream's `PodWorkerState`.
enum WorkType: UInt8, BitwiseCopyable, Sendable {
    /// The kubelet does not work on the pod: it was rejected, or is on the runtime only.
    case none
    case sync, terminating, terminated
    /// Nothing is left to do.
    case finished
}

/// Where a worker is inside of its present work.
enum WorkStep: UInt8, BitwiseCopyable, Sendable {
    case idle
    /// Waits for a listing of the runtime that is newer than its last sync.
    case listing
    case volumes
    case killing
    case creatingSandbox
    /// Reads ConfigMaps and Secrets for a container's environment.
    case environment
    case pulling
    case creatingContainer, startingContainer, postStart, killingAfterHook
    case terminating, stoppingSandbox
    case unmounting
}

/// A pod on a node: the kubelet's view of the API object, its worker, and the runtime's containers.
///
/// Kept small: specs and statuses are shared with the store; a stable pod owns only its containers' records.
/// A class, so that to look at one copies nothing: there is one record of a pod, its kubelet's.
final class PodRecord {
    /// The pod as the watch last showed it; before that as it was when the runtime's containers were made.
    var pod: Ref<Pod>
    /// Tells uses of the slot apart in alarms and calls.
    var generation: UInt32
    /// Whether the API server has the pod, as far as the kubelet knows.
    var isKnown = true

    // MARK: Runtime (survives a stop of the kubelet)

    /// Init containers first, then the regular ones, in the spec's order.
    var containers: [ContainerRecord]
    /// -1 before the first sandbox.
    var sandboxAttempt: Int32 = -1
    var isSandboxReady = false
    /// The number of the pod's address in the node's range; -1 for none.
    var address: Int32 = -1

    // MARK: Worker

    var work = WorkType.none
    var step = WorkStep.idle
    var isPending = false
    /// Whether ``Kubelet/ready`` holds the slot.
    var isQueued = false
    /// Whether only what is left on the runtime is torn down, without a word to the API server.
    var isRuntimeOnly = false
    /// Whether termination has started, so that restarts are ruled out.
    var isTerminationRequested: Bool { work.rawValue >= WorkType.terminating.rawValue }
    /// The end of the last sync; `never` before the first one.
    var lastSync = VirtualTime.never
    /// Whether the pod was listed right after its last sync.
    var isFresh = false
    /// The time of the listing that the present work sees.
    var listing = VirtualTime.start
    /// Guards the alarm or answer that ends the present step.
    var stepVersion: UInt32 = 0
    var retryVersion: UInt32 = 0
    /// In seconds, once termination has started.
    var gracePeriod: Int64 = 0
    /// What an eviction says about the pod, until the termination that it asks for has begun.
    var evictionMessage: String?
    /// How often the worker has waited after a failure; names draws.
    var retries: Int32 = 0

    // MARK: The sync in progress

    /// Containers still to start, first one first.
    var startQueue: [Int32] = []
    var failures: [StartFailure] = []
    /// Whether anything was done, whether anything failed, and when the soonest crash-loop back-off ends.
    var hasResults = false
    var hasError = false
    var retryAt = VirtualTime.never
    /// Whether the runtime has changed since it was last listed.
    var hasChanged = false
    /// Whether the sandbox is made anew after the kill in progress.
    var recreatesSandbox = false
    /// The moment at which a step began that is reported with its length.
    var stepStartedAt = VirtualTime.start

    // MARK: Status

    /// The status that the status manager holds; nil when it is the pod's own.
    var status: Ref<PodStatus>?
    /// Counts changes of the status, and which of them the API server has.
    var statusVersion: UInt32 = 0
    var sentVersion: UInt32 = 0
    /// Whether ``Kubelet/statusQueue`` holds the slot.
    var isStatusQueued = false
    var isStatusFinished = false

    // MARK: Volumes and probes

    var volumes: [VolumeState] = []
    var volumeVersion: UInt32 = 0
    var volumeDeadline = VirtualTime.never
    var probes: [ProbeState] = []

    init(pod: Ref<Pod>, generation: UInt32) {
        self.pod = pod
        self.generation = generation
        let spec = pod.value.spec.fields
        containers = Array(
            repeating: ContainerRecord(), count: spec.initContainers.count + spec.containers.count)
    }

    var spec: PodSpecFields {
        _read { yield pod.value.spec.fields }
    }
    var initCount: Int { pod.value.spec.fields.initContainers.count }

    /// The specification of the container with this number.
    func container(_ index: Int) -> Container {
        let spec = pod.value.spec.fields
        let count = spec.initContainers.count
        return index < count ? spec.initContainers[index] : spec.containers[index - count]
    }

    /// What the status manager holds.
    var currentStatus: PodStatus { status?.value ?? pod.value.status }

    /// Upstream: `isPodInactive`, negated.
    var isActive: Bool {
        switch work {
        case .terminated, .finished: return false
        case .terminating: return true
        case .none, .sync:
            if let status { return !status.value.phase.isTerminal }
            return !pod.value.status.phase.isTerminal
        }
    }

    var hasSandbox: Bool { sandboxAttempt >= 0 }
    /// Whether a (new) sandbox is needed (`PodSandboxChanged`).
    var needsSandbox: Bool { !isSandboxReady }

    func isRunning(_ index: Int, at listing: VirtualTime) -> Bool {
        containers[index].observed(at: listing) == .running
    }

    /// `containerd://…` of a start.
    func containerID(_ index: Int, _ instance: ContainerInstance, runtime: String) -> String {
        let name = container(index).name
        let text = "\(pod.value.metadata.uid)/\(name)/\(instance.sandbox)/\(instance.attempt)"
        return "\(runtime)://\(ImageName.identifier(text))"
    }

    /// `name_namespace(uid)`, as messages name a pod. Upstream: `pkg/kubelet/util/format/pod.go` (v1.36).
    var description: String {
        let metadata = pod.value.metadata
        return "\(metadata.name)_\(metadata.namespace)(\(metadata.uid))"
    }
}
