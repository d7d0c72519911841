import KubernetesModel
public import SimulationKernel

/// Keeps pods with a deadline off nodes on which they would be late while they would not be on others, and
/// prefers the nodes that leave them the most time.
///
/// When a pod would end on a node is what the scheduler can know: now, plus the time to pull those of its
/// images that the node does not list, plus what starting takes anyway, plus the expected run time
/// (``PodDeadline``). It does not know of pulls under way, of contention, or of what a container does. Where
/// the pod would be late everywhere, no node is refused: late is better than never.
public struct Deadlines: PreFilterPlugin, FilterPlugin, PreScorePlugin, NormalizeScorePlugin, PodWarningPlugin
{
    public static let name = "Deadlines"
    let epoch: CalendarTime
    /// `imageBytesPerSecond`: the rate of pulls; the registry's bandwidth unless given.
    var imageBytesPerSecond: Int64
    /// `unknownImageBytes`: the size of an image that no node lists; the registry's default size unless
    /// given.
    var unknownImageBytes: Int64
    /// `startupSeconds`: from the binding to running containers, without pulls. The default of 5 s is the
    /// objective of upstream's scalability group for 99 % of pods
    /// (`kubernetes/community`, `sig-scalability/slos/pod_startup_latency.md`).
    var startup: VirtualDuration

    public init(_ environment: PluginEnvironment, startup: VirtualDuration = .seconds(5)) {
        epoch = environment.epoch
        imageBytesPerSecond = environment.imageBytesPerSecond
        unknownImageBytes = environment.unknownImageBytes
        self.startup = startup
    }

    private func deadline(of pod: PodInfo) -> PodDeadline? {
        try? PodDeadline.of(pod.value.metadata, epoch: epoch)
    }

    // MARK: Filter

    public func preFilter(
        _ pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    ) -> PreFilterResult {
        do throws(AnnotationError) {
            guard let deadline = try PodDeadline.of(pod.value.metadata, epoch: epoch) else { return .skip }
            let start = cluster.attempt.now
            let estimates = StartEstimates(of: pod, self, cluster.nodes)
            state.write(
                Self.name,
                ContiguousArray(
                    (0..<cluster.nodes.rowCount).map { row in
                        let begins = start.advancedClamping(by: estimates[NodeIndex(row)])
                        return deadline.finish(startingAt: begins)
                    }))
            return .success
        } catch {
            return PreFilterResult(.unresolvable(error.description))
        }
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        guard let deadline = deadline(of: pod),
            let finish: ContiguousArray<VirtualTime> = state.read(Self.name)
        else { return }
        guard rejections.candidates.contains(where: { finish[$0] <= deadline.time }) else { return }
        let verdict = rejections.verdict(
            .unschedulableAndUnresolvable, ["node(s) would make the pod miss its deadline"])
        for node in rejections.candidates where finish[node] > deadline.time {
            rejections.add(verdict, at: node)
        }
    }

    // MARK: Score

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status { deadline(of: pod) == nil ? .skip : .success }

    /// The time that is left, in milliseconds.
    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        guard let deadline = deadline(of: pod),
            let finish: ContiguousArray<VirtualTime> = state.read(Self.name)
        else { return }
        for place in feasible.indices {
            let end = finish[feasible[place]]
            if end < deadline.time { scores[place] = (deadline.time - end).nanoseconds / 1_000_000 }
        }
    }

    public func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) { NodeScore.normalize(&scores, reversed: false) }

    // MARK: Warning

    public func warning(about pod: PodInfo, cluster: ClusterCache) -> PodWarning? {
        guard let deadline = deadline(of: pod) else { return nil }
        let now = cluster.attempt.now
        let estimates = StartEstimates(of: pod, self, cluster.nodes)
        let start = cluster.nodes.order.map { estimates[$0] }.min() ?? startup
        let finish = deadline.finish(startingAt: now.advancedClamping(by: start))
        if finish <= deadline.time { return nil }
        let when =
            deadline.time >= now ? "in \(deadline.time - now)" : "\(now - deadline.time) ago"
        return PodWarning(
            reason: "DeadlineUnreachable",
            message:
                "The deadline is \(when): with \(start) to start and \(deadline.runTime) to run, the pod will be "
                + "late by at least \(finish - deadline.time)")
    }
}

/// How long a pod would take on each node from its binding to running containers.
private struct StartEstimates {
    private var pulls: ContiguousArray<VirtualDuration>
    private let startup: VirtualDuration

    init(of pod: PodInfo, _ plugin: Deadlines, _ nodes: NodeTable) {
        startup = plugin.startup
        pulls = ContiguousArray(repeating: .zero, count: nodes.rowCount)
        var seen: Set<String> = []
        for image in pod.podClass.images where seen.insert(image).inserted {
            let state = nodes.images[image]
            let bytes = Double(state?.sizeBytes ?? plugin.unknownImageBytes)
            let time = VirtualDuration(
                fractionalSeconds: min(1e9, bytes / Double(plugin.imageBytesPerSecond)))
            var has = ContiguousArray(repeating: false, count: nodes.rowCount)
            for node in state?.nodes ?? [] { has[node] = true }
            for row in pulls.indices where !has[row] { pulls[row] += time }
        }
    }

    subscript(node: NodeIndex) -> VirtualDuration { startup + pulls[node] }
}

extension Deadlines {
    init(arguments: PluginArguments, _ environment: PluginEnvironment) throws(ConfigurationError) {
        try arguments.allow([
            "apiVersion", "kind", "imageBytesPerSecond", "unknownImageBytes", "startupSeconds",
        ])
        self.init(environment)
        let most: Int64 = 1 << 50
        if let rate = try arguments.integer("imageBytesPerSecond", in: 1...most) {
            imageBytesPerSecond = rate
        }
        if let size = try arguments.integer("unknownImageBytes", in: 0...most) { unknownImageBytes = size }
        if let seconds = try arguments.integer("startupSeconds", in: 0...86_400) {
            startup = .seconds(seconds)
        }
    }
}
