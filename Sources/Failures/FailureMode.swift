/// What a failure strikes.
public enum FailureScope: String, BitwiseCopyable, CaseIterable, Hashable, Sendable {
    case node, disk, rack, zone
}

/// How a component fails.
public enum FailureMode: String, BitwiseCopyable, CaseIterable, Hashable, Sendable {
    /// The machine stops at once; containers and unsaved state are gone.
    case powerLoss
    /// The kubelet stops; containers run on, but nobody reports or obeys.
    case kubeletStop
    /// The network to the control plane is cut; kubelet and containers run on.
    case partition
    /// A disk stops serving reads and writes; its machine runs on.
    case diskFailure

    /// Whether components of this scope can fail in this way.
    public func applies(to scope: FailureScope) -> Bool { (self == .diskFailure) == (scope == .disk) }
}

/// How old components are when the simulation begins.
public enum FailureAge: String, BitwiseCopyable, CaseIterable, Hashable, Sendable {
    /// All are new: the first life is a whole time to failure.
    case new
    /// They have been in service for ever: the first life is what is left of one, seen at a random moment.
    ///
    /// All components start up; only the life is in equilibrium, not the share that is under repair. The
    /// first outage comes at the long-run rate per time up, so no burst of infant failures marks the start.
    case stationary
}

/// One component that can fail, by its number among those of its scope.
public struct FailureComponent: BitwiseCopyable, Hashable, Sendable {
    public var scope: FailureScope
    /// The place in the caller's list of nodes, disks, racks or zones.
    public var index: UInt32

    @inlinable
    public init(_ scope: FailureScope, _ index: UInt32) {
        self.scope = scope
        self.index = index
    }
}
