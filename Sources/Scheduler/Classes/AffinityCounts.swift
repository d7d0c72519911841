import KubernetesModel

/// What InterPodAffinity counts for the pods of one group, kept up to date as pods come and go.
///
/// What a pod adds follows from its group alone, so it is found once a pair of groups.
struct AffinityCounts {
    private let plugin: InterPodAffinity
    private let group: PodGroup
    /// What the plugin's PreFilter would find.
    private(set) var filter: InterPodAffinity.FilterState
    /// What its PreScore would find.
    private(set) var score = TopologyCounts()
    /// How many pairs of a pod and a term that is met there are; with none the plugin does not score.
    private(set) var metCount = 0
    /// Whether the plugin scores the pods of the group only for terms of other pods.
    let hasPreferences: Bool
    let hasOwnTerms: Bool
    /// Whether the group's own affinity terms are about its own pods.
    let matchesItself: Bool

    private let preferredAffinity: [AffinityTerm]
    private let preferredAntiAffinity: [AffinityTerm]
    private var cursor = 0
    private var structureVersion: UInt64 = .max
    private var namespacesVersion: UInt64
    /// Places in ``effects`` by group.
    private var effectOf: [Int32: Int] = [:]
    private var effects: ContiguousArray<Effect> = [Effect()]
    /// The places that the plugin's Filter lets pass, for who asks for them.
    private var mask = PlaceMask()
    /// By topology key, as far as it has been asked for.
    private var hasOneNodeADomain: [Int: Bool] = [:]

    /// What one pod of a group adds at its node's domains.
    private struct Effect {
        var existing: [TopologyIndex] = []
        var affinity: [TopologyIndex] = []
        var antiAffinity: [TopologyIndex] = []
        var score: [(topology: TopologyIndex, weight: Int64)] = []

        var isNothing: Bool {
            existing.isEmpty && affinity.isEmpty && antiAffinity.isEmpty && score.isEmpty
        }
    }

    init(_ group: PodGroup, plugin: InterPodAffinity, cluster: ClusterCache) {
        self.plugin = plugin
        self.group = group
        let namespaces = cluster.objects.namespaces
        let podClass = group.podClass
        namespacesVersion = namespaces.version
        filter = InterPodAffinity.FilterState(
            affinity: podClass.requiredAffinity.map { $0.resolvingNamespaces(namespaces) },
            antiAffinity: podClass.requiredAntiAffinity.map { $0.resolvingNamespaces(namespaces) },
            namespaceLabels: cluster.objects.namespaceLabels(podClass.namespace))
        preferredAffinity = podClass.preferredAffinity.map { $0.resolvingNamespaces(namespaces) }
        preferredAntiAffinity = podClass.preferredAntiAffinity.map { $0.resolvingNamespaces(namespaces) }
        hasPreferences = !preferredAffinity.isEmpty || !preferredAntiAffinity.isEmpty
        hasOwnTerms = !filter.affinity.isEmpty || !filter.antiAffinity.isEmpty
        matchesItself = Self.matchesAll(filter.affinity, group)
    }

    /// Whether the namespaces are those for which the counts hold.
    func isValid(_ cluster: ClusterCache) -> Bool {
        namespacesVersion == cluster.objects.namespaces.version
    }

    /// Whether the plugin's Filter has nothing to do.
    var isFilterSkipped: Bool { !hasOwnTerms && filter.existingAntiAffinityCounts.isEmpty }
    var isScoreSkipped: Bool {
        (plugin.ignoresPreferredTermsOfExistingPods && !hasPreferences) || metCount == 0
    }

    private static func matchesAll(_ terms: [AffinityTerm], _ group: PodGroup) -> Bool {
        !terms.isEmpty && terms.allSatisfy { $0.matches(group, namespaceLabels: Labels()) }
    }

    // MARK: Bringing up to date

    mutating func sync(_ nodes: NodeTable) {
        guard structureVersion == nodes.structureVersion, let start = nodes.log.place(of: cursor) else {
            rebuild(nodes)
            return
        }
        let end = nodes.log.entries.count
        for place in start..<end {
            guard let other = nodes.log.entries[place].group, concerns(other) else { continue }
            let effect = effect(of: other)
            if effect == 0 { continue }
            let row = NodeIndex(Int(nodes.log.entries[place].row))
            if nodes.objects[row] != nil {
                apply(effect, at: row, sign: Int64(nodes.log.entries[place].sign), nodes)
            }
        }
        cursor = nodes.log.end
    }

    /// Whether pods of a group can count: those without terms do not, where the own group has none either.
    private func concerns(_ other: PodGroup) -> Bool {
        hasOwnTerms || hasPreferences || other.podClass.hasAffinity
    }

