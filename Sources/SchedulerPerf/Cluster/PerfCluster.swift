import ControlPlane
import KubernetesModel
import Scheduler
import SimulationKernel
import Stochastics

/// The part of a cluster that scheduler_perf runs: API server, store and scheduler, on a virtual clock.
///
/// There are no kubelets and no controllers but for the one that binds claims to volumes: nodes are plain
/// objects. Calls, commits, watches and scheduling cycles take their virtual time, so that every run makes
/// the same decisions; none of it makes anybody wait. Upstream: `test/integration/scheduler_perf/util.go`,
/// `mustSetupCluster` (v1.36).
final class PerfCluster {
    /// Work of the benchmark beside its operations: one step, and when the next comes; nil at the end.
    typealias Task = (PerfCluster) -> VirtualDuration?

    /// Calls that one client may send in a second, as scheduler_perf has it.
    static let queriesPerSecond = PerfMachine.queriesPerSecond

    /// All but the tasks: they call back, so they must not run while this is being changed.
    private var machine: PerfMachine
    private var tasks: [Task?] = []
    private var eventCount = 0

    /// A pod and the node that it was bound to.
    typealias Placement = PerfMachine.Placement

    init(_ configuration: SchedulerConfiguration, seed: UInt64, usesCaches: Bool = true) {
        machine = PerfMachine(configuration, seed: seed, usesCaches: usesCaches)
    }

    var now: VirtualTime { machine.now }
    var server: APIServer { _read { yield machine.server } }
    var scheduler: SchedulerComponent { _read { yield machine.scheduler } }
    /// Lengths of scheduling cycles in wall time, while they are measured.
    var cycles: CycleTimes? {
        get { machine.cycles }
        set { machine.cycles = newValue }
    }
    /// Where pods went, in the order of the bindings, when that is asked for.
    var placements: [Placement]? {
        get { machine.placements }
        set { machine.placements = newValue }
    }

    /// Sends a call that is handled at once.
    @discardableResult
    func call(_ request: APIRequest) -> APIResult { machine.call(request) }

    /// Begins a task; its first step comes after a pause.
    func begin(after pause: VirtualDuration = .zero, _ task: @escaping Task) {
        tasks.append(task)
        machine.scheduleTask(UInt32(tasks.count - 1), at: now + pause)
    }

    func add(_ tally: PodTally) { machine.add(tally) }

    func remove(_ tally: PodTally) { machine.remove(tally) }

    /// Runs until a condition holds or virtual time is up.
    ///
    /// - Parameter shouldStop: asked after every thousandth event.
    func run(until end: VirtualTime, while isWaiting: () -> Bool, shouldStop: () -> Bool) -> RunEnd {
        while isWaiting() {
            switch machine.step(until: end) {
            case .timeUp: return .timeUp
            case .task(let index):
                if let task = tasks[Int(index)] {
                    if let pause = task(self) {
                        machine.scheduleTask(index, at: now + pause)
                    } else {
                        tasks[Int(index)] = nil
                    }
                }
            case .done: break
            }
            eventCount += 1
            if eventCount & 1_023 == 0 && shouldStop() { return .stopped }
        }
        return .done
    }

    enum RunEnd { case done, timeUp, stopped }
}

/// API server, store and scheduler with the events between them.
///
/// A structure: each step is one change of it, where the properties of a class would be checked for
/// overlapping changes twenty times.
struct PerfMachine: ~Copyable {
    enum Step {
        case done, timeUp
        case task(UInt32)
    }

    /// One call of the scheduler under way. An enumeration of its own, for optionals of such large values are
    /// ended by the runtime's tables.
    private enum Call {
        case none
        case sent(APIRequest, CallToken)
        /// Answered without an object, as a binding is, and otherwise.
        case done(CallToken)
        case answered(APIResult, CallToken)
    }

    struct Placement: Hashable {
        var pod: ObjectKey
        var node: String
    }

    static let queriesPerSecond = 5_000.0

