public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Lets a PersistentVolume that is being deleted go only when it is not bound.
///
/// Upstream: `pkg/controller/volume/pvprotection` (v1.36).
public struct PVProtectionController: Controller {
    public static let name = "pv-protection-controller"
    public static let finalizer = "kubernetes.io/pv-protection"

    public init() {}

    public var workers: [Int] { [1] }

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for volume in view.list(PersistentVolume.self) where Self.concerns(volume.value.metadata) {
            queue.add(volume.value.key)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        guard case .persistentVolume(let volume) = change.object, change.kind != .deleted,
            Self.concerns(volume.value.metadata)
        else { return }
        queue.add(volume.value.key)
    }

    private static func concerns(_ metadata: ObjectMeta) -> Bool {
        metadata.isBeingDeleted == metadata.finalizers.contains(finalizer)
    }

    public mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let volume = view.get(PersistentVolume.self, key.key)?.value, Self.concerns(volume.metadata)
        else {
            return plan
        }
        if !volume.metadata.isBeingDeleted {
            plan.call(.update(APIObject(volume.with { $0.metadata.finalizers.append(Self.finalizer) })))
        } else if volume.status.phase != "Bound" {
            plan.call(
                .update(APIObject(volume.with { $0.metadata.finalizers.removeAll { $0 == Self.finalizer } })),
                tolerating: .notFound)
        }
        return plan
    }
}
