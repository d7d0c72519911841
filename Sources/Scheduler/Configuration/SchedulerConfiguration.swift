public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// A scheduler's profiles and settings, as a `KubeSchedulerConfiguration` (kubescheduler.config.k8s.io/v1)
/// gives them.
///
/// Upstream: `pkg/scheduler/apis/config/v1`, `framework/runtime/framework.go` (v1.36).
public struct SchedulerConfiguration: Sendable {
    /// In the order of the configuration; one answers to each scheduler name.
    public var profiles: [Framework]
    public var percentageOfNodesToScore: Int64 = 0
    /// `podInitialBackoffSeconds`; a scenario may give fractions, too.
    public var podInitialBackoff = VirtualDuration.seconds(1)
    /// `podMaxBackoffSeconds`.
    public var podMaxBackoff = VirtualDuration.seconds(10)
    /// `--pod-max-in-unschedulable-pods-duration`: after this time a pod is tried again, whatever happened.
    public var podMaxInUnschedulablePods = VirtualDuration.minutes(5)

    /// The default configuration.
    public static func standard(registry: PluginRegistry = .standard) throws(ConfigurationError)
        -> SchedulerConfiguration
    {
        try SchedulerConfiguration(json: .object([:]), registry: registry)
    }

    /// Reads a configuration; members that simk does not support are refused.
    public init(json: JSONValue, registry: PluginRegistry = .standard) throws(ConfigurationError) {
        let arguments = PluginArguments(path: "", json: json)
        if let extenders = try arguments.array("extenders"), !extenders.isEmpty {
            throw ConfigurationError(path: "extenders", message: "simk does not call scheduler extenders")
        }
        try arguments.allow([
            "apiVersion", "kind", "parallelism", "leaderElection", "clientConnection",
            "healthzBindAddress", "metricsBindAddress", "enableProfiling", "enableContentionProfiling",
            "percentageOfNodesToScore", "podInitialBackoffSeconds", "podMaxBackoffSeconds", "profiles",
            "extenders", "delayCacheUntilActive",
        ])
        percentageOfNodesToScore = try arguments.integer("percentageOfNodesToScore", in: 0...100) ?? 0
        let initial = try arguments.integer("podInitialBackoffSeconds", in: 1...86_400) ?? 1
        let longest = try arguments.integer("podMaxBackoffSeconds", in: initial...86_400)
        podInitialBackoff = .seconds(initial)
        podMaxBackoff = .seconds(longest ?? max(10, initial))
        let list = try arguments.array("profiles") ?? []
        profiles = []
        for (place, profile) in (list.isEmpty ? [.object([:])] : list).enumerated() {
            let path = "profiles[\(place)]"
            try PluginArguments(path: path, json: profile).allow([
                "schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig",
            ])
            let name = profile["schedulerName"]?.stringValue ?? (list.count <= 1 ? "default-scheduler" : "")
            if name.isEmpty { throw ConfigurationError(path: "\(path).schedulerName", message: "is missing") }
            if profiles.contains(where: { $0.profileName == name }) {
                throw ConfigurationError(
                    path: "\(path).schedulerName", message: "'\(name)' is used by two profiles")
            }
            var builder = ProfileBuilder(name: name, path: path, registry: registry)
            profiles.append(try builder.build(profile))
        }
    }

    /// The profile for a scheduler name; nil when pods of that name are not this scheduler's.
    public func profile(named name: String) -> Framework? { profiles.first { $0.profileName == name } }
}

/// Expands one profile's plugin sets into the plugins of each extension point.
private struct ProfileBuilder {
    let name: String
    let path: String
    let registry: PluginRegistry
    var plugins: [(name: String, plugin: any Plugin)] = []

    mutating func build(_ json: JSONValue) throws(ConfigurationError) -> Framework {
        let sets = json["plugins"]
        try PluginArguments(path: "\(path).plugins", json: sets ?? .object([:]))
            .allow(ExtensionPoint.allCases.map(\.rawValue) + ["multiPoint"])
        let multiPoint = PluginSet.defaults.merged(
            with: try PluginSet(json: sets?["multiPoint"], path: "\(path).plugins.multiPoint"))
        var points: [ExtensionPoint: PluginSet] = [:]
        for point in ExtensionPoint.allCases {
            points[point] = PluginSet().merged(
                with: try PluginSet(
                    json: sets?[point.rawValue], path: "\(path).plugins.\(point.rawValue)"))
        }
        var arguments: [String: PluginArguments] = [:]
        for (place, item) in (json["pluginConfig"]?.arrayValue ?? []).enumerated() {
            let itemPath = "\(path).pluginConfig[\(place)]"
            guard let name = item["name"]?.stringValue else {
                throw ConfigurationError(path: "\(itemPath).name", message: "is missing")
            }
            if registry[name] == nil { throw unknown(name, "\(itemPath).name") }
            arguments[name] = PluginArguments(path: "\(itemPath).args", json: item["args"] ?? .object([:]))
        }
        for plugin in multiPoint.enabled { try make(plugin.name, arguments, "multiPoint") }
        for point in ExtensionPoint.allCases {
            for plugin in points[point]?.enabled ?? [] { try make(plugin.name, arguments, point.rawValue) }
        }

        var framework = Framework(profileName: name)
        framework.percentageOfNodesToScore = try PluginArguments(path: path, json: json)
            .integer("percentageOfNodesToScore", in: 0...100)
        for point in ExtensionPoint.allCases {
            let set = points[point] ?? PluginSet()
            for plugin in try expand(point, set, multiPoint) {
                framework.add(plugin, at: point, weight: weight(of: plugin.name, set, multiPoint))
            }
        }
        if framework.bind.isEmpty {
            throw ConfigurationError(path: path, message: "at least one bind plugin is needed")
        }
        for entry in plugins where framework.uses(entry.name) {
            let canReject =
                entry.plugin is any PreEnqueuePlugin || entry.plugin is any PreFilterPlugin
                || entry.plugin is any FilterPlugin || entry.plugin is any ReservePlugin
                || entry.plugin is any PermitPlugin
            if canReject || entry.plugin is any EnqueueExtensions {
                framework.enqueue.append(Framework.EnqueueEntry(entry.plugin))
            }
        }
        return framework
    }

