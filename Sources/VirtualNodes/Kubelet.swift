public import ControlPlane
public import KubernetesModel
public import SimulationKernel
import Stochastics

/// A virtual node: its machine, its container runtime and its kubelet.
///
/// Follows upstream's kubelet in what it writes, reports and when: registration, lease, node status; pod
/// workers (sync, terminating, terminated), PLEG listings each second, crash-loop and image back-offs,
/// probes, volumes, the status manager, eviction when memory is low. Loops whose passes change nothing are
/// computed, not run: an idle node has no alarm. Not modelled: eviction under disk and process pressure,
/// in-place resize, static pods, dynamic resources, image and container garbage collection, graceful node
/// shutdown, container restart rules, user namespaces, ephemeral containers, pull secrets, the report of an
/// unchanged node status every five minutes.
///
/// The composition root delivers the node's own pods (`spec.nodeName` is this node) and its own Node object,
/// and calls ``start(at:_:)``, ``powerLoss(at:cause:_:)`` and the like. Upstream: `pkg/kubelet` (v1.36).
///
/// A class: a kubelet is one thing with an identity, and a struct of this size is copied, with all that it
/// refers to, wherever one of its methods asks another.
public final class Kubelet: Component {
    /// What the machine is doing.
    public struct Machine: Hashable, Sendable {
        public var hasPower = true
        public var isKubeletRunning = false
        public var isConnected = true
        /// How often it has booted.
        public var boots = 1
        /// When the present kubelet process began.
        public var startedAt = VirtualTime.never
    }

    public let description: NodeDescription
    let settings: Ref<KubeletSettings>
    public internal(set) var machine = Machine()

    var alarms = AlarmQueue()

    // MARK: The node object

    /// As the node's watch last showed it.
    var node: Ref<Node>?
    var isRegistered = false
    /// Whether an earlier process of this kubelet, or this one, has registered the node.
    var wasRegistered = false
    var registrationDelay = VirtualDuration.zero
    var nodeStatusVersion: UInt32 = 0
    var isNodeStatusScheduled = false
    /// When the node's status is looked at next, if it is scheduled.
    var nodeStatusTime = VirtualTime.never
    /// When it was last reported.
    var nodeReportTime: VirtualTime?
    var isNodeStatusInFlight = false
    var leaseVersion: UInt32 = 0
    /// Whether the lease object is believed to exist.
    var hasLease = false
    /// Of the lease as this process has last seen it; an update has to name it. Nil: read it first.
    var leaseResourceVersion: Int64?
    var leaseRetry = VirtualDuration.zero
    var isRuntimeReady = false
    /// When the present or last partition began.
    var partitionedAt = VirtualTime.start
    /// How often the kubelet has been started.
    var starts = 0
    var hasReportedReboot = false
    /// What the node's status says of the machine, and in which boot it was put together.
    var machineReport: (boots: Int, bootID: String, rest: JSONObject)?

    // MARK: Pods

    var pods: [PodRecord] = []
    var freeSlots: [Int32] = []
    /// Only looked up, never iterated.
    var slots: [UID: Int32] = [:]
    var nextGeneration: UInt32 = 1
    /// Slots whose workers have something to do now.
    var ready: [Int32] = []
    /// Whether the first list of pods has arrived since the kubelet's start.
    var sourcesReady = false

    /// Events whose moments are known in advance, in their order.
    var laterEvents: [(time: VirtualTime, record: EventRecord)] = []

    // MARK: Status manager

    var statusQueue: [Int32] = []
    /// The slot whose status is being sent.
    var statusInFlight: Int32 = -1
    var isStatusSyncScheduled = false

    // MARK: CPU and memory

    var usage = NodeUsage()
    /// Whether some runtime of the node gives pods machines of their own.
    let hasVirtualMachines: Bool

    // MARK: Images, volumes, addresses

