/// The kind of an API object, with the group and the version in which it is written.
public struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
    /// Empty for the core group.
    public var group: String
    public var version: String
    public var kind: String

    public init(group: String = "", version: String = "v1", kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    /// Takes `apiVersion` apart; nil when it has more than one slash.
    public init?(apiVersion: String, kind: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: self.init(group: "", version: apiVersion, kind: kind)
        case 2: self.init(group: String(parts[0]), version: String(parts[1]), kind: kind)
        default: return nil
        }
    }

    /// What an object says of itself; nil where it does not.
    public init?(of object: JSONValue) {
        guard let kind = object["kind"]?.stringValue, let version = object["apiVersion"]?.stringValue,
            !kind.isEmpty
        else { return nil }
        self.init(apiVersion: version, kind: kind)
    }

    /// The group and version as manifests have them: `v1`, `apps/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `apps/v1, Kind=Deployment`, as Go prints it.
    public var description: String { "\(apiVersion), Kind=\(kind)" }
}
