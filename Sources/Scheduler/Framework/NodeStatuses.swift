/// Verdicts on nodes in the order of evaluation; equal ones are kept once.
public struct NodeStatuses: RandomAccessCollection, Sendable {
    /// The nodes in order, beside the place of each one's verdict in ``verdicts``.
    private(set) var nodes: ContiguousArray<NodeIndex> = []
    private(set) var places: ContiguousArray<Int32> = []
    /// The distinct verdicts, and how many nodes have each.
    private(set) var verdicts: ContiguousArray<Status> = []
    private(set) var counts: ContiguousArray<Int> = []

    public init() {}

    public init(_ entries: [(node: NodeIndex, status: Status)]) {
        for entry in entries { append(entry.node, entry.status) }
    }

    /// The verdicts on nodes from a place in their order on, by place.
    init(
        _ order: ContiguousArray<NodeIndex>, from start: Int, count: Int, verdicts: ContiguousArray<Status>,
        verdictOf: ContiguousArray<UInt16>
    ) {
        reserveCapacity(count)
        let end = Swift.min(order.count, start + count)
        nodes.append(contentsOf: order[start..<end])
        nodes.append(contentsOf: order[..<(count - (end - start))])
        var numbers = ContiguousArray<Int32>(repeating: -1, count: verdicts.count)
        var tallies = ContiguousArray<Int>(repeating: 0, count: verdicts.count)
        for offset in 0..<count {
            let place = start + offset < order.count ? start + offset : start + offset - order.count
            let verdict = Int(verdictOf[place])
            if numbers[verdict] < 0 { numbers[verdict] = intern(verdicts[verdict]) }
            tallies[verdict] += 1
            places.append(numbers[verdict])
        }
        for verdict in tallies.indices where tallies[verdict] > 0 {
            counts[Int(numbers[verdict])] += tallies[verdict]
        }
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { nodes.count }

    public subscript(place: Int) -> (node: NodeIndex, status: Status) {
        (nodes[place], verdicts[Int(places[place])])
    }

    mutating func append(_ node: NodeIndex, _ status: Status) { append(node, verdict: intern(status)) }

    /// Replaces the verdict at a place.
    mutating func set(_ place: Int, _ status: Status) {
        let verdict = intern(status)
        counts[Int(places[place])] -= 1
        counts[Int(verdict)] += 1
        places[place] = verdict
    }

    mutating func append(_ node: NodeIndex, verdict: Int32) {
        nodes.append(node)
        places.append(verdict)
        counts[Int(verdict)] += 1
    }

    mutating func reserveCapacity(_ count: Int) {
        nodes.reserveCapacity(count)
        places.reserveCapacity(count)
    }

    /// The place of a verdict among the distinct ones, which it joins when it is new.
    mutating func intern(_ status: Status) -> Int32 {
        if let place = verdicts.lastIndex(of: status) { return Int32(place) }
        verdicts.append(status)
        counts.append(0)
        return Int32(verdicts.count - 1)
    }

    /// The code of each row of a table of nodes, given that of the rows without a verdict here.
    func codes(rowCount: Int, absent: StatusCode) -> ContiguousArray<StatusCode> {
        var codes = ContiguousArray(repeating: absent, count: rowCount)
        // The first verdict on a node stands.
        var place = nodes.count - 1
        while place >= 0 {
            codes[nodes[place]] = verdicts[Int(places[place])].code
            place -= 1
        }
        return codes
    }
}
