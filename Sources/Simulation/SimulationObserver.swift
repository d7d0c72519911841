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
    /// A scheduler has something for the record.
    func recorded(_ record: SchedulerRecord)
}

extension SimulationObserver {
    public var hearsScheduling: Bool { false }
    public func recorded(_ record: SchedulerRecord) {}
}
