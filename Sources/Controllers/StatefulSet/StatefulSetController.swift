public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Keeps the pods of each StatefulSet: stable names and storage, made and replaced in the order of their
/// ordinals, or all at once when the set's policy says so.
///
/// Upstream: `pkg/controller/statefulset` (v1.36).
public struct StatefulSetController: Controller {
    public typealias Continuation = CallTranscript

    public static let name = "statefulset-controller"

    /// The feature gate MaxUnavailableStatefulSet: off by default in v1.36.
    public let respectsMaxUnavailable: Bool

    /// `--concurrent-statefulset-syncs`.
    public let workers = [5]

    private var consistency = ConsistencyStore()
    /// What each set was last said to wait for.
    private var obstacles: [ObjectKey: String] = [:]

    public init(respectsMaxUnavailable: Bool = false) {
        self.respectsMaxUnavailable = respectsMaxUnavailable
    }

    // MARK: Work queue

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for set in view.list(StatefulSet.self) { queue.add(set.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .statefulSet(let set):
            consistency.saw(change.object)
            queue.add(set.value.key)
        case .pod(let pod):
            consistency.saw(change.object)
            podChanged(change.kind, old: change.old?.pod?.value, pod.value, view: view, queue: &queue)
        case .persistentVolumeClaim:
            consistency.saw(change.object)
        default: break
        }
    }

    private func podChanged(
        _ kind: WatchEvent.Kind, old: Pod?, _ pod: Pod, view: ObjectCache, queue: inout Enqueuer
    ) {
        let owner = pod.metadata.controllerReference
        if kind == .deleted || (kind == .added && pod.metadata.isBeingDeleted) {
            if let set = Self.set(owner, of: pod, view) { queue.add(set.value.key) }
            return
        }
        let oldOwner = old?.metadata.controllerReference
        if kind == .modified, let old, oldOwner != owner, let set = Self.set(oldOwner, of: old, view) {
            queue.add(set.value.key)
        }
        if let owner {
            guard let set = Self.set(owner, of: pod, view) else { return }
            queue.add(set.value.key)
            let seconds = set.value.spec.minReadySeconds
            if kind == .modified, old?.isReady == false, pod.isReady, seconds > 0 {
                queue.add(set.value.key, after: .seconds(seconds))
            }
            return
        }
        if kind == .added || old?.metadata.labels != pod.metadata.labels || oldOwner != nil {
            for set in Self.sets(matching: pod, view) { queue.add(set.value.key) }
        }
    }

    /// The set that a reference names, provided that it is that very set.
    private static func set(_ owner: OwnerReference?, of pod: Pod, _ view: ObjectCache) -> Ref<StatefulSet>? {
        guard let owner, owner.kind == StatefulSet.kind.name else { return nil }
        return view.get(
            StatefulSet.self, ObjectKey(namespace: pod.metadata.namespace, name: owner.name), uid: owner.uid)
    }

    private static func sets(matching pod: Pod, _ view: ObjectCache) -> [Ref<StatefulSet>] {
        if pod.metadata.labels.isEmpty { return [] }
        return view.list(StatefulSet.self, namespace: pod.metadata.namespace).filter {
            !$0.value.spec.selector.isEmpty && $0.value.spec.selector.matches(pod.metadata.labels)
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
        guard view.get(StatefulSet.self, key.key) != nil else {
            consistency.forget(key.key)
            obstacles.removeValue(forKey: key.key)
            return Plan()
        }
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

    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        guard let object = outcome.object else { return }
        switch (outcome.request, object) {
        case (.create, .pod), (.update, .pod), (.create, .persistentVolumeClaim),
            (.update, .persistentVolumeClaim), (.updateStatus, .statefulSet):
            consistency.wrote(object, for: key.key)
        case (.patch, .pod):
            // A released pod has no owner any more to be kept waiting for it.
            if object.metadata.controllerReference != nil { consistency.wrote(object, for: key.key) }
        default: break
        }
    }

    private mutating func run(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<CallTranscript> {
        var policy = ""
        var obstacle: String?
        var plan = transcript.run(view: view, now: now) { session throws(SyncStop) in
            guard let set = session.object(StatefulSet.self, key.key) else { return .done }
            policy = set.value.spec.podManagementPolicy
            let sync = StatefulSetSync(set.value, respectsMaxUnavailable: respectsMaxUnavailable)
            defer { obstacle = session.obstacle }
            return try sync.run(&session)
        }
        if case .resume = plan.ending { return plan }
        // The journal tells what a set waits for once, not at every sync.
        if let obstacle, obstacles[key.key] != obstacle {
            plan.note(
                JournalEntry(
                    .workload, .statefulSet, key.key, reason: "Waiting", message: "waits for \(obstacle)",
                    cause: "pod management policy \(policy): a name is given to one pod at a time"
                        + (policy == "Parallel" ? "" : ", and pods follow each other in order")))
        }
        obstacles[key.key] = obstacle
        return plan
    }
}
