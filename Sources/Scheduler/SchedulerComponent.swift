public import ControlPlane
public import KubernetesModel
import OrderedCollections
public import SimulationKernel
import Stochastics

/// kube-scheduler as a process: it watches the cluster, chooses nodes for pods one at a time, and binds them.
///
/// One scheduling cycle runs at a time and takes as long as ``SchedulerTiming`` says; what it decides holds
/// in the scheduler's cache at once and leaves as API calls at its end, several at a time. Upstream:
/// `pkg/scheduler/schedule_one.go`, `eventhandlers.go` (v1.36).
public struct SchedulerComponent: Component {
    /// The kinds whose watch streams it needs.
    public static let watchedKinds: [ObjectKind] = [.pod, .node] + ClusterObjects.kinds

    public internal(set) var cluster = ClusterCache()
    public internal(set) var queue: SchedulingQueue
    /// What was decided since the last ``takeDecisions()``, which whoever runs the component calls.
    public internal(set) var decisions: [SchedulingDecision] = []
    /// Whether ``decisions`` are kept; off, nothing is spent on them.
    public var recordsDecisions = true
    /// Whether no scheduling cycle is under way.
    public var isIdle: Bool { running == nil }
    /// How many scheduling cycles have run.
    public private(set) var attemptCount = 0

    let configuration: SchedulerConfiguration
    let timing: SchedulerTiming
    var cycle = SchedulingCycle()
    /// Pods as the watch stream last showed them, with a node or without.
    var pods = KeyTable<Ref<Pod>>()
    /// The cycle under way.
    var running: RunningCycle?
    /// Binding cycles under way that wait, or have waited, for something.
    var bindings: [UID: BindingCycle] = [:]
    /// Those of them that wait for what they have written, in the order in which they began to.
    var waitingBindings: [UID] = []
    /// Pods that hold their node until others have one, in the order in which they began to, and the plugin
    /// that ends each one's wait first.
    var waitingPermits: [UID] = []
    var permitPlugins: [UID: String] = [:]
    /// Those of them that were deleted.
    var removedWaiting: [UID] = []
    /// Pods that have come and whose warnings are still to be given, and pods that were warned about.
    var arrivals: [ObjectKey] = []
    var warned: Set<UID> = []
    /// Pods that a plugin rejected until a moment.
    var timers: [UID: VirtualTime] = [:]
    /// Whether a profile has plugins with warnings, with waiting pods, with timers.
    let hasWarners: Bool
    let hasPermits: Bool
    let hasTimers: Bool
    /// What the answers to calls are for.
    var purposes = CallPurposes()
    /// Evictions for a pod that are under way.
    var evictions: [UID: Eviction] = [:]
    var now: VirtualTime
    /// Nil unless the record was asked for.
    var log: SchedulerLog?
    /// The stream that decides between equal scores.
    private var ties: RandomStream.Snapshot

    /// - Parameter start: when the process starts to run.
    /// - Parameter seed: the run's seed; equal scores are decided by the stream `scheduler/ties`.
    public init(
        configuration: SchedulerConfiguration, seed: UInt64, timing: SchedulerTiming = SchedulerTiming(),
        tieBreak: TieBreak = .drawn, start: VirtualTime = .start
    ) {
        self.configuration = configuration
        self.timing = timing
        hasWarners = configuration.profiles.contains { !$0.warners.isEmpty }
        hasPermits = configuration.profiles.contains { !$0.permit.isEmpty }
        hasTimers = configuration.profiles.contains { $0.filter.contains { $0.asTimed != nil } }
        queue = SchedulingQueue(configuration: configuration, start: start)
        cycle.percentageOfNodesToScore = configuration.percentageOfNodesToScore
        cycle.tieBreak = tieBreak
        now = start
        ties = RandomStream(seed: seed, name: "scheduler/ties").snapshot
    }

    /// A scheduling cycle that has been computed and ends at a moment.
    struct RunningCycle {
        enum Outcome {
            case placed(PlacedPod)
            indirect case failed(QueuedPod, Framework, SchedulingResult)
        }

        var outcome: Outcome
        var end: VirtualTime

