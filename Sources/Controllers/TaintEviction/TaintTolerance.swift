public import KubernetesModel

/// How long a pod's tolerations let it stay on a node with NoExecute taints.
public enum TaintTolerance: Hashable, Sendable {
    /// Some taint is not tolerated.
    case notTolerated
    /// Every taint is tolerated, for so many seconds at most; zero is not at all.
    case seconds(Int64)
    case forever

    /// - Parameter taints: the node's NoExecute taints.
    public init(of tolerations: [Toleration], for taints: [Taint]) {
        guard let used = Self.matching(tolerations, for: taints) else {
            self = .notTolerated
            return
        }
        self = Self.minimum(of: used)
    }

    /// For each taint the first toleration that tolerates it; nil when one is not tolerated.
    ///
    /// Upstream: `pkg/apis/core/v1/helper/helpers.go`, `GetMatchingTolerations` (v1.36).
    public static func matching(_ tolerations: [Toleration], for taints: [Taint]) -> [Toleration]? {
        var used: [Toleration] = []
        for taint in taints {
            guard let toleration = tolerations.first(where: { $0.tolerates(taint) }) else { return nil }
            used.append(toleration)
        }
        return used
    }

    /// Upstream: `pkg/controller/tainteviction/taint_eviction.go`, `getMinTolerationTime` (v1.36).
    static func minimum(of used: [Toleration]) -> TaintTolerance {
        if used.isEmpty { return .seconds(0) }
        guard let least = used.compactMap(\.tolerationSeconds).min() else { return .forever }
        return .seconds(max(0, least))
    }
}