    var puller: ImagePuller
    var pullVersion: UInt32 = 0
    var registryTokens: TokenBucket
    /// Images on the node's disk, in the order of their arrival.
    var images: [NodeImage] = [] {
        didSet { imageReport = nil }
    }
    let imageNames: ImageNames
    /// What the node's status says of ``images``; nil until somebody asks.
    var imageReport: [ContainerImage]?
    var pullCount = 0
    var attachable: [AttachableVolume] = []
    var addresses: PodAddresses
    var references: [ReferenceKey: CachedReference] = [:]
    /// Reads of ConfigMaps and Secrets that are under way, and who waits for them.
    var pendingReads: [PendingRead] = []
    var nextRead: UInt32 = 0

    // MARK: Disks

    /// Whether each disk of the description has failed.
    var diskIsDown: [Bool]
    /// Containers that a failed disk ends, in the order in which they were struck.
    var struck: [StruckContainer] = []
    /// Of `local` volumes that could not be mounted.
    var mountBackOffs: [LocalMountBackOff] = []

    /// Mounted volumes that are to grow.
    var expansions: [VolumeExpansion] = []
    var nextExpansion: UInt32 = 0

    struct NodeImage: Sendable {
        var name: String
        var sizeBytes: Int64
    }

    /// - Parameter imageNames: shared by the kubelets of a cluster.
    public init(
        _ description: NodeDescription, settings: Ref<KubeletSettings>, imageNames: ImageNames = ImageNames()
    ) {
        self.description = description
        self.settings = settings
        self.imageNames = imageNames
        diskIsDown = Array(repeating: false, count: description.disks.count)
        let timing = settings.value.timing
        puller = ImagePuller(bandwidth: description.imageBandwidth, limit: timing.maxParallelImagePulls)
        registryTokens = TokenBucket(
            queriesPerSecond: timing.registryPullQPS, burst: timing.registryBurst)
        addresses = PodAddresses(cidr: description.podCIDR)
        let handlers = [description.runtimeHandlers, settings.value.runtimeHandlers]
        hasVirtualMachines =
            (description.runtime ?? settings.value.runtime).podMemoryBytes > 0
            || handlers.contains { $0.values.contains { $0.podMemoryBytes > 0 } }
        for image in description.presentImages {
            images.append(
                NodeImage(
                    name: ImageName.canonical(image),
                    sizeBytes: settings.value.images.entry(for: image).sizeBytes))
        }
    }

    public var name: String { description.name }
    var timing: KubeletTiming { settings.value.timing }

    // MARK: Component

    public var nextWake: VirtualTime { alarms.nextTime }

    public func wake(at now: VirtualTime, _ out: inout Outbox) {
        while let event = alarms.popDue(at: now) {
            handle(event, now, &out)
            drain(now, &out)
        }
    }

    public func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {
        guard machine.isKubeletRunning else { return }
        for event in events {
            switch event.object {
            case .pod(let pod):
                if event.kind == .deleted {
                    removePod(pod, now, &out)
                } else {
                    addOrUpdatePod(pod, now, &out)
                }
            case .node(let node) where node.value.metadata.name == name:
                if event.kind == .deleted { self.node = nil } else { observeNode(node, now, &out) }
            default: break
            }
        }
        sourcesReady = true
        drain(now, &out)
    }

    /// Claims of this node's pods whose volumes wait for the node to expand them.
    ///
    /// A kubelet does not watch claims: it reads those of a pod again with each of the pod's periodic syncs,
    /// which are left out here as long as they would change nothing. So this says that one will not.
    public func claimsAwaitExpansion(
        _ claims: [PersistentVolumeClaim], at now: VirtualTime, _ out: inout Outbox
    ) {
        guard machine.isKubeletRunning else { return }
        for claim in claims { awaitExpansion(of: claim.key, now) }
    }

    /// Takes in a full list of the node's pods, as after a start or a partition: pods that are not in it have
    /// been deleted.
    public func relist(
        pods listed: [Ref<Pod>], node: Ref<Node>?, at now: VirtualTime, _ out: inout Outbox
    ) {
        guard machine.isKubeletRunning else { return }
        if let node { observeNode(node, now, &out) }
        var isListed = [Bool](repeating: false, count: pods.count)
        for pod in listed {
            if let slot = slots[pod.value.metadata.uid] { isListed[Int(slot)] = true }
        }
        for slot in isListed.indices where !isListed[slot] && pods[slot].generation != 0 && pods[slot].isKnown
        {
            removePod(pods[slot].pod, now, &out)
        }
        // In the order of their creation, as upstream sorts additions.
        let ordered = listed.sorted {
            let (a, b) = ($0.value.metadata, $1.value.metadata)
            let (first, second) = (a.creationTimestamp?.seconds ?? 0, b.creationTimestamp?.seconds ?? 0)
            return first != second ? first < second : a.uid < b.uid
        }
        for pod in ordered { addOrUpdatePod(pod, now, &out) }
        sourcesReady = true
        if pods.contains(where: { $0.generation != 0 && !$0.isKnown }) { scheduleHousekeeping(now) }
        drain(now, &out)
    }

