import KubernetesModel
import SimulationKernel

/// A call in flight that a controller's plan waits for.
struct PendingCall: Sendable {
    var runner: Int
    var sync: SyncHandle
    /// Which of the step's calls.
    var position: Int
}

/// Names a sync in its runner's table, whatever the controller's type.
struct SyncHandle: Hashable, Sendable {
    var index: UInt32
    var generation: UInt32
}

/// What a runner needs of its process while it works.
struct RunnerContext {
    var view: ObjectCache
    var now: VirtualTime
    var out: Outbox
    var calls: GenerationalTable<PendingCall>
    /// Whose turn it is.
    var runner = 0

    mutating func send(_ request: APIRequest, sync: SyncHandle, position: Int) {
        let handle = calls.insert(PendingCall(runner: runner, sync: sync, position: position))
        let token = CallToken(value: UInt64(handle.index) << 32 | UInt64(handle.generation))
        out.call(request, token: token, client: UInt16(runner))
    }
}

/// One controller with its queues and the plans that are under way; the controller's type is hidden.
protocol ControllerRunning: Sendable {
    var nextWake: VirtualTime { get }
    mutating func start(_ context: inout RunnerContext)
    /// - Returns: whether keys were added to the queues.
    mutating func observe(_ change: CacheChange, _ context: inout RunnerContext) -> Bool
    mutating func wake(_ context: inout RunnerContext)
    mutating func complete(_ call: PendingCall, _ result: APIResult, _ context: inout RunnerContext)
}

struct ControllerRunner<Owner: Controller>: ControllerRunning {
    private struct Sync: Sendable {
        var key: WorkKey
        var plan: Plan<Owner.Continuation>
        /// The step whose calls are out.
        var step = 0
        /// What came of the calls of the whole plan, in the order of its steps.
        var outcomes: [CallOutcome] = []
        /// The current step's calls, in order; nil while there is no answer.
        var results: [CallOutcome?] = []
        /// The current step's calls that were sent.
        var sent = 0
        var answered = 0
        var batchSize = 0
        /// The newest version of each object that this plan has written, for its later steps.
        var written: [ObjectKind: [ObjectKey: (from: Int64, to: Int64)]] = [:]
    }

    private var controller: Owner
    private var queues: [WorkQueue<WorkKey>]
    private var busy: [Int]
    private var syncs = GenerationalTable<Sync>()

    init(_ controller: Owner) {
        self.controller = controller
        queues = controller.workers.map { _ in WorkQueue() }
        busy = controller.workers.map { _ in 0 }
    }

    var nextWake: VirtualTime {
        var next = VirtualTime.never
        for index in queues.indices { next = min(next, queues[index].nextWake) }
        return next
    }

    mutating func start(_ context: inout RunnerContext) {
        var enqueuer = Enqueuer()
        controller.start(view: context.view, now: context.now, queue: &enqueuer)
        take(enqueuer, at: context.now)
        dispatch(&context)
    }

    mutating func observe(_ change: CacheChange, _ context: inout RunnerContext) -> Bool {
        var enqueuer = Enqueuer()
        controller.observe(change, view: context.view, now: context.now, queue: &enqueuer)
        if enqueuer.items.isEmpty { return false }
        take(enqueuer, at: context.now)
        return true
    }

    mutating func wake(_ context: inout RunnerContext) {
        for index in queues.indices { queues[index].wake(at: context.now) }
        dispatch(&context)
    }

    mutating func complete(_ call: PendingCall, _ result: APIResult, _ context: inout RunnerContext) {
        let handle = Handle<Sync>(index: call.sync.index, generation: call.sync.generation)
        guard var sync = syncs[handle] else { return }
        let request = currentRequest(sync, call.position)
        let outcome = CallOutcome(
            request: request,
            result: {
                switch result {
                case .success(let object): .success(object)
                case .failure(let error): .failure(error)
                }
            }())
        note(outcome, sync.key, &context)
        if let object = outcome.object { remember(object, after: request, in: &sync) }
        sync.results[call.position] = outcome
        sync.answered += 1
        if sync.answered == sync.sent { advance(&sync, call.sync, &context) }
        finishOrStore(sync, handle, &context)
        dispatch(&context)
    }