        var pod: QueuedPod {
            switch outcome {
            case .placed(let placed): placed.pod
            case .failed(let pod, _, _): pod
            }
        }
    }

    /// Whether what was learnt about other pods of a class is used. The decisions are the same either way.
    public var usesCaches: Bool {
        get { cycle.usesCaches }
        set { cycle.usesCaches = newValue }
    }

    /// Whether every cycle is computed by class and plainly; ``differences`` has what they differed in.
    public var comparesWithPlain: Bool {
        get { cycle.comparesWithPlain }
        set { cycle.comparesWithPlain = newValue }
    }

    /// What the two ways to compute a cycle differed in; empty but for a defect.
    public var differences: [String] { cycle.differences }

    /// How many cycles were compared.
    public var comparedCount: Int { cycle.comparedCount }

    /// The decisions made since the last call.
    public mutating func takeDecisions() -> [SchedulingDecision] {
        defer { decisions.removeAll(keepingCapacity: true) }
        return decisions
    }

    // MARK: Record

    /// Whether ``takeRecords()`` gives what explanations are made of; changes nothing in what is decided.
    public var isRecording: Bool {
        get { log != nil }
        set {
            queue.isRecording = newValue
            if newValue != isRecording { log = newValue ? SchedulerLog() : nil }
        }
    }

    /// The record since the last call, in the order in which things happened.
    public mutating func takeRecords() -> [SchedulerRecord] {
        recordMoves()
        return log?.take() ?? []
    }

    /// Takes over the queue's moves, so that they stand before what follows them.
    private mutating func recordMoves() { log?.add(queue.takeMoves()) }

    func recordedAttempt(
        _ result: SchedulingResult, _ pod: QueuedPod, _ framework: Framework
    ) -> SchedulingAttempt? {
        log?.attempt(result, of: pod, framework, cluster: cluster, tieBreak: cycle.tieBreak, at: now)
    }

    mutating func record(_ attempt: SchedulingAttempt, _ pod: QueuedPod, _ framework: Framework) {
        recordMoves()
        log?.add(attempt, of: pod.pod, framework, cluster: cluster)
    }

    mutating func record(_ kind: AttemptStep.Kind, _ pod: PodInfo, attempt: Int, _ message: String) {
        guard log != nil else { return }
        recordMoves()
        log?.add(
            AttemptStep(
                time: now, pod: pod.key, uid: pod.uid, attempt: attempt, kind: kind, message: message))
    }

    // MARK: Component

    public var nextWake: VirtualTime {
        var wake = VirtualTime.never
        if let end = running?.end {
            wake = end
        } else {
            wake = queue.hasReadyPod ? now : queue.nextWake
        }
        for uid in waitingBindings { wake = min(wake, bindings[uid]?.nextWake ?? .never) }
        for uid in waitingPermits { wake = min(wake, bindings[uid]?.nextWake ?? .never) }
        if !timers.isEmpty { wake = min(wake, timers.values.min() ?? .never) }
        return wake
    }

    public mutating func wake(at now: VirtualTime, _ out: inout Outbox) {
        self.now = now
        if let end = running?.end, end <= now, let ended = running.take() { finish(ended, &out) }
        if !waitingBindings.isEmpty { resumeBindings(&out) }
        if hasPermits { expirePermits(&out) }
        if hasTimers { fireTimers() }
        queue.flush(cluster: cluster, at: now)
        startCycle(&out)
    }

    public mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {
        self.now = now
        for event in events { observe(event) }
        if !removedWaiting.isEmpty { rejectRemoved(&out) }
        if !arrivals.isEmpty { warnAboutArrivals(&out) }
        if !waitingBindings.isEmpty { checkBindings() }
        startCycle(&out)
    }

    public mutating func complete(
        _ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox
    ) {
        self.now = now
        switch purposes.take(token) {
        case .none: return
        case .preBindWrite(let uid): finishWrite(uid, result, &out)
        case .bind(let placed): finishBind(placed, result, &out)
        case .victimCondition(let preemptor, let victim): deleteVictim(victim, for: preemptor, result, &out)
        case .victimDeletion(let preemptor, let victim): finishVictim(victim, for: preemptor, result, &out)
        }
        startCycle(&out)
    }

