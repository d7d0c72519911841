import KubernetesModel

/// Finds pods of lower priority to evict so that a pod fits, on the node where that does least harm.
///
/// Upstream: `pkg/scheduler/framework/plugins/defaultpreemption`, `framework/preemption` (v1.36). Where
/// upstream begins the search at a random node, this begins at one that follows from the pod's name; it
/// matters only with more candidate nodes than are tried.
public struct DefaultPreemption: PostFilterPlugin, EnqueueExtensions {
    public static let name = "DefaultPreemption"

    let minCandidatePercentage: Int64
    let minCandidateCount: Int64

    public init(minCandidatePercentage: Int64 = 10, minCandidateCount: Int64 = 100) {
        self.minCandidatePercentage = minCandidatePercentage
        self.minCandidateCount = minCandidateCount
    }

    public func postFilter(
        _ pod: PodInfo, cluster: inout ClusterCache, state: CycleState, diagnosis: Diagnosis,
        framework: Framework
    ) -> PostFilterResult {
        var result = preempt(
            pod, cluster: &cluster, state: state, diagnosis: diagnosis, framework: framework)
        if !result.status.reasons.isEmpty {
            result.status.reasons = ["preemption: \(result.status.message)"]
        }
        return result
    }

    public var events: [ClusterEvent] { [ClusterEvent(.pod, .delete)] }

