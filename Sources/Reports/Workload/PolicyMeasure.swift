public import Simulation
import Stochastics

/// A number by which runs under different policies are compared.
public struct PolicyMeasure: Hashable, Sendable {
    /// As in JSON and CSV.
    public let name: String
    /// As people read it, with the unit.
    public let title: String
    /// Whether less of it is better; nil where neither is.
    public let isLowerBetter: Bool?

    init(_ name: String, _ title: String, lowerIsBetter: Bool?) {
        self.name = name
        self.title = title
        isLowerBetter = lowerIsBetter
    }
}

/// What is compared of one run.
public struct PolicyRun: Sendable {
    public var figures: WorkloadFigures
    public var deadlines: DeadlineFigures
    public var unavailablePodSeconds: Double
    public var evictions: Int
    public var podsLost: Int
    public var digest: String

    public init(
        figures: WorkloadFigures, deadlines: DeadlineFigures, unavailablePodSeconds: Double, evictions: Int,
        podsLost: Int, digest: String
    ) {
        self.figures = figures
        self.deadlines = deadlines
        self.unavailablePodSeconds = unavailablePodSeconds
        self.evictions = evictions
        self.podsLost = podsLost
        self.digest = digest
    }

    /// The run's measures but for the steady state's, in the order in which they are told; nil where the run
    /// has none.
    var measures: [(measure: PolicyMeasure, value: Double?)] {
        let delays = SampleQuantiles(figures.queueingDelays)
        let slowdowns = SampleQuantiles(figures.slowdowns)
        var list: [(measure: PolicyMeasure, value: Double?)] = [
            (.delayMean, MeanAccumulator(delays.values).mean),
            (
                PolicyMeasure("queueingDelayP50", "queueing delay, p50, s", lowerIsBetter: true),
                delays.quantile(0.5)
            ),
            (
                PolicyMeasure("queueingDelayP95", "queueing delay, p95, s", lowerIsBetter: true),
                delays.quantile(0.95)
            ),
            (
                PolicyMeasure("queueingDelayP99", "queueing delay, p99, s", lowerIsBetter: true),
                delays.quantile(0.99)
            ),
            (
                PolicyMeasure("queueingDelayMax", "queueing delay, largest, s", lowerIsBetter: true),
                delays.maximum
            ),
            (
                PolicyMeasure("slowdownMean", "slowdown, mean", lowerIsBetter: true),
                MeanAccumulator(slowdowns.values).mean
            ),
            (
                PolicyMeasure("slowdownP95", "slowdown, p95", lowerIsBetter: true),
                slowdowns.quantile(0.95)
            ),
            (PolicyMeasure("makespan", "makespan, s", lowerIsBetter: true), figures.makespanSeconds),
            (
                PolicyMeasure("neverScheduled", "pods never scheduled", lowerIsBetter: true),
                Double(figures.neverScheduled)
            ),
            (
                PolicyMeasure("succeeded", "pods that succeeded", lowerIsBetter: false),
                Double(figures.succeeded)
            ),
            (PolicyMeasure("preemptions", "preemptions", lowerIsBetter: true), Double(figures.preemptions)),
            (PolicyMeasure("evictions", "evictions", lowerIsBetter: true), Double(evictions)),
            (PolicyMeasure("podsLost", "pods lost with their node", lowerIsBetter: true), Double(podsLost)),
            (
                PolicyMeasure("deadlinesMissed", "deadlines missed", lowerIsBetter: true),
                Double(deadlines.missed)
            ),
            (
                PolicyMeasure("tardinessSeconds", "tardiness in all, s", lowerIsBetter: true),
                deadlines.totalTardinessSeconds
            ),
            (
                PolicyMeasure("unavailablePodSeconds", "unavailable, pod-seconds", lowerIsBetter: true),
                unavailablePodSeconds
            ),
        ]
        for resource in figures.resources where resource.allocated > 0 && resource.allocatable > 0 {
            list.append(
                (
                    PolicyMeasure(
                        "allocated:\(resource.name)", "\(resource.name) allocated, %", lowerIsBetter: nil),
                    resource.allocatedShare.map { $0 * 100 }
                ))
            list.append(
                (
                    PolicyMeasure(
                        "fragmentation:\(resource.name)", "\(resource.name) fragmented, % of free",
                        lowerIsBetter: true),
                    resource.fragmentation.map { $0 * 100 }
                ))
        }
        list += [
            (PolicyMeasure("jainIndex", "Jain's index over users", lowerIsBetter: false), figures.jainIndex),
            (
                PolicyMeasure("shareDistance", "share distance over users", lowerIsBetter: true),
                figures.shareDistance
            ),
            (PolicyMeasure("bytesOfImages", "bytes of images", lowerIsBetter: true), figures.imageBytes),
            (PolicyMeasure("bytesOfData", "bytes of data moved", lowerIsBetter: true), figures.dataBytes),
            (
                PolicyMeasure("costOfUsedNodes", "cost of nodes with pods", lowerIsBetter: true),
                figures.usedNodesCost
            ),
        ]
        return list
    }
}

extension PolicyMeasure {
    static let delayMean = PolicyMeasure("queueingDelayMean", "queueing delay, mean, s", lowerIsBetter: true)
    static let steadyDelay = PolicyMeasure(
        "steadyQueueingDelayMean", "queueing delay, mean after warm-up, s", lowerIsBetter: true)
}
