public import KubernetesModel

/// The objects beside nodes and pods that plugins look at, as the scheduler's informers last saw them.
public struct ClusterObjects {
    public var namespaces = ObjectIndex<Namespace>()
    public var services = ObjectIndex<Service>()
    public var replicationControllers = ObjectIndex<ReplicationController>()
    public var replicaSets = ObjectIndex<ReplicaSet>()
    public var statefulSets = ObjectIndex<StatefulSet>()
    public var podDisruptionBudgets = ObjectIndex<PodDisruptionBudget>()
    public var storageClasses = ObjectIndex<StorageClass>()
    public var persistentVolumes = AssumingIndex<PersistentVolume>()
    public var persistentVolumeClaims = AssumingIndex<PersistentVolumeClaim>()
    /// By node's name.
    public var csiNodes: [String: GenericObject] = [:]
    /// No CSINode has had a lower limit of volumes; greater than any number without limits.
    private(set) var leastAttachLimit = Int64.max
    public var csiDrivers: [String: GenericObject] = [:]
    /// In the order of their keys.
    public var csiStorageCapacities: [GenericObject] = []
    public var volumeAttachments = ObjectIndex<VolumeAttachment>()

    public init() {}

    /// The labels of a namespace; none when it is not known.
    public func namespaceLabels(_ name: String) -> Labels {
        namespaces[name: name]?.value.metadata.labels ?? Labels()
    }

    /// The kinds that ``apply(_:isDeleted:)`` takes.
    public static let kinds: [ObjectKind] = [
        .namespace, .service, .replicationController, .replicaSet, .statefulSet, .podDisruptionBudget,
        .storageClass, .persistentVolume, .persistentVolumeClaim, .csiNode, .csiDriver, .csiStorageCapacity,
        .volumeAttachment,
    ]

    /// Takes over a new version of an object, or its deletion; other kinds are left alone.
    public mutating func apply(_ object: APIObject, isDeleted: Bool) {
        let key = object.key
        func update<Value>(_ index: inout ObjectIndex<Value>, _ value: Ref<Value>) {
            if isDeleted { index.remove(key) } else { index.set(value) }
        }
        switch object {
        case .namespace(let value): update(&namespaces, value)
        case .service(let value): update(&services, value)
        case .replicationController(let value): update(&replicationControllers, value)
        case .replicaSet(let value): update(&replicaSets, value)
        case .statefulSet(let value): update(&statefulSets, value)
        case .podDisruptionBudget(let value): update(&podDisruptionBudgets, value)
        case .storageClass(let value): update(&storageClasses, value)
        case .volumeAttachment(let value): update(&volumeAttachments, value)
        case .persistentVolume(let value): persistentVolumes.observe(value, isDeleted: isDeleted)
        case .persistentVolumeClaim(let value): persistentVolumeClaims.observe(value, isDeleted: isDeleted)
        case .generic(let value):
            switch value.value.kind {
            case .csiNode:
                csiNodes[key.name] = isDeleted ? nil : value.value
                for entry in NodeVolumeLimits.limits(value.value) {
                    leastAttachLimit = min(leastAttachLimit, entry.limit)
                }
            case .csiDriver: csiDrivers[key.name] = isDeleted ? nil : value.value
            case .csiStorageCapacity:
                let place = csiStorageCapacities.firstIndex { $0.metadata.key >= key }
                let isThere = place.map { csiStorageCapacities[$0].metadata.key == key } ?? false
                if let place, isThere { csiStorageCapacities.remove(at: place) }
                if !isDeleted {
                    csiStorageCapacities.insert(value.value, at: place ?? csiStorageCapacities.count)
                }
            default: break
            }
        default: break
        }
    }
}

/// Objects as informers saw them, with versions in front that the scheduler assumes until it sees them.
///
/// Upstream: `pkg/scheduler/util/assumecache/assume_cache.go` (v1.36).
public struct AssumingIndex<Object: KubernetesObject> {
    private var observed = ObjectIndex<Object>()
    /// Few: what was written a moment ago.
    private var assumed = ObjectIndex<Object>()

    public init() {}

    /// In ascending order of keys, assumed versions in place of observed ones.
    public var elements: ContiguousArray<Ref<Object>> {
        assumed.elements.isEmpty ? observed.elements : observed.elements(under: assumed)
    }

    public subscript(namespace namespace: String = "", name name: String) -> Ref<Object>? {
        if let object = assumed[namespace: namespace, name: name] { return object }
        return observed[namespace: namespace, name: name]
    }

    /// The version without any assumption.
    public func observed(namespace: String = "", name: String) -> Ref<Object>? {
        observed[namespace: namespace, name: name]
    }

    mutating func observe(_ object: Ref<Object>, isDeleted: Bool) {
        let key = object.value.metadata.key
        if isDeleted {
            observed.remove(key)
            assumed.remove(key)
            return
        }
        let version = object.value.metadata.resourceVersion
        if let known = observed[namespace: key.namespace, name: key.name], version != 0,
            version <= known.value.metadata.resourceVersion
        {
            return
        }
        observed.set(object)
        assumed.remove(key)
    }

    /// Puts a changed version in front, until a newer one is observed or the assumption is dropped.
    mutating func assume(_ object: Ref<Object>) { assumed.set(object) }

    /// Goes back to the observed version.
    mutating func restore(_ key: ObjectKey) {
        if observed[namespace: key.namespace, name: key.name] != nil { assumed.remove(key) }
    }
}
