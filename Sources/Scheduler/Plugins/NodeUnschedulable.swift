import KubernetesModel

/// Rejects cordoned nodes, unless the pod tolerates the taint that stands for that.
///
/// Upstream: `pkg/scheduler/framework/plugins/nodeunschedulable` (v1.36).
public struct NodeUnschedulable: FilterPlugin, EnqueueExtensions {
    public static let name = "NodeUnschedulable"
    static let taint = Taint(key: WellKnown.unschedulableTaint, effect: .noSchedule)

    public init() {}

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let nodes = cluster.nodes
        let cordoned = rejections.candidates.filter { nodes.isUnschedulable[$0] }
        if cordoned.isEmpty || pod.spec.tolerations.contains(where: { $0.tolerates(Self.taint) }) { return }
        let verdict = rejections.verdict(.unschedulableAndUnresolvable, ["node(s) were unschedulable"])
        for node in cordoned { rejections.add(verdict, at: node) }
    }

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.node, [.add, .updateNodeTaint]), ClusterEvent(.pod, .updatePodToleration),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        if let node = change.newNode {
            return !node.spec.unschedulable && (change.oldNode?.spec.unschedulable ?? true)
        }
        guard let updated = change.newPod, updated.metadata.uid == pod.uid else { return false }
        return updated.spec.tolerations.contains { $0.tolerates(Self.taint) }
    }
}
