public import KubernetesModel
public import SimulationKernel

// Extension points that upstream's plugins reach through the framework's handle, here as questions that the
// scheduler asks.

/// Keeps pods of one group together in the active queue.
public protocol GroupingQueueSort: QueueSortPlugin {
    /// The pod's group, whose first pod's time of entry becomes ``QueuedPod/groupTimestamp`` of all.
    func group(of pod: PodInfo) -> ObjectKey?
}

/// Why and how long a pod waits before it is bound.
public struct PermitWait: Hashable, Sendable {
    public var timeout: VirtualDuration
    public var cause: String

    public init(timeout: VirtualDuration, cause: String) {
        self.timeout = timeout
        self.cause = cause
    }

    /// The longest wait that the framework allows.
    ///
    /// Upstream: `pkg/scheduler/framework/runtime/framework.go`, `maxTimeout` (v1.36).
    public static let longest = VirtualDuration.minutes(15)
}

/// Lets pods that have a node wait for others before they are bound.
///
/// Upstream's plugins answer Wait and later allow or reject the waiting pods; this one is asked again
/// whenever another pod has got a node. Upstream: `pkg/scheduler/framework/runtime/waiting_pods_map.go`
/// (v1.36).
public protocol WaitingPermitPlugin: PermitPlugin {
    /// What the pod still waits for; nil when it may be bound.
    func permitWait(_ pod: PodInfo, cluster: ClusterCache) -> PermitWait?
    /// The gang (``GangIndex``) whose pods share the pod's fate: when a waiting one is rejected, so are the
    /// others that wait.
    func gang(of pod: PodInfo) -> ObjectKey?
    /// Why the waiting pods that are tied to a pod that fits nowhere are rejected; nil when they go on
    /// waiting.
    func rejectionOfTied(after pod: PodInfo, cluster: ClusterCache) -> String?
}

/// Tells users about a pod that cannot get what it asks for, when it arrives and after each failed attempt;
/// once.
public protocol PodWarningPlugin: Plugin {
    func warning(about pod: PodInfo, cluster: ClusterCache) -> PodWarning?
}

/// A warning about a pod: an event's reason and message.
public struct PodWarning: Hashable, Sendable {
    public var reason: String
    public var message: String

    public init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }
}

/// Rejects pods until a moment, and has them tried again then.
public protocol TimedPlugin: Plugin {
    /// When a pod that the plugin rejected is to be tried again.
    func retryTime(of pod: PodInfo, cluster: ClusterCache) -> VirtualTime?
}

/// The attempt under way, for plugins whose answer depends on the time.
public struct AttemptFacts: Hashable, Sendable {
    public var now = VirtualTime.start
    /// When the pod was tried first.
    public var firstTime = VirtualTime.start
    /// From 1; 0 outside of attempts.
    public var number = 0

    public init() {}
}
