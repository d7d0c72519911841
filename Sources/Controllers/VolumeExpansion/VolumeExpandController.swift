public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Tells that a claim's volume is made larger by somebody else.
///
/// Upstream's controller expands volumes of in-tree plugins, of which none is left that can; for all others it
/// reports that an external controller is awaited. Upstream: `pkg/controller/volume/expand` (v1.36).
public struct VolumeExpandController: Controller {
    public static let name = "persistentvolume-expander-controller"

    /// `defaultWorkerCount`.
    public let workers = [10]

    public init() {}

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for claim in view.list(PersistentVolumeClaim.self) { add(claim.value, &queue) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        guard change.kind != .deleted, let claim = change.object.persistentVolumeClaim?.value else { return }
        if let old = change.old?.persistentVolumeClaim?.value,
            claim.requestedStorage <= old.requestedStorage
        {
            return
        }
        add(claim, &queue)
    }

    private func add(_ claim: PersistentVolumeClaim, _ queue: inout Enqueuer) {
        if claim.status.phase == "Bound" && claim.requestedStorage > claim.grantedStorage {
            queue.add(claim.key)
        }
    }

    public mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let claim = view.get(PersistentVolumeClaim.self, key.key)?.value,
            claim.requestedStorage > claim.grantedStorage
        else { return plan }
        guard
            let volume = view.get(PersistentVolume.self, ObjectKey(name: claim.spec.volumeName))?.value,
            volume.spec.claimRef?.uid == claim.uid
        else {
            plan.ending = .requeueRateLimited
            return plan
        }
        plan.record(
            EventRecord(
                APIObject(claim), .normal, reason: "ExternalExpanding",
                message: "waiting for an external controller to expand this PVC", component: "volume_expand"))
        return plan
    }
}
