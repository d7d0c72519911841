import ControlPlane
import KubernetesModel

/// What is done with one object.
///
/// Upstream: `pkg/controller/garbagecollector/garbagecollector.go`, `operations.go` (v1.36).
extension GarbageCollectorController {
    /// The references of an object by what became of the owners.
    private struct References {
        var solid: [OwnerReference] = []
        var dangling: [OwnerReference] = []
        /// Owners that wait for their dependents' deletion.
        var waiting: [OwnerReference] = []
    }

    /// Deletes an object if all its owners are gone or wait for that; drops references to absent owners else.
    mutating func attemptToDelete(_ uid: UID, _ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
        guard let node = graph.nodes[uid] else { return .done }
        report(node, &session)
        let isOnItsWay = session.flag { node.isBeingDeleted && !node.isDeletingDependents }
        if isOnItsWay { return ending(uid) }
        guard case .known(let kind) = node.identity.kind else {
            // Upstream asks again for ever, in case that the kind is defined later; simk's kinds are fixed.
            note(
                node.identity, "NotCollected", "its kind \(node.identity.kind.description) is not known",
                &session)
            return .done
        }
        let key = Self.address(node.identity)
        if kind.info.isNamespaced && key.namespace.isEmpty { return .done }

        let outcome = try session.call(.get(kind, key))
        if let failure = outcome.failure {
            if failure.reason == .notFound { return .done }
            throw .failed(failure)
        }
        guard let latest = outcome.object, latest.metadata.uid == uid else { return .done }
        if session.flag({ graph.nodes[uid]?.isDeletingDependents ?? false }) {
            // The blocking dependents were looked at when the answer came.
            if session.flag({ !graph.blockingDependents(uid).isEmpty }) { return ending(uid) }
            try removeFinalizer(DependencyGraph.foregroundFinalizer, kind, key, &session)
            return ending(uid)
        }
        if latest.metadata.ownerReferences.isEmpty { return ending(uid) }

        guard let references = try classify(latest.metadata, node.identity, &session) else { return .done }
        if !references.solid.isEmpty {
            let lost = (references.dangling + references.waiting).map(\.uid)
            if !lost.isEmpty { try session.require(.patch(kind, key, .releaseAll(owners: lost), uid: uid)) }
            return ending(uid)
        }
        let hasDependents = session.flag { !(graph.nodes[uid]?.dependents.isEmpty ?? true) }
        if !references.waiting.isEmpty && hasDependents {
            try breakCircle(uid, kind, key, &session)
            try delete(latest, .foreground, because: references, &session)
        } else {
            let propagation: DeleteOptions.Propagation =
                if latest.metadata.finalizers.contains(DependencyGraph.orphanFinalizer) {
                    .orphan
                } else if latest.metadata.finalizers.contains(DependencyGraph.foregroundFinalizer) {
                    .foreground
                } else {
                    .background
                }
            try delete(latest, propagation, because: references, &session)
        }
        return ending(uid)
    }

    /// Lets the dependents of an object go, then the object.
    mutating func attemptToOrphan(_ uid: UID, _ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
        guard let node = graph.nodes[uid], case .known(let kind) = node.identity.kind else { return .done }
        let dependents = dependentsToOrphan(uid, &session)
        let failures = try session.concurrently(count: dependents.count) { session, index throws(SyncStop) in
            let (kind, key, dependent) = dependents[index]
            try session.require(
                .patch(kind, key, .release(owner: uid), uid: dependent), tolerating: .notFound)
        }
        if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
        try removeFinalizer(DependencyGraph.orphanFinalizer, kind, Self.address(node.identity), &session)
        return .done
    }

    /// The dependents of known kinds when the work began; those that left since are skipped by their answers.
    private func dependentsToOrphan(_ uid: UID, _ session: inout SyncSession) -> [(
        ObjectKind, ObjectKey, UID
    )] {
        let all = session.identities {
            graph.dependents(of: uid).compactMap { graph.nodes[$0]?.identity }
        }
        return all.compactMap { identity in
            guard case .known(let kind) = identity.kind else { return nil }
            return (kind, Self.address(identity), identity.uid)
        }
    }

    /// An object that no watch stream has shown yet is looked at again.
    private func ending(_ uid: UID) -> SyncEnding {
        graph.nodes[uid]?.isVirtual == true ? .requeueRateLimited : .done
    }

    // MARK: Owners

