import KubernetesModel
import SimulationKernel

/// Why a metric gives no size, in upstream's words.
struct MetricFailure: Error {
    var message: String

    init(_ message: String) { self.message = message }
}

/// By which part a metric may differ from its target without anything being done.
struct Tolerances {
    var down: Double
    var up: Double

    func isWithin(_ ratio: Double) -> Bool { 1 - down <= ratio && ratio <= 1 + up }
}

/// What metrics say of a set of pods.
struct PodSamples {
    struct Sample {
        /// In thousandths.
        var value: Int64
        var timestamp = VirtualTime.start
        var window = VirtualDuration.zero
    }

    private(set) var names: [String] = []
    private var samples: [String: Sample] = [:]

    var isEmpty: Bool { samples.isEmpty }
    var count: Int { samples.count }

    subscript(name: String) -> Sample? {
        get { samples[name] }
        set {
            if samples[name] == nil, newValue != nil { names.append(name) }
            samples[name] = newValue
        }
    }

    mutating func remove(_ pods: Set<String>) {
        for name in pods { samples[name] = nil }
        names.removeAll { pods.contains($0) }
    }

    /// Values in the order in which their pods were met.
    var values: [(name: String, value: Int64)] {
        names.compactMap { name in samples[name].map { (name, $0.value) } }
    }
}

/// A size that a metric asks for, and the value that it has.
struct ReplicaProposal {
    var replicas: Int32
    /// In thousandths; nil for metrics that go by utilisation alone.
    var usage: Int64
    /// In percent.
    var utilization: Int32?
}

/// How many replicas a metric asks for.
///
/// Upstream: `pkg/controller/podautoscaler/replica_calculator.go`, `…/metrics/utilization.go` (v1.36).
struct ReplicaCalculator {
    /// The pods that the scale's selector selects.
    var pods: [Ref<Pod>]
    var options: HorizontalOptions
    var tolerances: Tolerances
    var now: VirtualTime

    private static let noPods = MetricFailure("no pods returned by selector while calculating replica count")
    private static let noMetrics = MetricFailure(
        "did not receive metrics for targeted pods (pods might be unready)")

    // MARK: Metrics of pods

    /// By the percentage that the pods use of what they request.
    func byUtilization(
        _ samples: PodSamples, target: Int32, resource: String, container: String, current: Int32
    ) throws(MetricFailure) -> ReplicaProposal {
        var samples = samples
        if pods.isEmpty { throw Self.noPods }
        let groups = group(samples, resource: resource)
        samples.remove(groups.ignored)
        samples.remove(groups.unready)
        if samples.isEmpty { throw Self.noMetrics }
        let requests = try requests(of: resource, container: container)
        let first = try Self.utilization(samples, requests, target: target)
        func proposal(_ replicas: Int32) -> ReplicaProposal {
            ReplicaProposal(replicas: replicas, usage: first.average, utilization: first.utilization)
        }
        let scalesUpWithUnready = !groups.unready.isEmpty && first.ratio > 1
        if !scalesUpWithUnready && groups.missing.isEmpty {
            if tolerances.isWithin(first.ratio) { return proposal(current) }
            return proposal(GoNumber.int32((first.ratio * Double(groups.readyCount)).rounded(.up)))
        }
        let fallback = Int64(max(100, target))
        fill(&samples, groups, first.ratio, scalesUpWithUnready) { (requests[$0] ?? 0) &* fallback / 100 }
        let second = try Self.utilization(samples, requests, target: target)
        return proposal(settle(first.ratio, second.ratio, count: samples.count, current: current))
    }

    /// By the average value.
    func byAverage(
        _ samples: PodSamples, target: Int64, resource: String, current: Int32
    ) throws(MetricFailure) -> ReplicaProposal {
        var samples = samples
        if pods.isEmpty { throw Self.noPods }
        let groups = group(samples, resource: resource)
        samples.remove(groups.ignored)
        samples.remove(groups.unready)
        if samples.isEmpty { throw Self.noMetrics }
        let first = Self.average(samples, target: target)
        func proposal(_ replicas: Int32) -> ReplicaProposal {
            ReplicaProposal(replicas: replicas, usage: first.average)
        }
        let scalesUpWithUnready = !groups.unready.isEmpty && first.ratio > 1
        if !scalesUpWithUnready && groups.missing.isEmpty {
            if tolerances.isWithin(first.ratio) { return proposal(current) }
            return proposal(GoNumber.int32((first.ratio * Double(groups.readyCount)).rounded(.up)))
        }
        fill(&samples, groups, first.ratio, scalesUpWithUnready) { _ in target }
        let second = Self.average(samples, target: target)
        return proposal(settle(first.ratio, second.ratio, count: samples.count, current: current))
    }

