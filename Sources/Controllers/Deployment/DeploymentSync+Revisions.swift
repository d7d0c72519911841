import ControlPlane
import KubernetesModel
import SimulationKernel

/// Finding, making and numbering ReplicaSets.
///
/// Upstream: `pkg/controller/deployment/sync.go`, `getAllReplicaSetsAndSyncRevision` (v1.36).
extension DeploymentSync {
    /// How long the list of a ReplicaSet's former revisions may grow.
    static let maxHistoryBytes = 2_000

    /// The ReplicaSets, old and new; the new one's annotations and the Deployment's revision are brought up
    /// to date.
    mutating func revisions(
        _ script: inout PlanScript, _ view: ObjectCache, creating: Bool
    ) throws(ScriptExit) -> Revisions {
        var existing: ReplicaSet?
        for set in sets where templates.isEqual(set.spec.template, deployment.spec.template) {
            existing = set
            break
        }
        let old = sets.filter { existing == nil || $0.metadata.uid != existing?.metadata.uid }
        let revision = String(DeploymentMath.maxRevision(old) + 1)
        if let existing {
            return Revisions(old: old, new: try refresh(existing, revision: revision, &script))
        }
        guard creating else { return Revisions(old: old) }
        return Revisions(old: old, new: try create(old: old, revision: revision, &script, view))
    }

    private mutating func refresh(
        _ existing: ReplicaSet, revision: String, _ script: inout PlanScript
    ) throws(ScriptExit) -> ReplicaSet {
        var set = existing
        let isAnnotated = annotate(&set, revision: revision, isNew: false)
        if isAnnotated || set.spec.minReadySeconds != deployment.spec.minReadySeconds {
            set.spec.minReadySeconds = deployment.spec.minReadySeconds
            return try script.call(.update(set.erased))?.replicaSet?.value ?? set
        }
        var needsUpdate = setRevision(set.metadata.annotations[DeploymentMath.revisionAnnotation] ?? "")
        if DeploymentMath.hasProgressDeadline(deployment)
            && deployment.status.conditions["Progressing"] == nil
        {
            deployment.status.setCondition(
                "Progressing", .isTrue, reason: "FoundNewReplicaSet",
                message: "Found new replica set \"\(set.metadata.name)\"", at: script.now)
            needsUpdate = true
        }
        if needsUpdate { try script.call(.updateStatus(deployment.erased)) }
        return set
    }

    private mutating func create(
        old: [ReplicaSet], revision: String, _ script: inout PlanScript, _ view: ObjectCache
    ) throws(ScriptExit) -> ReplicaSet {
        let metadata = deployment.metadata
        let hash = templates.hash(of: deployment)
        var set = ReplicaSet()
        set.spec.template = deployment.spec.template
        set.spec.template.metadata.labels[PodTemplateHash.label] = hash
        set.spec.selector = deployment.spec.selector
        set.spec.selector.matchLabels[PodTemplateHash.label] = hash
        set.spec.minReadySeconds = deployment.spec.minReadySeconds
        set.spec.replicas = 0
        set.metadata = ObjectMeta(
            namespace: metadata.namespace, name: DeploymentMath.replicaSetName(metadata.name, hash: hash))
        set.metadata.ownerReferences = [
            OwnerReference(controlledBy: .deployment, name: metadata.name, uid: metadata.uid)
        ]
        set.metadata.labels = set.spec.template.metadata.labels
        guard let replicas = DeploymentMath.newReplicas(deployment, all: old + [set], new: set) else {
            throw .failed(APIError(.invalid, "invalid value for IntOrString"))
        }
        set.spec.replicas = replicas
        _ = annotate(&set, revision: revision, isNew: true)

        var created = set
        var existedBefore = false
        switch try script.attempt(.create(set.erased)) {
        case .success(let object): created = object?.replicaSet?.value ?? set
        case .failure(let error) where error.reason == .alreadyExists:
            existedBefore = true
            created = try takeOver(set, error, &script, view)
        case .failure(let error):
            if error.isNamespaceTerminating { throw .failed(error) }
            let message = "Failed to create new replica set \"\(set.metadata.name)\": \(error)"
            if DeploymentMath.hasProgressDeadline(deployment) {
                deployment.status.setCondition(
                    "Progressing", .isFalse, reason: "ReplicaSetCreateError", message: message, at: script.now
                )
                _ = try script.attempt(.updateStatus(deployment.erased))
            }
            record(&script, .warning, "ReplicaSetCreateError", message)
            throw .failed(error)
        }
        if !existedBefore && replicas > 0 {
            record(
                &script, .normal, "ScalingReplicaSet",
                "Scaled up replica set \(created.metadata.name) from 0 to \(replicas)")
        }
        var needsUpdate = setRevision(revision)
        if !existedBefore && DeploymentMath.hasProgressDeadline(deployment) {
            deployment.status.setCondition(
                "Progressing", .isTrue, reason: "NewReplicaSetCreated",
                message: "Created new replica set \"\(created.metadata.name)\"", at: script.now)
            needsUpdate = true
        }
        if needsUpdate { try script.call(.updateStatus(deployment.erased)) }
        return created
    }

