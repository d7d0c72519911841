import KubernetesModel

/// Prefers nodes that have the pod's images, by their size and by how many nodes have them.
///
/// Upstream: `pkg/scheduler/framework/plugins/imagelocality` (v1.36).
public struct ImageLocality: ScorePlugin {
    public static let name = "ImageLocality"
    static let minimumBytes: Int64 = 23 * 1024 * 1024
    static let maximumContainerBytes: Int64 = 1000 * 1024 * 1024

    public init() {}

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let sums = Self.sums(pod.podClass, nodes: cluster.nodes)
        if sums.isEmpty { return }
        for place in feasible.indices { scores[place] = Self.score(sums[feasible[place]], pod.podClass) }
    }

    private static func maximumBytes(_ podClass: PodClass) -> Int64 {
        maximumContainerBytes * Int64(podClass.spec.initContainers.count + podClass.spec.containers.count)
    }

    /// The scaled sizes of the pod's images that each row has; empty when all nodes score 0.
    static func sums(_ podClass: PodClass, nodes: NodeTable) -> ContiguousArray<Int64> {
        let states = podClass.images.compactMap { nodes.images[$0] }
        if states.isEmpty || maximumBytes(podClass) <= minimumBytes { return [] }
        var sums = ContiguousArray<Int64>(repeating: 0, count: nodes.rowCount)
        for image in states {
            let spread = Double(image.nodes.count) / Double(nodes.count)
            let scaled = Int64(truncatingAsGo: Double(image.sizeBytes) * spread)
            for node in image.nodes { sums[node] &+= scaled }
        }
        return sums
    }

    /// The score of a node, of the sum of its images.
    static func score(_ sum: Int64, _ podClass: PodClass) -> Int64 {
        let maximumBytes = maximumBytes(podClass)
        let held = min(max(sum, minimumBytes), maximumBytes)
        return NodeScore.maximum &* (held - minimumBytes) / (maximumBytes - minimumBytes)
    }
}

extension Int64 {
    /// The number without its fraction; the least integer where that does not fit, as upstream's conversion
    /// has it on amd64.
    init(truncatingAsGo value: Double) {
        self = value >= -0x1p63 && value < 0x1p63 ? Int64(value) : .min
    }
}
