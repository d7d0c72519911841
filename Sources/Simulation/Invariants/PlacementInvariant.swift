import ControlPlane
import KubernetesModel

/// A pod that is bound to a node is never bound to another.
struct PlacementInvariant: Invariant {
    static let name = InvariantName.placement
    static let kinds: [ObjectKind] = [.pod]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        guard change.kind == .modified, let pod = change.object.pod?.value,
            let old = change.previous?.pod?.value, !old.nodeName.isEmpty, old.nodeName != pod.nodeName
        else { return }
        context.report(
            Self.name, .pod, pod.metadata.key,
            "is on \(pod.nodeName.isEmpty ? "no node" : pod.nodeName) and was on \(old.nodeName)")
    }
}
