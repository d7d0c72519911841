import ControlPlane
import KubernetesModel

/// The revisions that a sync works with.
extension StatefulSetSync {
    /// The revision that pods have had, and the one that they are to get.
    struct Revisions {
        var current: ControllerRevision?
        var update: ControllerRevision?
        var collisionCount: Int64 = 0
        /// What restores the set's own template.
        var ownData: JSONValue?
    }

    /// The template of a revision. The set's own is not read anew, so that its pods go on sharing its parts.
    func template(of revision: ControllerRevision, _ revisions: Revisions) -> PodTemplate? {
        revision.data == revisions.ownData ? set.spec.template : ControllerHistory.template(in: revision)
    }

    /// Finds the current and the update revision; makes or renumbers the latter when the template changed.
    ///
    /// Upstream: `stateful_set_control.go`, `getStatefulSetRevisions` (v1.36).
    func currentRevisions(
        _ revisions: [ControllerRevision], _ session: inout SyncSession
    ) throws(SyncStop) -> Revisions {
        var found = Revisions()
        found.collisionCount = set.status.collisionCount ?? 0
        let proposed = ControllerHistory.newRevision(
            of: StatefulSet.kind, set.metadata, templateLabels: set.spec.template.metadata.labels,
            data: ControllerHistory.templatePatch(set.spec.template),
            number: ControllerHistory.nextNumber(after: revisions), collisionCount: found.collisionCount)
        found.ownData = proposed.data
        let equal = revisions.last { ControllerHistory.areEqual($0, proposed) }

        let update: ControllerRevision
        if let equal, let last = revisions.last, ControllerHistory.areEqual(last, equal) {
            update = last
        } else if let equal {
            update = try renumber(equal, proposed.revision, &session)
        } else if let last = revisions.last, restoresTheSame(last, as: proposed) {
            update = last
        } else {
            update = try create(proposed, &found.collisionCount, &session)
        }
        found.update = update
        found.current = revisions.first { $0.metadata.name == set.status.currentRevision } ?? update
        return found
    }

    /// Whether restoring the revision gives the template as it is, although the bytes differ.
    ///
    /// Upstream: `setMatchesLatestExistingRevision` (gate StatefulSetSemanticRevisionComparison, on by default).
    private func restoresTheSame(_ revision: ControllerRevision, as proposed: ControllerRevision) -> Bool {
        guard let template = ControllerHistory.template(in: revision) else { return false }
        let epoch = CalendarTime(unixSeconds: 0)
        var tree = set.with { $0.spec.template = template }.tree(epoch: epoch)
        Defaulting.apply(GroupVersionKind(group: "apps", version: "v1", kind: "StatefulSet"), &tree)
        guard let restored = tree["spec"]?["template"]?.objectValue else { return false }
        return ControllerHistory.templatePatch(PodTemplate(fields: restored, epoch: epoch)) == proposed.data
    }

    private func renumber(
        _ revision: ControllerRevision, _ number: Int64, _ session: inout SyncSession
    ) throws(SyncStop) -> ControllerRevision {
        var changed = revision
        for _ in 0..<Self.conflictAttempts {
            if changed.revision == number { return changed }
            changed.revision = number
            let outcome = try session.call(.update(APIObject(changed)))
            guard let failure = outcome.failure else { return changed }
            guard failure.reason == .conflict,
                let fresh = session.object(ControllerRevision.self, revision.key),
                fresh.value.metadata.resourceVersion != changed.metadata.resourceVersion
            else { throw .failed(failure) }
            changed = fresh.value
        }
        throw .failed(SyncFailure("ControllerRevision \(revision.key) changes too often", reason: .conflict))
    }

    private func create(
        _ proposed: ControllerRevision, _ collisionCount: inout Int64, _ session: inout SyncSession
    ) throws(SyncStop) -> ControllerRevision {
        guard let data = proposed.data else { return proposed }
        var revision = proposed
        while true {
            revision.metadata.name = ControllerHistory.name(
                prefix: set.metadata.name,
                hash: ControllerRevisionHash.hash(data, collisionCount: collisionCount))
            let outcome = try session.call(.create(APIObject(revision)))
            guard let failure = outcome.failure else {
                return outcome.object?.controllerRevision?.value ?? revision
            }
            guard failure.reason == .alreadyExists else { throw .failed(failure) }
            let existing = try session.require(.get(.controllerRevision, revision.key))?.controllerRevision
            if let existing, existing.value.data == data { return existing.value }
            collisionCount += 1
        }
    }

    /// Deletes the oldest revisions beyond the limit that no pod has.
    func truncateHistory(
        _ revisions: [ControllerRevision], _ live: Revisions, _ pods: [Ref<Pod>], _ session: inout SyncSession
    ) throws(SyncStop) {
        let names = Swift.Set(
            pods.map(\.value.revisionHash)
                + [live.current?.metadata.name, live.update?.metadata.name].compactMap { $0 })
        let history = revisions.filter { !names.contains($0.metadata.name) }
        let limit = Int(set.spec.revisionHistoryLimit ?? 10)
        guard limit >= 0, history.count > limit else { return }
        for revision in history.prefix(history.count - limit) {
            try session.require(.delete(.controllerRevision, revision.key, DeleteOptions()))
        }
    }
}
