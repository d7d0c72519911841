import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// How many pods a Job has at a time.
///
/// Upstream: `pkg/controller/job/job_controller.go`, `manageJob` and below (v1.36).
extension JobSync {
    /// The most pods that one sync creates or deletes.
    static let burst = 500

    /// Deletes pods that are too many, or creates those that are missing and may be created now.
    ///
    /// - Returns: the first failure of a call.
    mutating func manage(
        _ session: inout SyncSession, _ memory: inout JobController.Memory
    ) throws(SyncStop) -> SyncFailure? {
        if job.isSuspended { return try delete(podsForRemoval(atLeast: Int(active)), &session, &memory) }
        let parallelism = job.spec.parallelism ?? 1
        let wanted =
            if let completions = job.spec.completions {
                max(0, min(completions - succeeded, parallelism))
            } else {
                // Once a pod has succeeded, what runs is left to run.
                succeeded > 0 ? active : parallelism
            }
        let surplus = podsForRemoval(atLeast: Int(max(0, active - wanted))).prefix(Self.burst)
        if !surplus.isEmpty { return try delete(Array(surplus), &session, &memory) }

        let missing = wanted - (job.replacesOnlyFailedPods ? terminating : 0) - active
        if missing <= 0 { return nil }
        let now = session.startedAt
        if !job.countsFailuresPerIndex, wait(backoff.remaining(at: now), &memory) { return nil }
        var indexes: [Int]?
        var count = Int(min(missing, Int64(Self.burst)))
        if job.isIndexed {
            var pending = pendingIndexes(count)
            if job.countsFailuresPerIndex {
                let delays = pending.map { JobBackoff.remaining(after: delayedPods[$0], at: now) }
                let due = zip(pending, delays).filter { $0.1 == .zero }.map(\.0)
                if due.isEmpty, let delay = delays.min(), wait(delay, &memory) { return nil }
                pending = due
            }
            count = pending.count
            indexes = pending
        }
        return try create(count, indexes, &session, &memory)
    }

    /// Puts creations off. The Job then says that no pod is active, whatever there is.
    private mutating func wait(_ delay: VirtualDuration, _ memory: inout JobController.Memory) -> Bool {
        if delay <= .zero { return false }
        memory.requeue(job.key, after: max(delay, JobController.batchPeriod))
        active = 0
        return true
    }

    // MARK: Creating

    /// The first indexes that have neither ended nor a pod.
    private func pendingIndexes(_ count: Int) -> [Int] {
        var taken = succeededIndexes.union(JobIndexes(Set(activePods.compactMap(\.completionIndex))))
        if job.replacesOnlyFailedPods {
            taken = taken.union(
                JobIndexes(Set(pods.filter(\.isTerminating).compactMap(\.completionIndex))))
        }
        if let failedIndexes { taken = taken.union(failedIndexes) }
        return taken.missing(count, below: completions ?? 0)
    }

    private mutating func create(
        _ count: Int, _ indexes: [Int]?, _ session: inout SyncSession, _ memory: inout JobController.Memory
    ) throws(SyncStop) -> SyncFailure? {
        let key = job.key
        let now = session.now
        session.once { memory.expectations.expect(creations: count, for: key, at: now) }
        let requests = creations(count, indexes)
        let outcomes = try session.slowStart(requests) { !$0.isNamespaceTerminating }
        let failures = outcomes.compactMap(\.error).filter { !$0.isNamespaceTerminating }
        let skipped = requests.count - outcomes.count
        active += Int64(count - failures.count - skipped)
        session.once { memory.expectations.creationsObserved(skipped, for: key) }
        return failures.first.map { SyncFailure($0) }
    }

    private func creations(_ count: Int, _ indexes: [Int]?) -> [APIRequest] {
        var prototype = PodCreation.prototype(
            from: job.spec.template, owner: job.metadata, kind: Job.kind)
        if !prototype.hasTrackingFinalizer { prototype.metadata.finalizers.append(Job.trackingFinalizer) }
        guard let indexes else { return Array(repeating: .create(APIObject(prototype)), count: count) }
        let source = Self.sourceWithIndexVariable(job.spec.template.spec.source)
        return indexes.map { index in
            var pod = prototype
            pod.metadata.generateName = Self.generateName(job.metadata.name, index)
            pod.metadata.labels[Pod.completionIndexKey] = String(index)
            pod.metadata.annotations[Pod.completionIndexKey] = String(index)
            if job.countsFailuresPerIndex { addFailureCounts(to: &pod, replacing: delayedPods[index]) }
            var own = source
            own["hostname"] = .string("\(job.metadata.name)-\(index)")
            pod.spec = PodSpec(source: own)
            return .create(APIObject(pod))
        }
    }

    private func addFailureCounts(to pod: inout Pod, replacing old: Pod?) {
        var count = old?.indexFailureCount ?? 0
        var ignored = old?.indexIgnoredFailureCount ?? 0
        if let old {
            if job.failureVerdict(on: old).counts { count += 1 } else { ignored += 1 }
        }
        pod.metadata.annotations[Pod.indexFailureCountKey] = String(count)
        if ignored > 0 { pod.metadata.annotations[Pod.indexIgnoredFailureCountKey] = String(ignored) }
    }

    /// The spec with a variable in each container that tells the pod's index.
    static func sourceWithIndexVariable(_ source: JSONObject) -> JSONObject {
        var source = source
        for list in ["initContainers", "containers"] {
            guard let containers = source[list]?.arrayValue else { continue }
            source[list] = .array(
                containers.map { container in
                    var container = container
                    var variables = container["env"]?.arrayValue ?? []
                    if variables.contains(where: { $0["name"] == "JOB_COMPLETION_INDEX" }) {
                        return container
                    }
                    let path = "metadata.labels['\(Pod.completionIndexKey)']"
                    variables.append([
                        "name": "JOB_COMPLETION_INDEX",
                        "valueFrom": ["fieldRef": ["fieldPath": .string(path)]],
                    ])
                    container["env"] = .array(variables)
                    return container
                })
        }
        return source
    }

