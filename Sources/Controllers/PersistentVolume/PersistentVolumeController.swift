public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Binds claims to volumes, asks for volumes to be provisioned, and reclaims volumes whose claims are gone.
///
/// One worker for claims (queue 0) and one for volumes (queue 1), as upstream, whose `syncClaim` may not run
/// twice at once. Upstream looks at everything again every 15 s; here only claims that wait do so, and after
/// 25 looks in vain (what the event recorder lets through at once) every 5 minutes only, until a volume or a
/// class changes. Recycling is not done: such volumes become Failed. In-tree volumes are not migrated.
/// Upstream: `pkg/controller/volume/persistentvolume` (v1.36).
public struct PersistentVolumeController: Controller {
    public static let name = "persistentvolume-controller"

    public enum Continuation: Sendable {
        /// The claim was told its provisioner.
        case provisionerSet(String)
        /// A released volume was read again before its deletion.
        case volumeReread
    }

    enum Queue {
        static let claims: UInt8 = 0
        static let volumes: UInt8 = 1
    }
    /// `--pvclaimbinder-sync-period`.
    public static let resyncPeriod = VirtualDuration.seconds(15)
    /// So many syncs apart are the looks at a claim for which nothing is in sight: 5 minutes by default.
    private static let rareResyncs: Int64 = 20
    private static let frequentResyncs = 25

    private var phase = VirtualTime.start
    /// What the controller itself wrote, while its cache does not show it.
    private var written: [ObjectKey: APIObject] = [:]
    private var writtenVolumes: [ObjectKey: APIObject] = [:]
    /// Volumes without a claim.
    private var unclaimed: Set<String> = []
    /// Volumes by the claim that they refer to.
    private var claimed: [ObjectKey: Set<String>] = [:]
    /// Claims that wait for a volume, and how often they were looked at since something changed.
    private var waiting: [ObjectKey: Int] = [:]

    private let resyncPeriod: VirtualDuration

    public init(resyncPeriod: VirtualDuration = Self.resyncPeriod) { self.resyncPeriod = resyncPeriod }

    public var workers: [Int] { [1, 1] }

