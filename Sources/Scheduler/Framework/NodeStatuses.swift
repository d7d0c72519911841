/// Verdicts on nodes in the order of evaluation; equal ones are kept once.
///
/// They are listed, or they are a view of what is known of every node of the order: then nothing is copied,
/// for a pod that fits nowhere has as many verdicts as there are nodes, and most of them nobody reads.
public struct NodeStatuses: RandomAccessCollection, Sendable {
    /// The nodes in order, beside the place of each one's verdict in ``verdicts``.
    private var nodes: ContiguousArray<NodeIndex> = []
    private var places: ContiguousArray<Int32> = []
    /// Of a view, in place of these: the order, the place of the first node in it, and the verdicts' places.
    private var isView = false
    private var start = 0
    private var viewed: ContiguousArray<UInt16> = []
    /// The verdicts, distinct when listed, and how many nodes have each; of a view, some may have none.
    private(set) var verdicts: ContiguousArray<Status> = []
    private(set) var counts: ContiguousArray<Int> = []

    public init() {}

    public init(_ entries: [(node: NodeIndex, status: Status)]) {
        for entry in entries { append(entry.node, entry.status) }
    }

    /// The verdicts on all nodes from a place in their order on, by place.
    init(
        of order: ContiguousArray<NodeIndex>, from start: Int, verdicts: ContiguousArray<Status>,
        verdictOf: ContiguousArray<UInt16>
    ) {
        (nodes, viewed, self.verdicts) = (order, verdictOf, verdicts)
        (isView, self.start) = (true, start)
        var tallies = ContiguousArray<Int>(repeating: 0, count: verdicts.count)
        for verdict in verdictOf { tallies[Int(verdict)] &+= 1 }
        counts = tallies
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { nodes.count }

    public subscript(place: Int) -> (node: NodeIndex, status: Status) {
        let position = position(place)
        return (nodes[position], verdicts[verdict(at: position)])
    }

    private func position(_ place: Int) -> Int {
        let place = place + start
        return place < nodes.count ? place : place - nodes.count
    }

    private func verdict(at position: Int) -> Int { isView ? Int(viewed[position]) : Int(places[position]) }

    mutating func append(_ node: NodeIndex, _ status: Status) {
        list()
        append(node, verdict: intern(status))
    }

    /// Replaces the verdict at a place.
    mutating func set(_ place: Int, _ status: Status) {
        list()
        let verdict = intern(status)
        counts[Int(places[place])] -= 1
        counts[Int(verdict)] += 1
        places[place] = verdict
    }

    /// Appends a node to a list.
    mutating func append(_ node: NodeIndex, verdict: Int32) {
        nodes.append(node)
        places.append(verdict)
        counts[Int(verdict)] += 1
    }

    mutating func reserveCapacity(_ count: Int) {
        nodes.reserveCapacity(count)
        places.reserveCapacity(count)
    }

    /// The place of a verdict among the distinct ones of a list, which it joins when it is new.
    mutating func intern(_ status: Status) -> Int32 {
        if let place = verdicts.lastIndex(of: status) { return Int32(place) }
        verdicts.append(status)
        counts.append(0)
        return Int32(verdicts.count - 1)
    }

    /// Makes a list of a view.
    private mutating func list() {
        if !isView { return }
        self = NodeStatuses(map { $0 })
    }

    /// Whether any node has a verdict with a code.
    func contains(_ code: StatusCode) -> Bool {
        verdicts.indices.contains { counts[$0] > 0 && verdicts[$0].code == code }
    }

    /// The code of each row of a table of nodes, given that of the rows without a verdict here.
    func codes(rowCount: Int, absent: StatusCode) -> ContiguousArray<StatusCode> {
        var codes = ContiguousArray(repeating: absent, count: rowCount)
        let known = ContiguousArray(verdicts.map(\.code))
        // The first verdict on a node stands.
        var place = nodes.count - 1
        while place >= 0 {
            let position = position(place)
            codes[nodes[position]] = known[verdict(at: position)]
            place -= 1
        }
        return codes
    }
}
