public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Stands where dynamic resource allocation is in upstream's default profile.
///
/// simk does not allocate devices: a pod with resource claims is refused with an error that says so. All
/// other pods pass; when one fits nowhere, the plugin says what upstream's says, since that is part of the
/// message. Upstream: `pkg/scheduler/framework/plugins/dynamicresources` (v1.36).
public struct DynamicResources: PreFilterPlugin, FilterPlugin, PostFilterPlugin, ScorePlugin, ReservePlugin,
    PreBindPlugin, PreEnqueuePlugin, EnqueueExtensions
{
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

    // MARK: Nothing to do without claims

    public var events: [ClusterEvent] { [.wildcard] }

    public func preEnqueue(_ pod: PodInfo) -> Status { .success }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {}

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {}

    public func reserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) -> Status { .success }

    public func unreserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) {}

    public var preBindTimeout: VirtualDuration { .zero }

    public func preBindWrites(
        _ pod: PodInfo, on node: NodeIndex, cluster: ClusterCache, state: CycleState
    ) -> [APIObject] { [] }

    public func preBindProgress(
        _ pod: PodInfo, onNodeNamed node: String, cluster: ClusterCache, state: CycleState
    ) -> PreBindProgress { .done }
}
