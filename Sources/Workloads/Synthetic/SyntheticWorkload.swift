public import SimulationKernel
public import Stochastics

/// A made-up workload: kinds of jobs and services, each with its arrivals, sizes and durations.
///
/// Each kind draws from streams of its own, named after it, so that a further kind shifts no other; each
/// quantity too, so that another distribution of sizes leaves the arrivals as they are.
public struct SyntheticWorkload: Equatable, Sendable {
    /// A kind of job. A job is one task record, which stands for its instances.
    public struct JobKind: Equatable, Sendable {
        public var name: String
        public var arrivals: ArrivalProcess
        /// How long a task runs, in seconds; nil: it is a service, which runs until the end.
        public var durationSeconds: Distribution?
        public var milliCPU: Distribution
        public var memoryBytes: Distribution
        /// Whole devices, rounded; a draw below 1 is a share of one device.
        public var gpus: Distribution = .constant(0)
        /// The models that are admissible; empty: any.
        public var gpuModels: [String] = []
        /// How many instances a job has: rounded, at least 1.
        public var instances: Distribution = .constant(1)
        /// Whether the instances of a job must run at the same time.
        public var isGang = false
        public var priority: Int32?
        public var qos: TraceTask.QoS = .unspecified
        /// Jobs are given to so many users, each as likely as any other.
        public var users = 1
        /// At most so many jobs; nil: as many as arrive in the time.
        public var limit: Int?

        public init(
            name: String, arrivals: ArrivalProcess, durationSeconds: Distribution?, milliCPU: Distribution,
            memoryBytes: Distribution
        ) {
            self.name = name
            self.arrivals = arrivals
            self.durationSeconds = durationSeconds
            self.milliCPU = milliCPU
            self.memoryBytes = memoryBytes
        }
    }

    /// Services that are there from the start, for ever.
    public struct ServiceKind: Equatable, Sendable {
        public var name: String
        public var count: Int
        public var milliCPU: Distribution
        public var memoryBytes: Distribution
        /// Instances of one service.
        public var replicas: Distribution = .constant(1)
        /// How many of them one machine may hold; nil: any number.
        public var maxPerMachine: Int64?
        public var priority: Int32?

        public init(name: String, count: Int, milliCPU: Distribution, memoryBytes: Distribution) {
            self.name = name
            self.count = count
            self.milliCPU = milliCPU
            self.memoryBytes = memoryBytes
        }
    }

    public var jobs: [JobKind] = []
    public var services: [ServiceKind] = []
    /// Nothing arrives at it or later.
    public var until: VirtualTime

    public init(until: VirtualTime) { self.until = until }

    /// Everything that is wrong, each with the kind's name before the parameter.
    public func validate() -> [ParameterError] {
        var errors: [ParameterError] = []
        func add(_ place: String, _ found: [ParameterError]) {
            for var error in found {
                error.parameter = "\(place).\(error.parameter)"
                errors.append(error)
            }
        }
        for job in jobs {
            add("\(job.name).arrivals", job.arrivals.validate())
            if let duration = job.durationSeconds { add("\(job.name).duration", duration.validate()) }
            add("\(job.name).milliCPU", job.milliCPU.validate())
            add("\(job.name).memoryBytes", job.memoryBytes.validate())
            add("\(job.name).gpus", job.gpus.validate())
            add("\(job.name).instances", job.instances.validate())
            if job.users < 1 {
                errors.append(
                    ParameterError(
                        parameter: "\(job.name).users", found: "\(job.users)", expected: "a number above 0"))
            }
        }
        for service in services {
            add("\(service.name).milliCPU", service.milliCPU.validate())
            add("\(service.name).memoryBytes", service.memoryBytes.validate())
            add("\(service.name).replicas", service.replicas.validate())
        }
        var seen: Set<String> = []
        for name in jobs.map(\.name) + services.map(\.name) where !seen.insert(name).inserted {
            errors.append(
                ParameterError(parameter: name, found: "the name a second time", expected: "every name once"))
        }
        return errors
    }
}

/// The tasks of a made-up workload in the order of their submission, made one at a time.
///
/// Its memory grows with the kinds, not with the tasks.
public struct SyntheticTasks: Sendable {
    private let workload: SyntheticWorkload
    private var kinds: [Kind]
    private var services: [TraceTask]

