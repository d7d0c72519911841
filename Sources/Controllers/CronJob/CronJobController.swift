public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// Makes the Jobs of CronJobs when their schedules come up, and keeps account of them.
///
/// Upstream: `pkg/controller/cronjob` (v1.36). A CronJob whose schedule never comes up again within five years
/// is left alone until it changes; upstream works on it without pause.
public struct CronJobController: Controller {
    public typealias Continuation = CallTranscript

    public static let name = "cronjob-controller"
    /// By how much a look at the schedule comes late on purpose.
    static let lateness = VirtualDuration.milliseconds(100)

    private let epoch: CalendarTime

    /// - Parameter epoch: the calendar time of the run's start.
    public init(epoch: CalendarTime) { self.epoch = epoch }

    // MARK: Work queue

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for job in view.list(CronJob.self) { queue.add(job.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .cronJob(let job):
            let old = change.kind == .modified ? change.old?.cronJob?.value : nil
            if let old,
                old.spec.schedule != job.value.spec.schedule || old.spec.timeZone != job.value.spec.timeZone
            {
                rescheduled(job.value, now, &queue)
            } else {
                queue.add(job.value.key)
            }
        case .job(let job):
            let metadata = job.value.metadata
            let owner = metadata.controllerReference
            if change.kind == .modified, let old = change.old?.metadata, old.controllerReference != owner,
                let former = Self.cronJob(old.controllerReference, old, view)
            {
                queue.add(former.value.key)
            }
            if let cronJob = Self.cronJob(owner, metadata, view) { queue.add(cronJob.value.key) }
        default: break
        }
    }

    /// Looks at a CronJob again when its new schedule comes up.
    private func rescheduled(_ job: CronJob, _ now: VirtualTime, _ queue: inout Enqueuer) {
        do throws(CronFault) {
            let schedule = try CronSchedule(job.spec.schedule, zone: job.spec.timeZone)
            let sync = CronJobSync(job, epoch: epoch)
            if let delay = sync.delay(until: schedule, at: now) { queue.add(job.key, after: delay) }
        } catch {
            // The API server lets no such schedule through.
        }
    }

    /// The CronJob that a reference names, provided that it is that very one.
    private static func cronJob(
        _ owner: OwnerReference?, _ object: ObjectMeta, _ view: ObjectCache
    ) -> Ref<CronJob>? {
        guard let owner, owner.kind == CronJob.kind.name else { return nil }
        return view.get(
            CronJob.self, ObjectKey(namespace: object.namespace, name: owner.name), uid: owner.uid)
    }

    // MARK: Reconciling

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<CallTranscript> {
        run(CallTranscript(startedAt: now), key, view, now)
    }

    public mutating func resume(
        _ continuation: CallTranscript, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<CallTranscript> {
        var transcript = continuation
        transcript.add(outcomes)
        return run(transcript, key, view, now)
    }

    private func run(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<CallTranscript> {
        transcript.run(view: view, now: now) { session throws(SyncStop) in
            guard let job = session.object(CronJob.self, key.key) else { return .done }
            var sync = CronJobSync(job.value, epoch: epoch)
            return try sync.run(&session)
        }
    }
}
