public import KubernetesModel

/// Spreads matching pods over topology domains: hard constraints reject nodes.
///
/// Upstream: `pkg/scheduler/framework/plugins/podtopologyspread` (v1.36).
public struct PodTopologySpread: PreFilterExtensions, FilterPlugin, EnqueueExtensions {
    public static let name = "PodTopologySpread"

    /// Constraints of pods that have none of their own.
    public enum Defaults: Hashable, Sendable {
        /// Soft: at most 3 apart between nodes, 5 between zones.
        case system
        case list([KubernetesModel.TopologySpreadConstraint])
    }

    let defaultConstraints: [KubernetesModel.TopologySpreadConstraint]
    let usesSystemDefaults: Bool

    public init(defaults: Defaults = .system) {
        switch defaults {
        case .list(let constraints):
            defaultConstraints = constraints
            usesSystemDefaults = false
        case .system:
            usesSystemDefaults = true
            defaultConstraints = [(WellKnown.hostnameLabel, Int64(3)), (WellKnown.zoneLabel, 5)].map {
                key, skew in
                var constraint = KubernetesModel.TopologySpreadConstraint()
                constraint.topologyKey = key
                constraint.maxSkew = skew
                constraint.whenUnsatisfiable = "ScheduleAnyway"
                return constraint
            }
        }
    }

    struct FilterState {
        let constraints: [SpreadConstraint]
        /// Matching pods by constraint and domain; nil for a domain that no eligible node is in.
        var counts: ContiguousArray<ContiguousArray<Int64?>>

        /// The smallest count, taken as 0 when there are fewer domains than asked for.
        func minimum(_ constraint: Int) -> Int64 {
            var least = Int64(Int32.max)
            var domains: Int64 = 0
            for case let count? in counts[constraint] {
                least = min(least, count)
                domains += 1
            }
            return domains < constraints[constraint].minDomains ? 0 : least
        }
    }