    private struct Kind: Sendable {
        var arrivals: ArrivalSequence
        var next: VirtualTime
        var made = 0
        var durations: RandomStream.Snapshot
        var cpu: RandomStream.Snapshot
        var memory: RandomStream.Snapshot
        var gpus: RandomStream.Snapshot
        var instances: RandomStream.Snapshot
        var users: RandomStream.Snapshot
    }

    /// - Parameter workload: One whose ``SyntheticWorkload/validate()`` finds nothing wrong.
    public init(_ workload: SyntheticWorkload, seed: UInt64) {
        self.workload = workload
        let root = RandomStreams(seed: seed).scoped("workloads/synthetic")
        kinds = workload.jobs.map { job in
            let streams = root.scoped(job.name)
            var arrivals = ArrivalSequence(job.arrivals, streams: streams.scoped("arrivals"))
            let first = arrivals.next()
            return Kind(
                arrivals: arrivals, next: first, durations: streams.stream("duration").snapshot,
                cpu: streams.stream("cpu").snapshot, memory: streams.stream("memory").snapshot,
                gpus: streams.stream("gpus").snapshot, instances: streams.stream("instances").snapshot,
                users: streams.stream("users").snapshot)
        }
        var services: [TraceTask] = []
        for service in workload.services {
            var stream = root.scoped(service.name).stream("sizes")
            for index in 0..<max(0, service.count) {
                let requests = TraceResources(
                    milliCPU: Self.whole(service.milliCPU.sample(from: &stream)),
                    memoryBytes: Self.whole(service.memoryBytes.sample(from: &stream)))
                var task = TraceTask(
                    id: "\(service.name)-\(index)", submission: .start, requests: requests)
                task.job = task.id
                task.user = service.name
                task.instances = max(1, Self.whole(service.replicas.sample(from: &stream)))
                task.maxPerMachine = service.maxPerMachine
                task.priority = service.priority
                task.qos = .latencySensitive
                task.labels = [TraceLabel(name: "kind", value: "service")]
                services.append(task)
            }
        }
        self.services = services.reversed()
    }

    /// The next task; nil when no further arrives in the time.
    public mutating func next() -> TraceTask? {
        if let service = services.popLast() { return service }
        var earliest: Int?
        for index in kinds.indices {
            if let limit = workload.jobs[index].limit, kinds[index].made >= limit { continue }
            // Of equal times the kind that is named first.
            if let best = earliest, kinds[index].next >= kinds[best].next { continue }
            earliest = index
        }
        guard let index = earliest, kinds[index].next < workload.until else { return nil }
        return make(index)
    }

    private mutating func make(_ index: Int) -> TraceTask {
        let job = workload.jobs[index]
        let gpus = kinds[index].gpus.withStream { job.gpus.sample(from: &$0) }
        var requests = TraceResources(
            milliCPU: kinds[index].cpu.withStream { Self.whole(job.milliCPU.sample(from: &$0)) },
            memoryBytes: kinds[index].memory.withStream { Self.whole(job.memoryBytes.sample(from: &$0)) })
        if gpus > 0 && gpus < 1 {
            requests.gpuCount = 1
            requests.gpuMilli = max(1, Self.whole(gpus * 1_000))
        } else if gpus >= 1 {
            requests.gpuCount = Self.whole(gpus)
            requests.gpuMilli = 1_000
        }
        var task = TraceTask(
            id: "\(job.name)-\(kinds[index].made)", submission: kinds[index].next, requests: requests)
        task.job = task.id
        let users = job.users
        task.user = "\(job.name)-user-\(kinds[index].users.withStream { $0.index(below: max(1, users)) })"
        task.instances = max(
            1, kinds[index].instances.withStream { Self.whole(job.instances.sample(from: &$0)) })
        task.gangSize = job.isGang ? task.instances : 1
        task.priority = job.priority
        task.qos = job.qos
        if requests.gpuCount > 0 { task.gpuModels = job.gpuModels }
        if let duration = job.durationSeconds {
            task.duration = VirtualDuration(
                fractionalSeconds: kinds[index].durations.withStream { duration.sample(from: &$0) })
        }
        task.labels = [
            TraceLabel(name: "kind", value: job.durationSeconds == nil ? "service" : "batch"),
            TraceLabel(name: "mix", value: job.name),
        ]
        kinds[index].made += 1
        kinds[index].next = kinds[index].arrivals.next()
        return task
    }

    /// The nearest whole number, held in range.
    private static func whole(_ value: Double) -> Int64 {
        if value.isNaN || value <= 0 { return 0 }
        return value >= 9e18 ? 9_000_000_000_000_000_000 : Int64(value.rounded())
    }
}
