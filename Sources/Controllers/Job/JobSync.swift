import ControlPlane
import KubernetesModel
import SimulationKernel

/// One sync of one Job, from claiming its pods to counting their ends.
///
/// Upstream: `pkg/controller/job/job_controller.go`, `syncJob` (v1.36).
struct JobSync {
    let reference: Ref<Job>
    /// The Job as the sync has it so far: the answer to its last write, and what is not yet written.
    var job: Job
    /// The Job's pods; in an indexed Job in the order of their indexes once counting has begun.
    var pods: [Pod] = []
    var activePods: [Pod] = []
    var succeeded: Int64 = 0
    var failed: Int64 = 0
    var active: Int64 = 0
    var ready: Int64 = 0
    var terminating: Int64 = 0
    /// Indexes that were counted before, and with those that are to be counted now.
    var countedIndexes = JobIndexes()
    var succeededIndexes = JobIndexes()
    /// Nil unless failures count per index.
    var failedIndexes: JobIndexes?
    /// Failed pods that stay until their successors are made, which take over their failure counts.
    var delayedPods: [Int: Pod] = [:]
    /// With what the Job is to end.
    var finished: Condition?
    var backoff = JobBackoff()
    /// Pods whose finalizers are removed, though the cache does not show it yet.
    var expectedRemovals: Set<UID> = []
    var uncountedSucceeded: Set<UID> = []
    var uncountedFailed: Set<UID> = []

    init(_ reference: Ref<Job>) {
        self.reference = reference
        job = reference.value
    }

    var completions: Int? { job.spec.completions.map { Int(clamping: $0) } }

    mutating func run(
        _ session: inout SyncSession, _ memory: inout JobController.Memory
    ) throws(SyncStop) {
        if let mode = job.spec.completionMode, mode != "NonIndexed", mode != "Indexed" {
            record(
                .warning, "UnknownCompletionMode", "Skipped Job sync because completion mode is unknown",
                &session)
            return
        }
        let key = job.key
        let now = session.startedAt
        let isSatisfied = session.flag { memory.expectations.isSatisfied(key, at: now) }
        try claimPods(&session)
        takeStock(&session, memory)

        let isFirstStart = job.status.startTime == nil && !job.isSuspended
        if isFirstStart { job.status.startTime = Timestamp(now) }
        judgeFailures(isFirstStart: isFirstStart, now, &memory)
        judgeIndexes(now)

        let isConditionChanged: Bool
        var failure: SyncFailure?
        if finished != nil {
            failure = try end(isSatisfied: isSatisfied, &session)
            isConditionChanged = false
        } else {
            isConditionChanged = try keepGoing(isSatisfied: isSatisfied, &failure, &session, &memory)
        }

        let isChanged =
            isConditionChanged || active != job.status.active || ready != job.status.ready
            || terminating != job.status.terminating
        job.status.active = active
        job.status.ready = ready
        job.status.terminating = terminating
        try track(isChanged: isChanged, &session, &memory)
        if let failure { throw .failed(failure) }
    }

    // MARK: Taking stock

    private mutating func claimPods(_ session: inout SyncSession) throws(SyncStop) {
        let selector = job.spec.selector
        let claim = OwnerClaim(reference)
        func matches(_ metadata: ObjectMeta) -> Bool { selector?.matches(metadata.labels) ?? false }
        let candidates = session.list(Pod.self) { view in
            (view.list(Pod.self, controlledBy: reference.value.uid)
                + view.orphanPods(namespace: reference.value.metadata.namespace)).filter {
                    claim.verdict(on: $0.value.metadata, matches: matches($0.value.metadata)) != .ignore
                }
        }
        let claimed = try claim.claim(
            candidates, finalizer: Job.trackingFinalizer, &session, matches: matches)
        pods = claimed.map { pod in
            // The cache does not show yet that an adopted pod is held.
            let isAdopted = !pod.value.metadata.ownerReferences.contains { $0.uid == job.uid }
            guard isAdopted, !pod.value.hasTrackingFinalizer else { return pod.value }
            return pod.value.with { $0.metadata.finalizers.append(Job.trackingFinalizer) }
        }
    }

