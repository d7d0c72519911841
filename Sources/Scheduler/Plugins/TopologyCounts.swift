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

    /// Gives whether there is something where nothing was, or the other way round.
    @discardableResult
    mutating func add(_ amount: Int64, _ topology: TopologyIndex, _ domain: Int) -> Bool {
        if amount == 0 { return false }
        while counts.count <= topology.value { counts.append([]) }
        if counts[topology.value].isEmpty { keys.append(topology) }
        while counts[topology.value].count <= domain { counts[topology.value].append(0) }
        let before = counts[topology.value][domain]
        let after = before &+ amount
        counts[topology.value][domain] = after
        if before == 0 { nonZeroCount += 1 }
        if after == 0 { nonZeroCount -= 1 }
        return (before > 0) != (after > 0)
    }

    /// Adds at a node's domain, if the node has the key.
    @discardableResult
    mutating func add(
        _ amount: Int64, _ topology: TopologyIndex, at node: NodeIndex, in nodes: NodeTable
    ) -> Bool {
        let domain = nodes.topologies[topology.value][node]
        return domain >= 0 && add(amount, topology, domain)
    }
}
