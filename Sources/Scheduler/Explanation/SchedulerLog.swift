import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Keeps the scheduler's record of what it does, for explanations; there is none when nobody asked for it.
struct SchedulerLog: Sendable {
    private(set) var records: [SchedulerRecord] = []
    private var whatIfs = WhatIfMemo()

    mutating func take() -> [SchedulerRecord] {
        defer { records.removeAll(keepingCapacity: true) }
        return records
    }

    mutating func add(_ moves: [QueueMove]) { for move in moves { records.append(.move(move)) } }

    mutating func add(_ step: AttemptStep) { records.append(.step(step)) }

    /// What a cycle came to, before Reserve and Permit have had their word.
    ///
    /// - Parameter queued: the pod as it left the queue.
    func attempt(
        _ result: SchedulingResult, of queued: QueuedPod, _ framework: Framework, cluster: ClusterCache,
        tieBreak: TieBreak, at time: VirtualTime
    ) -> SchedulingAttempt {
        var attempt = SchedulingAttempt(
            time: time, pod: queued.pod.key, uid: queued.pod.uid, number: queued.attempts,
            profile: framework.profileName, event: queued.lastMove, nodeCount: cluster.nodes.count,
            visitedCount: result.visitedCount,
            feasibleCount: result.feasible.count, isNominatedNodeOnly: result.isNominatedNodeOnly,
            isPreFilterRejection: result.preFilterStatus != nil, rejections: [], best: [],
            tieCount: result.best.count, isDrawn: false, chosen: result.chosen, refusedBy: "",
            message: result.message, isError: !result.error.isEmpty, nodeNames: cluster.nodes.names)
        if case .drawn = tieBreak { attempt.isDrawn = result.best.count > 1 }
        attempt.rejections = Self.rejections(result, cluster: cluster)
        attempt.best = Self.best(result, names: cluster.nodes.names)
        if let plan = result.postFilter?.preemption {
            attempt.preemption = PreemptionRecord(plan, budgets: cluster.objects.podDisruptionBudgets)
        }
        return attempt
    }

    /// Adds a finished attempt; when the pod fits nowhere, with an analysis of what would have made it fit.
    mutating func add(
        _ attempt: SchedulingAttempt, of pod: PodInfo, _ framework: Framework, cluster: ClusterCache
    ) {
        var attempt = attempt
        let isUnschedulable = attempt.chosen == nil && !attempt.isError && cluster.nodes.count > 0
        if isUnschedulable {
            let found = whatIfs.whatIf(for: attempt, of: pod, framework: framework, cluster: cluster)
            if found.isNew { records.append(.whatIf(found.whatIf)) }
            attempt.whatIf = found.whatIf.number
        }
        records.append(.attempt(attempt))
    }

    /// The rejected nodes by verdict, in the order in which the verdicts were first met.
    private static func rejections(
        _ result: SchedulingResult, cluster: ClusterCache
    ) -> [SchedulingAttempt.Rejection] {
        if let status = result.preFilterStatus {
            return [
                .init(
                    plugin: status.plugin, code: status.code, reasons: status.reasons,
                    nodes: cluster.nodes.order)
            ]
        }
        var groups: OrderedDictionary<Status, ContiguousArray<NodeIndex>> = [:]
        var last = 0
        for (node, status) in result.rejected {
            // Neighbours mostly share their verdict.
            if last < groups.count, groups.keys[last] == status {
                groups.values[last].append(node)
                continue
            }
            groups[status, default: []].append(node)
            last = groups.index(forKey: status) ?? 0
        }
        var all = groups.map {
            SchedulingAttempt.Rejection(
                plugin: $0.key.plugin, code: $0.key.code, reasons: $0.key.reasons, nodes: $0.value)
        }
        let seen = result.visitedCount
        if result.feasible.isEmpty, seen < cluster.nodes.count, !result.diagnosis.absentStatus.reasons.isEmpty
        {
            let judged = Set(result.rejected.map(\.node))
            all.append(
                .init(
                    plugin: "", code: result.diagnosis.absentStatus.code,
                    reasons: result.diagnosis.absentStatus.reasons,
                    nodes: cluster.nodes.order.filter { !judged.contains($0) }))
        }
        return all
    }

    private static func best(
        _ result: SchedulingResult, names: ContiguousArray<String>
    ) -> [SchedulingAttempt.ScoredNode] {
        // The chosen node leads among equals, then the names decide.
        func isBefore(_ left: Int, _ right: Int) -> Bool {
            if result.totals[left] != result.totals[right] {
                return result.totals[left] > result.totals[right]
            }
            let (first, second) = (result.feasible[left], result.feasible[right])
            if first == result.chosen || second == result.chosen { return first == result.chosen }
            return names[first] < names[second]
        }
        var places: [Int] = []
        for place in result.totals.indices {
            let isFull = places.count == SchedulingAttempt.bestCount
            if isFull, let last = places.last, !isBefore(place, last) { continue }
            if isFull { places.removeLast() }
            places.insert(place, at: places.firstIndex { isBefore(place, $0) } ?? places.count)
        }
        return places.map { place in
            SchedulingAttempt.ScoredNode(
                node: result.feasible[place], total: result.totals[place],
                shares: result.scores.map {
                    .init(
                        plugin: $0.plugin, raw: $0.raw[place], normalized: $0.normalized[place],
                        weight: $0.weight)
                })
        }
    }
}
