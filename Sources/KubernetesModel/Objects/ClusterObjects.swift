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

/// A core/v1 Event: something that a component reports about an object.
public struct Event: FieldMappedObject {
    public static let kind = ObjectKind.event
    public var metadata = ObjectMeta()
    public var involvedObject = ObjectReference()
    public var reason = ""
    public var message = ""
    /// `Normal` or `Warning`.
    public var type = ""
    public var sourceComponent = ""
    public var sourceHost = ""
    public var firstTimestamp: Timestamp?
    public var lastTimestamp: Timestamp?
    public var count: Int64 = 0
    public var rest = JSONObject()

    public init() {}

    /// An Event as a component reports it for the first time.
    public init(
        metadata: ObjectMeta, about involvedObject: ObjectReference, type: String, reason: String,
        message: String, component: String, host: String, at time: Timestamp
    ) {
        self.metadata = metadata
        self.involvedObject = involvedObject
        self.reason = reason
        self.message = message
        self.type = type
        sourceComponent = component
        sourceHost = host
        firstTimestamp = time
        lastTimestamp = time
        count = 1
    }

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("involvedObject", &involvedObject)
        fields.string("reason", &reason)
        fields.string("message", &message)
        var source = Source(component: sourceComponent, host: sourceHost)
        fields.part("source", &source)
        (sourceComponent, sourceHost) = (source.component, source.host)
        fields.time("firstTimestamp", &firstTimestamp)
        fields.time("lastTimestamp", &lastTimestamp)
        fields.int("count", &count)
        fields.string("type", &type)
        fields.rest(&rest)
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
