import KubernetesModel
import Stochastics

/// Takes the node, and of it the GPU, where the pod adds the least fragmentation: fragmentation gradient
/// descent.
///
/// A node's score is a sigmoid of how much its fragmentation (``TargetWorkload``) falls, in GPUs; 50 where it
/// stays, cut to a whole number, so that many nodes tie. Weng et al., "Beware of Fragmentation", USENIX ATC
/// 2023, section 4.
public struct FGD: LocalScorePlugin, ReservePlugin {
    public static let name = "FGD"
    let workload: TargetWorkload

    public init(_ workload: TargetWorkload) { self.workload = workload }

    init(
        arguments: PluginArguments, _ environment: PluginEnvironment
    ) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "typicalPods"])
        if let pods = try arguments.array("typicalPods") {
            workload = try TargetWorkload(arguments: pods, path: "\(arguments.path).typicalPods")
        } else {
            workload = environment.targetWorkload
        }
    }

    public func nodeValue(_ node: NodeIndex, nodes: NodeTable) -> Double {
        workload.fragmentation(of: node, in: nodes)
    }

    public func score(_ pod: PodClass, node: NodeIndex, nodes: NodeTable, nodeValue: Double) -> Int64 {
        best(pod, nodes.gpus[node], freeMilliCPU: nodes.freeMilliCPU(node), nodeValue)?.score ?? 0
    }

    /// The score, and the GPUs that give it; nil when the pod does not fit.
    private func best(
        _ pod: PodClass, _ gpus: NodeGPUs, freeMilliCPU: Int64, _ before: Double
    ) -> (score: Int64, gpus: GPUSet)? {
        let milliCPU = freeMilliCPU - pod.requests.amount(.cpu)
        let (total, model) = (gpus.totalFree, gpus.model)
        guard let request = pod.gpu else {
            let after = workload.fragmentation(
                milliCPU: milliCPU, total: total, free: gpus.free, model: model)
            return (Self.score(before - after), GPUSet())
        }
        guard gpus.fits(request) else { return nil }
        // Changed here only.
        var free = gpus.free
        func score() -> Int64 {
            Self.score(
                before
                    - workload.fragmentation(
                        milliCPU: milliCPU, total: total - request.totalMilli, free: free, model: model))
        }
        if !request.isSharing {
            guard let chosen = gpus.standardChoice(request) else { return nil }
            for number in free.indices where chosen.bits >> UInt64(number) & 1 != 0 {
                free[number] -= request.milli
            }
            return (score(), chosen)
        }
        var best: (score: Int64, gpus: GPUSet)?
        for number in free.indices where free[number] >= request.milli {
            // GPUs with as much free are all the same.
            if number > 0, free[..<number].contains(free[number]) { continue }
            free[number] -= request.milli
            let score = score()
            free[number] += request.milli
            if best.map({ score > $0.score }) ?? true { best = (score, GPUSet(number)) }
        }
        return best
    }

    /// What a fall of fragmentation, in thousandths of a GPU, is worth.
    static func score(_ fall: Double) -> Int64 {
        let sigmoid = 1 / (1 + Elementary.exp(-(fall / 1_000)))
        return GPUNode.score(100 * sigmoid)
    }

    /// Gives the pod the GPU that made its node's score.
    public func reserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) -> Status {
        guard pod.podClass.gpu?.isSharing ?? false else { return .success }
        cluster.nodes.takeBack(pod, on: node)
        // The pod's CPU counts already.
        let freeMilliCPU = cluster.nodes.freeMilliCPU(node) + pod.podClass.reserved.amount(.cpu)
        let gpus = cluster.nodes.gpus[node]
        let before = workload.fragmentation(
            milliCPU: freeMilliCPU, total: gpus.totalFree, free: gpus.free, model: gpus.model)
        if let best = best(pod.podClass, gpus, freeMilliCPU: freeMilliCPU, before) {
            cluster.nodes.give(best.gpus, to: pod, on: node)
        }
        return .success
    }

    /// The GPU goes with the pod.
    public func unreserve(
        _ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState
    ) {}
}
