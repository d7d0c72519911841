public import OrderedCollections

/// A reference to an object in some namespace.
public typealias ObjectReference = TargetReference

public struct PersistentVolume: FieldMappedObject {
    public struct Spec: Hashable, FieldMapped {
        public var capacity = ResourceList()
        public var accessModes: [String] = []
        public var claimRef: ObjectReference?
        /// `Retain`, `Delete` or `Recycle`.
        public var persistentVolumeReclaimPolicy = ""
        public var storageClassName = ""
        public var mountOptions: [String] = []
        /// `Filesystem` or `Block`.
        public var volumeMode: String?
        public var nodeAffinity: VolumeNodeAffinity?
        public var csi: CSISource?
        public var volumeAttributesClassName: String?
        /// The sources of other kinds (`hostPath`, `nfs`, `local`, `awsElasticBlockStore`, …).
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.resources("capacity", &capacity)
            fields.part("csi", &csi)
            fields.strings("accessModes", &accessModes)
            fields.part("claimRef", &claimRef)
            fields.string("persistentVolumeReclaimPolicy", &persistentVolumeReclaimPolicy)
            fields.string("storageClassName", &storageClassName)
            fields.strings("mountOptions", &mountOptions)
            fields.string("volumeMode", &volumeMode)
            fields.part("nodeAffinity", &nodeAffinity)
            fields.string("volumeAttributesClassName", &volumeAttributesClassName)
            fields.rest(&rest)
        }
    }
    public struct VolumeNodeAffinity: Hashable, FieldMapped {
        public var required: NodeSelector?
        public init() {}
        public mutating func map(_ fields: inout Fields) { fields.part("required", &required) }
    }
    public struct CSISource: Hashable, FieldMapped {
        public var driver = ""
        public var volumeHandle = ""
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.requiredString("driver", &driver)
            fields.requiredString("volumeHandle", &volumeHandle)
            fields.rest(&rest)
        }
    }
    public struct Status: Hashable, FieldMapped {
        /// `Pending`, `Available`, `Bound`, `Released` or `Failed`.
        public var phase = ""
        public var message = ""
        public var reason = ""
        public var lastPhaseTransitionTime: Timestamp?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("phase", &phase)
            fields.string("message", &message)
            fields.string("reason", &reason)
            fields.time("lastPhaseTransitionTime", &lastPhaseTransitionTime)
        }
    }
    public static let kind = ObjectKind.persistentVolume
    public var metadata = ObjectMeta()
    public var spec = Spec()
    public var status = Status()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

public struct PersistentVolumeClaim: FieldMappedObject {
    public struct Spec: Hashable, FieldMapped {
        public var accessModes: [String] = []
        public var selector: LabelSelector?
        public var resources = ResourceRequirements()
        public var volumeName = ""
        /// Nil asks for the default class; the empty string for none.
        public var storageClassName: String?
        public var volumeMode: String?
        public var volumeAttributesClassName: String?
        /// `dataSource`, `dataSourceRef`.
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.strings("accessModes", &accessModes)
            fields.part("selector", &selector)
            fields.part("resources", &resources)
            fields.string("volumeName", &volumeName)
            fields.string("storageClassName", &storageClassName)
            fields.string("volumeMode", &volumeMode)
            fields.string("volumeAttributesClassName", &volumeAttributesClassName)
            fields.rest(&rest)
        }
    }
    public struct Status: Hashable, FieldMapped {
        /// `Pending`, `Bound` or `Lost`.
        public var phase = ""
        public var accessModes: [String] = []
        public var capacity = ResourceList()
        public var conditions: [Condition] = []
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("phase", &phase)
            fields.strings("accessModes", &accessModes)
            fields.resources("capacity", &capacity)
            fields.list("conditions", &conditions)
            fields.rest(&rest)
        }
    }
    public static let kind = ObjectKind.persistentVolumeClaim
    public var metadata = ObjectMeta()
    public var spec = Spec()
    public var status = Status()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}

public struct StorageClass: FieldMappedObject {
    public static let kind = ObjectKind.storageClass
    public var metadata = ObjectMeta()
    public var provisioner = ""
    public var reclaimPolicy: String?
    public var mountOptions: [String] = []
    public var allowVolumeExpansion: Bool?
    /// `Immediate` or `WaitForFirstConsumer`.
    public var volumeBindingMode: String?
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.requiredString("provisioner", &provisioner)
        fields.string("reclaimPolicy", &reclaimPolicy)
        fields.strings("mountOptions", &mountOptions)
        fields.bool("allowVolumeExpansion", &allowVolumeExpansion)
        fields.string("volumeBindingMode", &volumeBindingMode)
        fields.rest(&rest)
    }
}

public struct VolumeAttachment: FieldMappedObject {
    public struct Spec: Hashable, FieldMapped {
        public var attacher = ""
        public var persistentVolumeName: String?
        public var nodeName = ""
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.requiredString("attacher", &attacher)
            var source = Source()
            source.persistentVolumeName = persistentVolumeName
            fields.part("source", &source)
            persistentVolumeName = source.persistentVolumeName
            fields.requiredString("nodeName", &nodeName)
        }
    }
    struct Source: Hashable, FieldMapped {
        var persistentVolumeName: String?
        var rest: JSONObject = [:]
        mutating func map(_ fields: inout Fields) {
            fields.string("persistentVolumeName", &persistentVolumeName)
            fields.rest(&rest)
        }
    }
    public struct Status: Hashable, FieldMapped {
        public var attached = false
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            var flag: Bool? = attached
            fields.bool("attached", &flag)
            attached = flag ?? false
            fields.rest(&rest)
        }
    }
    public static let kind = ObjectKind.volumeAttachment
    public var metadata = ObjectMeta()
    public var spec = Spec()
    public var status = Status()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}
