public import ControlPlane
import KubernetesModel
public import SimulationKernel

extension ReplicaController {
    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if Object.awaitsOwnWrites && !horizon.isReached(key.key) {
            plan.ending = .requeueRateLimited
            return plan
        }
        guard let object = view.get(Object.self, key.key) else {
            expectations.forget(key.key)
            horizon.forget(key.key)
            syncing.removeValue(forKey: key.key)
            return plan
        }
        let value = object.value
        syncing[key.key] = value.metadata.uid
        let mayManage = expectations.isSatisfied(key.key, at: now) && !value.metadata.isBeingDeleted

        let claim = OwnerClaim(object)
        var active: [Ref<Pod>] = []
        var candidates: [Ref<Pod>] = []
        var terminating: Int64 = 0
        var needsCalls = false
        func consider(_ pod: Ref<Pod>) {
            let matches = value.selects(pod.value.metadata.labels)
            if pod.value.isActive {
                let verdict = claim.verdict(on: pod.value.metadata, matches: matches)
                if verdict == .ignore { return }
                candidates.append(pod)
                if verdict == .owned { active.append(pod) } else { needsCalls = true }
            } else if matches && pod.value.isTerminating
                && pod.value.metadata.isControlled(by: value.metadata.uid)
            {
                terminating += 1
            }
        }
        for pod in view.list(Pod.self, controlledBy: value.metadata.uid) { consider(pod) }
        for pod in view.orphanPods(namespace: value.metadata.namespace) { consider(pod) }

