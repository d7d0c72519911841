public import KubernetesModel
public import SimulationKernel

/// Binds the pods of a gang together or not at all.
///
/// A pod whose gang has too few members is not tried. One that has got a node waits, holding its place, until
/// enough of its gang have one; then all are bound. When the time is up, or a member fits nowhere, all that
/// wait give their places back. Pods of a gang stand together in the queue.
///
/// The rules are those of the coscheduling plugin of `kubernetes-sigs/scheduler-plugins` (`pkg/coscheduling`,
/// v0.31), with annotations (``PodGang``) in place of PodGroup objects. Other than there, members wait for
/// the end of their back-off in any case, also when the first one that has a node calls them, and the places
/// that a gang gives back wake other pods only: gangs that fit nowhere would try again and again without a
/// pause.
public struct Coscheduling: GroupingQueueSort, PreFilterPlugin, WaitingPermitPlugin, EnqueueExtensions {
    public static let name = "Coscheduling"
    /// Of gangs that say nothing else: `permitWaitingTimeSeconds`, 60 unless given.
    let timeout: VirtualDuration

    public init(timeout: VirtualDuration = .seconds(60)) { self.timeout = timeout }

    private func podGang(_ pod: PodInfo) -> PodGang? { try? PodGang.of(pod.value.metadata) }

    // MARK: Queue

    public func group(of pod: PodInfo) -> ObjectKey? { PodGang.key(of: pod.value.metadata) }

    /// By priority, then by when the first of the gang came; pods without a gang by when they came.
    public func isBefore(_ left: QueuedPod, _ right: QueuedPod) -> Bool {
        let (first, second) = (left.pod.priority, right.pod.priority)
        if first != second { return first > second }
        let times = (Self.time(of: left), Self.time(of: right))
        if times.0 != times.1 { return times.0 < times.1 }
        let keys = (group(of: left.pod) ?? left.pod.key, group(of: right.pod) ?? right.pod.key)
        if keys.0 != keys.1 { return keys.0 < keys.1 }
        return left.timestamp < right.timestamp
    }

    private static func time(of pod: QueuedPod) -> VirtualTime {
        pod.groupTimestamp ?? pod.initialAttemptTime ?? pod.timestamp
    }

    public var events: [ClusterEvent] { [ClusterEvent(.pod, .add)] }

    // MARK: PreFilter

    public func preFilter(
        _ pod: PodInfo, cluster: ClusterCache, state: inout CycleState
    ) -> PreFilterResult {
        do throws(AnnotationError) {
            guard let gang = try PodGang.of(pod.value.metadata) else { return .success }
            let count = cluster.gangs.members(of: gang.key).count
            if count >= gang.minimum { return .success }
            return PreFilterResult(
                .unresolvable(
                    "pre-filter pod \(pod.key.name) cannot find enough sibling pods, current pods number: "
                        + "\(count), minMember of group: \(gang.minimum)"))
        } catch {
            return PreFilterResult(.unresolvable(error.description))
        }
    }

    // MARK: Permit

    public func permit(
        _ pod: PodInfo, on node: NodeIndex, cluster: ClusterCache, state: CycleState
    ) -> Status { .success }

    public func permitWait(_ pod: PodInfo, cluster: ClusterCache) -> PermitWait? {
        guard let gang = podGang(pod) else { return nil }
        let placed = cluster.placedMembers(of: gang.key)
        if placed >= gang.minimum { return nil }
        return PermitWait(
            timeout: gang.timeout ?? timeout,
            cause: "\(placed) of \(gang.minimum) members of gang \(gang.key.name) have a node")
    }

    public func gang(of pod: PodInfo) -> ObjectKey? { group(of: pod) }

    /// When so few are missing that another node may do, the others go on waiting: up to a tenth.
    public func rejectionOfTied(after pod: PodInfo, cluster: ClusterCache) -> String? {
        guard let gang = podGang(pod) else { return nil }
        let missing = gang.minimum - cluster.placedMembers(of: gang.key)
        if missing <= 0 || Double(missing) / Double(gang.minimum) <= 0.1 { return nil }
        return
            "PodGroup \(gang.key) gets rejected due to Pod \(pod.key.name) is unschedulable even after PostFilter"
    }
}

extension Coscheduling {
    init(arguments: PluginArguments) throws(ConfigurationError) {
        try arguments.allow(["apiVersion", "kind", "permitWaitingTimeSeconds", "podGroupBackoffSeconds"])
        try arguments.onlyStandard(
            "podGroupBackoffSeconds", 0, "Members of a gang that was rejected wait for their own back-off")
        self.init(
            timeout: .seconds(try arguments.integer("permitWaitingTimeSeconds", in: 1...900) ?? 60))
    }
}
