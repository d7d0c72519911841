import KubernetesModel

/// Scores by class, and the choice between the nodes that were found.
extension SchedulingCycle {
    /// Scores the places of the window and takes one; false when that is left to the plain algorithm.
    mutating func choose(
        _ pod: PodInfo, _ search: Search, _ framework: Framework, _ cluster: ClusterCache,
        _ draw: (Int) -> Int, _ result: inout SchedulingResult
    ) -> Bool {
        let nodes = cluster.nodes
        let order = nodes.order
        let count = scratch.window.count
        if count > 1 {
            if framework.score.isEmpty {
                scratch.totals = ContiguousArray(repeating: 1, count: count)
            } else if !keepsDetails, let plugin = learnt.plans[search.plan].drawing {
                let place = plugin.draw(pod, among: count, cluster: cluster)
                result.best = [order[Int(scratch.window[place])]]
                result.tieCount = 1
                take(nodes, draw, &result)
                return true
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
    func takeHighest(_ nodes: NodeTable, _ draw: (Int) -> Int, _ result: inout SchedulingResult) {
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
    mutating func scorePlainly(
        _ pod: PodInfo, _ search: Search, _ framework: Framework, _ cluster: ClusterCache,
        _ draw: (Int) -> Int, _ result: inout SchedulingResult
    ) -> Bool {
        let order = cluster.nodes.order
        var feasible: ContiguousArray<NodeIndex> = []
        feasible.reserveCapacity(scratch.window.count)
        for place in scratch.window { feasible.append(order[Int(place)]) }
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
        var highest = Int64.min
        for total in scored.totals where total > highest { highest = total }
        var best: ContiguousArray<NodeIndex> = []
        for place in feasible.indices where scored.totals[place] == highest { best.append(feasible[place]) }
        result.best = best
        result.tieCount = best.count
        take(cluster.nodes, draw, &result)
        return true
    }

    mutating func score(
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

    mutating func gatherBase(_ base: ContiguousArray<Int64>) {
        var totals: ContiguousArray<Int64> = []
        swap(&totals, &scratch.totals)
        totals.removeAll(keepingCapacity: true)
        for place in scratch.window { totals.append(base[Int(place)]) }
        swap(&totals, &scratch.totals)
    }

    mutating func gather<Number: BinaryInteger>(_ column: ContiguousArray<Number>) {
        var raw: ContiguousArray<Int64> = []
        swap(&raw, &scratch.raw)
        raw.removeAll(keepingCapacity: true)
        for place in scratch.window { raw.append(Int64(column[Int(place)])) }
        swap(&raw, &scratch.raw)
    }

    /// Adds the normalised scores to the totals; false when one is out of range.
    mutating func addNormalized(_ weight: Int64) -> Bool {
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
    func keep(
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

    mutating func normalize(reversed: Bool) {
        scratch.normalized.removeAll(keepingCapacity: true)
        scratch.normalized.append(contentsOf: scratch.raw)
        NodeScore.normalize(&scratch.normalized, reversed: reversed)
    }

    /// As PodTopologySpread normalises.
    mutating func normalizeSpread() {
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
    mutating func normalizeInterPod() {
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
