import KubernetesModel
import SimulationKernel
import Stochastics

/// What PodTopologySpread counts for the pods of one group, kept up to date as pods come and go.
struct SpreadCounts {
    let constraints: [SpreadConstraint]
    private let group: PodGroup
    private let isHard: Bool
    /// Whether nodes without one of the keys are left out.
    private let requiresAllKeys: Bool
    private let topologies: [TopologyIndex]
    private let isByRow: [Bool]
    /// Whether the group's own pods match, by constraint.
    private let own: [Int64]

    private var cursor = 0
    private var structureVersion: UInt64 = .max
    /// Matching pods by constraint, then domain; by row for a soft constraint on nodes' names.
    private var counts: ContiguousArray<ContiguousArray<Int64>> = []
    /// Of hard constraints: whether an eligible node is in the domain, the least count of such domains, how
    /// many have it, and how many such domains there are.
    private var isPresent: ContiguousArray<ContiguousArray<Bool>> = []
    private var least: [Int64] = []
    private var leastCount: [Int] = []
    private var presentCount: [Int64] = []
    /// The constraints for which pods of a group count, as bits.
    private var matches: [Int32: UInt64] = [:]
    /// For counting the domains of a window.
    private var stamps: ContiguousArray<ContiguousArray<UInt32>> = []
    private var stamp: UInt32 = 0
    /// The domain of the empty label, by constraint; -1 when there is none.
    private var emptyDomain: [Int] = []
    private var sums: ContiguousArray<Double> = []
    private var logarithms: [Int: Double] = [:]
    /// By constraint: how the places that it lets pass are found; empty until they are asked for.
    private var places: ContiguousArray<Places> = []
    private var placesOrderVersion: UInt64 = .max

    private enum Places {
        /// The places of each of few domains.
        case domains([ContiguousArray<UInt64>])
        /// Every node has a domain of its own; the greatest count with which it passes.
        case nodes(PlaceMask, limit: Int64)
        case many
    }

    /// Nil when there is no column for a key, or too many constraints: the plain algorithm counts then.
    init?(
        _ constraints: [SpreadConstraint], of group: PodGroup, isHard: Bool, requiresAllKeys: Bool,
        nodes: NodeTable
    ) {
        var topologies: [TopologyIndex] = []
        for constraint in constraints {
            guard let topology = nodes.existingTopology(constraint.topologyKey) else { return nil }
            topologies.append(topology)
        }
        if constraints.count > 64 { return nil }
        self.constraints = constraints
        self.group = group
        self.isHard = isHard
        self.requiresAllKeys = requiresAllKeys
        self.topologies = topologies
        isByRow = constraints.map { !isHard && $0.topologyKey == WellKnown.hostnameLabel }
        own = constraints.map { $0.matches(group.labels) ? 1 : 0 }
    }

    // MARK: Bringing up to date

    /// Whether everything is counted anew at the next ``sync(_:_:)``.
    func isStale(_ nodes: NodeTable) -> Bool {
        structureVersion != nodes.structureVersion || nodes.log.place(of: cursor) == nil
    }

    /// - Parameter residents: brought up to date, if this is stale.
    mutating func sync(_ nodes: NodeTable, _ residents: ResidentPods) {
        guard structureVersion == nodes.structureVersion, let start = nodes.log.place(of: cursor) else {
            rebuild(nodes, residents)
            return
        }
        let end = nodes.log.entries.count
        for place in start..<end {
            guard let other = nodes.log.entries[place].group, !nodes.log.entries[place].isTerminating
            else { continue }
            let bits = bits(of: other)
            if bits == 0 { continue }
            let row = NodeIndex(Int(nodes.log.entries[place].row))
            if nodes.objects[row] != nil {
                apply(bits, at: row, sign: Int64(nodes.log.entries[place].sign), nodes)
            }
        }
        cursor = nodes.log.end
    }

    private mutating func bits(of other: PodGroup) -> UInt64 {
        if let bits = matches[other.id] { return bits }
        var bits: UInt64 = 0
        for index in constraints.indices
        where constraints[index].counts(other, namespace: group.podClass.namespace) {
            bits |= 1 << UInt64(index)
        }
        if matches.count > 16_384 { matches.removeAll() }
        matches[other.id] = bits
        return bits
    }

    private func hasAllKeys(_ row: NodeIndex, _ nodes: NodeTable) -> Bool {
        for topology in topologies where nodes.topologies[topology.value][row] < 0 { return false }
        return true
    }

    /// Where a constraint counts a node's pods; a node without the key is in the domain after all others, and so
    /// is, for soft ones, a node whose label is empty.
    private func place(_ index: Int, _ row: NodeIndex, _ nodes: NodeTable) -> Int {
        if isByRow[index] { return row.value }
        let domain = nodes.topologies[topologies[index].value][row]
        return domain < 0 || (!isHard && domain == emptyDomain[index]) ? counts[index].count - 1 : domain
    }

