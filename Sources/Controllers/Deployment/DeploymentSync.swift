import ControlPlane
import KubernetesModel
import SimulationKernel

/// One sync of a Deployment, from a snapshot of the cache to its last call.
///
/// Upstream: `pkg/controller/deployment/deployment_controller.go`, `syncDeployment` (v1.36). There a second
/// status update in one sync is refused as a conflict and the next sync does the rest; the host sends it on
/// top of the first, with the same end.
struct DeploymentSync {
    struct Snapshot: Sendable {
        var deployment: Ref<Deployment>
        /// ReplicaSets that are owned, or may be adopted or must be let go.
        var candidates: [Ref<ReplicaSet>]
        /// The ReplicaSets that have pods which are not finished.
        var running: Set<UID>
    }

    enum Ending {
        case done
        case requeue(after: VirtualDuration)
    }

    let snapshot: Snapshot
    var deployment: Deployment
    var templates: TemplateComparison
    /// What the sync failed for.
    var failure: APIError?
    /// The ReplicaSets that the Deployment owns, the oldest first.
    var sets: [ReplicaSet] = []

    init(_ snapshot: Snapshot, templates: TemplateComparison) {
        self.snapshot = snapshot
        self.templates = templates
        deployment = snapshot.deployment.value
    }

    /// The old ReplicaSets, and the new one if there is one.
    struct Revisions {
        var old: [ReplicaSet]
        var new: ReplicaSet?
        var all: [ReplicaSet] { old + (new.map { [$0] } ?? []) }
    }

    mutating func run(_ script: inout PlanScript, _ view: ObjectCache) throws(ScriptExit) -> Ending {
        do throws(ScriptExit) {
            return try sync(&script, view)
        } catch {
            if case .failed(let cause) = error { failure = cause }
            throw error
        }
    }

    private mutating func sync(_ script: inout PlanScript, _ view: ObjectCache) throws(ScriptExit) -> Ending {
        if deployment.spec.selector.isEmpty {
            record(
                &script, .warning, "SelectingAll",
                "This deployment is selecting all pods. A non-empty selector is required.")
            if deployment.status.observedGeneration < deployment.metadata.generation {
                deployment.status.observedGeneration = deployment.metadata.generation
                _ = try script.attempt(.updateStatus(deployment.erased))
            }
            return .done
        }
        let selector = deployment.spec.selector
        sets = try OwnerClaim(snapshot.deployment).claim(snapshot.candidates, &script) {
            selector.matches($0.value.metadata.labels)
        }.map(\.value).sorted(by: DeploymentMath.isOlder)

        if deployment.metadata.isBeingDeleted {
            let revisions = try revisions(&script, view, creating: false)
            return try reportStatus(revisions, &script)
        }
        try checkPaused(&script)
        if deployment.spec.paused { return try scaleOnly(&script, view) }
        if let revision = deployment.metadata.annotations[DeploymentMath.rollbackAnnotation].flatMap({
            Int64($0)
        }) {
            return try rollBack(to: revision, &script, view)
        }
        if try isScaling(&script, view) { return try scaleOnly(&script, view) }
        switch deployment.spec.strategy.type {
        case "Recreate": return try recreate(&script, view)
        case "RollingUpdate": return try roll(&script, view)
        default:
            throw .failed(
                APIError(.invalid, "unexpected deployment strategy type: \(deployment.spec.strategy.type)"))
        }
    }

    func record(
        _ script: inout PlanScript, _ severity: EventRecord.Severity, _ reason: String, _ message: String
    ) {
        let metadata = snapshot.deployment.value.metadata
        script.record(
            EventRecord(
                kind: .deployment, key: metadata.key, uid: metadata.uid, severity, reason: reason,
                message: message, component: DeploymentController.name))
    }

    // MARK: Paused Deployments and scaling

    private mutating func checkPaused(_ script: inout PlanScript) throws(ScriptExit) {
        guard DeploymentMath.hasProgressDeadline(deployment) else { return }
        let reason = deployment.status.conditions["Progressing"]?.reason
        if reason == "ProgressDeadlineExceeded" { return }
        let isMarked = reason == "DeploymentPaused"
        if deployment.spec.paused == isMarked { return }
        let now = script.now
        deployment.status.setCondition(
            "Progressing", .unknown, reason: isMarked ? "DeploymentResumed" : "DeploymentPaused",
            message: isMarked ? "Deployment is resumed" : "Deployment is paused", at: now)
        try script.call(.updateStatus(deployment.erased))
    }

    private mutating func scaleOnly(_ script: inout PlanScript, _ view: ObjectCache) throws(ScriptExit)
        -> Ending
    {
        var revisions = try revisions(&script, view, creating: false)
        try scale(&revisions, &script)
        if deployment.spec.paused
            && deployment.metadata.annotations[DeploymentMath.rollbackAnnotation].flatMap({ Int64($0) })
                == nil
        {
            try cleanUp(revisions.old, &script)
        }
        return try reportStatus(revisions, &script)
    }

