import KubernetesModel
import Stochastics

/// Takes any of the nodes on which the pod fits, and any of the GPUs that fit there, each with the same
/// probability.
///
/// The draws are from the streams `scheduler/gpu-random/<namespace>/<pod>`, one for each attempt.
public struct GpuRandom: DrawingScorePlugin, ReservePlugin {
    public static let name = "GpuRandom"
    let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    private func name(_ pod: PodInfo, _ use: String) -> String {
        "scheduler/gpu-random/\(use)/\(pod.namespace)/\(pod.key.name)"
    }

    public func draw(_ pod: PodInfo, among count: Int, cluster: ClusterCache) -> Int {
        var stream = RandomStream(seed: seed, name: name(pod, "node"), index: cluster.attempt.number)
        return stream.index(below: count)
    }

    public func reserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) -> Status {
        guard let request = pod.podClass.gpu, request.isSharing else { return .success }
        cluster.nodes.takeBack(pod, on: node)
        let free = cluster.nodes.gpus[node].free
        let fitting = free.indices.filter { free[$0] >= request.milli }
        // That none fits is for GPUShare to say.
        if fitting.isEmpty { return .success }
        var stream = RandomStream(seed: seed, name: name(pod, "gpu"), index: cluster.attempt.number)
        cluster.nodes.give(GPUSet(fitting[stream.index(below: fitting.count)]), to: pod, on: node)
        return .success
    }

    /// The GPU goes with the pod.
    public func unreserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) {}
}
