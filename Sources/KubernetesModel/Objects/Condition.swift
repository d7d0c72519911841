/// Whether a condition holds.
public enum ConditionStatus: String, Hashable, Sendable {
    case isTrue = "True"
    case isFalse = "False"
    case unknown = "Unknown"
}

/// One condition of an object's status. Kinds differ in which times they show; a nil time is not written.
public struct Condition: Hashable, FieldMapped {
    public var type = ""
    public var status = ConditionStatus.unknown
    public var observedGeneration: Int64 = 0
    public var lastHeartbeatTime: Timestamp?
    public var lastProbeTime: Timestamp?
    public var lastUpdateTime: Timestamp?
    public var lastTransitionTime: Timestamp?
    public var reason = ""
    public var message = ""

    public init() {}

    public init(
        _ type: String, _ status: ConditionStatus, reason: String = "", message: String = "",
        lastTransitionTime: Timestamp? = nil
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.lastTransitionTime = lastTransitionTime
    }

    public mutating func map(_ fields: inout Fields) {
        fields.string("type", &type)
        fields.choice("status", &status)
        fields.int("observedGeneration", &observedGeneration)
        fields.time("lastHeartbeatTime", &lastHeartbeatTime)
        fields.time("lastProbeTime", &lastProbeTime)
        fields.time("lastUpdateTime", &lastUpdateTime)
        fields.time("lastTransitionTime", &lastTransitionTime)
        fields.string("reason", &reason)
        fields.string("message", &message)
    }
}

extension [Condition] {
    /// The condition of a type, of which there is one at most.
    public subscript(type: String) -> Condition? {
        get { first { $0.type == type } }
        set {
            let index = firstIndex { $0.type == type }
            switch (index, newValue) {
            case (let index?, let condition?): self[index] = condition
            case (let index?, nil): remove(at: index)
            case (nil, let condition?): append(condition)
            case (nil, nil): break
            }
        }
    }

    public func isTrue(_ type: String) -> Bool { self[type]?.status == .isTrue }
}
