import KubernetesModel
import SimulationKernel

/// Spares analyses that would say what another one said: pods of one class fail alike, and again and again.
///
/// An analysis stands for later attempts of its class while the cluster is as it was. In a cluster that
/// changes all the time it also stands while the class is rejected for the same reasons, for a time that grows
/// with the work that it took and with each repetition, up to an hour; the record tells its time. All of this
/// goes by virtual time and counted work, so that equal runs keep equal records.
struct WhatIfMemo: Sendable {
    private struct Entry: Sendable {
        /// Keeps the class alive, so that its identity is not another one's.
        let podClass: PodClass
        let labels: Labels
        var reasons: [String]
        var generation: UInt64
        var whatIf: WhatIf
        var freshUntil: VirtualTime
        var repetitions: Int
    }

    private var entries: [ObjectIdentifier: Entry] = [:]
    private var lastNumber = 0

    /// Filtered nodes that a second of virtual time pays for.
    static let workPerSecond: Int64 = 2_000
    static let longestPause = VirtualDuration.hours(1)
    private static let capacity = 1_024

    mutating func whatIf(
        for attempt: SchedulingAttempt, of pod: PodInfo, framework: Framework, cluster: ClusterCache
    ) -> (whatIf: WhatIf, isNew: Bool) {
        let key = ObjectIdentifier(pod.podClass)
        let reasons = attempt.rejections.flatMap { [$0.plugin] + $0.reasons }
        let known = entries[key].flatMap { $0.labels == pod.labels ? $0 : nil }
        let hasSameReasons = known?.reasons == reasons
        if let known, hasSameReasons,
            known.generation == cluster.nodes.lastGeneration || attempt.time < known.freshUntil
        {
            return (known.whatIf, false)
        }
        lastNumber += 1
        var analysis = WhatIfAnalysis(attempt, of: pod, framework: framework, cluster: cluster)
        let whatIf = analysis.run(number: lastNumber)
        let repetitions = hasSameReasons ? min(20, (known?.repetitions ?? 0) + 1) : 0
        let longest = Self.longestPause.wholeSeconds * Self.workPerSecond
        let units = min(longest, Int64(min(analysis.work, 1 << 40)) << Int64(repetitions))
        let pause = VirtualDuration(nanoseconds: units * (1_000_000_000 / Self.workPerSecond))
        if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
        entries[key] = Entry(
            podClass: pod.podClass, labels: pod.labels, reasons: reasons,
            generation: cluster.nodes.lastGeneration, whatIf: whatIf, freshUntil: attempt.time + pause,
            repetitions: repetitions)
        return (whatIf, true)
    }
}