    /// The deletion of a victim concerns the plugin that rejected the pod, which answers for it.
    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        false
    }

    private func preempt(
        _ pod: PodInfo, cluster: inout ClusterCache, state: CycleState, diagnosis: Diagnosis,
        framework: Framework
    ) -> PostFilterResult {
        if let reason = ineligibility(of: pod, cluster: cluster, diagnosis: diagnosis) {
            return PostFilterResult(.unschedulable(reason))
        }
        let listsAll = !(state.read(Self.briefKey) ?? false)
        let extenders = framework.extenders.filter {
            !$0.configuration.preemptVerb.isEmpty && $0.configuration.isInterested(in: pod.spec)
        }
        var search = CandidateSearch(state, isBrief: !listsAll && extenders.isEmpty, cluster: cluster)
        let potential = Self.nodes(with: .unschedulable, diagnosis, cluster.nodes)
        if cluster.nodes.lowestPriority >= pod.priority {
            // What the trials of all of them would come to.
            search = CandidateSearch(withoutVictims: potential)
        } else if !potential.isEmpty {
            let wanted = candidateCount(of: potential.count)
            let offset = Self.offset(pod.key, potential.count)
            for place in potential.indices {
                let node = potential[(offset + place) % potential.count]
                search.tryNode(node, for: pod, cluster: &cluster, state: state, framework: framework)
                if search.isEnough(wanted) { break }
            }
        }
        search.settle(for: pod, cluster.nodes)
        if search.candidates.isEmpty {
            if !search.errors.isEmpty {
                return PostFilterResult(.error(Self.aggregate(search.errors)))
            }
            var failure = Diagnosis()
            failure.nodeCount = cluster.nodes.count
            failure.statuses = search.statuses
            failure.absentStatus = .unresolvable("Preemption is not helpful for scheduling")
            return PostFilterResult(.unschedulable(failure.message), nominatedNodeName: "")
        }
        var candidates = search.candidates
        for extender in extenders {
            switch extender.preempt(pod, candidates, cluster) {
            case .failure(let failure):
                if extender.configuration.isIgnorable { continue }
                return PostFilterResult(.error(failure.message))
            case .success(let left): candidates = left
            }
            if candidates.isEmpty {
                return PostFilterResult(.unschedulable("no candidate node for preemption"))
            }
        }
        let plan = choose(candidates, for: pod, cluster: cluster, listsAll: listsAll)
        return PostFilterResult(.success, nominatedNodeName: plan.chosen.nodeName, preemption: plan)
    }

    /// The nodes with a code, in order.
    private static func nodes(
        with code: StatusCode, _ diagnosis: Diagnosis, _ nodes: NodeTable
    ) -> ContiguousArray<NodeIndex> {
        if diagnosis.absentStatus.code != code && !diagnosis.statuses.contains(code) { return [] }
        let codes = diagnosis.statuses.codes(rowCount: nodes.rowCount, absent: diagnosis.absentStatus.code)
        return nodes.order.filter { codes[$0] == code }
    }

    /// Why the pod may not preempt; nil when it may.
    private func ineligibility(of pod: PodInfo, cluster: ClusterCache, diagnosis: Diagnosis) -> String? {
        if pod.spec.preemptionPolicy == "Never" { return "not eligible due to preemptionPolicy=Never." }
        let name = pod.value.status.nominatedNodeName
        guard !name.isEmpty, let node = cluster.nodes[name] else { return nil }
        if diagnosis.status(of: node).code == .unschedulableAndUnresolvable { return nil }
        let isWaiting = cluster.nodes.pods[node].contains {
            $0.priority < pod.priority && Self.isTerminatingByPreemption($0.value)
        }
        return isWaiting ? "not eligible due to a terminating pod on the nominated node." : nil
    }

    private static func isTerminatingByPreemption(_ pod: Pod) -> Bool {
        guard pod.metadata.deletionTimestamp != nil,
            let condition = pod.status.conditions["DisruptionTarget"]
        else { return false }
        return condition.status == .isTrue && condition.reason == "PreemptionByScheduler"
    }

    private func candidateCount(of nodes: Int) -> Int {
        min(nodes, Int(max(Int64(nodes) * minCandidatePercentage / 100, minCandidateCount)))
    }

    /// FNV-1a of the pod's key.
    private static func offset(_ key: ObjectKey, _ count: Int) -> Int {
        if count <= 1 { return 0 }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(hash % UInt64(count))
    }

    /// The text of several errors, each told once.
    ///
    /// Upstream: `apimachinery/pkg/util/errors/errors.go`, `aggregate.Error` (v1.36).
    private static func aggregate(_ errors: [String]) -> String {
        var distinct: [String] = []
        for error in errors where !distinct.contains(error) { distinct.append(error) }
        return distinct.count == 1 ? distinct[0] : "[\(distinct.joined(separator: ", "))]"
    }

    // MARK: Choice

    /// Under which a cycle's state says that the plan need not list what was not chosen.
    static let briefKey = "DefaultPreemption/brief"

    private static func precedes(_ left: PreemptionPlan.Candidate, _ right: PreemptionPlan.Candidate) -> Bool
    {
        left.nodeName.utf8.lexicographicallyPrecedes(right.nodeName.utf8)
    }

    private func choose(
        _ all: [PreemptionPlan.Candidate], for pod: PodInfo, cluster: ClusterCache, listsAll: Bool
    ) -> PreemptionPlan {
        let candidates = listsAll ? all.sorted(by: Self.precedes) : []
        var rest = listsAll ? candidates : all
        let criteria: [(PreemptionPlan.Candidate) -> Int64] = [
            { -Int64($0.violations) },
            { 0 &- ($0.victims.first?.priority ?? 0) },
            { candidate in 0 &- candidate.victims.reduce(0) { $0 &+ $1.priority &+ (1 << 31) } },
            { -Int64($0.victims.count) },
            { VictimOrder.earliestStart(candidate: $0) },
        ]
        for criterion in criteria where rest.count > 1 {
            let values = rest.map(criterion)
            let highest = values.max() ?? 0
            if values.allSatisfy({ $0 == highest }) { continue }
            rest = rest.indices.filter { values[$0] == highest }.map { rest[$0] }
        }
        // Listed or not, it is the one whose name comes first.
        let chosen = listsAll ? rest[0] : rest.min(by: Self.precedes) ?? rest[0]
        let cleared = cluster.nominator.pods(onNodeNamed: chosen.nodeName)
            .filter { $0.priority < pod.priority }
        return PreemptionPlan(
            chosen: chosen, candidates: listsAll ? candidates : [chosen],
            tiedNodes: listsAll && rest.count > 1 ? rest.map(\.nodeName) : [],
            clearedNominations: cleared)
    }
}
