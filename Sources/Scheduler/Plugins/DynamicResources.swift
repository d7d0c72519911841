import KubernetesModel
import OrderedCollections

/// Stands where dynamic resource allocation is in upstream's default profile.
///
/// simk does not allocate devices: a pod with resource claims is refused with an error that says so. All
/// other pods pass; when one fits nowhere, the plugin says what upstream's says, since that is part of the
/// message. Upstream: `pkg/scheduler/framework/plugins/dynamicresources` (v1.36).
public struct DynamicResources: PreFilterPlugin, PostFilterPlugin {
    public static let name = "DynamicResources"

    public init() {}

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        let claims = pod.spec.fields.rest["resourceClaims"]?.arrayValue ?? []
        state.write(Self.name, true)
        if claims.isEmpty { return .skip }
        return PreFilterResult(
            .error("simk does not simulate dynamic resource allocation (spec.resourceClaims)"))
    }

    public func postFilter(
        _ pod: PodInfo, cluster: inout ClusterCache, state: CycleState, diagnosis: Diagnosis,
        framework: Framework
    ) -> PostFilterResult {
        // Upstream misses its own state when another plugin's PreFilter ended the cycle before its turn.
        guard state.read(Self.name, as: Bool.self) != nil else {
            return PostFilterResult(.error("not found"))
        }
        return PostFilterResult(.unschedulable("no new claims to deallocate"))
    }
}