    /// Counts anew: too much has happened since, or nodes are others.
    private mutating func rebuild(_ nodes: NodeTable, _ residents: ResidentPods) {
        cursor = nodes.log.end
        let candidates = residents.candidates(constraints)
        if structureVersion != nodes.structureVersion || candidates == nil {
            structureVersion = nodes.structureVersion
            layOut(nodes)
        } else {
            // The nodes are the same, so the domains are, and who is in them.
            for index in counts.indices {
                for domain in counts[index].indices { counts[index][domain] = 0 }
            }
        }
        for index in places.indices {
            guard case .nodes(var mask, let limit) = places[index] else { continue }
            places[index] = .many
            mask.invalidate()
            places[index] = .nodes(mask, limit: limit)
        }
        if let candidates {
            for other in candidates {
                let bits = bits(of: other.group)
                if bits == 0 { continue }
                for number in other.rows.keys.sorted() {
                    let row = NodeIndex(Int(number))
                    if nodes.objects[row] == nil || (requiresAllKeys && !hasAllKeys(row, nodes)) { continue }
                    count(bits, at: row, sign: other.rows[number] ?? 0, nodes)
                }
            }
        } else {
            for row in nodes.order where !requiresAllKeys || hasAllKeys(row, nodes) {
                for other in nodes.pods[row] where !other.isTerminating {
                    let bits = bits(of: other.group)
                    if bits != 0 { count(bits, at: row, sign: 1, nodes) }
                }
            }
        }
        if isHard {
            for index in constraints.indices { findLeast(index) }
        }
    }

    /// Makes empty counts for the domains of the present nodes, and finds out in which of them eligible nodes are.
    private mutating func layOut(_ nodes: NodeTable) {
        places.removeAll()
        counts.removeAll()
        isPresent.removeAll()
        stamps.removeAll()
        for index in constraints.indices {
            let count =
                isByRow[index] ? nodes.rowCount : nodes.topologies[topologies[index].value].count + 1
            counts.append(ContiguousArray(repeating: 0, count: count))
            stamps.append(isHard || isByRow[index] ? [] : ContiguousArray(repeating: 0, count: count))
            isPresent.append(isHard ? ContiguousArray(repeating: false, count: count) : [])
        }
        stamp = 0
        let emptyText = nodes.symbols.symbol("")
        emptyDomain = topologies.map { topology in
            guard let emptyText else { return -1 }
            return nodes.topologies[topology.value].values.firstIndex(of: emptyText) ?? -1
        }
        guard isHard else { return }
        for row in nodes.order where !requiresAllKeys || hasAllKeys(row, nodes) {
            for index in constraints.indices
            where constraints[index].includes(row, for: group.podClass, nodes: nodes) {
                isPresent[index][place(index, row, nodes)] = true
            }
        }
        least = constraints.map { _ in 0 }
        leastCount = constraints.map { _ in 0 }
        presentCount = isPresent.map { column in Int64(column.count { $0 }) }
    }

    private mutating func count(_ bits: UInt64, at row: NodeIndex, sign: Int64, _ nodes: NodeTable) {
        for index in constraints.indices where bits >> UInt64(index) & 1 != 0 {
            if !isByRow[index] && !constraints[index].includes(row, for: group.podClass, nodes: nodes) {
                continue
            }
            counts[index][place(index, row, nodes)] += sign
        }
    }

    private mutating func apply(_ bits: UInt64, at row: NodeIndex, sign: Int64, _ nodes: NodeTable) {
        if requiresAllKeys && !hasAllKeys(row, nodes) { return }
        if !isHard {
            count(bits, at: row, sign: sign, nodes)
            return
        }
        for index in constraints.indices where bits >> UInt64(index) & 1 != 0 {
            guard constraints[index].includes(row, for: group.podClass, nodes: nodes) else { continue }
            let place = place(index, row, nodes)
            let before = counts[index][place]
            let after = before + sign
            counts[index][place] = after
            notePlaces(index, row, before, after)
            if after < least[index] {
                least[index] = after
                leastCount[index] = 1
            } else if after == least[index] {
                leastCount[index] += 1
            } else if before == least[index] {
                leastCount[index] -= 1
                if leastCount[index] == 0 { findLeast(index) }
            }
        }
    }

    private mutating func findLeast(_ index: Int) {
        var least = Int64(Int32.max)
        var number = 0
        let counts = counts[index]
        let isPresent = isPresent[index]
        for domain in counts.indices where isPresent[domain] {
            if counts[domain] < least {
                least = counts[domain]
                number = 1
            } else if counts[domain] == least {
                number += 1
            }
        }
        self.least[index] = least
        leastCount[index] = number
    }

