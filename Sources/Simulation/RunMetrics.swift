public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// One change of a figure of the run.
public struct MetricSample: Hashable, Sendable {
    public var time: VirtualTime
    /// As in ``RunMetrics``: `nodesReady`, `podsReady`.
    public var name: String
    /// The workload or service that the figure is about; nil for the whole cluster.
    public var kind: ObjectKind?
    public var key: ObjectKey
    public var value: Double
    /// By how much the figure grows in a second from now on.
    public var rate: Double

    public init(
        time: VirtualTime, name: String, kind: ObjectKind?, key: ObjectKey, value: Double, rate: Double = 0
    ) {
        self.rate = rate
        self.time = time
        self.name = name
        self.kind = kind
        self.key = key
        self.value = value
    }
}

/// A workload that wants a number of replicas.
public struct WorkloadID: Hashable, Comparable, Sendable {
    public var kind: ObjectKind
    public var key: ObjectKey

    public init(kind: ObjectKind, key: ObjectKey) {
        self.kind = kind
        self.key = key
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.kind.rawValue, left.key) < (right.kind.rawValue, right.key)
    }
}

/// Keeps the figures of a run, told of every change and touched by nothing else.
///
/// A pod counts as available while its Ready condition is true and the machine under it has power: the API
/// still shows a dead machine's pods as ready until the node controller has noticed, and users have not
/// been served all that time.
public final class RunMetrics: SimulationObserver {
    /// Replicas wanted and available now, and what was missing so far.
    public struct Workload: Sendable {
        public var desired: Int64 = 0
        public var available: Int64 = 0
        /// Up to ``since``; pod-nanoseconds.
        var missing: Int64 = 0
        var since = VirtualTime.start
    }

    private struct PodFacts {
        var owner: WorkloadID?
        var node: String
        var isReady: Bool
        /// Its machine lost power and its kubelet has not reported since.
        var isLost = false
        var restarts: Int64
        var phase: PodPhase
        var isAvailable: Bool { isReady && !isLost }
    }

    /// Replicas missing over all workloads: what is missing now, and pod-nanoseconds up to a moment.
    private struct Total {
        var lacking: Int64 = 0
        var missing: Int64 = 0
        var since = VirtualTime.start
    }

    public private(set) var workloads: [WorkloadID: Workload] = [:]
    private var total = Total()
    public private(set) var podsDeleted = 0
    public private(set) var podsLost = 0
    public private(set) var containerRestarts = 0
    public private(set) var evictions = 0
    public private(set) var oomKills = 0
    public private(set) var failures = 0
    public private(set) var nodesReady = 0
    /// Disks that have failed and are not repaired yet.
    public private(set) var disksDown = 0
    public private(set) var podsCreated = 0
    public private(set) var podsScheduled = 0
    /// Pods by phase; finished ones stay until their objects go.
    private var phases: [PodPhase: Int] = [:]
    private var pods: [ObjectKey: PodFacts] = [:]
    private var owners: [UID: WorkloadID] = [:]
    /// How many pods each Job should have running now; those that want none are left out.
    private var jobs: [UID: Int64] = [:]
    private var readyNodes: Set<String> = []
    private var deadlines: DeadlineLedger
    private let emit: (MetricSample) -> Void

    /// - Parameter epoch: the calendar time of the run's start, for deadlines that name one.
    /// - Parameter emit: called with each figure that changed, in order.
    public init(
        epoch: CalendarTime = CalendarTime(unixSeconds: 0), emit: @escaping (MetricSample) -> Void = { _ in }
    ) {
        deadlines = DeadlineLedger(epoch: epoch)
        self.emit = emit
    }

    /// What became of the deadlines that pods have stated, up to a moment.
    public func deadlineFigures(at now: VirtualTime) -> DeadlineFigures { deadlines.figures(at: now) }

    /// Replicas that were wanted but not available, times seconds, up to a moment.
    public func unavailablePodSeconds(_ id: WorkloadID, at now: VirtualTime) -> Double {
        guard let workload = workloads[id] else { return 0 }
        let lacking = max(0, workload.desired - workload.available)
        return Double(workload.missing + lacking * (now - workload.since).nanoseconds) / 1e9
    }

    /// The same over all workloads.
    public func unavailablePodSeconds(at now: VirtualTime) -> Double {
        workloads.keys.sorted().reduce(0) { $0 + unavailablePodSeconds($1, at: now) }
    }

    // MARK: Observing