    /// - Returns: nil when a reference can never be settled, so that there is no use in trying again.
    private mutating func classify(
        _ item: ObjectMeta, _ identity: GraphIdentity, _ session: inout SyncSession
    ) throws(SyncStop) -> References? {
        var references = References()
        for owner in item.ownerReferences {
            var absent = GraphIdentity(owner, namespace: "")
            if session.flag({ graph.absentOwners.contains(absent) }) {
                references.dangling.append(owner)
                continue
            }
            absent.key.namespace = item.namespace
            if session.flag({ graph.absentOwners.contains(absent) }) {
                references.dangling.append(owner)
                continue
            }
            guard case .known(let kind) = absent.kind else {
                note(
                    identity, "NotCollected", "its owner's kind \(absent.kind.description) is not known",
                    &session)
                return nil
            }
            if !kind.info.isNamespaced { absent.key.namespace = "" }
            if kind.info.isNamespaced && item.namespace.isEmpty { return nil }

            let outcome = try session.call(.get(kind, absent.key))
            if let failure = outcome.failure, failure.reason != .notFound { throw .failed(failure) }
            guard let found = outcome.object, found.metadata.uid == owner.uid else {
                session.once { graph.absentOwners.insert(absent) }
                references.dangling.append(owner)
                continue
            }
            if found.metadata.isBeingDeleted
                && found.metadata.finalizers.contains(DependencyGraph.foregroundFinalizer)
            {
                references.waiting.append(owner)
            } else {
                references.solid.append(owner)
            }
        }
        return references
    }

    /// Takes the blocking out of an object's references when a dependent of it waits for it in turn.
    private func breakCircle(
        _ uid: UID, _ kind: ObjectKind, _ key: ObjectKey, _ session: inout SyncSession
    ) throws(SyncStop) {
        let isCircle = session.flag {
            graph.dependents(of: uid).contains {
                graph.nodes[$0]?.isDeletingDependents == true
            }
        }
        guard isCircle else { return }
        var references = session.owners { graph.nodes[uid]?.owners ?? [] }
        references.removeAll { $0.blockOwnerDeletion != true }
        for index in references.indices { references[index].blockOwnerDeletion = false }
        try session.require(.patch(kind, key, .adoptAll(references), uid: uid))
    }

    // MARK: Calls

    private mutating func delete(
        _ latest: APIObject, _ propagation: DeleteOptions.Propagation, because references: References,
        _ session: inout SyncSession
    ) throws(SyncStop) {
        let metadata = latest.metadata
        var options = DeleteOptions(
            propagation: propagation, uid: metadata.uid, resourceVersion: metadata.resourceVersion)
        var failure = try session.call(.delete(latest.kind, latest.key, options)).failure
        if failure?.reason == .conflict {
            // A change that left the references alone does not keep the object alive.
            let live = try session.call(.get(latest.kind, latest.key))
            if live.failure?.reason == .notFound { return }
            if let object = live.object?.metadata, object.uid == metadata.uid,
                object.resourceVersion != metadata.resourceVersion,
                object.ownerReferences == metadata.ownerReferences
            {
                options.resourceVersion = nil
                failure = try session.call(.delete(latest.kind, latest.key, options)).failure
            }
        }
        if failure?.reason == .notFound { return }
        if let failure { throw .failed(failure) }
        let owners = (references.dangling + references.waiting).map { "\($0.kind)/\($0.name)" }
        let fate = references.waiting.isEmpty ? "no longer exists" : "is being deleted in the foreground"
        session.note(
            JournalEntry(
                .workload, latest.kind, latest.key, reason: "GarbageCollected",
                message: "deleted (\(propagation.rawValue))",
                cause: "its owner \(owners.joined(separator: ", ")) \(fate)"))
    }

    private func removeFinalizer(
        _ finalizer: String, _ kind: ObjectKind, _ key: ObjectKey, _ session: inout SyncSession
    ) throws(SyncStop) {
        let outcome = try session.call(.get(kind, key))
        if let failure = outcome.failure {
            if failure.reason == .notFound { return }
            throw .failed(failure)
        }
        guard let object = outcome.object, object.metadata.finalizers.contains(finalizer) else { return }
        try session.require(
            .patch(kind, key, .finalizers(adding: [], removing: [finalizer]), uid: nil), tolerating: .notFound
        )
    }

    // MARK: Reports

    private mutating func report(_ node: GraphNode, _ session: inout SyncSession) {
        let uid = node.identity.uid
        guard case .known(let kind) = node.identity.kind else { return }
        let texts = session.texts { graph.complaints.removeValue(forKey: uid) ?? [] }
        for text in texts {
            session.record(
                EventRecord(
                    kind: kind, key: node.identity.key, uid: uid, .warning,
                    reason: "OwnerRefInvalidNamespace",
                    message: text, component: Self.name))
        }
    }

    private func note(
        _ identity: GraphIdentity, _ reason: String, _ cause: String, _ session: inout SyncSession
    ) {
        guard case .known(let kind) = identity.kind else { return }
        session.note(
            JournalEntry(
                .workload, kind, identity.key, reason: reason, message: "not garbage collected", cause: cause)
        )
    }
}