    private mutating func takeStock(_ session: inout SyncSession, _ memory: JobController.Memory) {
        let key = job.key
        let uncounted = job.status.uncountedTerminatedPods ?? JobStatus.UncountedPods()
        job.status.uncountedTerminatedPods = uncounted
        uncountedSucceeded = Set(uncounted.succeeded)
        uncountedFailed = Set(uncounted.failed)
        activePods = pods.filter(\.isActive)
        active = Int64(activePods.count)
        ready = Int64(activePods.count(where: \.isReady))
        terminating = Int64(pods.count(where: \.isTerminating))
        expectedRemovals = Set(
            session.texts { (memory.removals[key] ?? []).map(\.description).sorted() }.map(UID.init))

        let newSucceeded = uncountedPods(except: uncountedSucceeded).filter { $0.status.phase == .succeeded }
        let newFailed = uncountedPods(except: uncountedFailed).filter { job.isFailed($0) }
        succeeded =
            job.status.succeeded + Int64(newSucceeded.count) + Int64(uncountedSucceeded.count)
        let countingFailures = newFailed.count { job.failureVerdict(on: $0).counts }
        failed = job.status.failed + Int64(countingFailures) + Int64(uncountedFailed.count)
        backoff = JobBackoff(texts: session.texts { (memory.backoffs[key] ?? JobBackoff()).texts })
            .counting(succeeded: newSucceeded, failed: newFailed)
    }

    /// Pods whose ends are neither in the counters nor in these sets.
    func uncountedPods(except known: Set<UID>) -> [Pod] {
        pods.filter { pod in
            guard pod.hasTrackingFinalizer, !known.contains(pod.uid), !expectedRemovals.contains(pod.uid)
            else { return false }
            return !job.isIndexed || validIndex(of: pod) != nil
        }
    }

    /// The pod's completion index, if the Job has such an index.
    func validIndex(of pod: Pod) -> Int? {
        guard let index = pod.completionIndex, index < completions ?? 0 else { return nil }
        return index
    }

    // MARK: Judging

    private mutating func judgeFailures(
        isFirstStart: Bool, _ now: VirtualTime, _ memory: inout JobController.Memory
    ) {
        if let met = job.status.conditions["SuccessCriteriaMet"], met.status == .isTrue {
            finished = met
        } else if let target = job.status.conditions["FailureTarget"], target.status == .isTrue {
            finished = Self.condition("Failed", target.reason, target.message, now)
        } else if let message = policyFailureMessage {
            finished = Self.condition("FailureTarget", "PodFailurePolicy", message, now)
        }
        guard finished == nil else { return }
        if failed > job.spec.backoffLimit ?? 6 || isPastBackoffLimitByRestarts {
            finished = Self.condition(
                "FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit", now)
            return
        }
        guard let deadline = job.spec.activeDeadlineSeconds, !job.isSuspended,
            let start = job.status.startTime
        else { return }
        // A start that is not stored yet is not rounded to the second yet.
        let rest = Job.deadline(deadline) - (isFirstStart ? .zero : now - start.time)
        if rest <= .zero {
            finished = Self.condition(
                "FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline", now)
        } else {
            memory.requeue(job.key, after: rest)
        }
    }

    /// Why a pod failure policy fails the Job.
    private var policyFailureMessage: String? {
        guard let policy = job.spec.podFailurePolicy else { return nil }
        for pod in pods where job.isFailed(pod) {
            if let message = policy.verdict(on: pod).jobMessage { return message }
        }
        return nil
    }

    /// Whether containers that restart in place did so too often.
    private var isPastBackoffLimitByRestarts: Bool {
        guard job.spec.template.spec.restartPolicy == .onFailure else { return false }
        var restarts: Int64 = 0
        for pod in pods where pod.status.phase == .running || pod.status.phase == .pending {
            for status in pod.status.initContainerStatuses + pod.status.containerStatuses {
                restarts += status.restartCount
            }
        }
        let limit = job.spec.backoffLimit ?? 6
        return limit == 0 ? restarts > 0 : restarts >= limit
    }

    private mutating func judgeIndexes(_ now: VirtualTime) {
        guard job.isIndexed, let completions else { return }
        countedIndexes = JobIndexes(text: job.status.completedIndexes, completions: completions)
        succeededIndexes = countedIndexes.union(
            JobIndexes(
                Set(
                    pods.filter { $0.status.phase == .succeeded && $0.hasTrackingFinalizer }
                        .compactMap { validIndex(of: $0) })))
        succeeded = Int64(succeededIndexes.count)
        if job.countsFailuresPerIndex {
            let before = JobIndexes(text: job.status.failedIndexes ?? "", completions: completions)
            let failures = before.union(
                JobIndexes(
                    Set(
                        pods.filter { $0.hasTrackingFinalizer && job.failsIndex($0) }
                            .compactMap { validIndex(of: $0) })))
            failedIndexes = failures
            if finished == nil {
                if let most = job.spec.maxFailedIndexes, failures.count > most {
                    finished = Self.condition(
                        "FailureTarget", "MaxFailedIndexesExceeded",
                        "Job has exceeded the specified maximal number of failed indexes", now)
                } else if failures.count > 0 && failures.count + succeededIndexes.count >= completions {
                    finished = Self.condition(
                        "FailureTarget", "FailedIndexes", "Job has failed indexes", now)
                }
            }
            delayedPods = podsWithDelayedDeletion(failures)
        }
        if finished == nil,
            let message = job.spec.successPolicy?.match(succeededIndexes, completions: completions)
        {
            finished = Self.condition("SuccessCriteriaMet", "SuccessPolicy", message, now)
        }
    }

