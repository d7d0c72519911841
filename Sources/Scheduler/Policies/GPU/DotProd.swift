import KubernetesModel

/// Takes the node whose free CPU and GPU point in the least direction of the request: DotProd as Weng et al.
/// compare with.
///
/// The product of free and requested CPU, of 128 cores, and of free and requested GPU, of 8, each: small where
/// little is free. Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 6.1.
public struct DotProd: LocalScorePlugin {
    public static let name = "DotProd"

    public init() {}

    public func score(_ pod: PodClass, node: NodeIndex, nodes: NodeTable, nodeValue: Double) -> Int64 {
        let node = nodes.gpuNode(pod, node)
        let cpu =
            (Double(node.freeMilliCPU) / GPUNode.largestMilliCPU)
            * (Double(node.requestMilliCPU) / GPUNode.largestMilliCPU)
        let gpu =
            (Double(node.freeMilliGPU) / GPUNode.largestMilliGPU)
            * (Double(node.requestMilliGPU) / GPUNode.largestMilliGPU)
        return GPUNode.score(100 * (1 - (cpu + gpu) / 2))
    }
}
