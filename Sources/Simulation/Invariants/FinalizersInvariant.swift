import ControlPlane
import KubernetesModel
import SimulationKernel

/// What a finalizer protects is there until it may go: claims that pods on nodes use, volumes that claims are
/// bound to, and finished pods that their Job has not counted yet.
///
/// Upstream: `pkg/controller/volume/pvcprotection`, `pkg/controller/volume/pvprotection`,
/// `pkg/controller/job/job_controller.go`, `trackJobStatusAndRemoveFinalizers` (v1.36).
struct FinalizersInvariant: Invariant {
    static let name = InvariantName.finalizers
    static let kinds: [ObjectKind] = [.pod, .persistentVolumeClaim, .persistentVolume]
    private static let tracking = "batch.kubernetes.io/job-tracking"

    /// Unfinished pods on nodes, by the claim that they use.
    private var users: [ObjectKey: Set<ObjectKey>] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .pod(let object): observe(object.value, change, &context)
        case .persistentVolumeClaim(let object):
            guard change.kind == .deleted, let pod = users[object.value.metadata.key]?.min() else { return }
            context.report(
                Self.name, .persistentVolumeClaim, object.value.metadata.key,
                "is gone although pod \(pod.name) uses it")
        case .persistentVolume(let object):
            guard change.kind == .deleted, let claim = object.value.spec.claimRef else { return }
            let key = ObjectKey(namespace: claim.namespace, name: claim.name)
            guard let bound = context.simulation?.stored(PersistentVolumeClaim.self, key),
                bound.metadata.uid == claim.uid, bound.spec.volumeName == object.value.metadata.name
            else { return }
            context.report(
                Self.name, .persistentVolume, object.value.metadata.key,
                "is gone although claim \(key) is bound to it")
        default: return
        }
    }

    private mutating func observe(_ pod: Pod, _ change: StoreChange, _ context: inout InvariantContext) {
        let old = change.previous?.pod?.value
        let used = old.map(Self.isUser) ?? false
        let uses = change.kind != .deleted && Self.isUser(pod)
        if used != uses {
            let key = pod.metadata.key
            for volume in pod.spec.fields.volumes {
                guard let name = volume.claimName(podName: key.name) else { continue }
                let claim = ObjectKey(namespace: key.namespace, name: name)
                if uses {
                    users[claim, default: []].insert(key)
                } else {
                    users[claim]?.remove(key)
                    if users[claim]?.isEmpty == true { users.removeValue(forKey: claim) }
                }
            }
        }
        if let old, old.metadata.finalizers.contains(Self.tracking),
            change.kind == .deleted || !pod.metadata.finalizers.contains(Self.tracking)
        {
            judge(old, &context)
        }
    }

    private static func isUser(_ pod: Pod) -> Bool { !pod.nodeName.isEmpty && !pod.status.phase.isTerminal }

    /// A finished pod has lost the finalizer by which its Job holds it.
    private func judge(_ pod: Pod, _ context: inout InvariantContext) {
        guard pod.status.phase.isTerminal, let reference = pod.metadata.controllerReference,
            let job = context.owner(reference, namespace: pod.metadata.namespace)?.job?.value,
            !job.metadata.isBeingDeleted, job.spec.suspend != true, job.spec.completionMode != "Indexed",
            !job.status.conditions.contains(where: { $0.status == .isTrue && Self.endings.contains($0.type) })
        else { return }
        let uncounted = job.status.uncountedTerminatedPods
        let isKnown =
            uncounted?.succeeded.contains(pod.metadata.uid) == true
            || uncounted?.failed.contains(pod.metadata.uid) == true
        if isKnown { return }
        context.report(
            Self.name, .pod, pod.metadata.key,
            "has lost \(Self.tracking) before job/\(job.metadata.name) has taken it down as finished")
    }

    private static let endings: Set<String> = ["Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"]
}
