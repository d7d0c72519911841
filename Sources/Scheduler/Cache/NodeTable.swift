public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// The nodes of a cluster as columns: one element a node and fact, at the node's ``NodeIndex``.
///
/// Rows are used again after a node has gone. ``order`` lists the rows that hold a node, zone by zone in
/// turn; rows outside of it belong to pods whose node is not known (yet, or any more) and are never
/// candidates. Upstream: `pkg/scheduler/backend/cache` and `framework/types.go`, `NodeInfo` (v1.36).
public struct NodeTable {
    public internal(set) var symbols = SymbolTable()
    public internal(set) var resources = ResourceNames()

    // MARK: Columns, one element a row

    public internal(set) var names: ContiguousArray<String> = []
    /// The node itself; nil in rows without one.
    public internal(set) var objects: ContiguousArray<Ref<Node>?> = []
    /// Amounts by resource, then row: `allocatable[resource][node]`.
    public internal(set) var allocatable: ContiguousArray<ResourceColumn> = []
    public internal(set) var requested: ContiguousArray<ResourceColumn> = []
    /// Requests with defaults where a container names nothing, for scores.
    public internal(set) var nonZeroMilliCPU: ContiguousArray<Int64> = []
    public internal(set) var nonZeroMemoryBytes: ContiguousArray<Int64> = []
    /// How many pods the node takes.
    public internal(set) var podCapacity: ContiguousArray<Int64> = []
    /// The pods on the node, bound and assumed.
    public internal(set) var pods: ContiguousArray<ContiguousArray<PodInfo>> = []
    /// How many of them have inter-pod (anti-)affinity, and how many require anti-affinity.
    public internal(set) var affinityPodCount: ContiguousArray<Int32> = []
    public internal(set) var antiAffinityPodCount: ContiguousArray<Int32> = []
    /// No pod of the node has a lower priority; it may be that none has this one any more.
    var priorityFloor: ContiguousArray<Int64> = []
    /// No pod on any node has had a lower priority.
    var lowestPriority = Int64.max
    /// How many volumes they can attach at most.
    var volumeCount: ContiguousArray<Int64> = []
    /// No row's is above this.
    var volumeCountBound: Int64 = 0
    public internal(set) var isUnschedulable: ContiguousArray<Bool> = []
    /// The node's list of taints, as an index of ``taintSets``.
    public internal(set) var taintSet: ContiguousArray<Int32> = []
    var labels: ContiguousArray<NodeLabels> = []
    var ports: ContiguousArray<HostPortSet> = []
    public internal(set) var gpus: ContiguousArray<NodeGPUs> = []
    var declaredFeatures: ContiguousArray<[String]> = []
    /// Changes whenever the row does, so that what was derived from it can be brought up to date.
    public internal(set) var generations: ContiguousArray<UInt64> = []

    // MARK: Shared facts

    /// The distinct lists of taints among the nodes; the first is empty.
    public internal(set) var taintSets: ContiguousArray<[Taint]> = [[]]
    public internal(set) var images = ImageStates()
    public internal(set) var topologies: ContiguousArray<TopologyDomains> = []
    /// The rows with a node, in the order in which a cycle visits them.
    public var order: ContiguousArray<NodeIndex> { isOrderStale ? tree.list() : settledOrder }
    /// How many nodes there are.
    public private(set) var count = 0

    private var rows: [String: NodeIndex] = [:]
    private var freeRows: ContiguousArray<NodeIndex> = []
    private var tree = NodeTree()
    private var settledOrder: ContiguousArray<NodeIndex> = []
    private var isOrderStale = false
    private var topologyNumbers: [String: TopologyIndex] = [:]
    private var taintSetNumbers: [[Taint]: Int32] = [[]: 0]
    var classes: [PodClassKey: PodClass] = [:]
    var groups: [PodGroupKey: PodGroup] = [:]
    /// Groups of pods that were met lately, to be tried first.
    var recentGroups: ContiguousArray<PodGroup> = []
    var nextGroup: Int32 = 0
    var lastGeneration: UInt64 = 0

    // MARK: For what is derived from the table

