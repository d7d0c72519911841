public import KubernetesModel

/// What one run of a workload gave.
public struct PerfResult: Sendable {
    public var testCase: String
    public var workload: String
    public var topic: String
    public var labels: [String]
    /// One for each time that metrics were collected.
    public var measurements: [PerfMeasurement] = []
    public var nodeCount = 0
    public var podCount = 0
    /// The whole run, with its preparation.
    public var wallSeconds = 0.0
    public var peakBytes = 0
    /// What resident memory grew by for each node, and for each pod with its events; 0 where it is not known.
    public var bytesPerNode = 0
    public var bytesPerPod = 0
    public var apiCalls = 0
    /// What the file asks for that simk does otherwise.
    public var notes: [String] = []
    /// Where pods went, in the order of the bindings, when it was asked for.
    public var placements: [PerfPlacement] = []

    public var name: String { "\(testCase)/\(workload)" }
}

/// A pod and the node to which it was bound.
public struct PerfPlacement: Hashable, Sendable {
    public var pod: ObjectKey
    public var node: String
}

/// One measured part of a workload.
public struct PerfMeasurement: Sendable {
    /// The namespace of the measured pods, or the name that the file gives.
    public var name: String
    public var podsScheduled = 0
    public var wallSeconds = 0.0
    public var processorSeconds = 0.0
    public var virtualSeconds = 0.0
    /// What of these times had passed when the first pod was scheduled: pods are made until then, or others
    /// scheduled that were waiting.
    public var wallSecondsToFirst = 0.0
    public var processorSecondsToFirst = 0.0
    public var attempts = 0
    /// Lengths of scheduling cycles in milliseconds of wall time: `Perc50`, `Perc90`, `Perc95`, `Perc99`,
    /// `Average`, `Max`.
    public var cycleMilliseconds: [String: Double] = [:]
    /// Pods scheduled a second in parts of the measured time, in ascending order.
    public var samples: [Double] = []
    /// Resident memory in MB at the same moments, in ascending order.
    public var memorySamples: [Double] = []
    public var threshold = PerfThreshold()
    /// The threshold in the file; 0 for none.
    public var thresholdValue = 0.0

    public init(name: String) { self.name = name }

    /// Pods scheduled a second of wall time, and of processor time, after the first: upstream's collector takes no
    /// sample before it has seen a pod scheduled, and leaves the one out that shows it.
    ///
    /// Upstream: `test/integration/scheduler_perf/util.go`, `throughputCollector.run` (v1.36).
    public var podsPerSecond: Double { rate(in: wallSeconds, from: wallSecondsToFirst) }
    public var podsPerProcessorSecond: Double { rate(in: processorSeconds, from: processorSecondsToFirst) }

    private func rate(in seconds: Double, from start: Double) -> Double {
        if podsScheduled > 1 && seconds > start { return Double(podsScheduled - 1) / (seconds - start) }
        return seconds > 0 ? Double(podsScheduled) / seconds : 0
    }

    /// The metric that the threshold is about; nil when it is one that simk does not measure.
    public var thresholdMetric: Double? {
        switch threshold.metric {
        case "SchedulingThroughput": throughput[threshold.bucket]
        case "scheduler_scheduling_attempt_duration_seconds": cycleMilliseconds[threshold.bucket]
        case "SchedulingDuration": threshold.bucket == "Duration" ? wallSeconds : nil
        default: nil
        }
    }

    /// How many times better than the threshold; nil without one.
    public var ratio: Double? {
        guard thresholdValue > 0, let metric = thresholdMetric, metric > 0 else { return nil }
        return threshold.expectsLower ? thresholdValue / metric : metric / thresholdValue
    }

    /// The pods scheduled a second by bucket. The average is over all the time after the first pod.
    public var throughput: [String: Double] {
        var buckets = Percentiles.buckets(samples.isEmpty ? [podsPerSecond] : samples)
        buckets["Average"] = podsPerSecond
        return buckets
    }
}

/// The percentiles that upstream reports.
enum Percentiles {
    /// Of ascending values, the one below which the given share lies.
    static func value(_ percent: Int, of sorted: some RandomAccessCollection<Double>) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let rank = max(1, (sorted.count * percent + 99) / 100)
        return sorted[sorted.index(sorted.startIndex, offsetBy: rank - 1)]
    }

    /// Of ascending values.
    static func buckets(_ sorted: [Double]) -> [String: Double] {
        var buckets = ["Perc50": 50, "Perc90": 90, "Perc95": 95, "Perc99": 99]
            .mapValues { value($0, of: sorted) }
        buckets["Average"] = sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count)
        return buckets
    }
}
