import KubernetesModel

/// Keeps pods together with pods that take as many GPUs, or that share one as they do.
///
/// Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 6.1; after Xiao et al., "Gandiva", OSDI 2018.
public struct GpuClustering: LocalScorePlugin {
    public static let name = "GpuClustering"

    public init() {}

    public func score(_ pod: PodClass, node: NodeIndex, nodes: NodeTable, nodeValue: Double) -> Int64 {
        guard let request = pod.gpu else { return 0 }
        let used = max(0, 25 * (8_000 - nodes.gpus[node].totalFree) / 8_000)
        let hosted = nodes.gpus[node].hosts(NodeGPUs.sort(of: request))
        switch (hosted.this, hosted.others) {
        case (true, false): return 75 + used
        case (true, true): return 50 + used
        case (false, false): return 25 + used
        case (false, true): return used
        }
    }
}
