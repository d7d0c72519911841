public import SimulationKernel

/// What is in a trace, added up record by record in bounded memory.
public struct TraceSummary: Equatable, Sendable {
    /// The range and the sum of a quantity.
    public struct Spread: Equatable, Sendable {
        public private(set) var count: Int64 = 0
        public private(set) var least = 0.0
        public private(set) var most = 0.0
        public private(set) var sum = 0.0

        public init() {}

        public mutating func add(_ value: Double, times: Int64 = 1) {
            least = count == 0 ? value : min(least, value)
            most = count == 0 ? value : max(most, value)
            count = Self.sum(count, times)
            sum += value * Double(times)
        }

        static func sum(_ left: Int64, _ right: Int64) -> Int64 {
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? .max : sum
        }

        /// 0 when nothing was added.
        public var mean: Double { count == 0 ? 0 : sum / Double(count) }
    }

    /// How often a name occurs.
    public struct Share: Equatable, Sendable {
        public var name: String
        public var count: Int64
    }

    public private(set) var machinesAdded = 0
    public private(set) var machinesRemoved = 0
    public private(set) var machinesUpdated = 0
    public private(set) var machineFaults = 0
    /// The sum over the machines that were added, each once.
    public private(set) var capacity = TraceResources()
    /// Devices of the machines by model.
    public private(set) var gpuModels: [Share] = []

    /// Records of tasks, and the instances that they stand for.
    public private(set) var tasks = 0
    public private(set) var instances: Int64 = 0
    public private(set) var gangs = 0
    public private(set) var withDependencies = 0
    public private(set) var withConstraints = 0
    private var outcomeCounts = [Int64](repeating: 0, count: TraceTask.Outcome.allCases.count)
    private var qosCounts = [Int64](repeating: 0, count: TraceTask.QoS.allCases.count)
    /// Over instances.
    public private(set) var milliCPU = Spread()
    public private(set) var memoryBytes = Spread()
    public private(set) var gpuMilli = Spread()
    /// Over task records that say how long they ran; in seconds.
    public private(set) var durationSeconds = Spread()
    /// From submission to the recorded start; in seconds.
    public private(set) var waitSeconds = Spread()

    public private(set) var objectsApplied: [Share] = []
    public private(set) var objectsDeleted = 0
    public private(set) var podLifetimes = 0
    public private(set) var usageSamples = 0

    public private(set) var firstTime: VirtualTime?
    public private(set) var lastTime: VirtualTime?
    /// Whether the tasks came in the order of their submission.
    public private(set) var isSorted = true

    private var jobHashes: DistinctCount
    private var userHashes: DistinctCount
    private var machineHashes = HashSet64()
    private var lastSubmission = VirtualTime(nanoseconds: .min)

    /// - Parameter distinctLimit: How many jobs, and how many users, are told apart.
    public init(distinctLimit: Int = 4_000_000) {
        jobHashes = DistinctCount(limit: distinctLimit)
        userHashes = DistinctCount(limit: distinctLimit)
    }

    /// Distinct jobs; a lower bound where ``jobsAreBound``.
    public var jobs: Int { jobHashes.count }
    /// Distinct users; a lower bound where ``usersAreBound``.
    public var users: Int { userHashes.count }
    public var jobsAreBound: Bool { jobHashes.isFull }
    public var usersAreBound: Bool { userHashes.isFull }

    /// How the tasks ended, by what occurs.
    public var outcomes: [Share] {
        zip(TraceTask.Outcome.allCases, outcomeCounts).filter { $1 > 0 }.map {
            Share(name: $0.name, count: $1)
        }
    }

    /// The tasks' classes of service, by what occurs.
    public var qos: [Share] {
        zip(TraceTask.QoS.allCases, qosCounts).filter { $1 > 0 }.map { Share(name: $0.name, count: $1) }
    }

    public mutating func add(_ record: TraceRecord) {
        switch record {
        case .machine(let event): add(event)
        case .task(let task): add(task)
        case .object(let object): add(object)
        case .usage(let usage):
            usageSamples += 1
            extend(usage.start, usage.end)
        }
    }