    public func stored(_ change: StoreChange) {
        switch change.object {
        case .deployment(let object):
            track(
                .deployment, change, object.value.metadata, replicas: object.value.spec.replicas)
        case .statefulSet(let object):
            track(.statefulSet, change, object.value.metadata, replicas: object.value.spec.replicas)
        case .replicaSet(let object):
            let metadata = object.value.metadata
            if let owner = metadata.controllerReference, owner.kind == "Deployment" {
                owners[metadata.uid] = WorkloadID(
                    kind: .deployment, key: ObjectKey(namespace: metadata.namespace, name: owner.name))
            } else {
                track(.replicaSet, change, metadata, replicas: object.value.spec.replicas)
            }
        case .replicationController(let object):
            track(.replicationController, change, object.value.metadata, replicas: object.value.spec.replicas)
        case .daemonSet(let object):
            track(
                .daemonSet, change, object.value.metadata,
                replicas: object.value.status.desiredNumberScheduled)
        case .job(let object): observe(object.value, change)
        case .pod(let pod): observe(pod.value, change)
        case .node(let node): observe(node.value, change)
        default: return
        }
    }

    public var hearsPlacements: Bool { false }

    public func noted(_ entry: JournalEntry, at time: VirtualTime) {
        switch entry.reason {
        case "PowerLoss":
            count("failures", &failures, at: time)
            losePods(on: entry.key.name, at: time)
        case "KubeletStopped", "Partitioned": count("failures", &failures, at: time)
        case "DiskFailed":
            count("failures", &failures, at: time)
            count("disksDown", &disksDown, at: time)
        case "DiskRepaired": count("disksDown", &disksDown, by: -1, at: time)
        case "Evicted": count("evictions", &evictions, at: time)
        case "OOMKilled": count("oomKills", &oomKills, at: time)
        default: return
        }
    }

    public func reported(_ event: EventRecord, at time: VirtualTime) {
        if event.reason == "TaintManagerEviction" && event.message.hasPrefix("Marking") {
            count("evictions", &evictions, at: time)
        }
        // A kubelet's refusal of a pod under pressure has the same reason.
        if event.reason == "Evicted" && event.component == "kubelet"
            && event.message.hasPrefix("The node was")
        {
            count("evictions", &evictions, at: time)
        }
    }

    private func count(_ name: String, _ value: inout Int, by step: Int = 1, at time: VirtualTime) {
        value += step
        emit(MetricSample(time: time, name: name, kind: nil, key: ObjectKey(name: ""), value: Double(value)))
    }

    private func track(_ kind: ObjectKind, _ change: StoreChange, _ metadata: ObjectMeta, replicas: Int64) {
        let id = WorkloadID(kind: kind, key: metadata.key)
        owners[metadata.uid] = id
        let desired = change.kind == .deleted || metadata.isBeingDeleted ? 0 : replicas
        update(id, at: change.time) { $0.desired = desired }
    }

    /// A Job counts by itself, or as part of its CronJob: so many would be too many to list.
    private func observe(_ job: Job, _ change: StoreChange) {
        let metadata = job.metadata
        var id = WorkloadID(kind: .job, key: metadata.key)
        if let owner = metadata.controllerReference, owner.kind == "CronJob" {
            id = WorkloadID(
                kind: .cronJob, key: ObjectKey(namespace: metadata.namespace, name: owner.name))
        }
        owners[metadata.uid] = id
        let isGone = change.kind == .deleted || metadata.isBeingDeleted
        let wanted = isGone ? 0 : job.runningPodsWanted
        let before = jobs[metadata.uid] ?? 0
        jobs[metadata.uid] = wanted == 0 ? nil : wanted
        update(id, at: change.time) { $0.desired += wanted - before }
    }

    private func observe(_ pod: Pod, _ change: StoreChange) {
        let key = pod.metadata.key
        let before = pods[key]
        if change.kind == .deleted {
            count("podsDeleted", &podsDeleted, at: change.time)
            if let before { leave(before, at: change.time) }
            endDeadline(of: key, hasSucceeded: false, at: change.time)
            pods.removeValue(forKey: key)
            return
        }
        if change.kind == .added {
            count("podsCreated", &podsCreated, at: change.time)
            deadlines.arrive(pod)
        }
        if before?.node.isEmpty != false && !pod.nodeName.isEmpty {
            count("podsScheduled", &podsScheduled, at: change.time)
        }
        let restarts = (pod.status.containerStatuses + pod.status.initContainerStatuses).reduce(0) {
            $0 + $1.restartCount
        }
        for _ in 0..<max(0, restarts - (before?.restarts ?? 0)) {
            count("containerRestarts", &containerRestarts, at: change.time)
        }
        let owner = pod.metadata.controllerReference.flatMap { owners[$0.uid] }
        var facts = PodFacts(
            owner: owner, node: pod.nodeName, isReady: pod.isReady && !pod.metadata.isBeingDeleted,
            restarts: restarts, phase: pod.status.phase)
        let isReported = change.previous?.pod?.value.status.containerStatuses != pod.status.containerStatuses
        facts.isLost = (before?.isLost ?? false) && !isReported
        pods[key] = facts
        if before?.phase != facts.phase {
            if let old = before?.phase { tally(old, -1, at: change.time) }
            tally(facts.phase, 1, at: change.time)
            if facts.phase.isTerminal {
                endDeadline(of: key, hasSucceeded: facts.phase == .succeeded, at: change.time)
            }
        }
        if before?.owner == facts.owner && before?.isAvailable == facts.isAvailable { return }
        if let before, before.isAvailable, let owner = before.owner {
            update(owner, at: change.time) { $0.available -= 1 }
        }
        if facts.isAvailable, let owner = facts.owner { update(owner, at: change.time) { $0.available += 1 } }
    }

