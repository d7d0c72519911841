public import KubernetesModel
public import SimulationKernel

/// One moment at which an invariant did not hold.
public struct InvariantViolation: Hashable, Sendable {
    public var invariant: InvariantName
    public var time: VirtualTime
    public var kind: ObjectKind
    public var key: ObjectKey
    /// What was found instead.
    public var message: String
    /// The call that made it so, or what else led to it.
    public var cause: String

    public init(
        invariant: InvariantName, time: VirtualTime, kind: ObjectKind, key: ObjectKey, message: String,
        cause: String
    ) {
        self.invariant = invariant
        self.time = time
        self.kind = kind
        self.key = key
        self.message = message
        self.cause = cause
    }

    /// `deployment/default/web`.
    public var subject: String { "\(kind.name.lowercased())/\(key)" }
}

/// The violations of a run: the first one of each invariant and object, in the order of time.
struct ViolationLog {
    private struct Subject: Hashable {
        var invariant: InvariantName
        var kind: ObjectKind
        var key: ObjectKey
    }

    /// Further ones are only counted.
    static let limit = 100

    private(set) var violations: [InvariantViolation] = []
    private(set) var omitted = 0
    private var known: Set<Subject> = []

    mutating func add(_ violation: InvariantViolation) {
        let subject = Subject(invariant: violation.invariant, kind: violation.kind, key: violation.key)
        if !known.insert(subject).inserted || violations.count == Self.limit {
            omitted += 1
        } else {
            violations.append(violation)
        }
    }
}
