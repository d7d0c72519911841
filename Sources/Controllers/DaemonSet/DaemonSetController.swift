public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Keeps one pod of each DaemonSet on every node where it belongs, and replaces old ones.
///
/// Upstream: `pkg/controller/daemon` (v1.36). Upstream goes through nodes in the order of Go's maps; here it
/// is the order in which they joined.
public struct DaemonSetController: Controller {
    public typealias Continuation = CallTranscript

    public static let name = "daemonset-controller"

    /// `--concurrent-daemonset-syncs`.
    public let workers = [2]

    /// What outlives a sync.
    struct Memory: Sendable {
        var expectations = CountedExpectations()
        var backoff = FailedPodsBackoff()
        /// When each set is to be looked at again.
        var delays: [ObjectKey: VirtualDuration] = [:]

        mutating func requeue(_ key: ObjectKey, after delay: VirtualDuration) {
            delays[key] = min(delay, delays[key] ?? delay)
        }
    }
    private var memory = Memory()
    private var consistency = ConsistencyStore()
    /// The identities of the sets that are being worked on; events about their pods name them.
    private var syncing: [ObjectKey: UID] = [:]

    public init() {}

    // MARK: Work queue

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for set in view.list(DaemonSet.self) { queue.add(set.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .daemonSet(let set):
            consistency.saw(change.object)
            let isNew = change.old.map { $0.metadata.uid != set.value.uid } ?? false
            if change.kind == .deleted || isNew {
                memory.expectations.forget(set.value.key)
                consistency.forget(set.value.key)
            }
            queue.add(set.value.key)
        case .controllerRevision(let revision):
            observe(revision: revision.value, change, view, &queue)
        case .pod(let pod):
            consistency.saw(change.object)
            switch change.kind {
            case .deleted: deleted(pod.value, view, &queue)
            case .added where pod.value.metadata.isBeingDeleted: deleted(pod.value, view, &queue)
            case .added: added(pod.value, view, &queue)
            case .modified:
                if let old = change.old?.pod?.value { modified(old, pod.value, view, &queue) }
            }
        case .node(let node) where change.kind != .deleted:
            if let old = change.old?.node?.value, old.metadata.labels == node.value.metadata.labels,
                old.spec.taints == node.value.spec.taints
            {
                return
            }
            nodeChanged(node.value, view, &queue)
        default: break
        }
    }

    private func observe(
        revision: ControllerRevision, _ change: CacheChange, _ view: ObjectCache, _ queue: inout Enqueuer
    ) {
        let owner = revision.metadata.controllerReference
        if change.kind == .deleted || (change.kind == .added && revision.metadata.isBeingDeleted) {
            if let set = set(owner, revision.metadata, view) { queue.add(set.value.key) }
            return
        }
        if change.kind == .added {
            if owner == nil { enqueueAdopters(of: revision.metadata, view, &queue) }
            return
        }
        let old = change.old?.metadata
        let ownerChanged = old?.controllerReference != owner
        if ownerChanged, let old, let former = set(old.controllerReference, old, view) {
            queue.add(former.value.key)
        }
        if owner != nil {
            if let set = set(owner, revision.metadata, view) { queue.add(set.value.key) }
        } else if ownerChanged || old?.labels != revision.metadata.labels {
            enqueueAdopters(of: revision.metadata, view, &queue)
        }
    }

    private mutating func added(_ pod: Pod, _ view: ObjectCache, _ queue: inout Enqueuer) {
        guard let owner = pod.metadata.controllerReference else {
            return enqueueAdopters(of: pod.metadata, view, &queue)
        }
        guard let set = set(owner, pod.metadata, view) else { return }
        memory.expectations.creationsObserved(for: set.value.key)
        queue.add(set.value.key)
    }

    private mutating func modified(_ old: Pod, _ pod: Pod, _ view: ObjectCache, _ queue: inout Enqueuer) {
        if pod.metadata.isBeingDeleted { return deleted(pod, view, &queue) }
        let (oldOwner, owner) = (old.metadata.controllerReference, pod.metadata.controllerReference)
        if oldOwner != owner, let former = set(oldOwner, old.metadata, view) { queue.add(former.value.key) }
        if owner != nil {
            guard let set = set(owner, pod.metadata, view) else { return }
            queue.add(set.value.key)
            let seconds = set.value.spec.minReadySeconds
            // A second more, so that a clock that is a bit behind does not make it come too early.
            if !old.isReady, pod.isReady, seconds > 0 {
                queue.add(set.value.key, after: .seconds(seconds + 1))
            }
        } else if oldOwner != owner || old.metadata.labels != pod.metadata.labels {
            enqueueAdopters(of: pod.metadata, view, &queue)
        }
    }