    private func endDeadline(of key: ObjectKey, hasSucceeded: Bool, at time: VirtualTime) {
        guard deadlines.end(key, hasSucceeded: hasSucceeded, at: time) else { return }
        let figures = deadlines.ended
        for (name, value) in [
            ("deadlinesMet", Double(figures.met)), ("deadlinesMissed", Double(figures.missed)),
            ("tardinessSeconds", figures.totalTardinessSeconds),
        ] {
            emit(MetricSample(time: time, name: name, kind: nil, key: ObjectKey(name: ""), value: value))
        }
    }

    private func leave(_ facts: PodFacts, at time: VirtualTime) {
        tally(facts.phase, -1, at: time)
        if facts.isAvailable, let owner = facts.owner { update(owner, at: time) { $0.available -= 1 } }
    }

    private func tally(_ phase: PodPhase, _ step: Int, at time: VirtualTime) {
        phases[phase, default: 0] += step
        emit(
            MetricSample(
                time: time, name: "pods\(phase.rawValue)", kind: nil, key: ObjectKey(name: ""),
                value: Double(phases[phase] ?? 0)))
    }

    private func observe(_ node: Node, _ change: StoreChange) {
        let name = node.metadata.name
        let isReady = change.kind != .deleted && node.status.conditions.isTrue("Ready")
        guard isReady != readyNodes.contains(name) else { return }
        if isReady { readyNodes.insert(name) } else { readyNodes.remove(name) }
        nodesReady = readyNodes.count
        emit(
            MetricSample(
                time: change.time, name: "nodesReady", kind: nil, key: ObjectKey(name: ""),
                value: Double(nodesReady)))
    }

    private func losePods(on node: String, at time: VirtualTime) {
        for key in pods.keys.sorted() {
            guard var facts = pods[key], facts.node == node, !facts.phase.isTerminal, !facts.isLost else {
                continue
            }
            let wasAvailable = facts.isAvailable
            facts.isLost = true
            pods[key] = facts
            count("podsLost", &podsLost, at: time)
            if wasAvailable, let owner = facts.owner { update(owner, at: time) { $0.available -= 1 } }
        }
    }

    private func update(_ id: WorkloadID, at time: VirtualTime, _ change: (inout Workload) -> Void) {
        var workload = workloads[id] ?? Workload(since: time)
        let lacking = max(0, workload.desired - workload.available)
        workload.missing += lacking * (time - workload.since).nanoseconds
        workload.since = time
        let before = (workload.desired, workload.available)
        change(&workload)
        workloads[id] = workload
        guard before != (workload.desired, workload.available) else { return }
        func sample(_ name: String, _ value: Double, rate: Double = 0) {
            emit(MetricSample(time: time, name: name, kind: id.kind, key: id.key, value: value, rate: rate))
        }
        if before.0 != workload.desired { sample("replicasDesired", Double(workload.desired)) }
        if before.1 != workload.available { sample("replicasAvailable", Double(workload.available)) }
        let after = max(0, workload.desired - workload.available)
        sample("unavailablePodSeconds", unavailablePodSeconds(id, at: time), rate: Double(after))
        if after == lacking { return }
        total.missing += total.lacking * (time - total.since).nanoseconds
        total.since = time
        total.lacking += after - lacking
        emit(
            MetricSample(
                time: time, name: "unavailablePodSeconds", kind: nil, key: ObjectKey(name: ""),
                value: Double(total.missing) / 1e9, rate: Double(total.lacking)))
    }
}

extension Job {
    /// How many pods should run now: as many at once as it may have, of those that it still needs.
    fileprivate var runningPodsWanted: Int64 {
        let isFinished = ["Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"].contains {
            status.conditions.isTrue($0)
        }
        if isFinished || spec.suspend == true { return 0 }
        let parallelism = spec.parallelism ?? 1
        // Without completions the first success means that no pod is to be made any more.
        guard let completions = spec.completions else { return status.succeeded > 0 ? 0 : parallelism }
        return max(0, min(parallelism, completions - status.succeeded))
    }
}
