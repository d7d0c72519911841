import KubernetesModel
public import Scheduler

/// One replay of a workload under one policy, and what came of it.
public struct ReplayRun: Sendable {
    /// After one arrival.
    public struct Sample: Hashable, Sendable {
        /// The GPU asked for by all arrivals so far, and what of it was given, in thousandths of one.
        public var arrivedMilliGPU: Int64
        public var allocatedMilliGPU: Int64
        /// The sum over all nodes of what the target workload cannot be expected to use (``TargetWorkload``).
        public var fragmentedMilliGPU: Double
    }

    public let policy: String
    public let seed: UInt64
    public private(set) var samples: [Sample] = []
    public private(set) var placedCount = 0
    public private(set) var allocatedMilliCPU: Int64 = 0
    /// The first arrival that fits nowhere, counted from 1 as lines of an order are; nil when all fit.
    public private(set) var firstUnplaced: Int?
    public private(set) var firstUnplacedPod = ""
    /// The node of each arrival, in their order, by its name; empty when it fits nowhere. Kept on request.
    public private(set) var placements: [Placement] = []
    /// What the scheduler's two ways to compute a cycle differed in, when they were compared.
    public private(set) var differences: [String] = []
    public private(set) var comparedCount = 0
    public let milliGPU: Int64
    public let milliCPU: Int64

    public struct Placement: Hashable, Sendable {
        public var pod: String
        public var node: String
        public var gpus: GPUSet
    }

    public struct Options: Sendable {
        public var keepsPlacements = false
        public var comparesWithPlain = false

        public init() {}
    }

    /// Runs a workload through a scheduler.
    ///
    /// - Parameter tieBreak: among nodes of equal score, in the order of nodes.
    public init(
        _ cluster: ReplayCluster, _ orders: ReplayOrders, policy: SchedulingPolicy, seed: UInt64,
        tieBreak: TieBreak = .first, options: Options = Options()
    ) throws(ReplayError) {
        self.policy = policy.rawValue
        self.seed = seed
        milliGPU = cluster.milliGPU
        milliCPU = cluster.milliCPU
        var environment = PluginEnvironment(seed: seed)
        environment.targetWorkload = cluster.targetWorkload
        environment.sharesGPUs = true
        let configuration: SchedulerConfiguration
        do throws(ConfigurationError) {
            configuration = try SchedulerConfiguration(
                json: policy.configuration, registry: .standard(environment))
        } catch {
            throw .configuration("\(error.path): \(error.message)")
        }
        var replay = SchedulerReplay(configuration, seed: seed, tieBreak: tieBreak)
        replay.comparesWithPlain = options.comparesWithPlain
        replay.add(orders.nodes.map { cluster.node(cluster.machines[$0]) })
        try run(&replay, cluster, orders, options)
        differences = replay.scheduler.differences
        comparedCount = replay.scheduler.comparedCount
    }

    private mutating func run(
        _ replay: inout SchedulerReplay, _ cluster: ReplayCluster, _ orders: ReplayOrders,
        _ options: Options
    ) throws(ReplayError) {
        let workload = cluster.targetWorkload
        samples.reserveCapacity(orders.arrivals.count)
        var fragmentation = ContiguousArray(
            repeating: 0.0, count: replay.scheduler.cluster.nodes.rowCount)
        var sum = 0.0
        for node in replay.scheduler.cluster.nodes.order {
            fragmentation[node] = workload.fragmentation(of: node, in: replay.scheduler.cluster.nodes)
            sum += fragmentation[node]
        }
        var (arrived, allocated): (Int64, Int64) = (0, 0)
        for (number, arrival) in orders.arrivals.enumerated() {
            let template = cluster.templates[cluster.templateOfTask[arrival.task]]
            let pod = cluster.pod(named: arrival.name, task: arrival.task, number: number)
            arrived += template.milliGPU
            let node = try replay.place(pod)
            if let node {
                placedCount += 1
                allocated += template.milliGPU
                allocatedMilliCPU += template.milliCPU
                let value = workload.fragmentation(of: node, in: replay.scheduler.cluster.nodes)
                sum += value - fragmentation[node]
                fragmentation[node] = value
            } else if firstUnplaced == nil {
                firstUnplaced = number + 1
                firstUnplacedPod = arrival.name
            }
            samples.append(
                Sample(
                    arrivedMilliGPU: arrived, allocatedMilliGPU: allocated, fragmentedMilliGPU: sum))
            if options.keepsPlacements {
                placements.append(
                    Placement(
                        pod: arrival.name,
                        node: node.map { replay.scheduler.cluster.nodes.names[$0] } ?? "",
                        gpus: replay.scheduler.cluster.gpus(of: pod.value.metadata.uid) ?? GPUSet()))
            }
        }
    }
}

extension ReplayRun {
    public var arrivedMilliGPU: Int64 { samples.last?.arrivedMilliGPU ?? 0 }
    public var allocatedMilliGPU: Int64 { samples.last?.allocatedMilliGPU ?? 0 }

    /// Of the cluster's GPUs, in percent.
    public func arrivedPercent(_ sample: Sample) -> Double { percent(sample.arrivedMilliGPU, milliGPU) }
    public func allocationPercent(_ sample: Sample) -> Double { percent(sample.allocatedMilliGPU, milliGPU) }

    /// Of what is free, in percent; 0 when nothing is.
    public func fragmentationPercent(_ sample: Sample) -> Double {
        let free = milliGPU - sample.allocatedMilliGPU
        return free == 0 ? 0 : 100 * sample.fragmentedMilliGPU / Double(free)
    }

    private func percent(_ part: Int64, _ whole: Int64) -> Double {
        whole == 0 ? 0 : 100 * Double(part) / Double(whole)
    }
}
