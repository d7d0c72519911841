/// What is wrong with a scheduler configuration, and where.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field's path: `profiles[0].plugins.score.enabled[2]`.
    public var path: String
    public var message: String

    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
