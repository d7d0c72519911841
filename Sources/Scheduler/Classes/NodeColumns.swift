import KubernetesModel

/// What a profile's node-local plugins say about pods of one sort on every node: one element a place in the
/// order of nodes, found when it is first asked for, and again after the node has changed.
struct NodeColumns {
    let podClass: PodClass
    private let plan: ProfilePlan
    /// What NodeResourcesFit looks at.
    let wanted: [ResourceRequests.Entry]
    /// The scores that the profile has, with their weights; nil for those that it has not.
    private var strategy: ScoringStrategy?
    private var fitWeight: Int64 = 0
    private var balancedWeight: Int64?
    private var imagesWeight: Int64?
    private var scoresTaints = false
    private var scoresAffinity = false
    private let fitUsage: ResourceUsage
    private let balancedUsage: ResourceUsage
    private let resourceCount: Int
    /// Whether NodeResourcesBalancedAllocation leaves the pods out.
    let isBestEffort: Bool
    let hasPreferences: Bool
    /// The filters that can reject these pods, in the order of the profile.
    private var checks: ContiguousArray<ProfilePlan.LocalFilter> = []
    /// What of ``wanted`` is more than nothing.
    private var needs: ContiguousArray<Need> = []

    private struct Need {
        let resource: Int
        let amount: Int64
        /// The bit that stands for the resource in a shortage.
        let bit: UInt64
    }

    private var cursor = 0
    private var orderVersion: UInt64 = .max
    /// The order of nodes that the places are of.
    private var order: ContiguousArray<NodeIndex> = []
    private var imagesVersion: UInt64 = .max
    private var count = 0

    /// One bit a place: to be judged anew; fits.
    private(set) var isStale: ContiguousArray<UInt64> = []
    private(set) var fits: ContiguousArray<UInt64> = []
    /// The place of the verdict in ``verdicts``, where the pods do not fit.
    private(set) var verdictOf: ContiguousArray<UInt16> = []
    private(set) var verdicts: ContiguousArray<Status> = []
    /// The weighted sum of the scores that are not normalised.
    private(set) var base: ContiguousArray<Int64> = []
    /// By word: the highest of these sums where the pods fit, and the places that have it, as bits; none when
    /// that is not known. Both follow each change of a place, so that they are seldom looked for.
    private(set) var wordHighest: ContiguousArray<Int64> = []
    private(set) var wordTies: ContiguousArray<UInt64> = []
    private(set) var fit: ContiguousArray<UInt8> = []
    private(set) var balanced: ContiguousArray<UInt8> = []
    private(set) var images: ContiguousArray<UInt8> = []
    /// Raw scores of TaintToleration and NodeAffinity.
    private(set) var taints: ContiguousArray<Int32> = []
    private(set) var affinity: ContiguousArray<Int64> = []
    /// Raw scores of the profile's ``ProfilePlan/localScores``.
    private(set) var local: [ContiguousArray<Int64>] = []
    /// The place of each local filter's first verdict in ``verdicts``.
    private var firstLocalVerdicts: [Int] = []

    /// Whether any taint counts in a score.
    private(set) var hasTaintScores = false
    /// Whether a score is out of range, which is an error that the plain algorithm words.
    private(set) var hasInvalidScore = false

    /// By number of the set of taints.
    private var isTaintSetRefused: ContiguousArray<Bool> = []
    private var taintSetScores: ContiguousArray<Int32> = []
    /// By row; empty when no node has any of the images.
    private var imageSums: ContiguousArray<Int64> = []
    private var shortages: ContiguousArray<(shortage: UInt64, verdict: UInt16)> = []

