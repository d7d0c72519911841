public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// The pods that wait to be scheduled: active, backing off after a failure, or unschedulable until something
/// changes that concerns what rejected them.
///
/// Nothing in it ticks: what upstream does every second or half minute is done when it has an effect, and
/// ``nextWake`` tells when that is. Upstream: `pkg/scheduler/backend/queue` (v1.36).
public struct SchedulingQueue {
    /// How often upstream looks for such pods.
    public static let flushPeriod = VirtualDuration.seconds(30)
    /// Back-off ends are aligned to windows of this length, within which priority decides.
    public static let backoffWindow = VirtualDuration.seconds(1)
    static let preemptionGate = DefaultPreemption.name

    private let profiles: [Framework]
    private let initialBackoff: VirtualDuration
    private let maximumBackoff: VirtualDuration
    /// After this time in the unschedulable pool a pod is tried again, whatever happened.
    private let unschedulableTimeout: VirtualDuration
    /// When the queue began to run, from which the flush period counts.
    private let start: VirtualTime
    private var active: PodHeap
    private var backoff: PodHeap
    /// Pods that failed by an error, and pods of groups; they cannot be popped before their back-off is over.
    private var errorBackoff: PodHeap
    /// In the order of their timestamps.
    private var unschedulable: EventPool
    /// Pods that a plugin keeps out of the active queue for now.
    private var gated: EventPool
    private var interest: EventInterest
    private var inFlight = InFlightEvents()
    private let grouping: (any GroupingQueueSort)?
    private let isGrouping: Bool
    /// When the first pod of each group came.
    private var groupTimes: [ObjectKey: VirtualTime] = [:]
    /// Pods whose victims are still being evicted; they stay out of the active queue.
    public var preempting: Set<UID> = []
    /// Whether ``takeMoves()`` gives what was moved.
    var isRecording = false
    private var moves: [QueueMove] = []

    public init(configuration: SchedulerConfiguration, start: VirtualTime) {
        profiles = configuration.profiles
        interest = EventInterest(profiles)
        unschedulable = EventPool(profileCount: profiles.count)
        gated = EventPool(profileCount: profiles.count)
        initialBackoff = configuration.podInitialBackoff
        maximumBackoff = configuration.podMaxBackoff
        unschedulableTimeout = configuration.podMaxInUnschedulablePods
        self.start = start
        // Upstream takes the order of the first profile for all; validation has them equal.
        let sort: any QueueSortPlugin = configuration.profiles.first?.queueSort ?? PrioritySort()
        grouping = sort.asGroupingQueueSort
        isGrouping = grouping != nil
        active = PodHeap(sort is PrioritySort ? .priority : .custom { sort.isBefore($0, $1) })
        let byBackoff: @Sendable (QueuedPod, QueuedPod) -> Bool = { left, right in
            left.backoffEnd != right.backoffEnd
                ? left.backoffEnd < right.backoffEnd : sort.isBefore(left, right)
        }
        backoff = PodHeap(.custom(byBackoff))
        errorBackoff = PodHeap(.custom(byBackoff))
    }

    // MARK: State

    /// Which part of the queue a pod is in, for explanations.
    public enum Place: String, Hashable, Sendable {
        case active, backoff, unschedulable, gated, inFlight
    }

    public func place(of uid: UID) -> Place? {
        if active.contains(uid) { return .active }
        if backoff.contains(uid) || errorBackoff.contains(uid) { return .backoff }
        if unschedulable.contains(uid) { return .unschedulable }
        if gated.contains(uid) { return .gated }
        return inFlight.contains(uid) ? .inFlight : nil
    }

    /// How many pods are in each part.
    public var counts: (active: Int, backoff: Int, unschedulable: Int, gated: Int) {
        (active.count, backoff.count + errorBackoff.count, unschedulable.count, gated.count)
    }

    public subscript(uid: UID) -> QueuedPod? {
        active[uid] ?? backoff[uid] ?? errorBackoff[uid] ?? unschedulable[uid] ?? gated[uid]
    }

    /// When the queue next has something to do by itself, given that all ready pods are popped before.
    public var nextWake: VirtualTime {
        var wake = VirtualTime.never
        if let pod = errorBackoff.first { wake = min(wake, Self.flushTime(of: pod)) }
        if let time = unschedulable.firstTime { wake = min(wake, timeoutFlush(since: time)) }
        return wake
    }

