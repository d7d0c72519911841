import ControlPlane
import KubernetesModel
import SimulationKernel

/// A Job counts each of its finished pods once, and never goes back.
///
/// Pods that are being deleted count as finished too: as failed ones, in the Job's eyes.
/// Upstream: `pkg/controller/job/job_controller.go`, `trackJobStatusAndRemoveFinalizers` (v1.36).
struct AccountingInvariant: Invariant {
    static let name = InvariantName.accounting
    static let kinds: [ObjectKind] = [.job, .pod]

    private var finished: [UID: Int64] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .job(let object): observe(object.value, change, &context)
        case .pod(let object):
            let pod = object.value
            guard let owner = pod.metadata.controllerReference, owner.kind == "Job" else { return }
            let wasOver = change.previous?.pod.map { Self.isOver($0.value) } ?? false
            if !wasOver && (change.kind == .deleted || Self.isOver(pod)) {
                finished[owner.uid, default: 0] += 1
            }
        default: return
        }
    }

    private static func isOver(_ pod: Pod) -> Bool {
        pod.status.phase.isTerminal || pod.metadata.isBeingDeleted
    }

    private mutating func observe(_ job: Job, _ change: StoreChange, _ context: inout InvariantContext) {
        let uid = job.metadata.uid
        if change.kind == .deleted {
            finished.removeValue(forKey: uid)
            return
        }
        guard let old = change.previous?.job?.value, old.status != job.status else { return }
        let status = job.status
        let uncounted = status.uncountedTerminatedPods
        let counted =
            status.succeeded + status.failed + Int64(uncounted?.succeeded.count ?? 0)
            + Int64(uncounted?.failed.count ?? 0)
        if counted > finished[uid] ?? 0 {
            context.report(
                Self.name, .job, job.metadata.key,
                "counts \(counted) finished pods (\(status.succeeded) succeeded, \(status.failed) failed), where "
                    + "\(finished[uid] ?? 0) have finished")
        }
        if old.metadata.uid == uid,
            status.succeeded < old.status.succeeded || status.failed < old.status.failed
        {
            context.report(
                Self.name, .job, job.metadata.key,
                "counts \(status.succeeded) succeeded and \(status.failed) failed pods, and counted "
                    + "\(old.status.succeeded) and \(old.status.failed)")
        }
    }
}
