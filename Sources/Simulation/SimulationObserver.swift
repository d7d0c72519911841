public import ControlPlane
public import Scheduler
public import SimulationKernel

/// Hears what happens in a run, in order. Observers change nothing in it.
public protocol SimulationObserver: AnyObject {
    /// The store was written.
    func stored(_ change: StoreChange)
    /// A component has something to tell.
    func noted(_ entry: JournalEntry, at time: VirtualTime)
    /// A component reported an Event; its object is written later, or never when there are too many.
    func reported(_ event: EventRecord, at time: VirtualTime)
    /// Whether the observer wants the schedulers' records, which take some time to make.
    var hearsScheduling: Bool { get }
    /// Whether the observer wants a note of every pod that a scheduler places, with the reason, which takes a search
    /// through all scores.
    var hearsPlacements: Bool { get }
    /// A scheduler has something for the record.
    func recorded(_ record: SchedulerRecord)
    /// The run begins. The observer may look at its state whenever it is told of something.
    func began(_ simulation: ClusterSimulation)
    /// Whether the observer wants to hear of every call, which takes some time.
    var hearsCalls: Bool { get }
    /// The API server has handled a call.
    func called(_ call: ObservedCall)
}

/// A call that the API server has handled.
public struct ObservedCall: Sendable {
    public var time: VirtualTime
    public var process: ProcessID
    /// The name of the process that made it.
    public var processName: String
    public var request: APIRequest
    public var error: APIError?
    /// Whether it has changed anything in the store.
    public var hadEffect: Bool
}

extension SimulationObserver {
    public var hearsScheduling: Bool { false }
    public var hearsPlacements: Bool { true }
    public func recorded(_ record: SchedulerRecord) {}
    public func began(_ simulation: ClusterSimulation) {}
    public var hearsCalls: Bool { false }
    public func called(_ call: ObservedCall) {}
}
