import KubernetesModel

/// Memory that cycles use again.
struct ClassScratch {
    /// Places in the order of nodes that fit, and one more that ends the search.
    var window: ContiguousArray<Int32> = []
    var block = ClassBlock()
    var totals: ContiguousArray<Int64> = []
    var raw: ContiguousArray<Int64> = []
    var normalized: ContiguousArray<Int64> = []
    var isIgnored: ContiguousArray<Bool> = []
    var wordSearch = WordSearch()
    /// Places of nodes to which pods are nominated that matter, with what they would take there.
    var nominated: [(place: Int, change: NodeColumns.Change)] = []
    var nominatedWords: ContiguousArray<UInt64> = []
    /// Whether the nominated pods only take room.
    var nominatedIsSimple = true
    /// For what ``nominated`` holds.
    var nominatedKey: NominatedKey?

    struct NominatedKey: Equatable {
        let nominations, order: UInt64
        let priority: Int64
    }

    mutating func forgetNominated() {
        nominatedIsSimple = true
        nominatedKey = nil
        if nominated.isEmpty { return }
        nominated.removeAll(keepingCapacity: true)
        nominatedWords.removeAll(keepingCapacity: true)
    }

    /// Verdicts on the nodes of ``nominated`` that were visited and do not fit.
    var nominatedRejections: [(place: Int32, verdict: UInt16)] = []
}

/// The scheduling cycle with what is known about the pod's class.
///
/// The plain algorithm's steps in its order; what a step would compute for each node is looked up where it is
/// known. `docs/decisions/0011-scheduling-classes.md` has the reasoning.
extension SchedulingCycle {
    /// What ``scheduleByClass(_:after:framework:cluster:draw:into:)`` finds out before it looks at nodes.
    private struct Search {
        let plan: Int
        let number: Int
        let columns: Int
        /// -1 without the plugin.
        let affinity: Int
        /// The places to look at, in order; nil for all.
        var places: ContiguousArray<Int32>?
        /// How many places there are, where the search starts, and how many feasible nodes end it.
        var count: Int
        var start: Int
        var wanted: Int
        /// How many places were looked at.
        var visited = 0

        /// The place at a distance from the start.
        func place(_ offset: Int) -> Int {
            let position = start + offset < count ? start + offset : start + offset - count
            return places.map { Int($0[position]) } ?? position
        }
    }

    /// A node that was found without a list of those that were looked at.
    struct Taken {
        var node: NodeIndex
        /// How many nodes were looked at, fit, and had the highest score.
        var visitedCount: Int
        var feasibleCount: Int
        var tieCount: Int
    }

    /// How far the look at a pod's class has led.
    enum Beginning {
        case taken(Taken)
        /// The nodes must be listed; beside the plan and the class.
        case open(plan: Int, number: Int)
        /// Left to the plain algorithm.
        case plain
    }

    /// Looks for a node by what is known of the pod's class, before anything is listed.
    ///
    /// - Parameter state: as new; what the plugins that follow need when a node was taken.
    mutating func begin(
        _ pod: PodInfo, framework: Framework, cluster: ClusterCache, draw: (Int) -> Int,
        state: inout CycleState
    ) -> Beginning {
        guard pod.pod.value.nodeName.isEmpty, pod.pod.value.status.nominatedNodeName.isEmpty else {
            return .plain
        }
        let plan = learnt.plan(of: framework)
        guard learnt.plans[plan].isSupported else { return .plain }
        let number = learnt.number(of: pod, plan: plan, cluster: cluster)
        guard !learnt.classes[number].isPlain, findNominated(pod, plan, number, cluster) else { return .plain }
        if let taken = takeOnlyNode(pod, plan, number, cluster.nodes) { return .taken(taken) }
        learnt.syncColumns(number, pod, plan: plan, nodes: cluster.nodes)
        if learnt.classes[number].isPlain { return .plain }
        if keepsDetails { return .open(plan: plan, number: number) }
        if learnt.classes[number].hasVolumes {
            var passing = CycleState()
            guard volumesLetAllPass(pod, plan, cluster, &passing),
                let taken = takeByWords(plan, number, framework, cluster.nodes, draw)
            else { return .open(plan: plan, number: number) }
            state = passing
            return .taken(taken)
        }
        if let taken = takeNamed(plan, number, cluster.nodes) { return .taken(taken) }
        if let taken = takeByWords(plan, number, framework, cluster.nodes, draw) { return .taken(taken) }
        return .open(plan: plan, number: number)
    }

