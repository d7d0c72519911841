import ControlPlane
import KubernetesModel
import SimulationKernel

/// What is done with one pod of a StatefulSet, its claims included.
///
/// Upstream: `pkg/controller/statefulset/stateful_set_control.go`, `processReplica` and `processCondemned`;
/// `stateful_pod_control.go` (v1.36).
extension StatefulSetSync {
    /// - Returns: whether an ordered sync may go on to the next pod.
    func process(
        _ replica: Replica, _ layout: Layout, _ session: inout SyncSession
    ) throws(SyncStop) -> Bool {
        let isOrdered = !set.allowsBurst
        if let pod = replica.pod?.value, pod.status.phase.isTerminal {
            // It is made anew once it is gone, whatever its containers' exit codes were.
            if !pod.metadata.isBeingDeleted { try delete(pod.metadata.name, &session) }
            return false
        }
        var pod: Pod
        if let existing = replica.pod?.value, existing.status.phase != .none {
            pod = existing
        } else {
            pod = newPod(replica.ordinal, layout)
            if hasStaleClaim(replica.ordinal, &session) { return false }
            try create(pod, replica.ordinal, &session)
            if isOrdered { return false }
        }
        if pod.status.phase == .pending {
            try createClaims(of: set, replica.ordinal, pod, &session)
            do {
                try alignClaims(replica, in: set, &session)
            } catch { throw report(error, "Update", pod.metadata.name, &session) }
        }
        if pod.metadata.isBeingDeleted { session.obstacle = "\(pod.metadata.name) to be gone" }
        if isOrdered {
            if pod.metadata.isBeingDeleted { return false }
            if !pod.isRunningAndReady {
                session.obstacle = "\(pod.metadata.name) to be running and ready"
                return false
            }
            if !isAvailable(pod, at: session.startedAt) {
                session.obstacle = "\(pod.metadata.name) to be available"
                return false
            }
        }
        if set.matchesIdentity(pod), set.matchesStorage(pod),
            claimsMatch(replica, in: layout.updateSet, &session)
        {
            return true
        }
        try repair(&pod, replica, layout.updateSet, &session)
        return true
    }

    /// Deletes a pod outside of the range when it is its turn.
    ///
    /// - Returns: whether an ordered sync may go on to the next pod: never, but for one that is not there.
    func condemn(
        _ replica: Replica, _ layout: Layout, _ session: inout SyncSession
    ) throws(SyncStop) -> Bool {
        guard let pod = replica.pod?.value else { return true }
        let isOrdered = !set.allowsBurst
        if pod.metadata.isBeingDeleted {
            session.obstacle = "\(pod.metadata.name) to be gone"
            return !isOrdered
        }
        if isOrdered, pod.metadata.name != layout.firstUnavailable,
            !pod.isRunningAndReady || !isAvailable(pod, at: session.startedAt)
        {
            session.obstacle =
                "\(layout.firstUnavailable ?? "") to be available before \(pod.metadata.name) goes"
            return false
        }
        try delete(pod.metadata.name, &session)
        return false
    }

    private func newPod(_ ordinal: Int64, _ layout: Layout) -> Pod {
        let revision = newRevisionName(ordinal, layout)
        let source = revision == layout.updateName ? layout.updateSet : layout.currentSet
        return source.newPod(ordinal: ordinal, revision: revision)
    }

    // MARK: Pods

    func delete(_ name: String, _ session: inout SyncSession) throws(SyncStop) {
        let key = ObjectKey(namespace: set.metadata.namespace, name: name)
        let outcome = try session.call(.delete(.pod, key, DeleteOptions()))
        if let failure = outcome.failure, failure.reason != .notFound {
            throw report(.failed(failure), "Delete", name, &session)
        }
        recordSuccess("Delete", name, &session)
    }

    private func create(_ pod: Pod, _ ordinal: Int64, _ session: inout SyncSession) throws(SyncStop) {
        let name = pod.metadata.name
        do {
            try createClaims(of: set, ordinal, pod, &session)
        } catch { throw report(error, "Create", name, &session) }
        let failure = try session.call(.create(APIObject(pod))).failure
        if let failure, failure.reason == .alreadyExists { throw .failed(failure) }
        do {
            try alignClaims(Replica(ordinal: ordinal), in: set, &session)
        } catch { throw report(error, "Update", name, &session) }
        if let failure { throw report(.failed(failure), "Create", name, &session) }
        recordSuccess("Create", name, &session)
    }

    /// Gives a pod back the labels, volumes and claims that make it a member of the set.
    private func repair(
        _ pod: inout Pod, _ replica: Replica, _ set: StatefulSet, _ session: inout SyncSession
    ) throws(SyncStop) {
        let name = pod.metadata.name
        for attempt in 1...Self.conflictAttempts {
            var isConsistent = true
            if !set.matchesIdentity(pod) {
                pod.metadata.labels[StatefulSet.podNameLabel] = name
                pod.metadata.labels[StatefulSet.podIndexLabel] = String(replica.ordinal)
                isConsistent = false
            }
            do {
                if !set.matchesStorage(pod) {
                    pod.spec = PodSpec(source: set.withClaims(pod.spec.source, ordinal: replica.ordinal))
                    isConsistent = false
                    try createClaims(of: set, replica.ordinal, pod, &session)
                }
                if !claimsMatch(replica, in: set, &session) {
                    try alignClaims(replica, in: set, &session)
                    isConsistent = false
                }
            } catch { throw report(error, "Update", name, &session) }
            if isConsistent { return }
            guard let failure = try session.call(.update(APIObject(pod))).failure else {
                return recordSuccess("Update", name, &session)
            }
            guard failure.reason == .conflict, attempt < Self.conflictAttempts,
                let fresh = session.object(Pod.self, pod.key),
                fresh.value.metadata.resourceVersion != pod.metadata.resourceVersion
            else { throw report(.failed(failure), "Update", name, &session) }
            pod = fresh.value
        }
    }

