import KubernetesModel

/// Nodes that are taken without a list of those that were looked at.
extension SchedulingCycle {
    /// A node that was found without a list of those that were looked at.
    struct Taken {
        var node: NodeIndex
        /// How many nodes were looked at, fit, and had the highest score.
        var visitedCount: Int
        var feasibleCount: Int
        var tieCount: Int
        /// Whether NodeAffinity left no other node.
        var isOnlyNamed = false
    }

    /// Takes the only node that fits where pods ask for a resource that few nodes have, without a look at the
    /// others; nil when that is not how it is.
    mutating func takeOnlyNode(
        _ pod: PodInfo, _ plan: Int, _ number: Int, _ nodes: NodeTable
    ) -> Taken? {
        if keepsDetails || !scratch.nominated.isEmpty || learnt.classes[number].otherResources.isEmpty {
            return nil
        }
        guard learnt.classes[number].nodeNames == nil, needsOnlyRoom(plan, number),
            isAffinityFilterSkipped(number)
        else { return nil }
        var rows: ContiguousArray<Int32>?
        for resource in learnt.classes[number].otherResources {
            // Absurd sums may be less than nothing, which leaves room where there is no resource.
            guard let capable = nodes.allocatable[resource.value].rows,
                let used = nodes.requested[resource.value].rows
            else { continue }
            let all = used == capable ? capable : capable + used.filter { !capable.contains($0) }
            if all.count < rows?.count ?? Self.fewNodes { rows = all }
        }
        guard let rows else { return nil }
        var columns = NodeColumns(pod.podClass, plan: learnt.plans[plan], nodes: nodes)
        var only: NodeIndex?
        for row in rows {
            let node = NodeIndex(Int(row))
            if nodes.positions[node] < 0 || columns.judge(node, nodes) != 0 { continue }
            if only != nil { return nil }
            only = node
        }
        guard let only else { return nil }
        // All nodes were looked at, so the next search begins where this one did.
        nextStartIndex %= nodes.order.count
        return Taken(node: only, visitedCount: nodes.order.count, feasibleCount: 1, tieCount: 1)
    }

    /// Takes the only node that a pod may go to, as those of a DaemonSet have, when the pod fits there; nil
    /// when more than the columns has a say.
    mutating func takeNamed(_ plan: Int, _ number: Int, _ nodes: NodeTable) -> Taken? {
        guard let node = learnt.classes[number].onlyNode(nodes), scratch.nominated.isEmpty,
            needsOnlyRoom(plan, number), isAffinityFilterSkipped(number)
        else { return nil }
        let place = Int(nodes.positions[node])
        let bit: UInt64 = 1 << UInt64(place & 63)
        let columns = learnt.classes[number].columns
        if learnt.columns[columns].isStale[place >> 6] & bit != 0 {
            learnt.refreshColumns(columns, plan: plan, word: place >> 6, mask: bit, nodes)
        }
        guard learnt.columns[columns].fits[place >> 6] & bit != 0 else { return nil }
        nextStartIndex = (nextStartIndex + 1) % nodes.order.count
        return Taken(node: node, visitedCount: 1, feasibleCount: 1, tieCount: 1, isOnlyNamed: true)
    }

    /// Whether the plugins for volumes let the pod onto every node, as they mostly do when its claims are bound;
    /// the state is then what the plugins that follow need.
    func volumesLetAllPass(
        _ pod: PodInfo, _ plan: Int, _ cluster: ClusterCache, _ state: inout CycleState
    ) -> Bool {
        for plugin in learnt.plans[plan].volumePreFilters {
            let outcome = plugin.preFilter(pod, cluster: cluster, state: &state)
            if outcome.nodeNames != nil { return false }
            switch outcome.status.code {
            case .skip: state.skippedFilters.insert(plugin.name)
            case .success: break
            default: return false
            }
        }
        for step in learnt.plans[plan].steps {
            guard case .volumes(let plugin) = step, !state.skippedFilters.contains(plugin.name) else {
                continue
            }
            if !plugin.letsAllPass(pod, cluster: cluster, state: state) { return false }
        }
        return true
    }