    init(_ podClass: PodClass, plan: ProfilePlan, nodes: NodeTable) {
        self.podClass = podClass
        self.plan = plan
        var wanted: [ResourceRequests.Entry] = []
        if let plugin = plan.fit {
            wanted = plugin.counted(podClass.requests.entries, nodes.resources)
        }
        self.wanted = wanted
        var fitUsage: ResourceUsage?
        var balancedUsage: ResourceUsage?
        for entry in plan.scores {
            switch entry.score {
            case .fit(let plugin):
                (strategy, fitWeight) = (plugin.strategy, entry.weight)
                fitUsage = ResourceUsage(
                    plugin.strategy.resources, of: podClass.scoringRequestsWithDefaults, countsDefaults: true,
                    nodes: nodes)
            case .images: imagesWeight = entry.weight
            case .taints: scoresTaints = true
            case .affinity: scoresAffinity = true
            case .balanced(let plugin):
                balancedWeight = entry.weight
                balancedUsage = ResourceUsage(
                    plugin.resources, of: podClass.scoringRequests, countsDefaults: false, nodes: nodes)
            default: break
            }
        }
        let none = ResourceUsage([], of: podClass.scoringRequests, countsDefaults: false, nodes: nodes)
        self.fitUsage = fitUsage ?? none
        self.balancedUsage = balancedUsage ?? none
        isBestEffort = balancedUsage?.isBestEffort ?? true
        resourceCount = nodes.resources.count
        hasPreferences = !(podClass.spec.affinity?.nodeAffinity?.preferred ?? []).isEmpty
        let toleratesCordon = podClass.spec.tolerations.contains { $0.tolerates(NodeUnschedulable.taint) }
        for filter in plan.local {
            let isIdle =
                switch filter {
                case .unschedulable: toleratesCordon
                case .affinity: podClass.requiredNodeAffinity.isEmpty
                case .ports: podClass.hostPorts.isEmpty
                case .taints, .fit, .plugin: false
                }
            if !isIdle { checks.append(filter) }
        }
        for (place, entry) in wanted.enumerated() where entry.amount > 0 {
            let bit: UInt64 = 1 << UInt64(min(place + 1, 62))
            needs.append(Need(resource: entry.resource.value, amount: entry.amount, bit: bit))
        }
        verdicts = Self.firstVerdicts
        for filter in plan.localFilters {
            firstLocalVerdicts.append(verdicts.count)
            verdicts.append(contentsOf: filter.verdicts(on: podClass))
        }
    }

    /// The verdicts that all columns have, in the order of the numbers that follow.
    private static let firstVerdicts: ContiguousArray<Status> = [
        .success,
        Status(
            .unschedulableAndUnresolvable, ["node(s) were unschedulable"], plugin: NodeUnschedulable.name),
        Status(
            .unschedulableAndUnresolvable, ["node(s) had untolerated taint(s)"],
            plugin: TaintToleration.name),
        Status(
            .unschedulableAndUnresolvable, ["node(s) didn't match Pod's node affinity/selector"],
            plugin: NodeAffinity.name),
        Status(
            .unschedulable, ["node(s) didn't have free ports for the requested pod ports"],
            plugin: NodePorts.name),
    ]
    private static let unschedulableVerdict: UInt16 = 1
    private static let taintVerdict: UInt16 = 2
    private static let affinityVerdict: UInt16 = 3
    private static let portsVerdict: UInt16 = 4

    // MARK: Bringing up to date

    /// Notes which places are stale.
    mutating func sync(_ nodes: NodeTable) {
        if resourceCount != nodes.resources.count && plan.scoresOtherResources {
            self = NodeColumns(podClass, plan: plan, nodes: nodes)
        }
        if imagesVersion != nodes.imagesVersion && !podClass.images.isEmpty {
            reset(nodes)
            return
        }
        guard var place = nodes.log.place(of: cursor) else {
            reset(nodes)
            return
        }
        if orderVersion != nodes.orderVersion {
            // What else than its node a score depends on may have changed with the nodes.
            if base.isEmpty || !imageSums.isEmpty || !plan.localFilters.isEmpty || !plan.localScores.isEmpty {
                reset(nodes)
                return
            }
            move(nodes)
        }
        let end = nodes.log.entries.count
        while place < end {
            let row = Int(nodes.log.entries[place].row)
            let position = row < nodes.positions.count ? Int(nodes.positions[row]) : -1
            if position >= 0 { isStale[position >> 6] |= 1 << UInt64(position & 63) }
            place += 1
        }
        cursor = nodes.log.end
    }

    /// Takes what is known of nodes to their places in another order.
    private mutating func move(_ nodes: NodeTable) {
        var places = ContiguousArray<Int32>(repeating: -1, count: nodes.rowCount)
        for (place, row) in order.enumerated() { places[row] = Int32(place) }
        let old = self
        clear(count: nodes.order.count)
        orderVersion = nodes.orderVersion
        order = nodes.order
        for (place, row) in order.enumerated() {
            let from = Int(places[row])
            let bit: UInt64 = 1 << UInt64(place & 63)
            if from < 0 || old.isStale[from >> 6] & (1 << UInt64(from & 63)) != 0 {
                isStale[place >> 6] |= bit
                continue
            }
            verdictOf[place] = old.verdictOf[from]
            if old.fits[from >> 6] & (1 << UInt64(from & 63)) == 0 { continue }
            fits[place >> 6] |= bit
            base[place] = old.base[from]
            fit[place] = old.fit[from]
            balanced[place] = old.balanced[from]
            images[place] = old.images[from]
            taints[place] = old.taints[from]
            if hasPreferences { affinity[place] = old.affinity[from] }
        }
    }

