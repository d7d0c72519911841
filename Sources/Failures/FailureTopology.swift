/// Which nodes stand in which rack and zone: what a failure of many takes down.
public struct FailureTopology: Equatable, Sendable {
    private var nodesByRack: [[UInt32]]
    private var nodesByZone: [[UInt32]]
    private let nodeCount: Int

    /// Makes a topology from each node's rack and zone, in node order; nil for a node in none.
    ///
    /// - Parameters:
    ///   - racks: One element per node: the index of its rack.
    ///   - zones: One element per node: the index of its zone.
    public init(racks: [UInt32?], zones: [UInt32?]) {
        precondition(racks.count == zones.count, "racks and zones are told of the same nodes")
        func grouped(_ places: [UInt32?]) -> [[UInt32]] {
            let count = places.reduce(0) { max($0, $1.map { Int($0) + 1 } ?? 0) }
            var groups: [[UInt32]] = Array(repeating: [], count: count)
            for (node, place) in places.enumerated() {
                if let place { groups[Int(place)].append(UInt32(node)) }
            }
            return groups
        }
        nodesByRack = grouped(racks)
        nodesByZone = grouped(zones)
        nodeCount = racks.count
    }

    /// The nodes that a component's failure strikes, in node order; none for a disk or an unknown component.
    public func nodes(struckBy component: FailureComponent) -> [UInt32] {
        let index = Int(component.index)
        switch component.scope {
        case .disk: return []
        case .node: return index < nodeCount ? [component.index] : []
        case .rack: return index < nodesByRack.count ? nodesByRack[index] : []
        case .zone: return index < nodesByZone.count ? nodesByZone[index] : []
        }
    }
}
