import SimkTesting

/// Keeps a PodDisruptionBudget for every Deployment that asks for one with the annotation
/// `example.com/keep-available: "2"`.
struct BudgetKeeper: Controller {
    static let name = "budget-keeper"
    static let annotation = "example.com/keep-available"

    /// The process has started: look at everything once.
    mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for deployment in view.list(Deployment.self) { queue.add(deployment.value.metadata.key) }
    }

    /// Something has changed: which Deployment does it concern? A budget has its Deployment's name.
    mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object.kind {
        case .deployment, .podDisruptionBudget: queue.add(change.object.key)
        default: break
        }
    }

    /// Compares what is with what should be, and says what to do.
    mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let deployment = view.get(Deployment.self, key.key)?.value,
            !deployment.metadata.isBeingDeleted,
            let minimum = deployment.metadata.annotations[Self.annotation].flatMap({ Int64($0) })
        else { return plan }

        if let budget = view.get(PodDisruptionBudget.self, key.key)?.value {
            guard budget.spec.minAvailable != .count(minimum) else { return plan }
            var changed = budget
            changed.spec.minAvailable = .count(minimum)
            plan.call(.update(APIObject(changed)))
        } else {
            var budget = PodDisruptionBudget()
            budget.metadata = ObjectMeta(namespace: key.key.namespace, name: key.key.name)
            budget.metadata.ownerReferences = [
                OwnerReference(
                    controlledBy: .deployment, name: deployment.metadata.name, uid: deployment.metadata.uid)
            ]
            budget.spec.minAvailable = .count(minimum)
            budget.spec.selector = deployment.spec.selector
            plan.call(.create(APIObject(budget)))
        }
        return plan
    }
}