        if needsCalls {
            return self.claim(
                ClaimState(
                    object: object, candidates: candidates, terminating: terminating, mayManage: mayManage,
                    log: ScriptLog(startedAt: now)), view, now)
        }
        let snapshot = Snapshot(object: object, active: active, terminating: terminating)
        return manage(snapshot, mayManage: mayManage, view, now)
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        switch continuation {
        case .claiming(var state):
            state.log.append(outcomes, at: now)
            return claim(state, view, now)
        case .managed(var snapshot):
            snapshot.failure = takeStock(of: outcomes, for: snapshot)
            var plan = report(snapshot, now)
            if let note = Self.note(on: outcomes, key.key) { plan.steps.insert(.note(note), at: 0) }
            return plan
        case .statusRefused(let snapshot, let status):
            guard case .failure? = outcomes.last?.result else { return written(snapshot, outcomes, now) }
            var plan = Plan<Continuation>()
            plan.steps = [.call(.get(Object.kind, key.key), tolerating: APIError.Reason.all)]
            plan.ending = .resume(.statusFetched(snapshot, status))
            return plan
        case .statusFetched(let snapshot, let status):
            var plan = Plan<Continuation>()
            guard let fresh = outcomes.last?.object.flatMap(Object.unwrap) else {
                plan.ending = .requeueRateLimited
                return plan
            }
            let object = fresh.value.with { $0.replicaStatus = status }
            plan.steps = [.call(.updateStatus(object.erased), tolerating: APIError.Reason.all)]
            plan.ending = .resume(.statusWritten(snapshot))
            return plan
        case .statusWritten(let snapshot):
            return written(snapshot, outcomes, now)
        }
    }

    // MARK: Claiming

    private mutating func claim(
        _ state: ClaimState, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<Continuation> {
        var claimed: [Ref<Pod>]?
        let object = state.object
        let plan = PlanScript.plan(
            state.log,
            continuing: { log -> Continuation in
                var next = state
                next.log = log
                return .claiming(next)
            },
            { script throws(ScriptExit) in
                claimed = try OwnerClaim(object).claim(state.candidates, &script) {
                    object.value.selects($0.value.metadata.labels)
                }
                return .done
            })
        guard let claimed else { return plan }
        let snapshot = Snapshot(object: object, active: claimed, terminating: state.terminating)
        return manage(snapshot, mayManage: state.mayManage, view, now)
    }

    // MARK: Creating and deleting

    private mutating func manage(
        _ snapshot: Snapshot, mayManage: Bool, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<Continuation> {
        let value = snapshot.object.value
        let key = value.metadata.key
        let surplus = snapshot.active.count - Int(clamping: value.replicas)
        guard mayManage, surplus != 0 else { return report(snapshot, now) }

        var plan = Plan<Continuation>()
        let count = min(abs(surplus), Self.burst)
        if surplus < 0 {
            expectations.expectCreations(count, for: key, at: now)
            if count < -surplus {
                plan.note(
                    JournalEntry(
                        .workload, Object.kind, key, reason: "BurstLimited",
                        message: "creates \(count) of \(-surplus) missing pods",
                        cause: "one sync makes at most \(Self.burst) pods"))
            }
            let pod = PodCreation.prototype(from: value.template, owner: value.metadata, kind: Object.kind)
            plan.batch(Array(repeating: .create(APIObject(pod)), count: count), slowStart: true)
        } else {
            let victims = self.victims(among: snapshot, count: count, view, now)
            expectations.expectDeletions(of: victims.map(\.value.key), for: key, at: now)
            plan.batch(victims.map { .delete(.pod, $0.value.key, DeleteOptions()) })
        }
        plan.ending = .resume(.managed(snapshot))
        return plan
    }

    /// The pods to give up; in the cache's order when all have to go.
    private func victims(
        among snapshot: Snapshot, count: Int, _ view: ObjectCache, _ now: VirtualTime
    ) -> [Ref<Pod>] {
        guard count < snapshot.active.count else { return snapshot.active }
        let ranks = colocation(of: snapshot, view)
        return Array(DeletionRanking(now: now).ordered(snapshot.active, ranks: ranks).prefix(count))
    }

    /// For each active pod how many active pods of all objects with the same managing owner are on its node.
    ///
    /// Unassigned pods count as none: their number would be the same for all of them.
    private func colocation(of snapshot: Snapshot, _ view: ObjectCache) -> [Int] {
        let metadata = snapshot.object.value.metadata
        guard let owner = metadata.controllerReference else {
            return Array(repeating: 0, count: snapshot.active.count)
        }
        let related = view.list(Object.self, controlledBy: owner.uid).filter {
            $0.value.metadata.namespace == metadata.namespace
        }
        var counts: [String: Int] = ["": 0]
        return snapshot.active.map { pod in
            let node = pod.value.nodeName
            if let count = counts[node] { return count }
            let count = view.pods(onNode: node).count { other in
                other.value.metadata.namespace == metadata.namespace && other.value.isActive
                    && related.contains { $0.value.selects(other.value.metadata.labels) }
            }
            counts[node] = count
            return count
        }
    }

    /// Lowers the expectations by what did not happen, and gives the error that the sync ends with.
    private mutating func takeStock(of outcomes: [CallOutcome], for snapshot: Snapshot) -> APIError? {
        let key = snapshot.object.value.metadata.key
        var failure: APIError?
        for outcome in outcomes {
            switch (outcome.request, outcome.result) {
            case (_, .success): continue
            case (.create, .failure(let error)):
                expectations.creationObserved(for: key)
                if !error.isNamespaceTerminating { failure = failure ?? error }
            case (.create, .skipped): expectations.creationObserved(for: key)
            case (.delete(_, let pod, _), .failure(var error)):
                expectations.deletionObserved(of: pod, for: key)
                if error.reason == .notFound { continue }
                error.message = "unable to delete pods: \(error.message)"
                failure = failure ?? error
            case (.delete(_, let pod, _), .skipped): expectations.deletionObserved(of: pod, for: key)
            default: continue
            }
        }
        return failure
    }

    /// Tells of creations that were not tried because others had failed.
    private static func note(on outcomes: [CallOutcome], _ key: ObjectKey) -> JournalEntry? {
        let skipped = outcomes.count { if case .skipped = $0.result { true } else { false } }
        guard skipped > 0, let error = outcomes.lazy.compactMap(\.error).first else { return nil }
        return JournalEntry(
            .workload, Object.kind, key, reason: "SlowStartStopped",
            message: "does not try the other \(skipped) of \(outcomes.count) pods",
            cause: "a creation failed (\(error)); batches of 1, 2, 4, … end at the first failure")
    }

    // MARK: Status

    private mutating func report(_ snapshot: Snapshot, _ now: VirtualTime) -> Plan<Continuation> {
        let value = snapshot.object.value
        var status = Self.status(of: snapshot, now)
        let old = value.replicaStatus
        let isSame =
            old.replicas == status.replicas && old.fullyLabeledReplicas == status.fullyLabeledReplicas
            && old.readyReplicas == status.readyReplicas && old.availableReplicas == status.availableReplicas
            && old.terminatingReplicas == status.terminatingReplicas
            && value.metadata.generation == old.observedGeneration && old.conditions == status.conditions
        if isSame { return finish(snapshot, minReadySeconds: value.minReadySeconds, old, now) }
        status.observedGeneration = value.metadata.generation
        var plan = Plan<Continuation>()
        let object = value.with { $0.replicaStatus = status }
        plan.steps = [.call(.updateStatus(object.erased), tolerating: APIError.Reason.all)]
        plan.ending = .resume(.statusRefused(snapshot, status))
        return plan
    }

    /// Upstream: `pkg/controller/replicaset/replica_set_utils.go`, `calculateStatus` (v1.36).
    static func status(of snapshot: Snapshot, _ now: VirtualTime) -> ReplicaSetStatus {
        let value = snapshot.object.value
        let labels = value.template.metadata.labels
        let time = Timestamp(now)
        let minReadySeconds = value.minReadySeconds
        var status = value.replicaStatus
        status.replicas = Int64(snapshot.active.count)
        status.fullyLabeledReplicas = 0
        status.readyReplicas = 0
        status.availableReplicas = 0
        for pod in snapshot.active {
            let own = pod.value.metadata.labels
            if labels == own || labels.entries.allSatisfy({ own[$0.key] == $0.value }) {
                status.fullyLabeledReplicas += 1
            }
            // Not by `isReady`, which copies the condition: every sync asks for every pod.
            if pod.value.status.conditions.contains(where: { $0.type == "Ready" && $0.status == .isTrue }) {
                status.readyReplicas += 1
                if minReadySeconds == 0 || pod.value.isAvailable(minReadySeconds: minReadySeconds, at: time) {
                    status.availableReplicas += 1
                }
            }
        }
        status.terminatingReplicas = Object.reportsTerminatingReplicas ? snapshot.terminating : nil

        let condition = status.conditions["ReplicaFailure"]
        if let failure = snapshot.failure, condition == nil {
            let surplus = Int64(snapshot.active.count) - value.replicas
            let reason = surplus < 0 ? "FailedCreate" : surplus > 0 ? "FailedDelete" : ""
            status.conditions.append(
                Condition(
                    "ReplicaFailure", .isTrue, reason: reason, message: failure.message,
                    lastTransitionTime: time))
        } else if snapshot.failure == nil && condition != nil {
            status.conditions.removeAll { $0.type == "ReplicaFailure" }
        }
        return status
    }

    private mutating func written(
        _ snapshot: Snapshot, _ outcomes: [CallOutcome], _ now: VirtualTime
    ) -> Plan<Continuation> {
        guard let object = outcomes.last?.object.flatMap(Object.unwrap) else {
            var plan = Plan<Continuation>()
            plan.ending = .requeueRateLimited
            return plan
        }
        let metadata = object.value.metadata
        horizon.wroteOwner(metadata.key, uid: metadata.uid, version: metadata.resourceVersion)
        return finish(
            snapshot, minReadySeconds: object.value.minReadySeconds, object.value.replicaStatus, now)
    }

    /// Ends the sync; it comes back when the next ready pod becomes available.
    private func finish(
        _ snapshot: Snapshot, minReadySeconds: Int64, _ status: ReplicaSetStatus, _ now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if snapshot.failure != nil {
            plan.ending = .requeueRateLimited
        } else if minReadySeconds > 0 && status.readyReplicas != status.availableReplicas {
            let next = snapshot.active.compactMap { pod -> VirtualDuration? in
                guard let ready = pod.value.status.conditions["Ready"], ready.status == .isTrue,
                    let since = ready.lastTransitionTime
                else { return nil }
                let rest = since.time + .seconds(minReadySeconds) - now
                return rest > .zero ? rest : nil
            }.min()
            plan.ending = .requeueAfter(next ?? .seconds(minReadySeconds))
        }
        return plan
    }
}