    // MARK: Filter

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        let nodes = cluster.nodes
        let constraints = self.constraints(
            of: pod, "DoNotSchedule", objects: cluster.objects)
        if constraints.isEmpty { return .skip }
        let columns = constraints.map { SpreadColumn($0.topologyKey, nodes: nodes) }
        var counts = ContiguousArray<ContiguousArray<Int64?>>(repeating: [], count: constraints.count)
        for place in constraints.indices {
            counts[place] = ContiguousArray(repeating: nil, count: columns[place].domainCount)
        }
        for node in nodes.order where columns.allSatisfy({ $0[node] >= 0 }) {
            for (place, constraint) in constraints.enumerated()
            where constraint.includes(node, for: pod, nodes: nodes) {
                counts[place][columns[place][node], default: 0] += constraint.count(
                    nodes.pods[node], namespace: pod.namespace)
            }
        }
        state.write(Self.name, FilterState(constraints: constraints, counts: counts))
        return .success
    }

    public func add(
        _ other: PodInfo, to node: NodeIndex, for pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    ) {
        update(other, at: node, for: pod, nodes: cluster.nodes, state: &state, sign: 1)
    }

    public func remove(
        _ other: PodInfo, from node: NodeIndex, for pod: PodInfo, cluster: ClusterCache,
        state: inout CycleState
    ) {
        update(other, at: node, for: pod, nodes: cluster.nodes, state: &state, sign: -1)
    }

    private func update(
        _ other: PodInfo, at node: NodeIndex, for pod: PodInfo, nodes: NodeTable, state: inout CycleState,
        sign: Int64
    ) {
        guard other.namespace == pod.namespace, var found: FilterState = state.read(Self.name) else { return }
        let columns = found.constraints.map { SpreadColumn($0.topologyKey, nodes: nodes) }
        guard columns.allSatisfy({ $0[node] >= 0 }) else { return }
        for (place, constraint) in found.constraints.enumerated()
        where constraint.matches(other.labels) && constraint.includes(node, for: pod, nodes: nodes) {
            found.counts[place][columns[place][node], default: 0] += sign
        }
        state.write(Self.name, found)
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        guard let found: FilterState = state.read(Self.name) else { return }
        let missing = rejections.verdict(
            .unschedulableAndUnresolvable,
            ["node(s) didn't match pod topology spread constraints (missing required label)"])
        let skewed = rejections.verdict(
            .unschedulable, ["node(s) didn't match pod topology spread constraints"])
        for (place, constraint) in found.constraints.enumerated() {
            let column = SpreadColumn(constraint.topologyKey, nodes: cluster.nodes)
            let own: Int64 = constraint.matches(pod.labels) ? 1 : 0
            let limit = constraint.maxSkew &+ found.minimum(place) &- own
            let counts = found.counts[place]
            for node in rejections.candidates {
                let domain = column[node]
                if domain < 0 {
                    rejections.add(missing, at: node)
                } else if (domain < counts.count ? counts[domain] ?? 0 : 0) > limit {
                    rejections.add(skewed, at: node)
                }
            }
        }
    }

    // MARK: Constraints

    /// The pod's constraints with an action, or the defaults for pods that some workload or service selects.
    func constraints(of pod: PodInfo, _ action: String, objects: ClusterObjects) -> [SpreadConstraint] {
        let own = pod.spec.topologySpreadConstraints
        if !own.isEmpty {
            return own.filter { $0.whenUnsatisfiable == action }.map {
                SpreadConstraint($0, podLabels: pod.labels)
            }
        }
        let defaults = defaultConstraints.filter { $0.whenUnsatisfiable == action }
        if defaults.isEmpty { return [] }
        let selector = DefaultSpreadSelector.selector(of: pod.value, objects: objects)
        if selector.isEmpty { return [] }
        return defaults.map {
            var constraint = SpreadConstraint($0, podLabels: pod.labels)
            constraint.selector = selector
            return constraint
        }
    }

    // MARK: Events

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.pod, [.add, .updatePodLabel, .updatePodToleration, .delete]),
            ClusterEvent(.node, [.add, .delete, .updateNodeLabel, .updateNodeTaint]),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        let constraints = constraints(of: pod, "DoNotSchedule", objects: cluster.objects)
        if change.oldNode != nil || change.newNode != nil {
            return isNodeWorthRetrying(constraints, change)
        }
        let (old, new) = (change.oldPod, change.newPod)
        for other in [new, old] {
            guard let other, other.metadata.uid != pod.uid else { continue }
            if other.nodeName.isEmpty && other.status.nominatedNodeName.isEmpty { return false }
            if other.metadata.namespace != pod.namespace { return false }
        }
        if let old, let new {
            if new.metadata.uid == pod.uid && new.spec.tolerations != old.spec.tolerations
                && constraints.contains(where: \.honorsTaints)
            {
                return true
            }
            return constraints.contains { $0.matches(old.metadata.labels) != $0.matches(new.metadata.labels) }
        }
        guard let other = new ?? old else { return false }
        return constraints.contains { $0.matches(other.metadata.labels) }
    }

    private func isNodeWorthRetrying(_ constraints: [SpreadConstraint], _ change: ClusterChange) -> Bool {
        func hasKeys(_ node: Node) -> Bool {
            constraints.allSatisfy { node.metadata.labels.contains($0.topologyKey) }
        }
        switch (change.oldNode, change.newNode) {
        case (let old?, let new?):
            let isEligible = hasKeys(new)
            if hasKeys(old) != isEligible { return true }
            guard isEligible else { return false }
            return old.spec.taints != new.spec.taints
                || constraints.contains {
                    old.metadata.labels[$0.topologyKey] != new.metadata.labels[$0.topologyKey]
                }
        case (nil, let node?), (let node?, nil): return hasKeys(node)
        case (nil, nil): return false
        }
    }
}

extension ContiguousArray<Int64?> {
    subscript(domain: Int, default value: Int64) -> Int64 {
        get { domain < count ? self[domain] ?? value : value }
        set {
            while count <= domain { append(nil) }
            self[domain] = newValue
        }
    }
}
