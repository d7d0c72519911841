import KubernetesModel

/// Takes the node on which the least would be left: the fullest one on which the pod fits.
///
/// What is left is defined by ``NodeFill``. Johnson, "Fast algorithms for bin packing", Journal of Computer
/// and System Sciences 8(3), 1974.
public struct BestFit: NodeScorePlugin, NormalizeScorePlugin {
    public static let name = "BestFit"

    public init() {}

    public func score(_ pod: PodInfo, node: NodeIndex, cluster: ClusterCache, state: CycleState) -> Int64 {
        1_000_000_000 - NodeFill.remaining(pod, on: node, cluster.nodes)
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) { NodeFill.normalize(&scores) }
}
