import KubernetesModel

/// The cycle computed by class and plainly, and what the results differ in.
extension SchedulingCycle {
    mutating func scheduleBothWays(
        _ pod: PodInfo, framework: Framework, cluster: inout ClusterCache, draw: (Int) -> Int
    ) -> SchedulingResult {
        let startIndex = nextStartIndex
        let keepsDetails = self.keepsDetails
        self.keepsDetails = true
        // One draw serves both.
        var drawn: [Int: Int] = [:]
        func drawOnce(_ count: Int) -> Int {
            if let known = drawn[count] { return known }
            let place = draw(count)
            drawn[count] = place
            return place
        }
        let byClass = resultByClass(pod, framework: framework, cluster: &cluster, draw: drawOnce)
        let endIndex = nextStartIndex
        nextStartIndex = startIndex
        // What need not be listed is not found out.
        self.keepsDetails = false
        let brief = resultByClass(pod, framework: framework, cluster: &cluster, draw: drawOnce)
        let briefEndIndex = nextStartIndex
        nextStartIndex = startIndex
        // Once more, with what the first time may have left.
        let again = resultByClass(pod, framework: framework, cluster: &cluster, draw: drawOnce)
        let againEndIndex = nextStartIndex
        self.keepsDetails = keepsDetails
        nextStartIndex = startIndex
        let plain = schedulePlainly(pod, framework: framework, cluster: &cluster, draw: drawOnce)
        guard let byClass else { return plain }
        comparedCount += 1
        var found = Self.differences(byClass, plain, cluster.nodes)
        if endIndex != nextStartIndex { found.append("next start \(endIndex), plainly \(nextStartIndex)") }
        if let brief {
            found += Self.outcomeDifferences(brief, plain).map { "without details: \($0)" }
            if briefEndIndex != nextStartIndex {
                found.append("next start without details \(briefEndIndex), plainly \(nextStartIndex)")
            }
        }
        if let again {
            found += Self.outcomeDifferences(again, plain).map { "the second time: \($0)" }
            if againEndIndex != nextStartIndex {
                found.append("next start the second time \(againEndIndex), plainly \(nextStartIndex)")
            }
        }
        differences += found.map { "\(pod.key): \($0)" }
        return byClass
    }

    private mutating func resultByClass(
        _ pod: PodInfo, framework: Framework, cluster: inout ClusterCache, draw: (Int) -> Int
    ) -> SchedulingResult? {
        var result = SchedulingResult()
        let beginning = begin(
            pod, framework: framework, cluster: cluster, draw: draw, state: &result.state)
        let isDone = scheduleByClass(
            pod, after: beginning, framework: framework, cluster: &cluster, draw: draw, into: &result)
        return isDone ? result : nil
    }

    /// What two results differ in beside the nodes that were looked at.
    private static func outcomeDifferences(
        _ left: SchedulingResult, _ right: SchedulingResult
    ) -> [String] {
        var found: [String] = []
        func check<Value: Equatable>(_ name: String, _ left: Value, _ right: Value) {
            if left != right { found.append("\(name): \(left), plainly \(right)") }
        }
        check("chosen", left.chosenName, right.chosenName)
        check(
            "counts", [left.visitedCount, left.feasibleCount, left.tieCount],
            [right.visitedCount, right.feasibleCount, right.tieCount])
        check("message", left.message, right.message)
        check("error", left.error, right.error)
        check("plugins", left.diagnosis.unschedulablePlugins, right.diagnosis.unschedulablePlugins)
        check("nominated", left.postFilter?.nominatedNodeName, right.postFilter?.nominatedNodeName)
        check("status", left.postFilter?.status, right.postFilter?.status)
        func victims(_ result: SchedulingResult) -> [String] {
            let chosen = result.postFilter?.preemption?.chosen
            return (chosen?.victims ?? []).map { "\($0.key) on \(chosen?.nodeName ?? "")" }
        }
        check("victims", victims(left), victims(right))
        return found
    }

    static func differences(
        _ left: SchedulingResult, _ right: SchedulingResult, _ nodes: NodeTable
    ) -> [String] {
        var found: [String] = []
        func check<Value: Equatable>(_ name: String, _ left: Value, _ right: Value) {
            if left != right { found.append("\(name): \(left), plainly \(right)") }
        }
        func names(_ list: some Sequence<NodeIndex>) -> [String] { list.map { nodes.names[$0] } }
        check("feasible", names(left.feasible), names(right.feasible))
        check("rejected", names(left.rejected.map(\.node)), names(right.rejected.map(\.node)))
        if left.rejected.count == right.rejected.count {
            for (ours, theirs) in zip(left.rejected, right.rejected) where ours.status != theirs.status {
                check("verdict on \(nodes.names[ours.node])", ours.status, theirs.status)
            }
        }
        check("scores", left.scores.map(\.plugin), right.scores.map(\.plugin))
        for (ours, theirs) in zip(left.scores, right.scores) {
            check("weight of \(ours.plugin)", ours.weight, theirs.weight)
            check("raw \(ours.plugin)", ours.raw, theirs.raw)
            check("normalized \(ours.plugin)", ours.normalized, theirs.normalized)
        }
        check("totals", left.totals, right.totals)
        check("best", names(left.best), names(right.best))
        check("chosen", left.chosenName, right.chosenName)
        check(
            "counts", [left.visitedCount, left.feasibleCount, left.tieCount],
            [right.visitedCount, right.feasibleCount, right.tieCount])
        check("message", left.message, right.message)
        check("error", left.error, right.error)
        check("absent", left.diagnosis.absentStatus, right.diagnosis.absentStatus)
        check("plugins", left.diagnosis.unschedulablePlugins, right.diagnosis.unschedulablePlugins)
        check("nominated", left.postFilter?.nominatedNodeName, right.postFilter?.nominatedNodeName)
        check("status", left.postFilter?.status, right.postFilter?.status)
        func describe(_ plan: PreemptionPlan?) -> [String] {
            guard let plan else { return [] }
            func describe(_ candidate: PreemptionPlan.Candidate) -> String {
                "\(candidate.nodeName): \(candidate.victims.map(\.key)) \(candidate.violations)"
            }
            return ([plan.chosen] + plan.candidates).map(describe) + plan.tiedNodes
                + plan.clearedNominations.map(\.key.description)
        }
        check("preemption", describe(left.postFilter?.preemption), describe(right.postFilter?.preemption))
        return found
    }
}
