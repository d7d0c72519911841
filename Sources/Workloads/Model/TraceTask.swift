public import SimulationKernel

/// One task, instance, pod or virtual machine of a trace: what a replay turns into a pod.
///
/// Times are those of the trace's own clock: nanoseconds since its zero, after the options' scaling.
public struct TraceTask: Hashable, Sendable {
    /// How the trace says that the task ended.
    public enum Outcome: UInt8, Hashable, Sendable, CaseIterable {
        case unknown, succeeded, failed, killed, evicted
        /// It was still running, or waiting, when the trace ended.
        case unfinished

        /// As people and files write it.
        public var name: String {
            switch self {
            case .unknown: "unknown"
            case .succeeded: "succeeded"
            case .failed: "failed"
            case .killed: "killed"
            case .evicted: "evicted"
            case .unfinished: "unfinished"
            }
        }
    }

    /// Classes of service, from the one to be evicted first.
    public enum QoS: UInt8, Hashable, Sendable, CaseIterable {
        case unspecified, bestEffort, burstable, latencySensitive, guaranteed

        /// As people and files write it.
        public var name: String {
            switch self {
            case .unspecified: "unspecified"
            case .bestEffort: "best-effort"
            case .burstable: "burstable"
            case .latencySensitive: "latency-sensitive"
            case .guaranteed: "guaranteed"
            }
        }
    }

    /// Unique within the trace.
    public var id: String
    public var submission: VirtualTime
    /// When the trace's own scheduler started it; nil when it never did, or the trace does not say.
    public var start: VirtualTime?
    /// When it ended, by itself or by a deletion; nil when it outlived the trace.
    public var end: VirtualTime?
    /// How long it ran, or was asked to run where only that is known; nil when the trace does not say.
    public var duration: VirtualDuration?
    /// The machine on which the trace's own scheduler put it; empty when it does not say.
    public var machine: String = ""
    /// The job, collection, application or deployment that the task is part of; empty if none.
    public var job: String = ""
    /// Ids of tasks, or of jobs, that must have ended before this one may start.
    public var dependencies: [String] = []
    /// How many alike instances the record stands for, at least 1.
    public var instances: Int64 = 1
    /// How many of them must run at the same time: 1 for independent ones.
    public var gangSize: Int64 = 1
    /// The rest, one element: an array, so that tasks that are alike share it and a copy is cheap.
    @usableFromInline var shared: ContiguousArray<TraceTaskTraits>

    @inlinable
    public init(id: consuming String, submission: VirtualTime, traits: consuming TraceTaskTraits) {
        self.id = id
        self.submission = submission
        shared = [traits]
    }

    /// Makes a task that has the traits of another.
    init(id: consuming String, submission: VirtualTime, alike other: borrowing TraceTask) {
        self.id = id
        self.submission = submission
        shared = other.shared
    }

    @inlinable
    public init(id: String, submission: VirtualTime, requests: TraceResources) {
        self.init(id: id, submission: submission, traits: TraceTaskTraits(requests: requests))
    }

    /// What it has in common with tasks that are alike.
    @inlinable
    public var traits: TraceTaskTraits {
        get { shared[0] }
        _modify { yield &shared[0] }
    }

    /// Where its traits are: as long as another task holds them, the same number means the same traits.
    public var traitsIdentity: UInt {
        unsafe shared.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }

    /// How long a replay lets the task run once it is started: the recorded run, else what lies between
    /// start (or submission) and end; nil for a task that does not end by itself.
    public var lifetime: VirtualDuration? {
        if let duration { return duration }
        guard let end else { return nil }
        let (nanoseconds, overflow) = end.nanoseconds.subtractingReportingOverflow(
            (start ?? submission).nanoseconds)
        return overflow || nanoseconds < 0 ? nil : VirtualDuration(nanoseconds: nanoseconds)
    }
}

/// What tasks that are alike have in common.
public struct TraceTaskTraits: Hashable, Sendable {
    public var user: String = ""
    /// A wider group: tenant, virtual cluster, queue, role or organisation.
    public var group: String = ""

    public var requests: TraceResources
    /// Caps; nil when the trace gives none.
    public var limits: TraceResources?
    /// The device models that are admissible; empty: any.
    public var gpuModels: [String] = []

    /// In the trace's own scale, larger is more important; nil when it has none.
    public var priority: Int32?
    public var qos: TraceTask.QoS = .unspecified
    public var constraints: [TraceConstraint] = []
    /// How many instances of the job one machine may hold; nil: any number.
    public var maxPerMachine: Int64?

    public var outcome: TraceTask.Outcome = .unknown
    /// Further facts in the trace's order, such as `app`, `role`, `scheduling-class`.
    public var labels: [TraceLabel] = []

    public init(requests: TraceResources) { self.requests = requests }
}

extension TraceTask {
    @inlinable
    public var user: String {
        get { shared[0].user }
        _modify { yield &shared[0].user }
    }

    @inlinable
    public var group: String {
        get { shared[0].group }
        _modify { yield &shared[0].group }
    }

    @inlinable
    public var requests: TraceResources {
        get { shared[0].requests }
        _modify { yield &shared[0].requests }
    }

    @inlinable
    public var limits: TraceResources? {
        get { shared[0].limits }
        _modify { yield &shared[0].limits }
    }

    @inlinable
    public var gpuModels: [String] {
        get { shared[0].gpuModels }
        _modify { yield &shared[0].gpuModels }
    }

    @inlinable
    public var priority: Int32? {
        get { shared[0].priority }
        _modify { yield &shared[0].priority }
    }

    @inlinable
    public var qos: QoS {
        get { shared[0].qos }
        _modify { yield &shared[0].qos }
    }

    @inlinable
    public var constraints: [TraceConstraint] {
        get { shared[0].constraints }
        _modify { yield &shared[0].constraints }
    }

    @inlinable
    public var maxPerMachine: Int64? {
        get { shared[0].maxPerMachine }
        _modify { yield &shared[0].maxPerMachine }
    }

    @inlinable
    public var outcome: Outcome {
        get { shared[0].outcome }
        _modify { yield &shared[0].outcome }
    }

    @inlinable
    public var labels: [TraceLabel] {
        get { shared[0].labels }
        _modify { yield &shared[0].labels }
    }
}

/// A condition on a machine's attribute.
public struct TraceConstraint: Hashable, Sendable {
    public enum Relation: UInt8, Hashable, Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, present, absent
    }

    public var attribute: String
    public var relation: Relation
    public var value: String

    public init(attribute: String, relation: Relation, value: String) {
        self.attribute = attribute
        self.relation = relation
        self.value = value
    }
}
