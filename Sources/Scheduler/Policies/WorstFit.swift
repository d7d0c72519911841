import KubernetesModel

/// Takes the node on which the most would be left: the emptiest one.
///
/// What is left is defined by ``NodeFill``. Johnson, "Near-optimal bin packing algorithms", thesis,
/// Massachusetts Institute of Technology, 1973.
public struct WorstFit: NodeScorePlugin, NormalizeScorePlugin {
    public static let name = "WorstFit"

    public init() {}

    public func score(_ pod: PodInfo, node: NodeIndex, cluster: ClusterCache, state: CycleState) -> Int64 {
        1_000_000_000 + NodeFill.remaining(pod, on: node, cluster.nodes)
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) { NodeFill.normalize(&scores) }
}
