import ControlPlane
import KubernetesModel
import SimulationKernel

/// One sync of one StatefulSet, from claiming its pods to writing its status.
///
/// Upstream: `pkg/controller/statefulset/stateful_set.go`, `stateful_set_control.go` (v1.36).
struct StatefulSetSync {
    let set: StatefulSet
    let respectsMaxUnavailable: Bool

    init(_ set: StatefulSet, respectsMaxUnavailable: Bool) {
        self.set = set
        self.respectsMaxUnavailable = respectsMaxUnavailable
    }

    func run(_ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
        try adoptRevisions(&session)
        let pods = try claimPods(&session)
        let revisions = ControllerHistory.sorted(listRevisions(&session))

        var live = Revisions()
        var status: StatefulSetStatus?
        var failures: [SyncFailure] = []
        do {
            live = try currentRevisions(revisions, &session)
            status = try update(pods, live, &session)
        } catch {
            guard case .failed(let failure) = error else { throw error }
            failures.append(failure)
        }
        do {
            try truncateHistory(revisions, live, pods, &session)
        } catch {
            guard case .failed(let failure) = error else { throw error }
            failures.append(failure)
        }
        if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }

        let minReadySeconds = set.spec.minReadySeconds
        guard let status, minReadySeconds > 0, status.readyReplicas != status.availableReplicas else {
            return .done
        }
        return .requeueAfter(
            Self.nextAvailabilityCheck(pods, minReadySeconds, session.startedAt, session.now)
                ?? .seconds(minReadySeconds))
    }

    /// When the next of the ready pods becomes available; nil when none waits for that.
    ///
    /// Upstream: `pkg/controller/controller_utils.go`, `FindMinNextPodAvailabilityCheck` (v1.36).
    static func nextAvailabilityCheck(
        _ pods: [Ref<Pod>], _ minReadySeconds: Int64, _ evaluatedAt: VirtualTime, _ now: VirtualTime
    ) -> VirtualDuration? {
        let moments = pods.compactMap { pod -> VirtualTime? in
            guard let ready = pod.value.status.conditions["Ready"], ready.status == .isTrue,
                let since = ready.lastTransitionTime
            else { return nil }
            let moment = since.time + .seconds(minReadySeconds)
            return moment > evaluatedAt ? moment : nil
        }
        return moments.min().map { max($0 - now, .zero) }
    }

    // MARK: Claiming

    private func listRevisions(_ session: inout SyncSession) -> [ControllerRevision] {
        session.list(ControllerRevision.self) {
            ControllerHistory.revisions(of: set.metadata, selector: set.spec.selector, in: $0)
        }
        .map(\.value)
    }

    private func adoptRevisions(_ session: inout SyncSession) throws(SyncStop) {
        let orphans = listRevisions(&session).filter { $0.metadata.controllerReference == nil }
        if orphans.isEmpty { return }
        try checkAdoption(&session)
        for orphan in orphans {
            try session.require(
                .patch(.controllerRevision, orphan.key, .adopt(ownReference), uid: orphan.metadata.uid))
        }
    }

    private var ownReference: OwnerReference {
        OwnerReference(controlledBy: StatefulSet.kind, name: set.metadata.name, uid: set.metadata.uid)
    }

    /// Asks the API server itself whether the set is still there and not being deleted.
    private func checkAdoption(_ session: inout SyncSession) throws(SyncStop) {
        guard let fresh = try session.require(.get(.statefulSet, set.key)) else {
            throw .failed(SyncFailure("StatefulSet \(set.key) was not answered"))
        }
        if fresh.metadata.uid != set.metadata.uid {
            throw .failed(
                SyncFailure(
                    "original StatefulSet \(set.key) is gone: got uid \(fresh.metadata.uid), "
                        + "wanted \(set.metadata.uid)"))
        }
        if fresh.metadata.isBeingDeleted {
            throw .failed(SyncFailure("\(set.key) has just been deleted"))
        }
    }

    /// Adopts orphans that belong to the set, releases pods that no longer do.
    ///
    /// Upstream: `pkg/controller/controller_ref_manager.go`, `ClaimPods` (v1.36).
    private func claimPods(_ session: inout SyncSession) throws(SyncStop) -> [Ref<Pod>] {
        let candidates = session.list(Pod.self) { view in
            view.list(Pod.self, controlledBy: set.metadata.uid)
                + view.orphanPods(namespace: set.metadata.namespace).filter { isMember($0.value) }
        }
        var claimed: [Ref<Pod>] = []
        var failures: [SyncFailure] = []
        var adoptionCheck: SyncFailure??
        for pod in candidates {
            let owner = pod.value.metadata.controllerReference
            if owner != nil {
                if isMember(pod.value) {
                    claimed.append(pod)
                } else if !set.metadata.isBeingDeleted {
                    let outcome = try session.call(
                        .patch(.pod, pod.value.key, .release(owner: set.metadata.uid), uid: pod.value.uid))
                    if let failure = outcome.failure, failure.reason != .notFound, failure.reason != .invalid
                    {
                        failures.append(failure)
                    }
                }
                continue
            }
            if set.metadata.isBeingDeleted || pod.value.metadata.isBeingDeleted { continue }
            if adoptionCheck == nil { adoptionCheck = .some(try adoptionObstacle(&session)) }
            if case .some(.some(let obstacle)) = adoptionCheck {
                failures.append(
                    SyncFailure("can't adopt Pod \(pod.value.key) (\(pod.value.uid)): \(obstacle.message)"))
                continue
            }
            let outcome = try session.call(
                .patch(.pod, pod.value.key, .adopt(ownReference), uid: pod.value.uid))
            if let failure = outcome.failure {
                if failure.reason != .notFound { failures.append(failure) }
            } else {
                claimed.append(pod)
            }
        }
        if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
        return claimed
    }

    private func adoptionObstacle(_ session: inout SyncSession) throws(SyncStop) -> SyncFailure? {
        do {
            try checkAdoption(&session)
            return nil
        } catch {
            guard case .failed(let failure) = error else { throw error }
            return failure
        }
    }

    private func isMember(_ pod: Pod) -> Bool {
        set.spec.selector.matches(pod.metadata.labels)
            && StatefulPodName.parse(pod.metadata.name)?.parent == set.metadata.name
    }
}