    private mutating func deleted(_ pod: Pod, _ view: ObjectCache, _ queue: inout Enqueuer) {
        guard let set = set(pod.metadata.controllerReference, pod.metadata, view) else { return }
        memory.expectations.deletionObserved(for: set.value.key)
        queue.add(set.value.key)
    }

    /// Wakes the sets to which a new or changed node makes a difference.
    ///
    /// Upstream does this behind a queue of nodes. It holds nothing back, so there is none here.
    private func nodeChanged(_ node: Node, _ view: ObjectCache, _ queue: inout Enqueuer) {
        let sets = view.list(DaemonSet.self)
        if sets.isEmpty { return }
        var owners: Set<ObjectKey> = []
        for pod in view.pods(onNode: node.metadata.name) {
            guard let owner = pod.value.metadata.controllerReference, owner.kind == DaemonSet.kind.name else {
                continue
            }
            owners.insert(ObjectKey(namespace: pod.value.metadata.namespace, name: owner.name))
        }
        for set in sets {
            let verdict = DaemonPodPlacement(set.value.spec.template).verdict(on: node)
            let isScheduled = owners.contains(set.value.key)
            if (verdict.shouldRun && !isScheduled) || (!verdict.shouldContinueRunning && isScheduled)
                || (isScheduled && set.value.status.numberMisscheduled > 0)
            {
                queue.add(set.value.key)
            }
        }
    }

    /// The set that a reference names, provided that it is that very set.
    private func set(
        _ owner: OwnerReference?, _ object: ObjectMeta, _ view: ObjectCache
    ) -> Ref<DaemonSet>? {
        guard let owner, owner.kind == DaemonSet.kind.name else { return nil }
        return view.get(
            DaemonSet.self, ObjectKey(namespace: object.namespace, name: owner.name), uid: owner.uid)
    }

    private func enqueueAdopters(of object: ObjectMeta, _ view: ObjectCache, _ queue: inout Enqueuer) {
        if object.labels.isEmpty { return }
        for set in view.list(DaemonSet.self, namespace: object.namespace)
        where !set.value.spec.selector.isEmpty && set.value.spec.selector.matches(object.labels) {
            queue.add(set.value.key)
        }
    }

    // MARK: Reconciling

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<CallTranscript> {
        guard consistency.isReady(key.key) else {
            var plan = Plan<CallTranscript>()
            plan.ending = .requeueRateLimited
            return plan
        }
        guard let set = view.get(DaemonSet.self, key.key) else {
            memory.expectations.forget(key.key)
            consistency.forget(key.key)
            syncing.removeValue(forKey: key.key)
            return Plan()
        }
        syncing[key.key] = set.value.uid
        memory.delays.removeValue(forKey: key.key)
        return run(CallTranscript(startedAt: now), key, view, now)
    }

    public mutating func resume(
        _ continuation: CallTranscript, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<CallTranscript> {
        var transcript = continuation
        transcript.add(outcomes)
        return run(transcript, key, view, now)
    }

    private mutating func run(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<CallTranscript> {
        var plan = transcript.run(view: view, now: now) { session throws(SyncStop) in
            guard let set = session.object(DaemonSet.self, key.key) else { return .done }
            let sync = DaemonSetSync(set)
            try sync.run(&session, &memory)
            return .done
        }
        if case .done = plan.ending, let delay = memory.delays.removeValue(forKey: key.key) {
            plan.ending = .requeueAfter(delay)
        }
        return plan
    }

    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        guard let uid = syncing[key.key] else { return }
        if let event = PodEvents.event(
            on: outcome, of: DaemonSet.kind, key.key, uid, component: Self.name)
        {
            events.append(event)
        }
        switch (outcome.request, outcome.result) {
        case (.create(.pod), .failure(let error)):
            // Upstream goes on waiting for pods of a namespace that goes away.
            if !error.isNamespaceTerminating { memory.expectations.creationsObserved(for: key.key) }
        case (.delete(.pod, _, _), .failure): memory.expectations.deletionObserved(for: key.key)
        case (.create(.pod), .success(let object?)), (.updateStatus(.daemonSet), .success(let object?)):
            consistency.wrote(object, for: key.key)
        case (.patch(.pod, _, _, _), .success(let object?)):
            // A released pod has no owner any more to be kept waiting for it.
            if object.metadata.controllerReference != nil { consistency.wrote(object, for: key.key) }
        default: break
        }
    }
}
