import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Looks for the smallest changes after which a pod that fits nowhere would fit.
///
/// Every change that could matter is tried by filtering all rejected nodes with it. What helps is then made as
/// small as it can be, for each group of nodes with one verdict, and tried again in that form. Where no single
/// change helps a group, pairs are tried, and then all changes at once without those that turn out needless.
struct WhatIfAnalysis {
    private let attempt: SchedulingAttempt
    private let pod: PodInfo
    private let cluster: ClusterCache
    private let trial: WhatIfTrial
    private let rejected: ContiguousArray<NodeIndex>
    private var options: [WhatIf.Option] = []
    private var trials = 0
    private var isComplete = true
    /// How many nodes were filtered, all trials together.
    private(set) var work = 0

    /// Bounds on the work of one analysis.
    static let maximumTrials = 600
    static let maximumEvictionTrials = 2_000
    static let maximumTaints = 24
    static let maximumShapes = 8

    init(_ attempt: SchedulingAttempt, of pod: PodInfo, framework: Framework, cluster: ClusterCache) {
        self.attempt = attempt
        self.pod = pod
        self.cluster = cluster
        trial = WhatIfTrial(pod: pod, framework: framework, cluster: cluster)
        rejected = ContiguousArray(attempt.rejections.filter { !Self.isExtenders($0) }.flatMap(\.nodes))
    }

    /// Whether an extender's word stands against the nodes: it is asked in attempts only, so no change is tried there.
    private static func isExtenders(_ rejection: SchedulingAttempt.Rejection) -> Bool {
        rejection.plugin == SchedulingCycle.extenderName
    }

