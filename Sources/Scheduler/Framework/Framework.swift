import KubernetesModel

/// The plugins of one profile by extension point, in their order, and how to run them.
///
/// Eight bytes that point to them, since every pod on its way through the scheduler holds its profile.
/// Upstream: `pkg/scheduler/framework/runtime/framework.go` (v1.36).
public struct Framework: Sendable {
    private struct Parts: Sendable {
        var profileName: String
        var preEnqueue: [any PreEnqueuePlugin] = []
        var queueSort: any QueueSortPlugin = PrioritySort()
        var preFilter: [any PreFilterPlugin] = []
        var filter: [any FilterPlugin] = []
        var postFilter: [any PostFilterPlugin] = []
        var preScore: [any PreScorePlugin] = []
        var score: [(plugin: any ScorePlugin, weight: Int64)] = []
        var reserve: [any ReservePlugin] = []
        var permit: [any PermitPlugin] = []
        var preBind: [any PreBindPlugin] = []
        var bind: [any BindPlugin] = []
        var postBind: [any PostBindPlugin] = []
        var enqueue: [EnqueueEntry] = []
        var percentageOfNodesToScore: Int64?
        var extenders: [Extender] = []
    }

    private final class Storage: Sendable {
        let parts: Parts
        init(_ parts: Parts) { self.parts = parts }
    }

    private var storage: Storage

    private mutating func change(_ change: (inout Parts) -> Void) {
        var parts = storage.parts
        change(&parts)
        storage = Storage(parts)
    }

    /// Tells profiles apart; a copy keeps it until it is changed.
    var identity: any AnyObject & Sendable { storage }

    /// The pods' `schedulerName` that this profile answers to.
    public var profileName: String {
        get { storage.parts.profileName }
        set { change { $0.profileName = newValue } }
    }
    public var preEnqueue: [any PreEnqueuePlugin] {
        get { storage.parts.preEnqueue }
        set { change { $0.preEnqueue = newValue } }
    }
    public var queueSort: any QueueSortPlugin {
        get { storage.parts.queueSort }
        set { change { $0.queueSort = newValue } }
    }
    public var preFilter: [any PreFilterPlugin] {
        get { storage.parts.preFilter }
        set { change { $0.preFilter = newValue } }
    }
    public var filter: [any FilterPlugin] {
        get { storage.parts.filter }
        set { change { $0.filter = newValue } }
    }
    public var postFilter: [any PostFilterPlugin] {
        get { storage.parts.postFilter }
        set { change { $0.postFilter = newValue } }
    }
    public var preScore: [any PreScorePlugin] {
        get { storage.parts.preScore }
        set { change { $0.preScore = newValue } }
    }
    public var score: [(plugin: any ScorePlugin, weight: Int64)] {
        get { storage.parts.score }
        set { change { $0.score = newValue } }
    }
    public var reserve: [any ReservePlugin] {
        get { storage.parts.reserve }
        set { change { $0.reserve = newValue } }
    }
    public var permit: [any PermitPlugin] {
        get { storage.parts.permit }
        set { change { $0.permit = newValue } }
    }
    public var preBind: [any PreBindPlugin] {
        get { storage.parts.preBind }
        set { change { $0.preBind = newValue } }
    }
    public var bind: [any BindPlugin] {
        get { storage.parts.bind }
        set { change { $0.bind = newValue } }
    }
    public var postBind: [any PostBindPlugin] {
        get { storage.parts.postBind }
        set { change { $0.postBind = newValue } }
    }
    /// Every plugin that can reject pods, and the events that it waits for; without extensions, all events.
    public internal(set) var enqueue: [EnqueueEntry] {
        get { storage.parts.enqueue }
        set { change { $0.enqueue = newValue } }
    }
    /// Nil takes the scheduler's own.
    public var percentageOfNodesToScore: Int64? {
        get { storage.parts.percentageOfNodesToScore }
        set { change { $0.percentageOfNodesToScore = newValue } }
    }

    public struct EnqueueEntry: Sendable {
        public let name: String
        public let events: [ClusterEvent]
        public let extensions: (any EnqueueExtensions)?

        init(_ plugin: any Plugin) {
            name = plugin.name
            extensions = plugin.asEnqueueExtensions
            events = extensions?.events ?? [.wildcard]
        }

        /// One that waits for every event.
        init(name: String) {
            self.name = name
            extensions = nil
            events = [.wildcard]
        }

        func covers(_ event: ClusterEvent) -> Bool { events.contains { $0.covers(event) } }
    }

    /// The extenders in the order in which they are asked; the same for all profiles.
    public internal(set) var extenders: [Extender] {
        get { storage.parts.extenders }
        set { change { $0.extenders = newValue } }
    }

    init(profileName: String) { storage = Storage(Parts(profileName: profileName)) }

    // MARK: PreEnqueue

    /// Asks whether a pod may be tried; the first refusal stands.
    public func runPreEnqueue(_ pod: PodInfo) -> Status {
        for plugin in preEnqueue {
            var status = plugin.preEnqueue(pod)
            if !status.isSuccess {
                status.plugin = plugin.name
                return status
            }
        }
        return .success
    }

