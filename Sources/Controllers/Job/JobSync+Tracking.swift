import ControlPlane
import KubernetesModel
import SimulationKernel

/// How the ends of pods come into the status, each exactly once.
///
/// First their identities are written into the status, then their finalizers are removed, then they move from
/// there into the counters. Upstream: `pkg/controller/job/job_controller.go`,
/// `trackJobStatusAndRemoveFinalizers` and below (v1.36).
extension JobSync {
    /// The most identities in the status at a time.
    static let mostUncounted = 500

    mutating func track(
        isChanged: Bool, _ session: inout SyncSession, _ memory: inout JobController.Memory
    ) throws(SyncStop) {
        if job.isIndexed {
            pods = Self.stablySorted(pods) { ($0.completionIndex ?? -1) < ($1.completionIndex ?? -1) }
        }
        var held = Set(
            pods.filter { $0.hasTrackingFinalizer && !expectedRemovals.contains($0.uid) }.map(\.uid))
        var needsWrite = countReleased(held) || isChanged
        let (released, isFull) = collectEnds(&needsWrite)
        announceEnd(session.moment(), &needsWrite)

        if needsWrite {
            try write(&session)
            let (key, record) = (job.key, backoff)
            session.once { memory.backoffs[key] = record }
            needsWrite = false
        }
        let failures = try removeFinalizers(released, &held, &session, &memory)
        if countReleased(held) { needsWrite = true }
        if let failure = failures.first {
            if needsWrite { try write(&session) }
            throw .failed(failure)
        }
        let isFinished = !isFull && enactEnd(session.moment())
        guard needsWrite || isFinished else { return }
        try write(&session)
        if isFinished, let finished {
            recordEnd(finished, &session)
            let uid = job.uid
            session.once { memory.finished.insert(uid) }
        }
    }

    /// Moves pods that are no longer held from the lists into the counters.
    ///
    /// - Returns: whether there were any.
    private mutating func countReleased(_ held: Set<UID>) -> Bool {
        var uncounted = job.status.uncountedTerminatedPods ?? JobStatus.UncountedPods()
        let before = (uncounted.succeeded.count, uncounted.failed.count)
        uncounted.succeeded.removeAll { !held.contains($0) }
        uncounted.failed.removeAll { !held.contains($0) }
        job.status.succeeded += Int64(before.0 - uncounted.succeeded.count)
        job.status.failed += Int64(before.1 - uncounted.failed.count)
        job.status.uncountedTerminatedPods = uncounted
        return before != (uncounted.succeeded.count, uncounted.failed.count)
    }

    /// Enters new ends, and gives the pods that may go then.
    private mutating func collectEnds(_ needsWrite: inout Bool) -> (released: [Pod], isFull: Bool) {
        var uncounted = job.status.uncountedTerminatedPods ?? JobStatus.UncountedPods()
        var released: [Pod] = []
        var newIndexes: [Int] = []
        var isFull = false
        for pod in pods where pod.hasTrackingFinalizer && !expectedRemovals.contains(pod.uid) {
            let isFailed = job.isFailed(pod)
            guard mayRelease(pod, isFailed: isFailed) else { continue }
            released.append(pod)
            if pod.status.phase == .succeeded && !uncountedFailed.contains(pod.uid) {
                if job.isIndexed {
                    // The index is enough to count it once.
                    if let index = validIndex(of: pod), !countedIndexes.contains(index) {
                        newIndexes.append(index)
                        needsWrite = true
                    }
                } else if !uncountedSucceeded.contains(pod.uid) {
                    uncounted.succeeded.append(pod.uid)
                    needsWrite = true
                }
            } else if isFailed || (finished != nil && finished?.type != "SuccessCriteriaMet") {
                // Of a Job that ends, every pod that has not ended counts as failed.
                if !uncountedFailed.contains(pod.uid), !job.isIndexed || validIndex(of: pod) != nil,
                    job.failureVerdict(on: pod).counts
                {
                    uncounted.failed.append(pod.uid)
                    needsWrite = true
                }
            }
            if newIndexes.count + uncounted.succeeded.count + uncounted.failed.count >= Self.mostUncounted {
                isFull = true
                break
            }
        }
        job.status.uncountedTerminatedPods = uncounted
        if job.isIndexed { enterIndexes(newIndexes, &needsWrite) }
        return (released, isFull)
    }