    /// False when the pod is to be scheduled plainly; the result is worth nothing then.
    ///
    /// - Parameter beginning: what ``begin(_:framework:cluster:draw:state:)`` gave.
    /// - Parameter result: as new. It is large, so it is filled in place.
    mutating func scheduleByClass(
        _ pod: PodInfo, after beginning: Beginning, framework: Framework, cluster: inout ClusterCache,
        draw: (Int) -> Int, into result: inout SchedulingResult
    ) -> Bool {
        let plan: Int
        let number: Int
        switch beginning {
        case .plain: return false
        case .taken(let taken):
            result.take(taken, cluster.nodes)
            return true
        case .open(let openPlan, let openNumber): (plan, number) = (openPlan, openNumber)
        }
        if learnt.classes[number].hasVolumes {
            guard runVolumePreFilters(pod, plan, number, framework, cluster, &result.state) else {
                return false
            }
        }
        var search = Search(
            plan: plan, number: number, columns: learnt.classes[number].columns,
            affinity: learnt.classes[number].affinity, count: 0, start: 0, wanted: 0)
        let order = cluster.nodes.order
        if let names = learnt.classes[number].nodeNames {
            var places: ContiguousArray<Int32> = []
            for name in names {
                if let node = cluster.nodes[name] { places.append(cluster.nodes.positions[node]) }
            }
            search.places = places
            result.diagnosis.unschedulablePlugins = [NodeAffinity.name]
            result.diagnosis.absentStatus = .unresolvable(
                "node(s) didn't satisfy plugin(s) [\(NodeAffinity.name)]")
        }
        search.count = search.places?.count ?? order.count
        if search.count > 0 {
            search.start = nextStartIndex % search.count
            search.wanted = nodesToFind(
                framework.percentageOfNodesToScore ?? percentageOfNodesToScore, of: search.count)
            if framework.score.isEmpty { search.wanted = 1 }
            guard findWindow(pod, &search, cluster, result.state) else { return false }
        } else {
            scratch.window.removeAll(keepingCapacity: true)
            scratch.block.reset()
        }
        result.visitedCount = search.visited
        result.feasibleCount = scratch.window.count
        if scratch.window.isEmpty {
            collectRejections(search, cluster.nodes, &result)
            nextStartIndex = (nextStartIndex + search.visited) % order.count
            // Nobody else asks for it.
            if !learnt.classes[number].hasVolumes && !framework.postFilter.isEmpty {
                result.state = learnt.classes[number].preFilterState(learnt.affinity(of: number), framework)
            }
            if needsOnlyRoom(plan, number), isAffinityFilterSkipped(number),
                learnt.classes[number].group.podClass.hostPorts.isEmpty
            {
                result.state.write(CandidateSearch.roomKey, learnt.columns[search.columns])
            }
            if !keepsDetails { result.state.write(DefaultPreemption.briefKey, true) }
            diagnose(pod, framework: framework, cluster: &cluster, &result)
            // Held any longer, the columns would be copied when they next change.
            result.state.remove(CandidateSearch.roomKey)
            return true
        }
        if keepsDetails {
            collectRejections(search, cluster.nodes, &result)
            result.feasible = ContiguousArray(scratch.window.map { order[Int($0)] })
        }
        let startIndex = nextStartIndex
        nextStartIndex = (nextStartIndex + search.visited) % order.count
        guard choose(pod, search, framework, cluster, draw, &result) else {
            nextStartIndex = startIndex
            return false
        }
        return true
    }

    // MARK: Before the search

    /// Finds the nodes on which nominated pods matter; false when they matter for more than room.
    private mutating func findNominated(
        _ pod: PodInfo, _ plan: Int, _ number: Int, _ cluster: ClusterCache
    ) -> Bool {
        scratch.nominatedRejections.removeAll(keepingCapacity: true)
        if cluster.nominator.isEmpty {
            scratch.forgetNominated()
            return true
        }
        let key = ClassScratch.NominatedKey(
            nominations: cluster.nominator.version, order: cluster.nodes.orderVersion, priority: pod.priority)
        if scratch.nominatedKey != key || cluster.nominator.node(of: pod.uid) != nil {
            listNominated(pod, cluster)
            scratch.nominatedKey = cluster.nominator.node(of: pod.uid) == nil ? key : nil
        }
        if scratch.nominated.isEmpty && scratch.nominatedIsSimple { return true }
        return scratch.nominatedIsSimple && needsOnlyRoom(plan, number)
    }

