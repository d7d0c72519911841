import ControlPlane
import KubernetesModel
import SimulationKernel

/// A controller with something changed on the way in or out.
struct Tampered<Base: Controller>: Controller {
    typealias Continuation = Base.Continuation

    var base: Base
    /// Makes a controller with nothing remembered before each sync.
    var renewal: (@Sendable () -> Base)?
    var startsEmpty = false
    /// What the controller sees in place of its cache.
    var view: @Sendable (WorkKey, ObjectCache) -> ObjectCache = { $1 }
    /// What is done in place of what it wants.
    var plan: @Sendable (Plan<Base.Continuation>, WorkKey, ObjectCache) -> Plan<Base.Continuation> = {
        plan, _, _ in
        plan
    }
    /// What it is told of the answers.
    var outcome: @Sendable (CallOutcome) -> CallOutcome = { $0 }

    init(_ base: Base) { self.base = base }

    static var name: String { Base.name }
    var workers: [Int] { base.workers }

    mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        var unused = Enqueuer()
        if startsEmpty {
            base.start(view: view, now: now, queue: &unused)
        } else {
            base.start(view: view, now: now, queue: &queue)
        }
    }

    mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        base.observe(change, view: view, now: now, queue: &queue)
    }

    mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Base.Continuation> {
        if let renewal { base = renewal() }
        let seen = self.view(key, view)
        return plan(base.reconcile(key, view: seen, now: now), key, view)
    }

    mutating func resume(
        _ continuation: Base.Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Base.Continuation> {
        let seen = self.view(key, view)
        return plan(
            base.resume(continuation, key: key, outcomes: outcomes.map(outcome), view: seen, now: now), key,
            view)
    }

    mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        base.completed(self.outcome(outcome), key: key, now: now, queue: &queue, events: &events)
    }
}

extension Plan {
    /// The plan with each of its requests replaced.
    func mapRequests(_ change: (APIRequest) -> APIRequest) -> Plan {
        var plan = self
        plan.steps = steps.map { step in
            switch step {
            case .call(let request, let tolerated): .call(change(request), tolerating: tolerated)
            case .batch(let requests, let slowStart): .batch(requests.map(change), slowStart: slowStart)
            case .event, .note: step
            }
        }
        return plan
    }
}
