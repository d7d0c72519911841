public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// One line of the timeline: what happened, when, to what, and why then.
public struct TimelineRecord: Hashable, Sendable {
    /// Counts the lines from 0.
    public var number: Int
    public var time: VirtualTime
    public var category: JournalEntry.Category
    public var kind: ObjectKind?
    public var key: ObjectKey
    public var reason: String
    public var message: String
    public var cause: String
    /// `Warning` lines are Events of that type, failures, and refusals.
    public var isWarning: Bool

    public init(
        number: Int, time: VirtualTime, category: JournalEntry.Category, kind: ObjectKind?, key: ObjectKey,
        reason: String, message: String, cause: String, isWarning: Bool
    ) {
        self.number = number
        self.time = time
        self.category = category
        self.kind = kind
        self.key = key
        self.reason = reason
        self.message = message
        self.cause = cause
        self.isWarning = isWarning
    }

    /// The object as people write it: `pod/web-1`, with the namespace unless it is `default`.
    public var subject: String {
        guard let kind else { return key.name }
        let name = "\(kind.name.lowercased())/\(key.name)"
        return key.namespace.isEmpty || key.namespace == "default" ? name : "\(name) -n \(key.namespace)"
    }

    public var json: JSONValue {
        var members: JSONValue = [
            "time": .string(time.description), "nanoseconds": .integer(time.nanoseconds),
            "category": .string(category.rawValue), "reason": .string(reason), "message": .string(message),
        ]
        if let kind { members["kind"] = .string(kind.name) }
        if !key.namespace.isEmpty { members["namespace"] = .string(key.namespace) }
        members["name"] = .string(key.name)
        if !cause.isEmpty { members["cause"] = .string(cause) }
        if isWarning { members["warning"] = true }
        return members
    }
}
