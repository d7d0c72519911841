public import SimulationKernel

/// One failure of one component, from its beginning to its end: scripted, drawn or replayed alike.
public struct Outage: BitwiseCopyable, Hashable, Sendable {
    public var component: FailureComponent
    public var mode: FailureMode
    public var start: VirtualTime
    /// The first moment after the outage; `VirtualTime.never` when nothing ends it.
    public var end: VirtualTime

    @inlinable
    public init(
        _ component: FailureComponent, _ mode: FailureMode, from start: VirtualTime,
        to end: VirtualTime = .never
    ) {
        self.component = component
        self.mode = mode
        self.start = start
        self.end = end
    }

    /// The time between beginning and end; the longest duration for an outage that nothing ends.
    public var duration: VirtualDuration { end == .never ? .maximum : end - start }
}
