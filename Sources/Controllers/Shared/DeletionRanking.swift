public import KubernetesModel
public import SimulationKernel

/// Puts pods into the order in which a scale-down gives them up.
///
/// Times are compared on a logarithmic scale, so that pods of about the same age go in a pseudorandom order:
/// that of their UIDs. Upstream: `pkg/controller/controller_utils.go`, `ActivePodsWithRanks` (v1.36).
public struct DeletionRanking: Sendable {
    public static let costAnnotation = "controller.kubernetes.io/pod-deletion-cost"

    private struct Entry {
        var pod: Ref<Pod>
        var isAssigned: Bool
        var phase: Int
        var isReady: Bool
        var cost: Int32
        var rank: Int
        var readySince: Timestamp?
        var restarts: Int64
        var sidecarRestarts: Int64
        var created: Timestamp?
    }

    private let now: VirtualTime

    public init(now: VirtualTime) { self.now = now }

    /// The pods, the first to be deleted first.
    ///
    /// - Parameter ranks: one number a pod: how many related active pods are on its node.
    public func ordered(_ pods: [Ref<Pod>], ranks: [Int]) -> [Ref<Pod>] {
        let entries = zip(pods, ranks).map { Self.entry($0, rank: $1) }
        return entries.sorted { left, right in
            switch compare(left, right) {
            case let order where order != 0: return order < 0
            // Upstream leaves the order of such pods to chance.
            default: return left.pod.value.metadata.uid < right.pod.value.metadata.uid
            }
        }.map(\.pod)
    }

    private static func entry(_ pod: Ref<Pod>, rank: Int) -> Entry {
        let value = pod.value
        let ready = value.status.conditions["Ready"]
        let isReady = ready?.status == .isTrue
        let sidecars = value.spec.fields.initContainers
        return Entry(
            pod: pod, isAssigned: !value.nodeName.isEmpty, phase: phaseOrdinal(value.status.phase),
            isReady: isReady, cost: cost(value.metadata.annotations), rank: rank,
            readySince: isReady ? ready?.lastTransitionTime : nil,
            restarts: value.status.containerStatuses.reduce(0) { max($0, $1.restartCount) },
            sidecarRestarts: value.status.initContainerStatuses.reduce(0) { most, status in
                sidecars.contains { $0.isSidecar && $0.name == status.name }
                    ? max(most, status.restartCount) : most
            },
            created: value.metadata.creationTimestamp)
    }

    private static func phaseOrdinal(_ phase: PodPhase) -> Int {
        switch phase {
        case .unknown: 1
        case .running: 2
        default: 0
        }
    }

    /// The cost in a pod's annotations; 0 when there is none or it is not written as a plain number.
    ///
    /// Upstream: `pkg/apis/core/helper/helpers.go`, `GetDeletionCostFromPodAnnotations` (v1.36).
    static func cost(_ annotations: StringMap) -> Int32 {
        guard let text = annotations[costAnnotation], let first = text.utf8.first else { return 0 }
        let isPlain =
            first == UInt8(ascii: "-") || text == "0"
            || (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first)
        return isPlain ? Int32(text) ?? 0 : 0
    }

    /// Negative when the left pod is to go first.
    private func compare(_ left: Entry, _ right: Entry) -> Int {
        if left.isAssigned != right.isAssigned { return left.isAssigned ? 1 : -1 }
        if left.phase != right.phase { return left.phase - right.phase }
        if left.isReady != right.isReady { return left.isReady ? 1 : -1 }
        if left.cost != right.cost { return left.cost < right.cost ? -1 : 1 }
        if left.rank != right.rank { return right.rank - left.rank }
        if left.isReady, left.readySince != right.readySince {
            return compare(left.readySince, right.readySince, left, right)
        }
        if left.restarts != right.restarts { return left.restarts > right.restarts ? -1 : 1 }
        if left.sidecarRestarts != right.sidecarRestarts {
            return left.sidecarRestarts > right.sidecarRestarts ? -1 : 1
        }
        if left.created != right.created { return compare(left.created, right.created, left, right) }
        return 0
    }

    /// Younger goes first, by powers of two; an unknown time counts as the youngest.
    private func compare(_ first: Timestamp?, _ second: Timestamp?, _ left: Entry, _ right: Entry) -> Int {
        guard let first, let second else { return first == nil ? -1 : 1 }
        let difference = logarithm(since: first) - logarithm(since: second)
        if difference != 0 { return difference }
        return left.pod.value.metadata.uid < right.pod.value.metadata.uid ? -1 : 1
    }

    /// The whole part of the binary logarithm of a time's age in nanoseconds; -1 for the future.
    private func logarithm(since time: Timestamp) -> Int {
        let age = (now - time.time).nanoseconds
        return age > 0 ? Int(Double(age).exponent) : -1
    }
}
