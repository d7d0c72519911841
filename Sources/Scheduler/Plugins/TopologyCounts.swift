/// Counts by topology key and domain.
struct TopologyCounts {
    private var counts: ContiguousArray<ContiguousArray<Int64>> = []
    /// How many pairs of a key and a domain have a count that is not zero.
    private(set) var nonZeroCount = 0
    /// The keys that have, or had, a count, in the order in which they were met.
    private(set) var keys: ContiguousArray<TopologyIndex> = []

    var isEmpty: Bool { nonZeroCount == 0 }

    func callAsFunction(_ topology: TopologyIndex, _ domain: Int) -> Int64 {
        guard domain >= 0, topology.value < counts.count, domain < counts[topology.value].count else {
            return 0
        }
        return counts[topology.value][domain]
    }

    /// The counts of a key by domain; domains beyond its end have none.
    func column(_ topology: TopologyIndex) -> ContiguousArray<Int64> {
        topology.value < counts.count ? counts[topology.value] : []
    }

    mutating func add(_ amount: Int64, _ topology: TopologyIndex, _ domain: Int) {
        if amount == 0 { return }
        while counts.count <= topology.value { counts.append([]) }
        if counts[topology.value].isEmpty { keys.append(topology) }
        while counts[topology.value].count <= domain { counts[topology.value].append(0) }
        let before = counts[topology.value][domain]
        let after = before &+ amount
        counts[topology.value][domain] = after
        if before == 0 { nonZeroCount += 1 }
        if after == 0 { nonZeroCount -= 1 }
    }

    /// Adds at a node's domain, if the node has the key.
    mutating func add(_ amount: Int64, _ topology: TopologyIndex, at node: NodeIndex, in nodes: NodeTable) {
        let domain = nodes.topologies[topology.value][node]
        if domain >= 0 { add(amount, topology, domain) }
    }
}
