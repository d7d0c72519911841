import KubernetesModel

/// How one of several nodes with the highest score is taken. Upstream leaves it open.
public enum TieBreak: Sendable {
    /// The bytewise smallest name.
    case lexicographic
    /// The first in the order in which they were looked at.
    case first
    /// A draw; given a count, the generator returns a place below it.
    case drawn
}

/// What one attempt to find a node for a pod came to.
public struct SchedulingResult {
    /// What PreFilter said when it rejected the pod on all nodes.
    public var preFilterStatus: Status?
    /// Whether only the nominated node was looked at, and fits.
    public var isNominatedNodeOnly = false
    /// In the order of evaluation.
    public var feasible: ContiguousArray<NodeIndex> = []
    /// The nodes that were rejected, in the order of evaluation.
    public var rejected = NodeStatuses()
    /// The scores by plugin, in the profile's order; empty when there was nothing to choose.
    public var scores: [PluginScores] = []
    /// The weighted sums, in the order of ``feasible``.
    public var totals: ContiguousArray<Int64> = []
    /// The feasible nodes with the highest total, in the order of evaluation.
    public var best: ContiguousArray<NodeIndex> = []
    /// How many nodes were looked at, fit, and had the highest total.
    public var visitedCount = 0
    public var feasibleCount = 0
    public var tieCount = 0
    /// The node taken; nil when there is none.
    public var chosen: NodeIndex?
    public var chosenName = ""
    /// Why there is none.
    public var diagnosis = Diagnosis()
    public var postFilter: PostFilterResult?
    /// A plugin's failure, which is no verdict; empty when there was none.
    public var error = ""
    /// The text of the FailedScheduling event, uncut; empty when a node was chosen.
    public var message = ""
    /// The state of the plugins, for the extension points that follow.
    public var state = CycleState()
    /// Whether an extender gave the nodes back as objects: scores then know of no pods and images on them, as
    /// upstream has it.
    var areNodesBare = false

    /// Takes over what was found without a list of nodes.
    mutating func take(_ taken: SchedulingCycle.Taken, _ nodes: NodeTable) {
        visitedCount = taken.visitedCount
        feasibleCount = taken.feasibleCount
        tieCount = taken.tieCount
        chosen = taken.node
        chosenName = nodes.names[taken.node]
        if taken.isOnlyNamed { diagnosis.unschedulablePlugins = [NodeAffinity.name] }
    }

    /// Takes an extender's verdict over, in place of an earlier one.
    mutating func reject(_ node: NodeIndex, _ status: Status) {
        if let place = rejected.firstIndex(where: { $0.node == node }) {
            rejected.set(place, status)
        } else {
            rejected.append(node, status)
        }
    }
}

/// Finds a node for one pod at a time.
///
/// Upstream: `pkg/scheduler/schedule_one.go`, `schedulePod` and what it calls (v1.36).
public struct SchedulingCycle {
    /// With fewer nodes than this all are looked at, and never fewer feasible ones are searched for.
    public static let minimumFeasibleNodes = 100
    static let minimumPercentage: Int64 = 5

    /// The share of nodes to find feasible before scoring, in percent; 0 adapts it to the cluster's size.
    public var percentageOfNodesToScore: Int64 = 0
    /// Where in the order of nodes the next search begins.
    public internal(set) var nextStartIndex = 0
    public var tieBreak = TieBreak.lexicographic
    /// Whether what was learnt about other pods of a class is used. The decisions are the same either way.
    public var usesCaches = true
    /// Whether results hold the nodes that were looked at with their verdicts and scores, for pods that were
    /// placed. Off, they are left out where that saves work.
    public var keepsDetails = true
    /// Whether every cycle is computed both ways, and differences go to ``differences``.
    public var comparesWithPlain = false
    /// What the two ways differed in; empty but for a defect.
    public internal(set) var differences: [String] = []
    /// How many cycles were compared; the others were left to the plain algorithm.
    public internal(set) var comparedCount = 0
    var learnt = SchedulingClasses()
    var scratch = ClassScratch()

    public init() {}

