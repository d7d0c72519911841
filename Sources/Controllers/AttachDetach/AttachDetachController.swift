public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Attaches volumes to the nodes whose pods use them, and detaches them when no pod does any more.
///
/// Upstream's reconciler compares the desired with the actual state every 100 ms. Here a pass runs only when
/// something changed or a time has come; it looks at the volumes concerned only. One key does it all: the
/// pass, and the looks that attach and detach operations take at their VolumeAttachments. Volumes and nodes
/// are taken in the order of their names, where upstream's order is a hash table's. Upstream:
/// `pkg/controller/volume/attachdetach` (v1.36). In-tree volumes that CSI migration would translate, and
/// iSCSI and FC volumes, are not attached.
public struct AttachDetachController: Controller {
    public static let name = "attachdetach-controller"

    public enum Continuation: Sendable {
        case nodesUpdated
        case operationsStarted
        case attachmentsDeleted
    }

    /// Timing constants (`DefaultTimerConfig` and flags; v1.36).
    public struct Options: Hashable, Sendable {
        /// The time between two passes of the reconciler.
        public var loopPeriod = VirtualDuration.milliseconds(100)
        /// How long a volume in use on an unhealthy node is waited for before it is detached by force.
        public var maxWaitForUnmountDuration = VirtualDuration.minutes(6)
        /// How often pods are looked through whose volumes could not be worked out before.
        public var listPodsPeriod = VirtualDuration.minutes(3)
        /// `--attach-detach-reconcile-sync-period`: how often attachments are compared with what was done.
        public var syncPeriod = VirtualDuration.minutes(1)
        /// `--disable-force-detach-on-timeout`.
        public var disableForceDetachOnTimeout = false

        public init() {}
    }

    static let managedAnnotation = "volumes.kubernetes.io/controller-managed-attach-detach"
    static let key = ObjectKey(name: "reconciler")

    public let options: Options
    /// The moment from which loops count.
    var phase = VirtualTime.start
    var volumes: [String: VolumeRecord] = [:]
    var nodes: [String: VolumeNode] = [:]
    /// Which volumes a pod was added for, and on which node.
    var podVolumes: [UID: [(volume: String, node: String)]] = [:]
    /// Pods on nodes with volumes that could not be worked out yet.
    var unresolved: Set<ObjectKey> = []
    /// Something changed for them that only the periodic listing notices.
    var needsListing = false
    var operations: [VolumeOperation] = []
    /// Volumes that the next pass looks at.
    var active: Set<String> = []
    /// When a volume is to be looked at again.
    var timers: [String: VirtualTime] = [:]
    /// Nodes whose status is to be written.
    var nodesToUpdate: Set<String> = []
    /// Attachments that have gone although nobody detached, to be checked at a moment.
    var suspects: [(volume: String, node: String, checkAt: VirtualTime)] = []
    var nextListing = VirtualTime.never
    /// Detaches that the running plan has decided on, by volume and node.
    var detaching: [(volume: String, node: String, verifies: Bool)] = []

    public init(options: Options = Options()) { self.options = options }

    public var workers: [Int] { [1] }

