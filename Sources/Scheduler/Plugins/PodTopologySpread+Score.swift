import KubernetesModel
import Stochastics

/// Soft constraints: fewer matching pods in a node's domains are better, weighed by the number of domains.
///
/// Upstream: `pkg/scheduler/framework/plugins/podtopologyspread/scoring.go` (v1.36).
extension PodTopologySpread: PreScorePlugin, NormalizeScorePlugin {
    private struct ScoreState {
        let constraints: [SpreadConstraint]
        /// Feasible nodes that lack a key, in the order of rows; they score 0.
        let isIgnored: ContiguousArray<Bool>
        /// Matching pods by constraint and domain; nil where no feasible node is. Not counted by node's name.
        let counts: ContiguousArray<ContiguousArray<Int64?>>
        let weights: [Double]
    }
    private static let scoreKey = "PreScorePodTopologySpread"

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status {
        let nodes = cluster.nodes
        let constraints = self.constraints(of: pod, "ScheduleAnyway", objects: cluster.objects)
        if constraints.isEmpty { return .skip }
        let requiresAllKeys = !pod.spec.topologySpreadConstraints.isEmpty || !usesSystemDefaults
        let columns = constraints.map { SpreadColumn($0.topologyKey, nodes: nodes) }
        func hasAllKeys(_ node: NodeIndex) -> Bool { columns.allSatisfy { $0[node] >= 0 } }

        // A node without the key is in a domain of its own kind, the one after all others; so is one whose label
        // is empty, since upstream tells domains apart by the label's value alone.
        var counts = ContiguousArray<ContiguousArray<Int64?>>()
        for column in columns {
            counts.append(ContiguousArray(repeating: nil, count: column.domainCount + 1))
        }
        func place(_ constraint: Int, _ node: NodeIndex) -> Int {
            let domain = columns[constraint][node]
            return domain < 0 || columns[constraint].isEmptyValue(domain)
                ? columns[constraint].domainCount : domain
        }
        var isIgnored = ContiguousArray<Bool>(repeating: false, count: nodes.rowCount)
        var sizes = [Int](repeating: 0, count: constraints.count)
        var remaining = feasible.count
        for node in feasible {
            if requiresAllKeys && !hasAllKeys(node) {
                isIgnored[node] = true
                remaining -= 1
                continue
            }
            for index in constraints.indices where constraints[index].topologyKey != WellKnown.hostnameLabel {
                let domain = place(index, node)
                if counts[index][domain] == nil {
                    counts[index][domain] = 0
                    sizes[index] += 1
                }
            }
        }
        let weights = constraints.indices.map { index in
            let size = constraints[index].topologyKey == WellKnown.hostnameLabel ? remaining : sizes[index]
            return naturalLogarithm(Double(size + 2))
        }
        for node in nodes.order where !requiresAllKeys || hasAllKeys(node) {
            for (index, constraint) in constraints.enumerated() {
                let domain = place(index, node)
                guard let count = counts[index][domain], constraint.includes(node, for: pod, nodes: nodes)
                else { continue }
                counts[index][domain] =
                    count + constraint.count(nodes.pods[node], namespace: pod.namespace)
            }
        }
        state.write(
            Self.scoreKey,
            ScoreState(constraints: constraints, isIgnored: isIgnored, counts: counts, weights: weights))
        return .success
    }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        guard let found: ScoreState = state.read(Self.scoreKey) else { return }
        let nodes = cluster.nodes
        let columns = found.constraints.map { SpreadColumn($0.topologyKey, nodes: nodes) }
        for place in feasible.indices {
            let node = feasible[place]
            if found.isIgnored[node] { continue }
            var score = 0.0
            for (index, constraint) in found.constraints.enumerated() {
                let domain = columns[index][node]
                guard domain >= 0 else { continue }
                let count =
                    constraint.topologyKey == WellKnown.hostnameLabel
                    ? constraint.count(nodes.pods[node], namespace: pod.namespace)
                    : found.counts[index][
                        columns[index].isEmptyValue(domain) ? columns[index].domainCount : domain] ?? 0
                score += Double(count) * found.weights[index] + Double(constraint.maxSkew &- 1)
            }
            scores[place] = Int64(truncatingAsGo: score.rounded(.toNearestOrAwayFromZero))
        }
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        guard let found: ScoreState = state.read(Self.scoreKey) else { return }
        var least = Int64.max
        var greatest: Int64 = 0
        for place in scores.indices where !found.isIgnored[feasible[place]] {
            least = min(least, scores[place])
            greatest = max(greatest, scores[place])
        }
        for place in scores.indices {
            if found.isIgnored[feasible[place]] {
                scores[place] = 0
            } else if greatest == 0 {
                scores[place] = NodeScore.maximum
            } else {
                scores[place] = NodeScore.maximum &* (greatest &+ least &- scores[place]) / greatest
            }
        }
    }
}
