import KubernetesModel
public import SimulationKernel

/// Prefers the nodes from which a pod reads its data fastest, and may let it wait for a near one.
///
/// The score is by the time that reading takes (``DataCatalog``): bytes by distance, each at its bandwidth.
/// With waits, a pod accepts only nodes that have all of its data on their disks at first, then those with
/// all of it in their rack, then any: delay scheduling (Zaharia et al., "Delay scheduling", EuroSys 2010).
/// The time counts from the pod's first attempt. A distance within which no node has everything is not waited
/// for.
public struct DataLocality: PreFilterPlugin, FilterPlugin, PreScorePlugin, NormalizeScorePlugin,
    EnqueueExtensions,
    TimedPlugin
{
    public static let name = "DataLocality"
    let data: DataCatalog
    /// `nodeLocalWaitSeconds`, `rackLocalWaitSeconds`: 0 unless given.
    let nodeLocalWait: VirtualDuration
    let rackLocalWait: VirtualDuration

    public init(
        _ environment: PluginEnvironment, nodeLocalWait: VirtualDuration = .zero,
        rackLocalWait: VirtualDuration = .zero
    ) {
        data = environment.data
        self.nodeLocalWait = nodeLocalWait
        self.rackLocalWait = rackLocalWait
    }

    private func reads(of pod: PodInfo) -> [DataCatalog.Read] {
        (try? data.reads(of: pod.value.metadata)) ?? []
    }

    /// What a pod accepts for now.
    private struct Acceptance {
        /// By row.
        var distances: ContiguousArray<DataCatalog.Distance>
        var farthest: DataCatalog.Distance
        /// When it accepts more; nil when it accepts all.
        var end: VirtualTime?
    }

    private func acceptance(of pod: PodInfo, _ cluster: ClusterCache) -> Acceptance {
        let reads = reads(of: pod)
        let nodes = cluster.nodes
        var acceptance = Acceptance(
            distances: ContiguousArray(
                (0..<nodes.rowCount).map { data.distance(reads, from: nodes.names[NodeIndex($0)]) }),
            farthest: .remote)
        let nearest = nodes.order.map { acceptance.distances[$0] }.min() ?? .remote
        var end = cluster.attempt.firstTime
        for (distance, wait) in [(DataCatalog.Distance.node, nodeLocalWait), (.rack, rackLocalWait)]
        where distance >= nearest {
            end = end.advancedClamping(by: wait)
            if cluster.attempt.now < end {
                acceptance.farthest = distance
                acceptance.end = end
                break
            }
        }
        return acceptance
    }

    // MARK: Filter

    public func preFilter(
        _ pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    ) -> PreFilterResult {
        do throws(AnnotationError) {
            return try data.reads(of: pod.value.metadata).isEmpty ? .skip : .success
        } catch {
            return PreFilterResult(.unresolvable(error.description))
        }
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        if nodeLocalWait == .zero && rackLocalWait == .zero { return }
        let acceptance = acceptance(of: pod, cluster)
        if acceptance.end == nil { return }
        let verdict = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) farther from the pod's data than it accepts for now"])
        for node in rejections.candidates where acceptance.distances[node] > acceptance.farthest {
            rejections.add(verdict, at: node)
        }
    }

    public func retryTime(of pod: PodInfo, cluster: ClusterCache) -> VirtualTime? {
        acceptance(of: pod, cluster).end
    }

    public var events: [ClusterEvent] { [ClusterEvent(.node, .add)] }

    // MARK: Score

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status { reads(of: pod).isEmpty ? .skip : .success }

    /// The time that reading takes, in milliseconds.
    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let reads = reads(of: pod)
        for place in feasible.indices {
            let time = data.readTime(reads, from: cluster.nodes.names[feasible[place]])
            scores[place] = time.nanoseconds / 1_000_000
        }
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) { NodeScore.normalize(&scores, reversed: true) }
}

extension DataLocality {
    init(arguments: PluginArguments, _ environment: PluginEnvironment) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "nodeLocalWaitSeconds", "rackLocalWaitSeconds"])
        self.init(
            environment,
            nodeLocalWait: .seconds(try arguments.integer("nodeLocalWaitSeconds", in: 0...86_400) ?? 0),
            rackLocalWait: .seconds(try arguments.integer("rackLocalWaitSeconds", in: 0...86_400) ?? 0))
    }
}