    private mutating func rebuild(_ nodes: NodeTable) {
        cursor = nodes.log.end
        structureVersion = nodes.structureVersion
        if effects.count > 4_096 {
            effectOf = [:]
            effects = [Effect()]
        }
        mask.invalidate()
        hasOneNodeADomain = [:]
        filter.existingAntiAffinityCounts = TopologyCounts()
        filter.affinityCounts = TopologyCounts()
        filter.antiAffinityCounts = TopologyCounts()
        score = TopologyCounts()
        metCount = 0
        var last: PodGroup?
        var lastEffect = 0
        let concernsAll = hasOwnTerms || hasPreferences
        for node in nodes.order where concernsAll || nodes.affinityPodCount[node] > 0 {
            for other in nodes.pods[node] where concernsAll || other.podClass.hasAffinity {
                if last !== other.group {
                    last = other.group
                    lastEffect = effect(of: other.group)
                }
                if lastEffect != 0 { apply(lastEffect, at: node, sign: 1, nodes) }
            }
        }
    }

    private mutating func apply(_ place: Int, at row: NodeIndex, sign: Int64, _ nodes: NodeTable) {
        let effect = effects[place]
        let wasEmpty = filter.affinityCounts.isEmpty
        for topology in effect.existing
        where filter.existingAntiAffinityCounts.add(sign, topology, at: row, in: nodes) {
            noteChange(topology, row, nodes)
        }
        for topology in effect.affinity
        where filter.affinityCounts.add(sign, topology, at: row, in: nodes) {
            noteChange(topology, row, nodes)
        }
        for topology in effect.antiAffinity
        where filter.antiAffinityCounts.add(sign, topology, at: row, in: nodes) {
            noteChange(topology, row, nodes)
        }
        if filter.affinityCounts.isEmpty != wasEmpty { mask.invalidate() }
        for entry in effect.score {
            let domain = nodes.topologies[entry.topology.value][row]
            if domain < 0 { continue }
            metCount += Int(sign)
            score.add(sign &* entry.weight, entry.topology, domain)
        }
    }

    // MARK: Places

    private mutating func noteChange(_ topology: TopologyIndex, _ row: NodeIndex, _ nodes: NodeTable) {
        if mask.isStale { return }
        let isOne: Bool
        if let known = hasOneNodeADomain[topology.value] {
            isOne = known
        } else {
            isOne = nodes.hasOneNodeADomain(topology)
            hasOneNodeADomain[topology.value] = isOne
        }
        if isOne { mask.noteChange(of: row) } else { mask.invalidate() }
    }

    /// The places that the plugin's Filter lets pass, as bits.
    mutating func passingPlaces(_ nodes: NodeTable) -> ContiguousArray<UInt64> {
        var mask = PlaceMask()
        swap(&mask, &self.mask)
        let isFirst = filter.affinityCounts.isEmpty && matchesItself
        mask.sync(nodes) { passes($0, isFirst: isFirst, nodes) }
        swap(&mask, &self.mask)
        return self.mask.words
    }

    private func passes(_ row: NodeIndex, isFirst: Bool, _ nodes: NodeTable) -> Bool {
        for term in filter.affinity {
            let domain = nodes.topologies[term.topology.value][row]
            if domain < 0 || (!isFirst && filter.affinityCounts(term.topology, domain) <= 0) { return false }
        }
        for term in filter.antiAffinity {
            let domain = nodes.topologies[term.topology.value][row]
            if filter.antiAffinityCounts(term.topology, domain) > 0 { return false }
        }
        for key in filter.existingAntiAffinityCounts.keys {
            let domain = nodes.topologies[key.value][row]
            if filter.existingAntiAffinityCounts(key, domain) > 0 { return false }
        }
        return true
    }

    // MARK: Effects

    private mutating func effect(of other: PodGroup) -> Int {
        if let place = effectOf[other.id] { return place }
        var effect = Effect()
        let podClass = other.podClass
        for term in podClass.requiredAntiAffinity
        where term.matches(group, namespaceLabels: filter.namespaceLabels) {
            effect.existing.append(term.topology)
        }
        if Self.matchesAll(filter.affinity, other) { effect.affinity = filter.affinity.map(\.topology) }
        for term in filter.antiAffinity where term.matches(other, namespaceLabels: Labels()) {
            effect.antiAffinity.append(term.topology)
        }
        addScore(&effect, other)
        var place = 0
        if !effect.isNothing {
            effects.append(effect)
            place = effects.count - 1
        }
        effectOf[other.id] = place
        return place
    }

