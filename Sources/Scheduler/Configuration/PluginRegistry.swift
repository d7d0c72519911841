public import KubernetesModel
import OrderedCollections

/// The plugins that configurations can name: one line each.
///
/// Upstream: `pkg/scheduler/framework/plugins/registry.go` (v1.36).
public struct PluginRegistry: Sendable {
    /// Makes a plugin from its arguments, which are an empty object when the configuration has none.
    public typealias Factory = @Sendable (PluginArguments) throws(ConfigurationError) -> any Plugin

    /// In the order of registration.
    public private(set) var entries: [(name: String, factory: Factory)] = []
    /// Whether GPUShare is among the default plugins.
    var sharesGPUs = false

    public init() {}

    public mutating func register<P: Plugin>(_ type: P.Type, _ factory: @escaping Factory) {
        entries.removeAll { $0.name == P.name }
        entries.append((P.name, factory))
    }

    public subscript(name: String) -> Factory? { entries.first { $0.name == name }?.factory }

    /// Upstream's plugins and simk's own.
    public static var standard: PluginRegistry { standard(PluginEnvironment()) }

    /// Upstream's plugins and simk's own, for a run.
    public static func standard(_ environment: PluginEnvironment) -> PluginRegistry {
        var registry = PluginRegistry()
        registry.register(SchedulingGates.self) { _ in SchedulingGates() }
        registry.register(PrioritySort.self) { _ in PrioritySort() }
        registry.register(NodeUnschedulable.self) { _ in NodeUnschedulable() }
        registry.register(NodeName.self) { _ in NodeName() }
        registry.register(TaintToleration.self) { _ in TaintToleration() }
        registry.register(NodeAffinity.self) { arguments throws(ConfigurationError) in
            try NodeAffinity(arguments: arguments)
        }
        registry.register(NodePorts.self) { _ in NodePorts() }
        registry.register(NodeResourcesFit.self) { arguments throws(ConfigurationError) in
            try NodeResourcesFit(arguments: arguments)
        }
        registry.register(VolumeRestrictions.self) { _ in VolumeRestrictions() }
        registry.register(NodeVolumeLimits.self) { _ in NodeVolumeLimits() }
        registry.register(VolumeBinding.self) { arguments throws(ConfigurationError) in
            try VolumeBinding(arguments: arguments)
        }
        registry.register(VolumeZone.self) { _ in VolumeZone() }
        registry.register(PodTopologySpread.self) { arguments throws(ConfigurationError) in
            try PodTopologySpread(arguments: arguments)
        }
        registry.register(InterPodAffinity.self) { arguments throws(ConfigurationError) in
            try InterPodAffinity(arguments: arguments)
        }
        registry.register(DynamicResources.self) { _ in DynamicResources() }
        registry.register(DefaultPreemption.self) { arguments throws(ConfigurationError) in
            try DefaultPreemption(arguments: arguments)
        }
        registry.register(NodeResourcesBalancedAllocation.self) { arguments throws(ConfigurationError) in
            try NodeResourcesBalancedAllocation(arguments: arguments)
        }
        registry.register(ImageLocality.self) { _ in ImageLocality() }
        registry.register(DefaultBinder.self) { _ in DefaultBinder() }
        registry.register(NodeDeclaredFeatures.self) { _ in NodeDeclaredFeatures() }
        registry.registerPolicies(environment)
        return registry
    }
}

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
                path: path.isEmpty ? name : "\(path).\(name)",
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
                path: path.isEmpty ? name : "\(path).\(name)",
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

    /// An object member with its own path; nil when it is absent.
    func object(_ name: String) throws(ConfigurationError) -> PluginArguments? {
        guard let value = json[name], !value.isNull else { return nil }
        guard value.objectValue != nil else { throw wrong(name, "an object", value) }
        return PluginArguments(path: path.isEmpty ? name : "\(path).\(name)", json: value)
    }

    /// Refuses a member that is there with another value than the one that simk has.
    func onlyStandard(_ name: String, _ standard: JSONValue, _ hint: String) throws(ConfigurationError) {
        guard let value = json[name], !value.isNull, value != standard else { return }
        throw ConfigurationError(
            path: path.isEmpty ? name : "\(path).\(name)",
            message: "simk does not take another value than \(JSONWriter.string(standard)). \(hint)")
    }

    public func boolean(_ name: String) throws(ConfigurationError) -> Bool? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let flag = value.boolValue else { throw wrong(name, "a boolean", value) }
        return flag
    }

    public func array(_ name: String) throws(ConfigurationError) -> [JSONValue]? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let array = value.arrayValue else { throw wrong(name, "an array", value) }
        return array
    }

    func wrong(_ name: String, _ expected: String, _ found: JSONValue) -> ConfigurationError {
        ConfigurationError(
            path: path.isEmpty ? name : "\(path).\(name)",
            message: "expected \(expected), found \(found.kindName)")
    }
}
