public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Deletes pods from nodes with NoExecute taints that they do not tolerate, or no longer tolerate.
///
/// A timer a pod: it is set when the taints are seen, and a later, shorter toleration does not shorten it (as
/// upstream). What a watch event changes is computed at once; queues hold what then has calls or events to
/// make:
///
/// - 0: notes about a node;
/// - 1: pods whose timer was cancelled;
/// - 2: pods whose time is up. Upstream gives each a thread of its own.
///
/// Upstream: `pkg/controller/tainteviction` (v1.36).
public struct TaintEvictionController: Controller {
    public static let name = "taint-eviction-controller"

    public enum Continuation: Sendable {
        case podRead
        case podDeleted
    }

    private enum Queue {
        static let nodes: UInt8 = 0
        static let cancelled: UInt8 = 1
        static let due: UInt8 = 2
    }

    private struct Work: Sendable {
        var createdAt: VirtualTime
        var fireAt: VirtualTime
        /// It has begun, so it cannot be cancelled any more.
        var isRunning = false
        /// The taints and the tolerance, for people.
        var cause: String
    }

    /// How often a deletion is tried.
    static let attempts = 5
    /// The time between two tries.
    static let retryDelay = VirtualDuration.milliseconds(10)

    private var taintedNodes: [String: [Taint]] = [:]
    private var works: [ObjectKey: Work] = [:]
    /// Deletions under way: how often each was tried.
    private var tries: [ObjectKey: Int] = [:]
    /// What the timeline says about a node's pods, until its key comes up.
    private var notes: [ObjectKey: [JournalEntry]] = [:]
    /// Cancellations to report.
    private var cancellations: [ObjectKey: Int] = [:]
    /// Why the timer was cancelled.
    private var cancellationCauses: [ObjectKey: String] = [:]

    public init() {}

    public var workers: [Int] { [8, 8, 10_000] }

