import KubernetesModel

/// What the published policies look at: a node's free CPU and GPUs, in thousandths, beside the largest node
/// that they reckon with.
///
/// Memory plays no part. Weng et al., "Beware of Fragmentation", USENIX ATC 2023, and its simulator
/// (hkust-adsl/kubernetes-scheduler-simulator).
struct GPUNode {
    let freeMilliCPU: Int64
    let freeMilliGPU: Int64
    let requestMilliCPU: Int64
    let requestMilliGPU: Int64

    static let largestMilliCPU = 128_000.0
    static let largestMilliGPU = 8_000.0

    /// A score, cut towards zero and kept within bounds: nodes larger than the published ones would leave them.
    static func score(_ value: Double) -> Int64 {
        Int64(max(0, min(100, value)))
    }
}

extension NodeTable {
    /// No initialiser, which would be given a table of its own.
    @inline(__always)
    func gpuNode(_ pod: PodClass, _ node: NodeIndex) -> GPUNode {
        GPUNode(
            freeMilliCPU: freeMilliCPU(node), freeMilliGPU: gpus[node].totalFree,
            requestMilliCPU: pod.requests.amount(.cpu), requestMilliGPU: pod.gpu?.totalMilli ?? 0)
    }
}
