public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// Keeps the status of PodDisruptionBudgets: how many pods there should be, are healthy, and may be evicted.
///
/// Upstream: `pkg/controller/disruption/disruption.go` (v1.36). A budget is looked at when a pod that it
/// selects changes, not when the pod's controller is scaled, as upstream.
public struct DisruptionController: Controller {
    public static let name = "controllermanager"
    /// How long an evicted pod may take to be marked for deletion.
    public static let deletionTimeout = VirtualDuration.minutes(2)
    /// How long a pod may be announced as a disruption's target without being deleted.
    public static let staleTargetTimeout = VirtualDuration.minutes(2)
    /// The queue of pods with a stale announcement; budgets are in number 0.
    static let stalePods: UInt8 = 1

    /// Events found while watching; they are sent with the budget's next sync.
    private var notices: [ObjectKey: [EventRecord]] = [:]

    public init() {}

    public var workers: [Int] { [1, 1] }

    public enum Continuation: Sendable {
        /// The status was sent; look again after a time.
        case reported(Ref<PodDisruptionBudget>, recheck: VirtualDuration?)
        /// A status that forbids evictions was sent.
        case failedSafe
        /// A pod's stale announcement was taken back.
        case cleared
    }

    // MARK: Watch events

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for budget in view.list(PodDisruptionBudget.self) { queue.add(budget.value.key) }
        for pod in view.list(Pod.self) { enqueueStale(pod, now, &queue) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .podDisruptionBudget(let budget):
            if change.kind == .deleted { notices.removeValue(forKey: budget.value.key) }
            queue.add(budget.value.key)
        case .pod(let pod):
            let metadata = pod.value.metadata
            let budgets = view.list(PodDisruptionBudget.self, namespace: metadata.namespace).filter {
                $0.value.spec.selector?.matches(metadata.labels) ?? false
            }
            if let chosen = budgets.first {
                if budgets.count > 1 { noticeOverlap(pod, chosen.value.key) }
                queue.add(chosen.value.key)
            }
            if change.kind != .deleted { enqueueStale(pod, now, &queue) }
        default: break
        }
    }

    private mutating func noticeOverlap(_ pod: Ref<Pod>, _ chosen: ObjectKey) {
        let key = pod.value.key
        notices[chosen, default: []].append(
            EventRecord(
                .pod(pod), .warning, reason: "MultiplePodDisruptionBudgets",
                message: "Pod \"\(key.namespace)\"/\"\(key.name)\" matches multiple PodDisruptionBudgets.  "
                    + "Chose \"\(chosen.name)\" arbitrarily.", component: Self.name))
    }

    private func enqueueStale(_ pod: Ref<Pod>, _ now: VirtualTime, _ queue: inout Enqueuer) {
        if let rest = Self.restOfStaleTarget(pod.value, now) {
            queue.add(pod.value.key, queue: Self.stalePods, after: rest)
        }
    }

    /// How long a pod's announcement still counts; nil for a pod that has none, or one that will not go
    /// stale.
    private static func restOfStaleTarget(_ pod: Pod, _ now: VirtualTime) -> VirtualDuration? {
        guard !pod.metadata.isBeingDeleted, !pod.status.phase.isTerminal,
            let condition = pod.status.conditions["DisruptionTarget"], condition.status == .isTrue,
            condition.reason != "TerminationByKubelet", let since = condition.lastTransitionTime
        else { return nil }
        return max(.zero, since.time + staleTargetTimeout - now)
    }

    // MARK: Syncing

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        if key.queue == Self.stalePods { return clearStaleTarget(key.key, view, now) }
        let notices = notices.removeValue(forKey: key.key) ?? []
        guard let budget = view.get(PodDisruptionBudget.self, key.key) else { return Plan() }
        var plan = Plan<Continuation>()
        for notice in notices { plan.record(notice) }

        let namespace = budget.value.metadata.namespace
        let pods = view.list(Pod.self, namespace: namespace).filter {
            budget.value.spec.selector?.matches($0.value.metadata.labels) ?? false
        }
        if pods.isEmpty { record(&plan, budget, .normal, "NoPods", "No matching pods found") }
        let expectation: DisruptionExpectation
        do throws(DisruptionExpectation.Failure) {
            expectation = try DisruptionExpectation(of: budget.value, pods: pods, view: view)
        } catch {
            record(
                &plan, budget, .warning, "CalculateExpectedPodCountFailed",
                "Failed to calculate the number of expected pods: \(error)")
            failSafe(&plan, budget, "\(error)", now)
            return plan
        }
        if expectation.hasUnmanagedPods {
            let selector = budget.value.spec.selector.map(\.goDescription) ?? "nil"
            record(
                &plan, budget, .warning, "UnmanagedPods",
                "Pods selected by this PodDisruptionBudget (selector: \(selector)) were found to be unmanaged. "
                    + "As a result, the status of the PDB cannot be calculated correctly, which may result in "
                    + "undefined behavior. To account for these pods please set \".spec.minAvailable\" "
                    + "field of the PDB to an integer value.")
        }
        let (disrupted, recheck) = disruptedPods(pods, budget.value, now, &plan)
        let healthy = pods.count { pod in
            if pod.value.metadata.isBeingDeleted { return false }
            if let since = disrupted[pod.value.metadata.name], since.time + Self.deletionTimeout > now {
                return false
            }
            return pod.value.isReady
        }
        report(&plan, budget, expectation, healthy: Int64(healthy), disrupted, recheck, now)
        return plan
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard case .success? = outcomes.last?.result else {
            let error = outcomes.last?.error
            if case .reported(let budget, _) = continuation, let error, error.reason != .conflict {
                failSafe(&plan, budget, error.message, now)
            } else {
                plan.ending = .requeueRateLimited
            }
            return plan
        }
        if case .reported(_, let recheck?) = continuation { plan.ending = .requeueAfter(recheck) }
        return plan
    }

    private func record(
        _ plan: inout Plan<Continuation>, _ budget: Ref<PodDisruptionBudget>,
        _ severity: EventRecord.Severity, _ reason: String, _ message: String
    ) {
        plan.record(
            EventRecord(
                .podDisruptionBudget(budget), severity, reason: reason, message: message, component: Self.name
            ))
    }

    /// The evicted pods that are still to be deleted, and when the first of them is late.
    private func disruptedPods(
        _ pods: [Ref<Pod>], _ budget: PodDisruptionBudget, _ now: VirtualTime,
        _ plan: inout Plan<Continuation>
    ) -> (pods: [String: Timestamp], recheck: VirtualDuration?) {
        var result: [String: Timestamp] = [:]
        var earliest: VirtualTime?
        if budget.status.disruptedPods.isEmpty { return (result, nil) }
        for pod in pods where !pod.value.metadata.isBeingDeleted {
            let name = pod.value.metadata.name
            guard let since = budget.status.disruptedPods[name] else { continue }
            let due = since.time + Self.deletionTimeout
            if due < now {
                // Upstream names the namespace twice.
                let namespace = budget.metadata.namespace
                plan.record(
                    EventRecord(
                        .pod(pod), .warning, reason: "NotDeleted",
                        message:
                            "Pod was expected by PDB \(namespace)/\(namespace) to be deleted but it wasn't",
                        component: Self.name))
            } else {
                result[name] = since
                earliest = min(earliest ?? due, due)
            }
        }
        // The recheck queue hands over through the rate limiter, which adds its first back-off.
        return (result, earliest.map { $0 - now + .milliseconds(5) })
    }

    private func report(
        _ plan: inout Plan<Continuation>, _ budget: Ref<PodDisruptionBudget>,
        _ expectation: DisruptionExpectation, healthy: Int64, _ disrupted: [String: Timestamp],
        _ recheck: VirtualDuration?, _ now: VirtualTime
    ) {
        let old = budget.value.status
        let generation = budget.value.metadata.generation
        var status = old
        status.currentHealthy = healthy
        status.desiredHealthy = expectation.desiredHealthy
        status.expectedPods = expectation.expectedPods
        status.disruptionsAllowed =
            expectation.expectedPods <= 0 ? 0 : max(0, healthy - expectation.desiredHealthy)
        status.disruptedPods = disrupted
        status.observedGeneration = generation
        let isAllowed = status.disruptionsAllowed > 0
        let condition = old.conditions["DisruptionAllowed"]
        let isCurrent =
            condition?.status == (isAllowed ? .isTrue : .isFalse)
            && condition?.reason == (isAllowed ? "SufficientPods" : "InsufficientPods")
        var counts = status
        counts.conditions = old.conditions
        if counts == old && isCurrent {
            if let recheck { plan.ending = .requeueAfter(recheck) }
            return
        }
        status.conditions.set(
            "DisruptionAllowed", isAllowed ? .isTrue : .isFalse,
            reason: isAllowed ? "SufficientPods" : "InsufficientPods", message: "", generation: generation,
            at: now)
        let changed = budget.value.with { $0.status = status }
        plan.steps.append(.call(.updateStatus(changed.erased), tolerating: APIError.Reason.all))
        plan.ending = .resume(.reported(budget, recheck: recheck))
    }

    /// Forbids evictions when the true numbers cannot be told.
    private func failSafe(
        _ plan: inout Plan<Continuation>, _ budget: Ref<PodDisruptionBudget>, _ message: String,
        _ now: VirtualTime
    ) {
        let changed = budget.value.with {
            $0.status.disruptionsAllowed = 0
            $0.status.conditions.set(
                "DisruptionAllowed", .isFalse, reason: "SyncFailed", message: message,
                generation: $0.status.observedGeneration, at: now)
        }
        plan.steps.append(.call(.updateStatus(changed.erased), tolerating: APIError.Reason.all))
        plan.ending = .resume(.failedSafe)
    }

    // MARK: Stale announcements

    private func clearStaleTarget(
        _ key: ObjectKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let pod = view.get(Pod.self, key), let rest = Self.restOfStaleTarget(pod.value, now) else {
            return plan
        }
        if rest > .zero {
            plan.ending = .requeueAfter(rest)
            return plan
        }
        let changed = pod.value.with {
            var condition = Condition("DisruptionTarget", .isFalse, lastTransitionTime: Timestamp(now))
            condition.observedGeneration = $0.metadata.generation
            $0.status.conditions["DisruptionTarget"] = condition
        }
        plan.steps.append(.call(.updateStatus(changed.erased), tolerating: APIError.Reason.all))
        plan.ending = .resume(.cleared)
        return plan
    }
}

extension [Condition] {
    /// Sets a condition; its time changes with its status only.
    ///
    /// Upstream: `apimachinery/pkg/api/meta/conditions.go`, `SetStatusCondition` (v1.36).
    fileprivate mutating func set(
        _ type: String, _ status: ConditionStatus, reason: String, message: String, generation: Int64,
        at now: VirtualTime
    ) {
        var condition = Condition(
            type, status, reason: reason, message: message, lastTransitionTime: Timestamp(now))
        condition.observedGeneration = generation
        if let current = self[type], current.status == status {
            condition.lastTransitionTime = current.lastTransitionTime
        }
        self[type] = condition
    }
}
