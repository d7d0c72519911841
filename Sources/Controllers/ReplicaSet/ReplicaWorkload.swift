public import KubernetesModel

/// A kind of object that keeps a number of like pods alive: what ReplicaSets and ReplicationControllers
/// share.
public protocol ReplicaWorkload: TypedObject {
    /// Upstream's name of the controller: the source of its events.
    static var controllerName: String { get }
    /// Whether the status counts pods that are being deleted.
    static var reportsTerminatingReplicas: Bool { get }
    /// Whether the controller waits until its cache has its own writes.
    static var awaitsOwnWrites: Bool { get }

    var replicas: Int64 { get }
    var minReadySeconds: Int64 { get }
    var template: PodTemplate { get }
    var replicaStatus: ReplicaSetStatus { get set }
    /// Whether the selector selects pods with these labels.
    func selects(_ labels: Labels) -> Bool
    /// Whether the selector is empty; to adopt pods such a one selects none.
    var selectsAll: Bool { get }
}

extension ReplicaSet: ReplicaWorkload {
    public static var controllerName: String { "replicaset-controller" }
    public static var reportsTerminatingReplicas: Bool { true }
    public static var awaitsOwnWrites: Bool { true }

    public var replicas: Int64 { spec.replicas }
    public var minReadySeconds: Int64 { spec.minReadySeconds }
    public var template: PodTemplate { spec.template }
    public var replicaStatus: ReplicaSetStatus {
        get { status }
        set { status = newValue }
    }
    public func selects(_ labels: Labels) -> Bool { spec.selector.matches(labels) }
    public var selectsAll: Bool { spec.selector.isEmpty }
}

extension ReplicationController: ReplicaWorkload {
    public static var controllerName: String { "replication-controller" }
    public static var reportsTerminatingReplicas: Bool { false }
    public static var awaitsOwnWrites: Bool { false }

    public var replicas: Int64 { spec.replicas }
    public var minReadySeconds: Int64 { spec.minReadySeconds }
    public var template: PodTemplate { spec.template }
    public var replicaStatus: ReplicaSetStatus {
        get { status }
        set { status = newValue }
    }
    public func selects(_ labels: Labels) -> Bool {
        spec.selector.entries.allSatisfy { labels[$0.key] == $0.value }
    }
    public var selectsAll: Bool { spec.selector.isEmpty }
}