    /// What happened to the rows.
    private(set) var log = ChangeLog()
    /// Changes with the nodes that there are, their labels, taints and whether they are cordoned.
    private(set) var structureVersion: UInt64 = 0
    /// Changes with ``order``.
    private(set) var orderVersion: UInt64 = 0
    /// Each row's place in ``order``; -1 for rows outside of it. Up to date when ``order`` is settled.
    private(set) var positions: ContiguousArray<Int32> = []
    /// Changes with ``images``.
    private(set) var imagesVersion: UInt64 = 0
    /// How many trials are under way: what they do to a row is undone, and not logged.
    var trialDepth = 0

    public init() {
        addMissingResourceColumns()
        _ = topology(WellKnown.hostnameLabel)
        _ = topology(WellKnown.zoneLabel)
    }

    /// How many rows the columns have.
    @inlinable public var rowCount: Int { names.count }

    /// The row of a name: of a node, or of pods whose node is not known.
    public func row(named name: String) -> NodeIndex? { rows[name] }

    /// The node of a name.
    public subscript(name: String) -> NodeIndex? {
        guard let row = rows[name], objects[row] != nil else { return nil }
        return row
    }

    /// The column of a topology key, made when the key is new.
    public mutating func topology(_ key: String) -> TopologyIndex {
        if let number = topologyNumbers[key] { return number }
        var topology = TopologyDomains(key: key, symbol: symbols.intern(key))
        for row in 0..<rowCount { topology.set(NodeIndex(row), labels: labels[row]) }
        let number = TopologyIndex(topologies.count)
        topologies.append(topology)
        topologyNumbers[key] = number
        return number
    }

    /// The column of a topology key that some pod or plugin has asked for.
    public func existingTopology(_ key: String) -> TopologyIndex? { topologyNumbers[key] }

    /// The domains under a key that has no column.
    func domains(of key: String) -> TopologyDomains {
        var symbols = symbols
        var topology = TopologyDomains(key: key, symbol: symbols.intern(key))
        for row in 0..<rowCount { topology.set(NodeIndex(row), labels: labels[row]) }
        return topology
    }

    /// Brings ``order`` up to date once, so that reading it costs nothing until nodes come or go.
    mutating func settleOrder() {
        guard isOrderStale else { return }
        settledOrder = tree.list()
        isOrderStale = false
        orderVersion += 1
        positions = ContiguousArray(repeating: -1, count: rowCount)
        for (place, node) in settledOrder.enumerated() { positions[node] = Int32(place) }
    }

    // MARK: Nodes

    /// Adds a node, or takes over a new version of it.
    @discardableResult
    public mutating func set(_ node: Ref<Node>) -> NodeIndex {
        let name = node.value.metadata.name
        let row = self.row(makingRoomFor: name)
        let zone = NodeTree.zoneKey(node.value.metadata.labels)
        if let old = objects[row] {
            // Even equal lists may change a size.
            if !old.value.status.images.isEmpty || !node.value.status.images.isEmpty {
                imagesVersion += 1
                images.update(from: old.value.status.images, to: node.value.status.images, of: row)
            }
            if old.value.metadata.labels != node.value.metadata.labels
                || old.value.spec.taints != node.value.spec.taints
                || old.value.spec.unschedulable != node.value.spec.unschedulable
            {
                structureVersion += 1
            }
            let oldZone = NodeTree.zoneKey(old.value.metadata.labels)
            if oldZone != zone {
                tree.remove(row, zone: oldZone)
                tree.add(row, zone: zone)
                isOrderStale = true
            }
        } else {
            if !node.value.status.images.isEmpty { imagesVersion += 1 }
            structureVersion += 1
            images.add(node.value.status.images, of: row)
            tree.add(row, zone: zone)
            isOrderStale = true
            count += 1
        }
        let old = objects[row]
        objects[row] = node
        fill(row, from: node.value, before: old?.value)
        return row
    }

    /// Removes a node; its pods stay in the row until they are removed themselves.
    public mutating func remove(nodeNamed name: String) {
        guard let row = self[name], let node = objects[row] else { return }
        if !node.value.status.images.isEmpty { imagesVersion += 1 }
        structureVersion += 1
        images.remove(node.value.status.images, of: row)
        tree.remove(row, zone: NodeTree.zoneKey(node.value.metadata.labels))
        isOrderStale = true
        count -= 1
        objects[row] = nil
        var empty = Node()
        empty.metadata.name = name
        fill(row, from: empty, before: node.value)
        releaseIfUnused(row)
    }

