import KubernetesModel

/// Keeps pods with scheduling gates out of the active queue.
///
/// Upstream: `pkg/scheduler/framework/plugins/schedulinggates` (v1.36).
public struct SchedulingGates: PreEnqueuePlugin, EnqueueExtensions {
    public static let name = "SchedulingGates"

    public init() {}

    public func preEnqueue(_ pod: PodInfo) -> Status {
        if pod.podClass.spec.fields.schedulingGates.isEmpty { return .success }
        let gates = pod.spec.schedulingGates.map(\.name)
        return .unresolvable("waiting for scheduling gates: [\(gates.joined(separator: " "))]")
    }

    public var events: [ClusterEvent] { [ClusterEvent(.pod, .updatePodSchedulingGatesEliminated)] }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        change.newPod?.metadata.uid == pod.uid
    }
}