    // MARK: Watch events

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        phase = now
        for claim in view.list(PersistentVolumeClaim.self) { queue.add(claim.value.key, queue: Queue.claims) }
        for volume in view.list(PersistentVolume.self) {
            index(volume.value, old: nil)
            queue.add(volume.value.key, queue: Queue.volumes)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .persistentVolumeClaim(let claim):
            queue.add(claim.value.key, queue: Queue.claims)
            if change.kind == .deleted {
                written.removeValue(forKey: claim.value.key)
                waiting.removeValue(forKey: claim.value.key)
                if !claim.value.spec.volumeName.isEmpty {
                    queue.add(ObjectKey(name: claim.value.spec.volumeName), queue: Queue.volumes)
                }
            } else if waiting[claim.value.key] != nil {
                waiting[claim.value.key] = 0
            }
        case .persistentVolume(let volume):
            queue.add(volume.value.key, queue: Queue.volumes)
            observe(volume.value, kind: change.kind, old: change.old?.persistentVolume?.value, view, &queue)
            lookSooner(now: now, &queue)
        case .storageClass: lookSooner(now: now, &queue)
        default: break
        }
    }

    private mutating func observe(
        _ volume: PersistentVolume, kind: WatchEvent.Kind, old: PersistentVolume?, _ view: ObjectCache,
        _ queue: inout Enqueuer
    ) {
        index(kind == .deleted ? nil : volume, old: old)
        if kind == .deleted { writtenVolumes.removeValue(forKey: volume.key) }
        guard let reference = volume.spec.claimRef else { return }
        let key = ObjectKey(namespace: reference.namespace, name: reference.name)
        // A deleted volume's claim is lost; a volume made for a claim that has none is bound to it.
        let isMadeFor =
            !reference.uid.isEmpty
            && claim(key, view).map { $0.uid == reference.uid && $0.spec.volumeName.isEmpty } ?? false
        if kind == .deleted || isMadeFor { queue.add(key, queue: Queue.claims) }
    }

    private mutating func index(_ volume: PersistentVolume?, old: PersistentVolume?) {
        if let old { change(old) { $0.remove(old.metadata.name) } }
        if let volume { change(volume) { $0.insert(volume.metadata.name) } }
    }

    private mutating func change(_ volume: PersistentVolume, _ body: (inout Set<String>) -> Void) {
        guard let reference = volume.spec.claimRef else { return body(&unclaimed) }
        let key = ObjectKey(namespace: reference.namespace, name: reference.name)
        body(&claimed[key, default: []])
        if claimed[key]?.isEmpty == true { claimed.removeValue(forKey: key) }
    }

    /// Claims that are hardly looked at any more take part in the next resync again.
    private mutating func lookSooner(now: VirtualTime, _ queue: inout Enqueuer) {
        for key in waiting.keys.sorted() where (waiting[key] ?? 0) >= Self.frequentResyncs {
            waiting[key] = 0
            queue.add(key, queue: Queue.claims, after: nextResync(after: now, resyncPeriod) - now)
        }
    }

    private func nextResync(after now: VirtualTime, _ period: VirtualDuration) -> VirtualTime {
        (now + .nanoseconds(1)).roundedUp(toPeriod: period, phase: phase)
    }

    // MARK: The controller's own cache

    /// The newest version of a claim that the controller knows.
    func claim(_ key: ObjectKey, _ view: ObjectCache) -> PersistentVolumeClaim? {
        guard let shown = view.get(PersistentVolumeClaim.self, key)?.value else { return nil }
        guard let own = written[key]?.persistentVolumeClaim?.value,
            own.metadata.resourceVersion > shown.metadata.resourceVersion
        else { return shown }
        return own
    }

    /// The newest version of a volume that the controller knows.
    func volume(_ name: String, _ view: ObjectCache) -> PersistentVolume? {
        let key = ObjectKey(name: name)
        guard let shown = view.get(PersistentVolume.self, key)?.value else { return nil }
        guard let own = writtenVolumes[key]?.persistentVolume?.value,
            own.metadata.resourceVersion > shown.metadata.resourceVersion
        else { return shown }
        return own
    }

    /// The volumes that could be bound to a claim.
    func candidates(for key: ObjectKey, _ view: ObjectCache) -> [PersistentVolume] {
        unclaimed.union(claimed[key] ?? []).sorted().compactMap { volume($0, view) }
    }

    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        switch outcome.request {
        case .update, .updateStatus: break
        default: return
        }
        guard let object = outcome.object else { return }
        switch object {
        case .persistentVolumeClaim: written[object.key] = object
        case .persistentVolume: writtenVolumes[object.key] = object
        default: break
        }
    }

    // MARK: Work

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        if key.queue == Queue.volumes {
            let isOld =
                writtenVolumes[key.key].map { isNewer($0, than: view[.persistentVolume, key.key]) } ?? false
            guard !isOld, let volume = view.get(PersistentVolume.self, key.key)?.value else { return Plan() }
            writtenVolumes.removeValue(forKey: key.key)
            return syncVolume(volume, view: view, now: now)
        }
        // An event that is older than what the controller wrote is followed by a newer one.
        let isOld = written[key.key].map { isNewer($0, than: view[.persistentVolumeClaim, key.key]) } ?? false
        guard !isOld, let claim = view.get(PersistentVolumeClaim.self, key.key)?.value else { return Plan() }
        written.removeValue(forKey: key.key)
        if claim.metadata.annotations.contains(VolumeBinding.bindCompleted) {
            waiting.removeValue(forKey: key.key)
            return syncBoundClaim(claim, view: view)
        }
        var plan = syncUnboundClaim(claim, view: view)
        // A plan that binds is followed by an event of the claim.
        let count = waiting[key.key] ?? 0
        waiting[key.key] = count + 1
        let period = count < Self.frequentResyncs ? resyncPeriod : resyncPeriod * Self.rareResyncs
        if case .done = plan.ending { plan.ending = .requeueAfter(nextResync(after: now, period) - now) }
        return plan
    }

    private func isNewer(_ own: APIObject, than shown: APIObject?) -> Bool {
        shown.map { own.metadata.resourceVersion > $0.metadata.resourceVersion } ?? false
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        switch continuation {
        case .provisionerSet(let provisioner):
            var plan = provisionerSet(provisioner, key.key, outcomes, view: view)
            plan.ending = .requeueAfter(nextResync(after: now, resyncPeriod) - now)
            return plan
        case .volumeReread: return deleteReleased(outcomes, view: view)
        }
    }

    static func event(
        _ object: APIObject, _ severity: EventRecord.Severity, _ reason: String, _ message: String
    ) -> EventRecord {
        EventRecord(object, severity, reason: reason, message: message, component: name)
    }
}