    private mutating func isScaling(_ script: inout PlanScript, _ view: ObjectCache) throws(ScriptExit)
        -> Bool
    {
        let revisions = try revisions(&script, view, creating: false)
        return DeploymentMath.active(revisions.all).contains { set in
            let desired = DeploymentMath.count(
                set.metadata.annotations[DeploymentMath.desiredReplicasAnnotation])
            return desired.map { $0 != deployment.spec.replicas } ?? false
        }
    }

    /// Gives the Deployment's size to its ReplicaSets: to the only active one, or in proportion.
    ///
    /// Upstream: `pkg/controller/deployment/sync.go`, `scale` (v1.36).
    mutating func scale(_ revisions: inout Revisions, _ script: inout PlanScript) throws(ScriptExit) {
        let desired = deployment.spec.replicas
        if !revisions.all.isEmpty { revisions.old.sort { DeploymentMath.isOlder($1, $0) } }
        let active = DeploymentMath.active(revisions.all)
        if active.count < 2, let only = active.first ?? revisions.new ?? revisions.old.first {
            _ = try resize(only, to: desired, &script)
            return
        }
        if DeploymentMath.isSaturated(deployment, revisions.new) {
            for set in DeploymentMath.active(revisions.old) { _ = try resize(set, to: 0, &script) }
            return
        }
        guard DeploymentMath.isRollingUpdate(deployment) else { return }
        let allowed = desired > 0 ? desired + DeploymentMath.maxSurge(deployment) : 0
        let toAdd = allowed - DeploymentMath.specReplicas(active)
        var ordered = active
        if toAdd != 0 { ordered.sort { DeploymentMath.isLarger($0, $1, thenNewer: toAdd > 0) } }
        var added: Int64 = 0
        var sizes: [Int64] = []
        for set in ordered {
            let share = DeploymentMath.proportion(set, deployment, toAdd: toAdd, added: added)
            added += share
            sizes.append(set.spec.replicas + share)
        }
        // The largest takes what rounding left over.
        if toAdd != 0, !sizes.isEmpty { sizes[0] = max(0, sizes[0] + toAdd - added) }
        for (set, size) in zip(ordered, sizes) { _ = try resize(set, to: size, &script, isForced: true) }
    }

    /// Sets a ReplicaSet's size; when forced its annotations too even if the size stays.
    ///
    /// - Returns: whether the size changed, and the ReplicaSet as it is now.
    mutating func resize(
        _ set: ReplicaSet, to size: Int64, _ script: inout PlanScript, isForced: Bool = false
    ) throws(ScriptExit) -> (isScaled: Bool, set: ReplicaSet) {
        let old = set.spec.replicas
        if !isForced && old == size { return (false, set) }
        var changed = set
        let annotationsChanged = annotateReplicas(&changed)
        guard old != size || annotationsChanged else { return (false, set) }
        changed.spec.replicas = size
        let updated = try script.call(.update(changed.erased))?.replicaSet?.value ?? changed
        if old == size { return (false, updated) }
        record(
            &script, .normal, "ScalingReplicaSet",
            "Scaled \(old < size ? "up" : "down") replica set \(set.metadata.name) from \(old) to \(size)")
        return (true, updated)
    }

    /// Notes the Deployment's sizes in a ReplicaSet's annotations; false when they are there already.
    func annotateReplicas(_ set: inout ReplicaSet) -> Bool {
        let old = set.metadata.annotations
        let desired = deployment.spec.replicas
        set.metadata.annotations[DeploymentMath.desiredReplicasAnnotation] = String(desired)
        set.metadata.annotations[DeploymentMath.maxReplicasAnnotation] = String(
            desired + DeploymentMath.maxSurge(deployment))
        return set.metadata.annotations != old
    }

    /// Deletes old ReplicaSets beyond the history limit.
    mutating func cleanUp(_ old: [ReplicaSet], _ script: inout PlanScript) throws(ScriptExit) {
        guard DeploymentMath.hasRevisionHistoryLimit(deployment) else { return }
        let alive = old.filter { !$0.metadata.isBeingDeleted }
        let surplus = alive.count - Int(clamping: deployment.spec.revisionHistoryLimit ?? 0)
        guard surplus > 0 else { return }
        for set in alive.sorted(by: DeploymentMath.isEarlier).prefix(surplus) {
            if set.status.replicas != 0 || set.spec.replicas != 0
                || set.metadata.generation > set.status.observedGeneration
            {
                continue
            }
            let delete = APIRequest.delete(.replicaSet, set.metadata.key, DeleteOptions())
            if case .failure(let error) = try script.attempt(delete), error.reason != .notFound {
                throw .failed(error)
            }
        }
    }
}
