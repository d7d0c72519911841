import KubernetesModel

/// The search for feasible nodes by class, where they are listed.
extension SchedulingCycle {
    /// What ``scheduleByClass(_:after:framework:cluster:draw:into:)`` finds out before it looks at nodes.
    struct Search {
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

    /// Finds the feasible places up to the wanted number; false when a plugin failed.
    mutating func findWindow(
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

    func distance(of place: Int, _ search: Search) -> Int {
        if let places = search.places {
            for offset in 0..<search.count where search.place(offset) == place { return offset }
            return places.count
        }
        return place >= search.start ? place - search.start : place - search.start + search.count
    }

    /// Appends the next places that fit by themselves, and gives the offset after the last one looked at.
    mutating func fillBlock(from offset: Int, room: Int, _ search: Search, _ nodes: NodeTable) -> Int {
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

    mutating func fillBlockOfNamed(
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
    mutating func fitting(word: Int, mask: UInt64, _ search: Search, _ nodes: NodeTable) -> UInt64 {
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
    mutating func runSteps(
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

    mutating func run(
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

    /// Lists the nodes that were looked at and do not fit, in the order of evaluation.
    func collectRejections(_ search: Search, _ nodes: NodeTable, _ result: inout SchedulingResult) {
        let order = nodes.order
        if scratch.window.isEmpty && search.places == nil && search.visited == order.count {
            collectAll(search, order, &result)
            return
        }
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

    /// Lists all nodes that were looked at: none of them fits.
    private func collectAll(
        _ search: Search, _ order: ContiguousArray<NodeIndex>, _ result: inout SchedulingResult
    ) {
        var verdicts = learnt.columns[search.columns].verdicts
        var verdictOf = learnt.columns[search.columns].verdictOf
        for entry in scratch.nominatedRejections { verdictOf[Int(entry.place)] = entry.verdict }
        let first = Int32(verdicts.count)
        if !scratch.block.rejected.isEmpty {
            verdicts.append(contentsOf: scratch.block.verdicts)
            for entry in scratch.block.rejected {
                verdictOf[Int(entry.place)] = UInt16(truncatingIfNeeded: first + entry.verdict)
            }
        }
        result.rejected = NodeStatuses(
            of: order, from: search.start, verdicts: verdicts, verdictOf: verdictOf)
    }
}