    /// Looks for a node, and where there is none, for room by preemption.
    ///
    /// - Parameter draw: a place below a count, for ties that are drawn.
    public mutating func schedule(
        _ pod: PodInfo, framework: Framework, cluster: inout ClusterCache, draw: (Int) -> Int
    ) -> SchedulingResult {
        cluster.nodes.settleOrder()
        guard usesCaches, cluster.nodes.count > 0 else {
            return schedulePlainly(pod, framework: framework, cluster: &cluster, draw: draw)
        }
        if comparesWithPlain {
            return scheduleBothWays(pod, framework: framework, cluster: &cluster, draw: draw)
        }
        var state = CycleState()
        let beginning = begin(pod, framework: framework, cluster: cluster, draw: draw, state: &state)
        return schedule(
            pod, after: beginning, state, framework: framework, cluster: &cluster, draw: draw)
    }

    /// Whether a cycle may begin with ``begin(_:framework:cluster:draw:state:)``.
    func mayTakeAtOnce(_ cluster: ClusterCache) -> Bool {
        usesCaches && !comparesWithPlain && !keepsDetails && cluster.nodes.count > 0
    }

    /// Goes on with a cycle.
    ///
    /// - Parameter state: what ``begin(_:framework:cluster:draw:state:)`` made of a new one.
    mutating func schedule(
        _ pod: PodInfo, after beginning: Beginning, _ state: CycleState, framework: Framework,
        cluster: inout ClusterCache, draw: (Int) -> Int
    ) -> SchedulingResult {
        var result = SchedulingResult()
        result.state = state
        if scheduleByClass(
            pod, after: beginning, framework: framework, cluster: &cluster, draw: draw, into: &result)
        {
            return result
        }
        return schedulePlainly(pod, framework: framework, cluster: &cluster, draw: draw)
    }

    /// The plain algorithm: every plugin looks at every node.
    mutating func schedulePlainly(
        _ pod: PodInfo, framework: Framework, cluster: inout ClusterCache, draw: (Int) -> Int
    ) -> SchedulingResult {
        var result = SchedulingResult()
        cluster.nodes.settleOrder()
        if cluster.nodes.count == 0 {
            result.diagnosis.absentStatus = .unresolvable("no nodes available to schedule pods")
            result.message = "no nodes available to schedule pods"
            return result
        }
        findFeasible(pod, framework: framework, cluster: &cluster, result: &result)
        if result.error.isEmpty && !result.feasible.isEmpty {
            choose(pod, framework: framework, cluster: cluster, draw: draw, result: &result)
        }
        if !result.error.isEmpty {
            result.message = result.error
        } else if result.feasible.isEmpty {
            diagnose(pod, framework: framework, cluster: &cluster, &result)
        }
        result.visitedCount = result.feasible.count + result.rejected.count
        result.feasibleCount = result.feasible.count
        result.tieCount = result.best.count
        return result
    }

    /// Tells why no node fits, and looks for room by preemption.
    func diagnose(
        _ pod: PodInfo, framework: Framework, cluster: inout ClusterCache, _ result: inout SchedulingResult
    ) {
        result.diagnosis.nodeCount = cluster.nodes.count
        result.diagnosis.statuses = result.rejected
        for (place, count) in result.rejected.counts.enumerated() where count > 0 {
            result.diagnosis.note(result.rejected.verdicts[place])
        }
        if !framework.postFilter.isEmpty {
            let postFilter = framework.runPostFilter(
                pod, cluster: &cluster, state: result.state, diagnosis: result.diagnosis)
            result.diagnosis.postFilterMessage = postFilter.status.message
            result.postFilter = postFilter
        }
        result.message = result.diagnosis.message
    }

    // MARK: Feasible nodes

