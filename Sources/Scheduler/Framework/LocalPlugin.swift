// Plugins whose answer about a pod on a node follows from the pod's class and from that node alone. What they
// said stays true until the node changes, so it is kept, and they are asked about changed nodes only
// (``NodeColumns``).

/// A filter that looks at the pod's class and at one node.
public protocol LocalFilterPlugin: FilterPlugin {
    /// The verdicts that it gives to pods of a class, each with the plugin's name.
    func verdicts(on pod: PodClass) -> [Status]
    /// The place in ``verdicts(on:)`` of the verdict; nil when the pod fits.
    func verdict(on pod: PodClass, node: NodeIndex, nodes: NodeTable) -> Int?
}

extension LocalFilterPlugin {
    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let podClass = pod.podClass
        let verdicts = verdicts(on: podClass)
        for node in rejections.candidates {
            if let place = verdict(on: podClass, node: node, nodes: cluster.nodes) {
                rejections.add(verdicts[place], at: node)
            }
        }
    }
}

/// A score that looks at the pod's class and at one node.
public protocol LocalScorePlugin: ScorePlugin {
    /// What scores need to know of a node whatever the pod is; kept until the node changes.
    func nodeValue(_ node: NodeIndex, nodes: NodeTable) -> Double
    func score(_ pod: PodClass, node: NodeIndex, nodes: NodeTable, nodeValue: Double) -> Int64
}

extension LocalScorePlugin {
    public func nodeValue(_ node: NodeIndex, nodes: NodeTable) -> Double { 0 }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        for place in feasible.indices {
            let node = feasible[place]
            scores[place] = score(
                pod.podClass, node: node, nodes: cluster.nodes,
                nodeValue: nodeValue(node, nodes: cluster.nodes))
        }
    }
}

/// Scores that stay in the order of the raw ones when they are normalised, the highest raw scores alone
/// becoming the highest: where nothing else scores, the raw ones decide.
public protocol OrderKeepingNormalization: NormalizeScorePlugin {}

/// What ``LocalScorePlugin/nodeValue(_:nodes:)`` said of nodes, for the scores of one profile.
struct NodeValues {
    private var values: [ContiguousArray<Double>] = []
    private var generations: [ContiguousArray<UInt64>] = []

    /// The value of a node for one of the profile's local scores.
    mutating func value(
        _ score: Int, _ plugin: any LocalScorePlugin, _ node: NodeIndex, _ nodes: NodeTable
    ) -> Double {
        while values.count <= score {
            values.append([])
            generations.append([])
        }
        if values[score].count < nodes.rowCount {
            let missing = nodes.rowCount - values[score].count
            values[score].append(contentsOf: repeatElement(0, count: missing))
            // The first change of a row has number 1.
            generations[score].append(contentsOf: repeatElement(0, count: missing))
        }
        let generation = nodes.generations[node]
        if generations[score][node] != generation {
            generations[score][node] = generation
            values[score][node] = plugin.nodeValue(node, nodes: nodes)
        }
        return values[score][node]
    }
}