    private mutating func make(
        _ name: String, _ arguments: [String: PluginArguments], _ point: String
    ) throws(ConfigurationError) {
        if plugins.contains(where: { $0.name == name }) { return }
        guard let factory = registry[name] else { throw unknown(name, "\(path).plugins.\(point)") }
        let own = arguments[name] ?? PluginArguments(path: "\(path).pluginConfig", json: .object([:]))
        plugins.append((name, try factory(own)))
    }

    private func unknown(_ name: String, _ path: String) -> ConfigurationError {
        ConfigurationError(
            path: path,
            message:
                "unknown plugin '\(name)'. Known are \(registry.entries.map(\.name).joined(separator: ", "))")
    }

    /// Upstream: `framework/runtime/framework.go`, `expandMultiPointPlugins` (v1.36).
    private func expand(
        _ point: ExtensionPoint, _ set: PluginSet, _ multiPoint: PluginSet
    ) throws(ConfigurationError) -> [any Plugin] {
        var names: [String] = []
        if set.disabled.contains("*") {
            names = set.enabled.map(\.name)
        } else {
            var overridden: Set<String> = []
            var expanded: [String] = []
            for plugin in multiPoint.enabled {
                guard let instance = instance(plugin.name), point.isImplemented(by: instance),
                    !set.disabled.contains(plugin.name)
                else { continue }
                if set.enabled.contains(where: { $0.name == plugin.name }) {
                    overridden.insert(plugin.name)
                } else {
                    expanded.append(plugin.name)
                }
            }
            names = set.enabled.map(\.name).filter(overridden.contains) + expanded
            names += set.enabled.map(\.name).filter { !overridden.contains($0) }
        }
        var result: [any Plugin] = []
        for name in names {
            guard let instance = instance(name) else { continue }
            guard point.isImplemented(by: instance) else {
                throw ConfigurationError(
                    path: "\(path).plugins.\(point.rawValue)",
                    message: "plugin '\(name)' does not take part at \(point.rawValue)")
            }
            result.append(instance)
        }
        return result
    }

    private func instance(_ name: String) -> (any Plugin)? { plugins.first { $0.name == name }?.plugin }

    private func weight(of name: String, _ set: PluginSet, _ multiPoint: PluginSet) -> Int64 {
        let found = (set.enabled + multiPoint.enabled).first { $0.name == name }?.weight ?? 0
        return found == 0 ? 1 : found
    }
}

extension Framework {
    fileprivate mutating func add(_ plugin: any Plugin, at point: ExtensionPoint, weight: Int64) {
        switch point {
        case .preEnqueue: if let plugin = plugin as? any PreEnqueuePlugin { preEnqueue.append(plugin) }
        case .queueSort: if let plugin = plugin as? any QueueSortPlugin { queueSort = plugin }
        case .preFilter: if let plugin = plugin as? any PreFilterPlugin { preFilter.append(plugin) }
        case .filter: if let plugin = plugin as? any FilterPlugin { filter.append(plugin) }
        case .postFilter: if let plugin = plugin as? any PostFilterPlugin { postFilter.append(plugin) }
        case .preScore: if let plugin = plugin as? any PreScorePlugin { preScore.append(plugin) }
        case .score: if let plugin = plugin as? any ScorePlugin { score.append((plugin, weight)) }
        case .reserve: if let plugin = plugin as? any ReservePlugin { reserve.append(plugin) }
        case .permit: if let plugin = plugin as? any PermitPlugin { permit.append(plugin) }
        case .preBind: if let plugin = plugin as? any PreBindPlugin { preBind.append(plugin) }
        case .bind: if let plugin = plugin as? any BindPlugin { bind.append(plugin) }
        case .postBind: if let plugin = plugin as? any PostBindPlugin { postBind.append(plugin) }
        }
    }

    /// Whether the plugin takes part where pods can be rejected.
    fileprivate func uses(_ name: String) -> Bool {
        preEnqueue.contains { $0.name == name } || preFilter.contains { $0.name == name }
            || filter.contains { $0.name == name } || postFilter.contains { $0.name == name }
            || reserve.contains { $0.name == name } || permit.contains { $0.name == name }
    }
}
