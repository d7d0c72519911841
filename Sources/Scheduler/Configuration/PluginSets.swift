import KubernetesModel

/// The extension points by their names in configurations.
enum ExtensionPoint: String, CaseIterable, Sendable {
    case preEnqueue, queueSort, preFilter, filter, postFilter, preScore, score, reserve, permit, preBind, bind
    case postBind

    /// The Go interface of the point's plugins, as messages have it.
    var interfaceName: String {
        let name = rawValue
        return name.prefix(1).uppercased() + name.dropFirst() + "Plugin"
    }

    func isImplemented(by plugin: any Plugin) -> Bool {
        switch self {
        case .preEnqueue: plugin.asPreEnqueue != nil
        case .queueSort: plugin.asQueueSort != nil
        case .preFilter: plugin.asPreFilter != nil
        case .filter: plugin.asFilter != nil
        case .postFilter: plugin.asPostFilter != nil
        case .preScore: plugin.asPreScore != nil
        case .score: plugin.asScore != nil
        case .reserve: plugin.asReserve != nil
        case .permit: plugin.asPermit != nil
        case .preBind: plugin.asPreBind != nil
        case .bind: plugin.asBind != nil
        case .postBind: plugin.asPostBind != nil
        }
    }
}

/// A plugin that a configuration enables.
struct EnabledPlugin: Hashable, Sendable {
    var name: String
    /// 0 stands for the default.
    var weight: Int64 = 0
}

/// What a configuration enables and disables at one extension point.
///
/// Upstream: `pkg/scheduler/apis/config/v1/default_plugins.go`, `mergePluginSet` (v1.36).
struct PluginSet: Hashable, Sendable {
    var enabled: [EnabledPlugin] = []
    var disabled: [String] = []

    /// The default set with a configuration's changes.
    func merged(with custom: PluginSet) -> PluginSet {
        let disabled = custom.disabled + self.disabled
        var result: [EnabledPlugin] = []
        var replaced: Set<Int> = []
        if !disabled.contains("*") {
            for plugin in enabled where !disabled.contains(plugin.name) {
                if let place = custom.enabled.lastIndex(where: { $0.name == plugin.name }) {
                    replaced.insert(place)
                    result.append(custom.enabled[place])
                } else {
                    result.append(plugin)
                }
            }
        }
        for (place, plugin) in custom.enabled.enumerated() where !replaced.contains(place) {
            result.append(plugin)
        }
        return PluginSet(enabled: result, disabled: disabled)
    }

    /// The default plugins, at all their extension points.
    static let defaults = PluginSet(
        enabled: [
            .init(name: SchedulingGates.name), .init(name: PrioritySort.name),
            .init(name: NodeUnschedulable.name), .init(name: NodeName.name),
            .init(name: TaintToleration.name, weight: 3), .init(name: NodeAffinity.name, weight: 2),
            .init(name: NodePorts.name), .init(name: NodeResourcesFit.name, weight: 1),
            .init(name: VolumeRestrictions.name), .init(name: NodeVolumeLimits.name),
            .init(name: VolumeBinding.name), .init(name: VolumeZone.name),
            .init(name: PodTopologySpread.name, weight: 2), .init(name: InterPodAffinity.name, weight: 2),
            .init(name: DynamicResources.name, weight: 2), .init(name: DefaultPreemption.name),
            .init(name: NodeResourcesBalancedAllocation.name, weight: 1),
            .init(name: ImageLocality.name, weight: 1), .init(name: DefaultBinder.name),
            .init(name: NodeDeclaredFeatures.name),
        ])
}

extension PluginSet {
    /// The default plugins where nodes have GPUs that are shared.
    static let defaultsWithGPUs: PluginSet = {
        var set = defaults
        // After the other filters that look at room, before those that look at more than a node.
        let place = set.enabled.firstIndex { $0.name == NodeResourcesFit.name } ?? set.enabled.endIndex - 1
        set.enabled.insert(EnabledPlugin(name: GPUShare.name), at: place + 1)
        return set
    }()

    init(_ arguments: PluginArguments?) throws(ConfigurationError) {
        guard let arguments else { return }
        try arguments.allow(["enabled", "disabled"])
        for entry in try arguments.objects("enabled") { enabled.append(try EnabledPlugin(entry)) }
        for entry in try arguments.objects("disabled") { disabled.append(try EnabledPlugin(entry).name) }
    }
}

extension EnabledPlugin {
    fileprivate init(_ entry: PluginArguments) throws(ConfigurationError) {
        try entry.allow(["name", "weight"])
        name = try entry.string("name") ?? ""
        if name.isEmpty { throw ConfigurationError(path: "\(entry.path).name", message: "is missing") }
        weight = try entry.integer("weight", in: 0...Int64(Int32.max)) ?? 0
    }
}
