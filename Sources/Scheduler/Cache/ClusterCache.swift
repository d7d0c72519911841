import ControlPlane
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
        /// Where in the row's list the pod was last seen. One node may hold tens of thousands.
        var place: Int
        var isAssumed: Bool
    }
    private var placements = UIDTable<Placement>()

    public init() {}

    /// The node on which a pod counts, bound or assumed.
    public func node(of uid: UID) -> NodeIndex? { placements[uid]?.row }

    public func isAssumed(_ uid: UID) -> Bool { placements[uid]?.isAssumed ?? false }

    /// The pod as it counts on its node.
    public func pod(_ uid: UID) -> PodInfo? {
        guard let placement = placements[uid] else { return nil }
        let place = placement.place
        if place < nodes.pods[placement.row].count, nodes.pods[placement.row][place].uid == uid {
            return nodes.pods[placement.row][place]
        }
        return nodes.pods[placement.row].first { $0.uid == uid }
    }

    /// Lets a pod count on the node that was chosen for it.
    public mutating func assume(_ pod: PodInfo, onNodeNamed name: String) {
        guard placements[pod.uid] == nil else { return }
        let row = nodes.add(pod, toNodeNamed: name)
        placements[pod.uid] = last(on: row, isAssumed: true)
    }

    /// Lets a pod count on the node that was chosen for it, its own record still without a node.
    mutating func assume(_ pod: PodInfo, on row: NodeIndex) {
        guard placements[pod.uid] == nil else { return }
        nodes.add(pod, to: row)
        placements[pod.uid] = last(on: row, isAssumed: true)
    }

    /// The place of the pod that a node's list ends with.
    private func last(on row: NodeIndex, isAssumed: Bool) -> Placement {
        Placement(row: row, place: nodes.pods[row].count - 1, isAssumed: isAssumed)
    }

    /// Lets a pod change places with the last of its node, as changing or removing it does anyway: it need not
    /// be looked for then.
    private mutating func moveToEnd(_ uid: UID, _ placement: Placement) {
        guard let other = nodes.movePodToEnd(uid, from: placement.place, on: placement.row) else { return }
        placements.change(other) { $0.place = placement.place }
    }

    /// Takes an assumed pod off its node, because it was not bound after all.
    public mutating func forget(_ uid: UID) {
        guard let placement = placements[uid], placement.isAssumed else { return }
        removePod(uid)
    }

    /// Takes over a version of a pod that has a node, or confirms an assumed one.
    public mutating func setPod(_ pod: PodInfo) {
        let uid = pod.uid
        if let placement = placements[uid], nodes.names[placement.row] == pod.value.nodeName {
            if let last = replaceInPlace(pod, placement) {
                placements.change(uid) { $0 = Placement(row: placement.row, place: last, isAssumed: false) }
                return
            }
            moveToEnd(uid, placement)
            if nodes.replace(pod, on: placement.row) {
                placements[uid] = last(on: placement.row, isAssumed: false)
                return
            }
        }
        removePod(uid)
        let row = nodes.add(pod, toNodeNamed: pod.value.nodeName)
        placements[uid] = last(on: row, isAssumed: false)
    }

    /// Takes over another version of a pod that changes no more than its own record, as its node's last pod.
    ///
    /// - Returns: its place; nil when there is more to it.
    private mutating func replaceInPlace(_ pod: PodInfo, _ placement: Placement) -> Int? {
        let (row, place) = (placement.row, placement.place)
        let last = nodes.pods[row].count - 1
        guard place <= last, nodes.pods[row][place].uid == pod.uid,
            nodes.pods[row][place].group === pod.group,
            nodes.pods[row][place].isTerminating == pod.isTerminating
        else { return nil }
        if place < last {
            // As if it were removed, for which the last pod takes its place, and added.
            let other = nodes.pods[row][last]
            placements.change(other.uid) { $0.place = place }
            nodes.pods[row][place] = other
        }
        nodes.pods[row][last] = pod
        return last
    }

    public mutating func removePod(_ uid: UID) {
        guard let placement = placements.removeValue(forKey: uid) else { return }
        moveToEnd(uid, placement)
        nodes.remove(uid, from: placement.row)
        nodes.releaseIfUnused(placement.row)
    }
}

extension NodeTable {
    /// Lets a pod change places with the last of its node, when it is where it was last seen.
    ///
    /// - Returns: the pod that is in its place now.
    fileprivate mutating func movePodToEnd(_ uid: UID, from place: Int, on row: NodeIndex) -> UID? {
        let last = pods[row].count - 1
        guard place < last, pods[row][place].uid == uid else { return nil }
        pods[row].swapAt(place, last)
        return pods[row][place].uid
    }
}
