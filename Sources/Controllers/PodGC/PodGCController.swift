public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Removes pods that no kubelet will remove: those of nodes that are gone, terminating ones on nodes that are
/// out of service or that never got a node, and finished ones beyond a limit.
///
/// Upstream passes over all pods every 20 s. A pass that would find nothing is not made here: changes of pods
/// and nodes arm the next pass that will find something. Upstream: `pkg/controller/podgc` (v1.36).
public struct PodGCController: Controller {
    public typealias Continuation = CallTranscript

    public static let name = "pod-garbage-collector-controller"

    /// `gcCheckPeriod`.
    public static let period = VirtualDuration.seconds(20)
    /// `quarantineTime`: how long a node must be missing before the API server is asked about it.
    public static let quarantine = VirtualDuration.seconds(40)

    public let workers = [1]

    /// `--terminated-pod-gc-threshold`; 0 and less keep all finished pods.
    public let terminatedPodThreshold: Int
    private let period: VirtualDuration
    private let quarantine: VirtualDuration

    private static let passKey = ObjectKey(name: "pods")

    /// The first pass; the others follow at whole periods.
    private var firstPass = VirtualTime.start
    private var terminatedPods = 0
    /// Nodes that are missing, and until when that is believed to be the cache's fault; in that order.
    private var quarantined: [(node: String, until: VirtualTime)] = []

