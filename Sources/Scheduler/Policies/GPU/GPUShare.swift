import KubernetesModel

/// Lets pods go only to nodes with the GPUs that they ask for, and gives them these GPUs.
///
/// A pod may take part of a GPU, beside others, or several whole ones of a node. Which GPU it gets is the
/// policy's to say; without one, a share goes to the GPU with the least free that fits, and whole GPUs are
/// taken from the lowest number up. Weng et al., "Beware of Fragmentation", USENIX ATC 2023, section 2.
public struct GPUShare: LocalFilterPlugin, ReservePlugin, EnqueueExtensions {
    public static let name = "GPUShare"

    public init() {}

    private static let wrongModel = Status(
        .unschedulableAndUnresolvable, ["node(s) didn't have the requested GPU model"], plugin: name)
    private static let tooFew = Status(
        .unschedulableAndUnresolvable, ["node(s) didn't have enough GPUs"], plugin: name)
    private static let noRoom = Status(.unschedulable, ["Insufficient free GPU"], plugin: name)

    public func verdicts(on pod: PodClass) -> [Status] {
        if !pod.gpuFault.isEmpty {
            let reason = "invalid GPU request: \(pod.gpuFault)"
            return [Status(.unschedulableAndUnresolvable, [reason], plugin: Self.name)]
        }
        return [Self.wrongModel, Self.tooFew, Self.noRoom]
    }

    public func verdict(on pod: PodClass, node: NodeIndex, nodes: NodeTable) -> Int? {
        guard let request = pod.gpu else { return pod.gpuFault.isEmpty ? nil : 0 }
        if nodes.gpus[node].free.count < Int(request.count) { return 1 }
        if !request.admits(nodes.gpus[node].model) { return 0 }
        return nodes.gpus[node].fits(request) ? nil : 2
    }

    /// Gives the pod its GPUs, unless a policy has chosen already.
    public func reserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) -> Status {
        guard let request = pod.podClass.gpu, cluster.nodes.gpus[node].gpus(of: pod.uid) == nil else {
            return .success
        }
        guard let chosen = cluster.nodes.gpus[node].standardChoice(request) else { return Self.noRoom }
        cluster.nodes.give(chosen, to: pod, on: node)
        return .success
    }

    /// They go with the pod.
    public func unreserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) {}

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.pod, [.delete]),
            ClusterEvent(.node, [.add, .updateNodeAllocatable, .updateNodeLabel]),
        ]
    }
}
