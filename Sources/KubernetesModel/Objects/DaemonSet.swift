public struct DaemonSetSpec: Hashable, FieldMapped {
    public struct UpdateStrategy: Hashable, FieldMapped {
        public struct RollingUpdate: Hashable, FieldMapped {
            public var maxUnavailable: IntOrPercent?
            public var maxSurge: IntOrPercent?
            public init() {}
            public mutating func map(_ fields: inout Fields) {
                fields.intOrPercent("maxUnavailable", &maxUnavailable)
                fields.intOrPercent("maxSurge", &maxSurge)
            }
        }
        /// `RollingUpdate` or `OnDelete`.
        public var type = ""
        public var rollingUpdate: RollingUpdate?
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("type", &type)
            fields.part("rollingUpdate", &rollingUpdate)
        }
    }

    public var selector = LabelSelector()
    public var template = PodTemplate()
    public var updateStrategy = UpdateStrategy()
    public var minReadySeconds: Int64 = 0
    public var revisionHistoryLimit: Int64?

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("selector", &selector)
        fields.part("template", &template)
        fields.part("updateStrategy", &updateStrategy)
        fields.int("minReadySeconds", &minReadySeconds)
        fields.int("revisionHistoryLimit", &revisionHistoryLimit)
    }
}

public struct DaemonSetStatus: Hashable, FieldMapped {
    public var currentNumberScheduled: Int64 = 0
    public var numberMisscheduled: Int64 = 0
    public var desiredNumberScheduled: Int64 = 0
    public var numberReady: Int64 = 0
    public var observedGeneration: Int64 = 0
    public var updatedNumberScheduled: Int64 = 0
    public var numberAvailable: Int64 = 0
    public var numberUnavailable: Int64 = 0
    public var collisionCount: Int64?
    public var conditions: [Condition] = []

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.requiredInt("currentNumberScheduled", &currentNumberScheduled)
        fields.requiredInt("numberMisscheduled", &numberMisscheduled)
        fields.requiredInt("desiredNumberScheduled", &desiredNumberScheduled)
        fields.requiredInt("numberReady", &numberReady)
        fields.int("observedGeneration", &observedGeneration)
        fields.int("updatedNumberScheduled", &updatedNumberScheduled)
        fields.int("numberAvailable", &numberAvailable)
        fields.int("numberUnavailable", &numberUnavailable)
        fields.int("collisionCount", &collisionCount)
        fields.list("conditions", &conditions)
    }
}

public struct DaemonSet: FieldMappedObject {
    public static let kind = ObjectKind.daemonSet
    public var metadata = ObjectMeta()
    public var spec = DaemonSetSpec()
    public var status = DaemonSetStatus()

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        fields.part("spec", &spec)
        fields.part("status", &status)
    }
}
