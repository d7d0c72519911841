import KubernetesModel
import Scheduler

/// Prefers cheap nodes, and refuses those that cost more than a pod allows.
///
/// A node's price is in the label `example.com/price`, a whole number; nodes without one cost nothing. A pod's
/// limit is in the annotation `example.com/max-price`, or else the argument `maxPrice`.
public struct NodePrice: NodeFilterPlugin, NodeScorePlugin, NormalizeScorePlugin, EnqueueExtensions {
    public static let name = "NodePrice"
    let maxPrice: Int64

    public init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["maxPrice"])
        maxPrice = try arguments.integer("maxPrice", in: 0...1_000_000) ?? 1_000_000
    }

    private func price(of node: NodeIndex, _ cluster: ClusterCache) -> Int64 {
        let labels = cluster.nodes.objects[node]?.value.metadata.labels
        return labels?["example.com/price"].flatMap { Int64($0) } ?? 0
    }

    /// Nil lets the pod onto the node. Evicting pods does not make a node cheaper: unresolvable.
    public func filter(
        _ pod: PodInfo, node: NodeIndex, cluster: ClusterCache, state: CycleState
    ) -> Status? {
        let limit = pod.value.metadata.annotations["example.com/max-price"].flatMap { Int64($0) }
        if price(of: node, cluster) <= limit ?? maxPrice { return nil }
        return .unresolvable("node(s) cost more than the pod allows")
    }

    /// The price itself; what is less is better only after normalization.
    public func score(
        _ pod: PodInfo, node: NodeIndex, cluster: ClusterCache, state: CycleState
    ) -> Int64 { price(of: node, cluster) }

    /// The dearest node gets 0, one that costs nothing 100.
    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) { NodeScore.normalize(&scores, reversed: true) }

    /// A pod that was refused is worth another try when a node comes, or changes its labels.
    public var events: [ClusterEvent] { [ClusterEvent(.node, [.add, .updateNodeLabel])] }
}