    /// Whether any pod waits for events.
    public var isListening: Bool { !unschedulable.isEmpty || !gated.isEmpty || !inFlight.isEmpty }

    /// Whether ``pop(at:)`` would give a pod.
    public var hasReadyPod: Bool { !active.isEmpty || !backoff.isEmpty }

    /// The moves since the last call, when they are recorded.
    mutating func takeMoves() -> [QueueMove] {
        if moves.isEmpty { return [] }
        defer { moves.removeAll(keepingCapacity: true) }
        return moves
    }

    private mutating func note(
        _ pod: QueuedPod, from origin: Place?, to destination: Place?, _ event: String, at now: VirtualTime,
        plugin: String = "", message: String = ""
    ) {
        guard isRecording else { return }
        moves.append(
            QueueMove(
                time: now, pod: pod.pod.key, uid: pod.pod.uid, origin: origin, destination: destination,
                event: event, plugin: plugin, message: message,
                backoffEnd: destination == .backoff ? Self.flushTime(of: pod) : nil))
    }

    // MARK: Arrival and departure

    /// Takes in a pod without a node.
    public mutating func add(_ pod: PodInfo, at now: VirtualTime) {
        var queued = QueuedPod(pod: pod, timestamp: now)
        if isGrouping, let group = grouping?.group(of: pod) {
            queued.groupTimestamp = groupTimes[group] ?? now
            groupTimes[group] = queued.groupTimestamp
        }
        _ = moveToActive(consume queued, label: "UnschedulablePodAdd", from: nil, at: now)
    }

    /// Takes over a new version of a waiting pod.
    public mutating func update(
        from old: Pod, to new: PodInfo, cluster: ClusterCache, at now: VirtualTime
    ) {
        let uid = new.uid
        let changes = ChangeEvents.changes(of: .pod, from: old, to: new.value)
            .map { ClusterChange($0.event, label: $0.label, old: APIObject(old), new: .pod(new.pod)) }
        if inFlight.contains(uid) {
            for change in changes { inFlight.note(change) }
            return
        }
        if var waiting = active[uid] {
            waiting.pod = new
            active.insert(waiting)
        } else if var waiting = backoff[uid] {
            waiting.pod = new
            backoff.insert(waiting)
        } else if var waiting = errorBackoff[uid] {
            waiting.pod = new
            errorBackoff.insert(waiting)
        } else if var waiting = unschedulable[uid] ?? gated[uid] {
            waiting.pod = new
            if gated[uid] == nil { hold(waiting) } else { gate(waiting) }
            for change in changes {
                guard let plugin = retryingPlugin(waiting, after: change, cluster: cluster) else { continue }
                let origin: Place = gated[uid] == nil ? .unschedulable : .gated
                unschedulable.remove(uid)
                gated.remove(uid)
                requeue(waiting, label: change.label, from: origin, plugin: plugin, at: now)
                guard let still = gated[uid] else { break }
                waiting = still
            }
        } else {
            add(new, at: now)
        }
    }

    /// Removes a pod that was deleted, or has got a node.
    public mutating func remove(_ uid: UID, at now: VirtualTime = .start) {
        if isRecording, let pod = self[uid] { note(pod, from: place(of: uid), to: nil, "", at: now) }
        if !active.isEmpty { active.remove(uid) }
        if !backoff.isEmpty { backoff.remove(uid) }
        if !errorBackoff.isEmpty { errorBackoff.remove(uid) }
        if !unschedulable.isEmpty { unschedulable.remove(uid) }
        if !gated.isEmpty { gated.remove(uid) }
    }

    // MARK: Scheduling

    /// Takes out the next pod to schedule; it is in flight until ``done(_:)`` or
    /// ``addUnschedulable(_:cluster:at:)``.
    public mutating func pop(at now: VirtualTime) -> QueuedPod? {
        flushBackoff(at: now)
        if active.isEmpty && backoff.isEmpty { return nil }
        // With nothing else to do, upstream does not wait for a back-off's end.
        let origin: Place = active.isEmpty ? .backoff : .active
        guard var pod = active.isEmpty ? backoff.popFirst() : active.popFirst() else { return nil }
        note(pod, from: origin, to: .inFlight, origin == .backoff ? "PopFromBackoffQ" : "", at: now)
        pod.attempts += 1
        if pod.initialAttemptTime == nil { pod.initialAttemptTime = now }
        inFlight.begin(pod.pod.uid)
        return pod
    }

