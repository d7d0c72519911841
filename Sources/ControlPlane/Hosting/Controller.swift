import KubernetesModel
public import SimulationKernel

/// A controller: reads its cache and says what to do. It never touches the clock, a queue or another
/// controller, so each is tested as a table: view in, plan out.
public protocol Controller: Sendable {
    /// What a plan may ask to be resumed with; `Never` for controllers whose plans need no answers.
    associatedtype Continuation: Sendable = Never

    /// Upstream's name in events: `replicaset-controller`.
    static var name: String { get }

    /// How many keys of each queue are worked on at once; one number a queue.
    var workers: [Int] { get }

    /// Called once when the process has a full cache and begins to act: most add every object of their kind.
    mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer)

    /// An informer's handlers: which keys a change concerns. The view already has the change.
    mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer)

    /// Compares what is with what should be.
    mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Continuation>

    /// Goes on after the calls of a plan that ended with ``Plan/Ending/resume(_:)``.
    mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation>

    /// Hears of every answer at once, before the plan goes on: lowers expectations, reports events.
    mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord])
}

extension Controller {
    public var workers: [Int] { [5] }

    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {}
}

extension Controller where Continuation == Never {
    public mutating func resume(
        _ continuation: Never, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Never> {}
}
