import ControlPlane
import KubernetesModel
import SimulationKernel

/// The scheduler binds no pod to a node on which the pod's requests do not fit.
///
/// Finished pods hold nothing; pods that are being deleted do until they are gone. A pod that names its node
/// itself is not the scheduler's, and may be too much: the kubelet refuses it. A node whose allocatable has
/// just shrunk, or to which such a pod has just come, is not judged.
/// Upstream: `pkg/scheduler/framework/plugins/noderesources/fit.go` (v1.36).
struct CapacityInvariant: Invariant {
    static let name = InvariantName.capacity
    static let kinds: [ObjectKind] = [.pod, .node]

    private struct Record {
        var pods: Int64 = 0
        /// By the name of a resource: thousandths of a core of `cpu`, units of everything else.
        var used: [String: Int64] = [:]
        /// Not judged before.
        var restlessUntil = VirtualTime.start
    }
    private var records: [String: Record] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .node(let object):
            let node = object.value
            if let old = change.previous?.node?.value, old.status.allocatable != node.status.allocatable {
                records[node.metadata.name, default: Record()].restlessUntil =
                    context.now + InvariantContext.staleness
            }
        case .pod(let object): observe(object.value, change, &context)
        default: return
        }
    }

    private mutating func observe(_ pod: Pod, _ change: StoreChange, _ context: inout InvariantContext) {
        let old = change.previous?.pod?.value
        let held = old.flatMap(Self.holder)
        let holds = change.kind == .deleted ? nil : Self.holder(of: pod)
        if held == nil && holds == nil { return }
        if held == holds, let old, old.spec === pod.spec || old.spec.requests == pod.spec.requests { return }
        if let held, let old { add(old.spec, to: held, sign: -1) }
        guard let holds else { return }
        add(pod.spec, to: holds, sign: 1)
        guard held == nil, let old, old.nodeName.isEmpty else {
            records[holds]?.restlessUntil = context.now + InvariantContext.staleness
            return
        }
        judge(pod, on: holds, &context)
    }

    /// The node on which the pod holds its requests.
    private static func holder(of pod: Pod) -> String? {
        pod.nodeName.isEmpty || pod.status.phase.isTerminal ? nil : pod.nodeName
    }

    private mutating func add(_ spec: PodSpec, to node: String, sign: Int64) {
        records[node, default: Record()].pods += sign
        for entry in spec.requests.entries {
            records[node]?.used[entry.name, default: 0] += sign * spec.requests.amount(entry.name)
        }
    }

    private func judge(_ pod: Pod, on name: String, _ context: inout InvariantContext) {
        guard let record = records[name], record.restlessUntil <= context.now,
            let node = context.simulation?.stored(Node.self, ObjectKey(name: name))
        else { return }
        let allocatable = node.status.allocatable
        func report(_ resource: String, _ used: Int64, _ limit: Int64) {
            let unit = resource == ResourceName.cpu ? "m" : ""
            context.report(
                Self.name, .node, ObjectKey(name: name),
                "\(resource) of \(used)\(unit) with \(pod.metadata.name), where \(limit)\(unit) are allocatable"
            )
        }
        let limit = allocatable.amount(ResourceName.pods)
        if limit > 0 && record.pods > limit { report(ResourceName.pods, record.pods, limit) }
        for entry in pod.spec.requests.entries {
            let used = record.used[entry.name] ?? 0
            let limit = allocatable.amount(entry.name)
            if used > limit { report(entry.name, used, limit) }
        }
    }
}
