public import ControlPlane
public import KubernetesModel
public import SimulationKernel
public import VirtualNodes

/// What comes into the cluster from outside while a run goes on: the pods of a trace, its machines' failures.
///
/// The run takes one arrival at a time, when virtual time has come to it: a source that reads a file holds no
/// more than a window of it.
public protocol WorkloadSource: AnyObject {
    /// Takes the next arrival out, none of which lies before the last one; nil when there are no more.
    func next() -> WorkloadArrival?
}

/// One thing that a workload brings at a moment.
public struct WorkloadArrival: Sendable {
    public enum Content: Sendable {
        case pod(WorkloadPod)
        /// An object that pods need, such as a PriorityClass.
        case object(JSONValue)
        /// What a timeline could do, too: a machine leaves, an object is applied.
        case command(Command)
        /// How long the pods run that come of an object, in the order of their creation; nil for no end.
        case lifetimes(of: WorkloadOwner, [VirtualDuration?])
        /// From now on the pods of a task used so much, as recorded: those that have come and have not ended.
        case usage(task: String, RecordedUsage)
    }

    public var time: VirtualTime
    public var content: Content

    public init(time: VirtualTime, _ content: Content) {
        self.time = time
        self.content = content
    }
}

/// An object of which pods come.
public struct WorkloadOwner: Hashable, Sendable {
    public var kind: ObjectKind
    public var key: ObjectKey

    public init(kind: ObjectKind, key: ObjectKey) {
        self.kind = kind
        self.key = key
    }
}

/// A pod that arrives, with what the API does not know of it.
public struct WorkloadPod: Sendable {
    public var template: ManifestTemplate
    public var instance: ManifestInstance
    /// The names under which others may wait for its end: its task first, then its job.
    public var names: [String]
    /// The names that must have ended before the pod is created. A name of which nothing is there, because it
    /// has ended or because the window or sample has left it out, holds nobody up.
    public var dependencies: [String]
    /// When the pod is deleted, whatever it does then; nil leaves it until it has ended.
    public var deletion: VirtualTime?
    /// From the end of the last that the pod has waited for to its creation.
    public var thinkTime = VirtualDuration.zero
    /// The task that samples of usage name.
    public var usageName: String
    /// When the recorded pod began to run: what it used so long after that, this one uses so long after its own
    /// beginning. Nil where it is not known; the first sample counts as it then.
    public var recordedStart: VirtualTime?
    /// When the recorded pod ended; samples from then on are another's. Nil where it is not known.
    public var recordedEnd: VirtualTime?

    public init(
        template: ManifestTemplate, instance: ManifestInstance, names: [String] = [],
        dependencies: [String] = [], deletion: VirtualTime? = nil
    ) {
        usageName = names.first ?? ""
        self.template = template
        self.instance = instance
        self.names = names
        self.dependencies = dependencies
        self.deletion = deletion
    }

    public var key: ObjectKey { ObjectKey(namespace: instance.namespace, name: instance.name) }
}

/// Something that the workload's driver does later than the source has brought it.
public struct WorkloadDelay: Sendable {
    enum Content: Sendable {
        /// A pod uses this from now on; the token is that of its creation.
        case usage(ObjectKey, token: UInt64, RecordedUsage)
        /// A pod that is held back, by its number, is created.
        case creation(Int)
    }

    var content: Content
}

/// What became of a workload's pods on their way to the API server.
public struct WorkloadCounts: Hashable, Sendable {
    /// Taken from the source.
    public var arrived = 0
    /// Held back for others that had not ended, at any time.
    public var heldBack = 0
    /// Still held back.
    public var waitingForOthers = 0
    /// Refused by the API server.
    public var rejected = 0
    /// The first refusal, in the API server's words.
    public var firstRejection = ""
    /// Whether the source has no more.
    public var isExhausted = false

    public init() {}
}
