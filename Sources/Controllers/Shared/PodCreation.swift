import ControlPlane
import KubernetesModel

/// Makes pods from the template of the object that manages them.
///
/// Upstream: `pkg/controller/controller_utils.go`, `GetPodFromTemplate` (v1.36).
enum PodCreation {
    /// The pod that every creation of one sync sends: they share it, and with it the spec and all lists.
    static func prototype(from template: PodTemplate, owner: ObjectMeta, kind: ObjectKind) -> Pod {
        var metadata = ObjectMeta()
        metadata.namespace = owner.namespace
        // A dash after a valid name is always a valid prefix.
        metadata.generateName = owner.name + "-"
        metadata.labels = template.metadata.labels
        metadata.annotations = template.metadata.annotations
        metadata.finalizers = template.metadata.finalizers
        metadata.ownerReferences = [OwnerReference(controlledBy: kind, name: owner.name, uid: owner.uid)]
        return Pod(metadata: metadata, spec: template.spec, nodeName: template.nodeName)
    }
}

extension Pod {
    /// Whether the pod is being deleted and not finished (`controller.IsPodTerminating`).
    var isTerminating: Bool { metadata.isBeingDeleted && !status.phase.isTerminal }
}