    private mutating func enterIndexes(_ new: [Int], _ needsWrite: inout Bool) {
        succeededIndexes = succeededIndexes.union(JobIndexes(new))
        let text = succeededIndexes.text
        if text != job.status.completedIndexes { needsWrite = true }
        job.status.succeeded = Int64(succeededIndexes.count)
        job.status.completedIndexes = text
        let failed = failedIndexes?.text
        if failed != job.status.failedIndexes {
            job.status.failedIndexes = failed
            needsWrite = true
        }
    }

    /// Whether the pod need not be held any longer.
    private func mayRelease(_ pod: Pod, isFailed: Bool) -> Bool {
        if job.metadata.isBeingDeleted || finished != nil || pod.status.phase == .succeeded { return true }
        guard isFailed else { return false }
        if job.countsFailuresPerIndex, let index = pod.completionIndex,
            delayedPods[index]?.uid == pod.uid
        {
            return false
        }
        return true
    }

    // MARK: The end

    /// Says how the Job will end before its pods are let go.
    private mutating func announceEnd(_ now: VirtualTime, _ needsWrite: inout Bool) {
        guard let condition = finished else { return }
        switch condition.type {
        case "FailureTarget":
            job.status.conditions.append(condition)
            needsWrite = true
            finished = Self.condition("Failed", condition.reason, condition.message, now)
        case "SuccessCriteriaMet":
            if !job.status.conditions.isTrue("SuccessCriteriaMet") {
                job.status.conditions.append(condition)
                needsWrite = true
            }
            finished = Self.condition("Complete", condition.reason, condition.message, now)
        default: break
        }
    }

    /// Ends the Job when all pods are counted and none is still going.
    private mutating func enactEnd(_ now: VirtualTime) -> Bool {
        guard let finished else { return false }
        if let uncounted = job.status.uncountedTerminatedPods,
            !uncounted.succeeded.isEmpty || !uncounted.failed.isEmpty
        {
            return false
        }
        if terminating > 0 { return false }
        _ = ensure(finished.type, finished.status, finished.reason, finished.message, now)
        if finished.type == "Complete" { job.status.completionTime = finished.lastTransitionTime }
        return true
    }

    private func recordEnd(_ condition: Condition, _ session: inout SyncSession) {
        guard condition.type == "Complete" else {
            return record(.warning, condition.reason, condition.message, &session)
        }
        if let completions = job.spec.completions, job.status.succeeded > completions {
            record(
                .warning, "TooManySucceededPods",
                "Too many succeeded pods running after completion count reached", &session)
        }
        record(.normal, "Completed", "Job completed", &session)
    }

    // MARK: Calls

    private mutating func write(_ session: inout SyncSession) throws(SyncStop) {
        guard let stored = try session.require(.updateStatus(APIObject(job)))?.job else { return }
        job = stored.value
    }

    /// Lets pods go. Those that are gone already count as let go.
    private func removeFinalizers(
        _ released: [Pod], _ held: inout Set<UID>, _ session: inout SyncSession,
        _ memory: inout JobController.Memory
    ) throws(SyncStop) -> [SyncFailure] {
        if released.isEmpty { return [] }
        let key = job.key
        session.once {
            for pod in released { memory.removals[key, default: []].insert(pod.uid) }
        }
        let outcomes = try session.calls(
            released.map {
                .patch(.pod, $0.key, .finalizers(adding: [], removing: [Job.trackingFinalizer]), uid: nil)
            })
        var failures: [SyncFailure] = []
        var unseen: [UID] = []
        for (pod, outcome) in zip(released, outcomes) {
            guard let failure = outcome.failure else {
                held.remove(pod.uid)
                continue
            }
            unseen.append(pod.uid)
            if failure.reason == .notFound { held.remove(pod.uid) } else { failures.append(failure) }
        }
        session.once { for uid in unseen { memory.removalObserved(of: uid, for: key) } }
        return failures
    }
}
