import KubernetesModel
import SimulationKernel

/// Why a container ended, as the runtime reports it.
enum ExitReason: UInt8, BitwiseCopyable, Sendable {
    case completed, error, outOfMemory, unknown

    var text: String {
        switch self {
        case .completed: "Completed"
        case .error: "Error"
        case .outOfMemory: "OOMKilled"
        case .unknown: "Unknown"
        }
    }
}

/// One start of a container: what the runtime knows, and what chance has decided about it.
struct ContainerInstance: BitwiseCopyable, Sendable {
    /// The restart count that it was created with.
    var attempt: Int32
    /// The attempt of the sandbox that it lives in.
    var sandbox: Int32
    var exitCode: Int32 = 0
    var exitReason = ExitReason.completed
    /// `never` while it is created but not started.
    var startedAt = VirtualTime.never
    /// Its end, known from its start on; `never` for a service.
    var exitAt = VirtualTime.never
    /// From when on it listens.
    var listensAt = VirtualTime.never
    /// From when on it answers readiness probes.
    var readyAt = VirtualTime.never
    /// From when on it fails liveness probes.
    var failsAt = VirtualTime.never

    init(attempt: Int32, sandbox: Int32) {
        self.attempt = attempt
        self.sandbox = sandbox
    }
}

/// What a listing of the runtime at some moment says about a container.
enum ObservedContainer: Sendable {
    case missing, created, running, exited
}

/// A container of a pod on this node.
struct ContainerRecord: BitwiseCopyable, Sendable {
    /// The latest start that the runtime still has.
    var instance: ContainerInstance?
    /// When the start before ``instance`` ended; the runtime keeps that one dead container, too.
    var previousExitAt = VirtualTime.never
    /// The attempt of the next start when the runtime has none: found from the log folder upstream.
    var nextAttempt: Int32 = 0
    /// The crash-loop back-off; in the kubelet's memory only.
    var backOff: BackOff?
    var imageBackOff: BackOff?

    /// The state at the time of a listing: ends that came later are not seen.
    func observed(at listing: VirtualTime) -> ObservedContainer {
        guard let instance else { return .missing }
        if instance.startedAt == .never { return .created }
        return instance.exitAt <= listing ? .exited : .running
    }
}

/// Why a container could not be started: what the kubelet's reason cache holds.
struct StartFailure: Sendable {
    var container: Int32
    var reason: String
    var message: String
}
