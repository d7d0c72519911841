import KubernetesModel

/// Rejects nodes on which a host port that the pod asks for is taken.
///
/// Upstream: `pkg/scheduler/framework/plugins/nodeports` (v1.36).
public struct NodePorts: PreFilterPlugin, FilterPlugin, EnqueueExtensions {
    public static let name = "NodePorts"

    public init() {}

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        pod.podClass.hostPorts.isEmpty ? .skip : .success
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let wanted = pod.podClass.hostPorts
        let verdict = rejections.verdict(
            .unschedulable, ["node(s) didn't have free ports for the requested pod ports"])
        for node in rejections.candidates {
            let used = cluster.nodes.ports[node]
            if !used.ports.isEmpty && wanted.contains(where: used.hasConflict) {
                rejections.add(verdict, at: node)
            }
        }
    }

    public var events: [ClusterEvent] { [ClusterEvent(.pod, .delete), ClusterEvent(.node, .add)] }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        guard let deleted = change.oldPod else { return true }
        if deleted.nodeName.isEmpty && deleted.status.nominatedNodeName.isEmpty { return false }
        let freed = HostPort.ports(of: deleted.spec)
        return pod.podClass.hostPorts.contains { port in freed.contains { $0.conflicts(with: port) } }
    }
}
