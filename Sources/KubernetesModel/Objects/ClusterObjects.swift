public import OrderedCollections

public struct Namespace: FieldMappedObject {
    public static let kind = ObjectKind.namespace
    public var metadata = ObjectMeta()
    /// What must be done before the namespace is gone; `kubernetes` stands for its content.
    public var specFinalizers: [String] = []
    /// `Active` or `Terminating`.
    public var phase = ""
    public var conditions: [Condition] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        var spec = Spec(finalizers: specFinalizers)
        fields.part("spec", &spec)
        var status = Status(phase: phase, conditions: conditions)
        fields.part("status", &status)
        (specFinalizers, phase, conditions) = (spec.finalizers, status.phase, status.conditions)
    }

    private struct Spec: FieldMapped {
        var finalizers: [String] = []
        init() {}
        init(finalizers: [String]) { self.finalizers = finalizers }
        mutating func map(_ fields: inout Fields) { fields.strings("finalizers", &finalizers) }
    }
    private struct Status: FieldMapped {
        var phase = ""
        var conditions: [Condition] = []
        init() {}
        init(phase: String, conditions: [Condition]) {
            self.phase = phase
            self.conditions = conditions
        }
        mutating func map(_ fields: inout Fields) {
            fields.string("phase", &phase)
            fields.list("conditions", &conditions)
        }
    }
}

public struct PriorityClass: FieldMappedObject {
    public static let kind = ObjectKind.priorityClass
    public var metadata = ObjectMeta()
    public var value: Int64 = 0
    public var globalDefault = false
    public var preemptionPolicy: String?
    public var rest = JSONObject()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.requiredInt("value", &value)
        fields.bool("globalDefault", &globalDefault)
        fields.string("preemptionPolicy", &preemptionPolicy)
        fields.rest(&rest)
    }
}

/// What Events of one sort have in common: all but the object, the message and the times.
public struct EventSort: Hashable, Sendable {
    public var kind = ""
    public var apiVersion = ""
    public var fieldPath = ""
    /// Of the object when the Event was made; mostly empty.
    public var resourceVersion = ""
    /// `Normal` or `Warning`.
    public var type = ""
    public var reason = ""
    public var component = ""
    public var host = ""

    public init() {}
}

/// A core/v1 Event: something that a component reports about an object.
///
/// There are as many Events as there are pods, so what Events of one sort have in common is one record.
public struct Event: FieldMappedObject {
    public static let kind = ObjectKind.event
    public var metadata = ObjectMeta()
    private var involvedKey = ObjectKey(name: "")
    private var involvedUID = UID.none
    public var message = ""
    public var firstTimestamp: Timestamp?
    public var lastTimestamp: Timestamp?
    public var count: Int64 = 0
    private var sort: Ref<EventSort>
    /// Members that simk keeps but does not look into; nil when there are none.
    private var rest: Ref<JSONObject>?

    private static let plainSort = Ref(EventSort())

    public init() { sort = Self.plainSort }

    /// An Event as a component reports it for the first time.
    ///
    /// - Parameter object: the object that it is about, whose namespace is also the Event's where it has one.
    /// - Parameter key: the Event's own.
    public init(
        _ key: ObjectKey, of sort: Ref<EventSort>, about object: ObjectKey, uid: UID, message: String,
        at time: Timestamp
    ) {
        metadata.name = key.name
        metadata.namespace = key.namespace
        involvedKey = object
        involvedUID = uid
        self.sort = sort
        self.message = message
        firstTimestamp = time
        lastTimestamp = time
        count = 1
    }

    /// Members that simk keeps but does not look into.
    var unread: JSONObject { rest?.value ?? [:] }

    public var involvedObject: ObjectReference {
        var object = ObjectReference()
        object.kind = sort.value.kind
        object.apiVersion = sort.value.apiVersion
        object.namespace = involvedKey.namespace
        object.name = involvedKey.name
        object.uid = involvedUID
        object.resourceVersion = sort.value.resourceVersion
        object.fieldPath = sort.value.fieldPath
        return object
    }
    public var reason: String { sort.value.reason }
    /// `Normal` or `Warning`.
    public var type: String { sort.value.type }
    public var sourceComponent: String { sort.value.component }
    public var sourceHost: String { sort.value.host }

    public mutating func map(_ fields: inout Fields) {
        var sort = self.sort.value
        var object = involvedObject
        var rest = self.rest?.value ?? [:]
        fields.part("metadata", &metadata)
        fields.part("involvedObject", &object)
        fields.string("reason", &sort.reason)
        fields.string("message", &message)
        var source = Source(component: sort.component, host: sort.host)
        fields.part("source", &source)
        fields.time("firstTimestamp", &firstTimestamp)
        fields.time("lastTimestamp", &lastTimestamp)
        fields.int("count", &count)
        fields.string("type", &sort.type)
        fields.rest(&rest)
        guard fields.isReading else { return }
        (sort.component, sort.host) = (source.component, source.host)
        (sort.kind, sort.apiVersion, sort.fieldPath) = (object.kind, object.apiVersion, object.fieldPath)
        sort.resourceVersion = object.resourceVersion
        involvedKey = ObjectKey(namespace: object.namespace, name: object.name)
        involvedUID = object.uid
        self.sort = Ref(sort)
        self.rest = rest.isEmpty ? nil : Ref(rest)
    }

    private struct Source: FieldMapped {
        var component = ""
        var host = ""
        init() {}
        init(component: String, host: String) {
            self.component = component
            self.host = host
        }
        mutating func map(_ fields: inout Fields) {
            fields.string("component", &component)
            fields.string("host", &host)
        }
    }
}

/// An object of a kind that no component of simk looks into beyond its metadata.
public struct GenericObject: Hashable, Sendable {
    public let kind: ObjectKind
    public var metadata: ObjectMeta
    /// Everything but `kind`, `apiVersion` and `metadata`.
    public var body: JSONObject

    public init(kind: ObjectKind, metadata: ObjectMeta, body: JSONObject) {
        self.kind = kind
        self.metadata = metadata
        self.body = body
    }
}