    private mutating func findFeasible(
        _ pod: PodInfo, framework: Framework, cluster: inout ClusterCache, result: inout SchedulingResult
    ) {
        let order = cluster.nodes.order
        let preFilter = framework.runPreFilter(pod, cluster: cluster, state: &result.state)
        result.diagnosis.unschedulablePlugins = Set(preFilter.narrowingPlugins)
        if !preFilter.status.isSuccess {
            guard preFilter.status.isRejection else {
                result.error = preFilter.status.message
                return
            }
            result.preFilterStatus = preFilter.status
            result.diagnosis.absentStatus = preFilter.status
            result.diagnosis.preFilterMessage = preFilter.status.message
            result.diagnosis.note(preFilter.status)
            return
        }
        var nominatedStatus: (node: NodeIndex, status: Status)?
        let nominatedName = pod.value.status.nominatedNodeName
        if !nominatedName.isEmpty, let node = cluster.nodes[nominatedName] {
            var rejections = Rejections(candidates: [node], rowCount: cluster.nodes.rowCount)
            framework.runFilterWithNominatedPods(
                pod, cluster: &cluster, state: result.state, rejections: &rejections)
            // A failure here is only logged upstream; the search goes on over all nodes.
            if rejections.error.isEmpty {
                if !rejections.candidates.isEmpty {
                    result.feasible = [node]
                    runExtenders(pod, framework: framework, cluster: cluster, result: &result)
                    if result.error.isEmpty && !result.feasible.isEmpty {
                        result.isNominatedNodeOnly = true
                        return
                    }
                    result.error = ""
                    result.feasible = []
                }
                if let status = rejections.status(of: node) ?? result.rejected.first?.status {
                    nominatedStatus = (node, status)
                }
                result.rejected = NodeStatuses()
            }
        }
        var nodes = order
        if let names = preFilter.nodeNames {
            nodes = ContiguousArray(Set(names).sorted().compactMap { cluster.nodes[$0] })
            let plugins = preFilter.narrowingPlugins.joined(separator: " ")
            result.diagnosis.absentStatus = .unresolvable("node(s) didn't satisfy plugin(s) [\(plugins)]")
        }
        filter(pod, nodes: nodes, framework: framework, cluster: &cluster, result: &result)
        if let nominatedStatus, !nodes.contains(nominatedStatus.node) {
            result.rejected.append(nominatedStatus.node, nominatedStatus.status)
        }
        let processed = result.feasible.count + result.rejected.count
        nextStartIndex = (nextStartIndex + processed) % order.count
        if result.error.isEmpty {
            runExtenders(pod, framework: framework, cluster: cluster, result: &result)
        }
    }

    /// Lets the extenders reject what the plugins left.
    ///
    /// Upstream: `findNodesThatPassExtenders`.
    private func runExtenders(
        _ pod: PodInfo, framework: Framework, cluster: ClusterCache, result: inout SchedulingResult
    ) {
        let count = result.feasible.count
        for extender in framework.extenders {
            if result.feasible.isEmpty { break }
            guard extender.configuration.isInterested(in: pod.spec) else { continue }
            switch extender.filter(pod, result.feasible, cluster) {
            case .failure(let failure):
                if extender.configuration.isIgnorable { continue }
                result.error = failure.message
                result.feasible = []
                return
            case .success(let outcome):
                let unresolvable = outcome.failedAndUnresolvable
                for (name, message) in unresolvable {
                    guard let node = cluster.nodes[name] else { continue }
                    result.reject(
                        node,
                        Status(.unschedulableAndUnresolvable, [message], plugin: Self.extenderName))
                }
                for (name, message) in outcome.failed where !unresolvable.contains(where: { $0.name == name })
                {
                    guard let node = cluster.nodes[name] else { continue }
                    result.reject(node, Status(.unschedulable, [message], plugin: Self.extenderName))
                }
                result.feasible = outcome.nodes
                if outcome.areBare { result.areNodesBare = true }
            }
        }
        if result.feasible.count != count {
            result.diagnosis.unschedulablePlugins.insert(Self.extenderName)
        }
    }

    /// Stands for all extenders among the plugins that rejected a pod.
    static let extenderName = "Extender"

