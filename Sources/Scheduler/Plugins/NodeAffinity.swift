public import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Rejects nodes that do not meet the pod's node selector and required node affinity, and prefers those that
/// meet its preferred terms.
///
/// The profile may add requirements and preferences of its own for all pods.
/// Upstream: `pkg/scheduler/framework/plugins/nodeaffinity` (v1.36).
public struct NodeAffinity: PreFilterPlugin, FilterPlugin, PreScorePlugin, NormalizeScorePlugin,
    EnqueueExtensions
{
    public static let name = "NodeAffinity"

    let addedSelector: NodeSelector?
    let addedPreferences: [PreferredSchedulingTerm]

    public init(addedAffinity: KubernetesModel.NodeAffinity? = nil) {
        addedSelector = addedAffinity?.required
        addedPreferences = addedAffinity?.preferred ?? []
    }

    private func hasRequirements(_ pod: PodInfo) -> Bool {
        pod.spec.affinity?.nodeAffinity?.required != nil || pod.spec.source["nodeSelector"] != nil
    }

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        let required = pod.spec.affinity?.nodeAffinity?.required
        if required == nil && addedSelector == nil && !hasRequirements(pod) { return .skip }
        guard let terms = required?.nodeSelectorTerms, !terms.isEmpty else { return .success }
        var union: Set<String> = []
        for term in terms {
            var names: Set<String>?
            for field in term.matchFields where field.key == "metadata.name" && field.operatorName == "In" {
                names = names?.intersection(field.values) ?? Set(field.values)
            }
            guard let names else { return .success }
            union.formUnion(names)
        }
        if union.isEmpty { return PreFilterResult(.unresolvable("pod affinity terms conflict")) }
        return PreFilterResult(.success, nodeNames: union.sorted())
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let nodes = cluster.nodes
        if let addedSelector {
            var symbols = nodes.symbols
            let selector = CompiledNodeSelector(addedSelector, symbols: &symbols)
            let verdict = rejections.verdict(
                .unschedulableAndUnresolvable, ["node(s) didn't match scheduler-enforced node affinity"])
            for node in rejections.candidates where !selector.matches(node, in: nodes) {
                rejections.add(verdict, at: node)
            }
        }
        let requirements = pod.podClass.requiredNodeAffinity
        if requirements.isEmpty { return }
        let verdict = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) didn't match Pod's node affinity/selector"])
        for node in rejections.candidates where !requirements.matches(node, in: nodes) {
            rejections.add(verdict, at: node)
        }
    }

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status {
        let preferred = pod.spec.affinity?.nodeAffinity?.preferred ?? []
        if preferred.isEmpty && addedPreferences.isEmpty { return .skip }
        if pod.podClass.preferredNodeAffinity == nil {
            return .error(Self.parsingError(preferred))
        }
        return .success
    }

    /// Why preferred terms cannot be parsed, in the API machinery's words.
    ///
    /// Other faults than bounds that are no integers are refused when the pod is created.
    private static func parsingError(_ terms: [PreferredSchedulingTerm]) -> String {
        var errors: [String] = []
        for (place, term) in terms.enumerated() where term.weight != 0 {
            for (index, requirement) in term.preference.matchExpressions.enumerated()
            where ["Gt", "Lt"].contains(requirement.operatorName) {
                for (position, value) in requirement.values.enumerated() where Int64(value) == nil {
                    errors.append(
                        "[\(place)].matchExpressions[\(index)].values[\(position)]: Invalid value: "
                            + "\"\(value)\": for 'Gt', 'Lt' operators, the value must be an integer")
                }
            }
        }
        switch errors.count {
        case 0: return "a preferred node affinity term cannot be parsed"
        case 1: return errors[0]
        default: return "[\(errors.joined(separator: ", "))]"
        }
    }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let nodes = cluster.nodes
        if !addedPreferences.isEmpty {
            var symbols = nodes.symbols
            if let added = PreferredNodeTerms(addedPreferences, symbols: &symbols) {
                for place in feasible.indices { scores[place] &+= added.score(feasible[place], in: nodes) }
            }
        }
        guard let preferred = pod.podClass.preferredNodeAffinity else { return }
        for place in feasible.indices { scores[place] &+= preferred.score(feasible[place], in: nodes) }
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        NodeScore.normalize(&scores, reversed: false)
    }

    public var events: [ClusterEvent] { [ClusterEvent(.node, [.add, .updateNodeLabel])] }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        guard let new = change.newNode, matches(pod, new) else { return false }
        return change.oldNode.map { !matches(pod, $0, withAdded: false) } ?? true
    }

    /// Matches a node that need not be in the table.
    private func matches(_ pod: PodInfo, _ node: Node, withAdded: Bool = true) -> Bool {
        var table = NodeTable()
        let row = table.set(Ref(node))
        if withAdded, let addedSelector,
            !CompiledNodeSelector(addedSelector, symbols: &table.symbols).matches(row, in: table)
        {
            return false
        }
        return NodeRequirements(spec: pod.spec, symbols: &table.symbols).matches(row, in: table)
    }
}
