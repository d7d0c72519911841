public import KubernetesModel
import OrderedCollections

/// A plugin's arguments as the configuration has them.
public struct PluginArguments: Sendable {
    /// Where they are, for errors.
    public let path: String
    public let json: JSONValue

    public init(path: String, json: JSONValue) {
        self.path = path
        self.json = json
    }

    /// An integer member; nil when it is absent.
    public func integer(_ name: String) throws(ConfigurationError) -> Int64? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let number = value.integerValue else { throw wrong(name, "an integer", value) }
        return number
    }

    /// An integer member within bounds; nil when it is absent.
    public func integer(_ name: String, in range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64? {
        guard let number = try integer(name) else { return nil }
        guard range.contains(number) else {
            throw ConfigurationError(
                path: path(of: name),
                message: "\(number) is not in the range \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Refuses members of other names.
    public func allow(_ names: [String]) throws(ConfigurationError) {
        if json.isNull { return }
        guard let members = json.objectValue else {
            throw ConfigurationError(path: path, message: "expected an object, found \(json.kindName)")
        }
        for name in members.keys where !names.contains(name) {
            throw ConfigurationError(
                path: path(of: name),
                message: "unknown field. Known are \(names.joined(separator: ", "))",
                unknownName: name, knownNames: names)
        }
    }

    /// A text member; nil when it is absent.
    public func string(_ name: String) throws(ConfigurationError) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw wrong(name, "a text", value) }
        return text
    }

    /// A member's path.
    public func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// An object member with its own path; nil when it is absent.
    public func object(_ name: String) throws(ConfigurationError) -> PluginArguments? {
        guard let value = json[name], !value.isNull else { return nil }
        guard value.objectValue != nil else { throw wrong(name, "an object", value) }
        return PluginArguments(path: path(of: name), json: value)
    }

    /// Refuses a member that is there with another value than the one that simk has.
    func onlyStandard(_ name: String, _ standard: JSONValue, _ hint: String) throws(ConfigurationError) {
        guard let value = json[name], !value.isNull, value != standard else { return }
        throw ConfigurationError(
            path: path(of: name),
            message: "simk does not take another value than \(JSONWriter.string(standard)). \(hint)")
    }

    /// A boolean member; nil when it is absent.
    public func boolean(_ name: String) throws(ConfigurationError) -> Bool? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let flag = value.boolValue else { throw wrong(name, "a boolean", value) }
        return flag
    }

    /// An array member; nil when it is absent.
    public func array(_ name: String) throws(ConfigurationError) -> [JSONValue]? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let array = value.arrayValue else { throw wrong(name, "an array", value) }
        return array
    }

    /// The objects of an array member, each with its own path; empty when it is absent.
    public func objects(_ name: String) throws(ConfigurationError) -> [PluginArguments] {
        var objects: [PluginArguments] = []
        for (place, item) in (try array(name) ?? []).enumerated() {
            let path = "\(path(of: name))[\(place)]"
            guard item.objectValue != nil else {
                throw ConfigurationError(path: path, message: "expected an object, found \(item.kindName)")
            }
            objects.append(PluginArguments(path: path, json: item))
        }
        return objects
    }

    /// The texts of an array member; empty when it is absent.
    public func strings(_ name: String) throws(ConfigurationError) -> [String] {
        var texts: [String] = []
        for (place, item) in (try array(name) ?? []).enumerated() {
            guard let text = item.stringValue else {
                throw ConfigurationError(
                    path: "\(path(of: name))[\(place)]", message: "expected a text, found \(item.kindName)")
            }
            texts.append(text)
        }
        return texts
    }

    /// The names that an array member lists, each in the form of a label key; empty when it is absent.
    ///
    /// Upstream: `apimachinery/pkg/apis/meta/v1/validation`, `ValidateLabelName` (v1.36).
    func qualifiedNames(_ name: String) throws(ConfigurationError) -> [String] {
        let texts = try strings(name)
        for (place, text) in texts.enumerated() {
            try Self.checkQualifiedName(text, "\(path(of: name))[\(place)]")
        }
        return texts
    }

    /// Refuses a text that could not be a label's key.
    static func checkQualifiedName(_ text: String, _ path: String) throws(ConfigurationError) {
        guard let message = Names.qualifiedName(text).first else { return }
        throw ConfigurationError(path: path, message: "'\(text)': \(message)")
    }

    /// A duration as Go writes it, in nanoseconds; nil when it is absent.
    func duration(_ name: String) throws(ConfigurationError) -> Int64? {
        guard let text = try string(name) else { return nil }
        guard let nanoseconds = GoDuration.nanoseconds(text) else {
            throw ConfigurationError(
                path: path(of: name), message: "expected a duration such as 5s, found '\(text)'")
        }
        return nanoseconds
    }

    /// Refuses every member beside the head.
    func refuse(for plugin: String) throws(ConfigurationError) {
        guard let members = json.objectValue else { return try allow([]) }
        for name in members.keys where !Self.head.contains(name) {
            throw ConfigurationError(path: path(of: name), message: "\(plugin) takes no arguments")
        }
    }

    /// What any plugin's arguments may begin with.
    static let head = ["apiVersion", "kind"]

    func wrong(_ name: String, _ expected: String, _ found: JSONValue) -> ConfigurationError {
        ConfigurationError(
            path: path(of: name),
            message: "expected \(expected), found \(found.kindName)")
    }
}
