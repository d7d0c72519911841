import SimulationKernel
public import Stochastics

/// Collects what distributions are fitted to: a sample of each quantity of a trace, in bounded memory.
///
/// Of more than ``sampleLimit`` values each is as likely as any other to be in the sample (Vitter, "Random
/// sampling with a reservoir", ACM Transactions on Mathematical Software 11(1), 1985, algorithm R).
public struct TraceFit: Sendable {
    public static let sampleLimit = 200_000
    /// Times between submissions are taken from so many submissions at most, the first in the files.
    public static let submissionLimit = 20_000_000

    /// A quantity with its fits.
    public struct Quantity: Equatable, Sendable {
        public var name: String
        public var unit: String
        /// How many values the trace has, those that are not above 0 not counted.
        public var count: Int
        /// Values of 0, which the families do not have.
        public var zeros: Int
        /// How many were fitted.
        public var sample: Int
        public var mean: Double
        public var median: Double
        /// The standard deviation over the mean.
        public var variation: Double
        /// The sample's least value, its hundredths and its largest: 101 values in order.
        public var percentiles: [Double]
        /// How many different values were fitted.
        public var distinct: Int
        /// Whether there are so few that each came ten times on average: likelihoods of densities then grow
        /// with how often single values come, and say nothing of the fit.
        public var isDiscrete: Bool { distinct * 10 <= sample }
        /// The best first, by Akaike's criterion, those of discrete values by distance; empty when all values are equal or there are too few.
        public var fits: [DistributionFit]
    }

    private struct Reservoir: Sendable {
        var name: String
        var unit: String
        var values: [Double] = []
        var count = 0
        var zeros = 0
        var stream: RandomStream.Snapshot

        init(_ name: String, _ unit: String, seed: UInt64) {
            self.name = name
            self.unit = unit
            stream = RandomStream(seed: seed, name: "workloads/fit/\(name)").snapshot
        }

        mutating func add(_ value: Double) {
            guard value > 0, value.isFinite else {
                zeros += 1
                return
            }
            count += 1
            if values.count < TraceFit.sampleLimit {
                values.append(value)
            } else {
                let bound = count
                let place = stream.withStream { $0.index(below: bound) }
                if place < TraceFit.sampleLimit { values[place] = value }
            }
        }
    }

    private var submissions: [Int64] = []
    private var submissionsSeen = 0
    private var durations: Reservoir
    private var cores: Reservoir
    private var memory: Reservoir
    private var gpus: Reservoir
    private var instances: Reservoir
    private let seed: UInt64

    public init(seed: UInt64 = 1) {
        self.seed = seed
        durations = Reservoir("duration", "s", seed: seed)
        cores = Reservoir("cpu", "cores", seed: seed)
        memory = Reservoir("memory", "GiB", seed: seed)
        gpus = Reservoir("gpu", "devices", seed: seed)
        instances = Reservoir("instances", "", seed: seed)
    }

    public mutating func add(_ record: TraceRecord) {
        guard case .task(let task) = record else { return }
        submissionsSeen += 1
        if submissions.count < Self.submissionLimit { submissions.append(task.submission.nanoseconds) }
        if let lifetime = task.lifetime { durations.add(lifetime.fractionalSeconds) }
        cores.add(Double(task.requests.milliCPU) / 1_000)
        memory.add(Double(task.requests.memoryBytes) / 1_073_741_824)
        if task.requests.gpuCount > 0 { gpus.add(Double(task.requests.totalGPUMilli) / 1_000) }
        instances.add(Double(task.instances))
    }

    /// From the first submission to the last, in seconds; at least 1.
    public var spanSeconds: Double {
        guard let first = submissions.min(), let last = submissions.max() else { return 1 }
        return max(1, Double(last) / 1e9 - Double(first) / 1e9)
    }

    /// The fits of all quantities that the trace has.
    public func quantities() -> [Quantity] {
        var gaps = Reservoir("interarrival", "s", seed: seed)
        let sorted = submissions.sorted()
        for (earlier, later) in zip(sorted, sorted.dropFirst()) {
            gaps.add(Double(later) / 1e9 - Double(earlier) / 1e9)
        }
        return [gaps, durations, cores, memory, gpus, instances].filter { $0.count > 0 }.map(Self.quantity)
    }

    private static func quantity(_ reservoir: Reservoir) -> Quantity {
        let sorted = reservoir.values.sorted()
        var sum = 0.0
        for value in sorted { sum += value }
        let mean = sum / Double(sorted.count)
        var squares = 0.0
        for value in sorted { squares += (value - mean) * (value - mean) }
        let deviation = (squares / Double(max(1, sorted.count - 1))).squareRoot()
        var distinct = 0
        for (place, value) in sorted.enumerated() where place == 0 || value != sorted[place - 1] {
            distinct += 1
        }
        var result = Quantity(
            name: reservoir.name, unit: reservoir.unit, count: reservoir.count, zeros: reservoir.zeros,
            sample: sorted.count, mean: mean, median: sorted[sorted.count / 2], variation: deviation / mean,
            percentiles: (0...100).map { sorted[$0 * (sorted.count - 1) / 100] },
            distinct: distinct, fits: DistributionFit.all(sorted))
        if result.isDiscrete {
            result.fits = result.fits.enumerated().sorted {
                ($0.element.kolmogorovSmirnov.statistic, $0.offset)
                    < ($1.element.kolmogorovSmirnov.statistic, $1.offset)
            }.map(\.element)
        }
        return result
    }
}
