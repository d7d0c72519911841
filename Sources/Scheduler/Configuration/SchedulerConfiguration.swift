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
    /// Calls to the API server a second, and how many may go at once.
    public var queriesPerSecond: Double = 50
    public var burst: Int64 = 100
    public private(set) var extenders: [ExtenderConfiguration] = []

    /// The default configuration.
    public static func standard(registry: PluginRegistry = .standard) throws(ConfigurationError)
        -> SchedulerConfiguration
    {
        try SchedulerConfiguration(json: .object([:]), registry: registry)
    }

    /// Reads a configuration; members that simk does not support are refused.
    public init(json: JSONValue, registry: PluginRegistry = .standard) throws(ConfigurationError) {
        let arguments = PluginArguments(path: "", json: json)
        try arguments.allow([
            "apiVersion", "kind", "parallelism", "leaderElection", "clientConnection",
            "healthzBindAddress", "metricsBindAddress", "enableProfiling", "enableContentionProfiling",
            "percentageOfNodesToScore", "podInitialBackoffSeconds", "podMaxBackoffSeconds", "profiles",
            "extenders", "delayCacheUntilActive",
        ])
        profiles = []
        try checkHead(arguments)
        extenders = try ExtenderConfiguration.list(try arguments.objects("extenders"))
        percentageOfNodesToScore = try arguments.integer("percentageOfNodesToScore", in: 0...100) ?? 0
        let initial = try arguments.integer("podInitialBackoffSeconds", in: 1...86_400) ?? 1
        let longest = try arguments.integer("podMaxBackoffSeconds", in: 1...86_400) ?? 10
        if longest < initial {
            throw ConfigurationError(
                path: "podMaxBackoffSeconds",
                message: "\(longest) must be greater than or equal to podInitialBackoffSeconds")
        }
        podInitialBackoff = .seconds(initial)
        podMaxBackoff = .seconds(longest)
        let list = try arguments.objects("profiles")
        let standard = PluginArguments(path: "profiles[0]", json: .object([:]))
        var queueSort: ProfileBuilder.QueueSort?
        for profile in list.isEmpty ? [standard] : list {
            let path = profile.path
            try profile.allow(["schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig"])
            let own = try profile.string("schedulerName")
            let name = own ?? (list.count <= 1 ? "default-scheduler" : "")
            if name.isEmpty { throw ConfigurationError(path: "\(path).schedulerName", message: "is missing") }
            if profiles.contains(where: { $0.profileName == name }) {
                throw ConfigurationError(
                    path: "\(path).schedulerName", message: "'\(name)' is used by two profiles")
            }
            var builder = ProfileBuilder(
                name: name, path: path, registry: registry,
                ignoredResources: extenders.flatMap(\.resourcesIgnoredByScheduler))
            profiles.append(try builder.build(profile))
            if let queueSort { try builder.queueSort.checkSameness(as: queueSort, path) }
            if queueSort == nil { queueSort = builder.queueSort }
        }
        attach(NoExtenderTransport(), epoch: CalendarTime(unixSeconds: 0))
    }

    /// Gives every profile the way to the extenders.
    ///
    /// - Parameter epoch: the calendar time of the run's start.
    public mutating func attach(_ transport: any ExtenderTransport, epoch: CalendarTime) {
        for place in profiles.indices {
            profiles[place].extenders = extenders.map {
                Extender(configuration: $0, transport: transport, epoch: epoch)
            }
            profiles[place].enqueue.removeAll { $0.name == SchedulingCycle.extenderName }
            if !extenders.isEmpty {
                profiles[place].enqueue.append(Framework.EnqueueEntry(name: SchedulingCycle.extenderName))
            }
        }
    }

    /// What concerns the process around the scheduler: accepted where it has no effect on decisions.
    private mutating func checkHead(_ arguments: PluginArguments) throws(ConfigurationError) {
        let version = try arguments.string("apiVersion") ?? Self.apiVersion
        guard version == Self.apiVersion else {
            throw ConfigurationError(
                path: "apiVersion", message: "expected \(Self.apiVersion), found '\(version)'")
        }
        let kind = try arguments.string("kind") ?? Self.kind
        guard kind == Self.kind else {
            throw ConfigurationError(path: "kind", message: "expected \(Self.kind), found '\(kind)'")
        }
        if let parallelism = try arguments.integer("parallelism"), parallelism <= 0 {
            throw ConfigurationError(
                path: "parallelism", message: "should be an integer value greater than zero")
        }
        for name in ["enableProfiling", "enableContentionProfiling"] { _ = try arguments.boolean(name) }
        for name in ["healthzBindAddress", "metricsBindAddress"] { _ = try arguments.string(name) }
        try arguments.onlyStandard(
            "delayCacheUntilActive", false, "The schedulers that wait keep their caches warm")
        if let election = try arguments.object("leaderElection") {
            let timing = "Set cluster.controlPlane.parameters instead"
            try election.allow([
                "leaderElect", "leaseDuration", "renewDeadline", "retryPeriod", "resourceLock",
                "resourceName", "resourceNamespace",
            ])
            try election.onlyStandard("leaderElect", true, "Schedulers always elect a leader")
            try election.onlyStandard("leaseDuration", "15s", timing)
            try election.onlyStandard("renewDeadline", "10s", timing)
            try election.onlyStandard("retryPeriod", "2s", timing)
            try election.onlyStandard("resourceLock", "leases", "")
            try election.onlyStandard("resourceName", "kube-scheduler", "")
            try election.onlyStandard("resourceNamespace", "kube-system", "")
        }
        guard let client = try arguments.object("clientConnection") else { return }
        try client.allow(["kubeconfig", "acceptContentTypes", "contentType", "qps", "burst"])
        for name in ["kubeconfig", "acceptContentTypes", "contentType"] { _ = try client.string(name) }
        if let value = client.json["qps"], !value.isNull {
            guard let rate = value.doubleValue, rate.isFinite, rate < 1e9 else {
                throw client.wrong("qps", "a number", value)
            }
            // Zero stands for the default, and a negative rate for none.
            if rate != 0 { queriesPerSecond = max(0, rate) }
        }
        if let number = try client.integer("burst", in: 0...1_000_000_000), number != 0 { burst = number }
    }

    static let apiVersion = "kubescheduler.config.k8s.io/v1"
    static let kind = "KubeSchedulerConfiguration"

    /// The profile for a scheduler name; nil when pods of that name are not this scheduler's.
    public func profile(named name: String) -> Framework? { profiles.first { $0.profileName == name } }

    func hasProfile(named name: String) -> Bool { profiles.contains { $0.profileName == name } }
}

