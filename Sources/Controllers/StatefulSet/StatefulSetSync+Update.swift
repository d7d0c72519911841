import ControlPlane
import KubernetesModel
import SimulationKernel

/// The order in which a StatefulSet's pods are made, replaced and deleted.
///
/// Upstream: `pkg/controller/statefulset/stateful_set_control.go`, `updateStatefulSet` (v1.36).
extension StatefulSetSync {
    /// `retry.DefaultBackoff`'s and `retry.DefaultRetry`'s number of attempts. Their pauses of some
    /// milliseconds are not taken: an attempt is repeated only when the cache has a newer version.
    static let conflictAttempts = 4
    static let statusAttempts = 5
    /// The most calls in flight for one set whose pods are made in parallel.
    static let maxBatchSize = 500

    /// One place in the set: the pod that has its ordinal, if there is one.
    struct Replica {
        var ordinal: Int64
        var pod: Ref<Pod>?
    }

    /// What one sync knows of the set's pods.
    struct Layout {
        /// The set with the template of the current and of the update revision.
        var currentSet: StatefulSet
        var updateSet: StatefulSet
        var currentName: String
        var updateName: String
        /// One element an ordinal, in order.
        var replicas: [Replica]
        /// Pods outside of the range, the highest ordinal first.
        var condemned: [Replica]
        /// The first pod that is not available, by place; then by ordinal among the condemned.
        var firstUnavailable: String?
    }

    /// Brings the pods closer to what is asked for, and writes the status, also after a failure.
    ///
    /// - Returns: the status as it was written.
    func update(
        _ pods: [Ref<Pod>], _ revisions: Revisions, _ session: inout SyncSession
    ) throws(SyncStop) -> StatefulSetStatus {
        guard let current = revisions.current, let update = revisions.update,
            let currentTemplate = template(of: current, revisions),
            let updateTemplate = template(of: update, revisions)
        else {
            throw .failed(SyncFailure("a ControllerRevision of StatefulSet \(set.key) holds no template"))
        }
        var layout = Layout(
            currentSet: set.with { $0.spec.template = currentTemplate },
            updateSet: set.with { $0.spec.template = updateTemplate },
            currentName: current.metadata.name, updateName: update.metadata.name, replicas: [], condemned: [])
        arrange(pods, &layout, at: session.startedAt)

        var status = StatefulSetStatus()
        status.observedGeneration = set.metadata.generation
        status.currentRevision = layout.currentName
        status.updateRevision = layout.updateName
        status.collisionCount = revisions.collisionCount
        count(pods, layout, &status, at: session.startedAt)

        var problem: SyncFailure?
        do {
            try act(layout, &status, &session)
        } catch {
            guard case .failed(let failure) = error else { throw error }
            problem = failure
        }
        complete(&status)
        let written = try write(status, &session)
        if let failure = problem ?? written { throw .failed(failure) }
        return status
    }

    private func arrange(_ pods: [Ref<Pod>], _ layout: inout Layout, at now: VirtualTime) {
        layout.replicas = (0..<max(0, set.spec.replicas)).map { Replica(ordinal: set.startOrdinal + $0) }
        for pod in pods {
            guard let ordinal = StatefulPodName.parse(pod.value.metadata.name)?.ordinal else { continue }
            if set.isInRange(ordinal) {
                layout.replicas[Int(ordinal - set.startOrdinal)].pod = pod
            } else {
                layout.condemned.append(Replica(ordinal: ordinal, pod: pod))
            }
        }
        layout.condemned.sort { $0.ordinal > $1.ordinal }
        let first =
            layout.replicas.first { isUnavailable($0, at: now) }
            ?? layout.condemned.last { isUnavailable($0, at: now) }
        layout.firstUnavailable = first.map { set.podName($0.ordinal) }
    }