    /// For each index that is to be tried again its last failed pod.
    private func podsWithDelayedDeletion(_ failures: JobIndexes) -> [Int: Pod] {
        let activeIndexes = Set(activePods.compactMap(\.completionIndex))
        var result: [Int: Pod] = [:]
        for pod in uncountedPods(except: []) where job.isFailed(pod) {
            guard let index = validIndex(of: pod), !succeededIndexes.contains(index),
                !failures.contains(index), !activeIndexes.contains(index)
            else { continue }
            if let last = result[index],
                last.indexAbsoluteFailureCount > pod.indexAbsoluteFailureCount
                    || pod.finishTime < last.finishTime
            {
                continue
            }
            result[index] = pod
        }
        return result
    }

    // MARK: Acting

    /// Deletes what still runs of a Job that is to end.
    private mutating func end(
        isSatisfied: Bool, _ session: inout SyncSession
    ) throws(SyncStop) -> SyncFailure? {
        let outcomes = try session.calls(activePods.map { .delete(.pod, $0.key, DeleteOptions()) })
        let failures = outcomes.compactMap(\.failure).filter { $0.reason != .notFound }
        let deleted = Int64(activePods.count - failures.count)
        // Pods that are left, or not in the cache yet, must be dealt with first.
        if deleted != active || !isSatisfied { finished = nil }
        active -= deleted
        terminating += deleted
        ready -= Int64(activePods.count(where: \.isReady))
        return failures.first
    }

    /// Brings the number of pods up to date, and finds out whether the Job is complete, suspended or resumed.
    ///
    /// - Returns: whether the condition Suspended changed.
    private mutating func keepGoing(
        isSatisfied: Bool, _ failure: inout SyncFailure?, _ session: inout SyncSession,
        _ memory: inout JobController.Memory
    ) throws(SyncStop) -> Bool {
        let manages = isSatisfied && !job.metadata.isBeingDeleted
        if manages { failure = try manage(&session, &memory) }
        let now = session.moment()
        let isComplete =
            if let completions = job.spec.completions {
                succeeded >= completions && active == 0
            } else {
                succeeded > 0 && active == 0
            }
        if isComplete {
            finished = Self.condition(
                "SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods", now)
            return false
        }
        guard manages else { return false }
        if job.isSuspended {
            guard ensure("Suspended", .isTrue, "JobSuspended", "Job suspended", now) else { return false }
            record(.normal, "Suspended", "Job suspended", &session)
            job.status.startTime = nil
        } else {
            guard ensure("Suspended", .isFalse, "JobResumed", "Job resumed", now) else { return false }
            record(.normal, "Resumed", "Job resumed", &session)
            job.status.startTime = Timestamp(now)
        }
        return true
    }

    // MARK: Conditions and events

    static func condition(
        _ type: String, _ reason: String, _ message: String, _ now: VirtualTime,
        status: ConditionStatus = .isTrue
    ) -> Condition {
        var condition = Condition(
            type, status, reason: reason, message: message, lastTransitionTime: Timestamp(now))
        condition.lastProbeTime = Timestamp(now)
        return condition
    }

    /// Sets a condition; one that never held is not said to be false.
    ///
    /// - Returns: whether that changed anything.
    mutating func ensure(
        _ type: String, _ status: ConditionStatus, _ reason: String, _ message: String, _ now: VirtualTime
    ) -> Bool {
        if let old = job.status.conditions[type] {
            if old.status == status && old.reason == reason && old.message == message { return false }
        } else if status == .isFalse {
            return false
        }
        job.status.conditions[type] = Self.condition(type, reason, message, now, status: status)
        return true
    }

    func record(
        _ severity: EventRecord.Severity, _ reason: String, _ message: String, _ session: inout SyncSession
    ) {
        session.record(
            EventRecord(
                kind: Job.kind, key: job.key, uid: job.uid, severity, reason: reason, message: message,
                component: JobController.name))
    }
}
