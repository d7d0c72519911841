import ControlPlane
import KubernetesModel
import SimulationKernel

/// Reporting counts and progress.
///
/// Upstream: `pkg/controller/deployment/progress.go`, `sync.go` (v1.36).
extension DeploymentSync {
    /// Writes the status without looking at progress.
    mutating func reportStatus(_ revisions: Revisions, _ script: inout PlanScript) throws(ScriptExit)
        -> Ending
    {
        let status = status(of: revisions, at: script.now)
        if status == deployment.status { return .done }
        deployment.status = status
        try script.call(.updateStatus(deployment.erased))
        return .done
    }

    /// Writes the status with what is known of the rollout's progress.
    mutating func reportRollout(_ revisions: Revisions, _ script: inout PlanScript) throws(ScriptExit)
        -> Ending
    {
        let now = script.now
        var status = status(of: revisions, at: now)
        let current = deployment.status.conditions["Progressing"]
        let hasDeadline = DeploymentMath.hasProgressDeadline(deployment)
        if !hasDeadline { status.conditions.removeAll { $0.type == "Progressing" } }
        let wasComplete =
            status.replicas == status.updatedReplicas && current?.reason == "NewReplicaSetAvailable"
        if hasDeadline && !wasComplete {
            let subject =
                revisions.new.map { "ReplicaSet \"\($0.metadata.name)\"" }
                ?? "Deployment \"\(deployment.metadata.name)\""
            if isComplete(status) {
                status.setCondition(
                    "Progressing", .isTrue, reason: "NewReplicaSetAvailable",
                    message: "\(subject) has successfully progressed.", at: now)
            } else if isProgressing(status) {
                var condition = Condition(
                    "Progressing", .isTrue, reason: "ReplicaSetUpdated",
                    message: "\(subject) is progressing.",
                    lastTransitionTime: Timestamp(now))
                condition.lastUpdateTime = Timestamp(now)
                if let current, current.status == .isTrue {
                    condition.lastTransitionTime = current.lastTransitionTime
                }
                status.conditions.removeAll { $0.type == "Progressing" }
                status.setCondition(condition)
            } else if isTimedOut(status, at: now) {
                status.setCondition(
                    "Progressing", .isFalse, reason: "ProgressDeadlineExceeded",
                    message: "\(subject) has timed out progressing.", at: now)
            }
        }
        let failure =
            revisions.new?.status.conditions["ReplicaFailure"]
            ?? revisions.all.lazy.compactMap { $0.status.conditions["ReplicaFailure"] }.first
        if var failure {
            failure.lastUpdateTime = failure.lastTransitionTime
            status.setCondition(failure)
        } else {
            status.conditions.removeAll { $0.type == "ReplicaFailure" }
        }
        if status == deployment.status { return nextCheck(status, at: now) }
        deployment.status = status
        try script.call(.updateStatus(deployment.erased))
        return .done
    }

    /// Upstream: `pkg/controller/deployment/sync.go`, `calculateStatus` (v1.36).
    private func status(of revisions: Revisions, at now: VirtualTime) -> DeploymentStatus {
        let all = revisions.all
        var status = DeploymentStatus()
        status.observedGeneration = deployment.metadata.generation
        status.replicas = DeploymentMath.replicas(all)
        status.updatedReplicas = revisions.new?.status.replicas ?? 0
        status.readyReplicas = DeploymentMath.readyReplicas(all)
        status.availableReplicas = DeploymentMath.availableReplicas(all)
        status.unavailableReplicas = max(0, DeploymentMath.specReplicas(all) - status.availableReplicas)
        status.terminatingReplicas = DeploymentMath.terminatingReplicas(all)
        status.collisionCount = deployment.status.collisionCount
        status.conditions = deployment.status.conditions
        let minimum = deployment.spec.replicas - DeploymentMath.maxUnavailable(deployment)
        if status.availableReplicas >= minimum {
            status.setCondition(
                "Available", .isTrue, reason: "MinimumReplicasAvailable",
                message: "Deployment has minimum availability.", at: now)
        } else {
            status.setCondition(
                "Available", .isFalse, reason: "MinimumReplicasUnavailable",
                message: "Deployment does not have minimum availability.", at: now)
        }
        return status
    }

    private func isProgressing(_ status: DeploymentStatus) -> Bool {
        let old = deployment.status
        return status.updatedReplicas > old.updatedReplicas
            || status.replicas - status.updatedReplicas < old.replicas - old.updatedReplicas
            || status.readyReplicas > old.readyReplicas || status.availableReplicas > old.availableReplicas
    }

    private func isTimedOut(_ status: DeploymentStatus, at now: VirtualTime) -> Bool {
        guard let condition = status.conditions["Progressing"],
            condition.reason != "NewReplicaSetAvailable"
        else { return false }
        if condition.reason == "ProgressDeadlineExceeded" { return true }
        guard let deadline = deadline(after: condition) else { return false }
        return deadline < now
    }

    private func deadline(after condition: Condition) -> VirtualTime? {
        guard let since = condition.lastUpdateTime, let seconds = deployment.spec.progressDeadlineSeconds
        else { return nil }
        return since.time + .seconds(seconds)
    }

    /// When to look whether the rollout is stuck.
    ///
    /// Upstream: `pkg/controller/deployment/progress.go`, `requeueStuckDeployment` (v1.36). In the last
    /// second before the deadline it comes back every 5 ms, the queue's shortest back-off; here only that
    /// round which finds the deadline passed.
    private func nextCheck(_ status: DeploymentStatus, at now: VirtualTime) -> Ending {
        guard DeploymentMath.hasProgressDeadline(deployment),
            let current = deployment.status.conditions["Progressing"],
            !isComplete(status), current.reason != "ProgressDeadlineExceeded",
            let deadline = deadline(after: current)
        else { return .done }
        let rest = deadline - now
        if rest >= .seconds(1) { return .requeue(after: rest + .seconds(1)) }
        // Complete and once-complete rollouts never time out: another round would find nothing.
        if current.reason == "NewReplicaSetAvailable" { return .done }
        let round = VirtualDuration.milliseconds(5)
        let rounds = rest < .zero ? 1 : rest.nanoseconds / round.nanoseconds + 1
        return .requeue(after: round * rounds)
    }
}
