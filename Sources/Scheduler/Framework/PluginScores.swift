/// One plugin's scores of the feasible nodes, in their order.
public struct PluginScores: Sendable {
    public var plugin: String
    public var weight: Int64
    public var raw: ContiguousArray<Int64>
    public var normalized: ContiguousArray<Int64>
}

extension Framework {
    /// Scores the feasible nodes; the second part is the weighted sum a node. An error has a text only.
    func runScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState,
        areNodesBare: Bool = false
    ) -> (scores: [PluginScores], totals: ContiguousArray<Int64>, error: String) {
        for plugin in preScore {
            let status = plugin.preScore(pod, feasible: feasible, cluster: cluster, state: &state)
            switch status.code {
            case .skip: state.skippedScores.insert(plugin.name)
            case .success: break
            default:
                return ([], [], "running PreScore plugin \"\(plugin.name)\": \(status.message)")
            }
        }
        var cluster = cluster
        if areNodesBare {
            for node in feasible {
                for pod in cluster.nodes.pods[node] { cluster.nodes.remove(pod.uid, from: node) }
            }
        }
        var totals = ContiguousArray<Int64>(repeating: 0, count: feasible.count)
        var all: [PluginScores] = []
        for (plugin, weight) in score where !state.skippedScores.contains(plugin.name) {
            var scores = ContiguousArray<Int64>(repeating: 0, count: feasible.count)
            if !areNodesBare || plugin.name != ImageLocality.name {
                plugin.score(pod, feasible: feasible, cluster: cluster, state: state, scores: &scores)
            }
            let raw = scores
            plugin.asNormalizeScore?.normalize(
                pod, feasible: feasible, state: state, scores: &scores)
            for place in scores.indices {
                let score = scores[place]
                guard score >= NodeScore.minimum && score <= NodeScore.maximum else {
                    let text =
                        "applying score defaultWeights on Score plugins: plugin \"\(plugin.name)\" returns "
                        + "an invalid score \(score), it should in the range of [0, 100] after normalizing"
                    return ([], [], text)
                }
                totals[place] &+= score &* weight
            }
            all.append(PluginScores(plugin: plugin.name, weight: weight, raw: raw, normalized: scores))
        }
        return (all, totals, "")
    }
}