    /// Whether, but for their own nodes, other pods matter to the class's filters by what they take only, or
    /// in ways that pods without anti-affinity do not change.
    private func needsOnlyRoom(_ plan: Int, _ number: Int) -> Bool {
        let affinity = learnt.classes[number].affinity
        return learnt.classes[number].hardSpread == nil && !learnt.classes[number].hasVolumes
            && !learnt.classes[number].needsDeclaredFeatures
            && (affinity < 0 || !learnt.affinities[affinity].hasOwnTerms)
            && !learnt.plans[plan].hasUnknownSteps && learnt.plans[plan].localFilters.isEmpty
    }

    /// Whether InterPodAffinity's Filter has nothing to do.
    private func isAffinityFilterSkipped(_ number: Int) -> Bool {
        let affinity = learnt.classes[number].affinity
        return affinity < 0 || learnt.affinities[affinity].isFilterSkipped
    }

    private mutating func listNominated(_ pod: PodInfo, _ cluster: ClusterCache) {
        scratch.forgetNominated()
        let priority = pod.priority
        for name in cluster.nominator.nodeNames {
            guard let node = cluster.nodes[name] else { continue }
            var change = NodeColumns.Change()
            for other in cluster.nominator.pods(onNodeNamed: name)
            where other.priority >= priority && other.uid != pod.uid {
                let podClass = other.podClass
                if !podClass.hostPorts.isEmpty || !podClass.requiredAntiAffinity.isEmpty
                    || !podClass.spec.volumes.isEmpty
                {
                    scratch.nominatedIsSimple = false
                }
                change.add(other, sign: 1)
            }
            if change.podCount == 0 { continue }
            scratch.nominated.append((Int(cluster.nodes.positions[node]), change))
        }
        if scratch.nominated.isEmpty { return }
        scratch.nominatedWords = ContiguousArray(repeating: 0, count: (cluster.nodes.order.count + 63) / 64)
        for entry in scratch.nominated {
            scratch.nominatedWords[entry.place >> 6] |= 1 << UInt64(entry.place & 63)
        }
    }

    /// Runs the PreFilter plugins that look at claims; false when one does more than to prepare or to skip.
    private func runVolumePreFilters(
        _ pod: PodInfo, _ plan: Int, _ number: Int, _ framework: Framework, _ cluster: ClusterCache,
        _ state: inout CycleState
    ) -> Bool {
        state = learnt.classes[number].preFilterState(learnt.affinity(of: number), framework)
        for plugin in learnt.plans[plan].volumePreFilters {
            let outcome = plugin.preFilter(pod, cluster: cluster, state: &state)
            if outcome.nodeNames != nil { return false }
            switch outcome.status.code {
            case .skip: state.skippedFilters.insert(plugin.name)
            case .success: break
            default: return false
            }
        }
        return true
    }

