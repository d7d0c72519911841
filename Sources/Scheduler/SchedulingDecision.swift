public import KubernetesModel
public import SimulationKernel

/// What the scheduler decided about a pod in one attempt, and why: compact enough to be kept for all.
public struct SchedulingDecision: Sendable {
    /// A node with its scores.
    public struct ScoredNode: Sendable {
        public var name: String
        public var total: Int64
        /// Each plugin's share of the total, in the profile's order.
        public var weighted: [(plugin: String, score: Int64)]
    }

    public var time: VirtualTime
    public var pod: ObjectKey
    public var uid: UID
    /// From 1.
    public var attempt: Int
    /// Since the pod entered the queue.
    public var waited: VirtualDuration
    /// What brought the pod into the active queue.
    public var movedBy: String
    public var nodeCount: Int
    public var feasibleCount: Int
    /// The best few feasible nodes, best first; empty when there was nothing to choose.
    public var best: [ScoredNode]
    /// How many nodes had the highest total.
    public var tieCount: Int
    /// The node that was chosen; empty when there was none.
    public var nodeName: String
    /// The GPUs of the node that the pod got.
    public var gpus = GPUSet()
    /// Why there was none: the event's text, uncut.
    public var message: String
    /// The node that the pod waits for, and the pods that have to go for it.
    public var nominatedNodeName: String
    public var victims: [ObjectKey]

    /// How many nodes ``best`` holds at most.
    static let bestCount = 3

    init(_ result: SchedulingResult, of pod: QueuedPod, cluster: ClusterCache, at time: VirtualTime) {
        self.time = time
        self.pod = pod.pod.key
        uid = pod.pod.uid
        attempt = pod.attempts
        waited = time - (pod.initialAttemptTime ?? pod.timestamp)
        movedBy = pod.lastMove
        nodeCount = cluster.nodes.count
        feasibleCount = result.feasibleCount
        tieCount = result.tieCount
        nodeName = result.chosenName
        message = result.message
        nominatedNodeName = result.postFilter?.nominatedNodeName ?? ""
        victims = result.postFilter?.preemption?.chosen.victims.map(\.key) ?? []
        let names = cluster.nodes.names
        var places: [Int] = []
        for place in result.totals.indices {
            // The chosen node leads among equals, then the names decide.
            func isBefore(_ left: Int, _ right: Int) -> Bool {
                if result.totals[left] != result.totals[right] {
                    return result.totals[left] > result.totals[right]
                }
                let (first, second) = (result.feasible[left], result.feasible[right])
                if first == result.chosen || second == result.chosen { return first == result.chosen }
                return names[first] < names[second]
            }
            let rank = places.firstIndex { isBefore(place, $0) } ?? places.count
            if rank < Self.bestCount {
                places.insert(place, at: rank)
                if places.count > Self.bestCount { places.removeLast() }
            }
        }
        best = places.map { place in
            ScoredNode(
                name: names[result.feasible[place]], total: result.totals[place],
                weighted: result.scores.map { ($0.plugin, $0.normalized[place] * $0.weight) })
        }
    }

    /// Why that node, in a clause: `2 of 5 nodes fit; score 472 (TaintToleration 300, …), next general-2 with
    /// 471`.
    public var cause: String {
        if nodeName.isEmpty { return "attempt \(attempt), moved by \(movedBy)" }
        var text = "\(feasibleCount) of \(nodeCount) nodes fit"
        guard let chosen = best.first else { return gpus.isEmpty ? text : text + "; GPU \(gpus)" }
        let shares = chosen.weighted.filter { $0.score != 0 }.map { "\($0.plugin) \($0.score)" }
        text += "; score \(chosen.total)"
        if !shares.isEmpty { text += " (\(shares.joined(separator: ", ")))" }
        if tieCount > 1 {
            text += ", equal on \(tieCount) nodes"
        } else if best.count > 1 {
            text += ", next \(best[1].name) with \(best[1].total)"
        }
        if !gpus.isEmpty { text += "; GPU \(gpus)" }
        return text
    }
}