    // MARK: PreFilter

    struct PreFilterOutcome {
        var status = Status.success
        /// The names of the only nodes to look at; nil for all.
        var nodeNames: [String]?
        /// The plugins that narrowed the nodes, in ascending order.
        var narrowingPlugins: [String] = []
    }

    func runPreFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterOutcome {
        var outcome = PreFilterOutcome()
        for plugin in preFilter {
            let result = plugin.preFilter(pod, cluster: cluster, state: &state)
            var status = result.status
            switch status.code {
            case .skip:
                state.skippedFilters.insert(plugin.name)
                continue
            case .success: break
            case .unschedulableAndUnresolvable:
                status.plugin = plugin.name
                return PreFilterOutcome(status: status)
            case .unschedulable:
                status.plugin = plugin.name
                outcome.status = status
                continue
            case .error:
                return PreFilterOutcome(
                    status: Status(
                        .error, ["running PreFilter plugin \"\(plugin.name)\": \(status.message)"],
                        plugin: plugin.name))
            }
            guard let names = result.nodeNames else { continue }
            outcome.narrowingPlugins.append(plugin.name)
            outcome.narrowingPlugins.sort()
            let merged = outcome.nodeNames.map { before in before.filter(names.contains) } ?? names
            outcome.nodeNames = merged
            if merged.isEmpty {
                let plugins = outcome.narrowingPlugins
                let message =
                    plugins.count == 1
                    ? "node(s) didn't satisfy plugin \(plugins[0])"
                    : "node(s) didn't satisfy plugin(s) [\(plugins.joined(separator: " "))] simultaneously"
                outcome.status = .unresolvable(message)
                return outcome
            }
        }
        return outcome
    }

    // MARK: Trials

    func addPod(
        _ other: PodInfo, to node: NodeIndex, for pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    ) {
        for plugin in preFilter where !state.skippedFilters.contains(plugin.name) {
            plugin.asPreFilterExtensions?.add(
                other, to: node, for: pod, cluster: cluster, state: &state)
        }
    }

    func removePod(
        _ other: PodInfo, from node: NodeIndex, for pod: PodInfo, cluster: ClusterCache,
        state: inout CycleState
    ) {
        for plugin in preFilter where !state.skippedFilters.contains(plugin.name) {
            plugin.asPreFilterExtensions?.remove(
                other, from: node, for: pod, cluster: cluster, state: &state)
        }
    }

    // MARK: Filter

    /// Runs every Filter plugin over the candidates.
    func runFilter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        for plugin in filter where !state.skippedFilters.contains(plugin.name) {
            if rejections.candidates.isEmpty { return }
            rejections.begin(plugin: plugin.name)
            plugin.filter(pod, cluster: cluster, state: state, rejections: &rejections)
            rejections.finish()
            if !rejections.error.isEmpty { return }
        }
    }

    /// Runs every Filter plugin over the candidates, and where pods of no lower priority are nominated, with
    /// them on the node before that: a pod must fit with them and without.
    func runFilterWithNominatedPods(
        _ pod: PodInfo, cluster: inout ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        if !cluster.nominator.isEmpty {
            for node in rejections.candidates {
                let nominated = cluster.nominator.pods(onNodeNamed: cluster.nodes.names[node])
                    .filter { $0.priority >= pod.priority && $0.uid != pod.uid }
                guard !nominated.isEmpty else { continue }
                let saved = cluster.nodes.save(node)
                var trial = state
                for other in nominated {
                    cluster.nodes.add(other, to: node)
                    addPod(other, to: node, for: pod, cluster: cluster, state: &trial)
                }
                let status = self.status(of: node, for: pod, cluster: cluster, state: trial)
                cluster.nodes.restore(node, to: saved)
                if status.code == .error {
                    rejections.adopt(error: status.message)
                    return
                }
                if !status.isSuccess { rejections.adopt(status, at: node) }
            }
            rejections.finish()
        }
        runFilter(pod, cluster: cluster, state: state, rejections: &rejections)
    }

    /// Runs every Filter plugin on one node.
    func status(of node: NodeIndex, for pod: PodInfo, cluster: ClusterCache, state: CycleState) -> Status {
        var rejections = Rejections(candidates: [node], rowCount: cluster.nodes.rowCount)
        runFilter(pod, cluster: cluster, state: state, rejections: &rejections)
        if !rejections.error.isEmpty { return .error(rejections.error) }
        return rejections.status(of: node) ?? .success
    }

    // MARK: PostFilter

    func runPostFilter(
        _ pod: PodInfo, cluster: inout ClusterCache, state: CycleState, diagnosis: Diagnosis
    ) -> PostFilterResult {
        var nomination: String?
        var reasons: [String] = []
        for plugin in postFilter {
            let result = plugin.postFilter(
                pod, cluster: &cluster, state: state, diagnosis: diagnosis, framework: self)
            switch result.status.code {
            case .success, .unschedulableAndUnresolvable, .error: return result
            default: break
            }
            if let name = result.nominatedNodeName { nomination = name }
            reasons += result.status.reasons
        }
        return PostFilterResult(Status(.unschedulable, reasons), nominatedNodeName: nomination)
    }
}
