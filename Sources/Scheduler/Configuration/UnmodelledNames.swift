/// What kube-scheduler's configuration can name and simk does not model: each behind a feature gate that is off by
/// default, or gone.
///
/// Upstream: `pkg/scheduler/framework/plugins/names/names.go`, `pkg/scheduler/apis/config/v1/default_plugins.go`,
/// `apis/config/validation/validation.go`, `invalidPluginsByVersion` (v1.36).
enum UnmodelledNames {
    private static let plugins = [
        (name: "GangScheduling", gate: "GangScheduling"),
        (name: "TopologyPlacementGenerator", gate: "TopologyAwareWorkloadScheduling"),
        (name: "PodGroupPodsCount", gate: "TopologyAwareWorkloadScheduling"),
    ]
    /// Plugins of earlier versions.
    private static let removed = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"]
    /// Extension points of workloads that are placed as one.
    static let extensionPoints = ["placementGenerate", "placementScore"]

    /// Why a plugin of that name cannot be enabled; nil for names that are not kube-scheduler's.
    static func refusal(ofPlugin name: String) -> String? {
        if let plugin = plugins.first(where: { $0.name == name }) {
            let instead =
                name == "GangScheduling" ? "; simk's own plugin for gangs is \(Coscheduling.name)" : ""
            return
                "\(name) is a plugin of kube-scheduler behind the feature gate \(plugin.gate), which is off by "
                + "default in v1.36, and simk does not model it\(instead)"
        }
        if removed.contains(name) {
            let version = SchedulerConfiguration.apiVersion
            return "'\(name)' was invalid in version \"\(version)\" (KubeSchedulerConfiguration is version "
                + "\"\(version)\")"
        }
        return nil
    }

    /// Why nothing can be enabled at one of ``extensionPoints``.
    static func refusal(ofExtensionPoint name: String) -> String {
        "\(name) is an extension point of kube-scheduler behind the feature gate TopologyAwareWorkloadScheduling, "
            + "which is off by default in v1.36, and simk does not model it"
    }
}
