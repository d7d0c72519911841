import KubernetesModel

/// Rejects nodes on which a resource that the pod requests is not sufficiently free, and scores the others by
/// how much of the scored resources would be in use.
///
/// Requests count, measured usage does not. Upstream: `pkg/scheduler/framework/plugins/noderesources/fit.go`
/// (v1.36), without device classes that stand for extended resources.
public struct NodeResourcesFit: PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, EnqueueExtensions
{
    public static let name = "NodeResourcesFit"

    let strategy: ScoringStrategy
    let ignoredResources: Set<String>
    let ignoredGroups: Set<String>

    public init(
        strategy: ScoringStrategy = .leastAllocated(ScoredResource.cpuAndMemory),
        ignoredResources: Set<String> = [], ignoredGroups: Set<String> = []
    ) {
        self.strategy = strategy
        self.ignoredResources = ignoredResources
        self.ignoredGroups = ignoredGroups
    }

    public func preFilter(_ pod: PodInfo, cluster: ClusterCache, state: inout CycleState) -> PreFilterResult {
        .success
    }

    private func isIgnored(_ resource: ResourceIndex, _ names: ResourceNames) -> Bool {
        if ignoredResources.isEmpty && ignoredGroups.isEmpty { return false }
        let name = names.name(resource)
        guard isExtendedResource(name) else { return false }
        let group = name.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        return ignoredResources.contains(name) || (!ignoredGroups.isEmpty && ignoredGroups.contains(group))
    }

    public func filter(
        _ pod: PodInfo, cluster: ClusterCache, state: CycleState, rejections: inout Rejections
    ) {
        let nodes = cluster.nodes
        let wanted = counted(pod.podClass.requests.entries, nodes.resources)
        // Bit 0 stands for pods, the next ones for the resources in their order, the highest for one that
        // even the empty node does not have.
        var shortages = ContiguousArray<UInt64>(repeating: 0, count: rejections.candidates.count)
        for (place, node) in rejections.candidates.enumerated()
        where Int64(nodes.pods[node].count) + 1 > nodes.podCapacity[node] {
            shortages[place] = 1
        }
        for (bit, entry) in wanted.enumerated() {
            let allocatable = nodes.allocatable[entry.resource.value]
            let requested = nodes.requested[entry.resource.value]
            for (place, node) in rejections.candidates.enumerated()
            where entry.amount > 0 && entry.amount > allocatable[node] &- requested[node] {
                shortages[place] |= 1 << UInt64(min(bit + 1, 62))
                if entry.amount > allocatable[node] { shortages[place] |= 1 << 63 }
            }
        }
        var verdicts: [(shortage: UInt64, verdict: Rejections.VerdictIndex)] = []
        for (place, node) in rejections.candidates.enumerated() where shortages[place] != 0 {
            let shortage = shortages[place]
            if let known = verdicts.first(where: { $0.shortage == shortage }) {
                rejections.add(known.verdict, at: node)
                continue
            }
            let status = Self.status(of: shortage, wanted, nodes.resources)
            let verdict = rejections.verdict(status.code, status.reasons)
            verdicts.append((shortage, verdict))
            rejections.add(verdict, at: node)
        }
    }

    public func preScore(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: inout CycleState
    ) -> Status { .success }

    /// The requests that count.
    func counted(_ entries: [ResourceRequests.Entry], _ names: ResourceNames) -> [ResourceRequests.Entry] {
        if ignoredResources.isEmpty && ignoredGroups.isEmpty { return entries }
        return entries.filter { !isIgnored($0.resource, names) }
    }

    /// The verdict on a node that is short of something.
    ///
    /// - Parameter shortage: bit 0 stands for pods, the next ones for the wanted resources in their order, the
    ///   highest for one that even the empty node does not have.
    static func status(
        of shortage: UInt64, _ wanted: [ResourceRequests.Entry], _ names: ResourceNames
    ) -> Status {
        var reasons = shortage & 1 == 0 ? [] : ["Too many pods"]
        for (bit, entry) in wanted.enumerated() where shortage & (1 << UInt64(min(bit + 1, 62))) != 0 {
            reasons.append("Insufficient \(names.name(entry.resource))")
        }
        return Status(
            shortage >> 63 == 0 ? .unschedulable : .unschedulableAndUnresolvable, reasons, plugin: name)
    }

    public func score(
        _ pod: PodInfo, feasible: ContiguousArray<NodeIndex>, cluster: ClusterCache, state: CycleState,
        scores: inout ContiguousArray<Int64>
    ) {
        let usage = ResourceUsage(
            strategy.resources, of: pod.podClass.scoringRequestsWithDefaults, countsDefaults: true,
            nodes: cluster.nodes)
        for place in feasible.indices {
            scores[place] = strategy.score(usage, node: feasible[place], nodes: cluster.nodes)
        }
    }

    public var events: [ClusterEvent] {
        [
            ClusterEvent(.pod, [.delete, .updatePodScaleDown]),
            ClusterEvent(.node, [.add, .updateNodeAllocatable]),
        ]
    }

    public func isWorthRetrying(_ pod: PodInfo, after change: ClusterChange, cluster: ClusterCache) -> Bool {
        if let new = change.newNode { return mayFit(pod, new, before: change.oldNode) }
        guard let old = change.oldPod else { return false }
        guard let new = change.newPod else {
            return !old.nodeName.isEmpty || !old.status.nominatedNodeName.isEmpty
        }
        if new.metadata.uid == pod.uid { return true }
        if new.nodeName.isEmpty { return false }
        let before = PodRequests(usesStatus: true)(old)
        let after = PodRequests(usesStatus: true)(new)
        return pod.podClass.scoringRequests.entries.contains {
            !$0.quantity.isZero && before.amount($0.name) > after.amount($0.name)
        }
    }

    /// Whether the pod would fit the empty node, and the node has more of what it needs than before.
    private func mayFit(_ pod: PodInfo, _ node: Node, before: Node?) -> Bool {
        let requests = PodRequests()(pod.value)
        let allocatable = node.status.allocatable
        if allocatable.amount(ResourceName.pods) < 1 { return false }
        for entry in requests.entries
        where isCounted(entry.name) && requests.amount(entry.name) > allocatable.amount(entry.name) {
            return false
        }
        guard let old = before?.status.allocatable else { return true }
        if allocatable.amount(ResourceName.pods) > old.amount(ResourceName.pods) { return true }
        return requests.entries.contains {
            isCounted($0.name) && requests.amount($0.name) > 0
                && allocatable.amount($0.name) > old.amount($0.name)
        }
    }

    private func isCounted(_ name: String) -> Bool {
        name == ResourceName.cpu || name == ResourceName.memory || name == ResourceName.ephemeralStorage
            || isScalarResource(name)
    }
}
