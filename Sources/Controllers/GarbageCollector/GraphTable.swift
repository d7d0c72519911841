import KubernetesModel

/// The nodes of the graph by identity, in dense places: a cluster has one for each of its objects.
struct GraphTable: Sendable {
    private var places: [UID: Int32] = [:]
    private var nodes: ContiguousArray<GraphNode?> = []
    private var free: ContiguousArray<Int32> = []

    subscript(uid: UID) -> GraphNode? {
        get { places[uid].flatMap { nodes[Int($0)] } }
        // Changes are made in place: a node may have very many dependents.
        _modify {
            if let place = places[uid] {
                yield &nodes[Int(place)]
            } else {
                var new: GraphNode?
                yield &new
                if let new { insert(new, uid) }
            }
        }
    }

    func contains(_ uid: UID) -> Bool { places[uid] != nil }

    /// What dependents are listed by.
    func number(of uid: UID) -> Int32? { places[uid] }

    func node(number: Int32) -> GraphNode? { nodes[Int(number)] }

    mutating func remove(_ uid: UID) {
        guard let place = places.removeValue(forKey: uid) else { return }
        nodes[Int(place)] = nil
        free.append(place)
    }

    private mutating func insert(_ node: GraphNode, _ uid: UID) {
        if let place = free.popLast() {
            nodes[Int(place)] = node
            places[uid] = place
        } else {
            places[uid] = Int32(nodes.count)
            nodes.append(node)
        }
    }
}

/// The dependents of an object, by number, in the order in which they were met; look-up and removal take
/// constant time.
struct DependentList: Sendable {
    private static let hole: Int32 = -1
    private var items: ContiguousArray<Int32> = []
    private var places: [Int32: Int32] = [:]

    var isEmpty: Bool { places.isEmpty }
    var all: [Int32] { items.filter { $0 != Self.hole } }

    mutating func insert(_ number: Int32) {
        if places[number] != nil { return }
        places[number] = Int32(items.count)
        items.append(number)
    }

    mutating func remove(_ number: Int32) {
        guard let place = places.removeValue(forKey: number) else { return }
        items[Int(place)] = Self.hole
        guard items.count > 16, places.count * 2 < items.count else { return }
        items.removeAll { $0 == Self.hole }
        for (index, item) in items.enumerated() { places[item] = Int32(index) }
    }
}
