import KubernetesModel

/// A resource that counts in scores, and how much.
public struct ScoredResource: Hashable, Sendable {
    public var name: String
    public var weight: Int64

    public init(name: String, weight: Int64 = 1) {
        self.name = name
        self.weight = weight
    }

    public static let cpuAndMemory = [
        ScoredResource(name: ResourceName.cpu), ScoredResource(name: ResourceName.memory),
    ]
}

/// A point of the function from utilisation (percent) to score (0 to 100).
public struct UtilizationPoint: Hashable, Sendable {
    public var utilization: Int64
    public var score: Int64

    public init(utilization: Int64, score: Int64) {
        self.utilization = utilization
        self.score = score
    }
}

/// How NodeResourcesFit scores nodes.
///
/// Upstream: `least_allocated.go`, `most_allocated.go`, `requested_to_capacity_ratio.go` in
/// `pkg/scheduler/framework/plugins/noderesources` (v1.36).
public enum ScoringStrategy: Hashable, Sendable {
    case leastAllocated([ScoredResource])
    case mostAllocated([ScoredResource])
    case requestedToCapacityRatio([ScoredResource], shape: [UtilizationPoint])

    var resources: [ScoredResource] {
        switch self {
        case .leastAllocated(let resources), .mostAllocated(let resources),
            .requestedToCapacityRatio(let resources, _):
            resources
        }
    }

    func score(_ usage: ResourceUsage, node: NodeIndex, nodes: NodeTable) -> Int64 {
        var sum: Int64 = 0
        var weights: Int64 = 0
        for resource in usage.resources {
            let (allocatable, allocated) = usage.amounts(resource, node: node, nodes: nodes)
            if allocatable == 0 { continue }
            // Absurd quantities wrap, as upstream's do.
            let requested = allocated &+ resource.request
            let score: Int64
            switch self {
            case .leastAllocated:
                score =
                    requested > allocatable
                    ? 0 : wrappingDivide((allocatable &- requested) &* NodeScore.maximum, allocatable)
            case .mostAllocated:
                score = wrappingDivide(min(requested, allocatable) &* NodeScore.maximum, allocatable)
            case .requestedToCapacityRatio(_, let shape):
                let utilization =
                    requested > allocatable ? 100 : wrappingDivide(requested &* 100, allocatable)
                score = Self.interpolate(shape, utilization)
                if score <= 0 { continue }
            }
            sum &+= score &* resource.weight
            weights &+= resource.weight
        }
        if weights == 0 { return 0 }
        if case .requestedToCapacityRatio = self {
            return Int64((Double(sum) / Double(weights)).rounded(.toNearestOrAwayFromZero))
        }
        return wrappingDivide(sum, weights)
    }

    private static func interpolate(_ shape: [UtilizationPoint], _ utilization: Int64) -> Int64 {
        for place in shape.indices where utilization <= shape[place].utilization {
            if place == 0 { return shape[0].score }
            let (from, to) = (shape[place - 1], shape[place])
            return from.score
                + wrappingDivide(
                    (to.score - from.score) &* (utilization - from.utilization),
                    to.utilization - from.utilization)
        }
        return shape.last?.score ?? 0
    }
}

/// Divides as Go does: towards zero, and the least integer by -1 wraps.
func wrappingDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    divisor == -1 ? 0 &- dividend : dividend / divisor
}

/// What a pod would add to the scored resources of nodes.
///
/// Upstream: `pkg/scheduler/framework/plugins/noderesources/resource_allocation.go` (v1.36).
struct ResourceUsage {
    struct Resource {
        let index: ResourceIndex
        let request: Int64
        let weight: Int64
    }

    /// The resources that are scored for this pod: scalar ones only if it requests them.
    private(set) var resources: [Resource] = []
    /// Whether the pod requests none of the scored resources.
    private(set) var isBestEffort = true
    private let countsDefaults: Bool

    init(_ scored: [ScoredResource], of requests: ResourceList, countsDefaults: Bool, nodes: NodeTable) {
        self.countsDefaults = countsDefaults
        for resource in scored {
            let request = requests.amount(resource.name)
            if request != 0 { isBestEffort = false }
            if request == 0 && isScalarResource(resource.name) { continue }
            // A resource that was never met is on no node.
            guard let index = nodes.resources[resource.name] else { continue }
            resources.append(Resource(index: index, request: request, weight: resource.weight))
        }
    }

    func amounts(_ resource: Resource, node: NodeIndex, nodes: NodeTable) -> (
        allocatable: Int64, allocated: Int64
    ) {
        let allocatable = nodes.allocatable[resource.index.value][node]
        if countsDefaults {
            if resource.index == .cpu { return (allocatable, nodes.nonZeroMilliCPU[node]) }
            if resource.index == .memory { return (allocatable, nodes.nonZeroMemoryBytes[node]) }
        }
        return (allocatable, nodes.requested[resource.index.value][node])
    }
}