    // MARK: Queues

    private mutating func take(_ enqueuer: Enqueuer, at now: VirtualTime) {
        for item in enqueuer.items {
            let queue = Int(item.key.queue)
            if item.isRateLimited {
                queues[queue].addRateLimited(item.key, at: now)
            } else {
                queues[queue].add(item.key, after: item.after, at: now)
            }
        }
    }

    /// Gives keys to workers that are free.
    private mutating func dispatch(_ context: inout RunnerContext) {
        for index in queues.indices where queues[index].readyCount > 0 {
            dispatch(from: index, &context)
        }
    }

    private mutating func dispatch(from index: Int, _ context: inout RunnerContext) {
        let workers = controller.workers
        while busy[index] < workers[index], let key = queues[index].take() {
            busy[index] += 1
            let plan = controller.reconcile(key, view: context.view, now: context.now)
            begin(plan, key: key, &context)
        }
    }

    // MARK: Plans

    private mutating func begin(
        _ plan: Plan<Owner.Continuation>, key: WorkKey, _ context: inout RunnerContext
    ) {
        // Most plans have nothing to do.
        if plan.steps.isEmpty {
            if case .resume = plan.ending {} else { return end(key, plan.ending, &context) }
        }
        let handle = syncs.insert(Sync(key: key, plan: plan))
        guard var sync = syncs[handle] else { return }
        run(&sync, SyncHandle(index: handle.index, generation: handle.generation), &context)
        finishOrStore(sync, handle, &context)
    }

    private mutating func finishOrStore(_ sync: Sync, _ handle: Handle<Sync>, _ context: inout RunnerContext)
    {
        if sync.step < sync.plan.steps.count {
            syncs[handle] = sync
            return
        }
        syncs.remove(handle)
        end(sync.key, sync.plan.ending, &context)
    }

    /// Gives a key back to its queue.
    private mutating func end(
        _ key: WorkKey, _ ending: Plan<Owner.Continuation>.Ending, _ context: inout RunnerContext
    ) {
        let queue = Int(key.queue)
        switch ending {
        case .requeueRateLimited: queues[queue].addRateLimited(key, at: context.now)
        case .requeueAfter(let delay):
            queues[queue].forget(key)
            queues[queue].add(key, after: delay, at: context.now)
        case .done, .resume: queues[queue].forget(key)
        }
        queues[queue].done(key)
        busy[queue] -= 1
    }

    /// Runs steps from the current one until calls are out or the plan is done.
    private mutating func run(_ sync: inout Sync, _ handle: SyncHandle, _ context: inout RunnerContext) {
        while true {
            while sync.step < sync.plan.steps.count {
                switch sync.plan.steps[sync.step] {
                case .event(let event): context.out.record(event)
                case .note(let entry): context.out.note(entry)
                case .call, .batch:
                    send(&sync, handle, &context)
                    return
                }
                sync.step += 1
            }
            guard case .resume(let continuation) = sync.plan.ending else { return }
            sync.plan = controller.resume(
                continuation, key: sync.key, outcomes: sync.outcomes, view: context.view, now: context.now)
            sync.step = 0
            sync.outcomes = []
        }
    }

    private func currentRequests(_ sync: Sync) -> [APIRequest] {
        switch sync.plan.steps[sync.step] {
        case .call(let request, _): [request]
        case .batch(let requests, _): requests
        case .event, .note: []
        }
    }

    private func currentRequest(_ sync: Sync, _ position: Int) -> APIRequest {
        switch sync.plan.steps[sync.step] {
        case .call(let request, _): request
        case .batch(let requests, _): requests[position]
        case .event, .note: preconditionFailure("a step without calls has no answers")
        }
    }

    /// Sends the first calls of the current step.
    private func send(_ sync: inout Sync, _ handle: SyncHandle, _ context: inout RunnerContext) {
        let requests = currentRequests(sync)
        sync.results = Array(repeating: nil, count: requests.count)
        sync.sent = 0
        sync.answered = 0
        sync.batchSize = 1
        if case .batch(_, let slowStart) = sync.plan.steps[sync.step], !slowStart {
            sync.batchSize = requests.count
        }
        sendNext(requests, &sync, handle, &context)
    }

