import KubernetesModel

/// Takes GPUs that are in use before free ones, and free ones of nodes in use before those of idle nodes.
///
/// Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 6.1; after Xiao et al., "AntMan", OSDI 2020.
public struct GpuPacking: LocalScorePlugin {
    public static let name = "GpuPacking"

    public init() {}

    public func score(_ pod: PodClass, node: NodeIndex, nodes: NodeTable, nodeValue: Double) -> Int64 {
        guard let request = pod.gpu else { return 0 }
        let free = nodes.gpus[node].free
        let whole = Int64(GPURequest.wholeMilli)
        var freeCount: Int64 = 0
        for amount in free where amount == GPURequest.wholeMilli { freeCount += 1 }
        if freeCount == free.count { return min(NodeScore.maximum, max(33 - freeCount, freeCount)) }
        // The fullest that fit: what is taken before anything of a free one.
        var missing = request.count
        var below: Int64 = 0
        let fitting = free.filter { $0 >= request.milli }.sorted()
        var freeUsed: Int64 = 0
        for amount in fitting where missing > 0 {
            missing -= 1
            if amount == GPURequest.wholeMilli { freeUsed += 1 }
            below += Int64(amount) * 100 / whole
        }
        if freeUsed > 0 { return max(50 - freeUsed, 33) }
        return max(100 - below / 10, 50)
    }
}
