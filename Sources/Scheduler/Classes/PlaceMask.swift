/// Which places in the order of nodes pass a filter on topology domains, as bits that are kept up to date.
struct PlaceMask {
    private(set) var words: ContiguousArray<UInt64> = []
    private(set) var isStale = true
    private var orderVersion: UInt64 = .max
    private var structureVersion: UInt64 = .max
    private var changedRows: ContiguousArray<Int32> = []

    private static let changeLimit = 1_024

    mutating func invalidate() {
        isStale = true
        changedRows.removeAll(keepingCapacity: true)
    }

    /// Notes that one node may pass now, or may not any more.
    mutating func noteChange(of row: NodeIndex) {
        if isStale { return }
        changedRows.append(Int32(truncatingIfNeeded: row.value))
        if changedRows.count > Self.changeLimit { invalidate() }
    }

    mutating func sync(_ nodes: NodeTable, passes: (NodeIndex) -> Bool) {
        if isStale || orderVersion != nodes.orderVersion || structureVersion != nodes.structureVersion {
            let order = nodes.order
            words = ContiguousArray(repeating: 0, count: (order.count + 63) / 64)
            for place in order.indices where passes(order[place]) {
                words[place >> 6] |= 1 << UInt64(place & 63)
            }
            (isStale, orderVersion, structureVersion) = (false, nodes.orderVersion, nodes.structureVersion)
        } else {
            for number in changedRows {
                let row = NodeIndex(Int(number))
                let place = row.value < nodes.positions.count ? Int(nodes.positions[row]) : -1
                if place < 0 { continue }
                let bit: UInt64 = 1 << UInt64(place & 63)
                if passes(row) { words[place >> 6] |= bit } else { words[place >> 6] &= ~bit }
            }
        }
        changedRows.removeAll(keepingCapacity: true)
    }
}

extension NodeTable {
    /// Whether no two nodes are in one domain of a topology key.
    func hasOneNodeADomain(_ topology: TopologyIndex) -> Bool {
        let domains = topologies[topology.value].domains
        var isSeen = ContiguousArray(repeating: false, count: topologies[topology.value].count)
        for row in order {
            let domain = Int(domains[row.value])
            if domain < 0 { continue }
            if isSeen[domain] { return false }
            isSeen[domain] = true
        }
        return true
    }
}
