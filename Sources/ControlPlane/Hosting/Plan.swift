public import KubernetesModel
public import SimulationKernel

/// An item of a controller's work queue: an object, in one of the controller's queues.
public struct WorkKey: Hashable, Sendable, CustomStringConvertible {
    /// Which of the controller's queues; most have one, number 0.
    public var queue: UInt8
    public var key: ObjectKey

    public init(_ key: ObjectKey, queue: UInt8 = 0) {
        self.queue = queue
        self.key = key
    }

    public var description: String { "\(key)" }
}

/// A call that a controller made, and what came of it.
public struct CallOutcome: Sendable {
    public enum Result: Sendable {
        case success(APIObject?)
        case failure(APIError)
        /// Not sent, because an earlier call of the plan or of its slow start failed.
        case skipped
    }
    public var request: APIRequest
    public var result: Result

    public init(request: APIRequest, result: Result) {
        self.request = request
        self.result = result
    }

    public var error: APIError? { if case .failure(let error) = result { error } else { nil } }
    public var object: APIObject? { if case .success(let object) = result { object } else { nil } }
}

/// What a controller wants done: calls in order, and when to look at the key again.
///
/// The host runs it: client rate limits, latency, slow start, conflicts, back-off. While it runs, the key is
/// not given to another worker.
public struct Plan<Continuation: Sendable>: Sendable {
    public enum Step: Sendable {
        /// One call; the next step waits for its answer. An error that is not tolerated ends the plan.
        case call(APIRequest, tolerating: [APIError.Reason])
        /// Calls sent at once, or, with slow start, in batches of 1, 2, 4, … that end at the first failure.
        ///
        /// Upstream: `pkg/controller/replicaset/replica_set.go`, `slowStartBatch` (v1.36).
        case batch([APIRequest], slowStart: Bool)
        case event(EventRecord)
        case note(JournalEntry)
    }

    /// What happens to the key when the steps are done.
    public enum Ending: Sendable {
        /// Forgotten by the rate limiter; looked at again when something changes.
        case done
        /// Forgotten by the rate limiter, and looked at again after a time.
        case requeueAfter(VirtualDuration)
        /// Looked at again after the rate limiter's next back-off, as after an error.
        case requeueRateLimited
        /// The controller is asked again with what came of the calls, failures included.
        case resume(Continuation)
    }

    public var steps: [Step] = []
    public var ending = Ending.done

    public init() {}

    /// Adds a call. Errors of these kinds do not end the plan.
    public mutating func call(_ request: APIRequest, tolerating reasons: APIError.Reason...) {
        steps.append(.call(request, tolerating: reasons))
    }
    public mutating func batch(_ requests: [APIRequest], slowStart: Bool = false) {
        if !requests.isEmpty { steps.append(.batch(requests, slowStart: slowStart)) }
    }
    public mutating func record(_ event: EventRecord) { steps.append(.event(event)) }
    public mutating func note(_ entry: JournalEntry) { steps.append(.note(entry)) }

    /// The calls of all steps, in order; for tests.
    public var requests: [APIRequest] {
        steps.flatMap { step -> [APIRequest] in
            switch step {
            case .call(let request, _): [request]
            case .batch(let requests, _): requests
            case .event, .note: []
            }
        }
    }
}

/// A controller's requests to its work queues, made by handlers of watch events.
public struct Enqueuer: Sendable {
    public struct Item: Sendable {
        public var key: WorkKey
        public var after: VirtualDuration
        public var isRateLimited: Bool
    }
    public private(set) var items: [Item] = []

    public init() {}

    /// Adds the key, at once or after a time.
    public mutating func add(_ key: ObjectKey, queue: UInt8 = 0, after: VirtualDuration = .zero) {
        items.append(Item(key: WorkKey(key, queue: queue), after: after, isRateLimited: false))
    }
    /// Adds the key after the rate limiter's back-off.
    public mutating func addRateLimited(_ key: ObjectKey, queue: UInt8 = 0) {
        items.append(Item(key: WorkKey(key, queue: queue), after: .zero, isRateLimited: true))
    }
}

extension APIError.Reason {
    /// Every reason: for calls whose failure the controller looks at itself.
    public static let all: [APIError.Reason] = [
        .badRequest, .notFound, .alreadyExists, .conflict, .invalid, .forbidden, .tooManyRequests, .expired,
        .methodNotAllowed, .internalError, .timeout, .unreachable,
    ]
}
