import KubernetesModel

/// Tries on each node which pods would have to go.
///
/// Upstream: `pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go`,
/// `SelectVictimsOnNode`; `framework/preemption/preemption.go`, `DryRunPreemption` (v1.36).
struct CandidateSearch {
    private(set) var candidates: [PreemptionPlan.Candidate] = []
    /// Why nodes are no candidates.
    private(set) var statuses = NodeStatuses()
    private(set) var errors: [String] = []
    /// What is known about a pod to which other pods matter by the room that they take only.
    private var room: NodeColumns?
    /// Where that is so, and of all candidates none but the chosen one is asked for.
    private var trials: RoomTrials?
    private var ranked: [(node: NodeIndex, rank: RoomTrials.Rank)] = []

    /// Under which a cycle's state has ``NodeColumns`` when only room matters.
    static let roomKey = "CandidateSearch/room"

    /// - Parameter isBrief: whether nobody asks for the candidates that are not chosen.
    init(_ state: CycleState, isBrief: Bool, cluster: ClusterCache) {
        room = state.read(Self.roomKey)
        if isBrief, let room, cluster.objects.podDisruptionBudgets.elements.isEmpty {
            trials = RoomTrials(room)
        }
    }

    /// What comes of nodes on which no pod has a lower priority.
    init(withoutVictims nodes: ContiguousArray<NodeIndex>) {
        statuses = NodeStatuses(
            of: nodes, from: 0, verdicts: [Self.noVictims],
            verdictOf: ContiguousArray(repeating: 0, count: nodes.count))
    }

    private static let noVictims = Status.unresolvable("No preemption victims found for incoming pod")

    /// Whether there are enough candidates, one of them without a violated budget.
    func isEnough(_ wanted: Int) -> Bool {
        candidates.count + ranked.count >= wanted
            && (!ranked.isEmpty || candidates.contains { $0.violations == 0 })
    }

    /// Makes candidates of those that may be the chosen one: of those that were only ranked, the best.
    mutating func settle(for pod: PodInfo, _ nodes: NodeTable) {
        if ranked.isEmpty { return }
        let criteria: [(RoomTrials.Rank) -> Int64] = [
            { 0 &- $0.priority }, { 0 &- $0.prioritySum }, { -Int64($0.count) }, { $0.earliestStart },
        ]
        var rest = ranked
        for criterion in criteria where rest.count > 1 {
            var highest = Int64.min
            for entry in rest { highest = max(highest, criterion(entry.rank)) }
            rest.removeAll { criterion($0.rank) != highest }
        }
        var best = rest[0].node
        for entry in rest.dropFirst()
        where nodes.names[entry.node].utf8.lexicographicallyPrecedes(nodes.names[best].utf8) {
            best = entry.node
        }
        ranked = []
        _ = trials?.tryNode(best, below: pod.priority, nodes)
        candidates.append(
            PreemptionPlan.Candidate(
                nodeName: nodes.names[best], victims: trials?.lastVictims(best, nodes) ?? [], violations: 0))
    }

    mutating func tryNode(
        _ node: NodeIndex, for pod: PodInfo, cluster: inout ClusterCache, state: CycleState,
        framework: Framework
    ) {
        // What a trial of the node would come to, whatever else is on it.
        if cluster.nodes.priorityFloor[node] >= pod.priority { return note(Self.noVictims, node) }
        if room != nil, !hasNominated(node, for: pod, cluster: cluster) {
            if trials != nil { return rank(node, for: pod, cluster.nodes) }
            let status = tryRoom(node, for: pod, cluster: cluster)
            if !status.isSuccess { note(status, node) }
            return
        }
        let saved = cluster.nodes.save(node)
        var trial = Trial(node: node, pod: pod, state: state, framework: framework)
        let status = trial.selectVictims(cluster: &cluster)
        cluster.nodes.restore(node, to: saved)
        if status.isSuccess && !trial.victims.isEmpty {
            candidates.append(
                PreemptionPlan.Candidate(
                    nodeName: cluster.nodes.names[node], victims: trial.victims,
                    violations: trial.violations))
            return
        }
        var failure = status
        if status.isSuccess {
            failure = Self.needless(cluster.nodes.names[node])
        }
        note(failure, node)
    }

    private mutating func rank(_ node: NodeIndex, for pod: PodInfo, _ nodes: NodeTable) {
        switch trials?.tryNode(node, below: pod.priority, nodes) {
        case .possible(let rank): ranked.append((node, rank))
        case .rejected(let verdict): note(trials?.verdict(verdict) ?? Self.noVictims, node)
        case .needless: note(Self.needless(nodes.names[node]), node)
        case .noVictims, nil: note(Self.noVictims, node)
        }
    }

    private static func needless(_ name: String) -> Status {
        .error("expected at least one victim pod on node \"\(name)\"")
    }

    private mutating func note(_ failure: Status, _ node: NodeIndex) {
        if failure.code == .error { errors.append(failure.message) }
        statuses.append(node, failure)
    }

    private func hasNominated(_ node: NodeIndex, for pod: PodInfo, cluster: ClusterCache) -> Bool {
        if cluster.nominator.isEmpty { return false }
        return cluster.nominator.pods(onNodeNamed: cluster.nodes.names[node])
            .contains { $0.priority >= pod.priority && $0.uid != pod.uid }
    }

