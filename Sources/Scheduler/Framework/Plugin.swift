public import KubernetesModel
public import SimulationKernel

/// A part of the scheduler that takes part at one or more extension points.
///
/// Plugins are values without state of their own: what they learn about a pod goes into its ``CycleState``.
/// Upstream: `kube-scheduler/framework/interface.go` (v1.36).
public protocol Plugin: PluginRoles {
    /// The name in configurations and messages.
    static var name: String { get }
}

extension Plugin {
    public var name: String { Self.name }
}

/// Decides whether a pod may enter the active queue at all.
public protocol PreEnqueuePlugin: Plugin {
    func preEnqueue(_ pod: PodInfo) -> Status
}

/// Orders the active queue; a profile has exactly one.
public protocol QueueSortPlugin: Plugin {
    /// Whether the first pod is to be tried before the second.
    func isBefore(_ left: QueuedPod, _ right: QueuedPod) -> Bool
}

/// Names the cluster events that may make a pod schedulable which the plugin rejected.
///
/// A plugin that rejects pods without conforming is asked again after every event.
public protocol EnqueueExtensions: Plugin {
    var events: [ClusterEvent] { get }

    /// Whether an event of ``events`` may make the pod schedulable.
    func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool
}

extension EnqueueExtensions {
    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        true
    }
}

/// What a PreFilter plugin found out.
public struct PreFilterResult: Sendable {
    public var status: Status
    /// The names of the only nodes that can be feasible; nil when the plugin knows no such bound.
    public var nodeNames: [String]?

    public init(_ status: Status, nodeNames: [String]? = nil) {
        self.status = status
        self.nodeNames = nodeNames
    }

    public static let success = PreFilterResult(.success)
    public static let skip = PreFilterResult(.skip)
}

/// Prepares for Filter, and may reject the pod on all nodes.
public protocol PreFilterPlugin: Plugin {
    func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult
}

/// Brings a PreFilter state up to date in trials with other pods on a node.
public protocol PreFilterExtensions: PreFilterPlugin {
    func add(
        _ other: PodInfo, to node: NodeIndex, for pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    )
    func remove(
        _ other: PodInfo, from node: NodeIndex, for pod: PodInfo, cluster: ClusterCache,
        state: inout CycleState)
}

/// Rejects nodes. It is given the whole table and looks at the candidates among its rows.
public protocol FilterPlugin: Plugin {
    func filter(_ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections)
    /// Whether it is plain, without a look at each node, that ``filter(_:cluster:state:rejections:)`` would reject
    /// none. False when in doubt.
    func letsAllPass(_ pod: PodInfo, cluster: ClusterCache, state: CycleState) -> Bool
}

extension FilterPlugin {
    public func letsAllPass(_ pod: PodInfo, cluster: ClusterCache, state: CycleState) -> Bool { false }
}

/// A filter that judges one node at a time, for plugins where that is easier to write.
public protocol NodeFilterPlugin: FilterPlugin {
    /// Nil when the pod fits.
    func filter(_ pod: PodInfo, node: NodeIndex, cluster: ClusterCache, state: CycleState) -> Status?
}

extension NodeFilterPlugin {
    @inlinable
    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        for node in rejections.candidates {
            if let status = filter(pod, node: node, cluster: cluster, state: state) {
                rejections.add(status, at: node)
            }
        }
    }
}

/// Tries to make room for a pod that fits nowhere.
public protocol PostFilterPlugin: Plugin {
    func postFilter(
        _ pod: PodInfo, cluster: inout ClusterCache, state: CycleState, diagnosis: Diagnosis,
        framework: Framework
    ) -> PostFilterResult
}

/// Prepares for Score.
public protocol PreScorePlugin: Plugin {
    func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status
}

/// Scores the feasible nodes.
public protocol ScorePlugin: Plugin {
    /// Adds to one score a feasible node, all 0 before, in the order of `feasible`.
    func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>)
}

/// A score that judges one node at a time, for plugins where that is easier to write.
public protocol NodeScorePlugin: ScorePlugin {
    func score(_ pod: PodInfo, node: NodeIndex, cluster: ClusterCache, state: CycleState) -> Int64
}

extension NodeScorePlugin {
    @inlinable
    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        for place in feasible.indices {
            scores[place] = score(pod, node: feasible[place], cluster: cluster, state: state)
        }
    }
}

/// A score that draws one of the feasible nodes, whatever they are: that one has the highest score, all others
/// none.
public protocol DrawingScorePlugin: ScorePlugin {
    /// The place of the node drawn among so many.
    func draw(_ pod: PodInfo, among count: Int, cluster: ClusterCache) -> Int
}

extension DrawingScorePlugin {
    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        if feasible.isEmpty { return }
        scores[draw(pod, among: feasible.count, cluster: cluster)] = NodeScore.maximum
    }
}

/// Brings the plugin's scores into the range of 0 to 100 once all nodes have theirs.
public protocol NormalizeScorePlugin: ScorePlugin {
    func normalize(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, state: CycleState,
        scores: inout ContiguousArray<Int64>)
}

/// Keeps something for a pod on its node from the choice of the node until the pod is bound.
public protocol ReservePlugin: Plugin {
    func reserve(_ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState)
        -> Status
    func unreserve(_ pod: PodInfo, on node: NodeIndex, cluster: inout ClusterCache, state: inout CycleState)
}

/// Has the last word before the binding cycle.
public protocol PermitPlugin: Plugin {
    func permit(_ pod: PodInfo, on node: NodeIndex, cluster: ClusterCache, state: CycleState) -> Status
}

/// How far a PreBind plugin has come.
public enum PreBindProgress: Sendable {
    case done
    /// Asked again after each change of the objects that it waits for, until the deadline.
    case waiting
    case failed(String)
}

/// Makes the API calls that must come before the binding.
public protocol PreBindPlugin: Plugin {
    /// The objects to write, in order; none when there is nothing to do.
    func preBindWrites(_ pod: PodInfo, on node: NodeIndex, cluster: ClusterCache, state: CycleState)
        -> [APIObject]
    /// Whether what was written has had its effect.
    func preBindProgress(
        _ pod: PodInfo, onNodeNamed node: String, cluster: ClusterCache, state: CycleState
    ) -> PreBindProgress
    /// How long to wait for it.
    var preBindTimeout: VirtualDuration { get }
}

/// Binds the pod. The first one that takes the pod does it.
public protocol BindPlugin: Plugin {
    /// Whether the pod's binding subresource is to be written; false leaves the pod to the next plugin.
    func binds(_ pod: PodInfo, toNodeNamed node: String) -> Bool
}

/// Is told after the binding.
public protocol PostBindPlugin: Plugin {
    func postBind(_ pod: PodInfo, toNodeNamed node: String)
}

/// The bounds of normalised scores.
public enum NodeScore {
    public static let minimum: Int64 = 0
    public static let maximum: Int64 = 100

    /// Scales scores so that the largest becomes 100; reversed, so that it becomes 0.
    ///
    /// Upstream: `pkg/scheduler/framework/plugins/helper/normalize_score.go` (v1.36).
    public static func normalize(_ scores: inout ContiguousArray<Int64>, reversed: Bool) {
        let largest = max(0, scores.max() ?? 0)
        for place in scores.indices {
            guard largest != 0 else {
                if reversed { scores[place] = maximum }
                continue
            }
            let score = maximum &* scores[place] / largest
            scores[place] = reversed ? maximum &- score : score
        }
    }
}