    mutating func run(number: Int) -> WhatIf {
        let templates = self.templates()
        var singles: [(change: WhatIfChange, nodes: Set<NodeIndex>)] = []
        for template in templates {
            singles.append((template, Set(fitting([template], among: rejected))))
        }
        for (place, rejection) in attempt.rejections.enumerated() where !Self.isExtenders(rejection) {
            var isSolved = false
            for single in singles {
                let nodes = ContiguousArray(rejection.nodes.filter(single.nodes.contains))
                if !nodes.isEmpty, add([single.change], rejection: place, nodes: nodes) { isSolved = true }
            }
            if findEviction(rejection, place) { isSolved = true }
            if !isSolved { findSeveral(templates, rejection, place) }
        }
        findNewNodes()
        options = options.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            if first.changes.count != second.changes.count {
                return first.changes.count < second.changes.count
            }
            if first.cost != second.cost { return first.cost < second.cost }
            if first.nodes.count != second.nodes.count { return first.nodes.count > second.nodes.count }
            return left.offset < right.offset
        }
        .map(\.element)
        return WhatIf(
            number: number, time: attempt.time, pod: pod.key, attempt: attempt.number, options: options,
            isComplete: isComplete, nodeNames: cluster.nodes.names)
    }

    // MARK: Trials

    private mutating func fitting(
        _ changes: [WhatIfChange], among nodes: ContiguousArray<NodeIndex>
    ) -> ContiguousArray<NodeIndex> {
        guard !nodes.isEmpty else { return [] }
        guard trials < Self.maximumTrials else {
            isComplete = false
            return []
        }
        trials += 1
        work += nodes.count
        return trial.fitting(changes, among: nodes)
    }

    // MARK: What to try

    /// The changes that could matter, those of amounts to the utmost.
    private func templates() -> [WhatIfChange] {
        let spec = pod.spec
        let nodes = cluster.nodes
        var list: [WhatIfChange] = []
        for entry in pod.podClass.requests.entries where entry.amount > 0 {
            list.append(
                .lowerRequest(resource: nodes.resources.name(entry.resource), from: entry.amount, to: 0))
        }
        list += taints()
        if rejected.contains(where: { nodes.isUnschedulable[$0] }) { list.append(.uncordon) }
        list.append(.raisePodCapacity(from: 0, to: WhatIfTrial.unlimited))
        for entry in spec.nodeSelector.entries {
            list.append(.dropNodeSelector(key: entry.key, value: entry.value))
        }
        let terms = spec.affinity?.nodeAffinity?.required?.nodeSelectorTerms ?? []
        var requirements = 0
        for (term, selector) in terms.enumerated() {
            for (place, requirement) in selector.matchExpressions.enumerated() {
                requirements += 1
                list.append(.dropNodeRequirement(term: term, place: place, text: Self.text(requirement)))
            }
        }
        if !terms.isEmpty && (requirements != 1 || terms.contains { !$0.matchFields.isEmpty }) {
            list.append(.dropNodeAffinity)
        }
        for (place, term) in (spec.affinity?.podAffinity?.required ?? []).enumerated() {
            list.append(.dropPodAffinity(place: place, text: Self.text(term)))
        }
        for (place, term) in (spec.affinity?.podAntiAffinity?.required ?? []).enumerated() {
            list.append(.dropPodAntiAffinity(place: place, text: Self.text(term)))
        }
        for (place, constraint) in spec.topologySpreadConstraints.enumerated()
        where constraint.whenUnsatisfiable == "DoNotSchedule" {
            list.append(
                .raiseMaxSkew(
                    place: place, topologyKey: constraint.topologyKey, from: constraint.maxSkew,
                    to: WhatIfTrial.unlimited))
        }
        for port in pod.podClass.hostPorts {
            let change = WhatIfChange.dropHostPort(
                port: port.port, transportProtocol: port.transportProtocol, address: port.address)
            if !list.contains(change) { list.append(change) }
        }
        for volume in spec.volumes {
            let claim = volume.claimName(podName: pod.value.metadata.name)
            guard claim != nil || Self.diskSources.contains(where: { volume.rest[$0] != nil }) else {
                continue
            }
            list.append(.dropVolume(name: volume.name, claim: claim ?? ""))
        }
        return list
    }

    /// Sources of volumes that can keep a pod off nodes.
    private static let diskSources = [
        "gcePersistentDisk", "awsElasticBlockStore", "azureDisk", "cinder", "rbd", "iscsi", "csi",
    ]

    /// The taints that keep the pod off rejected nodes, in the order in which they are met.
    private func taints() -> [WhatIfChange] {
        var seenSets: Set<Int32> = []
        var list: [WhatIfChange] = []
        for node in rejected where seenSets.insert(cluster.nodes.taintSet[node]).inserted {
            for taint in cluster.nodes.taintSets[Int(cluster.nodes.taintSet[node])]
            where taint.effect != .preferNoSchedule
                && !pod.spec.tolerations.contains(where: { $0.tolerates(taint) })
            {
                let change = WhatIfChange.tolerate(key: taint.key, value: taint.value, effect: taint.effect)
                if !list.contains(change) && list.count < Self.maximumTaints { list.append(change) }
            }
        }
        return list
    }

    private static func text(_ requirement: SelectorRequirement) -> String {
        let values = requirement.values.isEmpty ? "" : " [\(requirement.values.joined(separator: " "))]"
        return "\(requirement.key) \(requirement.operatorName)\(values)"
    }

    private static func text(_ term: PodAffinityTerm) -> String {
        var parts = (term.labelSelector?.matchLabels.entries ?? []).map { "\($0.key)=\($0.value)" }
        parts += (term.labelSelector?.matchExpressions ?? []).map(text)
        return "(\(parts.joined(separator: ","))) over \(term.topologyKey)"
    }

    // MARK: As small as can be

    /// Adds an option for changes that help on nodes of a group, in their smallest form.
    private mutating func add(
        _ templates: [WhatIfChange], rejection: Int, nodes: ContiguousArray<NodeIndex>
    ) -> Bool {
        let changes = smallest(templates, nodes)
        let sufficient = fitting(changes, among: nodes)
        guard !sufficient.isEmpty else { return false }
        options.append(
            WhatIf.Option(
                changes: changes, cost: changes.reduce(0) { $0 + $1.cost }, rejection: rejection,
                nodes: sufficient))
        return true
    }

    /// Gives the changes of amounts the least value with which some node still takes the pod.
    private mutating func smallest(
        _ templates: [WhatIfChange], _ nodes: ContiguousArray<NodeIndex>
    ) -> [WhatIfChange] {
        var changes = templates
        // One node for all amounts: where less of them has to go, all together.
        var places: [Int] = []
        for (place, change) in templates.enumerated() {
            if case .lowerRequest = change { places.append(place) }
        }
        if !places.isEmpty {
            let ordered = nodes.enumerated().map { (cost: cost(templates, at: $1), node: $1, place: $0) }
                .sorted { ($0.cost, $0.place) < ($1.cost, $1.place) }
            for candidate in ordered.prefix(3) {
                var trial = templates
                for place in places { trial[place] = lowered(templates[place], at: candidate.node) }
                if !fitting(trial, among: nodes).isEmpty {
                    changes = trial
                    break
                }
            }
            if changes == templates {
                for place in places { bisect(&changes, place, nodes) }
            }
        }
        for (place, change) in templates.enumerated() {
            switch change {
            case .raiseMaxSkew, .raisePodCapacity: bisect(&changes, place, nodes)
            default: break
            }
        }
        return changes
    }

    private func cost(_ templates: [WhatIfChange], at node: NodeIndex) -> Int64 {
        templates.reduce(0) { $0 + lowered($1, at: node).cost }
    }

    /// Asks for as much as the node has free.
    private func lowered(_ change: WhatIfChange, at node: NodeIndex) -> WhatIfChange {
        guard case .lowerRequest(let name, let from, _) = change, let resource = cluster.nodes.resources[name]
        else { return change }
        var free =
            cluster.nodes.allocatable[resource.value][node] &- cluster.nodes.requested[resource.value][node]
        for other in cluster.nominator.pods(onNodeNamed: cluster.nodes.names[node])
        where other.priority >= pod.priority && other.uid != pod.uid {
            free -= other.podClass.reserved.amount(resource)
        }
        return .lowerRequest(resource: name, from: from, to: min(from, max(0, free)))
    }

    /// Finds the amount of one change with which, beside the others, some node still takes the pod.
    private mutating func bisect(
        _ changes: inout [WhatIfChange], _ place: Int, _ nodes: ContiguousArray<NodeIndex>
    ) {
        func amount(_ value: Int64) -> WhatIfChange {
            switch changes[place] {
            case .lowerRequest(let name, let from, _): .lowerRequest(resource: name, from: from, to: value)
            case .raiseMaxSkew(let number, let key, let from, _):
                .raiseMaxSkew(place: number, topologyKey: key, from: from, to: value)
            default: .raisePodCapacity(from: 0, to: value)
            }
        }
        // `enough` suffices, `short` does not; both move towards each other.
        var enough: Int64
        var short: Int64
        switch changes[place] {
        case .lowerRequest(_, let from, _): (enough, short) = (0, from)
        case .raiseMaxSkew(_, _, let from, _):
            (enough, short) = (from + 1, from)
            while enough < WhatIfTrial.unlimited {
                var trial = changes
                trial[place] = amount(enough)
                if !fitting(trial, among: nodes).isEmpty { break }
                (short, enough) = (enough, enough * 2)
            }
        case .raisePodCapacity:
            // What a node has and one more, on the node that lacks least.
            let table = cluster.nodes
            let best = nodes.map { node in
                (
                    missing: Int64(table.pods[node].count)
                        + Int64(table.podCountNominated(node, for: pod, cluster)) + 1
                        - table.podCapacity[node], node: node
                )
            }
            .min { ($0.missing, $0.node) < ($1.missing, $1.node) }
            guard let best else { return }
            let from = table.podCapacity[best.node]
            changes[place] = .raisePodCapacity(from: from, to: from + max(1, best.missing))
            return
        default: return
        }
        while abs(enough - short) > 1 {
            let middle = short + (enough - short) / 2
            var trial = changes
            trial[place] = amount(middle)
            if fitting(trial, among: nodes).isEmpty { short = middle } else { enough = middle }
        }
        changes[place] = amount(enough)
    }

    // MARK: Several changes

    private mutating func findSeveral(
        _ templates: [WhatIfChange], _ rejection: SchedulingAttempt.Rejection, _ place: Int
    ) {
        guard templates.count > 1, !fitting(templates, among: rejection.nodes).isEmpty else { return }
        var isSolved = false
        for first in templates.indices {
            for second in templates.indices where second > first {
                let pair = [templates[first], templates[second]]
                let nodes = fitting(pair, among: rejection.nodes)
                if !nodes.isEmpty, add(pair, rejection: place, nodes: nodes) { isSolved = true }
            }
        }
        if isSolved { return }
        // The dearest go first, if the others do without them.
        var needed = templates
        for change in templates.sorted(by: { $0.cost > $1.cost }) {
            let fewer = needed.filter { $0 != change }
            if !fitting(fewer, among: rejection.nodes).isEmpty { needed = fewer }
        }
        let nodes = fitting(needed, among: rejection.nodes)
        if !nodes.isEmpty { _ = add(needed, rejection: place, nodes: nodes) }
    }

    // MARK: Evictions

    /// Looks for one pod whose eviction would make room, the least important first.
    private mutating func findEviction(_ rejection: SchedulingAttempt.Rejection, _ place: Int) -> Bool {
        guard rejection.code == .unschedulable, !attempt.isPreFilterRejection else { return false }
        guard var evictions = trial.evictions() else { return false }
        var found: [(change: WhatIfChange, node: NodeIndex)] = []
        var left = Self.maximumEvictionTrials
        for node in rejection.nodes where left > 0 {
            var seen: Set<PodKind> = []
            for victim in victims(on: node) {
                // Pods of one class and with the same labels are as good as each other.
                let kind = PodKind(podClass: ObjectIdentifier(victim.pod.podClass), labels: victim.pod.labels)
                if !seen.insert(kind).inserted { continue }
                guard left > 0 else {
                    isComplete = false
                    break
                }
                left -= 1
                work += 1
                if evictions.fits(without: victim.pod, on: node) {
                    found.append((victim.change, node))
                    break
                }
            }
        }
        if left == 0 { isComplete = false }
        // One option for each cost, on the first node that has it.
        var costs: [Int64] = []
        for entry in found where !costs.contains(entry.change.cost) {
            costs.append(entry.change.cost)
            options.append(
                WhatIf.Option(
                    changes: [entry.change], cost: entry.change.cost, rejection: place, nodes: [entry.node]))
        }
        return !found.isEmpty
    }

    private struct PodKind: Hashable {
        let podClass: ObjectIdentifier
        let labels: Labels
    }

    /// The pods of a node, those first whose eviction costs least.
    private func victims(on node: NodeIndex) -> [(change: WhatIfChange, pod: PodInfo)] {
        let budgets = cluster.objects.podDisruptionBudgets
        return cluster.nodes.pods[node]
            .filter { $0.value.metadata.deletionTimestamp == nil }
            .map { victim in
                let change = WhatIfChange.evict(
                    pod: victim.key, uid: victim.uid, node: cluster.nodes.names[node],
                    priority: victim.priority, ownPriority: pod.priority,
                    budgets: PreemptionRecord.forbidding(victim, budgets))
                return (change: change, pod: victim)
            }
            .enumerated()
            .sorted { left, right in
                let (first, second) = (left.element, right.element)
                if first.change.cost != second.change.cost { return first.change.cost < second.change.cost }
                if VictimOrder.isMoreImportant(second.pod, first.pod) { return true }
                if VictimOrder.isMoreImportant(first.pod, second.pod) { return false }
                // As preemption has it, the later one of equal pods goes first.
                return left.offset > right.offset
            }
            .map(\.element)
    }

    // MARK: New nodes

    private mutating func findNewNodes() {
        var shapes: [Node] = []
        var fitting: [String] = []
        for node in rejected {
            guard let object = cluster.nodes.objects[node]?.value else { continue }
            if shapes.contains(where: { Self.isAlike($0, object) }) { continue }
            guard shapes.count < Self.maximumShapes else {
                isComplete = false
                break
            }
            shapes.append(object)
            work += 1
            if trial.fitsNewNode(like: node) { fitting.append(object.metadata.name) }
        }
        guard !fitting.isEmpty else { return }
        let change = WhatIfChange.addNode(like: fitting)
        options.append(WhatIf.Option(changes: [change], cost: change.cost, rejection: nil, nodes: []))
    }

    /// Whether new nodes after two models would be the same for the pod.
    private static func isAlike(_ left: Node, _ right: Node) -> Bool {
        func taints(_ node: Node) -> [Taint] {
            node.spec.taints.filter { !$0.key.hasPrefix("node.kubernetes.io/") }
                .map { Taint(key: $0.key, value: $0.value, effect: $0.effect) }
        }
        func labels(_ node: Node) -> [(key: String, value: String)] {
            node.metadata.labels.entries.filter { $0.key != WellKnown.hostnameLabel }
                .map { (key: $0.key, value: $0.value) }
        }
        return left.status.allocatable == right.status.allocatable && taints(left) == taints(right)
            && labels(left).elementsEqual(labels(right)) { $0 == $1 }
    }
}

extension NodeTable {
    /// How many pods nominated to a node count against a pod.
    fileprivate func podCountNominated(_ node: NodeIndex, for pod: PodInfo, _ cluster: ClusterCache) -> Int {
        cluster.nominator.pods(onNodeNamed: names[node])
            .count { $0.priority >= pod.priority && $0.uid != pod.uid }
    }
}
