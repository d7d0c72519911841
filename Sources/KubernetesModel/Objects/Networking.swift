public import OrderedCollections

/// A port of a service: which port of the pods it leads to.
public struct ServicePort: Hashable, FieldMapped {
    public var name = ""
    public var transportProtocol = "TCP"
    public var appProtocol: String?
    public var port: Int64 = 0
    /// A number, or the name of a container's port.
    public var targetPort: JSONValue?
    public var nodePort: Int64 = 0

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.string("protocol", &transportProtocol)
        fields.string("appProtocol", &appProtocol)
        fields.requiredInt("port", &port)
        fields.tree("targetPort", &targetPort)
        fields.int("nodePort", &nodePort)
    }
}

public struct Service: FieldMappedObject {
    public struct Spec: Hashable, FieldMapped {
        public var ports: [ServicePort] = []
        /// Nil when the service has none, and then no endpoints are made for it.
        public var selector = StringMap()
        public var clusterIP = ""
        public var type = ""
        public var publishNotReadyAddresses = false
        public var ipFamilies: [String] = []
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.list("ports", &ports)
            fields.map("selector", &selector)
            fields.string("clusterIP", &clusterIP)
            fields.string("type", &type)
            fields.bool("publishNotReadyAddresses", &publishNotReadyAddresses)
            fields.strings("ipFamilies", &ipFamilies)
            fields.rest(&rest)
        }
    }
    public static let kind = ObjectKind.service
    public var metadata = ObjectMeta()
    public var spec = Spec()
    public var status: JSONValue? = .object(["loadBalancer": .object([:])])

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.tree("status", &status)
    }
}

/// What an endpoint stands for.
public struct TargetReference: Hashable, FieldMapped {
    public var kind = ""
    public var namespace = ""
    public var name = ""
    public var uid = UID.none
    public var apiVersion = ""
    public var resourceVersion = ""
    public var fieldPath = ""

    public init() {}

    public init(pod: Pod) {
        kind = "Pod"
        namespace = pod.metadata.namespace
        name = pod.metadata.name
        uid = pod.metadata.uid
    }

    public mutating func map(_ fields: inout Fields) {
        fields.string("kind", &kind)
        fields.string("namespace", &namespace)
        fields.string("name", &name)
        fields.uid("uid", &uid)
        fields.string("apiVersion", &apiVersion)
        fields.string("resourceVersion", &resourceVersion)
        fields.string("fieldPath", &fieldPath)
    }
}

public struct EndpointSlice: FieldMappedObject {
    public struct Conditions: Hashable, FieldMapped {
        public var ready: Bool?
        public var serving: Bool?
        public var terminating: Bool?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.bool("ready", &ready)
            fields.bool("serving", &serving)
            fields.bool("terminating", &terminating)
        }
    }
    /// What a slice says of one endpoint. It is a reference to a record that never changes, so that the
    /// versions of a slice share what they have in common.
    public struct Endpoint: Hashable, FieldMapped {
        public struct Record: Hashable, FieldMapped {
            public var addresses: [String] = []
            public var conditions = Conditions()
            public var hostname: String?
            public var targetRef: TargetReference?
            public var nodeName: String?
            public var zone: String?
            public var rest: JSONObject = [:]
            public init() {}
            public mutating func map(_ fields: inout Fields) {
                fields.strings("addresses", &addresses)
                fields.part("conditions", &conditions)
                fields.string("hostname", &hostname)
                fields.part("targetRef", &targetRef)
                fields.string("nodeName", &nodeName)
                fields.string("zone", &zone)
                fields.rest(&rest)
            }
        }

        private var shared: Ref<Record>

        public init() { self.init(Record()) }
        public init(_ record: Record) { shared = Ref(record) }

        /// All fields; a changed record is a new one.
        public var record: Record {
            get { shared.value }
            set { shared = Ref(newValue) }
        }

        public var addresses: [String] {
            get { shared.value.addresses }
            set { record.addresses = newValue }
        }
        public var conditions: Conditions {
            get { shared.value.conditions }
            set { record.conditions = newValue }
        }
        public var hostname: String? {
            get { shared.value.hostname }
            set { record.hostname = newValue }
        }
        public var targetRef: TargetReference? {
            get { shared.value.targetRef }
            set { record.targetRef = newValue }
        }
        public var nodeName: String? {
            get { shared.value.nodeName }
            set { record.nodeName = newValue }
        }
        public var zone: String? {
            get { shared.value.zone }
            set { record.zone = newValue }
        }
        public var rest: JSONObject {
            get { shared.value.rest }
            set { record.rest = newValue }
        }

        public mutating func map(_ fields: inout Fields) { record.map(&fields) }

        /// Whether two endpoints are the same record: equal without a look at the fields.
        public func isIdentical(to other: Self) -> Bool { shared === other.shared }

        public static func == (left: Self, right: Self) -> Bool {
            left.shared === right.shared || left.shared.value == right.shared.value
        }
        public func hash(into hasher: inout Hasher) { hasher.combine(shared.value) }
    }
    public struct Port: Hashable, FieldMapped {
        public var name: String?
        public var transportProtocol: String?
        public var port: Int64?
        public var appProtocol: String?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("name", &name)
            fields.string("protocol", &transportProtocol)
            fields.int("port", &port)
            fields.string("appProtocol", &appProtocol)
        }
    }
    public static let kind = ObjectKind.endpointSlice
    public var metadata = ObjectMeta()
    /// `IPv4`, `IPv6` or `FQDN`.
    public var addressType = ""
    public var endpoints: [Endpoint] = []
    /// Nil is written as `null`: a slice whose pods lack the named port.
    public var ports: [Port]?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.string("addressType", &addressType)
        let epoch = fields.epoch
        fields.field(
            "endpoints", &endpoints,
            read: {
                $0.arrayValue?.map { Endpoint(fields: $0.objectValue ?? [:], epoch: epoch) }
            },
            write: { $0.isEmpty ? .null : .array($0.map { .object($0.fields(epoch: epoch)) }) })
        fields.field(
            "ports", &ports,
            read: {
                $0.arrayValue.map { $0.map { Port(fields: $0.objectValue ?? [:], epoch: epoch) } }
            },
            write: { $0.map { .array($0.map { .object($0.fields(epoch: epoch)) }) } ?? .null })
    }
}
