public import ControlPlane
public import KubernetesModel

/// Going back to the template of an earlier revision: what `kubectl rollout undo` does.
///
/// Upstream: `kubectl/pkg/polymorphichelpers/rollback.go` (v1.36).
public enum DeploymentRollback {
    /// Why there is nothing to go back to; the descriptions are kubectl's.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case revisionNotFound(Int64)
        case noHistory(deployment: String)
        case paused

        public var description: String {
            switch self {
            case .revisionNotFound(let revision): "unable to find specified revision \(revision) in history"
            case .noHistory(let name): "no rollout history found for deployment \"\(name)\""
            case .paused:
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"
            }
        }
    }

    /// What an undo sets at the Deployment.
    public struct Target: Hashable, Sendable {
        public var revision: Int64
        public var template: PodTemplate
        public var annotations: StringMap
        /// The Deployment has this template already, so nothing is to be done.
        public var isCurrent: Bool
    }

    /// The template of a revision (0: the one before the latest), without the hash label; nil when there is
    /// none, or the Deployment is paused.
    ///
    /// - Parameter replicaSets: those that the Deployment owns.
    public static func template(
        for deployment: Deployment, revision: Int64, replicaSets: [ReplicaSet]
    ) -> PodTemplate? {
        try? target(for: deployment, revision: revision, replicaSets: replicaSets).template
    }

    /// The template and annotations of a revision; 0 is the one before the latest.
    ///
    /// - Parameter replicaSets: those that the Deployment owns.
    public static func target(
        for deployment: Deployment, revision: Int64, replicaSets: [ReplicaSet]
    ) throws(Failure) -> Target {
        if revision < 0 { throw .revisionNotFound(revision) }
        var comparison = TemplateComparison()
        let sorted = replicaSets.sorted(by: DeploymentMath.isOlder)
        var newest: ReplicaSet?
        for set in sorted where comparison.isEqual(set.spec.template, deployment.spec.template) {
            newest = set
            break
        }
        let ordered = sorted.filter { $0.metadata.uid != newest?.metadata.uid } + (newest.map { [$0] } ?? [])
        guard let found = find(revision, in: ordered) else {
            throw revision > 0
                ? .revisionNotFound(revision) : .noHistory(deployment: deployment.metadata.name)
        }
        if deployment.spec.paused { throw .paused }
        var template = found.set.spec.template
        template.metadata.labels[PodTemplateHash.label] = nil
        return Target(
            revision: found.revision, template: template,
            annotations: annotations(of: deployment, goingBackTo: found.set),
            isCurrent: comparison.isEqual(template, deployment.spec.template))
    }

    /// The Deployment after an undo, as an update; kubectl replaces the same two members by a JSON patch.
    public static func request(_ target: Target, for deployment: Deployment) -> APIRequest {
        .update(
            APIObject(
                deployment.with {
                    $0.spec.template = target.template
                    $0.metadata.annotations = target.annotations
                }))
    }

    private static func find(
        _ wanted: Int64, in sets: [ReplicaSet]
    ) -> (revision: Int64, set: ReplicaSet)? {
        var latest: (revision: Int64, set: ReplicaSet)?
        var previous: (revision: Int64, set: ReplicaSet)?
        for set in sets {
            guard let revision = DeploymentMath.revision(set) else { continue }
            if wanted != 0 {
                if revision == wanted { return (revision, set) }
            } else if (latest?.revision ?? -1) < revision {
                previous = latest
                latest = (revision, set)
            } else if (previous?.revision ?? -1) < revision {
                previous = (revision, set)
            }
        }
        return previous
    }

    /// The Deployment's own bookkeeping, and everything else as the ReplicaSet has it.
    static func annotations(of deployment: Deployment, goingBackTo set: ReplicaSet) -> StringMap {
        var annotations = StringMap()
        for entry in deployment.metadata.annotations.entries
        where DeploymentMath.ownAnnotations.contains(entry.key) { annotations[entry.key] = entry.value }
        for entry in set.metadata.annotations.entries
        where !DeploymentMath.ownAnnotations.contains(entry.key) { annotations[entry.key] = entry.value }
        return annotations
    }
}

/// The rollback that old clients ask for by an annotation.
///
/// Upstream: `pkg/controller/deployment/rollback.go` (v1.36).
extension DeploymentSync {
    mutating func rollBack(
        to revision: Int64, _ script: inout PlanScript, _ view: ObjectCache
    ) throws(ScriptExit) -> Ending {
        let all = try revisions(&script, view, creating: true).all
        let name = deployment.metadata.name
        let wanted = revision == 0 ? DeploymentMath.lastRevision(all) : revision
        if wanted == 0 {
            record(&script, .warning, "DeploymentRollbackRevisionNotFound", "Unable to find last revision.")
        } else if let set = all.first(where: { DeploymentMath.revision($0) == wanted }) {
            if templates.isEqual(deployment.spec.template, set.spec.template) {
                record(
                    &script, .warning, "DeploymentRollbackTemplateUnchanged",
                    "The rollback revision contains the same template as current deployment \"\(name)\"")
            } else {
                deployment.spec.template = set.spec.template
                deployment.spec.template.metadata.labels[PodTemplateHash.label] = nil
                deployment.metadata.annotations = DeploymentRollback.annotations(
                    of: deployment, goingBackTo: set)
                try clearRollback(&script)
                record(
                    &script, .normal, "DeploymentRollback",
                    "Rolled back deployment \"\(name)\" to revision \(wanted)")
                return .done
            }
        } else {
            record(
                &script, .warning, "DeploymentRollbackRevisionNotFound",
                "Unable to find the revision to rollback to.")
        }
        try clearRollback(&script)
        return .done
    }

    private mutating func clearRollback(_ script: inout PlanScript) throws(ScriptExit) {
        deployment.metadata.annotations[DeploymentMath.rollbackAnnotation] = nil
        try script.call(.update(deployment.erased))
    }
}
