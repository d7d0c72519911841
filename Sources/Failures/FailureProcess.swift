public import SimulationKernel
public import Stochastics

/// The outages of one component under one model: up, down, up, down, as an alternating renewal process.
///
/// It plans and schedules nothing itself: ask for the next outage when the last has ended. Each outage uses
/// up two numbers of the component's own stream, so other components, models and policies shift nothing.
///
/// A process is a plain value, so that a checkpoint can hold it; a copy has the same future as the original.
public struct FailureProcess: Equatable, Sendable {
    public let model: FailureModel
    public let component: FailureComponent
    private var position: RandomStream.Snapshot
    private var hasFailed = false
    private var lastEnd: VirtualTime?

    /// Makes a process whose first life begins at the moment given to the first call of ``next(after:)``.
    public init(model: FailureModel, component: FailureComponent, stream: consuming RandomStream) {
        self.model = model
        self.component = component
        position = stream.snapshot
    }

    /// The next outage of a component that has been in service again since the given moment.
    ///
    /// - Parameter inService: When the present life began; a moment before the end of the last outage counts
    ///   as that end, so outages of one process never overlap. Give a later one when bringing the component
    ///   back took longer than its repair.
    /// - Returns: Nil when the component outlives the clock, and for ever after.
    public mutating func next(after inService: VirtualTime) -> Outage? {
        let isFirstLife = !hasFailed
        let model = model
        let (up, down) = position.withStream { stream in
            let up =
                isFirstLife && model.age == .stationary
                ? model.timeToFailure.residualLife.sample(from: &stream)
                : model.timeToFailure.sample(from: &stream)
            return (up, model.timeToRepair.sample(from: &stream))
        }
        hasFailed = true
        let begin = max(inService, lastEnd ?? inService)
        let start = begin.advancedClamping(by: VirtualDuration(fractionalSeconds: up))
        // An outage has a length, so that its end is never handled before its beginning.
        let repair = max(VirtualDuration(fractionalSeconds: down), .nanoseconds(1))
        let end = start.advancedClamping(by: repair)
        lastEnd = end
        return start == .never ? nil : Outage(component, model.mode, from: start, to: end)
    }
}