    /// Takes pods without a value as what makes the change smaller.
    private func fill(
        _ samples: inout PodSamples, _ groups: PodGroups, _ ratio: Double, _ scalesUpWithUnready: Bool,
        fallback: (String) -> Int64
    ) {
        if ratio < 1 {
            for name in groups.missing { samples[name] = .init(value: fallback(name)) }
        } else if ratio > 1 {
            for name in groups.missing { samples[name] = .init(value: 0) }
        }
        if scalesUpWithUnready {
            for name in groups.unreadyNames { samples[name] = .init(value: 0) }
        }
    }

    /// The size after those pods were taken in, which must not turn the direction.
    private func settle(_ first: Double, _ second: Double, count: Int, current: Int32) -> Int32 {
        if tolerances.isWithin(second) || (first < 1 && second > 1) || (first > 1 && second < 1) {
            return current
        }
        let replicas = GoNumber.int32((second * Double(count)).rounded(.up))
        if (second < 1 && replicas > current) || (second > 1 && replicas < current) { return current }
        return replicas
    }

    private static func utilization(
        _ samples: PodSamples, _ requests: [String: Int64], target: Int32
    ) throws(MetricFailure) -> (ratio: Double, utilization: Int32, average: Int64) {
        var (used, requested, count) = (Int64(0), Int64(0), Int64(0))
        for (name, value) in samples.values {
            guard let request = requests[name] else { continue }
            used &+= value
            requested &+= request
            count += 1
        }
        if requested == 0 { throw MetricFailure("no metrics returned matched known pods") }
        let utilization = Int32(truncatingIfNeeded: (used &* 100) / requested)
        return (Double(utilization) / Double(target), utilization, used / count)
    }

    private static func average(_ samples: PodSamples, target: Int64) -> (ratio: Double, average: Int64) {
        let total = samples.values.reduce(Int64(0)) { $0 &+ $1.value }
        let average = total / Int64(samples.count)
        return (Double(average) / Double(target), average)
    }

    // MARK: Single values

    /// By a value that all replicas share; the size follows those that are ready.
    func byValue(_ usage: Int64, target: Int64, current: Int32) throws(MetricFailure) -> ReplicaProposal {
        let ratio = Double(usage) / Double(target)
        if current == 0 {
            return ReplicaProposal(replicas: GoNumber.int32(ratio.rounded(.up)), usage: usage)
        }
        if tolerances.isWithin(ratio) { return ReplicaProposal(replicas: current, usage: usage) }
        if pods.isEmpty { throw MetricFailure("unable to calculate ready pods: \(Self.noPods.message)") }
        let ready = pods.count { $0.value.status.phase == .running && $0.value.isReady }
        let replicas = ratio * Double(ready)
        return ReplicaProposal(
            replicas: replicas > Double(Int32.max) ? .max : GoNumber.int32(replicas.rounded(.up)),
            usage: usage)
    }

    /// By an object's value over the number of replicas.
    func byObjectAverage(_ usage: Int64, target: Int64, statusReplicas: Int32) -> ReplicaProposal {
        var replicas = statusReplicas
        let ratio = Double(usage) / (Double(target) * Double(replicas))
        if !tolerances.isWithin(ratio) {
            replicas = GoNumber.int32((Double(usage) / Double(target)).rounded(.up))
        }
        let average = GoNumber.int64((Double(usage) / Double(statusReplicas)).rounded(.up))
        return ReplicaProposal(replicas: replicas, usage: average)
    }

    /// By the sum of external values over the number of replicas.
    func byExternalAverage(_ values: [Int64], target: Int64, statusReplicas: Int32) -> ReplicaProposal {
        var usage: Int64 = 0
        for value in values {
            usage &+= value
            if usage < 0 {
                usage = .max
                break
            }
        }
        var replicas = statusReplicas
        let ratio = Double(usage) / (Double(target) * Double(replicas))
        if !tolerances.isWithin(ratio) {
            let size = (Double(usage) / Double(target)).rounded(.up)
            replicas = size > Double(Int32.max) ? .max : GoNumber.int32(size)
        }
        let average =
            Double(usage) >= Double(Int64.max)
            ? Int64.max : GoNumber.int64((Double(usage) / Double(statusReplicas)).rounded(.up))
        return ReplicaProposal(replicas: replicas, usage: average)
    }

    /// External values as one.
    static func sum(_ values: [Int64]) -> Int64 {
        var usage: Int64 = 0
        for value in values {
            if value > 0 && usage > Int64.max - value { return .max }
            usage &+= value
        }
        return usage
    }
}
