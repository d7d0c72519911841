import KubernetesModel

/// Prefers nodes whose resources would be used more evenly with the pod than without.
///
/// Upstream: `pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go` (v1.36).
public struct NodeResourcesBalancedAllocation: PreScorePlugin, ScorePlugin {
    public static let name = "NodeResourcesBalancedAllocation"

    let resources: [ScoredResource]

    public init(resources: [ScoredResource] = ScoredResource.cpuAndMemory) { self.resources = resources }

    private func usage(_ pod: PodInfo, _ nodes: NodeTable) -> ResourceUsage {
        ResourceUsage(resources, of: pod.podClass.scoringRequests, countsDefaults: false, nodes: nodes)
    }

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status {
        usage(pod, cluster.nodes).isBestEffort ? .skip : .success
    }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let usage = usage(pod, cluster.nodes)
        var with: ContiguousArray<Double> = []
        var without: ContiguousArray<Double> = []
        for place in feasible.indices {
            with.removeAll(keepingCapacity: true)
            without.removeAll(keepingCapacity: true)
            for resource in usage.resources {
                let (allocatable, allocated) = usage.amounts(
                    resource, node: feasible[place], nodes: cluster.nodes)
                if allocatable == 0 { continue }
                with.append(min(1, Double(allocated &+ resource.request) / Double(allocatable)))
                without.append(min(1, Double(allocated) / Double(allocatable)))
            }
            // Absurd quantities wrap, as upstream's do.
            scores[place] = 50 &+ (50 &+ Self.balance(with) &- Self.balance(without)) / 2
        }
    }

    /// 100 when all fractions are equal, less by their standard deviation.
    private static func balance(_ fractions: ContiguousArray<Double>) -> Int64 {
        var deviation = 0.0
        if fractions.count == 2 {
            deviation = abs((fractions[0] - fractions[1]) / 2)
        } else if fractions.count > 2 {
            var total = 0.0
            for fraction in fractions { total += fraction }
            let mean = total / Double(fractions.count)
            var sum = 0.0
            for fraction in fractions { sum += (fraction - mean) * (fraction - mean) }
            deviation = (sum / Double(fractions.count)).squareRoot()
        }
        return Int64(truncatingAsGo: (1 - deviation) * Double(NodeScore.maximum))
    }
}
