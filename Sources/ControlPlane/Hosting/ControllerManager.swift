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
    /// When each runner next has something to do by itself, in their order.
    private var wakes: ContiguousArray<VirtualTime> = []
    /// The runners whose queues the present delivery has added to.
    private var touched: ContiguousArray<Bool> = []
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

    private mutating func run(_ controller: some Controller) {
        runners.append(ControllerRunner(controller))
        wakes.append(.never)
        touched.append(false)
    }

    public var nextWake: VirtualTime {
        var next = VirtualTime.never
        for wake in wakes { next = min(next, wake) }
        return next
    }

    /// What the controllers see.
    public var view: ObjectCache { cache }

    public mutating func wake(at now: VirtualTime, _ out: inout Outbox) {
        var context = open(at: now, &out)
        for index in runners.indices where wakes[index] <= now { wake(index, &context) }
        close(&context, &out)
    }

    /// The first delivery is the whole state; the controllers start with it.
    public mutating func deliver(_ events: [WatchEvent], at now: VirtualTime, _ out: inout Outbox) {
        var context = open(at: now, &out)
        if !isSynced {
            for event in events { context.view.apply(event) }
            isSynced = true
            for index in runners.indices {
                context.runner = index
                runners[index].start(&context)
                wakes[index] = runners[index].nextWake
            }
        } else {
            for event in events {
                guard let change = context.view.apply(event) else { continue }
                for index in runners.indices {
                    context.runner = index
                    if runners[index].observe(change, &context) { touched[index] = true }
                }
            }
            for index in runners.indices where touched[index] || wakes[index] <= now {
                touched[index] = false
                wake(index, &context)
            }
        }
        close(&context, &out)
    }

    public mutating func complete(
        _ token: CallToken, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox
    ) {
        let handle = Handle<PendingCall>(
            index: UInt32(token.value >> 32), generation: UInt32(truncatingIfNeeded: token.value))
        guard let call = calls.remove(handle) else { return }
        var context = open(at: now, &out)
        context.runner = call.runner
        runners[call.runner].complete(call, result, &context)
        wakes[call.runner] = runners[call.runner].nextWake
        close(&context, &out)
    }

    /// Gives what is due to the workers of one runner.
    private mutating func wake(_ index: Int, _ context: inout RunnerContext) {
        context.runner = index
        runners[index].wake(&context)
        wakes[index] = runners[index].nextWake
    }

    /// What the runners work with: cache, calls and outbox are moved there, not copied, until ``close(_:_:)``.
    private mutating func open(at now: VirtualTime, _ out: inout Outbox) -> RunnerContext {
        var context = RunnerContext(view: Self.empty, now: now, out: Outbox(), calls: GenerationalTable())
        swap(&context.view, &cache)
        swap(&context.calls, &calls)
        swap(&context.out, &out)
        return context
    }

    private mutating func close(_ context: inout RunnerContext, _ out: inout Outbox) {
        swap(&context.view, &cache)
        swap(&context.calls, &calls)
        swap(&context.out, &out)
    }

    /// Stands in the cache's place while it is in a context.
    private static let empty = ObjectCache()
}
