import KubernetesModel

/// Rejects nodes with taints that the pod does not tolerate, and prefers those with fewer soft ones.
///
/// Nodes with equal lists of taints are judged together.
/// Upstream: `pkg/scheduler/framework/plugins/tainttoleration` (v1.36).
public struct TaintToleration: FilterPlugin, PreScorePlugin, NormalizeScorePlugin, EnqueueExtensions {
    public static let name = "TaintToleration"

    public init() {}

    /// Whether a taint keeps the pod off the node.
    static func hasUntolerated(_ taints: [Taint], _ tolerations: [Toleration]) -> Bool {
        taints.contains { taint in
            taint.effect != .preferNoSchedule && !tolerations.contains { $0.tolerates(taint) }
        }
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let nodes = cluster.nodes
        let tolerations = pod.spec.tolerations
        let isRefused = nodes.taintSets.map { Self.hasUntolerated($0, tolerations) }
        guard isRefused.contains(true) else { return }
        let verdict = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) had untolerated taint(s)"])
        for node in rejections.candidates where isRefused[Int(nodes.taintSet[node])] {
            rejections.add(verdict, at: node)
        }
    }

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status { .success }

    /// How many taints speak against the node without keeping the pod off it.
    static func softCount(_ taints: [Taint], _ tolerations: [Toleration]) -> Int64 {
        var count: Int64 = 0
        for taint in taints where taint.effect == .preferNoSchedule {
            let isTolerated = tolerations.contains {
                ($0.effect == nil || $0.effect == .preferNoSchedule) && $0.tolerates(taint)
            }
            if !isTolerated { count += 1 }
        }
        return count
    }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let nodes = cluster.nodes
        let tolerations = pod.spec.tolerations
        let counts = nodes.taintSets.map { Self.softCount($0, tolerations) }
        for place in feasible.indices { scores[place] = counts[Int(nodes.taintSet[feasible[place]])] }
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        NodeScore.normalize(&scores, reversed: true)
    }

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.node, [.add, .updateNodeTaint]), ClusterEvent(.pod, .updatePodToleration),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        guard let node = change.newNode else { return change.newPod?.metadata.uid == pod.uid }
        let tolerations = pod.spec.tolerations
        let wasUntolerated = change.oldNode.map { Self.hasUntolerated($0.spec.taints, tolerations) } ?? true
        return wasUntolerated && !Self.hasUntolerated(node.spec.taints, tolerations)
    }
}