    /// Makes place for so many nodes, of which nothing is known.
    private mutating func clear(count: Int) {
        self.count = count
        isStale = ContiguousArray(repeating: 0, count: (count + 63) / 64)
        fits = ContiguousArray(repeating: 0, count: (count + 63) / 64)
        verdictOf = ContiguousArray(repeating: 0, count: count)
        wordHighest = ContiguousArray(repeating: 0, count: fits.count)
        wordTies = ContiguousArray(repeating: 0, count: fits.count)
        base = ContiguousArray(repeating: 0, count: count)
        fit = ContiguousArray(repeating: 0, count: count)
        balanced = ContiguousArray(repeating: 0, count: count)
        images = ContiguousArray(repeating: 0, count: count)
        taints = ContiguousArray(repeating: 0, count: count)
        affinity = hasPreferences ? ContiguousArray(repeating: 0, count: count) : []
        local = plan.localScores.map { _ in ContiguousArray(repeating: 0, count: count) }
    }

    private mutating func reset(_ nodes: NodeTable) {
        cursor = nodes.log.end
        orderVersion = nodes.orderVersion
        order = nodes.order
        imagesVersion = nodes.imagesVersion
        if count != nodes.order.count || base.isEmpty { clear(count: nodes.order.count) }
        isStale = ContiguousArray(repeating: .max, count: (count + 63) / 64)
        if count & 63 != 0 { isStale[isStale.count - 1] = (1 << UInt64(count & 63)) - 1 }
        imageSums = ImageLocality.sums(podClass, nodes: nodes)
    }

    /// Judges the stale places of one word of the bit maps.
    mutating func refresh(word: Int, mask: UInt64, _ nodes: NodeTable, _ values: inout NodeValues) {
        var stale = isStale[word] & mask
        isStale[word] &= ~mask
        let order = nodes.order
        while stale != 0 {
            let bit = stale.trailingZeroBitCount
            stale &= stale - 1
            evaluate(word << 6 + bit, order[word << 6 + bit], nodes, &values)
        }
    }

    mutating func setSummary(_ word: Int, _ highest: Int64, _ ties: UInt64) {
        wordHighest[word] = highest
        wordTies[word] = ties
    }

    private mutating func evaluate(
        _ place: Int, _ row: NodeIndex, _ nodes: NodeTable, _ values: inout NodeValues
    ) {
        let verdict = judge(row, nodes)
        let bit: UInt64 = 1 << UInt64(place & 63)
        let word = place >> 6
        verdictOf[place] = verdict
        if verdict != 0 {
            fits[word] &= ~bit
            wordTies[word] &= ~bit
            return
        }
        fits[word] |= bit
        score(place, row, nodes, &values)
        if wordTies[word] == 0 { return }
        let sum = base[place]
        if sum > wordHighest[word] {
            wordHighest[word] = sum
            wordTies[word] = bit
        } else if sum == wordHighest[word] {
            wordTies[word] |= bit
        } else {
            wordTies[word] &= ~bit
        }
    }

    // MARK: Filters

    /// What other pods, that come or go in a trial, change on a node.
    struct Change {
        var podCount: Int64 = 0
        /// Beside the resource's number.
        var requested: [(resource: Int, amount: Int64)] = []

        mutating func add(_ pod: PodInfo, sign: Int64) {
            podCount += sign
            for entry in pod.podClass.reserved.entries {
                let amount = sign &* entry.amount
                if let place = requested.firstIndex(where: { $0.resource == entry.resource.value }) {
                    requested[place].amount &+= amount
                } else {
                    requested.append((entry.resource.value, amount))
                }
            }
        }
    }

    /// The verdict of the first filter that rejects a node; 0 when the pods fit.
    mutating func judge(_ row: NodeIndex, _ nodes: NodeTable, after change: Change? = nil) -> UInt16 {
        for place in checks.indices {
            switch checks[place] {
            case .unschedulable:
                if nodes.isUnschedulable[row] { return Self.unschedulableVerdict }
            case .taints:
                let set = Int(nodes.taintSet[row])
                if set != 0 && isRefused(set, nodes) { return Self.taintVerdict }
            case .affinity:
                if !podClass.requiredNodeAffinity.matches(row, in: nodes) { return Self.affinityVerdict }
            case .ports:
                let used = nodes.ports[row]
                if !used.ports.isEmpty && podClass.hostPorts.contains(where: used.hasConflict) {
                    return Self.portsVerdict
                }
            case .fit:
                let shortage = shortage(row, nodes, change)
                if shortage != 0 { return verdict(of: shortage, nodes) }
            case .plugin(let filter):
                if let place = plan.localFilters[filter].verdict(on: podClass, node: row, nodes: nodes) {
                    return UInt16(truncatingIfNeeded: firstLocalVerdicts[filter] + place)
                }
            }
        }
        return 0
    }