    private(set) var now = VirtualTime.start
    private(set) var server: APIServer
    private(set) var scheduler: SchedulerComponent
    private var agenda = PerfAgenda()
    private var calls: ContiguousArray<Call> = []
    private var freeCalls: ContiguousArray<UInt32> = []
    private var outbox = Outbox()
    private var correlator = EventCorrelator()
    private var client = TokenBucket(queriesPerSecond: queriesPerSecond, burst: Int(queriesPerSecond))
    private let timing = ControlPlaneTiming()
    private var dispatchedRevision: Int64 = 0
    private var inbox: ContiguousArray<(time: VirtualTime, event: WatchEvent)> = []
    /// The first of them that has not been delivered.
    private var firstArrival = 0
    private var delivered: [WatchEvent] = []
    private var nextDelivery = VirtualTime.never
    private var alarmTime = VirtualTime.never
    /// Told of each change of a pod.
    private var tallies: [PodTally] = []
    var cycles: CycleTimes?
    var placements: [Placement]? { didSet { recordsPlacements = placements != nil } }
    private var recordsPlacements = false

    init(_ configuration: SchedulerConfiguration, seed: UInt64, usesCaches: Bool) {
        server = APIServer(epoch: CalendarTime(unixSeconds: 1_767_225_600), seed: seed)
        // ServiceAccount is not among what simk's server admits by.
        server.disabledAdmissionPlugins = [.taintNodesByCondition, .priority]
        server.historyRetention = .milliseconds(100)
        scheduler = SchedulerComponent(configuration: configuration, seed: seed)
        scheduler.recordsDecisions = false
        scheduler.usesCaches = usesCaches
        server.bootstrap(at: .start)
        dispatchChanges()
    }

    mutating func call(_ request: APIRequest) -> APIResult {
        let result = server.handle(request, at: now)
        dispatchChanges()
        return result
    }

    mutating func scheduleTask(_ index: UInt32, at time: VirtualTime) {
        agenda.schedule(.taskSteps(index), at: time)
    }

    mutating func add(_ tally: PodTally) {
        server.store.visitUnordered(.pod) { object in
            if let pod = object.pod { tally.observe(from: nil, to: pod) }
        }
        tally.begin()
        tallies.append(tally)
    }

    mutating func remove(_ tally: PodTally) { tallies.removeAll { $0 === tally } }

    /// Lets the next event happen, unless it comes after a moment; tasks are the caller's.
    mutating func step(until end: VirtualTime) -> Step {
        guard let (time, event) = agenda.popNext(until: end) else {
            now = max(now, end)
            return .timeUp
        }
        now = time
        switch event {
        case .callExecutes(let slot): execute(slot)
        case .callReturns(let slot): complete(slot)
        case .watchDelivers: deliver()
        case .schedulerWakes:
            alarmTime = .never
            let start = beginCycle(mayStart: true)
            scheduler.wake(at: now, &outbox)
            endCycle(start)
            sendOutbox()
        case .taskSteps(let index): return .task(index)
        }
        return .done
    }

    // MARK: The scheduler's side

    private struct CycleStart {
        var wall: Int64
        var attempts: Int
    }

    /// Reads the clock where a scheduling cycle may start and its length is asked for.
    private func beginCycle(mayStart: Bool) -> CycleStart? {
        if cycles == nil || !mayStart { return nil }
        return CycleStart(wall: ProcessMeter.wallNanoseconds, attempts: scheduler.attemptCount)
    }

    private mutating func endCycle(_ start: CycleStart?) {
        guard let start, scheduler.attemptCount != start.attempts else { return }
        cycles?.add(ProcessMeter.wallNanoseconds - start.wall)
    }

    /// Sends what the scheduler wants sent, and sets its alarm.
    private mutating func sendOutbox() {
        if !outbox.isEmpty {
            if outbox.calls.count == 1 {
                let call = outbox.removeLastCall()
                send(call.request, token: call.token)
            } else {
                for call in outbox.calls { send(call.request, token: call.token) }
            }
            if outbox.events.count == 1 {
                report(outbox.removeLastEvent())
            } else {
                for event in outbox.events { report(event) }
            }
            outbox.removeAll()
        }
        let wanted = scheduler.nextWake
        guard wanted != alarmTime else { return }
        if wanted == .never {
            agenda.cancelAlarm()
        } else {
            agenda.schedule(.schedulerWakes, at: max(wanted, now))
        }
        alarmTime = wanted
    }

