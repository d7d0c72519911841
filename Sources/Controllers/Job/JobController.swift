public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Runs the pods of Jobs to their ends, and counts these.
///
/// Each pod carries a finalizer until its end is in the Job's status, so that none is lost or counted twice.
/// Changes of pods are taken in batches of a second. Upstream: `pkg/controller/job` (v1.36); gang scheduling
/// (gate WorkloadWithJob, off by default) is left out.
public struct JobController: Controller {
    public static let name = "job-controller"
    /// How long changes of pods and of the status wait for others.
    static let batchPeriod = VirtualDuration.seconds(1)
    /// The queue of pods that have lost their Job.
    private static let orphanQueue: UInt8 = 1

    /// `--concurrent-job-syncs`, and as many for orphans.
    public let workers = [5, 5]

    /// What outlives a sync.
    struct Memory: Sendable {
        var expectations = CountedExpectations()
        /// Pods whose finalizers were removed, until the cache has that.
        var removals: [ObjectKey: Set<UID>] = [:]
        var backoffs: [ObjectKey: JobBackoff] = [:]
        /// Finished Jobs of which the cache does not know that yet.
        var finished: Set<UID> = []
        /// When each Job is to be looked at again.
        var delays: [ObjectKey: VirtualDuration] = [:]

        mutating func requeue(_ key: ObjectKey, after delay: VirtualDuration) {
            delays[key] = min(delay, delays[key] ?? delay)
        }

        mutating func removalObserved(of pod: UID, for key: ObjectKey) { removals[key]?.remove(pod) }
    }

    /// A sync of a Job, or of a pod that may have lost its Job.
    public enum Continuation: Sendable {
        case job(CallTranscript)
        case orphans(CallTranscript)
    }

    private var memory = Memory()
    private var consistency = ConsistencyStore()
    private var retries = RetryCounter(base: .seconds(1), maximum: .minutes(1))
    private var orphanRetries = RetryCounter(base: .seconds(1), maximum: .minutes(1))
    /// The identities of the Jobs that are being worked on; events about their pods name them.
    private var syncing: [ObjectKey: UID] = [:]
    /// The selectors of Jobs that are gone or finished, by their keys in the queue of orphans.
    private var orphanSelectors: [ObjectKey: LabelSelector] = [:]

    public init() {}

