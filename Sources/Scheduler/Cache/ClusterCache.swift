public import KubernetesModel

/// All that the scheduler knows of the cluster: nodes, pods, and what plugins look at.
///
/// A pod that was given a node counts there at once (assumed), before the API server has confirmed it.
/// Upstream: `pkg/scheduler/backend/cache/cache.go` (v1.36).
public struct ClusterCache {
    public var nodes = NodeTable()
    public var objects = ClusterObjects()
    public internal(set) var nominator = PodNominator()
    public internal(set) var gangs = GangIndex()
    /// The attempt under way.
    public internal(set) var attempt = AttemptFacts()
    /// What plugins keep between pods, by their names; a scheduler that starts has none of it.
    public var memory: [String: any Sendable] = [:]

    private struct Placement {
        var row: NodeIndex
        var isAssumed: Bool
    }
    private var placements: [UID: Placement] = [:]

    public init() {}

    /// The node on which a pod counts, bound or assumed.
    public func node(of uid: UID) -> NodeIndex? { placements[uid]?.row }

    public func isAssumed(_ uid: UID) -> Bool { placements[uid]?.isAssumed ?? false }

    /// The pod as it counts on its node.
    public func pod(_ uid: UID) -> PodInfo? {
        guard let placement = placements[uid] else { return nil }
        return nodes.pods[placement.row].first { $0.uid == uid }
    }

    /// Lets a pod count on the node that was chosen for it.
    public mutating func assume(_ pod: PodInfo, onNodeNamed name: String) {
        guard placements[pod.uid] == nil else { return }
        let row = nodes.add(pod, toNodeNamed: name)
        placements[pod.uid] = Placement(row: row, isAssumed: true)
    }

    /// Lets a pod count on the node that was chosen for it, its own record still without a node.
    mutating func assume(_ pod: PodInfo, on row: NodeIndex) {
        guard placements[pod.uid] == nil else { return }
        nodes.add(pod, to: row)
        placements[pod.uid] = Placement(row: row, isAssumed: true)
    }

    /// Takes an assumed pod off its node, because it was not bound after all.
    public mutating func forget(_ uid: UID) {
        guard let placement = placements[uid], placement.isAssumed else { return }
        removePod(uid)
    }

    /// Takes over a version of a pod that has a node, or confirms an assumed one.
    public mutating func setPod(_ pod: PodInfo) {
        let uid = pod.uid
        if let placement = placements[uid], nodes.names[placement.row] == pod.value.nodeName,
            nodes.replace(pod, on: placement.row)
        {
            if placement.isAssumed { placements[uid] = Placement(row: placement.row, isAssumed: false) }
            return
        }
        removePod(uid)
        let row = nodes.add(pod, toNodeNamed: pod.value.nodeName)
        placements[pod.uid] = Placement(row: row, isAssumed: false)
    }

    public mutating func removePod(_ uid: UID) {
        guard let placement = placements.removeValue(forKey: uid) else { return }
        nodes.remove(uid, from: placement.row)
        nodes.releaseIfUnused(placement.row)
    }
}
