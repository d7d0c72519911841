import KubernetesModel
import SimulationKernel

enum ProbeKind: UInt8, BitwiseCopyable, Sendable {
    case startup, readiness, liveness

    /// As Events name it.
    var text: String {
        switch self {
        case .startup: "Startup"
        case .readiness: "Readiness"
        case .liveness: "Liveness"
        }
    }
}

enum ProbeResult: UInt8, BitwiseCopyable, Sendable {
    case unknown, success, failure
}

/// A probe worker: when it probes, and what it found so far.
///
/// Probes whose outcome is known in advance are counted, not run: only the first probe of a run of equal
/// outcomes and the one that crosses a threshold get an alarm. Upstream: `pkg/kubelet/prober/worker.go`
/// (v1.36).
struct ProbeState: BitwiseCopyable, Sendable {
    var container: Int32
    var kind: ProbeKind
    /// Probes run at `phase` and every period after it.
    var phase: VirtualTime
    /// The start of the container that results are about (its attempt and sandbox); nil before the first.
    var target: Target?
    /// What the results manager holds for that start; nil for nothing.
    var result: ProbeResult?
    /// The outcome of the last probe, and how many in a row had it.
    var lastOutcome = ProbeResult.unknown
    var run: Int64 = 0
    var lastProbe = VirtualTime.never
    /// Whether probing stops until the next start.
    var isOnHold = false
    var version: UInt32 = 0
    /// Whether the worker has ended.
    var isStopped = false

    struct Target: Hashable, BitwiseCopyable, Sendable {
        var attempt: Int32
        var sandbox: Int32
    }

    init(container: Int32, kind: ProbeKind, phase: VirtualTime) {
        self.container = container
        self.kind = kind
        self.phase = phase
    }

    /// What the results manager holds about a start before any probe of it.
    var initialResult: ProbeResult {
        switch kind {
        case .startup: .unknown
        case .readiness: .failure
        case .liveness: .success
        }
    }

    /// The first probe at or after a moment.
    func tick(from time: VirtualTime, period: VirtualDuration) -> VirtualTime {
        time <= phase ? phase : time.roundedUp(toPeriod: period, phase: phase)
    }
}

extension ContainerInstance {
    /// What a probe at a moment finds.
    func outcome(of kind: ProbeKind, at time: VirtualTime) -> ProbeResult {
        let from = kind == .readiness ? readyAt : listensAt
        return time >= from && time < failsAt && time < exitAt ? .success : .failure
    }

    /// When that changes next; `never` when it does not.
    func nextChange(of kind: ProbeKind, after time: VirtualTime) -> VirtualTime {
        let from = kind == .readiness ? readyAt : listensAt
        if time < from { return from }
        return time < min(failsAt, exitAt) ? min(failsAt, exitAt) : .never
    }
}

extension Container {
    func probe(_ kind: ProbeKind) -> Probe? {
        switch kind {
        case .startup: startupProbe
        case .readiness: readinessProbe
        case .liveness: livenessProbe
        }
    }
}
