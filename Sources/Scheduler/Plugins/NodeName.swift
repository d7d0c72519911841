import KubernetesModel

/// Rejects all nodes but the one that the pod names.
///
/// Pods that name a node go to its kubelet without the scheduler, so this matters in trials only.
/// Upstream: `pkg/scheduler/framework/plugins/nodename` (v1.36).
public struct NodeName: FilterPlugin, EnqueueExtensions {
    public static let name = "NodeName"

    public init() {}

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let wanted = pod.value.nodeName
        if wanted.isEmpty { return }
        let verdict = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) didn't match the requested node name"])
        for node in rejections.candidates where cluster.nodes.names[node] != wanted {
            rejections.add(verdict, at: node)
        }
    }

    public var events: [ClusterEvent] { [ClusterEvent(.node, .add)] }
}
