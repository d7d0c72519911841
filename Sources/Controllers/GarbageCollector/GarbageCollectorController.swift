public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Deletes objects whose owners are gone, carries out deletions in the foreground, and lets dependents go when
/// their owner is to leave them behind.
///
/// Work keys hold an object's UID, in the place of the name. Upstream: `pkg/controller/garbagecollector` (v1.36).
/// Upstream's client for it has twice the usual rate.
public struct GarbageCollectorController: Controller {
    public typealias Continuation = CallTranscript

    public static let name = "garbage-collector-controller"

    /// `--concurrent-gc-syncs`, for each of the two queues.
    public let workers = [20, 20]

    var graph = DependencyGraph()

    public init() {}

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        graph.fill(from: view, &queue)
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        if change.object.kind == .event { return }
        if change.kind == .deleted {
            graph.remove(change.object, &queue)
            return
        }
        let old = change.old?.metadata
        let new = change.object.metadata
        if change.kind == .modified, let old, old.uid == new.uid, old.ownerReferences == new.ownerReferences,
            old.isBeingDeleted == new.isBeingDeleted, old.finalizers == new.finalizers
        {
            return  // Nothing that the graph knows.
        }
        if let old, old.uid != new.uid, let object = change.old { graph.remove(object, &queue) }
        graph.update(old?.uid == new.uid ? old : nil, change.object, &queue)
    }

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<CallTranscript> {
        run(CallTranscript(startedAt: now), key, view, now)
    }

    public mutating func resume(
        _ continuation: CallTranscript, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<CallTranscript> {
        var transcript = continuation
        transcript.add(outcomes)
        return run(transcript, key, view, now)
    }

    /// What the API server says about the item itself changes the graph at once.
    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        let uid = UID(key.key.name)
        guard key.queue == DependencyGraph.deletions, let node = graph.nodes[uid] else { return }
        let target = outcome.request.target
        guard let kind = target.kind, node.identity.kind == .known(kind),
            target.key == Self.address(node.identity)
        else { return }
        switch (outcome.request, outcome.result) {
        case (.get, .success(let object)):
            if object?.metadata.uid != uid {
                graph.removeAbsent(node.identity, &queue)
            } else if node.isDeletingDependents {
                for dependent in graph.blockingDependents(uid)
                where graph.nodes[dependent]?.isDeletingDependents == false {
                    queue.add(DependencyGraph.key(dependent), queue: DependencyGraph.deletions)
                }
            }
        case (.get, .failure(let error)), (.delete, .failure(let error)):
            if error.reason == .notFound { graph.removeAbsent(node.identity, &queue) }
        default: break
        }
    }

    private mutating func run(
        _ transcript: CallTranscript, _ key: WorkKey, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<CallTranscript> {
        let uid = UID(key.key.name)
        return transcript.run(view: view, now: now) { session throws(SyncStop) in
            key.queue == DependencyGraph.deletions
                ? try attemptToDelete(uid, &session) : try attemptToOrphan(uid, &session)
        }
    }

    /// Where the API server has an object of a known kind: cluster-wide kinds have no namespace.
    static func address(_ identity: GraphIdentity) -> ObjectKey {
        guard case .known(let kind) = identity.kind, !kind.info.isNamespaced else { return identity.key }
        return ObjectKey(name: identity.key.name)
    }
}