    /// Takes an existing ReplicaSet of the wanted name for the new one if it is; else counts a hash
    /// collision.
    private mutating func takeOver(
        _ set: ReplicaSet, _ error: APIError, _ script: inout PlanScript, _ view: ObjectCache
    ) throws(ScriptExit) -> ReplicaSet {
        let found = script.remember { view[.replicaSet, set.metadata.key] }?.replicaSet?.value
        guard let found else {
            throw .failed(
                APIError(.notFound, "replicaset.apps \"\(set.metadata.name)\" not found"))
        }
        if found.metadata.isControlled(by: deployment.metadata.uid)
            && templates.isEqual(deployment.spec.template, found.spec.template)
        {
            return found
        }
        let count = (deployment.status.collisionCount ?? 0) + 1
        deployment.status.collisionCount = count
        if case .success = try script.attempt(.updateStatus(deployment.erased)) {
            script.note(
                JournalEntry(
                    .workload, .deployment, deployment.metadata.key, reason: "HashCollision",
                    message: "takes another name for its new ReplicaSet",
                    cause:
                        "\(set.metadata.name) is taken by another template; collision count is now \(count)"))
        }
        throw .failed(error)
    }

    /// Notes the revision at the Deployment; false when it is there already.
    private mutating func setRevision(_ revision: String) -> Bool {
        if (deployment.metadata.annotations[DeploymentMath.revisionAnnotation] ?? "") == revision {
            return false
        }
        deployment.metadata.annotations[DeploymentMath.revisionAnnotation] = revision
        return true
    }

    /// Copies the Deployment's annotations to a ReplicaSet and numbers it; false when nothing changed.
    ///
    /// Upstream: `pkg/controller/deployment/util/deployment_util.go`, `SetNewReplicaSetAnnotations` (v1.36).
    func annotate(_ set: inout ReplicaSet, revision: String, isNew: Bool) -> Bool {
        var isChanged = false
        for entry in deployment.metadata.annotations.entries
        where !DeploymentMath.ownAnnotations.contains(entry.key)
            && set.metadata.annotations[entry.key] != entry.value
        {
            set.metadata.annotations[entry.key] = entry.value
            isChanged = true
        }
        let oldText = set.metadata.annotations[DeploymentMath.revisionAnnotation]
        let oldRevision: Int64
        if let oldText, !oldText.isEmpty {
            guard let number = Int64(oldText) else { return false }
            oldRevision = number
        } else {
            oldRevision = 0
        }
        guard let newRevision = Int64(revision) else { return false }
        if oldRevision < newRevision {
            set.metadata.annotations[DeploymentMath.revisionAnnotation] = revision
            isChanged = true
            if let oldText { remember(oldText, &set) }
        }
        if isNew && annotateReplicas(&set) { isChanged = true }
        return isChanged
    }

    /// Adds a revision to the list of those that the ReplicaSet had before; the oldest make room.
    private func remember(_ revision: String, _ set: inout ReplicaSet) {
        let history = set.metadata.annotations[DeploymentMath.revisionHistoryAnnotation] ?? ""
        if history.isEmpty || history.hasPrefix(",") {
            set.metadata.annotations[DeploymentMath.revisionHistoryAnnotation] = revision
            return
        }
        var revisions = history.split(separator: ",", omittingEmptySubsequences: false)[...]
        var length = history.utf8.count + revision.utf8.count + 1
        while length > Self.maxHistoryBytes, let first = revisions.first {
            length -= first.utf8.count + 1
            revisions = revisions.dropFirst()
        }
        if length <= Self.maxHistoryBytes {
            set.metadata.annotations[DeploymentMath.revisionHistoryAnnotation] =
                (revisions + [revision[...]]).joined(separator: ",")
        }
    }
}

extension DeploymentStatus {
    /// Sets a condition; one with the same status and reason stays as it is.
    mutating func setCondition(
        _ type: String, _ status: ConditionStatus, reason: String, message: String, at now: VirtualTime
    ) {
        var condition = Condition(
            type, status, reason: reason, message: message, lastTransitionTime: Timestamp(now))
        condition.lastUpdateTime = Timestamp(now)
        setCondition(condition)
    }

    mutating func setCondition(_ condition: Condition) {
        var condition = condition
        if let current = conditions[condition.type] {
            if current.status == condition.status && current.reason == condition.reason { return }
            if current.status == condition.status {
                condition.lastTransitionTime = current.lastTransitionTime
            }
        }
        conditions.removeAll { $0.type == condition.type }
        conditions.append(condition)
    }
}
