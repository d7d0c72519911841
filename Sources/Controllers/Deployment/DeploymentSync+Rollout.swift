import ControlPlane
import KubernetesModel
import SimulationKernel

/// The two ways to roll out.
///
/// Upstream: `pkg/controller/deployment/rolling.go`, `recreate.go` (v1.36).
extension DeploymentSync {
    mutating func roll(_ script: inout PlanScript, _ view: ObjectCache) throws(ScriptExit) -> Ending {
        let revisions = try revisions(&script, view, creating: true)
        guard let new = revisions.new else { return .done }
        if try growNew(revisions, new, &script) { return try reportRollout(revisions, &script) }
        if try shrinkOld(revisions, new, &script) { return try reportRollout(revisions, &script) }
        if isComplete(deployment.status) { try cleanUp(revisions.old, &script) }
        return try reportRollout(revisions, &script)
    }

    /// Brings the new ReplicaSet towards its size; true when it changed.
    mutating func growNew(
        _ revisions: Revisions, _ new: ReplicaSet, _ script: inout PlanScript
    ) throws(ScriptExit) -> Bool {
        let desired = deployment.spec.replicas
        if new.spec.replicas == desired { return false }
        if new.spec.replicas > desired { return try resize(new, to: desired, &script).isScaled }
        guard let size = DeploymentMath.newReplicas(deployment, all: revisions.all, new: new) else {
            throw .failed(APIError(.invalid, "invalid value for IntOrString"))
        }
        return try resize(new, to: size, &script).isScaled
    }

    /// Takes pods from the old ReplicaSets as far as availability allows; true when any did.
    mutating func shrinkOld(
        _ revisions: Revisions, _ new: ReplicaSet, _ script: inout PlanScript
    ) throws(ScriptExit) -> Bool {
        var old = DeploymentMath.active(revisions.old).sorted(by: DeploymentMath.isOlder)
        if old.isEmpty { return false }
        let minAvailable = deployment.spec.replicas - DeploymentMath.maxUnavailable(deployment)
        let newUnavailable = new.spec.replicas - new.status.availableReplicas
        let room = DeploymentMath.specReplicas(revisions.all) - minAvailable - newUnavailable
        if room <= 0 { return false }
        do throws(ScriptExit) {
            let unhealthy = try dropUnhealthy(&old, atMost: room, &script)
            let healthy = try dropSpare(
                old, available: DeploymentMath.availableReplicas(old + [new]), &script)
            return unhealthy + healthy > 0
        } catch {
            if case .failed = error { return false }  // Upstream forgets this error.
            throw error
        }
    }

    /// Takes pods that are not available anyway.
    private mutating func dropUnhealthy(
        _ old: inout [ReplicaSet], atMost limit: Int64, _ script: inout PlanScript
    ) throws(ScriptExit) -> Int64 {
        var dropped: Int64 = 0
        for index in old.indices {
            if dropped >= limit { break }
            let set = old[index]
            let unavailable = set.spec.replicas - set.status.availableReplicas
            if set.spec.replicas == 0 || unavailable == 0 { continue }
            let count = min(limit - dropped, unavailable)
            if count < 0 { throw .failed(nil) }
            old[index] = try resize(set, to: set.spec.replicas - count, &script).set
            dropped += count
        }
        return dropped
    }

    /// Takes pods that are available beyond what must be.
    private mutating func dropSpare(
        _ old: [ReplicaSet], available: Int64, _ script: inout PlanScript
    ) throws(ScriptExit) -> Int64 {
        let spare = available - (deployment.spec.replicas - DeploymentMath.maxUnavailable(deployment))
        var dropped: Int64 = 0
        for set in old {
            if dropped >= spare { break }
            if set.spec.replicas == 0 { continue }
            let count = min(set.spec.replicas, spare - dropped)
            _ = try resize(set, to: set.spec.replicas - count, &script)
            dropped += count
        }
        return dropped
    }

    mutating func recreate(_ script: inout PlanScript, _ view: ObjectCache) throws(ScriptExit) -> Ending {
        var revisions = try revisions(&script, view, creating: false)
        var isScaled = false
        for set in DeploymentMath.active(revisions.old) {
            if try resize(set, to: 0, &script).isScaled { isScaled = true }
        }
        if isScaled || hasOldPods(revisions) { return try reportRollout(revisions, &script) }
        if revisions.new == nil { revisions = try self.revisions(&script, view, creating: true) }
        if let new = revisions.new { _ = try resize(new, to: deployment.spec.replicas, &script) }
        if isComplete(deployment.status) { try cleanUp(revisions.old, &script) }
        return try reportRollout(revisions, &script)
    }

    private func hasOldPods(_ revisions: Revisions) -> Bool {
        if DeploymentMath.replicas(revisions.old) > 0 { return true }
        return sets.contains {
            $0.metadata.uid != revisions.new?.metadata.uid && snapshot.running.contains($0.metadata.uid)
        }
    }

    /// Whether everything runs at the newest revision.
    func isComplete(_ status: DeploymentStatus) -> Bool {
        let desired = deployment.spec.replicas
        return status.updatedReplicas == desired && status.replicas == desired
            && status.availableReplicas == desired
            && status.observedGeneration >= deployment.metadata.generation
    }
}