    /// Ends a pod's time in flight.
    public mutating func done(_ uid: UID) { inFlight.end(uid) }

    /// Takes back a pod that was found unschedulable, or failed by an error when no plugin rejected it.
    public mutating func addUnschedulable(_ pod: QueuedPod, cluster: ClusterCache, at now: VirtualTime) {
        let uid = pod.pod.uid
        defer { inFlight.end(uid) }
        guard place(of: uid) == nil || place(of: uid) == .inFlight else { return }
        var pod = pod
        if pod.unschedulablePlugins.isEmpty {
            pod.consecutiveErrorCount += 1
        } else {
            pod.unschedulableCount += 1
            pod.consecutiveErrorCount = 0
        }
        pod.timestamp = now
        pod.backoffEnd = backoffEnd(of: pod)
        if pod.unschedulablePlugins.isEmpty {
            requeue(pod, label: "ScheduleAttemptFailure", from: .inFlight, at: now)
            return
        }
        // What happened meanwhile may have made it schedulable.
        for change in inFlight.events(since: uid) ?? [] {
            if let plugin = retryingPlugin(pod, after: change, cluster: cluster) {
                requeue(pod, label: change.label, from: .inFlight, plugin: plugin, at: now)
                return
            }
        }
        note(pod, from: .inFlight, to: .unschedulable, "ScheduleAttemptFailure", at: now)
        hold(pod)
    }

    /// Puts a pod among those that wait for events that concern what rejected it.
    private mutating func hold(_ pod: QueuedPod) {
        var pod = pod
        let profile = interest.profile(named: pod.pod.podClass.schedulerName)
        pod.interest = .max
        if let profile, !pod.unschedulablePlugins.isEmpty {
            pod.interest = interest.bits(of: pod.unschedulablePlugins, profile: profile)
        }
        unschedulable.set(pod, profile: profile)
    }

    /// Puts a pod among those that wait for events that concern what keeps it out.
    private mutating func gate(_ pod: consuming QueuedPod) {
        let profile = interest.profile(named: pod.pod.podClass.schedulerName)
        pod.interest = .max
        if let profile { pod.interest = interest.bits(of: [pod.gatingPlugin], profile: profile) }
        gated.set(consume pod, profile: profile)
    }

    // MARK: Events

    /// Moves the pods that an event may have made schedulable.
    ///
    /// - Parameter isConcerned: pods for which it is false stay where they are.
    public mutating func move(
        after change: ClusterChange, cluster: ClusterCache, at now: VirtualTime,
        where isConcerned: (PodInfo) -> Bool = { _ in true }
    ) {
        guard isListening else { return }
        let masks = interest.masks(of: change.event)
        let isWildcard = change.event == .wildcard
        guard isWildcard || masks.contains(where: { $0 != 0 }) else { return }
        var moved: [(pod: QueuedPod, plugin: String)] = []
        if isWildcard || unschedulable.mayConcern(masks) {
            for pod in unschedulable.values
            where (isWildcard || interest.concerns(pod, masks)) && isConcerned(pod.pod) {
                if let plugin = retryingPlugin(pod, after: change, cluster: cluster) {
                    moved.append((pod, plugin))
                }
            }
            unschedulable.remove(moved.map(\.pod))
        }
        var ungated: [(pod: QueuedPod, plugin: String)] = []
        if gated.mayConcern(masks) {
            for pod in gated.values where isConcerned(pod.pod) && isGateConcerned(pod, change.event) {
                if let plugin = retryingPlugin(pod, after: change, cluster: cluster) {
                    ungated.append((pod, plugin))
                }
            }
            gated.remove(ungated.map(\.pod))
        }
        for entry in moved {
            requeue(entry.pod, label: change.label, from: .unschedulable, plugin: entry.plugin, at: now)
        }
        for entry in ungated {
            requeue(entry.pod, label: change.label, from: .gated, plugin: entry.plugin, at: now)
        }
        inFlight.note(change)
    }

