import KubernetesModel

/// The pods that a cluster is expected to get, by what they ask of CPU and GPUs: what fragmentation is
/// measured against.
///
/// Weng et al., "Beware of Fragmentation", USENIX ATC 2023, sections 3.1 and 5.
public struct TargetWorkload: Hashable, Sendable {
    /// Pods that ask for the same.
    public struct Task: Hashable, Sendable {
        public var milliCPU: Int64
        /// Nil for pods without GPUs.
        public var gpu: GPURequest?
        public var count: Int

        public init(milliCPU: Int64, gpu: GPURequest?, count: Int) {
            self.milliCPU = milliCPU
            self.gpu = gpu
            self.count = count
        }

        fileprivate var milli: Int32 { gpu?.milli ?? 0 }
        fileprivate var gpuCount: Int32 { gpu?.count ?? 0 }
        fileprivate var models: String { gpu?.models.joined(separator: "|") ?? "" }
    }

    /// In the order in which they are summed.
    public let tasks: [Task]
    /// The same with what sums need.
    private let terms: ContiguousArray<Term>
    /// The shares of a GPU that tasks ask for, without repetition.
    private let shares: ContiguousArray<Int32>
    /// Whether tasks name models.
    private let namesModels: Bool

    private struct Term: Hashable {
        let probability: Double
        let milliCPU: Int64
        let gpuCount: Int32
        /// The place in ``shares``; -1 without GPUs.
        let share: Int32
    }

    /// A workload of these tasks, in their order.
    public init(tasks: [Task]) {
        self.tasks = tasks
        let total = Double(tasks.reduce(0) { $0 + $1.count })
        var shares: ContiguousArray<Int32> = []
        terms = ContiguousArray(
            tasks.map { task in
                var share: Int32 = -1
                if task.gpu != nil {
                    if let place = shares.firstIndex(of: task.milli) {
                        share = Int32(place)
                    } else {
                        shares.append(task.milli)
                        share = Int32(shares.count - 1)
                    }
                }
                return Term(
                    probability: Double(task.count) / total, milliCPU: task.milliCPU,
                    gpuCount: task.gpuCount, share: share)
            })
        self.shares = shares
        namesModels = tasks.contains { !($0.gpu?.models ?? []).isEmpty }
    }

    public var isEmpty: Bool { tasks.isEmpty }

    /// The most frequent requests among pods: as many as it takes to hold a share of all.
    ///
    /// Of equally frequent ones those with more CPU come first, then with a larger share, more GPUs, and the
    /// bytewise greater list of models.
    public static func typical(of pods: some Sequence<Task>, percent: Int = 95) -> TargetWorkload {
        var counts: [Task: Int] = [:]
        var total = 0
        for pod in pods {
            let key = Task(milliCPU: pod.milliCPU, gpu: pod.gpu, count: 0)
            counts[key, default: 0] += pod.count
            total += pod.count
        }
        // The order is total, so the dictionary's does not matter.
        let sorted = counts.map { Task(milliCPU: $0.key.milliCPU, gpu: $0.key.gpu, count: $0.value) }
            .sorted { left, right in
                if left.count != right.count { return left.count > right.count }
                if left.milliCPU != right.milliCPU { return left.milliCPU > right.milliCPU }
                if left.milli != right.milli { return left.milli > right.milli }
                if left.gpuCount != right.gpuCount { return left.gpuCount > right.gpuCount }
                return right.models.utf8.lexicographicallyPrecedes(left.models.utf8)
            }
        var kept: [Task] = []
        var held = 0
        for task in sorted {
            if 100 * held >= percent * total { break }
            kept.append(task)
            held += task.count
        }
        return TargetWorkload(tasks: kept)
    }

    // MARK: Fragmentation

