import KubernetesModel

/// Takes the nodes in turn: the next one after the node that was taken last on which the pod fits.
///
/// The turn goes by name, with numbers in names as numbers, and begins again at the first. Whose turn it is
/// lives in the scheduler's memory, so another scheduler that takes over begins at the first node.
public struct RoundRobin: ScorePlugin, ReservePlugin {
    public static let name = "RoundRobin"

    public init() {}

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let names = cluster.nodes.names
        func least(_ places: some Sequence<Int>) -> Int? {
            places.min { NaturalOrder.precedes(names[feasible[$0]], names[feasible[$1]]) }
        }
        var next: Int?
        if let last = cluster.memory[Self.name] as? String {
            next = least(feasible.indices.lazy.filter { NaturalOrder.precedes(last, names[feasible[$0]]) })
        }
        if let next = next ?? least(feasible.indices) { scores[next] = NodeScore.maximum }
    }

    public func reserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) -> Status {
        cluster.memory[Self.name] = cluster.nodes.names[node]
        return .success
    }

    /// A turn that was taken stays taken.
    public func unreserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) {}
}