    mutating func call(_ request: consuming APIRequest, _ purpose: CallPurpose, _ out: inout Outbox) {
        out.call(request, token: purposes.add(purpose))
    }

    // MARK: Scheduling cycle

    /// Starts the next cycle, when none runs and a pod is ready.
    private mutating func startCycle(_ out: inout Outbox) {
        while running == nil, let pod = queue.pop(at: now) {
            guard let framework = configuration.profile(named: pod.pod.podClass.schedulerName) else {
                queue.done(pod.pod.uid)
                continue
            }
            if pod.pod.value.metadata.deletionTimestamp != nil {
                queue.done(pod.pod.uid)
                report(
                    pod.pod, framework, .warning, "FailedScheduling",
                    "skip schedule deleting pod: \(pod.pod.key)", &out)
                continue
            }
            if cluster.isAssumed(pod.pod.uid) {
                queue.done(pod.pod.uid)
                continue
            }
            run(pod, framework)
        }
    }

    private mutating func run(_ pod: __owned QueuedPod, _ framework: Framework) {
        cluster.attempt.now = now
        cluster.attempt.firstTime = pod.initialAttemptTime ?? now
        cluster.attempt.number = pod.attempts
        cycle.keepsDetails = recordsDecisions || log != nil
        attemptCount += 1
        var ties = self.ties
        let draw: (Int) -> Int = { count in ties.withStream { $0.index(below: count) } }
        cluster.nodes.settleOrder()
        var result: SchedulingResult
        if cycle.mayTakeAtOnce(cluster) {
            var state = CycleState()
            let beginning = cycle.begin(
                pod.pod, framework: framework, cluster: cluster, draw: draw, state: &state)
            if case .taken(let taken) = beginning {
                self.ties = ties
                return finishAtOnce(pod, framework, taken, state)
            }
            result = cycle.schedule(
                pod.pod, after: beginning, state, framework: framework, cluster: &cluster, draw: draw)
        } else {
            result = cycle.schedule(pod.pod, framework: framework, cluster: &cluster, draw: draw)
        }
        self.ties = ties
        let visited = result.visitedCount
        if recordsDecisions {
            decisions.append(SchedulingDecision(result, of: pod, cluster: cluster, at: now))
        }
        var recorded = recordedAttempt(result, pod, framework)
        if result.chosen != nil && result.error.isEmpty {
            let refusal = reserve(pod, framework, &result)
            if recordsDecisions, pod.pod.podClass.gpu != nil, let gpus = cluster.gpus(of: pod.pod.uid) {
                decisions[decisions.count - 1].gpus = gpus
            }
            recorded?.refusedBy = refusal?.plugin ?? ""
            recorded?.message = result.message
            recorded?.isError = !result.error.isEmpty
        }
        if let recorded { record(recorded, pod, framework) }
        let end = now + timing.cycle(nodes: visited)
        if let node = result.chosen, result.error.isEmpty {
            let placed = PlacedPod(
                pod, framework, on: node, named: result.chosenName, result.state)
            running = RunningCycle(outcome: .placed(placed), end: end)
        } else {
            running = RunningCycle(outcome: .failed(pod, framework, result), end: end)
        }
    }

    /// Ends the computation of a cycle of which no more than the node is to be known.
    private mutating func finishAtOnce(
        _ pod: __owned QueuedPod, _ framework: Framework, _ taken: SchedulingCycle.Taken,
        _ state: consuming CycleState
    ) {
        let end = now + timing.cycle(nodes: taken.visitedCount)
        let name = cluster.nodes.names[taken.node]
        guard let refusal = reserve(pod.pod, framework, on: taken.node, named: name, &state) else {
            let placed = PlacedPod(pod, framework, on: taken.node, named: name, state)
            running = RunningCycle(outcome: .placed(placed), end: end)
            return
        }
        var result = SchedulingResult()
        result.take(taken, cluster.nodes)
        result.state = state
        Self.note(refusal, of: taken.node, in: &result)
        running = RunningCycle(outcome: .failed(pod, framework, result), end: end)
    }