    // MARK: Watch events

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        phase = now
        for node in view.list(Node.self) {
            let name = node.value.metadata.name
            for volume in node.value.status.volumesAttached {
                markAttached(volume.name, nil, on: name, confirmed: true)
            }
            take(node.value)
        }
        for attachment in view.list(VolumeAttachment.self) { adopt(attachment.value, view: view) }
        for pod in view.list(Pod.self) { take(pod.value, view: view) }
        active.formUnion(volumes.keys)
        arm(view: view, now: now, &queue)
    }

    /// An attachment that nobody remembers may or may not be there.
    private mutating func adopt(_ attachment: VolumeAttachment, view: ObjectCache) {
        guard let name = attachment.spec.persistentVolumeName,
            let persistentVolume = view.get(PersistentVolume.self, ObjectKey(name: name))?.value,
            let volume = AttachableVolume(persistentVolume, view: view)
        else { return }
        let node = attachment.spec.nodeName
        if volumes[volume.uniqueName]?.attachment(on: node) == nil {
            markAttached(volume.uniqueName, volume, on: node, confirmed: false)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .pod(let pod):
            guard !pod.value.spec.fields.volumes.isEmpty, !pod.value.nodeName.isEmpty else { return }
            if change.kind == .deleted {
                unresolved.remove(pod.value.key)
                forget(pod.value)
            } else {
                if let old = change.old?.pod?.value, old.uid != pod.value.uid { forget(old) }
                take(pod.value, view: view)
            }
        case .node(let node): observe(node.value, kind: change.kind, old: change.old?.node?.value)
        case .persistentVolumeClaim(let claim):
            guard change.kind != .deleted, claim.value.status.phase == "Bound" else { return }
            for key in unresolved.sorted() where key.namespace == claim.value.metadata.namespace {
                if let pod = view.get(Pod.self, key) { take(pod.value, view: view) }
            }
        case .persistentVolume: needsListing = needsListing || !unresolved.isEmpty
        case .volumeAttachment(let attachment): observe(attachment.value, kind: change.kind, now: now)
        default: return
        }
        arm(view: view, now: now, &queue)
    }

    private mutating func observe(_ node: Node, kind: WatchEvent.Kind, old: Node?) {
        let name = node.metadata.name
        if kind == .deleted {
            if nodes[name]?.attached.isEmpty ?? true { nodes[name]?.isManaged = false }
            activate(on: name)
            return
        }
        let inUse = nodes[name]?.inUse ?? []
        take(node)
        if kind == .added && nodes[name]?.reported.isEmpty == false { update(name) }
        let isSame =
            old?.status.conditions.isTrue("Ready") == node.status.conditions.isTrue("Ready")
            && old.map(Self.isOutOfService) == Self.isOutOfService(node) && inUse == nodes[name]?.inUse
        if !isSame { activate(on: name) }
    }

    private mutating func observe(
        _ attachment: VolumeAttachment, kind: WatchEvent.Kind, now: VirtualTime
    ) {
        let name = attachment.metadata.name
        if operations.contains(where: { $0.attachment == name && $0.isPending }) { return }
        guard kind == .deleted || !attachment.status.attached else { return }
        let node = attachment.spec.nodeName
        let volume = (nodes[node]?.attached ?? []).filter { volume in
            AttachableVolume.parts(of: volume).map {
                AttachableVolume.attachmentName(handle: $0.handle, driver: $0.driver, node: node) == name
            } ?? false
        }.min()
        guard let volume, volumes[volume]?.attachment(on: node)?.isConfirmed == true else { return }
        let next = (now + .nanoseconds(1)).roundedUp(toPeriod: options.syncPeriod, phase: phase)
        suspects.append((volume, node, next))
    }

    static func isOutOfService(_ node: Node) -> Bool {
        node.spec.taints.contains { $0.key == WellKnown.outOfServiceTaint }
    }

    // MARK: The state

    /// Takes in what a node shows of volumes in use, and whether it is managed.
    private mutating func take(_ node: Node) {
        let name = node.metadata.name
        var record = nodes[name] ?? VolumeNode()
        if !record.isManaged && node.metadata.annotations.contains(Self.managedAnnotation) {
            record.isManaged = true
            needsListing = needsListing || !unresolved.isEmpty
        }
        record.inUse = Set(node.status.volumesInUse)
        nodes[name] = record
    }

    /// Adds a pod's volumes to what is wanted, or takes them out when the pod has ended.
    private mutating func take(_ pod: Pod, view: ObjectCache) {
        guard !pod.spec.fields.volumes.isEmpty, !pod.nodeName.isEmpty else { return }
        if pod.hasReleasedVolumes {
            unresolved.remove(pod.key)
            return forget(pod)
        }
        let claims = pod.spec.fields.volumes.filter { $0.claimName(podName: pod.metadata.name) != nil }
        if claims.isEmpty { return }
        guard nodes[pod.nodeName]?.isManaged == true else {
            unresolved.insert(pod.key)
            return
        }
        var isComplete = true
        for source in claims {
            guard let volume = AttachableVolume(source, of: pod, view: view) else {
                isComplete = isComplete && isSettled(source, of: pod, view: view)
                continue
            }
            let name = volume.uniqueName
            var record = volumes[name] ?? VolumeRecord()
            record.volume = volume
            if record.add(PodReference(key: pod.key, uid: pod.uid), on: pod.nodeName) {
                podVolumes[pod.uid, default: []].append((name, pod.nodeName))
                active.insert(name)
            }
            volumes[name] = record
        }
        if isComplete { unresolved.remove(pod.key) } else { unresolved.insert(pod.key) }
    }

    /// Whether the claim is bound to a volume that simply needs no attachment.
    private func isSettled(_ source: Volume, of pod: Pod, view: ObjectCache) -> Bool {
        guard let name = source.claimName(podName: pod.metadata.name) else { return true }
        let key = ObjectKey(namespace: pod.metadata.namespace, name: name)
        guard let claim = view.get(PersistentVolumeClaim.self, key)?.value, claim.status.phase == "Bound"
        else {
            return false
        }
        return view.get(PersistentVolume.self, ObjectKey(name: claim.spec.volumeName)) != nil
    }

    private mutating func forget(_ pod: Pod) {
        for (volume, node) in podVolumes.removeValue(forKey: pod.uid) ?? [] {
            volumes[volume]?.remove(pod.uid, from: node)
            active.insert(volume)
        }
    }

    mutating func markAttached(_ name: String, _ volume: AttachableVolume?, on node: String, confirmed: Bool)
    {
        var record = volumes[name] ?? VolumeRecord()
        if let volume { record.volume = volume }
        let isNew = record.attachment(on: node) == nil
        record.setAttached(node, confirmed: confirmed)
        volumes[name] = record
        // Mounted, until the node says otherwise.
        if isNew { nodes[node, default: VolumeNode()].inUse.insert(name) }
        nodes[node, default: VolumeNode()].attached.insert(name)
        if confirmed && nodes[node, default: VolumeNode()].reported.insert(name).inserted { update(node) }
        active.insert(name)
    }

    mutating func markDetached(_ name: String, on node: String) {
        volumes[name]?.removeAttachment(node)
        nodes[node]?.attached.remove(name)
        if nodes[node]?.reported.remove(name) != nil { update(node) }
        active.insert(name)
    }

    mutating func update(_ node: String) {
        nodes[node]?.needsUpdate = true
        nodesToUpdate.insert(node)
    }

    private mutating func activate(on node: String) { active.formUnion(nodes[node]?.attached ?? []) }

    // MARK: Timers

    /// The first pass of the reconciler at or after a moment.
    func passTime(atOrAfter moment: VirtualTime) -> VirtualTime {
        moment.roundedUp(toPeriod: options.loopPeriod, phase: phase)
    }

    /// When the key is to come up next, or never.
    func nextWake(after now: VirtualTime, view: ObjectCache) -> VirtualTime {
        var next = VirtualTime.never
        if !active.isEmpty || !nodesToUpdate.isEmpty { next = passTime(atOrAfter: now) }
        for moment in timers.values { next = min(next, passTime(atOrAfter: max(moment, now))) }
        for operation in operations {
            guard let since = operation.waitingSince else { continue }
            next = min(next, max(now, since + VolumeOperation.timeout))
            // A look at a VolumeAttachment that says nothing yet is not worth waking for.
            let attachment = view.get(VolumeAttachment.self, ObjectKey(name: operation.attachment))?.value
            let isDecided = attachment?.isDecided(for: operation.kind) ?? (operation.kind == .detach)
            if isDecided, let poll = operation.nextPoll(atOrAfter: now) { next = min(next, poll) }
        }
        for suspect in suspects { next = min(next, suspect.checkAt) }
        return min(next, nextListing)
    }

    /// Queues the key for the moment at which there is something to do.
    mutating func arm(view: ObjectCache, now: VirtualTime, _ queue: inout Enqueuer) {
        if unresolved.isEmpty {
            needsListing = false
            nextListing = .never
        } else if needsListing && nextListing == .never {
            nextListing = (now + .nanoseconds(1)).roundedUp(toPeriod: options.listPodsPeriod, phase: phase)
        }
        let next = nextWake(after: now, view: view)
        if next != .never { queue.add(Self.key, after: next - now) }
    }

    // MARK: Work

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if nextListing <= now {
            nextListing = .never
            needsListing = false
            for key in unresolved.sorted() {
                if let pod = view.get(Pod.self, key) {
                    take(pod.value, view: view)
                } else {
                    unresolved.remove(key)
                }
            }
        }
        advanceOperations(view: view, now: now, &plan)
        checkSuspects(view: view, now: now)
        guard passTime(atOrAfter: now) == now else { return sleep(plan, view: view, now: now) }
        return pass(plan, view: view, now: now)
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        switch continuation {
        case .nodesUpdated: return nodesUpdated(outcomes, view: view, now: now)
        case .operationsStarted: return operationsStarted(outcomes, view: view, now: now)
        case .attachmentsDeleted: return attachmentsDeleted(outcomes, view: view, now: now)
        }
    }

    func sleep(_ plan: Plan<Continuation>, view: ObjectCache, now: VirtualTime) -> Plan<Continuation> {
        var plan = plan
        let next = nextWake(after: now + .nanoseconds(1), view: view)
        plan.ending = next == .never ? .done : .requeueAfter(next - now)
        return plan
    }

    /// Attachments that went by themselves count as detached (`VerifyVolumesAreAttached`).
    private mutating func checkSuspects(view: ObjectCache, now: VirtualTime) {
        let due = suspects.filter { $0.checkAt <= now }
        suspects.removeAll { $0.checkAt <= now }
        for suspect in due {
            guard volumes[suspect.volume]?.attachment(on: suspect.node)?.isConfirmed == true,
                !operations.contains(where: { $0.volume == suspect.volume && $0.isPending }),
                let parts = AttachableVolume.parts(of: suspect.volume)
            else { continue }
            let name = AttachableVolume.attachmentName(
                handle: parts.handle, driver: parts.driver, node: suspect.node)
            if view.get(VolumeAttachment.self, ObjectKey(name: name))?.value.status.attached == true {
                continue
            }
            markDetached(suspect.volume, on: suspect.node)
        }
    }
}
