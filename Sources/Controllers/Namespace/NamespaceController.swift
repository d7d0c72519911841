public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Empties namespaces that are being deleted, and lets them go.
///
/// Upstream deletes whole collections by one call; here each object is a call of its own, as there is no such
/// call. Upstream: `pkg/controller/namespace` (v1.36), whose client has 20 times the usual rate and 100 times
/// the usual burst.
public struct NamespaceController: Controller {
    public typealias Continuation = CallTranscript

    public static let name = "namespace-controller"

    /// `namespaceDeletionGracePeriod`: how long last-minute objects may take to become visible.
    public static let gracePeriod = VirtualDuration.seconds(5)

    /// `--concurrent-namespace-syncs`.
    public let workers = [10]

    private var retries = RetryCounter(base: .milliseconds(5), maximum: .seconds(60))

    public init() {}

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for namespace in view.list(Namespace.self) { add(namespace.value, &queue) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        guard change.kind != .deleted, let namespace = change.object.namespace else { return }
        add(namespace.value, &queue)
    }

    private func add(_ namespace: Namespace, _ queue: inout Enqueuer) {
        if namespace.metadata.isBeingDeleted { queue.add(namespace.key, after: Self.gracePeriod) }
    }

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<CallTranscript> {
        guard view.get(Namespace.self, key.key) != nil else {
            retries.forget(key.key)
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

    private mutating func run(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<CallTranscript> {
        var plan = transcript.run(view: view, now: now) { session throws(SyncStop) in
            try NamespaceDeletion(name: key.key.name).run(&session)
        }
        switch plan.ending {
        case .done: retries.forget(key.key)
        case .requeueRateLimited: plan.ending = .requeueAfter(retries.next(key.key))
        case .requeueAfter, .resume: break
        }
        return plan
    }
}
