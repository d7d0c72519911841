/// What is wrong with a scheduler configuration, and where.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field's path: `profiles[0].plugins.score.enabled[2]`.
    public var path: String
    public var message: String
    /// A name that is not known, and those that are, so that the nearest can be suggested.
    public var unknownName = ""
    public var knownNames: [String] = []

    public init(path: String, message: String, unknownName: String = "", knownNames: [String] = []) {
        self.path = path
        self.message = message
        self.unknownName = unknownName
        self.knownNames = knownNames
    }

    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