    /// Takes a node by ``WordSearch``; nil when more than the columns has a say, or no node fits.
    ///
    /// Volumes are the caller's affair.
    mutating func takeByWords(
        _ pod: PodInfo, _ plan: Int, _ number: Int, _ framework: Framework, _ cluster: ClusterCache,
        _ draw: (Int) -> Int
    ) -> Taken? {
        let drawing = learnt.plans[plan].drawing
        if learnt.classes[number].nodeNames != nil { return nil }
        if drawing == nil
            && (tieBreak == .lexicographic || framework.score.isEmpty || !learnt.plans[plan].scoresAreKnown
                || learnt.plans[plan].needsWholeWindow)
        {
            return nil
        }
        var spreadWeight: Int64?
        var domains: [ContiguousArray<UInt64>] = []
        if learnt.classes[number].softSpread != nil, let weight = learnt.plans[plan].spreadWeight {
            var known: [ContiguousArray<UInt64>]?
            learnt.changeClass(number) { known = $0.softSpread?.placesByDomain(cluster.nodes) }
            guard let known else { return nil }
            domains = known
            spreadWeight = weight
        }
        if learnt.classes[number].needsDeclaredFeatures || learnt.plans[plan].hasUnknownSteps { return nil }
        let affinity = learnt.classes[number].affinity
        if affinity >= 0 && !learnt.affinities[affinity].isScoreSkipped { return nil }
        let columns = learnt.classes[number].columns
        if learnt.columns[columns].hasPreferences { return nil }
        guard var passing = learnt.passingPlaces(number, plan: plan, cluster.nodes) else { return nil }
        if !scratch.nominated.isEmpty { passing.append([placesBesideNominated(columns, cluster.nodes)]) }
        let count = cluster.nodes.order.count
        let wanted = nodesToFind(framework.percentageOfNodesToScore ?? percentageOfNodesToScore, of: count)
        scratch.wordSearch.reset()
        learnt.search(
            columns, plan: plan, from: nextStartIndex % count, wanted: wanted, passing: passing,
            scoresLater: spreadWeight != nil || drawing != nil, cluster.nodes, into: &scratch.wordSearch)
        // Both may have come with the search.
        if learnt.columns[columns].hasTaintScores || learnt.columns[columns].hasInvalidScore { return nil }
        if let spreadWeight {
            let (isPresent, isElsewhere) = scratch.wordSearch.presence(domains)
            var scores: (domains: [Int64], other: Int64)?
            learnt.changeClass(number) { scores = $0.softSpread?.scores(isPresent, elsewhere: isElsewhere) }
            guard let scores else { return nil }
            scratch.wordSearch.add(
                scores.domains.map { $0 &* spreadWeight }, elsewhere: scores.other &* spreadWeight,
                of: domains, to: learnt.columns[columns].base)
        }
        let feasibleCount = scratch.wordSearch.feasibleCount
        var ties = scratch.wordSearch.tieCount
        var tie = 0
        if let drawing {
            guard feasibleCount > 0 else { return nil }
            // Without scores all that fit are alike to the search.
            if feasibleCount > 1 { tie = drawing.draw(pod, among: feasibleCount, cluster: cluster) }
            ties = 1
        } else {
            guard ties > 0 else { return nil }
            if ties > 1 && tieBreak == .drawn { tie = draw(ties) % ties }
        }
        guard let place = scratch.wordSearch.place(ofTie: tie) else { return nil }
        let visitedCount = scratch.wordSearch.visitedCount
        nextStartIndex = (nextStartIndex + visitedCount) % count
        return Taken(
            node: cluster.nodes.order[place], visitedCount: visitedCount, feasibleCount: feasibleCount, tieCount: ties)
    }

    /// All places but those where the pod does not fit beside the pods that are nominated to them.
    mutating func placesBesideNominated(_ columns: Int, _ nodes: NodeTable) -> ContiguousArray<UInt64> {
        var words = ContiguousArray<UInt64>(repeating: .max, count: scratch.nominatedWords.count)
        for entry in scratch.nominated
        where learnt.judge(columns, nodes.order[entry.place], nodes, after: entry.change) != 0 {
            words[entry.place >> 6] &= ~(1 << UInt64(entry.place & 63))
        }
        return words
    }

    /// How many nodes with a resource are looked at one by one.
    static let fewNodes = 16
}
