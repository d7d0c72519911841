public import OrderedCollections

/// Any API object: eight bytes that point to one immutable version of it.
public enum APIObject: Hashable, Sendable {
    case namespace(Ref<Namespace>)
    case node(Ref<Node>)
    case lease(Ref<Lease>)
    case pod(Ref<Pod>)
    case replicationController(Ref<ReplicationController>)
    case replicaSet(Ref<ReplicaSet>)
    case deployment(Ref<Deployment>)
    case statefulSet(Ref<StatefulSet>)
    case daemonSet(Ref<DaemonSet>)
    case job(Ref<Job>)
    case cronJob(Ref<CronJob>)
    case controllerRevision(Ref<ControllerRevision>)
    case service(Ref<Service>)
    case endpointSlice(Ref<EndpointSlice>)
    case persistentVolume(Ref<PersistentVolume>)
    case persistentVolumeClaim(Ref<PersistentVolumeClaim>)
    case storageClass(Ref<StorageClass>)
    case volumeAttachment(Ref<VolumeAttachment>)
    case priorityClass(Ref<PriorityClass>)
    case podDisruptionBudget(Ref<PodDisruptionBudget>)
    case event(Ref<Event>)
    case horizontalPodAutoscaler(Ref<HorizontalPodAutoscaler>)
    /// An answer of the metrics APIs; never stored.
    case metricValues(Ref<MetricValueList>)
    /// Kinds that simk stores but does not interpret.
    case generic(Ref<GenericObject>)

    /// The kind, which a case names; a generic object holds its own.
    public var kind: ObjectKind {
        switch self {
        case .namespace: .namespace
        case .node: .node
        case .lease: .lease
        case .pod: .pod
        case .replicationController: .replicationController
        case .replicaSet: .replicaSet
        case .deployment: .deployment
        case .statefulSet: .statefulSet
        case .daemonSet: .daemonSet
        case .job: .job
        case .cronJob: .cronJob
        case .controllerRevision: .controllerRevision
        case .service: .service
        case .endpointSlice: .endpointSlice
        case .persistentVolume: .persistentVolume
        case .persistentVolumeClaim: .persistentVolumeClaim
        case .storageClass: .storageClass
        case .volumeAttachment: .volumeAttachment
        case .priorityClass: .priorityClass
        case .podDisruptionBudget: .podDisruptionBudget
        case .event: .event
        case .horizontalPodAutoscaler: .horizontalPodAutoscaler
        case .metricValues: .metricValueList
        case .generic(let object): object.value.kind
        }
    }

    public var metadata: ObjectMeta {
        switch self {
        case .namespace(let object): object.value.metadata
        case .node(let object): object.value.metadata
        case .lease(let object): object.value.metadata
        case .pod(let object): object.value.metadata
        case .replicationController(let object): object.value.metadata
        case .replicaSet(let object): object.value.metadata
        case .deployment(let object): object.value.metadata
        case .statefulSet(let object): object.value.metadata
        case .daemonSet(let object): object.value.metadata
        case .job(let object): object.value.metadata
        case .cronJob(let object): object.value.metadata
        case .controllerRevision(let object): object.value.metadata
        case .service(let object): object.value.metadata
        case .endpointSlice(let object): object.value.metadata
        case .persistentVolume(let object): object.value.metadata
        case .persistentVolumeClaim(let object): object.value.metadata
        case .storageClass(let object): object.value.metadata
        case .volumeAttachment(let object): object.value.metadata
        case .priorityClass(let object): object.value.metadata
        case .podDisruptionBudget(let object): object.value.metadata
        case .event(let object): object.value.metadata
        case .horizontalPodAutoscaler(let object): object.value.metadata
        case .metricValues(let object): object.value.metadata
        case .generic(let object): object.value.metadata
        }
    }

