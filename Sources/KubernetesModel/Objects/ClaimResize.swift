import OrderedCollections

/// How far the expansion of a claim's volume is (`status.allocatedResourceStatuses.storage`).
public enum ClaimResizeStatus: String, Hashable, Sendable {
    /// The storage system is at it.
    case controllerInProgress = "ControllerResizeInProgress"
    /// The volume is larger, and waits for the node on which it is mounted.
    case nodePending = "NodeResizePending"
    /// The node is at it.
    case nodeInProgress = "NodeResizeInProgress"
}

/// What the expansion of a volume writes into the status of its claim.
///
/// Upstream: `pkg/volume/util/resize_util.go` (v1.36).
extension PersistentVolumeClaim {
    private static let conditionTypes: Set<String> = [
        "FileSystemResizePending", "Resizing", "ControllerResizeError", "NodeResizeError",
    ]

    /// The size that the claim asks for.
    public var requestedStorage: Quantity { spec.resources.requests[ResourceName.storage] ?? .zero }

    /// The size that the claim has.
    public var grantedStorage: Quantity { status.capacity[ResourceName.storage] ?? .zero }

    /// The size that an expansion under way aims at.
    public var allocatedStorage: Quantity? {
        ResourceList(json: status.rest["allocatedResources"])[ResourceName.storage]
    }

    /// Nil when no expansion is under way.
    public var resizeStatus: ClaimResizeStatus? {
        status.rest["allocatedResourceStatuses"]?[ResourceName.storage]?.stringValue.flatMap(
            ClaimResizeStatus.init(rawValue:))
    }

    /// Whether the volume is larger and its file system is not yet: the node has to see to that.
    public var awaitsNodeExpansion: Bool {
        resizeStatus == .nodePending || resizeStatus == .nodeInProgress
    }

    /// The claim with an expansion at this point.
    public func resizing(_ status: ClaimResizeStatus, to size: Quantity, at now: Timestamp)
        -> PersistentVolumeClaim
    {
        with { claim in
            claim.status.rest["allocatedResourceStatuses"] = [
                ResourceName.storage: .string(status.rawValue)
            ]
            claim.status.rest["allocatedResources"] = [ResourceName.storage: .string(size.description)]
            switch status {
            case .controllerInProgress:
                claim.setResizeCondition(Condition("Resizing", .isTrue, lastTransitionTime: now))
            case .nodePending:
                claim.setResizeCondition(
                    Condition(
                        "FileSystemResizePending", .isTrue,
                        message: "Waiting for user to (re-)start a pod to finish file system resize of "
                            + "volume on node.", lastTransitionTime: now))
            case .nodeInProgress: break
            }
        }
    }

    /// The claim after an expansion.
    public func resized(to size: Quantity) -> PersistentVolumeClaim {
        with { claim in
            claim.status.capacity[ResourceName.storage] = size
            claim.status.rest["allocatedResourceStatuses"] = nil
            claim.setResizeCondition(nil)
        }
    }

    /// Puts a condition in the place of those about expansion; one that held before keeps its time.
    private mutating func setResizeCondition(_ condition: Condition?) {
        let old = condition.flatMap { status.conditions[$0.type] }
        status.conditions.removeAll { Self.conditionTypes.contains($0.type) }
        if let condition { status.conditions.append(old ?? condition) }
    }
}