    private func addScore(_ effect: inout Effect, _ other: PodGroup) {
        for term in preferredAffinity where term.matches(other, namespaceLabels: Labels()) {
            effect.score.append((term.topology, term.weight))
        }
        for term in preferredAntiAffinity where term.matches(other, namespaceLabels: Labels()) {
            effect.score.append((term.topology, -term.weight))
        }
        func count(_ terms: [AffinityTerm], _ weight: (AffinityTerm) -> Int64) {
            for term in terms where term.matches(group, namespaceLabels: filter.namespaceLabels) {
                effect.score.append((term.topology, weight(term)))
            }
        }
        let hardWeight = plugin.hardPodAffinityWeight
        if hardWeight > 0 { count(other.podClass.requiredAffinity) { _ in hardWeight } }
        count(other.podClass.preferredAffinity) { $0.weight }
        count(other.podClass.preferredAntiAffinity) { -$0.weight }
    }

    // MARK: Use

    /// A key's domains by row, beside the counts by domain.
    private struct Column {
        let domains: ContiguousArray<Int32>
        let counts: ContiguousArray<Int64>

        init(_ counts: TopologyCounts, _ topology: TopologyIndex, _ nodes: NodeTable) {
            domains = nodes.topologies[topology.value].domains
            self.counts = counts.column(topology)
        }

        func count(_ row: NodeIndex) -> Int64 {
            let domain = Int(domains[row.value])
            return domain >= 0 && domain < counts.count ? counts[domain] : 0
        }
    }

    static let verdicts: [Status] = [
        Status(
            .unschedulableAndUnresolvable, ["node(s) didn't match pod affinity rules"],
            plugin: InterPodAffinity.name),
        Status(
            .unschedulable, ["node(s) didn't match pod anti-affinity rules"], plugin: InterPodAffinity.name),
        Status(
            .unschedulable, ["node(s) didn't satisfy existing pods anti-affinity rules"],
            plugin: InterPodAffinity.name),
    ]

    /// Takes the nodes that the plugin's Filter rejects out of a block of places.
    func filter(_ block: inout ClassBlock, _ nodes: NodeTable) {
        let order = nodes.order
        let verdicts = block.intern(Self.verdicts)
        if !filter.affinity.isEmpty { filterByAffinity(&block, verdicts, nodes) }
        func takeOut(_ column: Column, _ verdict: Int32) {
            let (domains, counts) = (column.domains, column.counts)
            block.filter { place in
                let domain = Int(domains[order[place].value])
                return domain >= 0 && domain < counts.count && counts[domain] > 0 ? verdict : -1
            }
        }
        for term in filter.antiAffinity {
            takeOut(Column(filter.antiAffinityCounts, term.topology, nodes), verdicts + 1)
        }
        for key in filter.existingAntiAffinityCounts.keys {
            takeOut(Column(filter.existingAntiAffinityCounts, key, nodes), verdicts + 2)
        }
    }

    private func filterByAffinity(_ block: inout ClassBlock, _ verdict: Int32, _ nodes: NodeTable) {
        let order = nodes.order
        let columns = filter.affinity.map { Column(filter.affinityCounts, $0.topology, nodes) }
        // The first pod of a group that wants to be together may go anywhere that has the keys.
        let isFirst = filter.affinityCounts.isEmpty && matchesItself
        if columns.count == 1 {
            let (domains, counts) = (columns[0].domains, columns[0].counts)
            block.filter { place in
                let domain = Int(domains[order[place].value])
                if domain < 0 { return verdict }
                return isFirst || (domain < counts.count && counts[domain] > 0) ? -1 : verdict
            }
            return
        }
        block.filter { place in
            let row = order[place]
            var areAllPresent = true
            for column in columns {
                if column.domains[row.value] < 0 { return verdict }
                if column.count(row) <= 0 { areAllPresent = false }
            }
            return areAllPresent || isFirst ? -1 : verdict
        }
    }

    /// The plugin's raw scores of places in the order of nodes.
    func score(_ places: ContiguousArray<Int32>, _ scores: inout ContiguousArray<Int64>, _ nodes: NodeTable) {
        let order = nodes.order
        scores.removeAll(keepingCapacity: true)
        for _ in places.indices { scores.append(0) }
        for key in score.keys {
            let column = Column(score, key, nodes)
            let (domains, counts) = (column.domains, column.counts)
            for index in places.indices {
                let domain = Int(domains[order[Int(places[index])].value])
                if domain >= 0 && domain < counts.count { scores[index] &+= counts[domain] }
            }
        }
    }
}
