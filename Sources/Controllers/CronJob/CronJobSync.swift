import ControlPlane
import KubernetesModel
import SimulationKernel

/// One sync of one CronJob, from its finished Jobs to its next one.
///
/// Upstream: `pkg/controller/cronjob/cronjob_controllerv2.go` (v1.36).
struct CronJobSync {
    private let epoch: CalendarTime
    /// The CronJob with the status as it is to be written.
    private var cronJob: CronJob
    /// Set when the API server turned out to know more than the cache: the status is then not written.
    private var isDetached = false
    private var isChanged = false

    init(_ cronJob: CronJob, epoch: CalendarTime) {
        self.cronJob = cronJob
        self.epoch = epoch
    }

    mutating func run(_ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
        let key = cronJob.key
        let jobs = session.list(Job.self) { view in
            view.list(Job.self, namespace: key.namespace).filter {
                $0.value.metadata.controllerReference?.name == key.name
            }
        }.map(\.value)
        try cleanUp(jobs, &session)
        let original = cronJob
        var failure: SyncFailure?
        var delay: VirtualDuration?
        do {
            delay = try schedule(jobs, &session)
        } catch {
            guard case .failed(let cause) = error else { throw error }
            failure = cause
        }
        if isChanged {
            // What was found out on a newer version is not written, as upstream has it.
            try session.require(.updateStatus(APIObject(isDetached ? original : cronJob)))
        }
        if let delay { return .requeueAfter(delay) }
        if let failure { throw .failed(failure) }
        return .done
    }

    private func calendar(_ time: VirtualTime) -> CalendarTime { epoch.advanced(by: time.sinceStart) }

    private func calendar(_ time: Timestamp?) -> CalendarTime? {
        time.map { CalendarTime(unixSeconds: epoch.unixSeconds + $0.seconds) }
    }

    private func timestamp(_ time: CalendarTime) -> Timestamp {
        Timestamp(seconds: time.unixSeconds - epoch.unixSeconds)
    }

    /// How long it is until the schedule comes up next, a little lateness included; nil when it never does.
    func delay(until schedule: CronSchedule, at now: VirtualTime) -> VirtualDuration? {
        let present = calendar(now)
        let next = MissedSchedules.next(
            schedule: schedule, created: calendar(cronJob.metadata.creationTimestamp) ?? present,
            lastScheduled: calendar(cronJob.status.lastScheduleTime), now: present)
        guard let next else { return nil }
        let rest =
            VirtualDuration.seconds(min(next.unixSeconds - present.unixSeconds, 3_155_760_000))
            - .nanoseconds(Int64(present.nanoseconds) - Int64(next.nanoseconds))
        return max(rest + CronJobController.lateness, .zero)
    }

    // MARK: Finished Jobs

    /// Deletes the oldest finished Jobs beyond the limits.
    private mutating func cleanUp(_ jobs: [Job], _ session: inout SyncSession) throws(SyncStop) {
        let limits = [
            ("Complete", cronJob.spec.successfulJobsHistoryLimit),
            ("Failed", cronJob.spec.failedJobsHistoryLimit),
        ]
        for (type, limit) in limits {
            guard let limit else { continue }
            let finished = jobs.filter { $0.finishedCondition?.type == type }
            let surplus = finished.count - Int(clamping: limit)
            if surplus <= 0 { continue }
            for job in finished.sorted(by: Self.startedEarlier).prefix(surplus) {
                if try delete(job, &session) == nil { isChanged = true }
            }
        }
    }

    private static func startedEarlier(_ left: Job, _ right: Job) -> Bool {
        switch (left.status.startTime, right.status.startTime) {
        case (let first?, let second?) where first != second: return first < second
        case (nil, .some): return false
        case (.some, nil): return true
        default: return left.metadata.name < right.metadata.name
        }
    }

    /// - Returns: why it could not be deleted.
    private mutating func delete(_ job: Job, _ session: inout SyncSession) throws(SyncStop) -> SyncFailure? {
        let outcome = try session.call(
            .delete(.job, job.key, DeleteOptions(propagation: .background)))
        if let failure = outcome.failure {
            record(.warning, "FailedDelete", "Deleted job: \(failure.message)", &session)
            return failure
        }
        cronJob.status.active.removeAll { $0.uid == job.uid }
        record(.normal, "SuccessfulDelete", "Deleted job \(job.metadata.name)", &session)
        return nil
    }

    // MARK: Scheduling

