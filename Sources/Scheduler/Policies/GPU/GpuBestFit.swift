import KubernetesModel

/// Takes the node on which the least CPU and GPU together would be left: BestFit as Weng et al. compare with.
///
/// Half the share of free CPU, of 128 cores, and half that of free GPU, of 8, that would be left, subtracted
/// from 1. Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 6.1. The policy `best-fit` is
/// another one: it knows of nothing but shares of each node's own size.
public struct GpuBestFit: LocalScorePlugin, OrderKeepingNormalization {
    public static let name = "GpuBestFit"

    public init() {}

    public func score(_ pod: PodClass, node: NodeIndex, nodes: NodeTable, nodeValue: Double) -> Int64 {
        let node = nodes.gpuNode(pod, node)
        let cpu = 0.5 * Double(node.freeMilliCPU - node.requestMilliCPU) / GPUNode.largestMilliCPU
        let gpu = 0.5 * Double(node.freeMilliGPU - node.requestMilliGPU) / GPUNode.largestMilliGPU
        return Int64(truncatingAsGo: (1 - (cpu + gpu)) * 100)
    }

    /// Stretches the scores over 0 to 100.
    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        guard let highest = scores.max(), let lowest = scores.min() else { return }
        for place in scores.indices {
            scores[place] =
                highest == lowest ? 0 : (scores[place] - lowest) * NodeScore.maximum / (highest - lowest)
        }
    }
}