    public init(
        terminatedPodThreshold: Int = 12_500, period: VirtualDuration = Self.period,
        quarantine: VirtualDuration = Self.quarantine
    ) {
        self.terminatedPodThreshold = terminatedPodThreshold
        self.period = period
        self.quarantine = quarantine
    }

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        firstPass = now
        quarantined = []
        terminatedPods = view.list(Pod.self).filter { Self.isTerminated($0.value) }.count
        queue.add(Self.passKey)
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        let isDue: Bool
        switch change.object {
        case .pod(let pod):
            if let old = change.old?.pod, Self.isTerminated(old.value) { terminatedPods -= 1 }
            if change.kind == .deleted { return }
            if Self.isTerminated(pod.value) { terminatedPods += 1 }
            isDue = hasTooManyTerminated || Self.isCollectable(pod.value, view)
        case .node(let node):
            guard change.kind == .deleted || Self.isOutOfService(node.value) else { return }
            isDue = view.pods(onNode: node.value.metadata.name).contains {
                Self.isCollectable($0.value, view)
            }
        default: return
        }
        if isDue { queue.add(Self.passKey, after: nextPass(after: now) - now) }
    }

    private var hasTooManyTerminated: Bool {
        terminatedPodThreshold > 0 && terminatedPods > terminatedPodThreshold
    }

    private func nextPass(after now: VirtualTime) -> VirtualTime {
        (now + .nanoseconds(1)).roundedUp(toPeriod: period, phase: firstPass)
    }

    // MARK: What is collected

    static func isTerminated(_ pod: Pod) -> Bool {
        switch pod.status.phase {
        case .pending, .running, .unknown: false
        default: true
        }
    }

    /// Whether a pass would do something about the pod, the limit of finished pods aside.
    private static func isCollectable(_ pod: Pod, _ view: ObjectCache) -> Bool {
        if pod.nodeName.isEmpty { return pod.metadata.isBeingDeleted }
        guard let node = view.get(Node.self, ObjectKey(name: pod.nodeName)) else { return true }
        return pod.metadata.isBeingDeleted && isOutOfService(node.value)
    }

    private static func isOutOfService(_ node: Node) -> Bool {
        !node.status.conditions.isTrue("Ready")
            && node.spec.taints.contains { $0.key == WellKnown.outOfServiceTaint }
    }

    /// Evicted pods first, then the oldest.
    static func precedes(_ left: Pod, _ right: Pod) -> Bool {
        func isEvicted(_ pod: Pod) -> Bool { pod.status.phase == .failed && pod.status.reason == "Evicted" }
        if isEvicted(left) != isEvicted(right) { return isEvicted(left) }
        let created = (left.metadata.creationTimestamp?.seconds, right.metadata.creationTimestamp?.seconds)
        if created.0 != created.1 { return (created.0 ?? .min) < (created.1 ?? .min) }
        return (left.metadata.name, left.metadata.namespace) < (right.metadata.name, right.metadata.namespace)
    }

    // MARK: Passes

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<CallTranscript> {
        run(CallTranscript(startedAt: now), view, now)
    }

    public mutating func resume(
        _ continuation: CallTranscript, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<CallTranscript> {
        var transcript = continuation
        transcript.add(outcomes)
        return run(transcript, view, now)
    }

    private mutating func run(
        _ transcript: CallTranscript, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<CallTranscript> {
        var plan = transcript.run(view: view, now: now) { session throws(SyncStop) in try pass(&session) }
        // A pass has no back-off: the next one tries again.
        if case .requeueRateLimited = plan.ending { plan.ending = .requeueAfter(nextPass(after: now) - now) }
        return plan
    }

    private mutating func pass(_ session: inout SyncSession) throws(SyncStop) -> SyncEnding {
        let countsTerminated = session.flag { hasTooManyTerminated }
        let found = session.list(Pod.self) { view in
            view.list(Pod.self).filter {
                Self.isCollectable($0.value, view) || countsTerminated && Self.isTerminated($0.value)
            }
        }
        var failed = 0
        if countsTerminated {
            let finished = found.filter { Self.isTerminated($0.value) }.sorted {
                Self.precedes($0.value, $1.value)
            }
            let surplus = finished.prefix(max(0, finished.count - terminatedPodThreshold))
            failed += try removeAll(
                Array(surplus), "more than \(terminatedPodThreshold) pods have ended", &session)
        }
        var onLostNodes: [Ref<Pod>] = []
        var terminating: [Ref<Pod>] = []
        for pod in found where !pod.value.nodeName.isEmpty {
            let node = session.object(Node.self, ObjectKey(name: pod.value.nodeName))
            if node == nil {
                onLostNodes.append(pod)
            } else if let node, pod.value.metadata.isBeingDeleted, Self.isOutOfService(node.value) {
                terminating.append(pod)
            }
        }
        terminating.sort { Self.precedes($0.value, $1.value) }
        failed += try removeAll(terminating, "its node is not ready and out of service", &session)
        failed += try removeOrphaned(onLostNodes, &session)
        for pod in found where pod.value.nodeName.isEmpty && pod.value.metadata.isBeingDeleted {
            if try !remove(pod.value, nil, "it was deleted before it had a node", &session) { failed += 1 }
        }
        let now = session.now
        var next: VirtualTime?
        if let until = quarantined.first?.until {
            next = max(until.roundedUp(toPeriod: period, phase: firstPass), nextPass(after: now))
        }
        if failed > 0 { next = nextPass(after: now) }
        return next.map { .requeueAfter($0 - now) } ?? .done
    }

    /// Removes the pods of nodes that are gone, one after another.
    private mutating func removeOrphaned(
        _ pods: [Ref<Pod>], _ session: inout SyncSession
    ) throws(SyncStop) -> Int {
        let now = session.startedAt
        session.once {
            for pod in pods where !quarantined.contains(where: { $0.node == pod.value.nodeName }) {
                quarantined.append((pod.value.nodeName, now + quarantine))
            }
        }
        let due = session.texts {
            let due = quarantined.filter { $0.until <= now }.map(\.node)
            quarantined.removeAll { $0.until <= now }
            return due
        }
        var gone: Set<String> = []
        var failed = 0
        for name in due {
            if session.object(Node.self, ObjectKey(name: name)) != nil { continue }
            let outcome = try session.call(.get(.node, ObjectKey(name: name)))
            if outcome.failure?.reason == .notFound { gone.insert(name) }
            // The node comes into quarantine again with the next pass.
            if let failure = outcome.failure, failure.reason != .notFound { failed += 1 }
        }
        for pod in pods where gone.contains(pod.value.nodeName) {
            var condition = Condition(
                "DisruptionTarget", .isTrue, reason: "DeletionByPodGC",
                message: "PodGC: node no longer exists")
            condition.observedGeneration = pod.value.metadata.generation
            let cause = "its node \(pod.value.nodeName) no longer exists"
            if try !remove(pod.value, condition, cause, &session) { failed += 1 }
        }
        return failed
    }

    private func removeAll(
        _ pods: [Ref<Pod>], _ cause: String, _ session: inout SyncSession
    ) throws(SyncStop) -> Int {
        try session.concurrently(count: pods.count) { session, index throws(SyncStop) in
            if try !remove(pods[index].value, nil, cause, &session) {
                throw .failed(SyncFailure("\(pods[index].value.key) was not removed"))
            }
        }.count
    }

    /// Marks a pod as failed, unless it has ended, and removes it at once.
    ///
    /// - Returns: whether both calls went through.
    private func remove(
        _ pod: Pod, _ condition: Condition?, _ cause: String, _ session: inout SyncSession
    ) throws(SyncStop) -> Bool {
        if !pod.status.phase.isTerminal {
            var status = pod.status
            status.phase = .failed
            status.observedGeneration = pod.metadata.generation
            if var condition {
                let old = status.conditions[condition.type]
                condition.lastTransitionTime =
                    old?.status == condition.status ? old?.lastTransitionTime : Timestamp(session.startedAt)
                status.conditions[condition.type] = condition
            }
            let outcome = try session.call(.patch(.pod, pod.key, .podStatus(status), uid: pod.uid))
            if outcome.failure != nil { return false }
        }
        let outcome = try session.call(.delete(.pod, pod.key, DeleteOptions(gracePeriodSeconds: 0)))
        if outcome.failure != nil { return false }
        session.note(
            JournalEntry(
                .pod, .pod, pod.key, reason: "PodGC", message: "removed by force",
                cause: cause))
        return true
    }
}
