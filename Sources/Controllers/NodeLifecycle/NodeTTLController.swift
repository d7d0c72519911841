public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Tells kubelets by an annotation how long they may keep Secrets and ConfigMaps: longer in larger clusters.
///
/// Upstream: `pkg/controller/ttl` (v1.36).
public struct NodeTTLController: Controller {
    public static let name = "ttl-controller"
    public static let annotation = "node.alpha.kubernetes.io/ttl"

    /// Cluster sizes and the time in seconds; they overlap, so that a cluster at a bound does not flap.
    private static let steps: [(least: Int, most: Int, seconds: Int)] = [
        (0, 100, 0), (90, 500, 15), (450, 1_000, 30), (900, 2_000, 60), (1_800, .max, 300),
    ]

    private var nodeCount = 0
    private var step = 0

    public init() {}

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for node in view.list(Node.self) {
            added()
            queue.add(node.value.key)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        guard case .node(let node) = change.object else { return }
        switch change.kind {
        case .added: added()
        case .modified: break
        case .deleted:
            nodeCount -= 1
            if nodeCount < Self.steps[step].least { step -= 1 }
            return
        }
        if node.value.metadata.annotations[Self.annotation] != wanted { queue.add(node.value.key) }
    }

    private mutating func added() {
        nodeCount += 1
        if nodeCount > Self.steps[step].most { step += 1 }
    }

    private var wanted: String { String(Self.steps[step].seconds) }

    public mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let node = view.get(Node.self, key.key)?.value,
            node.metadata.annotations[Self.annotation] != wanted
        else { return plan }
        plan.call(
            .patch(.node, key.key, .metadata(labels: [:], annotations: [Self.annotation: wanted]), uid: nil),
            tolerating: .notFound)
        return plan
    }
}
