import KubernetesModel
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

    /// Registers a plugin that takes no arguments; those that a configuration gives are refused.
    ///
    /// kube-scheduler does not read arguments of plugins that declare none, so that they would have no effect.
    public mutating func register<P: Plugin>(_ plugin: @autoclosure @escaping @Sendable () -> P) {
        register(P.self) { arguments throws(ConfigurationError) in
            try arguments.refuse(for: P.name)
            return plugin()
        }
    }

    public subscript(name: String) -> Factory? { entries.first { $0.name == name }?.factory }

    /// Upstream's plugins and simk's own.
    public static var standard: PluginRegistry { standard(PluginEnvironment()) }

    /// Upstream's plugins and simk's own, for a run.
    public static func standard(_ environment: PluginEnvironment) -> PluginRegistry {
        var registry = PluginRegistry()
        registry.register(SchedulingGates())
        registry.register(PrioritySort())
        registry.register(NodeUnschedulable())
        registry.register(NodeName())
        registry.register(TaintToleration())
        registry.register(NodeAffinity.self) { arguments throws(ConfigurationError) in
            try NodeAffinity(arguments: arguments)
        }
        registry.register(NodePorts())
        registry.register(NodeResourcesFit.self) { arguments throws(ConfigurationError) in
            try NodeResourcesFit(arguments: arguments)
        }
        registry.register(VolumeRestrictions())
        registry.register(NodeVolumeLimits())
        registry.register(VolumeBinding.self) { arguments throws(ConfigurationError) in
            try VolumeBinding(arguments: arguments)
        }
        registry.register(VolumeZone())
        registry.register(PodTopologySpread.self) { arguments throws(ConfigurationError) in
            try PodTopologySpread(arguments: arguments)
        }
        registry.register(InterPodAffinity.self) { arguments throws(ConfigurationError) in
            try InterPodAffinity(arguments: arguments)
        }
        registry.register(DynamicResources.self) { arguments throws(ConfigurationError) in
            try DynamicResources(arguments: arguments)
        }
        registry.register(DefaultPreemption.self) { arguments throws(ConfigurationError) in
            try DefaultPreemption(arguments: arguments)
        }
        registry.register(NodeResourcesBalancedAllocation.self) { arguments throws(ConfigurationError) in
            try NodeResourcesBalancedAllocation(arguments: arguments)
        }
        registry.register(ImageLocality())
        registry.register(DefaultBinder())
        registry.register(NodeDeclaredFeatures())
        registry.registerPolicies(environment)
        return registry
    }
}