    /// Assumes the pod on its node and reserves what it needs there.
    ///
    /// - Returns: the refusal of a plugin; nil when all agree.
    private mutating func reserve(
        _ pod: QueuedPod, _ framework: Framework, _ result: inout SchedulingResult
    ) -> Status? {
        guard let node = result.chosen,
            let refusal = reserve(
                pod.pod, framework, on: node, named: result.chosenName, &result.state)
        else { return nil }
        Self.note(refusal, of: node, in: &result)
        return refusal
    }

    private mutating func reserve(
        _ pod: PodInfo, _ framework: Framework, on node: NodeIndex, named name: String,
        _ state: inout CycleState
    ) -> Status? {
        cluster.assume(pod, on: node)
        cluster.nominator.remove(pod.uid)
        var refusal: Status?
        for plugin in framework.reserve where refusal == nil {
            let status = plugin.reserve(pod, on: node, cluster: &cluster, state: &state)
            if !status.isSuccess {
                refusal = Status(status.code, status.reasons, plugin: plugin.name)
            }
        }
        for plugin in framework.permit where refusal == nil {
            let status = plugin.permit(pod, on: node, cluster: cluster, state: state)
            if !status.isSuccess {
                refusal = Status(status.code, status.reasons, plugin: plugin.name)
            }
        }
        if refusal != nil { unreserve(pod, framework, nodeNamed: name, state: &state) }
        return refusal
    }

    /// Makes a result that of a pod that a plugin refused on the node that was taken for it.
    private static func note(_ refusal: Status, of node: NodeIndex, in result: inout SchedulingResult) {
        result.chosen = nil
        result.chosenName = ""
        if refusal.isRejection {
            result.diagnosis.nodeCount = 1
            result.diagnosis.statuses = NodeStatuses([(node, refusal)])
            result.diagnosis.unschedulablePlugins = [refusal.plugin]
            result.message = result.diagnosis.message
        } else {
            result.error = refusal.message
            result.message = refusal.message
        }
    }

    mutating func unreserve(
        _ pod: PodInfo, _ framework: Framework, nodeNamed name: String, state: inout CycleState
    ) {
        if let node = cluster.nodes.row(named: name) {
            for plugin in framework.reserve.reversed() {
                plugin.unreserve(pod, on: node, cluster: &cluster, state: &state)
            }
        }
        cluster.forget(pod.uid)
    }

    private mutating func finish(_ cycle: RunningCycle, _ out: inout Outbox) {
        switch cycle.outcome {
        case .failed(let pod, let framework, let result): fail(pod, framework, result, &out)
        case .placed(let placed): startBinding(placed, &out)
        }
    }

    private mutating func fail(
        _ pod: QueuedPod, _ framework: Framework, _ result: SchedulingResult, _ out: inout Outbox
    ) {
        var nomination = result.postFilter?.nominatedNodeName
        // With an error, or without any node, an earlier nomination is worth nothing.
        if !result.error.isEmpty || cluster.nodes.order.isEmpty { nomination = "" }
        if let plan = result.postFilter?.preemption {
            startEviction(plan, for: pod.pod, framework, &out)
        }
        var pod = pod
        pod.unschedulablePlugins = result.error.isEmpty ? result.diagnosis.unschedulablePlugins : []
        handleFailure(
            pod, framework, isRejected: result.error.isEmpty, message: result.message,
            nomination: nomination, &out)
        if hasTimers { setTimer(for: pod, framework) }
        if hasWarners { warn(about: pod.pod, framework, &out) }
        if hasPermits, result.postFilter?.preemption == nil { rejectTied(to: pod.pod, framework, &out) }
    }

