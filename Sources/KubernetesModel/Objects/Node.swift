public import OrderedCollections

/// An image that a node has, under each of its names.
public struct ContainerImage: Hashable, FieldMapped {
    public var names: [String] = []
    public var sizeBytes: Int64 = 0

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.strings("names", &names)
        fields.int("sizeBytes", &sizeBytes)
    }
}

public struct AttachedVolume: Hashable, FieldMapped {
    /// `kubernetes.io/csi/<driver>^<handle>` for CSI volumes.
    public var name = ""
    public var devicePath = ""

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("name", &name)
        fields.requiredString("devicePath", &devicePath)
    }
}

public struct NodeSpec: Hashable, FieldMapped {
    public var podCIDR = ""
    public var providerID = ""
    public var unschedulable = false
    public var taints: [Taint] = []
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("podCIDR", &podCIDR)
        fields.string("providerID", &providerID)
        fields.bool("unschedulable", &unschedulable)
        fields.list("taints", &taints)
        fields.rest(&rest)
    }
}

public struct NodeStatus: Hashable, FieldMapped {
    public var capacity = ResourceList()
    public var allocatable = ResourceList()
    public var conditions: [Condition] = []
    public var images: [ContainerImage] = []
    public var volumesInUse: [String] = []
    public var volumesAttached: [AttachedVolume] = []
    /// `addresses`, `nodeInfo`, `declaredFeatures` and others.
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.resources("capacity", &capacity)
        fields.resources("allocatable", &allocatable)
        fields.list("conditions", &conditions)
        fields.list("images", &images)
        fields.strings("volumesInUse", &volumesInUse)
        fields.list("volumesAttached", &volumesAttached)
        fields.rest(&rest)
    }
}

public struct Node: FieldMappedObject {
    public static let kind = ObjectKind.node
    public var metadata = ObjectMeta()
    public var spec = NodeSpec()
    public var status = NodeStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

/// Labels and taints that the system itself puts on nodes.
public enum WellKnown {
    public static let hostnameLabel = "kubernetes.io/hostname"
    public static let zoneLabel = "topology.kubernetes.io/zone"
    public static let regionLabel = "topology.kubernetes.io/region"
    public static let rackLabel = "simk.dev/rack"
    public static let notReadyTaint = "node.kubernetes.io/not-ready"
    public static let unreachableTaint = "node.kubernetes.io/unreachable"
    public static let unschedulableTaint = "node.kubernetes.io/unschedulable"
    public static let memoryPressureTaint = "node.kubernetes.io/memory-pressure"
    public static let diskPressureTaint = "node.kubernetes.io/disk-pressure"
    public static let pidPressureTaint = "node.kubernetes.io/pid-pressure"
    public static let networkUnavailableTaint = "node.kubernetes.io/network-unavailable"
    public static let outOfServiceTaint = "node.kubernetes.io/out-of-service"
}
