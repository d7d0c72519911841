public import KubernetesModel
public import SimulationKernel

/// A process of the cluster: its place in the simulation's table.
public struct ProcessID: Hashable, BitwiseCopyable, Sendable {
    public var index: UInt32

    @inlinable
    public init(index: UInt32) { self.index = index }
}

/// Everything that can happen in a run. Events are plain bits, so a run can be logged, compared and repeated.
public enum SimulationEvent: BitwiseCopyable, Sendable {
    /// A call has reached the API server (a write: has been committed).
    case callExecutes(Handle<CallInFlight>)
    /// A call's answer has reached the process that made it.
    case callReturns(Handle<CallInFlight>)
    /// Watch events have reached a process.
    case watchDelivers(ProcessID)
    /// A process's own earliest alarm.
    case processWakes(ProcessID)
    /// A scripted command of the scenario's timeline.
    case command(UInt32)
    /// A standby may try to take a lease.
    case electionPoll(ProcessID)
    /// A process that was killed comes back.
    case processReturns(ProcessID)
    /// A stochastic failure strikes, or is repaired.
    case failureBegins(UInt32)
    case failureEnds(UInt32)
    /// A scripted outage of one cause ends.
    case outageEnds(UInt32)
    /// A machine that got its power back has booted.
    case nodeBoots(UInt32)
    /// metrics-server reads the kubelets.
    case metricsScrape
    /// The next pods of the workload are due.
    case workloadArrives
    /// A pod of the workload is to go.
    case workloadDeletes(Handle<ObjectKey>)
    /// Something that the workload put off is due.
    case workloadResumes(Handle<WorkloadDelay>)

    /// A number for the digest; it stays the same when cases are added.
    var code: UInt64 {
        switch self {
        case .callExecutes: 1
        case .callReturns: 2
        case .watchDelivers: 3
        case .processWakes: 4
        case .command: 5
        case .electionPoll: 6
        case .processReturns: 7
        case .failureBegins: 8
        case .failureEnds: 9
        case .outageEnds: 10
        case .nodeBoots: 11
        case .metricsScrape: 12
        case .workloadArrives: 13
        case .workloadDeletes: 14
        case .workloadResumes: 15
        }
    }

    /// What the event is about, as a number.
    var subject: UInt64 {
        switch self {
        case .callExecutes(let call), .callReturns(let call): UInt64(call.index)
        case .workloadArrives: 0
        case .workloadDeletes(let handle): UInt64(handle.index)
        case .workloadResumes(let handle): UInt64(handle.index)
        case .watchDelivers(let process), .processWakes(let process), .electionPoll(let process),
            .processReturns(let process):
            UInt64(process.index)
        case .command(let index), .failureBegins(let index), .failureEnds(let index), .outageEnds(let index),
            .nodeBoots(let index):
            UInt64(index)
        case .metricsScrape: 0
        }
    }
}