    /// Puts a pod back into the queue and tells why.
    ///
    /// Upstream: `pkg/scheduler/schedule_one.go`, `handleSchedulingFailure` (v1.36).
    mutating func handleFailure(
        _ pod: QueuedPod, _ framework: Framework, isRejected: Bool, message: String, nomination: String?,
        _ out: inout Outbox
    ) {
        var pod = pod
        let current = pods[pod.pod.key]
        if let current, current.value.nodeName.isEmpty, current.value.metadata.uid == pod.pod.uid {
            if current !== pod.pod.pod { pod.pod = cluster.nodes.compile(current) }
            queue.addUnschedulable(pod, cluster: cluster, at: now)
        } else {
            queue.done(pod.pod.uid)
            // Another pod of that name has come meanwhile.
            if let current, current.value.nodeName.isEmpty { return }
        }
        if current != nil {
            let node = nomination ?? pod.pod.value.status.nominatedNodeName
            if cluster.node(of: pod.pod.uid) == nil { cluster.nominator.add(pod.pod, toNodeNamed: node) }
        }
        report(
            pod.pod, framework, .warning, "FailedScheduling", Diagnosis.truncated(message), &out)
        // The same answer again is no news.
        if pod.pod.value.status.conditions["PodScheduled"]?.message != message {
            out.note(
                JournalEntry(
                    .scheduling, .pod, pod.pod.key, reason: "FailedScheduling", message: message,
                    cause: "attempt \(pod.attempts)"))
        }
        patchStatus(
            pod.pod, reason: isRejected ? "Unschedulable" : "SchedulerError", message: message,
            nomination: nomination, &out)
    }

    /// Sets the PodScheduled condition and the nominated node, unless both are so already.
    private mutating func patchStatus(
        _ pod: PodInfo, reason: String, message: String, nomination: String?, _ out: inout Outbox
    ) {
        let status = pod.value.status
        let old = status.conditions["PodScheduled"]
        let isConditionNew =
            old?.status != .isFalse || old?.reason != reason || old?.message != message
            || old?.observedGeneration != pod.value.metadata.generation
        let isNominationNew = nomination.map { $0 != status.nominatedNodeName } ?? false
        guard isConditionNew || isNominationNew else { return }
        var condition = Condition("PodScheduled", .isFalse, reason: reason, message: message)
        condition.observedGeneration = pod.value.metadata.generation
        condition.lastTransitionTime = old?.status == .isFalse ? old?.lastTransitionTime : Timestamp(now)
        out.call(
            .patch(
                .pod, pod.key, .podConditions([condition], nominatedNodeName: nomination), uid: pod.uid))
    }

    func report(
        _ pod: PodInfo, _ framework: Framework, _ severity: EventRecord.Severity, _ reason: String,
        _ message: String, _ out: inout Outbox
    ) {
        out.record(
            EventRecord(
                kind: .pod, key: pod.key, uid: pod.uid, severity, reason: reason, message: message,
                component: framework.profileName))
    }
}

/// What an answered call was for.
enum CallPurpose {
    case none
    case preBindWrite(UID)
    case bind(PlacedPod)
    case victimCondition(preemptor: UID, victim: UID)
    case victimDeletion(preemptor: UID, victim: UID)
}

/// What the calls under way are for, by tokens that say where that is noted.
struct CallPurposes {
    private struct Slot {
        var purpose: CallPurpose
        /// How often the slot was used before: no token comes again.
        var round: UInt32
    }

    private var slots: ContiguousArray<Slot> = []
    private var freeSlots: ContiguousArray<UInt32> = []

    mutating func add(_ purpose: CallPurpose) -> CallToken {
        if let slot = freeSlots.popLast() {
            slots[Int(slot)].purpose = purpose
            return CallToken(value: UInt64(slots[Int(slot)].round) << 32 | UInt64(slot))
        }
        slots.append(Slot(purpose: purpose, round: 0))
        return CallToken(value: UInt64(slots.count - 1))
    }

    /// Gives what a call was for, once.
    mutating func take(_ token: CallToken) -> CallPurpose {
        let slot = Int(truncatingIfNeeded: token.value & 0xFFFF_FFFF)
        guard slot < slots.count, slots[slot].round == UInt32(truncatingIfNeeded: token.value >> 32) else {
            return .none
        }
        var purpose = CallPurpose.none
        swap(&purpose, &slots[slot].purpose)
        slots[slot].round &+= 1
        freeSlots.append(UInt32(slot))
        return purpose
    }
}