    private func filter(
        _ pod: PodInfo, nodes: ContiguousArray<NodeIndex>, framework: Framework, cluster: inout ClusterCache,
        result: inout SchedulingResult
    ) {
        guard !nodes.isEmpty else { return }
        var wanted = nodesToFind(
            framework.percentageOfNodesToScore ?? percentageOfNodesToScore, of: nodes.count)
        let extenders = framework.extenders.map(\.configuration)
        if framework.score.isEmpty
            && extenders.allSatisfy({ $0.filterVerb.isEmpty && $0.prioritizeVerb.isEmpty })
        {
            wanted = 1
        }
        let start = nextStartIndex % nodes.count
        let visit = ContiguousArray(nodes[start...] + nodes[..<start])
        if framework.filter.isEmpty {
            result.feasible = ContiguousArray(visit.prefix(wanted))
            return
        }
        // Nodes are judged in blocks; the end of the search is found as if one at a time.
        var rejections = Rejections(candidates: [], rowCount: cluster.nodes.rowCount)
        let blockSize = wanted >= nodes.count ? nodes.count : max(wanted, 128)
        var visited = 0
        while visited < visit.count && result.feasible.count <= wanted {
            let end = min(visit.count, visited + blockSize)
            rejections.setCandidates(ContiguousArray(visit[visited..<end]))
            framework.runFilterWithNominatedPods(
                pod, cluster: &cluster, state: result.state, rejections: &rejections)
            result.feasible += rejections.candidates
            visited = end
            if !rejections.error.isEmpty {
                result.error = rejections.error
                result.feasible = []
                return
            }
        }
        if result.feasible.count > wanted {
            let surplus = result.feasible[wanted]
            result.feasible.removeSubrange(wanted...)
            visited = visit.firstIndex(of: surplus) ?? visited
        }
        for node in visit[..<visited] {
            if let status = rejections.status(of: node) { result.rejected.append(node, status) }
        }
    }

    /// How many feasible nodes end the search.
    public func nodesToFind(_ percentage: Int64, of count: Int) -> Int {
        if count < Self.minimumFeasibleNodes { return count }
        var percentage = percentage
        if percentage == 0 { percentage = max(Self.minimumPercentage, 50 - Int64(count) / 125) }
        return max(Self.minimumFeasibleNodes, Int(Int64(count) * percentage / 100))
    }

    // MARK: Choice

    private func choose(
        _ pod: PodInfo, framework: Framework, cluster: ClusterCache, draw: (Int) -> Int,
        result: inout SchedulingResult
    ) {
        let feasible = result.feasible
        var places = Array(feasible.indices)
        if feasible.count > 1 {
            if framework.score.isEmpty && framework.extenders.isEmpty {
                result.totals = ContiguousArray(repeating: 1, count: feasible.count)
            } else {
                let scored = framework.runScore(
                    pod, feasible: feasible, cluster: cluster, state: &result.state,
                    areNodesBare: result.areNodesBare)
                guard scored.error.isEmpty else {
                    result.error = scored.error
                    return
                }
                result.scores = scored.scores
                result.totals = scored.totals
                for extender in framework.extenders where extender.configuration.isInterested(in: pod.spec) {
                    // An extender that fails gives no score.
                    guard case .success(let scores) = extender.prioritize(pod, feasible, cluster) else {
                        continue
                    }
                    for place in scores.indices { result.totals[place] &+= scores[place] }
                    result.scores.append(
                        PluginScores(plugin: extender.name, weight: 1, raw: scores, normalized: scores))
                }
            }
            let highest = result.totals.max() ?? 0
            places.removeAll { result.totals[$0] != highest }
        }
        result.best = ContiguousArray(places.map { feasible[$0] })
        take(cluster.nodes, draw, &result)
    }

    /// Takes one of the best nodes.
    func take(_ nodes: NodeTable, _ draw: (Int) -> Int, _ result: inout SchedulingResult) {
        var chosen = result.best[0]
        switch tieBreak {
        case .lexicographic:
            for node in result.best
            where nodes.names[node].utf8.lexicographicallyPrecedes(nodes.names[chosen].utf8) { chosen = node }
        case .first: break
        case .drawn:
            let count = result.best.count
            if count > 1 { chosen = result.best[draw(count) % count] }
        }
        result.chosen = chosen
        result.chosenName = nodes.names[chosen]
    }
}
