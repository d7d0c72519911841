public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// Keeps as many active pods alive as each ReplicaSet asks for.
public typealias ReplicaSetController = ReplicaController<ReplicaSet>
/// Keeps as many active pods alive as each ReplicationController asks for.
public typealias ReplicationControllerController = ReplicaController<ReplicationController>

/// Keeps as many active pods alive as objects of a kind ask for, adopts orphans, and reports what there is.
///
/// Upstream: `pkg/controller/replicaset/replica_set.go`, `pkg/controller/replication` (v1.36).
public struct ReplicaController<Object: ReplicaWorkload>: Controller {
    /// The most pods that one sync creates or deletes.
    public static var burst: Int { 500 }
    public static var name: String { Object.controllerName }

    var expectations = ControllerExpectations()
    var horizon = WriteHorizon()
    /// The identities of the objects that are being worked on; events about pods' deletions name them.
    var syncing: [ObjectKey: UID] = [:]

    public init() {}

    /// Where a sync goes on when calls are answered.
    public enum Continuation: Sendable {
        case claiming(ClaimState)
        case managed(Snapshot)
        case statusRefused(Snapshot, ReplicaSetStatus)
        case statusFetched(Snapshot, ReplicaSetStatus)
        case statusWritten(Snapshot)
    }

    /// Pods to be claimed, and the answers so far.
    public struct ClaimState: Sendable {
        var object: Ref<Object>
        var candidates: [Ref<Pod>]
        var terminating: Int64
        var mayManage: Bool
        var log: ScriptLog
    }

    /// What a sync knows: as upstream's, it does not look at the cache again before its end.
    public struct Snapshot: Sendable {
        var object: Ref<Object>
        var active: [Ref<Pod>]
        var terminating: Int64
        /// Why pods could not be created or deleted, and which it was.
        var failure: APIError?
    }

    // MARK: Watch events

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for object in view.list(Object.self) {
            horizon.sawOwner(version: object.value.metadata.resourceVersion)
            queue.add(object.value.key)
        }
        for pod in view.list(Pod.self) { horizon.sawPod(version: pod.value.metadata.resourceVersion) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        if let object = Object.unwrap(change.object) {
            observe(object, change, queue: &queue)
        } else if let pod = change.object.pod {
            horizon.sawPod(version: pod.value.metadata.resourceVersion)
            switch change.kind {
            case .deleted: deleted(pod, view, &queue)
            case .added where pod.value.metadata.isBeingDeleted: deleted(pod, view, &queue)
            case .added: added(pod, view, &queue)
            case .modified:
                if let old = change.old?.pod { modified(old, pod, view, &queue) }
            }
        }
    }

    private mutating func observe(_ object: Ref<Object>, _ change: CacheChange, queue: inout Enqueuer) {
        let metadata = object.value.metadata
        horizon.sawOwner(version: metadata.resourceVersion)
        let isNew = change.old.map { $0.metadata.uid != metadata.uid } ?? false
        if change.kind == .deleted || isNew {
            expectations.forget(metadata.key)
            horizon.forget(metadata.key)
        }
        queue.add(metadata.key)
    }

    private mutating func added(_ pod: Ref<Pod>, _ view: ObjectCache, _ queue: inout Enqueuer) {
        guard let reference = pod.value.metadata.controllerReference else {
            return enqueueAdopters(of: pod, view, &queue)
        }
        guard let owner = resolve(reference, namespace: pod.value.metadata.namespace, view) else { return }
        expectations.creationObserved(for: owner.value.key)
        queue.add(owner.value.key)
    }

    private mutating func modified(
        _ old: Ref<Pod>, _ pod: Ref<Pod>, _ view: ObjectCache, _ queue: inout Enqueuer
    ) {
        let (before, after) = (old.value.metadata, pod.value.metadata)
        if before.resourceVersion == after.resourceVersion && after.resourceVersion != 0 { return }
        let labelsChanged = before.labels != after.labels
        if after.isBeingDeleted {
            deleted(pod, view, &queue)
            if labelsChanged { deleted(old, view, &queue) }
            return
        }
        let (oldReference, reference) = (before.controllerReference, after.controllerReference)
        if oldReference != reference, let oldReference,
            let owner = resolve(oldReference, namespace: before.namespace, view)
        {
            queue.add(owner.value.key)
        }
        if let reference {
            guard let owner = resolve(reference, namespace: after.namespace, view) else { return }
            queue.add(owner.value.key)
            let minReady = owner.value.minReadySeconds
            if !old.value.isReady && pod.value.isReady && minReady > 0 {
                queue.add(owner.value.key, after: .seconds(minReady))
            }
        } else if labelsChanged || oldReference != reference {
            enqueueAdopters(of: pod, view, &queue)
        }
    }

    private mutating func deleted(_ pod: Ref<Pod>, _ view: ObjectCache, _ queue: inout Enqueuer) {
        guard let reference = pod.value.metadata.controllerReference,
            let owner = resolve(reference, namespace: pod.value.metadata.namespace, view)
        else { return }
        expectations.deletionObserved(of: pod.value.key, for: owner.value.key)
        queue.add(owner.value.key)
    }

    private func resolve(_ reference: OwnerReference, namespace: String, _ view: ObjectCache) -> Ref<Object>?
    {
        guard reference.kind == Object.kind.name else { return nil }
        return view.get(
            Object.self, ObjectKey(namespace: namespace, name: reference.name), uid: reference.uid)
    }

    private func enqueueAdopters(of pod: Ref<Pod>, _ view: ObjectCache, _ queue: inout Enqueuer) {
        let metadata = pod.value.metadata
        if metadata.labels.isEmpty { return }
        for object in view.list(Object.self, namespace: metadata.namespace)
        where !object.value.selectsAll && object.value.selects(metadata.labels) {
            queue.add(object.value.key)
        }
    }

    // MARK: Answers

    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        guard let uid = syncing[key.key] else { return }
        func record(_ severity: EventRecord.Severity, _ reason: String, _ message: String) {
            events.append(
                EventRecord(
                    kind: Object.kind, key: key.key, uid: uid, severity, reason: reason, message: message,
                    component: Object.controllerName))
        }
        switch (outcome.request, outcome.result) {
        case (.create, .success(let object)):
            if let metadata = object?.metadata {
                horizon.wrotePod(for: key.key, uid: uid, version: metadata.resourceVersion)
                record(.normal, "SuccessfulCreate", "Created pod: \(metadata.name)")
            }
        case (.create, .failure(let error)):
            if !error.isNamespaceTerminating { record(.warning, "FailedCreate", "Error creating: \(error)") }
        case (.delete(_, let pod, _), .success):
            record(.normal, "SuccessfulDelete", "Deleted pod: \(pod.name)")
        case (.delete, .failure(let error)):
            if error.reason != .notFound { record(.warning, "FailedDelete", "Error deleting: \(error)") }
        case (.patch(.pod, _, .adopt, _), .success(let object)):
            if let version = object?.metadata.resourceVersion {
                horizon.wrotePod(for: key.key, uid: uid, version: version)
            }
        default: break
        }
    }
}
