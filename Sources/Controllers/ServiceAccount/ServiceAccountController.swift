public import ControlPlane
import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Makes sure that each namespace has a service account `default`.
///
/// Upstream: `pkg/controller/serviceaccount/serviceaccounts_controller.go` (v1.36).
public struct ServiceAccountController: Controller {
    /// What a plan goes on with: a creation was answered.
    public enum Continuation: Sendable { case created }

    public static let name = "serviceaccount-controller"
    /// The account that every namespace has.
    public static let accountName = "default"

    public let workers = [1]

    public init() {}

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for namespace in view.list(Namespace.self) { queue.add(namespace.value.key) }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object.kind {
        case .serviceAccount where change.kind == .deleted:
            queue.add(ObjectKey(name: change.object.key.namespace))
        case .namespace where change.kind != .deleted: queue.add(change.object.key)
        default: break
        }
    }

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        let account = ObjectKey(namespace: key.key.name, name: Self.accountName)
        guard let namespace = view.get(Namespace.self, key.key)?.value, namespace.phase == "Active",
            view[.serviceAccount, account] == nil
        else { return plan }
        let metadata = ObjectMeta(namespace: account.namespace, name: account.name)
        plan.call(
            .create(.generic(Ref(GenericObject(kind: .serviceAccount, metadata: metadata, body: [:])))),
            tolerating: .alreadyExists)
        plan.ending = .resume(.created)
        return plan
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        let error = outcomes.last?.error
        if let error, error.reason != .alreadyExists && !error.isNamespaceTerminating {
            plan.ending = .requeueRateLimited
        }
        return plan
    }
}