    // MARK: Watch events

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for node in view.list(Node.self) { update(node.value, view: view, now: now, &queue) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .node(let node):
            if change.kind == .deleted {
                taintedNodes.removeValue(forKey: node.value.metadata.name)
            } else if change.old?.node.map({ Self.noExecute($0.value) }) != Self.noExecute(node.value) {
                update(node.value, view: view, now: now, &queue)
            }
        case .pod(let pod):
            observe(pod.value, kind: change.kind, old: change.old?.pod?.value, now: now, &queue)
        default: break
        }
    }

    private mutating func observe(
        _ pod: Pod, kind: WatchEvent.Kind, old: Pod?, now: VirtualTime, _ queue: inout Enqueuer
    ) {
        if kind == .deleted {
            cancel(pod.key, cause: "the pod is gone", &queue)
            return
        }
        if let old, old.nodeName == pod.nodeName,
            old.spec === pod.spec || old.spec.fields.tolerations == pod.spec.fields.tolerations
        {
            return
        }
        guard let taints = taintedNodes[pod.nodeName] else { return }
        process(pod, taints: taints, now: now, &queue)
    }

    private static func noExecute(_ node: Node) -> [Taint] {
        node.spec.taints.filter { $0.effect == .noExecute }
    }

    private mutating func update(_ node: Node, view: ObjectCache, now: VirtualTime, _ queue: inout Enqueuer) {
        let name = node.metadata.name
        let taints = Self.noExecute(node)
        if taints.isEmpty && taintedNodes[name] == nil { return }
        taintedNodes[name] = taints.isEmpty ? nil : taints
        let pods = view.pods(onNode: name)
        if taints.isEmpty {
            for pod in pods {
                cancel(pod.value.key, cause: "the node has no NoExecute taint any more", &queue)
            }
            return
        }
        var timed: [Int64: Int] = [:]
        for pod in pods {
            if let seconds = process(pod.value, taints: taints, now: now, &queue) {
                timed[seconds, default: 0] += 1
            }
        }
        for (seconds, count) in timed.sorted(by: { $0.key < $1.key }) where seconds > 0 {
            notes[node.key, default: []].append(
                JournalEntry(
                    .eviction, .node, node.key, reason: "TaintTolerated",
                    message:
                        "\(count) pod\(count == 1 ? "" : "s") will be deleted in \(seconds)s unless the taint "
                        + "goes",
                    cause: "tolerationSeconds \(seconds) for \(Self.text(taints))"))
            queue.add(node.key, queue: Queue.nodes)
        }
    }

    private static func text(_ taints: [Taint]) -> String {
        taints.map { "\($0.key):NoExecute" }.joined(separator: ", ")
    }

    // MARK: Timers (`processPodOnNode`)

    /// Sets, keeps or cancels a pod's timer.
    ///
    /// - Returns: the seconds of a timer that was set.
    @discardableResult
    private mutating func process(
        _ pod: Pod, taints: [Taint], now: VirtualTime, _ queue: inout Enqueuer
    ) -> Int64? {
        let seconds: Int64
        switch TaintTolerance(of: pod.spec.fields.tolerations, for: taints) {
        case .notTolerated:
            cancel(pod.key, cause: "a taint is not tolerated: the pod is deleted at once", &queue)
            add(
                pod.key, seconds: 0, cause: "a taint of \(Self.text(taints)) is not tolerated", now: now,
                &queue)
            return nil
        case .forever:
            cancel(pod.key, cause: "every taint is tolerated for ever", &queue)
            return nil
        case .seconds(let value): seconds = value
        }
        // A timer that is there ends at the latest when the new one would, so it stays.
        if let work = works[pod.key], !work.isRunning, work.createdAt <= now { return nil }
        return add(
            pod.key, seconds: seconds,
            cause: "tolerationSeconds \(seconds) for \(Self.text(taints)), seen at \(now)", now: now, &queue)
    }

    @discardableResult
    private mutating func add(
        _ key: ObjectKey, seconds: Int64, cause: String, now: VirtualTime, _ queue: inout Enqueuer
    ) -> Int64? {
        guard works[key] == nil else { return nil }
        // Longer than a run can last is for ever.
        let delay = VirtualDuration.seconds(1).multipliedClamping(by: seconds)
        let fireAt = now.advancedClamping(by: delay)
        works[key] = Work(createdAt: now, fireAt: fireAt, cause: cause)
        queue.add(key, queue: Queue.due, after: fireAt == .never ? .maximum : delay)
        return seconds
    }

    private mutating func cancel(_ key: ObjectKey, cause: String, _ queue: inout Enqueuer) {
        guard let work = works.removeValue(forKey: key), !work.isRunning else { return }
        cancellations[key, default: 0] += 1
        cancellationCauses[key] = cause
        queue.add(key, queue: Queue.cancelled)
    }

    // MARK: Work

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        switch key.queue {
        case Queue.nodes:
            var plan = Plan<Continuation>()
            for note in notes.removeValue(forKey: key.key) ?? [] { plan.note(note) }
            return plan
        case Queue.cancelled: return reportCancellation(of: key.key)
        default: return fire(key.key, now: now)
        }
    }

    private mutating func reportCancellation(of key: ObjectKey) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        for _ in 0..<(cancellations.removeValue(forKey: key) ?? 0) {
            plan.record(Self.event(key, "Cancelling deletion of Pod \(key)"))
        }
        plan.note(
            JournalEntry(
                .eviction, .pod, key, reason: "EvictionCancelled",
                message: "deletion by the taint manager cancelled",
                cause: cancellationCauses.removeValue(forKey: key) ?? ""))
        return plan
    }

    private static func event(_ key: ObjectKey, _ message: String) -> EventRecord {
        EventRecord(
            kind: .pod, key: key, uid: .none, .normal, reason: "TaintManagerEviction", message: message,
            component: name)
    }

    private mutating func fire(_ key: ObjectKey, now: VirtualTime) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if tries[key] == nil {
            guard let work = works[key] else { return plan }
            if work.fireAt > now {
                plan.ending = .requeueAfter(work.fireAt - now)
                return plan
            }
            works[key]?.isRunning = true
            tries[key] = 0
            plan.record(Self.event(key, "Marking for deletion Pod \(key)"))
            plan.note(
                JournalEntry(
                    .eviction, .pod, key, reason: "TaintManagerEviction",
                    message: "deleted by the taint manager",
                    cause: work.cause))
        }
        plan.call(.get(.pod, key))
        plan.ending = .resume(.podRead)
        return plan
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        if outcomes.contains(where: { $0.error != nil }) {
            let isGone = outcomes.contains { $0.error?.reason == .notFound }
            tries[key.key, default: 0] += 1
            if isGone || tries[key.key, default: 0] >= Self.attempts {
                finish(key.key)
            } else {
                plan.ending = .requeueAfter(Self.retryDelay)
            }
            return plan
        }
        switch continuation {
        case .podRead:
            guard let pod = outcomes.last?.object?.pod?.value else {
                finish(key.key)
                return plan
            }
            if let condition = Self.disruptionTarget(pod, now: now) {
                plan.call(
                    .patch(.pod, key.key, .podConditions([condition], nominatedNodeName: nil), uid: pod.uid))
            }
            plan.call(.delete(.pod, key.key, DeleteOptions()))
            plan.ending = .resume(.podDeleted)
        case .podDeleted: finish(key.key)
        }
        return plan
    }

    private mutating func finish(_ key: ObjectKey) {
        tries.removeValue(forKey: key)
        works.removeValue(forKey: key)
    }

    /// The condition that says why the pod goes; nil when the pod has it.
    static func disruptionTarget(_ pod: Pod, now: VirtualTime) -> Condition? {
        var condition = Condition(
            "DisruptionTarget", .isTrue, reason: "DeletionByTaintManager",
            message: "Taint manager: deleting due to NoExecute taint", lastTransitionTime: Timestamp(now))
        condition.observedGeneration = pod.metadata.generation
        guard let old = pod.status.conditions[condition.type] else { return condition }
        if old.status == condition.status { condition.lastTransitionTime = old.lastTransitionTime }
        let isEqual =
            old.status == condition.status && old.reason == condition.reason
            && old.message == condition.message
            && old.lastProbeTime == condition.lastProbeTime
            && old.lastTransitionTime == condition.lastTransitionTime
        return isEqual ? nil : condition
    }
}
