import KubernetesModel

/// A feature that is off by default in the version of Kubernetes that is simulated, and can be switched on.
///
/// Upstream: `pkg/features/kube_features.go` (v1.36).
public enum FeatureGate: String, CaseIterable, Hashable, Sendable {
    /// `spec.updateStrategy.rollingUpdate.maxUnavailable` of StatefulSets.
    case maxUnavailableStatefulSet = "MaxUnavailableStatefulSet"
}

extension APIServer {
    /// Puts a field back that the strategy of its kind drops while the field's feature is off.
    ///
    /// Upstream: `pkg/registry/apps/statefulset/strategy.go`, `dropStatefulSetDisabledFields`;
    /// `pkg/apis/apps/v1/defaults.go` (v1.36).
    ///
    /// - Parameter given: the tree as it was before its strategy.
    func restoreGatedFields(_ kind: ObjectKind, _ tree: inout JSONValue, given: JSONValue) {
        guard kind == .statefulSet, enabledFeatureGates.contains(.maxUnavailableStatefulSet),
            tree["spec"]?["updateStrategy"]?["rollingUpdate"] != nil
        else { return }
        let limit = given["spec"]?["updateStrategy"]?["rollingUpdate"]?["maxUnavailable"]
        tree["spec"]?["updateStrategy"]?["rollingUpdate"]?["maxUnavailable"] = limit ?? 1
    }
}