    /// - Returns: when to look again; nil for when something changes.
    private mutating func schedule(
        _ jobs: [Job], _ session: inout SyncSession
    ) throws(SyncStop) -> VirtualDuration? {
        let now = session.moment()
        try account(for: jobs, &session)
        try forgetMissing(jobs, &session)
        if cronJob.metadata.isBeingDeleted { return nil }
        if let zone = cronJob.spec.timeZone, ZoneRules(name: zone) == nil {
            record(
                .warning, "UnknownTimeZone", "invalid timeZone: \"\(zone)\": unknown time zone \(zone)",
                &session)
            return nil
        }
        if cronJob.spec.suspend ?? false { return nil }
        guard let schedule = parse(&session), let due = due(schedule, now, &session) else { return nil }
        let delay = delay(until: schedule, at: now)
        guard let scheduled = due.mostRecent, try mayStart(at: scheduled, now, &session) else { return delay }
        try replaceActive(&session)
        guard try start(at: scheduled, &session) else { return nil }
        return self.delay(until: schedule, at: now)
    }

    /// Takes finished Jobs out of the list of active ones, and reports unexpected ones.
    private mutating func account(for jobs: [Job], _ session: inout SyncSession) throws(SyncStop) {
        for job in jobs {
            let isListed = cronJob.status.active.contains { $0.uid == job.uid }
            guard let condition = job.finishedCondition else {
                if isListed { continue }
                let fresh = try session.require(.get(.cronJob, cronJob.key))?.cronJob?.value
                if let fresh, fresh.status.active.contains(where: { $0.uid == job.uid }) {
                    cronJob = fresh
                    isDetached = true
                    continue
                }
                record(
                    .warning, "UnexpectedJob",
                    "Saw a job that the controller did not create or forgot: \(job.metadata.name)", &session)
                continue
            }
            if isListed {
                cronJob.status.active.removeAll { $0.uid == job.uid }
                record(
                    .normal, "SawCompletedJob",
                    "Saw completed job: \(job.metadata.name), condition: \(condition.type)", &session)
                isChanged = true
            }
            guard condition.type == "Complete" else { continue }
            let last = cronJob.status.lastSuccessfulTime
            if last == nil {
                cronJob.status.lastSuccessfulTime = job.status.completionTime
                isChanged = true
            } else if let last, let time = job.status.completionTime, time > last {
                cronJob.status.lastSuccessfulTime = time
                isChanged = true
            }
        }
    }

    /// Takes Jobs that are gone out of the list of active ones.
    private mutating func forgetMissing(_ jobs: [Job], _ session: inout SyncSession) throws(SyncStop) {
        let known = Set(jobs.map(\.uid))
        for reference in cronJob.status.active where !known.contains(reference.uid) {
            // The cache may only be late.
            let outcome = try session.call(
                .get(.job, ObjectKey(namespace: reference.namespace, name: reference.name)))
            guard let failure = outcome.failure else { continue }
            if failure.reason != .notFound { throw .failed(failure) }
            record(.normal, "MissingJob", "Active job went missing: \(reference.name)", &session)
            cronJob.status.active.removeAll { $0.uid == reference.uid }
            isChanged = true
        }
    }

    private func parse(_ session: inout SyncSession) -> CronSchedule? {
        let text = cronJob.spec.schedule
        if text.contains("TZ") {
            record(
                .warning, "UnsupportedSchedule",
                "CRON_TZ or TZ used in schedule \"\(text)\" is not officially supported, see "
                    + "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
                &session)
        }
        do throws(CronFault) {
            return try CronSchedule(text, zone: cronJob.spec.timeZone)
        } catch {
            record(
                .warning, "UnparseableSchedule", "unparseable schedule: \"\(text)\" : \(error.message)",
                &session)
            return nil
        }
    }

    private func due(
        _ schedule: CronSchedule, _ now: VirtualTime, _ session: inout SyncSession
    ) -> MissedSchedules? {
        let present = calendar(now)
        let missed = MissedSchedules(
            schedule: schedule, created: calendar(cronJob.metadata.creationTimestamp) ?? present,
            lastScheduled: calendar(cronJob.status.lastScheduleTime),
            deadline: cronJob.spec.startingDeadlineSeconds, now: present)
        if let fault = missed.fault {
            record(
                .warning, "InvalidSchedule", "invalid schedule: \(cronJob.spec.schedule) : \(fault)",
                &session)
            return nil
        }
        if missed.mostRecent != nil && missed.missed == .many {
            record(
                .warning, "TooManyMissedTimes",
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check "
                    + "clock skew", &session)
        }
        return missed
    }

    /// Whether a Job may be started for a moment of the schedule.
    private func mayStart(
        at scheduled: CalendarTime, _ now: VirtualTime, _ session: inout SyncSession
    ) throws(SyncStop) -> Bool {
        if let deadline = cronJob.spec.startingDeadlineSeconds {
            var latest = scheduled
            latest.unixSeconds += min(deadline, 3_155_760_000)
            if latest < calendar(now) {
                record(
                    .warning, "MissSchedule",
                    "Missed scheduled time to start a job: \(scheduled.rfc1123)", &session)
                return false
            }
        }
        let name = jobName(scheduled)
        let isStarted = cronJob.status.active.contains {
            $0.name == name && $0.namespace == cronJob.metadata.namespace
        }
        if isStarted || cronJob.status.lastScheduleTime == timestamp(scheduled) { return false }
        if cronJob.spec.concurrencyPolicy == "Forbid" && !cronJob.status.active.isEmpty {
            record(
                .normal, "JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is Forbid",
                &session)
            return false
        }
        return true
    }