    private func act(
        _ layout: Layout, _ status: inout StatefulSetStatus, _ session: inout SyncSession
    ) throws(SyncStop) {
        if set.metadata.isBeingDeleted { return }
        let all = (layout.replicas + layout.condemned).compactMap(\.pod)
        // The pods are counted as the cache had them, so the counts are the same wherever the work stops.
        count(all, layout, &status, at: session.startedAt)
        let goesOn = try forAll(layout.replicas, &session) { session, replica throws(SyncStop) in
            try process(replica, layout, &session)
        }
        guard goesOn else { return }
        let claimsAreSet = try forAll(layout.condemned, &session) { session, replica throws(SyncStop) in
            if !claimsMatch(replica, in: layout.updateSet, &session) {
                try alignClaims(replica, in: layout.updateSet, &session)
            }
            return true
        }
        guard claimsAreSet else { return }
        let isRangeRight = try forAll(layout.condemned, &session) { session, replica throws(SyncStop) in
            try condemn(replica, layout, &session)
        }
        guard isRangeRight, set.spec.updateStrategy.type != "OnDelete" else { return }
        if respectsMaxUnavailable {
            try replaceUpToMaxUnavailable(layout, &status, &session)
        } else {
            try replaceHighest(layout, &status, &session)
        }
    }

    /// Works on each in turn until one says that the sync must not go on; in parallel, in batches that double,
    /// if the set allows bursts.
    ///
    /// - Returns: whether the sync goes on.
    private func forAll(
        _ replicas: [Replica], _ session: inout SyncSession,
        _ work: (inout SyncSession, Replica) throws(SyncStop) -> Bool
    ) throws(SyncStop) -> Bool {
        if !set.allowsBurst {
            for replica in replicas where try !work(&session, replica) { return false }
            return true
        }
        var start = 0
        var size = min(1, replicas.count)
        while size > 0 {
            let first = start
            let failures = try session.concurrently(count: size) { session, index throws(SyncStop) in
                _ = try work(&session, replicas[first + index])
            }
            if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
            start += size
            size = min(2 * size, replicas.count - start, Self.maxBatchSize)
        }
        return true
    }

    // MARK: Updating

    /// Deletes the pod with the highest ordinal that has not the update revision, if those above it are well.
    private func replaceHighest(
        _ layout: Layout, _ status: inout StatefulSetStatus, _ session: inout SyncSession
    ) throws(SyncStop) {
        let partition = Int(set.spec.updateStrategy.rollingUpdate?.partition ?? 0)
        guard partition < layout.replicas.count else { return }
        for replica in layout.replicas[max(0, partition)...].reversed() {
            if isOutdated(replica, layout) {
                try delete(set.podName(replica.ordinal), &session)
                status.currentReplicas -= 1
                return
            }
            if isUnavailable(replica, at: session.startedAt) {
                session.obstacle = "\(set.podName(replica.ordinal)) to be available before the update goes on"
                return
            }
        }
    }

    /// Deletes outdated pods from the highest ordinal down, as long as few enough are unavailable.
    ///
    /// Upstream: `updateStatefulSetAfterInvariantEstablished` (gate MaxUnavailableStatefulSet).
    private func replaceUpToMaxUnavailable(
        _ layout: Layout, _ status: inout StatefulSetStatus, _ session: inout SyncSession
    ) throws(SyncStop) {
        let strategy = set.spec.updateStrategy.rollingUpdate
        let partition = Int(strategy?.partition ?? 0)
        let limit = maxUnavailable(strategy?.maxUnavailable)
        var unavailable = layout.replicas.filter { isUnavailable($0, at: session.startedAt) }.count
        guard unavailable < limit, partition < layout.replicas.count else { return }
        for replica in layout.replicas[max(0, partition)...].reversed() where unavailable < limit {
            guard isOutdated(replica, layout) else { continue }
            try delete(set.podName(replica.ordinal), &session)
            unavailable += 1
            status.currentReplicas -= 1
        }
    }