    // MARK: Places

    private mutating func notePlaces(_ index: Int, _ row: NodeIndex, _ before: Int64, _ after: Int64) {
        guard index < places.count, case .nodes(var mask, let limit) = places[index],
            (before > limit) != (after > limit)
        else { return }
        places[index] = .many
        mask.noteChange(of: row)
        places[index] = .nodes(mask, limit: limit)
    }

    /// The greatest count of a domain with which a hard constraint lets nodes pass.
    private func limit(_ index: Int) -> Int64 {
        let minimum = presentCount[index] < constraints[index].minDomains ? 0 : least[index]
        return constraints[index].maxSkew &+ minimum &- own[index]
    }

    private static let fewDomains = 16

    /// The places that hard constraints let pass, as bits: those in any of the maps of each constraint; nil
    /// where that would take long.
    mutating func passingPlaces(_ nodes: NodeTable) -> [[ContiguousArray<UInt64>]]? {
        if places.isEmpty || placesOrderVersion != nodes.orderVersion { findPlaces(nodes) }
        var all: [[ContiguousArray<UInt64>]] = []
        for index in constraints.indices {
            let limit = limit(index)
            switch places[index] {
            case .many: return nil
            case .domains(let maps):
                all.append(maps.indices.filter { counts[index][$0] <= limit }.map { maps[$0] })
            case .nodes(var mask, let old):
                places[index] = .many
                if old != limit { mask.invalidate() }
                let domains = nodes.topologies[topologies[index].value].domains
                let counts = counts[index]
                mask.sync(nodes) { row in
                    let domain = Int(domains[row.value])
                    return domain >= 0 && counts[domain] <= limit
                }
                all.append([mask.words])
                places[index] = .nodes(mask, limit: limit)
            }
        }
        return all
    }

    /// The places of each domain, where one soft constraint tells few domains apart.
    mutating func placesByDomain(_ nodes: NodeTable) -> [ContiguousArray<UInt64>]? {
        guard constraints.count == 1, !isHard, !isByRow[0], emptyDomain[0] < 0 else { return nil }
        if places.isEmpty || placesOrderVersion != nodes.orderVersion { findPlaces(nodes) }
        guard case .domains(let maps) = places[0] else { return nil }
        return maps
    }

    /// The plugin's normalised scores by domain, and that of nodes without the key, given which of them are in
    /// the window; nil when one is out of range.
    mutating func scores(_ isPresent: [Bool], elsewhere isElsewhere: Bool) -> (
        domains: [Int64], other: Int64
    )? {
        let countsOthers = isElsewhere && !requiresAllKeys
        let size = isPresent.count { $0 } + (countsOthers ? 1 : 0)
        let weight = logarithm(of: size + 2)
        let skew = Double(constraints[0].maxSkew &- 1)
        var raw: [Int64] = []
        var least = Int64.max
        var greatest: Int64 = 0
        for domain in isPresent.indices {
            let sum = 0.0 + (Double(counts[0][domain]) * weight + skew)
            let score = Int64(truncatingAsGo: sum.rounded(.toNearestOrAwayFromZero))
            raw.append(score)
            if isPresent[domain] {
                least = min(least, score)
                greatest = max(greatest, score)
            }
        }
        if countsOthers { least = min(least, 0) }
        func normalize(_ raw: Int64) -> Int64 {
            greatest == 0 ? NodeScore.maximum : NodeScore.maximum &* (greatest &+ least &- raw) / greatest
        }
        var domains: [Int64] = []
        for domain in isPresent.indices {
            let score = isPresent[domain] ? normalize(raw[domain]) : 0
            if score < NodeScore.minimum || score > NodeScore.maximum { return nil }
            domains.append(score)
        }
        let other = countsOthers ? normalize(0) : 0
        return other < NodeScore.minimum || other > NodeScore.maximum ? nil : (domains, other)
    }

    private mutating func findPlaces(_ nodes: NodeTable) {
        placesOrderVersion = nodes.orderVersion
        places.removeAll()
        for index in constraints.indices {
            let domains = nodes.topologies[topologies[index].value]
            if domains.count > Self.fewDomains {
                places.append(
                    nodes.hasOneNodeADomain(topologies[index]) ? .nodes(PlaceMask(), limit: 0) : .many)
                continue
            }
            let order = nodes.order
            var maps = [ContiguousArray<UInt64>](
                repeating: ContiguousArray(repeating: 0, count: (order.count + 63) / 64), count: domains.count
            )
            for place in order.indices where domains[order[place]] >= 0 {
                maps[domains[order[place]]][place >> 6] |= 1 << UInt64(place & 63)
            }
            places.append(.domains(maps))
        }
    }