    // MARK: Claims

    private func claim(
        _ template: PersistentVolumeClaim, _ ordinal: Int64, _ session: inout SyncSession
    ) -> Ref<PersistentVolumeClaim>? {
        let name = set.claimName(template: template, ordinal: ordinal)
        return session.object(
            PersistentVolumeClaim.self, ObjectKey(namespace: set.metadata.namespace, name: name))
    }

    private func user(_ replica: Replica) -> ClaimUser {
        ClaimUser(
            name: set.podName(replica.ordinal), uid: replica.pod?.value.uid ?? .none, ordinal: replica.ordinal
        )
    }

    private func hasStaleClaim(_ ordinal: Int64, _ session: inout SyncSession) -> Bool {
        let user = user(Replica(ordinal: ordinal))
        for template in set.spec.volumeClaimTemplates {
            if let claim = claim(template, ordinal, &session), set.isStale(claim.value, for: user) {
                return true
            }
        }
        return false
    }

    /// Makes the claims that are missing; a claim that is being deleted is an obstacle.
    private func createClaims(
        of set: StatefulSet, _ ordinal: Int64, _ pod: Pod, _ session: inout SyncSession
    ) throws(SyncStop) {
        var failures: [SyncFailure] = []
        for claim in set.claims(ordinal: ordinal) {
            let name = claim.metadata.name
            if let existing = session.object(PersistentVolumeClaim.self, claim.key) {
                if existing.value.metadata.isBeingDeleted {
                    failures.append(SyncFailure("pvc \(name) is being deleted"))
                }
                continue
            }
            let failure = try session.call(.create(APIObject(claim))).failure
            if let failure {
                failures.append(
                    SyncFailure("failed to create PVC \(name): \(failure.message)", reason: failure.reason))
            }
            if failure?.reason != .alreadyExists {
                recordClaim(name, pod.metadata.name, failure, &session)
            }
        }
        if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
    }

    func claimsMatch(
        _ replica: Replica, in set: StatefulSet, _ session: inout SyncSession
    ) -> Bool {
        let user = user(replica)
        for template in set.spec.volumeClaimTemplates {
            if let claim = claim(template, replica.ordinal, &session),
                !set.isOwnerUpToDate(claim.value, user)
            {
                return false
            }
        }
        return true
    }

    /// Gives the claims the owners that the retention policy asks for.
    func alignClaims(
        _ replica: Replica, in set: StatefulSet, _ session: inout SyncSession
    ) throws(SyncStop) {
        let user = user(replica)
        for template in set.spec.volumeClaimTemplates {
            guard let claim = claim(template, replica.ordinal, &session) else { continue }
            let name = claim.value.metadata.name
            if set.hasUnexpectedController(claim.value, user) {
                // The misspelling is upstream's.
                let message =
                    "PersistentVolumeClaim \(name) has a conflicting OwnerReference that acts as a manging "
                    + "controller, the retention policy is ignored for this claim"
                record(.warning, "ConflictingController", message, &session)
            }
            if set.isOwnerUpToDate(claim.value, user) { continue }
            let changed = set.withUpdatedOwners(claim.value, user)
            if let failure = try session.call(.update(APIObject(changed))).failure {
                throw .failed(
                    SyncFailure(
                        "could not update claim \(name) for delete policy ownerRefs: \(failure.message)",
                        reason: failure.reason))
            }
        }
    }

    // MARK: Events

    private func record(
        _ severity: EventRecord.Severity, _ reason: String, _ message: String, _ session: inout SyncSession
    ) {
        session.record(
            EventRecord(
                kind: StatefulSet.kind, key: set.key, uid: set.metadata.uid, severity, reason: reason,
                message: message, component: StatefulSetController.name))
    }

    private func recordSuccess(_ verb: String, _ pod: String, _ session: inout SyncSession) {
        let message = "\(verb) Pod \(pod) in StatefulSet \(set.metadata.name) successful"
        record(.normal, "Successful\(verb)", message, &session)
    }

    /// Reports a failure in an event, and gives it back.
    private func report(
        _ stop: SyncStop, _ verb: String, _ pod: String, _ session: inout SyncSession
    ) -> SyncStop {
        if case .failed(let failure) = stop {
            let message =
                "\(verb) Pod \(pod) in StatefulSet \(set.metadata.name) failed error: \(failure.message)"
            record(.warning, "Failed\(verb)", message, &session)
        }
        return stop
    }

    private func recordClaim(
        _ claim: String, _ pod: String, _ failure: SyncFailure?, _ session: inout SyncSession
    ) {
        let name = set.metadata.name
        if let failure {
            let message =
                "Create Claim \(claim) for Pod \(pod) in StatefulSet \(name) failed error: \(failure.message)"
            record(.warning, "FailedCreate", message, &session)
        } else {
            let message = "Create Claim \(claim) Pod \(pod) in StatefulSet \(name) success"
            record(.normal, "SuccessfulCreate", message, &session)
        }
    }
}
