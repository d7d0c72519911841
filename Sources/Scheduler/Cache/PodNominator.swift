public import KubernetesModel

/// Pods that wait for a node where they made room by preemption.
///
/// Upstream: `pkg/scheduler/backend/queue/nominator.go` (v1.36).
public struct PodNominator {
    private var pods: [String: [PodInfo]] = [:]
    private var nodes: [UID: String] = [:]

    /// Changes with every nomination.
    private(set) var version: UInt64 = 0

    public init() {}

    /// The names of the nodes to which pods are nominated, in no order.
    var nodeNames: Dictionary<String, [PodInfo]>.Keys { pods.keys }

    /// Whether no pod is nominated anywhere.
    public var isEmpty: Bool { nodes.isEmpty }

    /// The pods nominated to a node, in the order of nomination.
    public func pods(onNodeNamed name: String) -> [PodInfo] { pods[name] ?? [] }

    /// The node to which a pod is nominated.
    public func node(of uid: UID) -> String? { nodes[uid] }

    /// Nominates a pod to a node, in place of an earlier nomination.
    mutating func add(_ pod: PodInfo, toNodeNamed name: String) {
        remove(pod.uid)
        guard !name.isEmpty else { return }
        version += 1
        nodes[pod.uid] = name
        pods[name, default: []].append(pod)
    }

    mutating func remove(_ uid: UID) {
        if nodes.isEmpty { return }
        guard let name = nodes.removeValue(forKey: uid) else { return }
        version += 1
        pods[name]?.removeAll { $0.uid == uid }
        if pods[name]?.isEmpty == true { pods[name] = nil }
    }
}
