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
        for place in feasible.indices {
            scores[place] = Self.score(usage, feasible[place], cluster.nodes)
        }
    }

    /// The score of one node.
    static func score(_ usage: ResourceUsage, _ node: NodeIndex, _ nodes: NodeTable) -> Int64 {
        if usage.resources.count == 2 {
            // Two resources, the common case, need no memory.
            let (first, second) = (usage.resources[0], usage.resources[1])
            let (capacity, allocated) = usage.amounts(first, node: node, nodes: nodes)
            let (otherCapacity, otherAllocated) = usage.amounts(second, node: node, nodes: nodes)
            if capacity != 0 && otherCapacity != 0 {
                func fraction(_ amount: Int64, _ capacity: Int64) -> Double {
                    min(1, Double(amount) / Double(capacity))
                }
                let with = balance(
                    fraction(allocated &+ first.request, capacity),
                    fraction(otherAllocated &+ second.request, otherCapacity))
                let without = balance(
                    fraction(allocated, capacity), fraction(otherAllocated, otherCapacity))
                // Absurd quantities wrap, as upstream's do.
                return 50 &+ (50 &+ with &- without) / 2
            }
        }
        var with: ContiguousArray<Double> = []
        var without: ContiguousArray<Double> = []
        for resource in usage.resources {
            let (allocatable, allocated) = usage.amounts(resource, node: node, nodes: nodes)
            if allocatable == 0 { continue }
            with.append(min(1, Double(allocated &+ resource.request) / Double(allocatable)))
            without.append(min(1, Double(allocated) / Double(allocatable)))
        }
        return 50 &+ (50 &+ balance(with) &- balance(without)) / 2
    }

    private static func balance(_ first: Double, _ second: Double) -> Int64 {
        Int64(truncatingAsGo: (1 - abs((first - second) / 2)) * Double(NodeScore.maximum))
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
