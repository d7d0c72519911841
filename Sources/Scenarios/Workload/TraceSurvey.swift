public import KubernetesModel
import OrderedCollections
public import SimulationKernel
public import Workloads

/// What a first reading of a trace shows, after window, sample and scales: what the cluster and the second
/// reading need to know before the run begins.
public struct TraceSurvey: Sendable {
    /// Machines as they first appear, in the order of the trace, with the attributes that they have by then.
    public var machines: [TraceMachine] = []
    /// When each machine first appears.
    var arrivals: [String: VirtualTime] = [:]
    /// Machines that were not there at the trace's zero.
    public var lateMachines: Set<String> = []
    public var tasks = 0
    /// The most of each resource that any task asks for.
    private var largest = TraceResources()
    private var largestGPUMilli: Int64 = 0
    /// With every instance counted.
    public var pods: Int64 = 0
    public var objects = 0
    /// The objects of a snapshot.
    public var state: [JSONValue] = []
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

    /// What is known of machines alone.
    public init(machines events: [TraceMachineEvent]) {
        for event in events { take(.machine(event)) }
        finish()
    }

    /// Whether an event says what a machine was when it came.
    public func isInitial(_ event: TraceMachineEvent) -> Bool {
        event.time <= arrivals[event.machine.id] ?? .start
    }

    /// Attributes as labels of the node.
    public static func labels(of attributes: [TraceLabel]) -> [String: String] {
        TraceMachines.labels(of: attributes)
    }

    /// Constraints as expressions of a node selector, without those that it cannot say.
    public static func nodeConditions(of constraints: [TraceConstraint]) -> [JSONValue] {
        TracePodMaker.conditions(constraints)
    }

    /// Whether a constraint can be said of node labels: Kubernetes compares only whole numbers.
    public static func canExpress(_ constraint: TraceConstraint) -> Bool {
        TracePodMaker.canExpress(constraint)
    }

    private var latest = VirtualTime(nanoseconds: .min)
    private var places: [String: Int] = [:]
    /// Attributes of machines that the trace has not shown yet.
    private var early: [String: [TraceMachineEvent]] = [:]

    mutating func take(_ record: TraceRecord) {
        let time = record.time
        if time < latest { disorder = max(disorder, latest - time) }
        latest = max(latest, time)
        switch record {
        case .machine(let event):
            take(event)
        case .task(let task):
            tasks += 1
            pods += max(1, task.instances)
            take(task.requests)
            first = min(first, time)
            lastSubmission = max(lastSubmission, time)
            last = max(last, task.end ?? time)
            if let lifetime = task.lifetime { last = max(last, time.advancedClamping(by: lifetime)) }
        case .object(let object):
            objects += 1
            if format == .snapshot { state.append(object.object) }
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

    private mutating func take(_ requests: TraceResources) {
        largest.milliCPU = max(largest.milliCPU, requests.milliCPU)
        largest.memoryBytes = max(largest.memoryBytes, requests.memoryBytes)
        largest.diskBytes = max(largest.diskBytes, requests.diskBytes)
        largestGPUMilli = max(largestGPUMilli, requests.totalGPUMilli)
        for other in requests.others {
            if let place = largest.others.firstIndex(where: { $0.name == other.name }) {
                largest.others[place].amount = max(largest.others[place].amount, other.amount)
            } else {
                largest.others.append(other)
            }
        }
    }

    /// The most of each resource that any task asks for, as quantities by the names that pods request.
    var largestRequests: JSONObject {
        var amounts = TracePodMaker.amounts(largest)
        if largestGPUMilli > 0 { amounts[TracePodMaker.gpuMilli] = .string(String(largestGPUMilli)) }
        return amounts
    }

    private mutating func take(_ event: TraceMachineEvent) {
        let id = event.machine.id
        guard let place = places[id], let arrival = arrivals[id] else {
            guard event.kind == .add else {
                if event.kind != .remove && event.kind != .fault { early[id, default: []].append(event) }
                return
            }
            places[id] = machines.count
            arrivals[id] = event.time
            machines.append(event.machine)
            if event.time > .start { lateMachines.insert(id) }
            for earlier in early.removeValue(forKey: id) ?? [] where earlier.time <= event.time {
                machines[machines.count - 1].take(earlier)
            }
            return
        }
        if event.time <= arrival { machines[place].take(event) }
    }

    mutating func finish() {
        places = [:]
        early = [:]
        latest = .start
    }
}
