public import KubernetesModel

/// What kind of object an event of the cluster is about, as far as plugins tell them apart.
///
/// Upstream: `kube-scheduler/framework/events.go`, `pkg/scheduler/framework/events.go` (v1.36).
public enum EventResource: UInt8, Hashable, Sendable {
    case pod, node, persistentVolume, persistentVolumeClaim, csiNode, csiDriver, volumeAttachment
    case csiStorageCapacity, storageClass
    /// Stands for all of them.
    case any
}

/// What happened to the object.
public struct EventAction: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let add = EventAction(rawValue: 1)
    public static let delete = EventAction(rawValue: 1 << 1)
    public static let updateNodeAllocatable = EventAction(rawValue: 1 << 2)
    public static let updateNodeLabel = EventAction(rawValue: 1 << 3)
    public static let updateNodeTaint = EventAction(rawValue: 1 << 4)
    public static let updateNodeCondition = EventAction(rawValue: 1 << 5)
    public static let updateNodeAnnotation = EventAction(rawValue: 1 << 6)
    public static let updateNodeDeclaredFeature = EventAction(rawValue: 1 << 7)
    public static let updatePodLabel = EventAction(rawValue: 1 << 8)
    public static let updatePodScaleDown = EventAction(rawValue: 1 << 9)
    public static let updatePodToleration = EventAction(rawValue: 1 << 10)
    public static let updatePodSchedulingGatesEliminated = EventAction(rawValue: 1 << 11)
    /// Any other change.
    public static let updateOther = EventAction(rawValue: 1 << 12)
    public static let update: EventAction = [
        .updateNodeAllocatable, .updateNodeLabel, .updateNodeTaint, .updateNodeCondition,
        .updateNodeAnnotation, .updateNodeDeclaredFeature, .updatePodLabel, .updatePodScaleDown,
        .updatePodToleration, .updatePodSchedulingGatesEliminated, .updateOther,
    ]
    public static let all: EventAction = [.add, .delete, .update]
}

/// A kind of event in the cluster.
public struct ClusterEvent: Hashable, Sendable {
    public var resource: EventResource
    public var action: EventAction

    public init(_ resource: EventResource, _ action: EventAction) {
        self.resource = resource
        self.action = action
    }

    /// Every event there is; it moves every pod.
    public static let wildcard = ClusterEvent(.any, .all)

    /// Whether an event of this kind covers one that happened.
    ///
    /// An update of which no more is known is covered only where all updates are, which upstream finds by
    /// comparing the numbers (`framework/types.go`, `MatchClusterEvents`, v1.36).
    public func covers(_ happened: ClusterEvent) -> Bool {
        if self == .wildcard { return true }
        return (resource == .any || resource == happened.resource)
            && !action.isDisjoint(with: happened.action)
            && happened.action.rawValue <= action.rawValue
    }
}

/// An event that happened: the object before and after it.
public struct ClusterChange: Sendable {
    public var event: ClusterEvent
    /// The name of what happened, for the record.
    public var label: String
    public var old: APIObject?
    public var new: APIObject?

    public init(_ event: ClusterEvent, label: String, old: APIObject? = nil, new: APIObject? = nil) {
        self.event = event
        self.label = label
        self.old = old
        self.new = new
    }

    public var oldPod: Pod? { old?.pod?.value }
    public var newPod: Pod? { new?.pod?.value }
    public var oldNode: Node? { old?.node?.value }
    public var newNode: Node? { new?.node?.value }
}