    private mutating func report(_ event: EventRecord) {
        if let request = correlator.request(for: event, epoch: server.epoch, at: now) {
            send(request, token: .none)
        }
    }

    private mutating func send(_ request: consuming APIRequest, token: CallToken) {
        let slot: UInt32
        if let free = freeCalls.popLast() {
            slot = free
            calls[Int(slot)] = .sent(consume request, token)
        } else {
            slot = UInt32(calls.count)
            calls.append(.sent(consume request, token))
        }
        let sent = client.reserve(at: now)
        agenda.schedule(.callExecutes(slot), at: sent + timing.requestLatency + timing.commitLatency)
    }

    private mutating func execute(_ slot: UInt32) {
        var call = Call.none
        swap(&call, &calls[Int(slot)])
        guard case .sent(let request, let token) = consume call else { return }
        let result = server.handle(request, at: now)
        if token == .none {
            freeCalls.append(slot)
        } else {
            if case .success(nil) = result {
                calls[Int(slot)] = .done(token)
            } else {
                calls[Int(slot)] = .answered(result, token)
            }
            agenda.schedule(.callReturns(slot), at: now + timing.responseLatency)
        }
        dispatchChanges()
    }

    private mutating func complete(_ slot: UInt32) {
        var call = Call.none
        swap(&call, &calls[Int(slot)])
        freeCalls.append(slot)
        let start = beginCycle(mayStart: scheduler.isIdle)
        switch consume call {
        case .done(let token): scheduler.complete(token, .success(nil), at: now, &outbox)
        case .answered(let result, let token): scheduler.complete(token, result, at: now, &outbox)
        default: break
        }
        endCycle(start)
        sendOutbox()
    }

    // MARK: Watches

    /// Passes new writes on to the scheduler's watch and to the tallies.
    private mutating func dispatchChanges() {
        guard dispatchedRevision < server.store.revision,
            server.store.hasChanges(after: dispatchedRevision)
        else { return }
        let arrival = now + timing.watchLatency
        var claimed: [Ref<PersistentVolume>] = []
        var hasArrivals = false
        while dispatchedRevision < server.store.revision {
            dispatchedRevision += 1
            // Nobody here watches Events, which are every third write.
            if server.store.kind(at: dispatchedRevision) == .event { continue }
            guard let change = server.store.change(at: dispatchedRevision) else { continue }
            switch change.object {
            case .pod(let pod):
                let before = change.previous?.pod
                let after = change.kind == .deleted ? nil : pod
                for place in tallies.indices { tallies[place].observe(from: before, to: after) }
                if recordsPlacements, let after, !after.value.nodeName.isEmpty,
                    before?.value.nodeName.isEmpty ?? true
                {
                    placements?.append(
                        Placement(pod: after.value.metadata.key, node: after.value.nodeName))
                }
            case .persistentVolume(let volume) where change.kind != .deleted:
                if volume.value.spec.claimRef != nil { claimed.append(volume) }
            default: break
            }
            inbox.append((arrival, WatchEvent(change.kind, change.object)))
            hasArrivals = true
        }
        if hasArrivals, nextDelivery != arrival {
            nextDelivery = arrival
            agenda.schedule(.watchDelivers, at: arrival)
        }
        for volume in claimed { bindClaim(to: volume.value) }
    }

    private mutating func deliver() {
        if nextDelivery == now { nextDelivery = .never }
        // Its room is used again: the scheduler keeps objects, not the list.
        var events: [WatchEvent] = []
        swap(&events, &delivered)
        events.removeAll(keepingCapacity: true)
        while firstArrival < inbox.count && inbox[firstArrival].time <= now {
            events.append(inbox[firstArrival].event)
            firstArrival += 1
        }
        if firstArrival > 256 && firstArrival > inbox.count / 2 {
            inbox.removeFirst(firstArrival)
            firstArrival = 0
        }
        if !events.isEmpty {
            let start = beginCycle(mayStart: scheduler.isIdle)
            scheduler.deliver(events, at: now, &outbox)
            endCycle(start)
            sendOutbox()
        }
        delivered = events
    }

