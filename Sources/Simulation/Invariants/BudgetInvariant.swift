import ControlPlane
import KubernetesModel
import SimulationKernel

/// An eviction leaves as many healthy pods as the disruption budget wants.
///
/// Nobody can keep a machine from failing, and the controller that counts the healthy pods sees a failure a
/// little later: a pod counts as healthy here if it was so within the last two minutes and was not evicted.
/// What deletes pods without asking, as a rolling update does, breaks no budget. A budget or workload whose
/// specification has just changed is not judged. The cost is that of an eviction: a look at the pods of one
/// namespace. Upstream: `pkg/controller/disruption/disruption.go`, `pkg/registry/core/pod/storage/eviction.go`
/// (v1.36).
struct BudgetInvariant: Invariant {
    static let name = InvariantName.budget
    static let kinds: [ObjectKind] = [
        .podDisruptionBudget, .pod, .deployment, .replicaSet, .replicationController, .statefulSet,
    ]

    /// A pod that was healthy until a moment.
    private struct Former {
        var key: ObjectKey
        var uid: UID
        var labels: Labels
        var until: VirtualTime
    }
    private var budgets: [String: Set<String>] = [:]
    /// In the order of time; only in namespaces with budgets.
    private var former: ContiguousArray<Former> = []
    /// When the specification of a budget or workload last changed.
    private var changes: [ObjectKind: [ObjectKey: VirtualTime]] = [:]

    mutating func stored(_ change: StoreChange, _ context: inout InvariantContext) {
        switch change.object {
        case .podDisruptionBudget(let object):
            let key = object.value.metadata.key
            if change.kind == .deleted {
                budgets[key.namespace]?.remove(key.name)
            } else {
                budgets[key.namespace, default: []].insert(key.name)
            }
            note(change, object.value.metadata.generation)
        case .deployment(let object): note(change, object.value.spec.replicas)
        case .replicaSet(let object):
            if object.value.metadata.controllerReference == nil { note(change, object.value.spec.replicas) }
        case .replicationController(let object): note(change, object.value.spec.replicas)
        case .statefulSet(let object): note(change, object.value.spec.replicas)
        case .pod(let object): observe(object.value, change, &context)
        default: return
        }
    }

    /// Remembers when what the budget rests on has changed.
    private mutating func note(_ change: StoreChange, _ value: Int64) {
        let before: Int64? =
            switch change.previous {
            case .podDisruptionBudget(let object)?: object.value.metadata.generation
            case .deployment(let object)?: object.value.spec.replicas
            case .replicaSet(let object)?: object.value.spec.replicas
            case .replicationController(let object)?: object.value.spec.replicas
            case .statefulSet(let object)?: object.value.spec.replicas
            default: nil
            }
        if before != value { changes[change.object.kind, default: [:]][change.object.key] = change.time }
    }

    private mutating func observe(_ pod: Pod, _ change: StoreChange, _ context: inout InvariantContext) {
        guard let names = budgets[pod.metadata.namespace], !names.isEmpty,
            let old = change.previous?.pod?.value
        else { return }
        let wasHealthy = old.isActive && old.isReady
        let isHealthy = change.kind != .deleted && pod.isActive && pod.isReady
        guard wasHealthy, !isHealthy else { return }
        let isEvicted = pod.metadata.isBeingDeleted && Self.isEvicted(pod)
        if !isEvicted {
            former.append(
                Former(
                    key: pod.metadata.key, uid: pod.metadata.uid, labels: pod.metadata.labels,
                    until: context.now))
            let oldest = context.now - InvariantContext.staleness
            if former.count > 64, let first = former.first, first.until < oldest {
                former.removeAll { $0.until < oldest }
            }
        } else if old.status.phase != .pending {
            for name in names.sorted() {
                judge(ObjectKey(namespace: pod.metadata.namespace, name: name), pod, &context)
            }
        }
    }