/// Expands one profile's plugin sets into the plugins of each extension point.
private struct ProfileBuilder {
    let name: String
    let path: String
    let registry: PluginRegistry
    /// What NodeResourcesFit leaves to extenders, in place of what its arguments say.
    let ignoredResources: [String]
    var plugins: [(name: String, plugin: any Plugin)] = []
    private(set) var queueSort = QueueSort()

    /// What orders the queue, which all profiles share.
    ///
    /// Upstream: `apis/config/validation/validation.go`, `validateCommonQueueSort` (v1.36).
    struct QueueSort {
        var set = PluginSet()
        var name = ""
        var arguments = JSONValue.object([:])

        func checkSameness(as first: QueueSort, _ path: String) throws(ConfigurationError) {
            if set != first.set || name != first.name {
                let names = name == first.name ? "" : ": profiles[0] has \(first.name), this one \(name)"
                throw ConfigurationError(
                    path: "\(path).plugins.queueSort", message: "must be the same for all profiles\(names)")
            }
            if arguments != first.arguments {
                throw ConfigurationError(
                    path: "\(path).pluginConfig",
                    message:
                        "queueSort must be the same for all profiles: the arguments of \(name) differ from "
                        + "those in profiles[0]")
            }
        }
    }

    mutating func build(_ profile: PluginArguments) throws(ConfigurationError) -> Framework {
        let points = try pluginSets(profile)
        let defaults = registry.sharesGPUs ? PluginSet.defaultsWithGPUs : .defaults
        let multiPoint = defaults.merged(with: points.multiPoint)
        let arguments = try pluginArguments(profile)
        for plugin in multiPoint.enabled { try make(plugin.name, arguments, "multiPoint") }
        for point in ExtensionPoint.allCases {
            for plugin in points[point].enabled { try make(plugin.name, arguments, point.rawValue) }
        }

        var framework = Framework(profileName: name)
        framework.percentageOfNodesToScore = try profile.integer("percentageOfNodesToScore", in: 0...100)
        for point in ExtensionPoint.allCases {
            let set = points[point]
            let members = try expand(point, set, multiPoint)
            for plugin in members {
                framework.add(plugin, at: point, weight: weight(of: plugin.name, set, multiPoint))
            }
            if point == .queueSort { try checkSorters(members, set, arguments) }
        }
        if framework.bind.isEmpty {
            throw ConfigurationError(
                path: path,
                message: "at least one bind plugin is needed for profile with scheduler name \"\(name)\"")
        }
        for entry in plugins where framework.uses(entry.name) {
            let canReject =
                entry.plugin.asPreEnqueue != nil || entry.plugin.asPreFilter != nil
                || entry.plugin.asFilter != nil || entry.plugin.asReserve != nil
                || entry.plugin.asPermit != nil
            if canReject || entry.plugin.asEnqueueExtensions != nil {
                framework.enqueue.append(Framework.EnqueueEntry(entry.plugin))
            }
        }
        return framework
    }