    /// Points a claim at the volume that names it, as the benchmark's volume controller does.
    ///
    /// Upstream: `test/integration/util/util.go`, `StartFakePVController` (v1.36).
    private mutating func bindClaim(to volume: PersistentVolume) {
        guard let reference = volume.spec.claimRef,
            let claim = server.store.get(
                PersistentVolumeClaim.self, ObjectKey(namespace: reference.namespace, name: reference.name)),
            claim.value.spec.volumeName.isEmpty
        else { return }
        let bound = claim.value.with {
            $0.spec.volumeName = volume.metadata.name
            $0.metadata.annotations["pv.kubernetes.io/bind-completed"] = "yes"
        }
        send(.update(APIObject(bound)), token: .none)
    }
}

/// Counts pods of some namespaces and labels by how far they are.
final class PodTally {
    /// Nil for all. Few, so that a look at each is sooner done than a hash.
    let namespaces: [String]?
    let labels: StringMap
    /// Pods that have a node now.
    private(set) var scheduled = 0
    /// Pods without a node that the scheduler, or a gate, has turned down.
    private(set) var attempted = 0
    /// Pods that got a node while it counted.
    private(set) var arrivals = 0
    /// When the first of them did, in nanoseconds of wall time and in seconds of processor time.
    private(set) var firstArrival: (wall: Int64, processor: Double)?

    init(namespaces: Set<String>?, labels: [String: String]) {
        self.namespaces = namespaces?.sorted()
        self.labels = StringMap(labels.map { ($0.key, $0.value) })
    }

    /// Counts arrivals from now on.
    func begin() {
        arrivals = 0
        firstArrival = nil
    }

    /// Whether it counts the pods of a namespace that have some labels.
    func isOf(_ namespace: String, _ labels: [String: String]) -> Bool {
        namespaces == [namespace] && self.labels == StringMap(labels.map { ($0.key, $0.value) })
    }

    func observe(from old: Ref<Pod>?, to new: Ref<Pod>?) {
        let didMatch = old.map(isMatch) ?? false
        let isMatching =
            if let old, let new, old.value.metadata.labels == new.value.metadata.labels {
                didMatch
            } else {
                new.map(isMatch) ?? false
            }
        guard didMatch || isMatching else { return }
        let before = didMatch ? stage(of: old) : .absent
        let after = isMatching ? stage(of: new) : .absent
        if after == .scheduled && old?.value.nodeName.isEmpty ?? true {
            if arrivals == 0 { firstArrival = (ProcessMeter.wallNanoseconds, ProcessMeter.processorSeconds) }
            arrivals += 1
        }
        guard before != after else { return }
        if before == .scheduled { scheduled -= 1 } else if before == .attempted { attempted -= 1 }
        if after == .scheduled { scheduled += 1 } else if after == .attempted { attempted += 1 }
    }

    private enum Stage { case absent, waiting, attempted, scheduled }

    private func stage(of pod: Ref<Pod>?) -> Stage {
        guard let pod else { return .absent }
        if !pod.value.nodeName.isEmpty { return .scheduled }
        return pod.value.status.conditions.contains { $0.type == "PodScheduled" } ? .attempted : .waiting
    }

    private func isMatch(_ pod: Ref<Pod>) -> Bool {
        if let namespaces, !namespaces.contains(pod.value.metadata.namespace) { return false }
        for label in labels.entries where pod.value.metadata.labels[label.key] != label.value { return false }
        return true
    }
}

/// How long scheduling cycles took, in nanoseconds.
struct CycleTimes {
    private(set) var samples: ContiguousArray<Int64> = []

    mutating func add(_ nanoseconds: Int64) { samples.append(nanoseconds) }
}
