import KubernetesModel
public import SimulationKernel

/// The process that runs controllers: one cache for all of them, a client and queues for each.
///
/// Upstream: `cmd/kube-controller-manager` (v1.36). Each controller has a client with a rate limit of its own.
public struct ControllerManager: Component, Sendable {
    private var runners: [any ControllerRunning] = []
    private var cache = ObjectCache()
    private var calls = GenerationalTable<PendingCall>()
    private var isSynced = false
    /// The names of the controllers, in the order in which they were added; clients have the same order.
    public private(set) var controllerNames: [String] = []
    private let wrapping: (any ControllerWrapping)?

    /// - Parameter wrapping: may put another controller in the place of each that is added.
    public init(wrapping: (any ControllerWrapping)? = nil) { self.wrapping = wrapping }

    /// Adds a controller; all are added before the first delivery.
    public mutating func add(_ controller: some Controller) {
        controllerNames.append(type(of: controller).name)
        guard let wrapping else { return run(controller) }
        let wrapped: any Controller = wrapping.wrap(controller)
        run(wrapped)
    }

    private mutating func run(_ controller: some Controller) { runners.append(ControllerRunner(controller)) }

    public var nextWake: VirtualTime { runners.map(\.nextWake).min() ?? .never }

    /// What the controllers see.
    public var view: ObjectCache { cache }

    public mutating func wake(at now: VirtualTime, _ out: inout Outbox) {
        for index in runners.indices where runners[index].nextWake <= now {
            withContext(index, now, &out) { $0.wake(&$1) }
        }
    }

    /// The first delivery is the whole state; the controllers start with it.
    public mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {
        if !isSynced {
            for event in events { cache.apply(event) }
            isSynced = true
            for index in runners.indices { withContext(index, now, &out) { $0.start(&$1) } }
            return
        }
        for event in events {
            guard let change = cache.apply(event) else { continue }
            for index in runners.indices { withContext(index, now, &out) { $0.observe(change, &$1) } }
        }
        for index in runners.indices { withContext(index, now, &out) { $0.wake(&$1) } }
    }

    public mutating func complete(
        _ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox
    ) {
        let handle = Handle<PendingCall>(
            index: UInt32(token.value >> 32), generation: UInt32(truncatingIfNeeded: token.value))
        guard let call = calls.remove(handle) else { return }
        withContext(call.runner, now, &out) { $0.complete(call, result, &$1) }
    }

    private mutating func withContext(
        _ index: Int, _ now: VirtualTime, _ out: inout Outbox,
        _ body: (inout any ControllerRunning, inout RunnerContext) -> Void
    ) {
        // Moved, not copied: each is put back before anybody else looks.
        var context = RunnerContext(view: cache, now: now, out: Outbox(), calls: calls, runner: index)
        calls = GenerationalTable()
        swap(&context.out, &out)
        body(&runners[index], &context)
        swap(&context.out, &out)
        calls = context.calls
    }
}