    private mutating func add(_ event: TraceMachineEvent) {
        extend(event.time, event.time)
        switch event.kind {
        case .add: machinesAdded += 1
        case .remove: machinesRemoved += 1
        case .update, .label, .unlabel: machinesUpdated += 1
        case .fault: machineFaults += 1
        }
        guard event.kind == .add, machineHashes.insert(IDHash.hash(event.machine.id)) else {
            return
        }
        capacity.add(event.machine.capacity)
        if event.machine.capacity.gpuCount > 0 {
            Self.count(
                event.machine.gpuModel.isEmpty ? "unknown" : event.machine.gpuModel,
                by: event.machine.capacity.gpuCount, in: &gpuModels)
        }
    }

    private mutating func add(_ task: TraceTask) {
        tasks += 1
        instances = Spread.sum(instances, task.instances)
        if task.gangSize > 1 { gangs += 1 }
        if !task.dependencies.isEmpty { withDependencies += 1 }
        if !task.constraints.isEmpty || !task.gpuModels.isEmpty || task.maxPerMachine != nil {
            withConstraints += 1
        }
        if !task.job.isEmpty { jobHashes.add(task.job) }
        if !task.user.isEmpty { userHashes.add(task.user) }
        outcomeCounts[Int(task.outcome.rawValue)] += 1
        qosCounts[Int(task.qos.rawValue)] += 1
        milliCPU.add(Double(task.requests.milliCPU), times: task.instances)
        memoryBytes.add(Double(task.requests.memoryBytes), times: task.instances)
        gpuMilli.add(Double(task.requests.totalGPUMilli), times: task.instances)
        if let duration = task.duration { durationSeconds.add(duration.fractionalSeconds) }
        if let start = task.start {
            waitSeconds.add(start.sinceStart.fractionalSeconds - task.submission.sinceStart.fractionalSeconds)
        }
        if task.submission < lastSubmission { isSorted = false }
        lastSubmission = max(lastSubmission, task.submission)
        extend(task.submission, task.end ?? task.start ?? task.submission)
    }

    private mutating func add(_ object: TraceObject) {
        extend(object.time, object.time)
        switch object.action {
        case .apply: Self.count(object.kind, by: 1, in: &objectsApplied)
        case .delete: objectsDeleted += 1
        }
        podLifetimes += object.podLifetimes.count
        for lifetime in object.podLifetimes { extend(lifetime.start, lifetime.end ?? lifetime.start) }
    }

    private mutating func extend(_ first: VirtualTime, _ last: VirtualTime) {
        firstTime = firstTime.map { min($0, first) } ?? first
        lastTime = lastTime.map { max($0, last) } ?? last
    }

    private static func count(_ name: String, by amount: Int64, in shares: inout [Share]) {
        if let index = shares.firstIndex(where: { $0.name == name }) {
            shares[index].count = Spread.sum(shares[index].count, amount)
        } else if shares.count < 1_000 {
            shares.append(Share(name: name, count: amount))
        }
    }
}

/// Counts distinct texts by their hashes, up to a limit.
struct DistinctCount: Equatable, Sendable {
    private var hashes = HashSet64()
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { hashes.count }
    var isFull: Bool { hashes.count >= limit }

    mutating func add(_ text: String) {
        if !isFull { _ = hashes.insert(IDHash.hash(text)) }
    }
}

extension TraceResources {
    /// Adds amounts, each held at the largest number instead of overflowing; `gpuMilli` becomes a whole
    /// device's when there are devices.
    mutating func add(_ more: TraceResources) {
        let sum = TraceSummary.Spread.sum
        milliCPU = sum(milliCPU, more.milliCPU)
        memoryBytes = sum(memoryBytes, more.memoryBytes)
        diskBytes = sum(diskBytes, more.diskBytes)
        gpuCount = sum(gpuCount, more.gpuCount)
        gpuMilli = max(gpuMilli, more.gpuMilli)
    }
}
