/// What a Job makes of its pods' failures: the first rule that matches decides.
public struct PodFailurePolicy: Hashable, FieldMapped {
    public struct ExitCodes: Hashable, FieldMapped {
        /// Nil means any container.
        public var containerName: String?
        /// `In` or `NotIn`.
        public var operatorName = ""
        public var values: [Int64] = []
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("containerName", &containerName)
            fields.requiredString("operator", &operatorName)
            fields.field(
                "values", &values, read: { $0.arrayValue?.compactMap(\.integerValue) },
                write: { .array($0.map { .integer($0) }) })
        }
    }
    public struct ConditionPattern: Hashable, FieldMapped {
        public var type = ""
        public var status = ConditionStatus.unknown
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.requiredString("type", &type)
            fields.choice("status", &status)
        }
    }
    public struct Rule: Hashable, FieldMapped {
        /// `FailJob`, `FailIndex`, `Ignore` or `Count`.
        public var action = ""
        public var onExitCodes: ExitCodes?
        public var onPodConditions: [ConditionPattern] = []
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.requiredString("action", &action)
            fields.part("onExitCodes", &onExitCodes)
            fields.list("onPodConditions", &onPodConditions)
        }
    }
    public var rules: [Rule] = []
    public init() {}
    public mutating func map(_ fields: inout Fields) { fields.list("rules", &rules) }
}

/// When an indexed Job counts as successful before all its indexes are.
public struct SuccessPolicy: Hashable, FieldMapped {
    public struct Rule: Hashable, FieldMapped {
        /// As written: `0,2-4`.
        public var succeededIndexes: String?
        public var succeededCount: Int64?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("succeededIndexes", &succeededIndexes)
            fields.int("succeededCount", &succeededCount)
        }
    }
    public var rules: [Rule] = []
    public init() {}
    public mutating func map(_ fields: inout Fields) { fields.list("rules", &rules) }
}

public struct JobSpec: Hashable, FieldMapped {
    public var parallelism: Int64?
    public var completions: Int64?
    public var activeDeadlineSeconds: Int64?
    public var podFailurePolicy: PodFailurePolicy?
    public var successPolicy: SuccessPolicy?
    public var backoffLimit: Int64?
    public var backoffLimitPerIndex: Int64?
    public var maxFailedIndexes: Int64?
    public var selector: LabelSelector?
    public var manualSelector: Bool?
    public var template = PodTemplate()
    public var ttlSecondsAfterFinished: Int64?
    /// `NonIndexed` or `Indexed`.
    public var completionMode: String?
    public var suspend: Bool?
    /// `TerminatingOrFailed` or `Failed`.
    public var podReplacementPolicy: String?
    public var managedBy: String?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.int("parallelism", &parallelism)
        fields.int("completions", &completions)
        fields.int("activeDeadlineSeconds", &activeDeadlineSeconds)
        fields.part("podFailurePolicy", &podFailurePolicy)
        fields.part("successPolicy", &successPolicy)
        fields.int("backoffLimit", &backoffLimit)
        fields.int("backoffLimitPerIndex", &backoffLimitPerIndex)
        fields.int("maxFailedIndexes", &maxFailedIndexes)
        fields.part("selector", &selector)
        fields.bool("manualSelector", &manualSelector)
        fields.part("template", &template)
        fields.int("ttlSecondsAfterFinished", &ttlSecondsAfterFinished)
        fields.string("completionMode", &completionMode)
        fields.bool("suspend", &suspend)
        fields.string("podReplacementPolicy", &podReplacementPolicy)
        fields.string("managedBy", &managedBy)
    }
}

public struct JobStatus: Hashable, FieldMapped {
    /// Pods that have ended and whose end is not yet in the counters.
    public struct UncountedPods: Hashable, FieldMapped {
        public var succeeded: [UID] = []
        public var failed: [UID] = []
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.uids("succeeded", &succeeded)
            fields.uids("failed", &failed)
        }
    }

    public var conditions: [Condition] = []
    public var startTime: Timestamp?
    public var completionTime: Timestamp?
    public var active: Int64 = 0
    public var succeeded: Int64 = 0
    public var failed: Int64 = 0
    public var terminating: Int64?
    /// As written: `1,3-5`.
    public var completedIndexes = ""
    public var failedIndexes: String?
    public var uncountedTerminatedPods: UncountedPods?
    public var ready: Int64?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.list("conditions", &conditions)
        fields.time("startTime", &startTime)
        fields.time("completionTime", &completionTime)
        fields.int("active", &active)
        fields.int("succeeded", &succeeded)
        fields.int("failed", &failed)
        fields.int("terminating", &terminating)
        fields.string("completedIndexes", &completedIndexes)
        fields.string("failedIndexes", &failedIndexes)
        fields.part("uncountedTerminatedPods", &uncountedTerminatedPods)
        fields.int("ready", &ready)
    }
}

extension Fields {
    fileprivate mutating func uids(_ name: String, _ value: inout [UID]) {
        field(
            name, &value, read: { $0.arrayValue?.compactMap { $0.stringValue.map(UID.init) } },
            write: { $0.isEmpty ? nil : .array($0.map { .string($0.description) }) })
    }
}

public struct Job: FieldMappedObject {
    public static let kind = ObjectKind.job
    public var metadata = ObjectMeta()
    public var spec = JobSpec()
    public var status = JobStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }

    /// The condition with which the Job has finished; nil while it has not.
    ///
    /// Upstream: `pkg/controller/job/util/utils.go`, `FinishedCondition` (v1.36).
    public var finishedCondition: Condition? {
        status.conditions.first { ($0.type == "Complete" || $0.type == "Failed") && $0.status == .isTrue }
    }
}
