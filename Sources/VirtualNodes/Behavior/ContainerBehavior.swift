/// What a container does from its start to its end, as far as the node notices.
///
/// Durations count from the container's start unless they say otherwise. One start of a container draws each
/// number once, from a stream named after the pod, the container and the number of the start.
public struct ContainerBehavior: Equatable, Sendable {
    /// How a start that crashes is chosen.
    public enum CrashPattern: Equatable, Sendable {
        case none
        /// The first starts end after these times, one each; later ones follow ``runTime``.
        case runTimes([Draw])
        /// Each start ends early with this probability, after this time.
        case probability(Double, after: Draw)
        /// Every start ends after this time.
        case always(after: Draw)
    }

    /// Until it listens: probes fail before that. The default is an assumption: half a second, as a small
    /// web server in Go or C needs; a Java one needs tens of seconds.
    public var startupTime = Draw.milliseconds(500)
    /// Until it ends by itself; nil is a service that runs for ever.
    public var runTime: Draw?
    /// With which it ends by itself after ``runTime``.
    public var exitCode: Int32 = 0
    /// From listening to answering readiness probes.
    public var readinessDelay = Draw.zero
    /// When it begins to fail liveness probes; nil never.
    public var livenessFailure: Draw?
    public var crashes = CrashPattern.none
    /// With which a crash ends it.
    public var crashExitCode: Int32 = 1
    /// When it exceeds its memory limit and is killed; nil never.
    public var outOfMemory: Draw?
    /// How long a command of a postStart or preStop hook runs inside it; HTTP hooks too.
    public var hookDuration = Draw.milliseconds(100)
    /// Whether postStart and preStop hooks (but sleep) fail.
    public var failsHooks = false
    /// From SIGTERM to its end; nil ignores SIGTERM and is killed at the end of the grace period.
    public var stopTime: Draw? = .milliseconds(100)
    /// With which it ends after SIGTERM.
    public var stopExitCode: Int32 = 0
    /// What it does when a disk that it has mounted fails; nil goes on. The default is an assumption: it does not
    /// catch the error, and exits at once with code 1, as a program in most languages does.
    public var diskFailure: DiskFailureResponse? = DiskFailureResponse()
    /// The cores that it would use if it had the node to itself; nil leaves it out of all contention. Less than
    /// that stretches ``runTime``.
    public var cpu: UsagePattern?
    /// The bytes that it uses; nil counts as none.
    public var memory: UsagePattern?

    /// Whether the node keeps account of it.
    var hasUsage: Bool { cpu != nil || memory != nil }

    public init() {}
}

/// How a container ends when a disk that it has mounted fails.
public struct DiskFailureResponse: Equatable, Sendable {
    /// From the failure to the exit; a disk that recovers before that prevents it.
    public var after: Draw
    public var exitCode: Int32

    public init(after: Draw = .zero, exitCode: Int32 = 1) {
        self.after = after
        self.exitCode = exitCode
    }
}