    /// Takes note of an event for the pods in flight, when no waiting pod is concerned.
    ///
    /// - Returns: false when there is more to be done: ``move(after:cluster:at:where:)`` is to be called.
    mutating func passOver(_ change: ClusterChange) -> Bool {
        guard isListening else { return true }
        if change.event == .wildcard { return false }
        let masks = interest.masks(of: change.event)
        if !masks.contains(where: { $0 != 0 }) { return true }
        if unschedulable.mayConcern(masks) || gated.mayConcern(masks) { return false }
        inFlight.note(change)
        return true
    }

    /// Moves a pod to the active queue without waiting for its back-off.
    public mutating func activate(_ uid: UID, at now: VirtualTime) {
        if let pod = unschedulable.remove(uid) {
            _ = moveToActive(pod, label: "ForceActivate", from: .unschedulable, at: now)
        } else if let pod = gated.remove(uid) {
            _ = moveToActive(pod, label: "ForceActivate", from: .gated, at: now)
        } else if let pod = backoff.remove(uid) ?? errorBackoff.remove(uid) {
            _ = moveToActive(pod, label: "ForceActivate", from: .backoff, at: now)
        } else if inFlight.contains(uid) {
            inFlight.note(ClusterChange(.wildcard, label: "ForceActivate"))
        }
    }

    /// Moves an unschedulable pod to the active queue, or to back-off while that lasts.
    mutating func retry(_ uid: UID, label: String, at now: VirtualTime) {
        if let pod = unschedulable.remove(uid) { requeue(pod, label: label, from: .unschedulable, at: now) }
    }

    /// Does what is due: ends back-offs, and gives pods that waited for long another try.
    public mutating func flush(cluster: ClusterCache, at now: VirtualTime) {
        flushBackoff(at: now)
        guard let time = unschedulable.firstTime, timeoutFlush(since: time) <= now else { return }
        let due = unschedulable.values.prefix { timeoutFlush(since: $0.timestamp) <= now }.map { $0 }
        unschedulable.remove(due)
        for pod in due {
            requeue(pod, label: "UnschedulableTimeout", from: .unschedulable, at: now)
        }
    }

    // MARK: Moves

    private func profile(of pod: PodInfo) -> Framework? {
        profiles.first { $0.profileName == pod.podClass.schedulerName }
    }

    private func isGateConcerned(_ pod: QueuedPod, _ event: ClusterEvent) -> Bool {
        profile(of: pod.pod)?.enqueue.contains { $0.name == pod.gatingPlugin && $0.covers(event) } ?? false
    }

    /// Asks the plugins that rejected a pod whether a change is worth a retry: the name of the one that wants
    /// it, empty when it does not take one to ask for it; nil when none does.
    private func retryingPlugin(
        _ pod: QueuedPod, after change: ClusterChange, cluster: ClusterCache
    ) -> String? {
        if pod.unschedulablePlugins.isEmpty { return "" }
        if change.event == .wildcard {
            return change.new.map { $0.metadata.uid == pod.pod.uid } ?? true ? "" : nil
        }
        guard let profile = profile(of: pod.pod) else { return "" }
        let plugin = profile.enqueue.first { entry in
            pod.unschedulablePlugins.contains(entry.name) && entry.covers(change.event)
                && entry.extensions?.isWorthRetrying(pod.pod, after: change, cluster: cluster) ?? true
        }
        return plugin?.name
    }

    private mutating func requeue(
        _ pod: __owned QueuedPod, label: String, from origin: Place, plugin: String = "", at now: VirtualTime
    ) {
        var pod = pod
        pod.lastMove = label
        if isBackingOff(pod, at: now) {
            moveToBackoff(pod, label: label, from: origin, plugin: plugin, at: now)
        } else {
            _ = moveToActive(pod, label: label, from: origin, plugin: plugin, at: now)
        }
    }

    /// Asks whether the pod may be in the active queue; the answer of whoever says no is the result.
    private mutating func runPreEnqueue(_ pod: inout QueuedPod) -> Status {
        var status = profile(of: pod.pod)?.runPreEnqueue(pod.pod) ?? .success
        if status.isSuccess && !preempting.isEmpty && preempting.contains(pod.pod.uid) {
            status = Status(
                .unschedulableAndUnresolvable,
                ["waiting for the preemption for this pod to be finished"], plugin: Self.preemptionGate)
        }
        pod.gatingPlugin = status.isSuccess ? "" : status.plugin
        if !status.isSuccess { pod.unschedulablePlugins.insert(status.plugin) }
        return status
    }

