import KubernetesModel

/// The nodes by zone, listed by taking one of each zone in turn.
///
/// Upstream: `pkg/scheduler/backend/cache/node_tree.go` (v1.36).
struct NodeTree {
    private var zones: [(key: String, nodes: ContiguousArray<NodeIndex>)] = []

    /// The key of a node's region and zone; empty when it has neither.
    static func zoneKey(_ labels: Labels) -> String {
        let zone = labels["failure-domain.beta.kubernetes.io/zone"] ?? labels[WellKnown.zoneLabel] ?? ""
        let region = labels["failure-domain.beta.kubernetes.io/region"] ?? labels[WellKnown.regionLabel] ?? ""
        return region.isEmpty && zone.isEmpty ? "" : region + ":\0:" + zone
    }

    mutating func add(_ node: NodeIndex, zone: String) {
        if let place = zones.firstIndex(where: { $0.key == zone }) {
            zones[place].nodes.append(node)
        } else {
            zones.append((zone, [node]))
        }
    }

    mutating func remove(_ node: NodeIndex, zone: String) {
        guard let place = zones.firstIndex(where: { $0.key == zone }) else { return }
        zones[place].nodes.removeAll { $0 == node }
        if zones[place].nodes.isEmpty { zones.remove(at: place) }
    }

    /// Every node once, zones interleaved.
    func list() -> ContiguousArray<NodeIndex> {
        var result = ContiguousArray<NodeIndex>()
        let longest = zones.map(\.nodes.count).max() ?? 0
        for place in 0..<longest {
            for zone in zones where place < zone.nodes.count { result.append(zone.nodes[place]) }
        }
        return result
    }
}