    /// What a profile enables and disables.
    private struct Sets {
        var multiPoint = PluginSet()
        var points: [ExtensionPoint: PluginSet] = [:]

        subscript(point: ExtensionPoint) -> PluginSet { points[point] ?? PluginSet() }
    }

    private func pluginSets(_ profile: PluginArguments) throws(ConfigurationError) -> Sets {
        var sets = Sets()
        guard let plugins = try profile.object("plugins") else { return sets }
        let names = ExtensionPoint.allCases.map(\.rawValue) + ["multiPoint"]
        try plugins.allow(names + UnmodelledNames.extensionPoints)
        for name in names + UnmodelledNames.extensionPoints {
            let set = try PluginSet(try plugins.object(name))
            try checkNames(set, plugins.path(of: name))
            if let point = ExtensionPoint(rawValue: name) {
                sets.points[point] = set
            } else if name == "multiPoint" {
                sets.multiPoint = set
            } else if !set.enabled.isEmpty {
                throw ConfigurationError(
                    path: plugins.path(of: name), message: UnmodelledNames.refusal(ofExtensionPoint: name))
            }
        }
        return sets
    }

    /// A name that nothing has is refused where it is disabled, too: what was meant would stay enabled.
    private func checkNames(_ set: PluginSet, _ path: String) throws(ConfigurationError) {
        for (place, plugin) in set.enabled.enumerated() where registry[plugin.name] == nil {
            throw unknown(plugin.name, "\(path).enabled[\(place)].name")
        }
        for (place, name) in set.disabled.enumerated() where name != "*" && registry[name] == nil {
            if UnmodelledNames.refusal(ofPlugin: name) == nil {
                throw unknown(name, "\(path).disabled[\(place)].name")
            }
        }
    }

    /// The arguments that a profile gives, by plugin.
    private func pluginArguments(
        _ profile: PluginArguments
    ) throws(ConfigurationError) -> [String: PluginArguments] {
        var arguments: [String: PluginArguments] = [:]
        for item in try profile.objects("pluginConfig") {
            try item.allow(["name", "args"])
            guard let name = try item.string("name"), !name.isEmpty else {
                throw ConfigurationError(path: "\(item.path).name", message: "is missing")
            }
            if registry[name] == nil { throw unknown(name, "\(item.path).name") }
            if arguments[name] != nil {
                throw ConfigurationError(path: "\(item.path).name", message: "a second '\(name)'")
            }
            let own =
                try item.object("args")
                ?? PluginArguments(path: item.path(of: "args"), json: .object([:]))
            try checkHead(own, of: name)
            arguments[name] = own
        }
        return arguments
    }

    private mutating func make(
        _ name: String, _ arguments: [String: PluginArguments], _ point: String
    ) throws(ConfigurationError) {
        if plugins.contains(where: { $0.name == name }) { return }
        guard let factory = registry[name] else { throw unknown(name, "\(path).plugins.\(point)") }
        let own = arguments[name] ?? PluginArguments(path: "\(path).pluginConfig", json: .object([:]))
        var plugin = try factory(own)
        if let fit = plugin as? NodeResourcesFit, !ignoredResources.isEmpty {
            plugin = NodeResourcesFit(
                strategy: fit.strategy, ignoredResources: Set(ignoredResources),
                ignoredGroups: fit.ignoredGroups)
        }
        plugins.append((name, plugin))
    }

    /// One plugin orders the queue, neither more nor fewer.
    private mutating func checkSorters(
        _ sorters: [any Plugin], _ set: PluginSet, _ arguments: [String: PluginArguments]
    ) throws(ConfigurationError) {
        if sorters.count != 1 {
            var message =
                "only one queue sort plugin required for profile with scheduler name \"\(name)\", but got "
                + "\(sorters.count)"
            if sorters.count > 1 {
                message += ": \(sorters.map(\.name).joined(separator: ", ")). Disable the others at queueSort"
            }
            throw ConfigurationError(path: "\(path).plugins.queueSort", message: message)
        }
        queueSort = QueueSort(set: set, name: sorters[0].name)
        if let own = arguments[queueSort.name] { queueSort.arguments = own.json }
    }

