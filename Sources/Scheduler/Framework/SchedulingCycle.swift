import KubernetesModel

/// How one of several nodes with the highest score is taken. Upstream leaves it open.
public enum TieBreak: Sendable {
    /// The bytewise smallest name.
    case lexicographic
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
    public var rejected: [(node: NodeIndex, status: Status)] = []
    /// The scores by plugin, in the profile's order; empty when there was nothing to choose.
    public var scores: [PluginScores] = []
    /// The weighted sums, in the order of ``feasible``.
    public var totals: ContiguousArray<Int64> = []
    /// The feasible nodes with the highest total, in the order of evaluation.
    public var best: ContiguousArray<NodeIndex> = []
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
}

/// Finds a node for one pod at a time.
///
/// Upstream: `pkg/scheduler/schedule_one.go`, `schedulePod` and what it calls (v1.36).
public struct SchedulingCycle: Sendable {
    /// With fewer nodes than this all are looked at, and never fewer feasible ones are searched for.
    public static let minimumFeasibleNodes = 100
    static let minimumPercentage: Int64 = 5

    /// The share of nodes to find feasible before scoring, in percent; 0 adapts it to the cluster's size.
    public var percentageOfNodesToScore: Int64 = 0
    /// Where in the order of nodes the next search begins.
    public internal(set) var nextStartIndex = 0
    public var tieBreak = TieBreak.lexicographic

    public init() {}

    /// Looks for a node, and where there is none, for room by preemption.
    ///
    /// - Parameter draw: a place below a count, for ties that are drawn.
    public mutating func schedule(
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
            result.diagnosis.nodeCount = cluster.nodes.count
            result.diagnosis.statuses = result.rejected
            for entry in result.rejected { result.diagnosis.note(entry.status) }
            if !framework.postFilter.isEmpty {
                let postFilter = framework.runPostFilter(
                    pod, cluster: &cluster, state: result.state, diagnosis: result.diagnosis)
                result.diagnosis.postFilterMessage = postFilter.status.message
                result.postFilter = postFilter
            }
            result.message = result.diagnosis.message
        }
        return result
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
                    result.isNominatedNodeOnly = true
                    return
                }
                nominatedStatus = rejections.status(of: node).map { (node, $0) }
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
            result.rejected.append(nominatedStatus)
        }
        let processed = result.feasible.count + result.rejected.count
        nextStartIndex = (nextStartIndex + processed) % order.count
    }

    private func filter(
        _ pod: PodInfo, nodes: ContiguousArray<NodeIndex>, framework: Framework, cluster: inout ClusterCache,
        result: inout SchedulingResult
    ) {
        guard !nodes.isEmpty else { return }
        var wanted = nodesToFind(
            framework.percentageOfNodesToScore ?? percentageOfNodesToScore, of: nodes.count)
        if framework.score.isEmpty { wanted = 1 }
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
            if let status = rejections.status(of: node) { result.rejected.append((node, status)) }
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
            if framework.score.isEmpty {
                result.totals = ContiguousArray(repeating: 1, count: feasible.count)
            } else {
                let scored = framework.runScore(
                    pod, feasible: feasible, cluster: cluster, state: &result.state)
                guard scored.error.isEmpty else {
                    result.error = scored.error
                    return
                }
                result.scores = scored.scores
                result.totals = scored.totals
            }
            let highest = result.totals.max() ?? 0
            places.removeAll { result.totals[$0] != highest }
        }
        let names = cluster.nodes.names
        result.best = ContiguousArray(places.map { feasible[$0] })
        var chosen = result.best[0]
        switch tieBreak {
        case .lexicographic:
            for node in result.best where names[node].utf8.lexicographicallyPrecedes(names[chosen].utf8) {
                chosen = node
            }
        case .drawn:
            if places.count > 1 { chosen = result.best[draw(places.count) % places.count] }
        }
        result.chosen = chosen
        result.chosenName = names[chosen]
    }
}
