public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Lets a claim that is being deleted go only when no pod uses it any more.
///
/// Upstream: `pkg/controller/volume/pvcprotection` (v1.36); the condition `Unused` belongs to a feature that
/// is off by default. Where upstream lists pods live to be sure, the cache is asked here.
public struct PVCProtectionController: Controller {
    public static let name = "pvc-protection-controller"
    public static let finalizer = "kubernetes.io/pvc-protection"

    public init() {}

    public var workers: [Int] { [1] }

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for claim in view.list(PersistentVolumeClaim.self) where Self.concerns(claim.value.metadata) {
            queue.add(claim.value.key)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .persistentVolumeClaim(let claim):
            if change.kind != .deleted && Self.concerns(claim.value.metadata) { queue.add(claim.value.key) }
        case .pod(let pod):
            add(pod.value, isDeleted: change.kind == .deleted, &queue)
            if let old = change.old?.pod?.value, old.uid != pod.value.uid {
                add(old, isDeleted: true, &queue)
            }
        default: break
        }
    }

    private func add(_ pod: Pod, isDeleted: Bool, _ queue: inout Enqueuer) {
        // A pod that runs cannot help a claim to go.
        if !isDeleted && !pod.hasReleasedVolumes && !pod.nodeName.isEmpty { return }
        for volume in pod.spec.fields.volumes {
            if let name = volume.claimName(podName: pod.metadata.name) {
                queue.add(ObjectKey(namespace: pod.metadata.namespace, name: name))
            }
        }
    }

    private static func concerns(_ metadata: ObjectMeta) -> Bool {
        metadata.isBeingDeleted == metadata.finalizers.contains(finalizer)
    }

    public mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let claim = view.get(PersistentVolumeClaim.self, key.key)?.value else { return plan }
        let metadata = claim.metadata
        guard Self.concerns(metadata) else { return plan }
        if !metadata.isBeingDeleted {
            plan.call(.update(APIObject(claim.with { $0.metadata.finalizers.append(Self.finalizer) })))
        } else if !view.list(Pod.self, namespace: metadata.namespace).contains(where: {
            uses($0.value, claim)
        }) {
            plan.call(
                .update(APIObject(claim.with { $0.metadata.finalizers.removeAll { $0 == Self.finalizer } })),
                tolerating: .notFound)
        }
        return plan
    }

    private func uses(_ pod: Pod, _ claim: PersistentVolumeClaim) -> Bool {
        guard !pod.nodeName.isEmpty else { return false }
        let isShutDown = pod.metadata.isBeingDeleted && pod.metadata.deletionGracePeriodSeconds == 0
        return pod.spec.fields.volumes.contains { volume in
            guard volume.claimName(podName: pod.metadata.name) == claim.metadata.name else { return false }
            return volume.persistentVolumeClaim != nil
                || !isShutDown && claim.metadata.isControlled(by: pod.uid)
        }
    }
}