    private func maxUnavailable(_ value: IntOrPercent?) -> Int {
        let scaled = (value ?? .count(1)).scaled(total: set.spec.replicas, roundingUp: false)
        return Int(max(1, scaled ?? 1))
    }

    private func isOutdated(_ replica: Replica, _ layout: Layout) -> Bool {
        let revision = replica.pod?.value.revisionHash ?? newRevisionName(replica.ordinal, layout)
        return revision != layout.updateName && replica.pod?.value.metadata.isBeingDeleted != true
    }

    /// The revision that a pod made now gets: pods below the partition keep the current one.
    func newRevisionName(_ ordinal: Int64, _ layout: Layout) -> String {
        let strategy = set.spec.updateStrategy
        let keepsCurrent =
            if let rolling = strategy.rollingUpdate {
                ordinal < set.startOrdinal + (rolling.partition ?? 0)
            } else {
                strategy.type == "RollingUpdate" && ordinal < set.startOrdinal + set.status.currentReplicas
            }
        return keepsCurrent ? layout.currentName : layout.updateName
    }

    // MARK: Status

    func isUnavailable(_ replica: Replica, at now: VirtualTime) -> Bool {
        guard let pod = replica.pod?.value else { return true }
        return !isAvailable(pod, at: now) || pod.metadata.isBeingDeleted
    }

    func isAvailable(_ pod: Pod, at now: VirtualTime) -> Bool {
        pod.isAvailable(minReadySeconds: set.spec.minReadySeconds, at: Timestamp(now))
    }

    private func count(
        _ pods: [Ref<Pod>], _ layout: Layout, _ status: inout StatefulSetStatus, at now: VirtualTime
    ) {
        (status.replicas, status.readyReplicas, status.availableReplicas) = (0, 0, 0)
        (status.currentReplicas, status.updatedReplicas) = (0, 0)
        for pod in pods {
            let pod = pod.value
            let isCreated = pod.status.phase != .none
            if isCreated { status.replicas += 1 }
            if pod.isRunningAndReady {
                status.readyReplicas += 1
                if isAvailable(pod, at: now) { status.availableReplicas += 1 }
            }
            guard isCreated, !pod.metadata.isBeingDeleted else { continue }
            if pod.revisionHash == layout.currentName { status.currentReplicas += 1 }
            if pod.revisionHash == layout.updateName { status.updatedReplicas += 1 }
        }
    }

    /// A rolling update is over when every pod is updated and ready.
    private func complete(_ status: inout StatefulSetStatus) {
        let replicas = set.spec.replicas
        guard set.spec.updateStrategy.type == "RollingUpdate", status.updatedReplicas == replicas,
            status.readyReplicas == replicas, status.replicas == replicas
        else { return }
        status.currentReplicas = status.updatedReplicas
        status.currentRevision = status.updateRevision
    }

    /// Writes the status if it differs.
    ///
    /// - Returns: why that failed, if it did.
    private func write(
        _ status: StatefulSetStatus, _ session: inout SyncSession
    ) throws(SyncStop) -> SyncFailure? {
        let old = set.status
        guard
            status.observedGeneration > old.observedGeneration || status.replicas != old.replicas
                || status.currentReplicas != old.currentReplicas || status.readyReplicas != old.readyReplicas
                || status.updatedReplicas != old.updatedReplicas
                || status.currentRevision != old.currentRevision
                || status.availableReplicas != old.availableReplicas
                || status.updateRevision != old.updateRevision
        else { return nil }
        var changed = set
        var failure: SyncFailure?
        for _ in 0..<Self.statusAttempts {
            changed.status = status
            failure = try session.call(.updateStatus(APIObject(changed))).failure
            guard failure?.reason == .conflict, let fresh = session.object(StatefulSet.self, set.key),
                fresh.value.metadata.resourceVersion != changed.metadata.resourceVersion
            else { return failure }
            changed = fresh.value
        }
        return failure
    }
}