    public func complete(
        _ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox
    ) {
        guard machine.isKubeletRunning, let call = KubeletCall(token), call.boot == bootMark else { return }
        switch call.kind {
        case .register: completeRegistration(result, now, &out)
        case .nodeStatus: completeNodeStatus(result, now, &out)
        case .lease: completeLease(result, creating: false, now, &out)
        case .readLease: completeLeaseRead(result, now, &out)
        case .createLease: completeLease(result, creating: true, now, &out)
        case .statusGet, .statusPatch, .podDelete: completeStatus(call, result, now, &out)
        case .read: completeRead(call.number, result, now, &out)
        case .claim, .volume: completeVolumeRead(call, result, now, &out)
        case .expandRead, .expandBegin, .expandEnd: completeExpansion(call, result, now, &out)
        }
        drain(now, &out)
    }

    private func handle(_ event: KubeletEvent, _ now: VirtualTime, _ out: inout Outbox) {
        switch event {
        case .register: register(now, &out)
        case .lease(let version): if version == leaseVersion { renewLease(now, &out) }
        case .nodeStatus(let version): if version == nodeStatusVersion { syncNodeStatus(now, &out) }
        case .runtimeReady: runtimeBecameReady(now, &out)
        case .housekeeping: housekeep(now, &out)
        case .statusSync:
            isStatusSyncScheduled = false
            resendStatuses(now, &out)
        case .pulls(let version): if version == pullVersion { advancePulls(now, &out) }
        case .listing(let slot, let generation):
            if isLive(slot, generation) { listed(slot, now) }
        case .retry(let slot, let generation, let version):
            if isLive(slot, generation) && pods[Int(slot)].retryVersion == version { requestSync(slot) }
        case .step(let slot, let generation, let version):
            if isLive(slot, generation) && pods[Int(slot)].stepVersion == version {
                advance(slot, now, &out)
            }
        case .volumes(let slot, let generation, let version):
            if isLive(slot, generation) && pods[Int(slot)].volumeVersion == version {
                advanceVolumes(slot, now, &out)
            }
        case .probe(let slot, let generation, let probe, let version):
            if isLive(slot, generation), Int(probe) < pods[Int(slot)].probes.count,
                pods[Int(slot)].probes[Int(probe)].version == version
            {
                runProbe(slot, Int(probe), now, &out)
            }
        case .laterEvents:
            while let next = laterEvents.first, next.time <= now {
                out.record(next.record)
                laterEvents.removeFirst()
            }
        case .usage(let version):
            if version == usage.version {
                usage.alarmAt = .never
                usageChanged(now, &out)
            }
        case .eviction(let version):
            if version == usage.eviction.version { continueEviction(now, &out) }
        case .deadline(let slot, let generation):
            if isLive(slot, generation) { requestSync(slot) }
        case .expansion: advanceExpansions(now, &out)
        }
    }

    func isLive(_ slot: Int32, _ generation: UInt32) -> Bool {
        Int(slot) < pods.count && pods[Int(slot)].generation == generation
    }

    // MARK: Grids

    /// The first listing of the runtime at or after a moment.
    func listingTick(from time: VirtualTime) -> VirtualTime {
        tick(timing.relistPeriod, from: time)
    }

    /// The time of the last listing at or before a moment.
    func lastListing(_ now: VirtualTime) -> VirtualTime {
        let next = listingTick(from: now)
        return next == now ? now : next - timing.relistPeriod
    }

    /// The first pass at or after a moment of a loop that began with the kubelet.
    func tick(_ period: VirtualDuration, from time: VirtualTime) -> VirtualTime {
        period <= .zero ? time : time.roundedUp(toPeriod: period, phase: machine.startedAt)
    }

