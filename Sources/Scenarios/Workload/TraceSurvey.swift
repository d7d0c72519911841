public import SimulationKernel
public import Workloads

/// What a first reading of a trace shows, after window, sample and scales: what the cluster and the second
/// reading need to know before the run begins.
public struct TraceSurvey: Sendable {
    /// Machines as they first appear, in the order of the trace.
    public var machines: [TraceMachine] = []
    /// Machines that were not there at the trace's zero.
    public var lateMachines: Set<String> = []
    public var tasks = 0
    /// With every instance counted.
    public var pods: Int64 = 0
    public var objects = 0
    public var usageSamples = 0
    /// Whether samples of tasks tell CPU, and memory.
    public var hasCPUUsage = false
    public var hasMemoryUsage = false
    public var first = VirtualTime.never
    /// The last submission, or recorded end.
    public var last = VirtualTime.start
    public var lastSubmission = VirtualTime.start
    /// By how much a record may lie before one that stands ahead of it: how far the second reading has to look
    /// ahead to put them in order.
    public var disorder = VirtualDuration.zero
    public var tally = TraceTally()
    public var format: TraceFormat?

    public init() {}

    private var latest = VirtualTime(nanoseconds: .min)
    private var known: Set<String> = []

    mutating func take(_ record: TraceRecord) {
        let time = record.time
        if time < latest { disorder = max(disorder, latest - time) }
        latest = max(latest, time)
        switch record {
        case .machine(let event):
            guard event.kind == .add, known.insert(event.machine.id).inserted else { return }
            machines.append(event.machine)
            if event.time > .start { lateMachines.insert(event.machine.id) }
        case .task(let task):
            tasks += 1
            pods += max(1, task.instances)
            first = min(first, time)
            lastSubmission = max(lastSubmission, time)
            last = max(last, task.end ?? time)
            if let lifetime = task.lifetime { last = max(last, time.advancedClamping(by: lifetime)) }
        case .object(let object):
            objects += 1
            first = min(first, time)
            lastSubmission = max(lastSubmission, time)
            last = object.podLifetimes.reduce(max(last, time)) { max($0, $1.end ?? $1.start) }
        case .usage(let usage):
            usageSamples += 1
            guard usage.subject == .task else { return }
            if usage.milliCPU != nil || usage.cpuFraction != nil { hasCPUUsage = true }
            if usage.memoryBytes != nil || usage.memoryFraction != nil { hasMemoryUsage = true }
        }
    }

    mutating func finish() {
        known = []
        latest = .start
    }
}