    private func sendNext(
        _ requests: [APIRequest], _ sync: inout Sync, _ handle: SyncHandle, _ context: inout RunnerContext
    ) {
        let end = min(requests.count, sync.sent + sync.batchSize)
        for position in sync.sent..<end {
            context.send(rebased(requests[position], sync), sync: handle, position: position)
        }
        sync.sent = end
        sync.batchSize *= 2
    }

    /// Goes on after all calls that were out have answers.
    private mutating func advance(_ sync: inout Sync, _ handle: SyncHandle, _ context: inout RunnerContext) {
        let step = sync.plan.steps[sync.step]
        let tolerated: [APIError.Reason]
        var isSlowStart = false
        switch step {
        case .call(_, let reasons): tolerated = reasons
        case .batch(_, let slowStart):
            tolerated = []
            isSlowStart = slowStart
        case .event, .note: return
        }
        let requests = currentRequests(sync)
        let hasFailed = sync.results.contains { outcome in
            guard let error = outcome?.error else { return false }
            return !tolerated.contains(error.reason)
        }
        if isSlowStart && !hasFailed && sync.sent < requests.count {
            sendNext(requests, &sync, handle, &context)
            return
        }
        for position in sync.sent..<requests.count {
            let skipped = CallOutcome(request: requests[position], result: .skipped)
            note(skipped, sync.key, &context)
            sync.results[position] = skipped
        }
        sync.outcomes += sync.results.compactMap { $0 }
        sync.step += 1
        if hasFailed { abandon(&sync, &context) }
        run(&sync, handle, &context)
    }

    /// Drops the steps after a failure: the key is tried again, unless the controller wants to hear of it.
    private mutating func abandon(_ sync: inout Sync, _ context: inout RunnerContext) {
        for step in sync.plan.steps[sync.step...] {
            switch step {
            case .call(let request, _):
                let skipped = CallOutcome(request: request, result: .skipped)
                note(skipped, sync.key, &context)
                sync.outcomes.append(skipped)
            case .batch(let requests, _):
                for request in requests {
                    let skipped = CallOutcome(request: request, result: .skipped)
                    note(skipped, sync.key, &context)
                    sync.outcomes.append(skipped)
                }
            case .event, .note: break
            }
        }
        sync.step = sync.plan.steps.count
        if case .resume = sync.plan.ending { return }
        sync.plan.ending = .requeueRateLimited
    }

    private mutating func note(_ outcome: CallOutcome, _ key: WorkKey, _ context: inout RunnerContext) {
        var enqueuer = Enqueuer()
        var events: [EventRecord] = []
        controller.completed(outcome, key: key, now: context.now, queue: &enqueuer, events: &events)
        take(enqueuer, at: context.now)
        for event in events { context.out.record(event) }
    }

    /// Remembers which version a write of this plan made of which.
    private func remember(_ object: APIObject, after request: APIRequest, in sync: inout Sync) {
        let before: Int64
        switch request {
        case .update(let sent), .updateStatus(let sent): before = sent.metadata.resourceVersion
        default: return
        }
        let first = sync.written[object.kind]?[object.key]?.from ?? before
        sync.written[object.kind, default: [:]][object.key] = (first, object.metadata.resourceVersion)
    }

    /// An update based on the version that this plan began with is sent on top of the plan's own writes, as
    /// upstream goes on with the object that its last update returned.
    private func rebased(_ request: APIRequest, _ sync: Sync) -> APIRequest {
        func rebase(_ object: APIObject) -> APIObject {
            guard let versions = sync.written[object.kind]?[object.key],
                object.metadata.resourceVersion == versions.from
            else { return object }
            return object.withMetadata { $0.resourceVersion = versions.to }
        }
        switch request {
        case .update(let object): return .update(rebase(object))
        case .updateStatus(let object): return .updateStatus(rebase(object))
        default: return request
        }
    }
}
