import ControlPlane
import KubernetesModel

/// The events that controllers report of the pods that they make and delete.
///
/// Upstream: `pkg/controller/controller_utils.go`, `RealPodControl` (v1.36).
enum PodEvents {
    /// The event about a call for a pod; nil when there is none.
    static func event(
        on outcome: CallOutcome, of kind: ObjectKind, _ key: ObjectKey, _ uid: UID, component: String
    ) -> EventRecord? {
        func event(_ severity: EventRecord.Severity, _ reason: String, _ message: String) -> EventRecord {
            EventRecord(
                kind: kind, key: key, uid: uid, severity, reason: reason, message: message,
                component: component)
        }
        switch (outcome.request, outcome.result) {
        case (.create(.pod), .success(let pod)):
            return event(.normal, "SuccessfulCreate", "Created pod: \(pod?.metadata.name ?? "")")
        case (.create(.pod), .failure(let error)) where !error.isNamespaceTerminating:
            return event(.warning, "FailedCreate", "Error creating: \(error)")
        case (.delete(.pod, let pod, _), .success):
            return event(.normal, "SuccessfulDelete", "Deleted pod: \(pod.name)")
        case (.delete(.pod, _, _), .failure(let error)) where error.reason != .notFound:
            return event(.warning, "FailedDelete", "Error deleting: \(error)")
        default: return nil
        }
    }
}