    /// The same object with changed metadata.
    public func withMetadata(_ change: (inout ObjectMeta) -> Void) -> APIObject {
        switch self {
        case .namespace(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .node(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .lease(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .pod(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .replicationController(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .replicaSet(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .deployment(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .statefulSet(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .daemonSet(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .job(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .cronJob(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .controllerRevision(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .service(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .endpointSlice(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .persistentVolume(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .persistentVolumeClaim(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .storageClass(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .volumeAttachment(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .priorityClass(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .podDisruptionBudget(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .event(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .horizontalPodAutoscaler(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .metricValues(let object): APIObject(object.value.with { change(&$0.metadata) })
        case .generic(let object):
            {
                var copy = object.value
                change(&copy.metadata)
                return .generic(Ref(copy))
            }()
        }
    }

    /// The object as JSON, with its kind and version.
    public func tree(epoch: CalendarTime) -> JSONValue {
        switch self {
        case .namespace(let object): return object.value.tree(epoch: epoch)
        case .node(let object): return object.value.tree(epoch: epoch)
        case .lease(let object): return object.value.tree(epoch: epoch)
        case .pod(let object): return object.value.tree(epoch: epoch)
        case .replicationController(let object): return object.value.tree(epoch: epoch)
        case .replicaSet(let object): return object.value.tree(epoch: epoch)
        case .deployment(let object): return object.value.tree(epoch: epoch)
        case .statefulSet(let object): return object.value.tree(epoch: epoch)
        case .daemonSet(let object): return object.value.tree(epoch: epoch)
        case .job(let object): return object.value.tree(epoch: epoch)
        case .cronJob(let object): return object.value.tree(epoch: epoch)
        case .controllerRevision(let object): return object.value.tree(epoch: epoch)
        case .service(let object): return object.value.tree(epoch: epoch)
        case .endpointSlice(let object): return object.value.tree(epoch: epoch)
        case .persistentVolume(let object): return object.value.tree(epoch: epoch)
        case .persistentVolumeClaim(let object): return object.value.tree(epoch: epoch)
        case .storageClass(let object): return object.value.tree(epoch: epoch)
        case .volumeAttachment(let object): return object.value.tree(epoch: epoch)
        case .priorityClass(let object): return object.value.tree(epoch: epoch)
        case .podDisruptionBudget(let object): return object.value.tree(epoch: epoch)
        case .event(let object): return object.value.tree(epoch: epoch)
        case .horizontalPodAutoscaler(let object): return object.value.tree(epoch: epoch)
        case .metricValues(let object): return object.value.tree(epoch: epoch)
        case .generic(let object):
            let value = object.value
            var members: JSONObject = [
                "kind": .string(value.kind.name), "apiVersion": .string(value.kind.info.apiVersion),
                "metadata": .object(value.metadata.fields(epoch: epoch)),
            ]
            for (name, member) in value.body { members[name] = member }
            return .object(members)
        }
    }

    /// Reads an object of a known kind from a tree that was normalised, defaulted and validated before.
    public init(kind: ObjectKind, tree: JSONObject, epoch: CalendarTime) {
        switch kind {
        case .namespace: self.init(Namespace(tree: tree, epoch: epoch))
        case .node: self.init(Node(tree: tree, epoch: epoch))
        case .lease: self.init(Lease(tree: tree, epoch: epoch))
        case .pod: self.init(Pod(tree: tree, epoch: epoch))
        case .replicationController: self.init(ReplicationController(tree: tree, epoch: epoch))
        case .replicaSet: self.init(ReplicaSet(tree: tree, epoch: epoch))
        case .deployment: self.init(Deployment(tree: tree, epoch: epoch))
        case .statefulSet: self.init(StatefulSet(tree: tree, epoch: epoch))
        case .daemonSet: self.init(DaemonSet(tree: tree, epoch: epoch))
        case .job: self.init(Job(tree: tree, epoch: epoch))
        case .cronJob: self.init(CronJob(tree: tree, epoch: epoch))
        case .controllerRevision: self.init(ControllerRevision(tree: tree, epoch: epoch))
        case .service: self.init(Service(tree: tree, epoch: epoch))
        case .endpointSlice: self.init(EndpointSlice(tree: tree, epoch: epoch))
        case .persistentVolume: self.init(PersistentVolume(tree: tree, epoch: epoch))
        case .persistentVolumeClaim: self.init(PersistentVolumeClaim(tree: tree, epoch: epoch))
        case .storageClass: self.init(StorageClass(tree: tree, epoch: epoch))
        case .volumeAttachment: self.init(VolumeAttachment(tree: tree, epoch: epoch))
        case .priorityClass: self.init(PriorityClass(tree: tree, epoch: epoch))
        case .podDisruptionBudget: self.init(PodDisruptionBudget(tree: tree, epoch: epoch))
        case .horizontalPodAutoscaler: self.init(HorizontalPodAutoscaler(tree: tree, epoch: epoch))
        case .metricValueList: self.init(MetricValueList(tree: tree, epoch: epoch))
        case .event: self.init(Event(tree: tree, epoch: epoch))
        default:
            var body = tree
            body.removeValue(forKey: "kind")
            body.removeValue(forKey: "apiVersion")
            let metadata = body.removeValue(forKey: "metadata")?.objectValue ?? [:]
            self = .generic(
                Ref(
                    GenericObject(
                        kind: kind, metadata: ObjectMeta(fields: metadata, epoch: epoch), body: body)))
        }
    }
}

extension APIObject {
    /// Names the object among those of its kind.
    ///
    /// The kinds of which there are most are read in place: ``metadata`` is a copy with a dozen references.
    public var key: ObjectKey {
        switch self {
        case .pod(let object): object.value.metadata.key
        case .event(let object): object.value.metadata.key
        case .node(let object): object.value.metadata.key
        case .persistentVolume(let object): object.value.metadata.key
        case .persistentVolumeClaim(let object): object.value.metadata.key
        default: metadata.key
        }
    }

    /// The object's identity, read in place as ``key`` is.
    public var uid: UID {
        switch self {
        case .pod(let object): object.value.metadata.uid
        case .event(let object): object.value.metadata.uid
        case .node(let object): object.value.metadata.uid
        case .persistentVolume(let object): object.value.metadata.uid
        case .persistentVolumeClaim(let object): object.value.metadata.uid
        default: metadata.uid
        }
    }

    /// The store's revision at the object's last change, read in place as ``key`` is.
    public var resourceVersion: Int64 {
        switch self {
        case .pod(let object): object.value.metadata.resourceVersion
        case .event(let object): object.value.metadata.resourceVersion
        case .node(let object): object.value.metadata.resourceVersion
        case .persistentVolume(let object): object.value.metadata.resourceVersion
        case .persistentVolumeClaim(let object): object.value.metadata.resourceVersion
        default: metadata.resourceVersion
        }
    }

    /// Whether two values are the very same version of an object.
    public func isIdentical(to other: APIObject) -> Bool {
        kind == other.kind && resourceVersion == other.resourceVersion && uid == other.uid
    }
}

extension APIObject {
    public init(_ value: Namespace) { self = .namespace(Ref(value)) }
    @inlinable public var namespace: Ref<Namespace>? {
        if case .namespace(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: Node) { self = .node(Ref(value)) }
    @inlinable public var node: Ref<Node>? { if case .node(let object) = self { object } else { nil } }
}

extension APIObject {
    public init(_ value: Lease) { self = .lease(Ref(value)) }
    @inlinable public var lease: Ref<Lease>? { if case .lease(let object) = self { object } else { nil } }
}

extension APIObject {
    @inlinable
    public init(_ value: consuming Pod) { self = .pod(Ref(value)) }
    @inlinable public var pod: Ref<Pod>? { if case .pod(let object) = self { object } else { nil } }
}

extension APIObject {
    public init(_ value: ReplicationController) { self = .replicationController(Ref(value)) }
    @inlinable public var replicationController: Ref<ReplicationController>? {
        if case .replicationController(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: ReplicaSet) { self = .replicaSet(Ref(value)) }
    @inlinable public var replicaSet: Ref<ReplicaSet>? {
        if case .replicaSet(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: Deployment) { self = .deployment(Ref(value)) }
    @inlinable public var deployment: Ref<Deployment>? {
        if case .deployment(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: StatefulSet) { self = .statefulSet(Ref(value)) }
    @inlinable public var statefulSet: Ref<StatefulSet>? {
        if case .statefulSet(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: DaemonSet) { self = .daemonSet(Ref(value)) }
    @inlinable public var daemonSet: Ref<DaemonSet>? {
        if case .daemonSet(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: Job) { self = .job(Ref(value)) }
    @inlinable public var job: Ref<Job>? {
        if case .job(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: CronJob) { self = .cronJob(Ref(value)) }
    @inlinable public var cronJob: Ref<CronJob>? {
        if case .cronJob(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: ControllerRevision) { self = .controllerRevision(Ref(value)) }
    @inlinable public var controllerRevision: Ref<ControllerRevision>? {
        if case .controllerRevision(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: Service) { self = .service(Ref(value)) }
    @inlinable public var service: Ref<Service>? {
        if case .service(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: EndpointSlice) { self = .endpointSlice(Ref(value)) }
    @inlinable public var endpointSlice: Ref<EndpointSlice>? {
        if case .endpointSlice(let object) = self { object } else { nil }
    }
}

extension APIObject {
    @inlinable
    public init(_ value: consuming PersistentVolume) { self = .persistentVolume(Ref(value)) }
    @inlinable public var persistentVolume: Ref<PersistentVolume>? {
        if case .persistentVolume(let object) = self { object } else { nil }
    }
}

extension APIObject {
    @inlinable
    public init(_ value: consuming PersistentVolumeClaim) { self = .persistentVolumeClaim(Ref(value)) }
    @inlinable public var persistentVolumeClaim: Ref<PersistentVolumeClaim>? {
        if case .persistentVolumeClaim(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: StorageClass) { self = .storageClass(Ref(value)) }
    @inlinable public var storageClass: Ref<StorageClass>? {
        if case .storageClass(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: VolumeAttachment) { self = .volumeAttachment(Ref(value)) }
    @inlinable public var volumeAttachment: Ref<VolumeAttachment>? {
        if case .volumeAttachment(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: PriorityClass) { self = .priorityClass(Ref(value)) }
    @inlinable public var priorityClass: Ref<PriorityClass>? {
        if case .priorityClass(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: PodDisruptionBudget) { self = .podDisruptionBudget(Ref(value)) }
    @inlinable public var podDisruptionBudget: Ref<PodDisruptionBudget>? {
        if case .podDisruptionBudget(let object) = self { object } else { nil }
    }
}

extension APIObject {
    @inlinable
    public init(_ value: consuming Event) { self = .event(Ref(value)) }
    @inlinable public var event: Ref<Event>? { if case .event(let object) = self { object } else { nil } }
}

extension APIObject {
    public init(_ value: HorizontalPodAutoscaler) { self = .horizontalPodAutoscaler(Ref(value)) }
    @inlinable public var horizontalPodAutoscaler: Ref<HorizontalPodAutoscaler>? {
        if case .horizontalPodAutoscaler(let object) = self { object } else { nil }
    }
}

extension APIObject {
    public init(_ value: MetricValueList) { self = .metricValues(Ref(value)) }
    @inlinable public var metricValues: Ref<MetricValueList>? {
        if case .metricValues(let object) = self { object } else { nil }
    }
}

/// Typed kinds that ``APIObject`` has a case for.
public protocol TypedObject: KubernetesObject {
    /// Takes the object out of an ``APIObject``; nil when it is of another kind.
    static func unwrap(_ object: APIObject) -> Ref<Self>?
    var erased: APIObject { get }
}

extension Namespace: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Namespace>? { object.namespace }
    public var erased: APIObject { APIObject(self) }
}
extension Node: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Node>? { object.node }
    public var erased: APIObject { APIObject(self) }
}
extension Lease: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Lease>? { object.lease }
    public var erased: APIObject { APIObject(self) }
}
extension Pod: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Pod>? { object.pod }
    public var erased: APIObject { APIObject(self) }
}
extension ReplicationController: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<ReplicationController>? {
        object.replicationController
    }
    public var erased: APIObject { APIObject(self) }
}
extension ReplicaSet: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<ReplicaSet>? { object.replicaSet }
    public var erased: APIObject { APIObject(self) }
}
extension Deployment: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Deployment>? { object.deployment }
    public var erased: APIObject { APIObject(self) }
}
extension StatefulSet: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<StatefulSet>? { object.statefulSet }
    public var erased: APIObject { APIObject(self) }
}
extension DaemonSet: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<DaemonSet>? { object.daemonSet }
    public var erased: APIObject { APIObject(self) }
}
extension Job: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Job>? { object.job }
    public var erased: APIObject { APIObject(self) }
}
extension CronJob: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<CronJob>? { object.cronJob }
    public var erased: APIObject { APIObject(self) }
}
extension ControllerRevision: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<ControllerRevision>? {
        object.controllerRevision
    }
    public var erased: APIObject { APIObject(self) }
}
extension Service: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Service>? { object.service }
    public var erased: APIObject { APIObject(self) }
}
extension EndpointSlice: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<EndpointSlice>? { object.endpointSlice }
    public var erased: APIObject { APIObject(self) }
}
extension PersistentVolume: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<PersistentVolume>? {
        object.persistentVolume
    }
    public var erased: APIObject { APIObject(self) }
}
extension PersistentVolumeClaim: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<PersistentVolumeClaim>? {
        object.persistentVolumeClaim
    }
    public var erased: APIObject { APIObject(self) }
}
extension StorageClass: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<StorageClass>? { object.storageClass }
    public var erased: APIObject { APIObject(self) }
}
extension VolumeAttachment: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<VolumeAttachment>? {
        object.volumeAttachment
    }
    public var erased: APIObject { APIObject(self) }
}
extension PriorityClass: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<PriorityClass>? { object.priorityClass }
    public var erased: APIObject { APIObject(self) }
}
extension PodDisruptionBudget: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<PodDisruptionBudget>? {
        object.podDisruptionBudget
    }
    public var erased: APIObject { APIObject(self) }
}
extension Event: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<Event>? { object.event }
    public var erased: APIObject { APIObject(self) }
}

extension HorizontalPodAutoscaler: TypedObject {
    @inlinable public static func unwrap(_ object: APIObject) -> Ref<HorizontalPodAutoscaler>? {
        object.horizontalPodAutoscaler
    }
    public var erased: APIObject { APIObject(self) }
}

extension Ref: Equatable where Value: Equatable {
    public static func == (left: Ref, right: Ref) -> Bool { left === right || left.value == right.value }
}

extension Ref: Hashable where Value: Hashable {
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
