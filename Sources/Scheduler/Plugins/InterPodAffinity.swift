import KubernetesModel

/// Keeps pods near to pods, or away from them, within topology domains: required terms reject nodes.
///
/// Upstream: `pkg/scheduler/framework/plugins/interpodaffinity/filtering.go` (v1.36).
public struct InterPodAffinity: PreFilterExtensions, FilterPlugin, EnqueueExtensions {
    public static let name = "InterPodAffinity"

    /// The weight of a required affinity term of an existing pod in scores; 0 leaves them out.
    let hardPodAffinityWeight: Int64
    let ignoresPreferredTermsOfExistingPods: Bool

    public init(hardPodAffinityWeight: Int64 = 1, ignoresPreferredTermsOfExistingPods: Bool = false) {
        self.hardPodAffinityWeight = hardPodAffinityWeight
        self.ignoresPreferredTermsOfExistingPods = ignoresPreferredTermsOfExistingPods
    }

    struct FilterState {
        var affinity: [AffinityTerm]
        var antiAffinity: [AffinityTerm]
        let namespaceLabels: Labels
        /// Existing pods' anti-affinity terms that are about the pod.
        var existingAntiAffinityCounts = TopologyCounts()
        /// Pods that all the pod's affinity terms are about.
        var affinityCounts = TopologyCounts()
        /// Pods that the pod's anti-affinity terms are about.
        var antiAffinityCounts = TopologyCounts()

        mutating func count(
            _ other: PodInfo, at node: NodeIndex, for pod: PodInfo, nodes: NodeTable, sign: Int64
        ) {
            countExisting(other, at: node, for: pod, nodes: nodes, sign: sign)
            countIncoming(other, at: node, nodes: nodes, sign: sign)
        }

        mutating func countExisting(
            _ other: PodInfo, at node: NodeIndex, for pod: PodInfo, nodes: NodeTable, sign: Int64
        ) {
            for term in other.podClass.requiredAntiAffinity
            where term.matches(pod.value, namespaceLabels: namespaceLabels) {
                existingAntiAffinityCounts.add(sign, term.topology, at: node, in: nodes)
            }
        }

        mutating func countIncoming(_ other: PodInfo, at node: NodeIndex, nodes: NodeTable, sign: Int64) {
            if InterPodAffinity.matchesAll(affinity, other.value) {
                for term in affinity { affinityCounts.add(sign, term.topology, at: node, in: nodes) }
            }
            for term in antiAffinity where term.matches(other.value, namespaceLabels: Labels()) {
                antiAffinityCounts.add(sign, term.topology, at: node, in: nodes)
            }
        }
    }