    /// Checks the arguments' own kind, where it is given.
    private func checkHead(_ arguments: PluginArguments, of name: String) throws(ConfigurationError) {
        if let version = try arguments.string("apiVersion"), version != SchedulerConfiguration.apiVersion {
            throw ConfigurationError(
                path: "\(arguments.path).apiVersion",
                message: "expected \(SchedulerConfiguration.apiVersion), found '\(version)'")
        }
        if let kind = try arguments.string("kind"), kind != "\(name)Args" {
            throw ConfigurationError(
                path: "\(arguments.path).kind", message: "expected \(name)Args, found '\(kind)'")
        }
    }

    private func unknown(_ name: String, _ path: String) -> ConfigurationError {
        if let refusal = UnmodelledNames.refusal(ofPlugin: name) {
            return ConfigurationError(path: path, message: refusal)
        }
        return ConfigurationError(
            path: path,
            message:
                "unknown plugin '\(name)'. Known are \(registry.entries.map(\.name).joined(separator: ", "))",
            unknownName: name, knownNames: registry.entries.map(\.name))
    }

    /// Upstream: `framework/runtime/framework.go`, `updatePluginList`, `expandMultiPointPlugins` (v1.36).
    private func expand(
        _ point: ExtensionPoint, _ set: PluginSet, _ multiPoint: PluginSet
    ) throws(ConfigurationError) -> [any Plugin] {
        let own = set.enabled.map(\.name)
        for (place, name) in own.enumerated() {
            let entry = "\(path).plugins.\(point.rawValue).enabled[\(place)].name"
            if let instance = instance(name), !point.isImplemented(by: instance) {
                throw ConfigurationError(
                    path: entry, message: "plugin '\(name)' does not take part at \(point.rawValue)")
            }
            if own[..<place].contains(name) { throw registeredTwice(name, point, entry) }
        }
        var names = own
        if !set.disabled.contains("*") {
            var overridden: Set<String> = []
            var expanded: [String] = []
            for plugin in multiPoint.enabled {
                guard let instance = instance(plugin.name), point.isImplemented(by: instance),
                    !set.disabled.contains(plugin.name)
                else { continue }
                if own.contains(plugin.name) {
                    overridden.insert(plugin.name)
                } else if expanded.contains(plugin.name) {
                    throw registeredTwice(plugin.name, point, "\(path).plugins.multiPoint")
                } else {
                    expanded.append(plugin.name)
                }
            }
            names = own.filter(overridden.contains) + expanded + own.filter { !overridden.contains($0) }
        }
        return names.compactMap { instance($0) }
    }

    private func registeredTwice(
        _ name: String, _ point: ExtensionPoint, _ path: String
    ) -> ConfigurationError {
        ConfigurationError(
            path: path, message: "plugin \"\(name)\" already registered as \"\(point.interfaceName)\"")
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
        case .preEnqueue: if let plugin = plugin.asPreEnqueue { preEnqueue.append(plugin) }
        case .queueSort: if let plugin = plugin.asQueueSort { queueSort = plugin }
        case .preFilter: if let plugin = plugin.asPreFilter { preFilter.append(plugin) }
        case .filter: if let plugin = plugin.asFilter { filter.append(plugin) }
        case .postFilter: if let plugin = plugin.asPostFilter { postFilter.append(plugin) }
        case .preScore: if let plugin = plugin.asPreScore { preScore.append(plugin) }
        case .score: if let plugin = plugin.asScore { score.append((plugin, weight)) }
        case .reserve: if let plugin = plugin.asReserve { reserve.append(plugin) }
        case .permit: if let plugin = plugin.asPermit { permit.append(plugin) }
        case .preBind: if let plugin = plugin.asPreBind { preBind.append(plugin) }
        case .bind: if let plugin = plugin.asBind { bind.append(plugin) }
        case .postBind: if let plugin = plugin.asPostBind { postBind.append(plugin) }
        }
    }

    /// Whether the plugin takes part where pods can be rejected.
    fileprivate func uses(_ name: String) -> Bool {
        preEnqueue.contains { $0.name == name } || preFilter.contains { $0.name == name }
            || filter.contains { $0.name == name } || postFilter.contains { $0.name == name }
            || reserve.contains { $0.name == name } || permit.contains { $0.name == name }
    }
}
