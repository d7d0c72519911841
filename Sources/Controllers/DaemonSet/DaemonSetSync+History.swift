import ControlPlane
import KubernetesModel

/// The revisions of a DaemonSet's template.
///
/// Upstream: `pkg/controller/daemon/update.go` (v1.36).
extension DaemonSetSync {
    /// The label by which pods and revisions name a template.
    static let hashLabel = "controller-revision-hash"

    struct History {
        var current: ControllerRevision
        var old: [ControllerRevision]
    }

    /// Which template the set has had, as its deprecated annotation counts; nil when that is no number.
    var templateGeneration: Int64? {
        self.set.metadata.annotations["deprecated.daemonset.template.generation"].flatMap { Int64($0) }
    }

    /// Whether the pod is of the present template.
    func isUpdated(_ pod: Pod, _ hash: String) -> Bool {
        if !hash.isEmpty && pod.metadata.labels[Self.hashLabel] == hash { return true }
        guard let generation = templateGeneration else { return false }
        return pod.metadata.labels["pod-template-generation"] == String(generation)
    }

    /// Finds the revision of the present template, or makes it; numbers it above all others.
    func constructHistory(_ session: inout SyncSession) throws(SyncStop) -> History {
        let data = ControllerHistory.templatePatch(set.spec.template)
        var current: [ControllerRevision] = []
        var old: [ControllerRevision] = []
        for revision in try claimRevisions(&session) {
            var revision = revision.value
            if revision.metadata.labels[Self.hashLabel] == nil {
                revision.metadata.labels[Self.hashLabel] = revision.metadata.name
                let stored = try session.require(.update(APIObject(revision)))
                revision = stored?.controllerRevision?.value ?? revision
            }
            if revision.data == data { current.append(revision) } else { old.append(revision) }
        }
        let number = max(0, old.map(\.revision).max() ?? 0) + 1
        if current.isEmpty {
            return History(current: try snapshot(data, number, &session), old: old)
        }
        let kept = try deduplicate(current, &session)
        if kept.revision < number {
            try session.require(.update(APIObject(kept.with { $0.revision = number })))
        }
        return History(current: kept, old: old)
    }

    private func claimRevisions(_ session: inout SyncSession) throws(SyncStop) -> [Ref<ControllerRevision>] {
        let claim = OwnerClaim(reference)
        let selector = set.spec.selector
        let candidates = session.list(ControllerRevision.self) { view in
            view.list(ControllerRevision.self, namespace: set.metadata.namespace).filter {
                claim.verdict(on: $0.value.metadata, matches: selector.matches($0.value.metadata.labels))
                    != .ignore
            }
        }
        return try claim.claim(candidates, &session) { selector.matches($0.labels) }
    }

    /// Stores the present template as a revision.
    private func snapshot(
        _ data: JSONValue, _ number: Int64, _ session: inout SyncSession
    ) throws(SyncStop) -> ControllerRevision {
        let hash = PodTemplateHash.hash(set.spec.template, collisionCount: set.status.collisionCount)
        var revision = ControllerRevision()
        revision.metadata.name = "\(set.metadata.name)-\(hash)"
        revision.metadata.namespace = set.metadata.namespace
        revision.metadata.labels = set.spec.template.metadata.labels
        revision.metadata.labels[Self.hashLabel] = hash
        revision.metadata.annotations = set.metadata.annotations
        revision.metadata.ownerReferences = [
            OwnerReference(controlledBy: DaemonSet.kind, name: set.metadata.name, uid: set.uid)
        ]
        revision.data = data
        revision.revision = number
        let outcome = try session.call(.create(APIObject(revision)))
        guard let failure = outcome.failure else {
            return outcome.object?.controllerRevision?.value ?? revision
        }
        guard failure.reason == .alreadyExists else { throw .failed(failure) }

        let existing = try session.require(.get(.controllerRevision, revision.key))?.controllerRevision
        if let existing, existing.value.data == data { return existing.value }
        guard let fresh = try session.require(.get(.daemonSet, set.key))?.daemonSet?.value else {
            throw .failed(failure)
        }
        if fresh.status.collisionCount != set.status.collisionCount {
            throw .failed(
                SyncFailure(
                    "found a stale collision count (\(set.status.collisionCount ?? 0), expected "
                        + "\(fresh.status.collisionCount ?? 0)) of DaemonSet \"\(set.metadata.name)\" while "
                        + "processing; will retry until it is updated"))
        }
        let collided = fresh.with { $0.status.collisionCount = ($0.status.collisionCount ?? 0) + 1 }
        try session.require(.updateStatus(APIObject(collided)))
        throw .failed(failure)
    }

    /// Keeps the newest of several revisions of one template, and has the pods name it.
    private func deduplicate(
        _ revisions: [ControllerRevision], _ session: inout SyncSession
    ) throws(SyncStop) -> ControllerRevision {
        var kept = revisions[0]
        if revisions.count == 1 { return kept }
        for revision in revisions where revision.revision >= kept.revision { kept = revision }
        let hash = kept.metadata.labels[Self.hashLabel]
        for pod in try claimPods(&session) where pod.value.metadata.labels[Self.hashLabel] != hash {
            try session.require(
                .patch(
                    .pod, pod.value.key, .metadata(labels: [Self.hashLabel: hash], annotations: [:]), uid: nil
                ))
        }
        for revision in revisions where revision.metadata.name != kept.metadata.name {
            try session.require(.delete(.controllerRevision, revision.key, DeleteOptions()))
        }
        return kept
    }

    /// Deletes the oldest revisions beyond the limit that no pod has.
    func cleanUp(_ old: [ControllerRevision], _ session: inout SyncSession) throws(SyncStop) {
        let pods = try podsByNode([], includingDeletedTerminal: true, &session)
        var surplus = old.count - Int(clamping: set.spec.revisionHistoryLimit ?? 10)
        if surplus <= 0 { return }
        let live = Swift.Set(
            pods.existing.flatMap(\.pods).compactMap { $0.metadata.labels[Self.hashLabel] })
        for revision in ControllerHistory.sorted(old) {
            if surplus <= 0 { break }
            if let hash = revision.metadata.labels[Self.hashLabel], live.contains(hash) { continue }
            try session.require(.delete(.controllerRevision, revision.key, DeleteOptions()))
            surplus -= 1
        }
    }
}