    /// The first tick later than a moment.
    func tick(_ period: VirtualDuration, after time: VirtualTime) -> VirtualTime {
        tick(period, from: time + .nanoseconds(1))
    }

    // MARK: Events and calls

    /// Tells processes apart, so that answers to an earlier one are dropped.
    var bootMark: UInt8 { UInt8(truncatingIfNeeded: starts) }

    func token(_ kind: KubeletCall.Kind, slot: Int32 = 0, number: UInt32 = 0) -> CallToken {
        KubeletCall(kind: kind, boot: bootMark, slot: slot, number: number).token
    }

    func podEvent(
        _ slot: Int32, _ severity: EventRecord.Severity, _ reason: String, _ message: String,
        container: Int? = nil, _ out: inout Outbox
    ) {
        out.record(podEventRecord(slot, severity, reason, message, container: container))
    }

    /// Reports something at a moment that is known in advance.
    func podEventLater(
        _ slot: Int32, _ severity: EventRecord.Severity, _ reason: String, _ message: String,
        container: Int? = nil, at time: VirtualTime
    ) {
        let record = podEventRecord(slot, severity, reason, message, container: container)
        let place = laterEvents.firstIndex { $0.time > time } ?? laterEvents.count
        laterEvents.insert((time, record), at: place)
        alarms.set(.laterEvents, at: time)
    }

    private func podEventRecord(
        _ slot: Int32, _ severity: EventRecord.Severity, _ reason: String, _ message: String, container: Int?
    ) -> EventRecord {
        let record = pods[Int(slot)]
        var path = ""
        if let container {
            let list = container < record.initCount ? "initContainers" : "containers"
            path = "spec.\(list){\(record.container(container).name)}"
        }
        let metadata = record.pod.value.metadata
        return EventRecord(
            kind: .pod, key: metadata.key, uid: metadata.uid, severity, reason: reason, message: message,
            component: "kubelet", fieldPath: path)
    }

    func nodeEvent(
        _ severity: EventRecord.Severity, _ reason: String, _ message: String, _ out: inout Outbox
    ) {
        // The kubelet refers to its node by name only, in place of the UID.
        out.record(
            EventRecord(
                kind: .node, key: ObjectKey(name: name), uid: .text(name), severity, reason: reason,
                message: message, component: "kubelet"))
    }

    func note(
        _ reason: String, _ message: String, cause: String, category: JournalEntry.Category = .node,
        _ out: inout Outbox
    ) {
        out.note(
            JournalEntry(
                category, .node, ObjectKey(name: name), reason: reason, message: message, cause: cause))
    }

    /// The runtime of pods that name no RuntimeClass.
    var nodeRuntime: ContainerRuntimeProfile { description.runtime ?? settings.value.runtime }

    /// The runtime of the pod's RuntimeClass; nil when the node has none for it.
    func runtime(of record: PodRecord) -> ContainerRuntimeProfile? {
        let handler = runtimeHandler(of: record)
        if handler.isEmpty || handler == nodeRuntime.defaultHandler { return nodeRuntime }
        return description.runtimeHandlers[handler] ?? settings.value.runtimeHandlers[handler]
    }

    /// The handler that the pod's RuntimeClass names; empty for the node's own runtime.
    func runtimeHandler(of record: PodRecord) -> String {
        guard let name = record.spec.runtimeClassName, !name.isEmpty else { return "" }
        return settings.value.runtimeClasses[name] ?? name
    }

    /// Where the draws of one container of a pod begin.
    func streams(_ record: PodRecord, _ container: Int) -> RandomStreams {
        let metadata = record.pod.value.metadata
        return settings.value.streams.scoped("pod").scoped(metadata.namespace).scoped(metadata.name)
            .scoped(record.container(container).name)
    }

    func streams(_ record: PodRecord) -> RandomStreams {
        let metadata = record.pod.value.metadata
        return settings.value.streams.scoped("pod").scoped(metadata.namespace).scoped(metadata.name)
    }

    var nodeStreams: RandomStreams { settings.value.streams.scoped("node").scoped(name) }
}
