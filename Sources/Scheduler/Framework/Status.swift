/// What a plugin's answer means for a pod on a node, or on all nodes.
///
/// Upstream: `kube-scheduler/framework/interface.go`, `Code` (v1.36).
public enum StatusCode: UInt8, Hashable, Sendable {
    case success
    /// The plugin failed; the pod is tried again.
    case error
    /// Rejected, but evicting pods might help.
    case unschedulable
    /// Rejected, and evicting pods cannot help.
    case unschedulableAndUnresolvable
    /// The plugin has nothing to say in this cycle.
    case skip

    /// The code's name in upstream's output.
    public var name: String {
        switch self {
        case .success: "Success"
        case .error: "Error"
        case .unschedulable: "Unschedulable"
        case .unschedulableAndUnresolvable: "UnschedulableAndUnresolvable"
        case .skip: "Skip"
        }
    }

    /// Whether the code refuses the pod without being an error.
    @inlinable public var isRejection: Bool {
        self == .unschedulable || self == .unschedulableAndUnresolvable
    }
}

/// A plugin's answer: a code, the reasons that are counted in messages, and who gave it.
public struct Status: Hashable, Sendable {
    public var code: StatusCode
    public var reasons: [String]
    /// The plugin that gave the answer; empty when no single one did.
    public var plugin: String

    public init(_ code: StatusCode, _ reasons: [String] = [], plugin: String = "") {
        self.code = code
        self.reasons = reasons
        self.plugin = plugin
    }

    public static let success = Status(.success)
    public static let skip = Status(.skip)

    public static func error(_ message: String) -> Status { Status(.error, [message]) }
    public static func unschedulable(_ reason: String) -> Status { Status(.unschedulable, [reason]) }
    public static func unresolvable(_ reason: String) -> Status {
        Status(.unschedulableAndUnresolvable, [reason])
    }

    @inlinable public var isSuccess: Bool { code == .success }
    @inlinable public var isRejection: Bool { code.isRejection }

    /// The reasons as one text.
    public var message: String { reasons.joined(separator: ", ") }
}
