/// What brought a component down: the number of an outage in the caller's list of outages.
public struct OutageCause: BitwiseCopyable, Hashable, Sendable {
    public var index: UInt32

    @inlinable
    public init(_ index: UInt32) { self.index = index }
}

/// Which outages hold which components down at present.
///
/// A node may be without power for its own sake and for its rack's: it is down while at least one cause
/// lasts. Modes count apart: a partition does not end because the power returns. The ledger says of each
/// change of causes whether the component's state changed with it, which is when something is to be done.
public struct OutageLedger: Equatable, Sendable {
    private struct Key: Hashable {
        var component: FailureComponent
        var mode: FailureMode
    }

    /// Looked up only, never iterated; a list of causes is in the order of their beginning, and not empty.
    private var active: [Key: [OutageCause]] = [:]

    public init() {}

    /// Adds a cause; one that is there already changes nothing.
    ///
    /// - Returns: True when the component was free of this mode before.
    public mutating func begin(
        _ cause: OutageCause, _ mode: FailureMode, on component: FailureComponent
    ) -> Bool {
        let key = Key(component: component, mode: mode)
        guard var causes = active[key] else {
            active[key] = [cause]
            return true
        }
        if !causes.contains(cause) {
            causes.append(cause)
            active[key] = causes
        }
        return false
    }

    /// Removes a cause; one that is not there changes nothing.
    ///
    /// - Returns: True when it was the last, so that the component is free of this mode again.
    public mutating func end(
        _ cause: OutageCause, _ mode: FailureMode, on component: FailureComponent
    ) -> Bool {
        let key = Key(component: component, mode: mode)
        guard var causes = active[key], let position = causes.firstIndex(of: cause) else { return false }
        causes.remove(at: position)
        active[key] = causes.isEmpty ? nil : causes
        return causes.isEmpty
    }

    /// Removes all causes of a mode, as when an operator recovers the component; their later ends do nothing.
    ///
    /// - Returns: True when there was a cause.
    public mutating func endAll(_ mode: FailureMode, on component: FailureComponent) -> Bool {
        active.removeValue(forKey: Key(component: component, mode: mode)) != nil
    }

    /// Whether at least one cause of this mode lasts.
    public func isDown(_ component: FailureComponent, by mode: FailureMode) -> Bool {
        active[Key(component: component, mode: mode)] != nil
    }

    /// The causes that last, in the order in which they began.
    public func causes(of mode: FailureMode, on component: FailureComponent) -> [OutageCause] {
        active[Key(component: component, mode: mode)] ?? []
    }
}
