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
        let nodes = cluster.nodes
        let states = pod.podClass.images.compactMap { nodes.images[$0] }
        let containers = Int64(pod.spec.initContainers.count + pod.spec.containers.count)
        let maximumBytes = Self.maximumContainerBytes * containers
        if states.isEmpty || maximumBytes <= Self.minimumBytes { return }
        var sums = ContiguousArray<Int64>(repeating: 0, count: nodes.rowCount)
        for image in states {
            let spread = Double(image.nodes.count) / Double(nodes.count)
            let scaled = Int64(truncatingAsGo: Double(image.sizeBytes) * spread)
            for node in image.nodes { sums[node] &+= scaled }
        }
        for place in feasible.indices {
            let sum = min(max(sums[feasible[place]], Self.minimumBytes), maximumBytes)
            scores[place] =
                NodeScore.maximum &* (sum - Self.minimumBytes) / (maximumBytes - Self.minimumBytes)
        }
    }
}

extension Int64 {
    /// The number without its fraction; the least integer where that does not fit, as upstream's conversion
    /// has it on amd64.
    init(truncatingAsGo value: Double) {
        self = value >= -0x1p63 && value < 0x1p63 ? Int64(value) : .min
    }
}