    private mutating func moveToActive(
        _ pod: consuming QueuedPod, label: String, from origin: Place?, plugin: String = "",
        at now: VirtualTime
    ) -> Bool {
        pod.lastMove = label
        // Pods in back-off have passed before.
        let status = origin == .backoff ? .success : runPreEnqueue(&pod)
        if !pod.gatingPlugin.isEmpty {
            note(
                pod, from: origin, to: .gated, label, at: now, plugin: pod.gatingPlugin,
                message: status.message)
            gate(consume pod)
            return false
        }
        note(pod, from: origin, to: .active, label, at: now, plugin: plugin)
        if pod.initialAttemptTime == nil { pod.initialAttemptTime = now }
        active.insert(consume pod)
        return true
    }

    private mutating func moveToBackoff(
        _ pod: QueuedPod, label: String, from origin: Place, plugin: String, at now: VirtualTime
    ) {
        var pod = pod
        let status = runPreEnqueue(&pod)
        if pod.gatingPlugin.isEmpty {
            note(pod, from: origin, to: .backoff, label, at: now, plugin: plugin)
        } else {
            note(
                pod, from: origin, to: .gated, label, at: now, plugin: pod.gatingPlugin,
                message: status.message)
        }
        if !pod.gatingPlugin.isEmpty {
            gate(pod)
        } else if pod.unschedulablePlugins.isEmpty || pod.groupTimestamp != nil {
            // Groups that fit nowhere would otherwise take their nodes from each other without a pause.
            errorBackoff.insert(pod)
        } else {
            backoff.insert(pod)
        }
    }

    // MARK: Times

    private mutating func flushBackoff(at now: VirtualTime) {
        if backoff.isEmpty && errorBackoff.isEmpty { return }
        var ready: [QueuedPod] = []
        while let pod = backoff.first, !isBackingOff(pod, at: now), let popped = backoff.popFirst() {
            ready.append(popped)
        }
        while let pod = errorBackoff.first, !isBackingOff(pod, at: now), let popped = errorBackoff.popFirst()
        {
            ready.append(popped)
        }
        for pod in ready { _ = moveToActive(pod, label: "BackoffComplete", from: .backoff, at: now) }
    }

    /// The start of the window that a time is in.
    private static func aligned(_ time: VirtualTime) -> VirtualTime {
        let window = backoffWindow.nanoseconds
        let offset = time.nanoseconds % window
        return VirtualTime(nanoseconds: time.nanoseconds - (offset < 0 ? offset + window : offset))
    }

    private func backoffEnd(of pod: QueuedPod) -> VirtualTime? {
        let count = pod.consecutiveErrorCount > 0 ? pod.consecutiveErrorCount : pod.unschedulableCount
        if count == 0 || maximumBackoff == .zero { return nil }
        var duration = maximumBackoff
        let shift = min(count - 1, 62)
        if initialBackoff.nanoseconds <= maximumBackoff.nanoseconds >> Int64(shift) {
            duration = VirtualDuration(nanoseconds: initialBackoff.nanoseconds << Int64(shift))
        }
        return Self.aligned(pod.timestamp + duration)
    }

    private func isBackingOff(_ pod: QueuedPod, at now: VirtualTime) -> Bool {
        guard let end = pod.backoffEnd else { return false }
        return end >= Self.aligned(now)
    }

    /// The first moment at which a pod no longer backs off.
    private static func flushTime(of pod: QueuedPod) -> VirtualTime {
        pod.backoffEnd.map { $0 + backoffWindow } ?? .start
    }

    /// When upstream's periodic look finds that a pod has waited too long.
    private func timeoutFlush(since time: VirtualTime) -> VirtualTime {
        let due = time + unschedulableTimeout + .nanoseconds(1)
        return due.roundedUp(toPeriod: Self.flushPeriod, phase: start)
    }
}

extension VirtualTime? {
    fileprivate static func < (left: VirtualTime?, right: VirtualTime?) -> Bool {
        switch (left, right) {
        case (nil, nil), (_?, nil): false
        case (nil, _?): true
        case (let left?, let right?): left < right
        }
    }
}
