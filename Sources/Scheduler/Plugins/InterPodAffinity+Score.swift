import KubernetesModel

/// Preferred terms, of the pod and of the pods there are, and required affinity of the pods there are.
///
/// Upstream: `pkg/scheduler/framework/plugins/interpodaffinity/scoring.go` (v1.36).
extension InterPodAffinity: PreScorePlugin, NormalizeScorePlugin {
    private struct ScoreState {
        var counts = TopologyCounts()
    }
    private static let scoreKey = "PreScoreInterPodAffinity"

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status {
        let nodes = cluster.nodes
        let podClass = pod.podClass
        let hasPreferences = !podClass.preferredAffinity.isEmpty || !podClass.preferredAntiAffinity.isEmpty
        if ignoresPreferredTermsOfExistingPods && !hasPreferences { return .skip }
        let namespaces = cluster.objects.namespaces
        let affinity = podClass.preferredAffinity.map { $0.resolvingNamespaces(namespaces) }
        let antiAffinity = podClass.preferredAntiAffinity.map { $0.resolvingNamespaces(namespaces) }
        let namespaceLabels = cluster.objects.namespaceLabels(pod.namespace)
        var counts = TopologyCounts()
        var isAnyTermMet = false
        func count(_ term: AffinityTerm, _ amount: Int64, of other: Pod, _ labels: Labels, _ node: NodeIndex)
        {
            guard term.matches(other, namespaceLabels: labels) else { return }
            let domain = nodes.topologies[term.topology.value][node]
            guard domain >= 0 else { return }
            isAnyTermMet = true
            counts.add(amount, term.topology, domain)
        }
        for node in nodes.order {
            if !hasPreferences && nodes.affinityPodCount[node] == 0 { continue }
            for other in nodes.pods[node] {
                if !hasPreferences && !other.podClass.hasAffinity { continue }
                for term in affinity { count(term, term.weight, of: other.value, Labels(), node) }
                for term in antiAffinity { count(term, 0 &- term.weight, of: other.value, Labels(), node) }
                if !other.podClass.hasAffinity { continue }
                if hardPodAffinityWeight > 0 {
                    for term in other.podClass.requiredAffinity {
                        count(term, hardPodAffinityWeight, of: pod.value, namespaceLabels, node)
                    }
                }
                for term in other.podClass.preferredAffinity {
                    count(term, term.weight, of: pod.value, namespaceLabels, node)
                }
                for term in other.podClass.preferredAntiAffinity {
                    count(term, 0 &- term.weight, of: pod.value, namespaceLabels, node)
                }
            }
        }
        if !isAnyTermMet { return .skip }
        state.write(Self.scoreKey, ScoreState(counts: counts))
        return .success
    }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        guard let counts = state.read(Self.scoreKey, as: ScoreState.self)?.counts else { return }
        for key in counts.keys {
            let domains = cluster.nodes.topologies[key.value]
            for place in feasible.indices { scores[place] &+= counts(key, domains[feasible[place]]) }
        }
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        guard let least = scores.min(), let greatest = scores.max() else { return }
        let range = greatest &- least
        for place in scores.indices {
            let share = range > 0 ? Double(scores[place] &- least) / Double(range) : 0
            scores[place] = Int64(truncatingAsGo: Double(NodeScore.maximum) * share)
        }
    }
}
