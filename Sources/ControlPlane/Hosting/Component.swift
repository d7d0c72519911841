public import KubernetesModel
public import SimulationKernel

/// Names an answer that a component waits for; what the number means is the component's own affair.
public struct CallToken: Hashable, BitwiseCopyable, Sendable {
    public var value: UInt64

    /// Tokens are counted up, so a product is enough of a hash.
    public func _rawHashValue(seed: Int) -> Int {
        var mixer = TextMixer(seed: seed)
        mixer.mix(value)
        return mixer.value
    }

    /// For calls whose answer does not matter to the caller.
    public static let none = CallToken(value: .max)

    @inlinable
    public init(value: UInt64) { self.value = value }
}

/// A core/v1 Event that a component wants to report; the process's broadcaster sends it.
public struct EventRecord: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }
    public var involvedKind: ObjectKind
    public var involvedKey: ObjectKey
    public var involvedUID: UID
    /// `spec.containers{web}` and the like.
    public var fieldPath: String
    public var severity: Severity
    public var reason: String
    public var message: String
    /// The reporting component: `kubelet`, `deployment-controller`.
    public var component: String

    public init(
        _ object: APIObject, _ severity: Severity, reason: String, message: String, component: String,
        fieldPath: String = ""
    ) {
        self.init(
            kind: object.kind, key: object.key, uid: object.metadata.uid, severity, reason: reason,
            message: message, component: component, fieldPath: fieldPath)
    }

    public init(
        kind: ObjectKind, key: ObjectKey, uid: UID, _ severity: Severity, reason: String, message: String,
        component: String, fieldPath: String = ""
    ) {
        self.involvedKind = kind
        self.involvedKey = key
        self.involvedUID = uid
        self.fieldPath = fieldPath
        self.severity = severity
        self.reason = reason
        self.message = message
        self.component = component
    }
}

/// One line of a run's timeline: what happened to what, and why then.
public struct JournalEntry: Hashable, Sendable {
    /// Groups lines for filters and colours.
    public enum Category: String, CaseIterable, Hashable, Sendable {
        case failure, node, pod, scheduling, workload, endpoints, volume, eviction, controlPlane, scenario
    }
    public var category: Category
    public var kind: ObjectKind?
    public var key: ObjectKey
    /// A word in Kubernetes' manner: `PowerLoss`, `NodeStatusUnknown`, `Scheduled`.
    public var reason: String
    /// What happened, as a clause.
    public var message: String
    /// Why it happened at this moment: the constant, the event before it, the decision's figures.
    public var cause: String

    public init(
        _ category: Category, _ kind: ObjectKind?, _ key: ObjectKey, reason: String, message: String,
        cause: String = ""
    ) {
        self.category = category
        self.kind = kind
        self.key = key
        self.reason = reason
        self.message = message
        self.cause = cause
    }
}

/// What a component does in answer to one event: everything leaves it through here.
public struct Outbox: Sendable {
    public struct Call: Sendable {
        public var token: CallToken
        public var request: APIRequest
        /// Which of the process's clients sends it; each has a rate limit of its own.
        public var client: UInt16
    }
    public private(set) var calls: [Call] = []
    public private(set) var events: [EventRecord] = []
    public private(set) var journal: [JournalEntry] = []

    public init() {}

    /// Sends a call to the API server through the process's rate-limited client, in the order of these calls.
    public mutating func call(_ request: consuming APIRequest, token: CallToken = .none, client: UInt16 = 0) {
        calls.append(Call(token: token, request: request, client: client))
    }

    /// Reports an Event through the process's broadcaster.
    public mutating func record(_ event: consuming EventRecord) { events.append(event) }

    public mutating func note(_ entry: JournalEntry) { journal.append(entry) }

    public var isEmpty: Bool { calls.isEmpty && events.isEmpty && journal.isEmpty }

    /// Takes the last call out, of which there must be one: it need not be copied then.
    public mutating func removeLastCall() -> Call { calls.removeLast() }

    /// Takes the last Event out, of which there must be one.
    public mutating func removeLastEvent() -> EventRecord { events.removeLast() }

    public mutating func removeAll() {
        if !calls.isEmpty { calls.removeAll(keepingCapacity: true) }
        if !events.isEmpty { events.removeAll(keepingCapacity: true) }
        if !journal.isEmpty { journal.removeAll(keepingCapacity: true) }
    }
}

/// A process of the cluster: it has its own cache and clock alarms, and changes the world by API calls only.
///
/// The composition root calls one of these at a time, in the order of the event queue; after each it reads
/// ``nextWake`` and arms exactly one event for it.
public protocol Component {
    /// When the component next has something to do by itself; ``VirtualTime/never`` when it has not.
    var nextWake: VirtualTime { get }

    /// Does what is due at `now`.
    mutating func wake(at now: VirtualTime, _ out: inout Outbox)

    /// Takes in what the watch streams brought, in the order of the store's revisions.
    mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox)

    /// Takes in the answer to a call made with this token.
    mutating func complete(_ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox)
}