    /// Takes the only node that fits where pods ask for a resource that few nodes have, without a look at the
    /// others; nil when that is not how it is.
    private mutating func takeOnlyNode(
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
    private mutating func takeNamed(_ plan: Int, _ number: Int, _ nodes: NodeTable) -> Taken? {
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
        return Taken(node: node, visitedCount: 1, feasibleCount: 1, tieCount: 1)
    }

    /// Whether the plugins for volumes let the pod onto every node, as they mostly do when its claims are bound;
    /// the state is then what the plugins that follow need.
    private func volumesLetAllPass(
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
    private mutating func takeByWords(
        _ plan: Int, _ number: Int, _ framework: Framework, _ nodes: NodeTable, _ draw: (Int) -> Int
    ) -> Taken? {
        if tieBreak == .lexicographic || framework.score.isEmpty
            || !learnt.plans[plan].scoresAreKnown || learnt.classes[number].nodeNames != nil
            || learnt.plans[plan].needsWholeWindow
        {
            return nil
        }
        var spreadWeight: Int64?
        var domains: [ContiguousArray<UInt64>] = []
        if learnt.classes[number].softSpread != nil, let weight = learnt.plans[plan].spreadWeight {
            var known: [ContiguousArray<UInt64>]?
            learnt.changeClass(number) { known = $0.softSpread?.placesByDomain(nodes) }
            guard let known else { return nil }
            domains = known
            spreadWeight = weight
        }
        if learnt.classes[number].needsDeclaredFeatures || learnt.plans[plan].hasUnknownSteps { return nil }
        let affinity = learnt.classes[number].affinity
        if affinity >= 0 && !learnt.affinities[affinity].isScoreSkipped { return nil }
        let columns = learnt.classes[number].columns
        if learnt.columns[columns].hasPreferences { return nil }
        guard var passing = learnt.passingPlaces(number, plan: plan, nodes) else { return nil }
        if !scratch.nominated.isEmpty { passing.append([placesBesideNominated(columns, nodes)]) }
        let count = nodes.order.count
        let wanted = nodesToFind(framework.percentageOfNodesToScore ?? percentageOfNodesToScore, of: count)
        scratch.wordSearch.reset()
        learnt.search(
            columns, plan: plan, from: nextStartIndex % count, wanted: wanted, passing: passing,
            scoresLater: spreadWeight != nil, nodes, into: &scratch.wordSearch)
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
        let ties = scratch.wordSearch.tieCount
        guard ties > 0 else { return nil }
        let tie = ties > 1 && tieBreak == .drawn ? draw(ties) % ties : 0
        guard let place = scratch.wordSearch.place(ofTie: tie) else { return nil }
        let visitedCount = scratch.wordSearch.visitedCount
        nextStartIndex = (nextStartIndex + visitedCount) % count
        return Taken(
            node: nodes.order[place], visitedCount: visitedCount,
            feasibleCount: scratch.wordSearch.feasibleCount, tieCount: ties)
    }

    /// All places but those where the pod does not fit beside the pods that are nominated to them.
    private mutating func placesBesideNominated(_ columns: Int, _ nodes: NodeTable) -> ContiguousArray<UInt64>
    {
        var words = ContiguousArray<UInt64>(repeating: .max, count: scratch.nominatedWords.count)
        for entry in scratch.nominated
        where learnt.judge(columns, nodes.order[entry.place], nodes, after: entry.change) != 0 {
            words[entry.place >> 6] &= ~(1 << UInt64(entry.place & 63))
        }
        return words
    }

    /// How many nodes with a resource are looked at one by one.
    private static let fewNodes = 16

    // MARK: Search

    /// Finds the feasible places up to the wanted number; false when a plugin failed.
    private mutating func findWindow(
        _ pod: PodInfo, _ search: inout Search, _ cluster: ClusterCache, _ state: CycleState
    ) -> Bool {
        scratch.window.removeAll(keepingCapacity: true)
        scratch.block.reset()
        var offset = 0
        // One more than wanted shows where the search ends.
        let needed = search.wanted + 1
        while offset < search.count && scratch.window.count < needed {
            scratch.block.places.removeAll(keepingCapacity: true)
            let missing = needed - scratch.window.count
            let room = scratch.window.isEmpty ? missing : max(missing, 64)
            if search.places == nil {
                offset = fillBlock(from: offset, room: room, search, cluster.nodes)
            } else {
                offset = fillBlockOfNamed(from: offset, room: room, search, cluster.nodes)
            }
            guard runSteps(pod, search, cluster, state) else { return false }
            if scratch.window.isEmpty {
                swap(&scratch.window, &scratch.block.places)
            } else {
                scratch.window.append(contentsOf: scratch.block.places)
            }
        }
        search.visited = search.count
        if scratch.window.count > search.wanted {
            search.visited = distance(of: Int(scratch.window[search.wanted]), search)
            scratch.window.removeLast(scratch.window.count - search.wanted)
        }
        return true
    }

    private func distance(of place: Int, _ search: Search) -> Int {
        if let places = search.places {
            for offset in 0..<search.count where search.place(offset) == place { return offset }
            return places.count
        }
        return place >= search.start ? place - search.start : place - search.start + search.count
    }

    /// Appends the next places that fit by themselves, and gives the offset after the last one looked at.
    private mutating func fillBlock(from offset: Int, room: Int, _ search: Search, _ nodes: NodeTable) -> Int
    {
        var offset = offset
        var room = room
        var places: ContiguousArray<Int32> = []
        swap(&places, &scratch.block.places)
        defer { swap(&places, &scratch.block.places) }
        while offset < search.count && room > 0 {
            var place = search.start + offset
            if place >= search.count { place -= search.count }
            // Up to the end of the word, of the order, or of the search.
            let word = place >> 6
            let end = min((word + 1) << 6, place < search.start ? search.start : search.count)
            var mask = UInt64.max << UInt64(place & 63)
            if end & 63 != 0 { mask &= (1 << UInt64(end & 63)) - 1 }
            var bits = fitting(word: word, mask: mask, search, nodes)
            let found = bits.nonzeroBitCount
            let first = Int32(word << 6)
            var taken = min(found, room)
            var last = first
            while taken > 0 {
                last = first + Int32(bits.trailingZeroBitCount)
                places.append(last)
                bits &= bits - 1
                taken -= 1
            }
            // A word is taken as far as there is room.
            if found > room { return offset + Int(last) + 1 - place }
            room -= found
            offset += end - place
        }
        return offset
    }

    private mutating func fillBlockOfNamed(
        from offset: Int, room: Int, _ search: Search, _ nodes: NodeTable
    ) -> Int {
        var offset = offset
        while offset < search.count && scratch.block.places.count < room {
            let place = search.place(offset)
            let bit: UInt64 = 1 << UInt64(place & 63)
            if fitting(word: place >> 6, mask: bit, search, nodes) != 0 {
                scratch.block.places.append(Int32(place))
            }
            offset += 1
        }
        return offset
    }

    /// The places of a word, among those of a mask, that fit by themselves.
    private mutating func fitting(word: Int, mask: UInt64, _ search: Search, _ nodes: NodeTable) -> UInt64 {
        if learnt.columns[search.columns].isStale[word] & mask != 0 {
            learnt.refreshColumns(search.columns, plan: search.plan, word: word, mask: mask, nodes)
        }
        var bits = learnt.columns[search.columns].fits[word] & mask
        if scratch.nominated.isEmpty { return bits }
        // With nominated pods the node is tried with them first, then without.
        var special = scratch.nominatedWords[word] & mask
        while special != 0 {
            let place = word << 6 + special.trailingZeroBitCount
            special &= special - 1
            for entry in scratch.nominated where entry.place == place {
                let verdict = learnt.judge(
                    search.columns, nodes.order[place], nodes, after: entry.change)
                if verdict != 0 {
                    bits &= ~(1 << UInt64(place & 63))
                    scratch.nominatedRejections.append((Int32(place), verdict))
                }
            }
        }
        return bits
    }

    /// Runs the filters that look at more than a node over the block; false when one failed.
    private mutating func runSteps(
        _ pod: PodInfo, _ search: Search, _ cluster: ClusterCache, _ state: CycleState
    ) -> Bool {
        for step in learnt.plans[search.plan].steps {
            if scratch.block.places.isEmpty { return true }
            switch step {
            case .spread:
                learnt.classes[search.number].hardSpread?.filter(&scratch.block, cluster.nodes)
            case .interPod:
                if search.affinity >= 0 && !learnt.affinities[search.affinity].isFilterSkipped {
                    learnt.affinities[search.affinity].filter(&scratch.block, cluster.nodes)
                }
            case .volumes(let plugin):
                if !learnt.classes[search.number].hasVolumes
                    || state.skippedFilters.contains(plugin.name)
                {
                    continue
                }
                guard run(plugin, pod, cluster, state) else { return false }
            case .declaredFeatures(let plugin):
                if !learnt.classes[search.number].needsDeclaredFeatures { continue }
                guard run(plugin, pod, cluster, state) else { return false }
            case .plain(let plugin):
                if state.skippedFilters.contains(plugin.name) { continue }
                guard run(plugin, pod, cluster, state) else { return false }
            }
        }
        return true
    }

    private mutating func run(
        _ plugin: any FilterPlugin, _ pod: PodInfo, _ cluster: ClusterCache, _ state: CycleState
    ) -> Bool {
        let order = cluster.nodes.order
        let nodes = ContiguousArray(scratch.block.places.map { order[Int($0)] })
        var rejections = Rejections(candidates: nodes, rowCount: cluster.nodes.rowCount)
        rejections.begin(plugin: plugin.name)
        plugin.filter(pod, cluster: cluster, state: state, rejections: &rejections)
        if !rejections.error.isEmpty { return false }
        if rejections.verdicts.isEmpty { return true }
        var numbers: ContiguousArray<Int32> = []
        for status in rejections.verdicts { numbers.append(scratch.block.intern([status])) }
        scratch.block.filter { place in
            let verdict = rejections.verdict(of: order[place])
            return verdict < 0 ? -1 : numbers[verdict]
        }
        return true
    }

    // MARK: What was rejected

    /// Lists the nodes that were looked at and do not fit, in the order of evaluation.
    private func collectRejections(_ search: Search, _ nodes: NodeTable, _ result: inout SchedulingResult) {
        let order = nodes.order
        let columns = learnt.columns[search.columns]
        // The verdicts of filters on more than a node, and those with nominated pods, which follow them.
        var others: ContiguousArray<Int32> = []
        let firstNominated = Int32(scratch.block.verdicts.count)
        if !scratch.block.rejected.isEmpty || !scratch.nominatedRejections.isEmpty {
            others = ContiguousArray(repeating: -1, count: order.count)
            for entry in scratch.nominatedRejections {
                others[Int(entry.place)] = firstNominated + Int32(entry.verdict)
            }
            for entry in scratch.block.rejected { others[Int(entry.place)] = entry.verdict }
        }
        var rejected = NodeStatuses()
        rejected.reserveCapacity(search.visited - scratch.window.count)
        var local = [Int32](repeating: -1, count: columns.verdicts.count)
        var next = 0
        for offset in 0..<search.visited {
            let place = search.place(offset)
            if next < scratch.window.count && Int(scratch.window[next]) == place {
                next += 1
                continue
            }
            let other = others.isEmpty ? -1 : others[place]
            if other >= 0 && other < firstNominated {
                rejected.append(order[place], scratch.block.verdicts[Int(other)])
                continue
            }
            let verdict = other >= 0 ? Int(other - firstNominated) : Int(columns.verdictOf[place])
            if local[verdict] < 0 { local[verdict] = rejected.intern(columns.verdicts[verdict]) }
            rejected.append(order[place], verdict: local[verdict])
        }
        result.rejected = rejected
    }

    // MARK: Choice

    /// Scores the places of the window and takes one; false when that is left to the plain algorithm.
    private mutating func choose(
        _ pod: PodInfo, _ search: Search, _ framework: Framework, _ cluster: ClusterCache,
        _ draw: (Int) -> Int, _ result: inout SchedulingResult
    ) -> Bool {
        let nodes = cluster.nodes
        let order = nodes.order
        let count = scratch.window.count
        if count > 1 {
            if framework.score.isEmpty {
                scratch.totals = ContiguousArray(repeating: 1, count: count)
            } else if learnt.plans[search.plan].scoresAreKnown {
                guard score(pod, search, nodes, &result) else { return false }
            } else {
                return scorePlainly(pod, search, framework, cluster, draw, &result)
            }
            if keepsDetails { result.totals = scratch.totals }
        } else {
            result.best = [order[Int(scratch.window[0])]]
            result.tieCount = 1
            take(nodes, draw, &result)
            return true
        }
        takeHighest(nodes, draw, &result)
        return true
    }

    /// Takes one of the places with the highest total.
    private func takeHighest(_ nodes: NodeTable, _ draw: (Int) -> Int, _ result: inout SchedulingResult) {
        let totals = scratch.totals
        let window = scratch.window
        var highest = Int64.min
        var ties = 0
        for total in totals {
            if total > highest {
                highest = total
                ties = 1
            } else if total == highest {
                ties += 1
            }
        }
        result.tieCount = ties
        let order = nodes.order
        if keepsDetails || tieBreak == .lexicographic {
            for index in totals.indices where totals[index] == highest {
                result.best.append(order[Int(window[index])])
            }
            take(nodes, draw, &result)
            return
        }
        var rest = ties > 1 && tieBreak == .drawn ? draw(ties) % ties : 0
        for index in totals.indices where totals[index] == highest {
            if rest == 0 {
                let chosen = order[Int(window[index])]
                result.chosen = chosen
                result.chosenName = nodes.names[chosen]
                return
            }
            rest -= 1
        }
    }

    /// Computes the scores with the plugins themselves, on the states that are known.
    private mutating func scorePlainly(
        _ pod: PodInfo, _ search: Search, _ framework: Framework, _ cluster: ClusterCache,
        _ draw: (Int) -> Int, _ result: inout SchedulingResult
    ) -> Bool {
        let order = cluster.nodes.order
        let feasible = ContiguousArray(scratch.window.map { order[Int($0)] })
        var state = result.state
        if !learnt.classes[search.number].hasVolumes {
            let isAlone = isAffinityFilterSkipped(search.number)
            if isAlone && learnt.classes[search.number].constantState == nil {
                learnt.changeClass(search.number) { $0.rememberPreFilterState(framework) }
            }
            if isAlone, let known = learnt.classes[search.number].constantState {
                state = known
            } else {
                state = learnt.classes[search.number].preFilterState(
                    learnt.affinity(of: search.number), framework)
            }
        }
        let scored = framework.runScore(pod, feasible: feasible, cluster: cluster, state: &state)
        guard scored.error.isEmpty else { return false }
        result.state = state
        if keepsDetails { result.scores = scored.scores }
        if keepsDetails { result.totals = scored.totals }
        let highest = scored.totals.max() ?? 0
        result.best = ContiguousArray(
            feasible.indices.lazy.filter { scored.totals[$0] == highest }.map { feasible[$0] })
        result.tieCount = result.best.count
        take(cluster.nodes, draw, &result)
        return true
    }

    // MARK: Scores

    private mutating func score(
        _ pod: PodInfo, _ search: Search, _ nodes: NodeTable, _ result: inout SchedulingResult
    ) -> Bool {
        if learnt.columns[search.columns].hasInvalidScore { return false }
        gatherBase(learnt.columns[search.columns].base)
        if learnt.plans[search.plan].ranksByRawScore {
            // What ranks nodes is no total.
            for place in scratch.totals.indices { scratch.totals[place] = 0 }
        }
        for entry in learnt.plans[search.plan].scores {
            switch entry.score {
            case .none: continue
            case .zero:
                if keepsDetails {
                    let zeros = ContiguousArray<Int64>(repeating: 0, count: scratch.window.count)
                    result.scores.append(
                        PluginScores(plugin: entry.name, weight: entry.weight, raw: zeros, normalized: zeros))
                }
                continue
            case .fit, .images, .balanced:
                if keepsDetails { keep(entry, learnt.columns[search.columns], &result) }
                continue
            case .taints:
                // The same for all nodes, unless a taint counts.
                if !learnt.columns[search.columns].hasTaintScores && !keepsDetails { continue }
                gather(learnt.columns[search.columns].taints)
                normalize(reversed: true)
            case .affinity:
                if !learnt.columns[search.columns].hasPreferences { continue }
                gather(learnt.columns[search.columns].affinity)
                normalize(reversed: false)
            case .spread:
                guard learnt.classes[search.number].softSpread != nil else { continue }
                learnt.changeClass(search.number) {
                    $0.softSpread?.score(scratch.window, &scratch.raw, &scratch.isIgnored, nodes)
                }
                normalizeSpread()
            case .interPod:
                guard search.affinity >= 0, !learnt.affinities[search.affinity].isScoreSkipped else {
                    continue
                }
                learnt.affinities[search.affinity].score(scratch.window, &scratch.raw, nodes)
                normalizeInterPod()
            case .plugin(let place):
                guard let normalization = learnt.plans[search.plan].localScores[place].normalization else {
                    if keepsDetails { keep(entry, learnt.columns[search.columns], &result) }
                    continue
                }
                gather(learnt.columns[search.columns].local[place])
                scratch.normalized = scratch.raw
                let feasible = ContiguousArray(scratch.window.map { nodes.order[Int($0)] })
                normalization.normalize(
                    pod, feasible: feasible, state: result.state, scores: &scratch.normalized)
            }
            guard addNormalized(entry.weight) else { return false }
            if keepsDetails {
                result.scores.append(
                    PluginScores(
                        plugin: entry.name, weight: entry.weight, raw: scratch.raw,
                        normalized: scratch.normalized))
            }
        }
        return true
    }

    private mutating func gatherBase(_ base: ContiguousArray<Int64>) {
        var totals: ContiguousArray<Int64> = []
        swap(&totals, &scratch.totals)
        totals.removeAll(keepingCapacity: true)
        for place in scratch.window { totals.append(base[Int(place)]) }
        swap(&totals, &scratch.totals)
    }

    private mutating func gather<Number: BinaryInteger>(_ column: ContiguousArray<Number>) {
        var raw: ContiguousArray<Int64> = []
        swap(&raw, &scratch.raw)
        raw.removeAll(keepingCapacity: true)
        for place in scratch.window { raw.append(Int64(column[Int(place)])) }
        swap(&raw, &scratch.raw)
    }

    /// Adds the normalised scores to the totals; false when one is out of range.
    private mutating func addNormalized(_ weight: Int64) -> Bool {
        var totals: ContiguousArray<Int64> = []
        swap(&totals, &scratch.totals)
        let normalized = scratch.normalized
        var isValid = true
        for index in totals.indices {
            let score = normalized[index]
            if score < NodeScore.minimum || score > NodeScore.maximum { isValid = false }
            totals[index] &+= score &* weight
        }
        swap(&totals, &scratch.totals)
        return isValid
    }

    /// Lists the scores that are not normalised.
    private func keep(
        _ entry: (score: ProfilePlan.Score, name: String, weight: Int64), _ columns: NodeColumns,
        _ result: inout SchedulingResult
    ) {
        let column: ContiguousArray<UInt8>
        switch entry.score {
        case .plugin(let place):
            let scores = columns.local[place]
            let raw = ContiguousArray(scratch.window.map { scores[Int($0)] })
            result.scores.append(
                PluginScores(plugin: entry.name, weight: entry.weight, raw: raw, normalized: raw))
            return
        case .fit: column = columns.fit
        case .images: column = columns.images
        default:
            if columns.isBestEffort { return }
            column = columns.balanced
        }
        let raw = ContiguousArray(scratch.window.map { Int64(column[Int($0)]) })
        result.scores.append(
            PluginScores(plugin: entry.name, weight: entry.weight, raw: raw, normalized: raw))
    }

    private mutating func normalize(reversed: Bool) {
        scratch.normalized.removeAll(keepingCapacity: true)
        scratch.normalized.append(contentsOf: scratch.raw)
        NodeScore.normalize(&scratch.normalized, reversed: reversed)
    }

    /// As PodTopologySpread normalises.
    private mutating func normalizeSpread() {
        var normalized: ContiguousArray<Int64> = []
        swap(&normalized, &scratch.normalized)
        normalized.removeAll(keepingCapacity: true)
        let (scores, isIgnored) = (scratch.raw, scratch.isIgnored)
        var least = Int64.max
        var greatest: Int64 = 0
        for index in scores.indices where !isIgnored[index] {
            least = min(least, scores[index])
            greatest = max(greatest, scores[index])
        }
        var lastRaw = Int64.min
        var lastScore: Int64 = 0
        for index in scores.indices {
            let raw = scores[index]
            if isIgnored[index] {
                normalized.append(0)
            } else if greatest == 0 {
                normalized.append(NodeScore.maximum)
            } else {
                if raw != lastRaw {
                    lastRaw = raw
                    lastScore = NodeScore.maximum &* (greatest &+ least &- raw) / greatest
                }
                normalized.append(lastScore)
            }
        }
        swap(&normalized, &scratch.normalized)
    }

    /// As InterPodAffinity normalises.
    private mutating func normalizeInterPod() {
        var normalized: ContiguousArray<Int64> = []
        swap(&normalized, &scratch.normalized)
        normalized.removeAll(keepingCapacity: true)
        var least = Int64.max
        var greatest = Int64.min
        for raw in scratch.raw {
            least = min(least, raw)
            greatest = max(greatest, raw)
        }
        let range = greatest &- least
        var lastRaw = least
        var lastScore: Int64 = 0
        for raw in scratch.raw {
            if raw != lastRaw {
                lastRaw = raw
                let share = range > 0 ? Double(raw &- least) / Double(range) : 0
                lastScore = Int64(truncatingAsGo: Double(NodeScore.maximum) * share)
            }
            normalized.append(lastScore)
        }
        swap(&normalized, &scratch.normalized)
    }
}