    /// Whether there are terms, and all are about the pod.
    static func matchesAll(_ terms: [AffinityTerm], _ pod: Pod) -> Bool {
        !terms.isEmpty && terms.allSatisfy { $0.matches(pod, namespaceLabels: Labels()) }
    }

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        let nodes = cluster.nodes
        let namespaces = cluster.objects.namespaces
        var found = FilterState(
            affinity: pod.podClass.requiredAffinity.map { $0.resolvingNamespaces(namespaces) },
            antiAffinity: pod.podClass.requiredAntiAffinity.map { $0.resolvingNamespaces(namespaces) },
            namespaceLabels: cluster.objects.namespaceLabels(pod.namespace))
        let hasOwnTerms = !found.affinity.isEmpty || !found.antiAffinity.isEmpty
        for node in nodes.order {
            if nodes.antiAffinityPodCount[node] > 0 {
                for other in nodes.pods[node] {
                    found.countExisting(other, at: node, for: pod, nodes: nodes, sign: 1)
                }
            }
            if hasOwnTerms {
                for other in nodes.pods[node] { found.countIncoming(other, at: node, nodes: nodes, sign: 1) }
            }
        }
        if found.existingAntiAffinityCounts.isEmpty && !hasOwnTerms { return .skip }
        state.write(Self.name, found)
        return .success
    }

    public func add(
        _ other: PodInfo, to node: NodeIndex, for pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    ) {
        guard var found: FilterState = state.read(Self.name) else { return }
        found.count(other, at: node, for: pod, nodes: cluster.nodes, sign: 1)
        state.write(Self.name, found)
    }

    public func remove(
        _ other: PodInfo, from node: NodeIndex, for pod: PodInfo, cluster: ClusterCache,
        state: inout CycleState
    ) {
        guard var found: FilterState = state.read(Self.name) else { return }
        found.count(other, at: node, for: pod, nodes: cluster.nodes, sign: -1)
        state.write(Self.name, found)
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        guard let found: FilterState = state.read(Self.name) else { return }
        let topologies = cluster.nodes.topologies
        // The first pod of a group that wants to be together may go anywhere that has the keys.
        let isFirst = found.affinityCounts.isEmpty && Self.matchesAll(found.affinity, pod.value)
        let noAffinity = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) didn't match pod affinity rules"])
        let antiAffinity = rejections.verdict(
            .unschedulable, ["node(s) didn't match pod anti-affinity rules"])
        let existing = rejections.verdict(
            .unschedulable, ["node(s) didn't satisfy existing pods anti-affinity rules"])
        for node in rejections.candidates {
            if !satisfiesAffinity(found, isFirst: isFirst, node: node, topologies: topologies) {
                rejections.add(noAffinity, at: node)
                continue
            }
            let isNearAvoided = found.antiAffinity.contains {
                found.antiAffinityCounts($0.topology, topologies[$0.topology.value][node]) > 0
            }
            if isNearAvoided {
                rejections.add(antiAffinity, at: node)
                continue
            }
            let isAvoided = found.existingAntiAffinityCounts.keys.contains {
                found.existingAntiAffinityCounts($0, topologies[$0.value][node]) > 0
            }
            if isAvoided { rejections.add(existing, at: node) }
        }
    }

    private func satisfiesAffinity(
        _ found: FilterState, isFirst: Bool, node: NodeIndex, topologies: ContiguousArray<TopologyDomains>
    ) -> Bool {
        var areAllPresent = true
        for term in found.affinity {
            let domain = topologies[term.topology.value][node]
            if domain < 0 { return false }
            if found.affinityCounts(term.topology, domain) <= 0 { areAllPresent = false }
        }
        return areAllPresent || isFirst
    }

    // MARK: Events

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.pod, [.add, .updatePodLabel, .delete]),
            ClusterEvent(.node, [.add, .updateNodeLabel]),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        let terms = pod.podClass.requiredAffinity
        let antiTerms = pod.podClass.requiredAntiAffinity
        if change.newNode != nil || change.oldNode != nil {
            return isNodeWorthRetrying(terms, antiTerms, change, cluster)
        }
        let (old, new) = (change.oldPod, change.newPod)
        if let new, old != nil, new.metadata.uid == pod.uid { return true }
        for other in [new, old] {
            if let other, other.nodeName.isEmpty && other.status.nominatedNodeName.isEmpty { return false }
        }
        switch (old, new) {
        case (let old?, let new?):
            return (!Self.matchesAll(terms, old) && Self.matchesAll(terms, new))
                || (Self.matchesAll(antiTerms, old) && !Self.matchesAll(antiTerms, new))
        case (nil, let new?): return Self.matchesAll(terms, new)
        case (let old?, nil):
            if Self.matchesAll(antiTerms, old) { return true }
            var table = NodeTable()
            return Self.matchesAll(table.compile(Ref(old)).podClass.requiredAntiAffinity, pod.value)
        case (nil, nil): return false
        }
    }

    private func isNodeWorthRetrying(
        _ terms: [AffinityTerm], _ antiTerms: [AffinityTerm], _ change: ClusterChange, _ cluster: ClusterCache
    ) -> Bool {
        guard let new = change.newNode?.metadata.labels else { return false }
        let old = change.oldNode?.metadata.labels
        for term in terms {
            let key = cluster.nodes.topologies[term.topology.value].key
            guard let old else {
                if new[key] != nil { return true }
                continue
            }
            if let value = new[key], old[key] != value { return true }
        }
        for term in antiTerms {
            let key = cluster.nodes.topologies[term.topology.value].key
            guard let old else { return true }
            if let value = old[key], new[key] != value { return true }
        }
        return false
    }
}