    /// How much GPU of a node the workload's pods cannot be expected to use, in thousandths of a GPU.
    ///
    /// For each task what is free of GPUs that have too little for it, and all that is free where the task does
    /// not fit for another reason; the sum by the tasks' frequencies.
    public func fragmentation(of node: NodeIndex, in nodes: NodeTable) -> Double {
        fragmentation(
            milliCPU: nodes.freeMilliCPU(node), total: nodes.gpus[node].totalFree,
            free: nodes.gpus[node].free, model: nodes.gpus[node].model)
    }

    func fragmentation(
        milliCPU: Int64, total: Int64, free: ContiguousArray<Int32>, model: String
    ) -> Double {
        if total == 0 { return 0 }
        if shares.count <= ShareTable.capacity {
            return fragmentation(milliCPU, total, ShareTable(shares, free), model)
        }
        var sum = 0.0
        for place in terms.indices {
            let term = terms[place]
            var value = total
            if term.share >= 0 {
                let (count, below) = ShareTable.find(shares[Int(term.share)], free)
                if isAdmitted(place, model), term.milliCPU <= milliCPU, count >= term.gpuCount {
                    value = Int64(below)
                }
            }
            sum += term.probability * Double(value)
        }
        return sum
    }

    private func fragmentation(_ milliCPU: Int64, _ total: Int64, _ table: ShareTable, _ model: String)
        -> Double
    {
        var sum = 0.0
        for place in terms.indices {
            let term = terms[place]
            var value = total
            if term.share >= 0, term.milliCPU <= milliCPU, table.counts[Int(term.share)] >= term.gpuCount,
                !namesModels || isAdmitted(place, model)
            {
                value = Int64(table.sums[Int(term.share)])
            }
            sum += term.probability * Double(value)
        }
        return sum
    }

    private func isAdmitted(_ place: Int, _ model: String) -> Bool { tasks[place].gpu?.admits(model) ?? true }
}

/// For each share of a GPU that tasks ask for: on how many GPUs it fits, and what is free of the others.
private struct ShareTable {
    static let capacity = 32
    var counts = InlineArray<32, Int32>(repeating: 0)
    var sums = InlineArray<32, Int32>(repeating: 0)

    init(_ shares: ContiguousArray<Int32>, _ free: ContiguousArray<Int32>) {
        for place in shares.indices { (counts[place], sums[place]) = Self.find(shares[place], free) }
    }

    static func find(_ share: Int32, _ free: ContiguousArray<Int32>) -> (count: Int32, below: Int32) {
        var (count, below): (Int32, Int32) = (0, 0)
        for amount in free {
            let fits: Int32 = amount >= share ? 1 : 0
            count &+= fits
            below &+= (1 &- fits) &* amount
        }
        return (count, below)
    }
}

extension TargetWorkload {
    /// Reads `typicalPods` of a plugin's arguments: `[{"milliCPU": 4000, "gpuMilli": 500, "count": 12}]`.
    init(arguments: [JSONValue], path: String) throws(ConfigurationError) {
        var tasks: [Task] = []
        for (place, item) in arguments.enumerated() {
            let part = PluginArguments(path: "\(path)[\(place)]", json: item)
            try part.allow(["milliCPU", "gpuMilli", "gpuCount", "gpuModels", "count"])
            let milliCPU = try part.integer("milliCPU", in: 0...1_000_000_000) ?? 0
            let count = try part.integer("count", in: 1...1_000_000_000) ?? 1
            let whole = Int64(GPURequest.wholeMilli)
            let gpuMilli = try part.integer("gpuMilli", in: 0...whole)
            let gpuCount = try part.integer("gpuCount", in: 0...Int64(GPURequest.maximumCount))
            let models = try part.strings("gpuModels")
            var gpu: GPURequest?
            if (gpuMilli ?? 0) > 0 || (gpuMilli == nil && (gpuCount ?? 0) > 0) {
                gpu = GPURequest(
                    milli: Int32(gpuMilli ?? whole), count: Int32(max(1, gpuCount ?? 1)), models: models)
            }
            tasks.append(Task(milliCPU: milliCPU, gpu: gpu, count: Int(count)))
        }
        self.init(tasks: tasks)
    }
}