    /// What a node has too little of, as bits: the first for pods, one for each of ``wanted``, and the last when
    /// one of these is more than the node has in all.
    private func shortage(_ row: NodeIndex, _ nodes: NodeTable, _ change: Change?) -> UInt64 {
        var shortage: UInt64 = 0
        let podCount = Int64(nodes.pods[row].count) + (change?.podCount ?? 0)
        if podCount >= nodes.podCapacity[row] { shortage = 1 }
        for place in needs.indices {
            let need = needs[place]
            let allocatable = nodes.allocatable[need.resource][row]
            var requested = nodes.requested[need.resource][row]
            if let change {
                for entry in change.requested where entry.resource == need.resource {
                    requested &+= entry.amount
                }
            }
            if need.amount > allocatable &- requested {
                shortage |= need.bit
                if need.amount > allocatable { shortage |= 1 << 63 }
            }
        }
        return shortage
    }

    private mutating func verdict(of shortage: UInt64, _ nodes: NodeTable) -> UInt16 {
        for known in shortages where known.shortage == shortage { return known.verdict }
        verdicts.append(NodeResourcesFit.status(of: shortage, wanted, nodes.resources))
        let verdict = UInt16(truncatingIfNeeded: verdicts.count - 1)
        shortages.append((shortage, verdict))
        return verdict
    }

    private mutating func isRefused(_ set: Int, _ nodes: NodeTable) -> Bool {
        while isTaintSetRefused.count < nodes.taintSets.count {
            let taints = nodes.taintSets[isTaintSetRefused.count]
            isTaintSetRefused.append(
                TaintToleration.hasUntolerated(taints, podClass.spec.tolerations))
        }
        return isTaintSetRefused[set]
    }

    // MARK: Scores

    private mutating func score(
        _ place: Int, _ row: NodeIndex, _ nodes: NodeTable, _ values: inout NodeValues
    ) {
        var sum: Int64 = 0
        if let strategy {
            let score = strategy.score(fitUsage, node: row, nodes: nodes)
            if score < 0 || score > 100 { hasInvalidScore = true }
            fit[place] = UInt8(truncatingIfNeeded: score)
            sum &+= score &* fitWeight
        }
        if let balancedWeight, !isBestEffort {
            let score = NodeResourcesBalancedAllocation.score(balancedUsage, row, nodes)
            if score < 0 || score > 100 { hasInvalidScore = true }
            balanced[place] = UInt8(truncatingIfNeeded: score)
            sum &+= score &* balancedWeight
        }
        if let imagesWeight, !imageSums.isEmpty {
            let score = ImageLocality.score(imageSums[row], podClass)
            if score < 0 || score > 100 { hasInvalidScore = true }
            images[place] = UInt8(truncatingIfNeeded: score)
            sum &+= score &* imagesWeight
        }
        if scoresTaints {
            let count = taintScore(Int(nodes.taintSet[row]), nodes)
            taints[place] = count
            if count != 0 { hasTaintScores = true }
        }
        if scoresAffinity, hasPreferences, let preferred = podClass.preferredNodeAffinity {
            affinity[place] = preferred.score(row, in: nodes)
        }
        for index in plan.localScores.indices {
            let entry = plan.localScores[index]
            let value = values.value(index, entry.plugin, row, nodes)
            let score = entry.plugin.score(podClass, node: row, nodes: nodes, nodeValue: value)
            local[index][place] = score
            if entry.normalization == nil {
                if score < 0 || score > 100 { hasInvalidScore = true }
                sum &+= score &* entry.weight
            } else if plan.ranksByRawScore {
                sum = score
            }
        }
        base[place] = sum
    }

    private mutating func taintScore(_ set: Int, _ nodes: NodeTable) -> Int32 {
        if set == 0 { return 0 }
        while taintSetScores.count < nodes.taintSets.count {
            let taints = nodes.taintSets[taintSetScores.count]
            taintSetScores.append(
                Int32(truncatingIfNeeded: TaintToleration.softCount(taints, podClass.spec.tolerations)))
        }
        return taintSetScores[set]
    }
}