    // MARK: Filter

    static let verdicts: [Status] = [
        Status(
            .unschedulableAndUnresolvable,
            ["node(s) didn't match pod topology spread constraints (missing required label)"],
            plugin: PodTopologySpread.name),
        Status(
            .unschedulable, ["node(s) didn't match pod topology spread constraints"],
            plugin: PodTopologySpread.name),
    ]

    /// What the plugin's PreFilter would find.
    func filterState() -> PodTopologySpread.FilterState {
        var optional = ContiguousArray<ContiguousArray<Int64?>>()
        for index in constraints.indices {
            // The last one stands for nodes without the key, which a hard constraint does not count.
            optional.append(
                ContiguousArray(
                    counts[index].indices.dropLast().map { isPresent[index][$0] ? counts[index][$0] : nil }))
        }
        return PodTopologySpread.FilterState(constraints: constraints, counts: optional)
    }

    /// Takes the nodes that the plugin's Filter rejects out of a block of places.
    func filter(_ block: inout ClassBlock, _ nodes: NodeTable) {
        let order = nodes.order
        let verdicts = block.intern(Self.verdicts)
        for index in constraints.indices {
            let limit = limit(index)
            let domains = nodes.topologies[topologies[index].value].domains
            let counts = counts[index]
            block.filter { place in
                let domain = Int(domains[order[place].value])
                if domain < 0 { return verdicts }
                return domain < counts.count && counts[domain] > limit ? verdicts + 1 : -1
            }
        }
    }

    // MARK: Score

    /// The plugin's raw scores of places in the order of nodes; ignored ones score 0 and are marked.
    mutating func score(
        _ places: ContiguousArray<Int32>, _ scores: inout ContiguousArray<Int64>,
        _ isIgnored: inout ContiguousArray<Bool>, _ nodes: NodeTable
    ) {
        let order = nodes.order
        isIgnored.removeAll(keepingCapacity: true)
        sums.removeAll(keepingCapacity: true)
        for _ in places.indices {
            isIgnored.append(false)
            sums.append(0)
        }
        if requiresAllKeys {
            for topology in topologies {
                let domains = nodes.topologies[topology.value].domains
                for index in places.indices where domains[order[Int(places[index])].value] < 0 {
                    isIgnored[index] = true
                }
            }
        }
        stamp &+= 1
        var sums: ContiguousArray<Double> = []
        swap(&sums, &self.sums)
        for index in constraints.indices {
            let domains = nodes.topologies[topologies[index].value].domains
            let size = isByRow[index] ? isIgnored.count { !$0 } : size(index, places, isIgnored, nodes)
            let weight = logarithm(of: size + 2)
            let skew = Double(constraints[index].maxSkew &- 1)
            let counts = counts[index]
            let byRow = isByRow[index]
            let (empty, missing) = (emptyDomain[index], counts.count - 1)
            for place in places.indices where !isIgnored[place] {
                let row = order[Int(places[place])].value
                let domain = Int(domains[row])
                if domain < 0 { continue }
                let element = byRow ? row : domain == empty ? missing : domain
                sums[place] += Double(counts[element]) * weight + skew
            }
        }
        scores.removeAll(keepingCapacity: true)
        for place in places.indices {
            scores.append(
                isIgnored[place] ? 0 : Int64(truncatingAsGo: sums[place].rounded(.toNearestOrAwayFromZero)))
        }
        swap(&sums, &self.sums)
    }

    /// How many domains of a constraint the nodes are in.
    private mutating func size(
        _ index: Int, _ places: ContiguousArray<Int32>, _ isIgnored: ContiguousArray<Bool>, _ nodes: NodeTable
    ) -> Int {
        let order = nodes.order
        let domains = nodes.topologies[topologies[index].value].domains
        var stamps: ContiguousArray<UInt32> = []
        swap(&stamps, &self.stamps[index])
        var size = 0
        let (empty, missing) = (emptyDomain[index], stamps.count - 1)
        for place in places.indices where !isIgnored[place] {
            let domain = Int(domains[order[Int(places[place])].value])
            let element = domain < 0 || domain == empty ? missing : domain
            if stamps[element] != stamp {
                stamps[element] = stamp
                size += 1
            }
        }
        swap(&stamps, &self.stamps[index])
        return size
    }

    private mutating func logarithm(of number: Int) -> Double {
        if let known = logarithms[number] { return known }
        let logarithm = naturalLogarithm(Double(number))
        if logarithms.count > 4_096 { logarithms.removeAll() }
        logarithms[number] = logarithm
        return logarithm
    }
}