    private mutating func fill(_ row: NodeIndex, from node: Node, before old: Node?) {
        for column in 0...ResourceIndex.ephemeralStorage.value { allocatable[column][row] = 0 }
        for entry in old?.status.allocatable.entries ?? [] where isScalarResource(entry.name) {
            if let resource = resources[entry.name] { allocatable[resource.value][row] = 0 }
        }
        podCapacity[row] = 0
        for entry in node.status.allocatable.entries {
            switch entry.name {
            case ResourceName.cpu: allocatable[0][row] = entry.quantity.milliValue
            case ResourceName.pods: podCapacity[row] = entry.quantity.value
            case ResourceName.memory, ResourceName.ephemeralStorage:
                allocatable[resources.intern(entry.name).value][row] = entry.quantity.value
            default:
                guard isScalarResource(entry.name) else { continue }
                let resource = resources.intern(entry.name)
                addMissingResourceColumns()
                allocatable[resource.value][row] = entry.quantity.value
            }
        }
        isUnschedulable[row] = node.spec.unschedulable
        taintSet[row] = taintSetNumber(node.spec.taints)
        labels[row] = NodeLabels(node.metadata.labels, symbols: &symbols)
        for place in topologies.indices { topologies[place].set(row, labels: labels[row]) }
        declaredFeatures[row] =
            node.status.rest["declaredFeatures"]?.arrayValue?.compactMap(\.stringValue) ?? []
        fillGPUs(row, from: node)
        touch(row)
    }

    private mutating func taintSetNumber(_ taints: [Taint]) -> Int32 {
        // When a taint was added does not matter to the scheduler.
        let key = taints.map { Taint(key: $0.key, value: $0.value, effect: $0.effect) }
        if let number = taintSetNumbers[key] { return number }
        let number = Int32(taintSets.count)
        taintSets.append(key)
        taintSetNumbers[key] = number
        return number
    }

    /// The row of a node's name, made when the name is new.
    mutating func row(makingRoomFor name: String) -> NodeIndex {
        if let row = rows[name] { return row }
        if let row = freeRows.popLast() {
            names[row] = name
            rows[name] = row
            return row
        }
        let row = NodeIndex(rowCount)
        names.append(name)
        objects.append(nil)
        nonZeroMilliCPU.append(0)
        nonZeroMemoryBytes.append(0)
        podCapacity.append(0)
        pods.append([])
        affinityPodCount.append(0)
        antiAffinityPodCount.append(0)
        priorityFloor.append(.max)
        volumeCount.append(0)
        isUnschedulable.append(false)
        taintSet.append(0)
        labels.append(NodeLabels())
        ports.append(HostPortSet())
        gpus.append(NodeGPUs())
        declaredFeatures.append([])
        generations.append(0)
        for place in topologies.indices { topologies[place].set(row, labels: NodeLabels()) }
        rows[name] = row
        return row
    }

    mutating func releaseIfUnused(_ row: NodeIndex) {
        guard objects[row] == nil && pods[row].isEmpty else { return }
        rows[names[row]] = nil
        names[row] = ""
        freeRows.append(row)
    }

    mutating func touch(
        _ row: NodeIndex, group: PodGroup? = nil, sign: Int8 = 0, isTerminating: Bool = false
    ) {
        lastGeneration += 1
        generations[row] = lastGeneration
        if trialDepth > 0 { return }
        log.append(
            ChangeLog.Entry(
                row: Int32(row.value), group: group, sign: sign, isTerminating: isTerminating),
            limit: max(4_096, 2 * rowCount))
    }

    mutating func addMissingResourceColumns() {
        while allocatable.count < resources.count {
            // Every node has the first ones.
            let isSparse = allocatable.count > ResourceIndex.ephemeralStorage.value
            allocatable.append(ResourceColumn(isSparse: isSparse))
            requested.append(ResourceColumn(isSparse: isSparse))
        }
    }
}
