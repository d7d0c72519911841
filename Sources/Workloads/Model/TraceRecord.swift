public import SimulationKernel

/// One fact of a trace, in the common terms of all formats.
public enum TraceRecord: Hashable, Sendable {
    case machine(TraceMachineEvent)
    case task(TraceTask)
    case object(TraceObject)
    case usage(TraceUsage)

    /// The moment by which records are put in order: a task's submission, a usage interval's start.
    public var time: VirtualTime {
        switch self {
        case .machine(let event): event.time
        case .task(let task): task.submission
        case .object(let object): object.time
        case .usage(let usage): usage.start
        }
    }

    /// At one moment machines come first, then objects, tasks and usage.
    public var rank: UInt8 {
        switch self {
        case .machine: 0
        case .object: 1
        case .task: 2
        case .usage: 3
        }
    }
}
