public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Rolls Deployments out: makes and scales their ReplicaSets, and reports progress.
///
/// Upstream: `pkg/controller/deployment` (v1.36).
public struct DeploymentController: Controller {
    public static let name = "deployment-controller"
    /// How often a failing Deployment is tried again before it is left until it changes.
    static let retries = 15

    private var templates = TemplateComparison()
    private var failures: [ObjectKey: Int] = [:]

    public init() {}

    /// A sync that waits for an answer.
    public struct Continuation: Sendable {
        var snapshot: DeploymentSync.Snapshot
        var log: ScriptLog
    }

    // MARK: Watch events

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for deployment in view.list(Deployment.self) { queue.add(deployment.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .deployment(let deployment): queue.add(deployment.value.key)
        case .replicaSet(let set): observe(set, change, view, &queue)
        case .pod(let pod) where change.kind == .deleted: deleted(pod, view, &queue)
        default: break
        }
    }

    private func observe(
        _ set: Ref<ReplicaSet>, _ change: CacheChange, _ view: ObjectCache, _ queue: inout Enqueuer
    ) {
        let metadata = set.value.metadata
        let owner = metadata.controllerReference.flatMap { resolve($0, metadata.namespace, view) }
        if change.kind == .deleted || (change.kind == .added && metadata.isBeingDeleted) {
            if let owner { queue.add(owner.value.key) }
            return
        }
        let old = change.kind == .modified ? change.old?.metadata : nil
        if let old, old.resourceVersion == metadata.resourceVersion, metadata.resourceVersion != 0 { return }
        let wasOwned = old?.controllerReference
        let ownerChanged = old != nil && wasOwned != metadata.controllerReference
        if ownerChanged, let wasOwned, let former = resolve(wasOwned, metadata.namespace, view) {
            queue.add(former.value.key)
        }
        if metadata.controllerReference != nil {
            if let owner { queue.add(owner.value.key) }
            return
        }
        guard old == nil || ownerChanged || old?.labels != metadata.labels, !metadata.labels.isEmpty else {
            return
        }
        for deployment in view.list(Deployment.self, namespace: metadata.namespace) {
            let selector = deployment.value.spec.selector
            if !selector.isEmpty && selector.matches(metadata.labels) { queue.add(deployment.value.key) }
        }
    }

    /// Wakes a Recreate Deployment when its last pod is gone.
    private func deleted(_ pod: Ref<Pod>, _ view: ObjectCache, _ queue: inout Enqueuer) {
        let metadata = pod.value.metadata
        guard let reference = metadata.controllerReference, reference.kind == ObjectKind.replicaSet.name,
            let set = view.get(
                ReplicaSet.self, ObjectKey(namespace: metadata.namespace, name: reference.name),
                uid: reference.uid),
            let owner = set.value.metadata.controllerReference,
            let deployment = resolve(owner, metadata.namespace, view),
            deployment.value.spec.strategy.type == "Recreate"
        else { return }
        let selector = deployment.value.spec.selector
        let hasPods = view.list(ReplicaSet.self, controlledBy: deployment.value.uid).contains { set in
            selector.matches(set.value.metadata.labels)
                && !view.list(Pod.self, controlledBy: set.value.uid).isEmpty
        }
        if !hasPods { queue.add(deployment.value.key) }
    }

    private func resolve(
        _ reference: OwnerReference, _ namespace: String, _ view: ObjectCache
    ) -> Ref<Deployment>? {
        guard reference.kind == ObjectKind.deployment.name else { return nil }
        return view.get(
            Deployment.self, ObjectKey(namespace: namespace, name: reference.name), uid: reference.uid)
    }

    // MARK: Syncing

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        guard let deployment = view.get(Deployment.self, key.key) else {
            failures.removeValue(forKey: key.key)
            return Plan()
        }
        let metadata = deployment.value.metadata
        let claim = OwnerClaim(deployment)
        let selector = deployment.value.spec.selector
        let sets =
            (view.list(ReplicaSet.self, controlledBy: metadata.uid)
            + view.orphans(ReplicaSet.self, namespace: metadata.namespace)).filter {
                claim.verdict(on: $0.value.metadata, matches: selector.matches($0.value.metadata.labels))
                    != .ignore
            }
        var running: Set<UID> = []
        if deployment.value.spec.strategy.type == "Recreate" {
            for set in sets {
                let pods = view.list(Pod.self, controlledBy: set.value.uid)
                if pods.contains(where: { !$0.value.status.phase.isTerminal }) {
                    running.insert(set.value.uid)
                }
            }
        }
        let snapshot = DeploymentSync.Snapshot(deployment: deployment, candidates: sets, running: running)
        return run(snapshot, ScriptLog(startedAt: now), view)
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var log = continuation.log
        log.append(outcomes, at: now)
        return run(continuation.snapshot, log, view)
    }

    private mutating func run(
        _ snapshot: DeploymentSync.Snapshot, _ log: ScriptLog, _ view: ObjectCache
    ) -> Plan<Continuation> {
        // Moved there and back: two owners would copy it at its first change.
        var sync = DeploymentSync(snapshot, templates: templates)
        templates = TemplateComparison()
        let key = snapshot.deployment.value.key
        let plan = PlanScript.plan(
            log, continuing: { Continuation(snapshot: snapshot, log: $0) },
            { script throws(ScriptExit) in
                switch try sync.run(&script, view) {
                case .done: return .done
                case .requeue(let delay): return .requeueAfter(delay)
                }
            })
        templates = sync.templates
        return settle(plan, key, sync.failure)
    }

    /// Counts failures: after so many in a row the Deployment waits for its next change.
    private mutating func settle(
        _ plan: Plan<Continuation>, _ key: ObjectKey, _ failure: APIError?
    ) -> Plan<Continuation> {
        var plan = plan
        switch plan.ending {
        case .resume: break
        case .done, .requeueAfter: failures.removeValue(forKey: key)
        case .requeueRateLimited:
            let count = failures[key, default: 0]
            if count >= Self.retries || failure?.isNamespaceTerminating == true {
                failures.removeValue(forKey: key)
                plan.ending = .done
            } else {
                failures[key] = count + 1
            }
        }
        return plan
    }
}
