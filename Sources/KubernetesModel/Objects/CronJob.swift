/// What the Jobs of a CronJob are made from.
public struct JobTemplate: Hashable, FieldMapped {
    public var metadata = ObjectMeta()
    public var spec = JobSpec()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
    }
}

public struct CronJobSpec: Hashable, FieldMapped {
    public var schedule = ""
    /// An IANA name; nil is the controller manager's own zone, which is UTC here.
    public var timeZone: String?
    public var startingDeadlineSeconds: Int64?
    /// `Allow`, `Forbid` or `Replace`.
    public var concurrencyPolicy = ""
    public var suspend: Bool?
    public var jobTemplate = JobTemplate()
    public var successfulJobsHistoryLimit: Int64?
    public var failedJobsHistoryLimit: Int64?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredString("schedule", &schedule)
        fields.string("timeZone", &timeZone)
        fields.int("startingDeadlineSeconds", &startingDeadlineSeconds)
        fields.string("concurrencyPolicy", &concurrencyPolicy)
        fields.bool("suspend", &suspend)
        fields.part("jobTemplate", &jobTemplate)
        fields.int("successfulJobsHistoryLimit", &successfulJobsHistoryLimit)
        fields.int("failedJobsHistoryLimit", &failedJobsHistoryLimit)
    }
}

public struct CronJobStatus: Hashable, FieldMapped {
    public var active: [ObjectReference] = []
    public var lastScheduleTime: Timestamp?
    public var lastSuccessfulTime: Timestamp?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.list("active", &active)
        fields.time("lastScheduleTime", &lastScheduleTime)
        fields.time("lastSuccessfulTime", &lastSuccessfulTime)
    }
}

public struct CronJob: FieldMappedObject {
    public static let kind = ObjectKind.cronJob
    public var metadata = ObjectMeta()
    public var spec = CronJobSpec()
    public var status = CronJobStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}
