import KubernetesModel
import OrderedCollections

/// Tells what of a pod or node changed, as far as plugins tell it apart.
///
/// Upstream: `pkg/scheduler/framework/events.go` (v1.36).
enum ChangeEvents {
    static func changes(
        of resource: EventResource, from old: Pod, to new: Pod
    ) -> [(event: ClusterEvent, label: String)] {
        let prefix = new.nodeName.isEmpty ? "UnschedulablePod" : "AssignedPod"
        var changes: [(ClusterEvent, String)] = []
        func add(_ action: EventAction, _ name: String) {
            changes.append((ClusterEvent(resource, action), name))
        }
        if old.metadata.labels != new.metadata.labels { add(.updatePodLabel, "\(prefix)UpdatePodLabel") }
        if isScaledDown(from: old, to: new) { add(.updatePodScaleDown, "\(prefix)UpdatePodScaleDown") }
        if new.spec.schedulingGates.isEmpty && !old.spec.schedulingGates.isEmpty {
            add(.updatePodSchedulingGatesEliminated, "\(prefix)UpdatePodSchedulingGatesEliminated")
        }
        if new.spec.tolerations.count != old.spec.tolerations.count {
            add(.updatePodToleration, "\(prefix)UpdatePodToleration")
        }
        if changes.isEmpty { add(.update, "\(prefix)Update") }
        return changes
    }

    private static func isScaledDown(from old: Pod, to new: Pod) -> Bool {
        if old.spec === new.spec && !PodRequests.hasStatusResources(old)
            && !PodRequests.hasStatusResources(new)
        {
            return false
        }
        let before = PodRequests(usesStatus: true)(old)
        let after = PodRequests(usesStatus: true)(new)
        return before.entries.contains { entry in
            guard let now = after[entry.name] else { return true }
            return entry.quantity.milliValue > now.milliValue
        }
    }

    static func changes(from old: Node, to new: Node) -> [(event: ClusterEvent, label: String)] {
        var changes: [(ClusterEvent, String)] = []
        func add(_ action: EventAction, _ name: String) {
            changes.append((ClusterEvent(.node, action), name))
        }
        if old.spec.unschedulable && !new.spec.unschedulable { add(.updateNodeTaint, "NodeUpdateNodeTaint") }
        if old.status.allocatable != new.status.allocatable {
            add(.updateNodeAllocatable, "NodeUpdateNodeAllocatable")
        }
        if old.metadata.labels != new.metadata.labels { add(.updateNodeLabel, "NodeUpdateNodeLabel") }
        if old.spec.taints != new.spec.taints { add(.updateNodeTaint, "NodeUpdateNodeTaint") }
        let isConditionChanged =
            old.status.conditions.count != new.status.conditions.count
            || new.status.conditions.contains { old.status.conditions[$0.type]?.status != $0.status }
        if isConditionChanged { add(.updateNodeCondition, "NodeUpdateNodeCondition") }
        if old.metadata.annotations != new.metadata.annotations {
            add(.updateNodeAnnotation, "NodeUpdateNodeAnnotation")
        }
        if old.status.rest["declaredFeatures"] != new.status.rest["declaredFeatures"] {
            add(.updateNodeDeclaredFeature, "NodeUpdateNodeDeclaredFeature")
        }
        return changes
    }
}
