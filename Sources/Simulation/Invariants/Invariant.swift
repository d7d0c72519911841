import ControlPlane
import KubernetesModel
import SimulationKernel

/// Something that must hold at every moment: told of every change of certain kinds, at the cost of the change.
protocol Invariant {
    static var name: InvariantName { get }
    /// The kinds whose changes it wants to see.
    static var kinds: [ObjectKind] { get }

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext)
    /// The run has come to its end: what had to be by now is judged.
    mutating func finish(_ context: inout InvariantContext)
}

extension Invariant {
    mutating func finish(_ context: inout InvariantContext) {}
}

/// What invariants may look at, and where they report.
struct InvariantContext {
    /// What is late by less than this is not judged at the end of a run.
    ///
    /// Controllers come back to a key after at most this long but for keys that keep failing.
    static let patience = VirtualDuration.minutes(5)
    /// How far the caches of controllers may lag behind the store without anything being wrong.
    static let staleness = VirtualDuration.minutes(2)

    weak var simulation: ClusterSimulation?
    var log = ViolationLog()
    var now = VirtualTime.start
    /// Since when the controller manager has been led by one process; never while it has no leader.
    var managedSince = VirtualTime.never
    /// Until when chance disturbs the traffic.
    var disturbedUntil = VirtualTime.start
    var lastCall: ObservedCall?

    mutating func report(
        _ invariant: InvariantName, _ kind: ObjectKind, _ key: ObjectKey, _ message: String,
        cause: String? = nil
    ) {
        log.add(
            InvariantViolation(
                invariant: invariant, time: now, kind: kind, key: key, message: message,
                cause: cause ?? lastCause))
    }

    /// The call by which the store was last changed.
    private var lastCause: String {
        guard let call = lastCall, call.time == now, call.hadEffect else { return "" }
        let target = call.request.target
        let kind = target.kind?.name.lowercased() ?? "object"
        let name = target.key.name.isEmpty ? "\(target.key.namespace)/(new)" : "\(target.key)"
        return "\(call.processName): \(call.request.verb) \(kind) \(name)"
    }

    /// Whether a user has just deleted something at once, without waiting for its kubelet.
    var isForcedDeletion: Bool {
        guard let call = lastCall, call.time == now, call.processName == "kubectl",
            case .delete(_, _, let options) = call.request
        else { return false }
        return options.gracePeriodSeconds == 0
    }

    /// Whether something that has been wrong since a moment ought to be right by now: for all the time
    /// needed there was a controller manager, and nothing disturbed it.
    func isOverdue(since time: VirtualTime) -> Bool {
        guard managedSince != .never else { return false }
        return now - max(time, max(managedSince, disturbedUntil)) >= Self.patience
    }

    /// The object that an owner reference names, provided that it is the same one.
    func owner(_ reference: OwnerReference, namespace: String) -> APIObject? {
        guard let kind = ObjectKind(apiVersion: reference.apiVersion, kind: reference.kind) else {
            return nil
        }
        let key = ObjectKey(namespace: kind.isNamespaced ? namespace : "", name: reference.name)
        guard let object = simulation?.stored(kind, key), object.metadata.uid == reference.uid else {
            return nil
        }
        return object
    }
}

extension ClusterSimulation {
    /// The object as it is stored; leases do not show the renewals that cost no writes.
    func stored(_ kind: ObjectKind, _ key: ObjectKey) -> APIObject? { server.store[kind, key] }

    func stored<Object: TypedObject>(_ type: Object.Type, _ key: ObjectKey) -> Object? {
        server.store[Object.kind, key].flatMap(Object.unwrap)?.value
    }

    /// Visits the objects of a kind in no order.
    func visitStored(_ kind: ObjectKind, _ visit: (APIObject) -> Void) {
        server.store.visitUnordered(kind, visit)
    }
}

/// A bound that changes with a specification, and that counts only once controllers have seen the change.
struct SlowBound {
    /// What the specification asks for.
    private(set) var wanted: Int64
    /// What is still allowed.
    private(set) var allowed: Int64

    init(_ wanted: Int64) {
        self.wanted = wanted
        allowed = wanted
    }

    mutating func set(_ value: Int64) {
        wanted = value
        allowed = max(allowed, value)
    }

    /// Forgets earlier bounds, as soon as everybody has seen the present one and it is met.
    mutating func settle(count: Int64, isSeen: Bool) {
        if allowed != wanted && isSeen && count <= wanted { allowed = wanted }
    }
}
