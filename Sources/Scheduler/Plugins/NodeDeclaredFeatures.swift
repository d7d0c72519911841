import KubernetesModel
import OrderedCollections

/// Rejects nodes that do not declare a feature which the pod's spec needs.
///
/// Upstream: `pkg/scheduler/framework/plugins/nodedeclaredfeatures`, and the features of
/// `component-helpers/nodedeclaredfeatures` (v1.36).
public struct NodeDeclaredFeatures: PreFilterPlugin, FilterPlugin, EnqueueExtensions {
    public static let name = "NodeDeclaredFeatures"

    public init() {}

    /// The features that pods of a spec need from their node.
    static func requirements(of spec: PodSpec) -> [String] {
        var features: [String] = []
        let containers = spec.initContainers + spec.containers
        let restartsAll = containers.contains { container in
            container.rest["restartPolicyRules"]?.arrayValue?.contains {
                $0["action"]?.stringValue == "RestartAllContainers"
            } ?? false
        }
        if restartsAll { features.append("RestartAllContainersOnContainerExits") }
        if spec.hostNetwork && spec.fields.rest["hostUsers"]?.boolValue == false {
            features.append("UserNamespacesHostNetworkSupport")
        }
        return features
    }

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        Self.requirements(of: pod.spec).isEmpty ? .skip : .success
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let needed = Self.requirements(of: pod.spec)
        let verdict = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) didn't match Pod's required features"])
        for node in rejections.candidates {
            let declared = cluster.nodes.declaredFeatures[node]
            if !needed.allSatisfy(declared.contains) { rejections.add(verdict, at: node) }
        }
    }

    public var events: [ClusterEvent] {
        [ClusterEvent(.node, [.add, .updateNodeDeclaredFeature]), ClusterEvent(.pod, .update)]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        if let new = change.newNode {
            return change.oldNode?.status.rest["declaredFeatures"] != new.status.rest["declaredFeatures"]
                || change.oldNode == nil
        }
        guard let old = change.oldPod, let new = change.newPod, new.metadata.uid == pod.uid else {
            return false
        }
        return Self.requirements(of: old.spec) != Self.requirements(of: new.spec)
    }
}