    private mutating func replaceActive(_ session: inout SyncSession) throws(SyncStop) {
        guard cronJob.spec.concurrencyPolicy == "Replace" else { return }
        for reference in cronJob.status.active {
            let key = ObjectKey(namespace: reference.namespace, name: reference.name)
            let outcome = try session.call(.get(.job, key))
            if let failure = outcome.failure {
                record(.warning, "FailedGet", "Get job: \(failure.message)", &session)
                throw .failed(failure)
            }
            guard let job = outcome.object?.job?.value else { continue }
            if try delete(job, &session) != nil {
                throw .failed(SyncFailure("could not replace job \(key)"))
            }
            isChanged = true
        }
    }

    // MARK: Starting

    private func jobName(_ scheduled: CalendarTime) -> String {
        "\(cronJob.metadata.name)-\(scheduled.unixSeconds / 60)"
    }

    /// Makes the Job, and puts it on the list of active ones.
    ///
    /// - Returns: whether there is more to do; not when somebody else made it.
    private mutating func start(
        at scheduled: CalendarTime, _ session: inout SyncSession
    ) throws(SyncStop) -> Bool {
        let manifest = job(at: scheduled).tree(epoch: epoch)
        let outcome = try session.call(.createManifest(manifest))
        let job: Job
        if let error = outcome.error, error.isNamespaceTerminating { throw .failed(SyncFailure(error)) }
        if let failure = outcome.failure {
            guard failure.reason == .alreadyExists else {
                record(.warning, "FailedCreate", "Error creating job: \(failure.message)", &session)
                throw .failed(failure)
            }
            let key = ObjectKey(namespace: cronJob.metadata.namespace, name: jobName(scheduled))
            guard let existing = try session.require(.get(.job, key))?.job?.value,
                existing.metadata.isControlled(by: cronJob.uid),
                !cronJob.status.active.contains(where: { $0.uid == existing.uid })
            else { return false }
            job = existing
        } else {
            guard let created = outcome.object?.job?.value else { return false }
            job = created
            record(.normal, "SuccessfulCreate", "Created job \(job.metadata.name)", &session)
        }
        var reference = ObjectReference()
        reference.kind = Job.kind.name
        reference.apiVersion = Job.kind.info.apiVersion
        reference.namespace = job.metadata.namespace
        reference.name = job.metadata.name
        reference.uid = job.uid
        reference.resourceVersion = String(job.metadata.resourceVersion)
        cronJob.status.active.append(reference)
        cronJob.status.lastScheduleTime = timestamp(scheduled)
        isChanged = true
        return true
    }

    private func job(at scheduled: CalendarTime) -> Job {
        let template = cronJob.spec.jobTemplate
        var job = Job()
        job.metadata.name = jobName(scheduled)
        job.metadata.namespace = cronJob.metadata.namespace
        job.metadata.labels = template.metadata.labels
        job.metadata.annotations = template.metadata.annotations
        let offset = ZoneRules(name: cronJob.spec.timeZone ?? "")?.period(at: scheduled.unixSeconds).offset
        job.metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] =
            scheduled.rfc3339(offsetSeconds: offset ?? 0)
        job.metadata.ownerReferences = [
            OwnerReference(controlledBy: CronJob.kind, name: cronJob.metadata.name, uid: cronJob.uid)
        ]
        job.spec = template.spec
        return job
    }

    private func record(
        _ severity: EventRecord.Severity, _ reason: String, _ message: String, _ session: inout SyncSession
    ) {
        session.record(
            EventRecord(
                kind: CronJob.kind, key: cronJob.key, uid: cronJob.uid, severity, reason: reason,
                message: message, component: CronJobController.name))
    }
}

extension CalendarTime {
    /// `Mon, 02 Jan 2006 15:04:05 +0000`: RFC 1123 in UTC.
    fileprivate var rfc1123: String {
        let time = CivilTime(local: unixSeconds)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(days[Int(time.weekday)]), \(two(time.day)) \(months[Int(time.month - 1)]) \(time.year) "
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) +0000"
    }

    /// RFC 3339 with an offset: `2026-03-29T03:00:00+02:00`.
    fileprivate func rfc3339(offsetSeconds offset: Int64) -> String {
        if offset == 0 { return rfc3339 }
        let local = CalendarTime(unixSeconds: unixSeconds + offset).rfc3339.dropLast()
        let minutes = abs(offset) / 60
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(local)\(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }
}