    private mutating func judge(
        _ node: NodeIndex, _ nodes: NodeTable, _ change: NodeColumns.Change
    ) -> UInt16 {
        room?.judge(node, nodes, after: change) ?? 0
    }

    /// What ``Trial`` does, in numbers: nothing on the node is touched.
    private mutating func tryRoom(_ node: NodeIndex, for pod: PodInfo, cluster: ClusterCache) -> Status {
        var change = NodeColumns.Change()
        let count = cluster.nodes.pods[node].count
        change.requested.reserveCapacity(4)
        var potential: [PodInfo] = []
        potential.reserveCapacity(count)
        for place in 0..<count where cluster.nodes.pods[node][place].priority < pod.priority {
            potential.append(cluster.nodes.pods[node][place])
        }
        if potential.isEmpty { return Self.noVictims }
        for other in potential { change.add(other, sign: -1) }
        let verdict = judge(node, cluster.nodes, change)
        if verdict != 0 { return room?.verdicts[Int(verdict)] ?? .success }
        let (violating, others) = Self.splitByBudgets(
            VictimOrder.sorted(potential), cluster.objects.podDisruptionBudgets)
        var victims: [PodInfo] = []
        victims.reserveCapacity(potential.count)
        var violations = 0
        for (place, other) in (violating.isEmpty ? others : violating + others).enumerated() {
            change.add(other, sign: 1)
            if judge(node, cluster.nodes, change) == 0 { continue }
            change.add(other, sign: -1)
            victims.append(other)
            if place < violating.count { violations += 1 }
        }
        if !violating.isEmpty && !others.isEmpty { victims = VictimOrder.sorted(victims) }
        let name = cluster.nodes.names[node]
        if victims.isEmpty { return Self.needless(name) }
        candidates.append(
            PreemptionPlan.Candidate(nodeName: name, victims: victims, violations: violations))
        return .success
    }

    private struct Trial {
        let node: NodeIndex
        let pod: PodInfo
        var state: CycleState
        let framework: Framework
        var victims: [PodInfo] = []
        var violations = 0

        init(node: NodeIndex, pod: PodInfo, state: CycleState, framework: Framework) {
            self.node = node
            self.pod = pod
            self.state = state
            self.framework = framework
        }

        private mutating func remove(_ other: PodInfo, cluster: inout ClusterCache) {
            cluster.nodes.remove(other.uid, from: node)
            framework.removePod(other, from: node, for: pod, cluster: cluster, state: &state)
        }

        private mutating func add(_ other: PodInfo, cluster: inout ClusterCache) {
            cluster.nodes.add(other, to: node)
            framework.addPod(other, to: node, for: pod, cluster: cluster, state: &state)
        }

        private func fits(cluster: inout ClusterCache) -> Status {
            var rejections = Rejections(candidates: [node], rowCount: cluster.nodes.rowCount)
            framework.runFilterWithNominatedPods(
                pod, cluster: &cluster, state: state, rejections: &rejections)
            if !rejections.error.isEmpty { return .error(rejections.error) }
            return rejections.status(of: node) ?? .success
        }

        /// Takes all pods of lower priority off, then puts back as many as it can, the important ones first.
        mutating func selectVictims(cluster: inout ClusterCache) -> Status {
            let potential = cluster.nodes.pods[node].filter { $0.priority < pod.priority }
            if potential.isEmpty { return CandidateSearch.noVictims }
            for other in potential { remove(other, cluster: &cluster) }
            let status = fits(cluster: &cluster)
            if !status.isSuccess { return status }
            let (violating, others) = CandidateSearch.splitByBudgets(
                VictimOrder.sorted(potential), cluster.objects.podDisruptionBudgets)
            for other in violating where !isReprieved(other, cluster: &cluster) { violations += 1 }
            for other in others { _ = isReprieved(other, cluster: &cluster) }
            if !violating.isEmpty && !others.isEmpty { victims = VictimOrder.sorted(victims) }
            return .success
        }

        private mutating func isReprieved(_ other: PodInfo, cluster: inout ClusterCache) -> Bool {
            add(other, cluster: &cluster)
            if fits(cluster: &cluster).isSuccess { return true }
            remove(other, cluster: &cluster)
            victims.append(other)
            return false
        }
    }

    /// Splits pods into those whose eviction a budget forbids, given those before them, and the others.
    static func splitByBudgets(
        _ pods: [PodInfo], _ budgets: ObjectIndex<PodDisruptionBudget>
    ) -> (violating: [PodInfo], others: [PodInfo]) {
        var allowed = budgets.elements.map(\.value.status.disruptionsAllowed)
        var violating: [PodInfo] = []
        var others: [PodInfo] = []
        if budgets.elements.isEmpty { return ([], pods) }
        for pod in pods {
            var isViolated = false
            if !pod.labels.isEmpty {
                for (place, budget) in budgets.elements.enumerated() {
                    guard budget.value.metadata.namespace == pod.namespace,
                        let selector = budget.value.spec.selector, !selector.isEmpty,
                        selector.matches(pod.labels),
                        budget.value.status.disruptedPods[pod.value.metadata.name] == nil
                    else { continue }
                    allowed[place] &-= 1
                    if allowed[place] < 0 { isViolated = true }
                }
            }
            if isViolated { violating.append(pod) } else { others.append(pod) }
        }
        return (violating, others)
    }
}
