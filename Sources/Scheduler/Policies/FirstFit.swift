import KubernetesModel

/// Takes the first node, in the order of their names, on which the pod fits.
///
/// Numbers in names count as numbers, so that `general-2` comes before `general-10`. The rule is that of bin
/// packing with the nodes as bins in a fixed order: Johnson, "Fast algorithms for bin packing", Journal of
/// Computer and System Sciences 8(3), 1974.
public struct FirstFit: ScorePlugin {
    public static let name = "FirstFit"

    public init() {}

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let names = cluster.nodes.names
        let first = feasible.indices.min { NaturalOrder.precedes(names[feasible[$0]], names[feasible[$1]]) }
        if let first { scores[first] = NodeScore.maximum }
    }
}