    // MARK: Work queues

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for job in view.list(Job.self) { queue.add(job.value.key) }
        for pod in view.list(Pod.self) where pod.value.hasTrackingFinalizer {
            if pod.value.metadata.isBeingDeleted {
                deleted(pod.value, isFinal: false, view, &queue)
            } else if pod.value.metadata.controllerReference == nil {
                queue.add(pod.value.key, queue: Self.orphanQueue)
            }
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .job(let job):
            consistency.saw(change.object)
            observe(job.value, change, now, &queue)
        case .pod(let pod):
            consistency.saw(change.object)
            switch change.kind {
            case .deleted: deleted(pod.value, isFinal: true, view, &queue)
            case .added where pod.value.metadata.isBeingDeleted:
                deleted(pod.value, isFinal: false, view, &queue)
            case .added: added(pod.value, view, &queue)
            case .modified:
                if let old = change.old?.pod?.value { modified(old, pod.value, view, &queue) }
            }
        default: break
        }
    }

    private mutating func observe(
        _ job: Job, _ change: CacheChange, _ now: VirtualTime, _ queue: inout Enqueuer
    ) {
        switch change.kind {
        case .added: queue.add(job.key)
        case .deleted:
            queue.add(job.key)
            consistency.forget(job.key)
            memory.finished.remove(job.uid)
            enqueueOrphans(of: job, &queue)
            memory.backoffs.removeValue(forKey: job.key)
        case .modified:
            if job.finishedCondition != nil { return enqueueOrphans(of: job, &queue) }
            let old = change.old?.job?.value
            let isSameSpec = old?.metadata.generation == job.metadata.generation
            queue.add(job.key, after: isSameSpec ? Self.batchPeriod : .zero)
            if let start = job.status.startTime, let deadline = job.spec.activeDeadlineSeconds,
                old?.spec.activeDeadlineSeconds != deadline
            {
                queue.add(job.key, after: Job.deadline(deadline) - (now - start.time))
            }
        }
    }

    private mutating func added(_ pod: Pod, _ view: ObjectCache, _ queue: inout Enqueuer) {
        guard let owner = pod.metadata.controllerReference else {
            if pod.hasTrackingFinalizer { queue.add(pod.key, queue: Self.orphanQueue) }
            return enqueueAdopters(of: pod, view, &queue)
        }
        guard let job = Self.job(owner, pod.metadata, view) else { return }
        memory.expectations.creationsObserved(for: job.value.key)
        queue.add(job.value.key, after: Self.batchPeriod)
    }

    private mutating func modified(_ old: Pod, _ pod: Pod, _ view: ObjectCache, _ queue: inout Enqueuer) {
        if pod.metadata.isBeingDeleted { return deleted(pod, isFinal: false, view, &queue) }
        let (oldOwner, owner) = (old.metadata.controllerReference, pod.metadata.controllerReference)
        let isRemoved = !pod.hasTrackingFinalizer
        if oldOwner != owner, let former = Self.job(oldOwner, old.metadata, view) {
            if isRemoved { memory.removalObserved(of: pod.uid, for: former.value.key) }
            queue.add(former.value.key, after: Self.batchPeriod)
        }
        if owner != nil {
            guard let job = Self.job(owner, pod.metadata, view) else { return }
            if isRemoved { memory.removalObserved(of: pod.uid, for: job.value.key) }
            queue.add(job.value.key, after: Self.batchPeriod)
            return
        }
        if pod.hasTrackingFinalizer { queue.add(pod.key, queue: Self.orphanQueue) }
        if oldOwner != owner || old.metadata.labels != pod.metadata.labels {
            enqueueAdopters(of: pod, view, &queue)
        }
    }

    private mutating func deleted(
        _ pod: Pod, isFinal: Bool, _ view: ObjectCache, _ queue: inout Enqueuer
    ) {
        let job = Self.job(pod.metadata.controllerReference, pod.metadata, view)
        guard let job, job.value.finishedCondition == nil else {
            // No sync of a Job will take the finalizer away.
            if pod.hasTrackingFinalizer { queue.add(pod.key, queue: Self.orphanQueue) }
            return
        }
        memory.expectations.deletionObserved(for: job.value.key)
        if isFinal || !pod.hasTrackingFinalizer {
            memory.removalObserved(of: pod.uid, for: job.value.key)
        }
        queue.add(job.value.key, after: Self.batchPeriod)
    }

    private mutating func enqueueOrphans(of job: Job, _ queue: inout Enqueuer) {
        guard let selector = job.spec.selector else { return }
        // No pod's name has a slash.
        let key = ObjectKey(namespace: job.metadata.namespace, name: "\(job.metadata.name)/\(job.uid)")
        orphanSelectors[key] = selector
        queue.add(key, queue: Self.orphanQueue)
    }

    /// The Job that a reference names, provided that it is that very Job.
    private static func job(_ owner: OwnerReference?, _ object: ObjectMeta, _ view: ObjectCache) -> Ref<Job>?
    {
        guard let owner, owner.kind == Job.kind.name else { return nil }
        return view.get(Job.self, ObjectKey(namespace: object.namespace, name: owner.name), uid: owner.uid)
    }

    private func enqueueAdopters(of pod: Pod, _ view: ObjectCache, _ queue: inout Enqueuer) {
        if pod.metadata.labels.isEmpty { return }
        for job in view.list(Job.self, namespace: pod.metadata.namespace)
        where job.value.spec.selector?.matches(pod.metadata.labels) ?? false {
            queue.add(job.value.key, after: Self.batchPeriod)
        }
    }

    // MARK: Reconciling

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        if key.queue == Self.orphanQueue { return runOrphans(CallTranscript(startedAt: now), key, view, now) }
        guard consistency.isReady(key.key) else {
            var plan = Plan<Continuation>()
            plan.ending = .requeueAfter(retries.next(key.key))
            return plan
        }
        guard let job = view.get(Job.self, key.key) else {
            memory.expectations.forget(key.key)
            memory.removals.removeValue(forKey: key.key)
            memory.backoffs.removeValue(forKey: key.key)
            consistency.forget(key.key)
            syncing.removeValue(forKey: key.key)
            retries.forget(key.key)
            return Plan()
        }
        if job.value.isManagedExternally {
            retries.forget(key.key)
            return Plan()
        }
        if job.value.finishedCondition != nil {
            memory.backoffs.removeValue(forKey: key.key)
            consistency.forget(key.key)
            memory.finished.remove(job.value.uid)
            retries.forget(key.key)
            return Plan()
        }
        if memory.finished.contains(job.value.uid) {
            retries.forget(key.key)
            return Plan()
        }
        syncing[key.key] = job.value.uid
        memory.delays.removeValue(forKey: key.key)
        return run(CallTranscript(startedAt: now), key, view, now)
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        switch continuation {
        case .job(var transcript):
            transcript.add(outcomes)
            return run(transcript, key, view, now)
        case .orphans(var transcript):
            transcript.add(outcomes)
            return runOrphans(transcript, key, view, now)
        }
    }

    private mutating func run(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<Continuation> {
        let plan = transcript.run(view: view, now: now) { session throws(SyncStop) in
            guard let job = session.object(Job.self, key.key) else { return .done }
            var sync = JobSync(job)
            try sync.run(&session, &memory)
            return .done
        }
        return Self.finish(plan, continuing: { .job($0) }) { isFailure in
            let delay = memory.delays[key.key]
            if isFailure { return min(retries.next(key.key), delay ?? .minutes(1)) }
            retries.forget(key.key)
            return delay
        }
    }

    private static func finish(
        _ plan: Plan<CallTranscript>, continuing: (CallTranscript) -> Continuation,
        delay: (_ isFailure: Bool) -> VirtualDuration?
    ) -> Plan<Continuation> {
        var result = Plan<Continuation>()
        result.steps = plan.steps.map { step in
            switch step {
            case .call(let request, let reasons): .call(request, tolerating: reasons)
            case .batch(let requests, let slowStart): .batch(requests, slowStart: slowStart)
            case .event(let event): .event(event)
            case .note(let entry): .note(entry)
            }
        }
        switch plan.ending {
        case .resume(let transcript): result.ending = .resume(continuing(transcript))
        case .requeueRateLimited: result.ending = .requeueAfter(delay(true) ?? .minutes(1))
        case .done, .requeueAfter:
            if let delay = delay(false) { result.ending = .requeueAfter(delay) }
        }
        return result
    }

    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        guard key.queue == 0, let uid = syncing[key.key] else { return }
        if let event = PodEvents.event(on: outcome, of: Job.kind, key.key, uid, component: Self.name) {
            events.append(event)
        }
        switch (outcome.request, outcome.result) {
        case (.create(.pod), .failure(let error)):
            // Upstream goes on waiting for pods of a namespace that goes away.
            if !error.isNamespaceTerminating { memory.expectations.creationsObserved(for: key.key) }
        case (.create(.pod), .success(let object?)), (.updateStatus(.job), .success(let object?)):
            consistency.wrote(object, for: key.key)
        case (.patch(.pod, _, _, _), .success(let object?)):
            if object.metadata.controllerReference != nil { consistency.wrote(object, for: key.key) }
        default: break
        }
    }

    // MARK: Orphans

    /// Takes the finalizer from pods whose Job is gone or has finished.
    private mutating func runOrphans(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<Continuation> {
        let selector = orphanSelectors[key.key]
        let plan = transcript.run(view: view, now: now) { session throws(SyncStop) in
            guard let selector else {
                guard let pod = session.object(Pod.self, key.key) else { return .done }
                try Self.release(pod.value, view, &session)
                return .done
            }
            let pods = session.list(Pod.self) { view in
                view.list(Pod.self, namespace: key.key.namespace).filter {
                    $0.value.hasTrackingFinalizer && selector.matches($0.value.metadata.labels)
                }
            }
            for pod in pods {
                do throws(SyncStop) {
                    try Self.release(pod.value, view, &session)
                } catch {
                    // Upstream only logs what goes wrong here.
                    if case .waiting = error { throw error }
                }
            }
            return .done
        }
        return Self.finish(plan, continuing: { .orphans($0) }) { isFailure in
            if isFailure { return orphanRetries.next(key.key) }
            orphanRetries.forget(key.key)
            orphanSelectors.removeValue(forKey: key.key)
            return nil
        }
    }

    private static func release(
        _ pod: Pod, _ view: ObjectCache, _ session: inout SyncSession
    ) throws(SyncStop) {
        let isOrphan = session.flag {
            guard let owner = pod.metadata.controllerReference else { return true }
            if owner.kind != Job.kind.name || owner.apiVersion != Job.kind.info.apiVersion { return false }
            guard let job = job(owner, pod.metadata, view) else { return true }
            return !job.value.isManagedExternally && job.value.finishedCondition != nil
        }
        guard isOrphan, pod.hasTrackingFinalizer else { return }
        try session.require(
            .patch(
                .pod, pod.key, .finalizers(adding: [], removing: [Job.trackingFinalizer]), uid: nil),
            tolerating: .notFound)
    }
}