    private static func isEvicted(_ pod: Pod) -> Bool {
        pod.status.conditions.contains {
            $0.type == "DisruptionTarget" && $0.status == .isTrue && $0.reason == "EvictionByEvictionAPI"
        }
    }

    private func judge(_ key: ObjectKey, _ evicted: Pod, _ context: inout InvariantContext) {
        guard let simulation = context.simulation,
            let budget = simulation.stored(PodDisruptionBudget.self, key),
            let selector = budget.spec.selector, selector.matches(evicted.metadata.labels)
        else { return }
        let recently = context.now - InvariantContext.staleness
        func isNew(_ kind: ObjectKind, _ key: ObjectKey) -> Bool { changes[kind]?[key] ?? .start > recently }
        if isNew(.podDisruptionBudget, key) { return }

        var healthy = 0
        var counted: Set<UID> = []
        var owners: [UID: OwnerReference] = [:]
        var isOwned = true
        simulation.visitStored(.pod) { object in
            guard let pod = object.pod?.value, pod.metadata.namespace == key.namespace,
                selector.matches(pod.metadata.labels)
            else { return }
            if let owner = pod.metadata.controllerReference {
                owners[owner.uid] = owner
            } else {
                isOwned = false
            }
            if pod.isActive && pod.isReady {
                healthy += 1
                counted.insert(pod.metadata.uid)
            }
        }
        for pod in former
        where pod.until > recently && pod.key.namespace == key.namespace && selector.matches(pod.labels)
            && counted.insert(pod.uid).inserted
        { healthy += 1 }

        var desired: Int64
        if case .count(let count)? = budget.spec.minAvailable {
            desired = count
        } else {
            guard isOwned else { return }
            var expected: Int64 = 0
            var workloads: Set<UID> = []
            for uid in owners.keys.sorted() {
                guard let owner = owners[uid],
                    let workload = Self.workload(owner, namespace: key.namespace, context)
                else { return }
                if isNew(workload.kind, workload.key) { return }
                if workloads.insert(workload.uid).inserted { expected += workload.replicas }
            }
            if let minimum = budget.spec.minAvailable {
                desired = minimum.scaled(total: expected, roundingUp: true) ?? 0
            } else {
                desired =
                    expected - (budget.spec.maxUnavailable?.scaled(total: expected, roundingUp: true) ?? 0)
            }
        }
        desired = max(0, desired)
        guard Int64(healthy) < desired else { return }
        context.report(
            Self.name, .podDisruptionBudget, key,
            "the eviction of \(evicted.metadata.name) leaves \(healthy) healthy pods, where \(desired) are wanted"
        )
    }

    private struct Workload {
        var kind: ObjectKind
        var key: ObjectKey
        var uid: UID
        var replicas: Int64
    }

    /// The workload that says how many pods there should be; nil for one that has no scale.
    private static func workload(
        _ reference: OwnerReference, namespace: String, _ context: InvariantContext
    ) -> Workload? {
        switch context.owner(reference, namespace: namespace) {
        case .replicaSet(let object)?:
            let set = object.value
            if let owner = set.metadata.controllerReference, owner.kind == "Deployment" {
                return workload(owner, namespace: namespace, context)
            }
            return Workload(
                kind: .replicaSet, key: set.metadata.key, uid: set.metadata.uid, replicas: set.spec.replicas)
        case .deployment(let object)?:
            let value = object.value
            return Workload(
                kind: .deployment, key: value.metadata.key, uid: value.metadata.uid,
                replicas: value.spec.replicas)
        case .statefulSet(let object)?:
            let value = object.value
            return Workload(
                kind: .statefulSet, key: value.metadata.key, uid: value.metadata.uid,
                replicas: value.spec.replicas)
        case .replicationController(let object)?:
            let value = object.value
            return Workload(
                kind: .replicationController, key: value.metadata.key, uid: value.metadata.uid,
                replicas: value.spec.replicas)
        default: return nil
        }
    }
}
