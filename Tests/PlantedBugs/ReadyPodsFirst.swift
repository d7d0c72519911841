import ControlPlane
import Controllers
import KubernetesModel
import SimulationKernel

/// The ReplicaSet controller with other victims than it chose: ready ones.
struct ReadyPodsFirst: Controller {
    typealias Base = ReplicaController<ReplicaSet>

    private var base: Base
    /// The victim that the controller believes to have deleted, by the one that was.
    private var believed: [ObjectKey: Ref<Pod>] = [:]

    init(_ base: Base) { self.base = base }

    static var name: String { Base.name }
    var workers: [Int] { base.workers }

    mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        base.start(view: view, now: now, queue: &queue)
    }

    mutating func observe(_ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        base.observe(change, view: view, now: now, queue: &queue)
        guard let pod = change.object.pod, pod.value.metadata.isBeingDeleted || change.kind == .deleted,
            let victim = believed.removeValue(forKey: pod.value.metadata.key)
        else { return }
        let gone = CacheChange(kind: .deleted, old: APIObject(victim.value), object: APIObject(victim.value))
        base.observe(gone, view: view, now: now, queue: &queue)
    }

    mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Base.Continuation> {
        swapped(base.reconcile(key, view: view, now: now), key, view)
    }

    mutating func resume(
        _ continuation: Base.Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Base.Continuation> {
        swapped(base.resume(continuation, key: key, outcomes: outcomes, view: view, now: now), key, view)
    }

    mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        base.completed(outcome, key: key, now: now, queue: &queue, events: &events)
    }

    private mutating func swapped(
        _ plan: Plan<Base.Continuation>, _ key: WorkKey, _ view: ObjectCache
    ) -> Plan<Base.Continuation> {
        guard let set = view.get(ReplicaSet.self, key.key) else { return plan }
        let active = view.list(Pod.self, controlledBy: set.value.metadata.uid).filter(\.value.isActive)
        let ready = active.filter(\.value.isReady) + active.filter { !$0.value.isReady }
        var plan = plan
        for index in plan.steps.indices {
            guard case .batch(let requests, let slowStart) = plan.steps[index],
                case .delete(.pod, _, _)? = requests.first
            else { continue }
            var next = ready.makeIterator()
            let changed = requests.map { request -> APIRequest in
                guard case .delete(.pod, let victim, let options) = request, let other = next.next() else {
                    return request
                }
                let key = other.value.metadata.key
                if key != victim { believed[key] = view.get(Pod.self, victim) }
                return .delete(.pod, key, options)
            }
            plan.steps[index] = .batch(changed, slowStart: slowStart)
        }
        return plan
    }
}