    /// `import-7-`; the Job's part is cut so that five letters fit behind.
    static func generateName(_ job: String, _ index: Int) -> String {
        let suffix = "-\(index)-"
        let name = job + suffix
        guard name.utf8.count > 58 else { return name }
        return String(decoding: name.utf8.prefix(58 - suffix.utf8.count), as: UTF8.self) + suffix
    }

    // MARK: Deleting

    /// Deletes pods whose ends shall not count: their finalizers go first.
    private mutating func delete(
        _ victims: [Pod], _ session: inout SyncSession, _ memory: inout JobController.Memory
    ) throws(SyncStop) -> SyncFailure? {
        let key = job.key
        let now = session.now
        session.once { memory.expectations.expect(deletions: victims.count, for: key, at: now) }
        var failed: Int64 = 0
        var readyCount: Int64 = 0
        let failures = try session.concurrently(count: victims.count) { session, index throws(SyncStop) in
            let pod = victims[index]
            func check(_ outcome: CallOutcome, _ session: inout SyncSession) throws(SyncStop) {
                guard let failure = outcome.failure else { return }
                session.once { memory.expectations.deletionObserved(for: key) }
                if failure.reason != .notFound {
                    failed += 1
                    throw .failed(failure)
                }
            }
            if pod.hasTrackingFinalizer {
                let outcome = try session.call(
                    .patch(
                        .pod, pod.key, .finalizers(adding: [], removing: [Job.trackingFinalizer]), uid: nil))
                try check(outcome, &session)
                if outcome.failure != nil { return }
            }
            let outcome = try session.call(.delete(.pod, pod.key, DeleteOptions()))
            if pod.isReady { readyCount += 1 }
            try check(outcome, &session)
        }
        let deleted = Int64(victims.count) - failed
        active -= deleted
        terminating += deleted
        ready -= readyCount
        return failures.first
    }

    /// The pods to delete: of those with one index all but one, those with a wrong index, then the least
    /// advanced ones.
    private func podsForRemoval(atLeast count: Int) -> [Pod] {
        var removed: [Pod] = []
        var left = activePods
        if job.isIndexed, let completions {
            left = []
            var groups: [Int: [Pod]] = [:]
            var beyond: [(index: Int, pod: Pod)] = []
            for pod in activePods {
                let index = pod.completionIndex ?? -1
                if index >= completions {
                    beyond.append((index, pod))
                } else {
                    groups[index, default: []].append(pod)
                }
            }
            for index in groups.keys.sorted() {
                let group = groups[index] ?? []
                if index < 0 {
                    removed += group
                } else {
                    let sorted = Self.leastAdvancedFirst(group)
                    removed += sorted.dropLast()
                    left += sorted.suffix(1)
                }
            }
            // Upstream takes these before the last group of equal indexes.
            removed += Self.stablySorted(beyond) { $0.index < $1.index }.map(\.pod)
        }
        if removed.count < count {
            removed += Self.leastAdvancedFirst(left).prefix(count - removed.count)
        }
        return removed
    }

    /// Upstream: `pkg/controller/controller_utils.go`, `ActivePods` (v1.36).
    static func leastAdvancedFirst(_ pods: [Pod]) -> [Pod] {
        stablySorted(pods) { left, right in
            if left.nodeName.isEmpty != right.nodeName.isEmpty { return left.nodeName.isEmpty }
            let (phase, other) = (phaseOrdinal(left.status.phase), phaseOrdinal(right.status.phase))
            if phase != other { return phase < other }
            if left.isReady != right.isReady { return !left.isReady }
            if left.isReady {
                let since = left.status.conditions["Ready"]?.lastTransitionTime
                let otherSince = right.status.conditions["Ready"]?.lastTransitionTime
                if since != otherSince { return isLaterOrUnknown(since, otherSince) }
            }
            let (restarts, otherRestarts) = (restarts(left), restarts(right))
            if restarts != otherRestarts { return restarts > otherRestarts }
            let created = left.metadata.creationTimestamp
            let otherCreated = right.metadata.creationTimestamp
            return created != otherCreated && isLaterOrUnknown(created, otherCreated)
        }
    }

    private static func phaseOrdinal(_ phase: PodPhase) -> Int {
        switch phase {
        case .unknown: 1
        case .running: 2
        default: 0
        }
    }

    private static func isLaterOrUnknown(_ first: Timestamp?, _ second: Timestamp?) -> Bool {
        guard let first, let second else { return first == nil }
        return first > second
    }

    /// The most restarts of a container, then those of a sidecar.
    private static func restarts(_ pod: Pod) -> (Int64, Int64) {
        let sidecars = pod.spec.fields.initContainers.filter(\.isSidecar).map(\.name)
        return (
            pod.status.containerStatuses.map(\.restartCount).max() ?? 0,
            pod.status.initContainerStatuses.filter { sidecars.contains($0.name) }.map(\.restartCount).max()
                ?? 0
        )
    }

    static func stablySorted<Element>(
        _ elements: [Element], by precedes: (Element, Element) -> Bool
    ) -> [Element] {
        elements.enumerated().sorted { left, right in
            if precedes(left.element, right.element) { return true }
            return !precedes(right.element, left.element) && left.offset < right.offset
        }.map(\.element)
    }
}
