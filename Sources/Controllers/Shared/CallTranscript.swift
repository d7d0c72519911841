public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// What a sync of several calls has read, asked and been told so far.
///
/// A sync whose next step depends on an answer is written as one function from top to bottom. When it needs an
/// answer that is not there yet, it stops; its plan makes the call and ends with this value as continuation.
/// When the answer arrives the function runs again from its start, is told the same as before from the
/// transcript, and goes on from there. So a controller stays a function, and a sync in flight stays a value.
public struct CallTranscript: Sendable {
    enum Entry: Sendable {
        case answer(CallOutcome)
        case object(APIObject?)
        case list([APIObject])
        case flag(Bool)
        case texts([String])
        case identities([GraphIdentity])
        case owners([OwnerReference])
        case moment(VirtualTime)
        /// An event or a note that has left already.
        case reported
    }

    /// When the sync began.
    public let startedAt: VirtualTime
    /// One list of entries for the sync itself, and one for each piece of work that ran beside others.
    var branches: [[Entry]] = [[]]
    /// The branches that wait for the answers to the last plan's calls, in the order of the calls.
    var waiting: [Int] = []

    public init(startedAt: VirtualTime) { self.startedAt = startedAt }

    /// Takes in the answers to the last plan's calls.
    public mutating func add(_ outcomes: [CallOutcome]) {
        for (branch, outcome) in zip(waiting, outcomes) { branches[branch].append(.answer(outcome)) }
        waiting = []
    }

    /// Runs the sync as far as it gets.
    public func run(
        view: ObjectCache, now: VirtualTime, _ sync: (inout SyncSession) throws(SyncStop) -> SyncEnding
    ) -> Plan<CallTranscript> {
        var session = SyncSession(self, view: view, now: now)
        var plan = Plan<CallTranscript>()
        do {
            switch try sync(&session) {
            case .done: plan.ending = .done
            case .requeueAfter(let duration): plan.ending = .requeueAfter(duration)
            case .requeueRateLimited: plan.ending = .requeueRateLimited
            }
            plan.steps = session.reports
        } catch {
            plan.steps = session.reports
            switch error {
            case .failed: plan.ending = .requeueRateLimited
            case .waiting:
                plan.batch(session.calls)
                plan.ending = .resume(session.transcript)
            }
        }
        return plan
    }
}

/// What happens to the key after a sync that went through.
public enum SyncEnding: Sendable {
    case done
    case requeueAfter(VirtualDuration)
    /// As after an error.
    case requeueRateLimited
}

/// Why a sync stopped before its end.
public enum SyncStop: Error {
    /// An answer is not there yet.
    case waiting
    case failed(SyncFailure)
}

/// What went wrong in a sync, in the words that upstream puts into events.
public struct SyncFailure: Hashable, Sendable {
    /// The API server's reason, when a call was refused.
    public var reason: APIError.Reason?
    public var message: String

    public init(_ message: String, reason: APIError.Reason? = nil) {
        self.reason = reason
        self.message = message
    }

    public init(_ error: APIError) { self.init(error.message, reason: error.reason) }

    /// Several failures as one; nil for none.
    ///
    /// Upstream: `apimachinery/pkg/util/errors/errors.go`, `aggregate.Error` (v1.36).
    public init?(aggregating failures: [SyncFailure]) {
        var messages: [String] = []
        for failure in failures where !messages.contains(failure.message) { messages.append(failure.message) }
        guard let first = failures.first else { return nil }
        self.init(
            messages.count == 1 ? first.message : "[\(messages.joined(separator: ", "))]",
            reason: failures.count == 1 ? first.reason : nil)
    }
}

/// One run of a sync over its transcript: answers from it, and what is new goes into it.
public struct SyncSession {
    private(set) var transcript: CallTranscript
    private let view: ObjectCache
    /// The present moment. It differs from run to run, so what the sync does must not depend on it before the
    /// last answer.
    public let now: VirtualTime
    private var branch = 0
    private var cursors: [Int] = [0]
    /// What the sync found in its way, in words for the journal; that of the last run counts.
    public var obstacle: String?
    /// Events and notes that this run was the first to report.
    private(set) var reports: [Plan<CallTranscript>.Step] = []
    /// The calls whose answers are missing, in the order of `transcript.waiting`.
    private(set) var calls: [APIRequest] = []

    init(_ transcript: CallTranscript, view: ObjectCache, now: VirtualTime) {
        self.transcript = transcript
        self.view = view
        self.now = now
        self.transcript.waiting = []
    }

    /// When the sync began, which is what upstream's syncs take as "now".
    public var startedAt: VirtualTime { transcript.startedAt }

    // MARK: Reading the cache

    /// The object with this key, as the cache had it when the sync first asked.
    public mutating func object<Object: TypedObject>(_ type: Object.Type, _ key: ObjectKey) -> Ref<Object>? {
        if let entry = next(), case .object(let object) = entry { return object.flatMap(Object.unwrap) }
        let object = view[Object.kind, key]
        append(.object(object))
        return object.flatMap(Object.unwrap)
    }

    /// A list that the closure takes from the cache, as it was when the sync first asked.
    public mutating func list<Object: TypedObject>(
        _ type: Object.Type, _ read: (ObjectCache) -> [Ref<Object>]
    ) -> [Ref<Object>] {
        if let entry = next(), case .list(let objects) = entry { return objects.compactMap(Object.unwrap) }
        let objects = read(view)
        append(.list(objects.map(\.value.erased)))
        return objects
    }

    /// Objects of any kind that the closure takes from the cache, as they were when the sync first asked.
    public mutating func objects(_ read: (ObjectCache) -> [APIObject]) -> [APIObject] {
        if let entry = next(), case .list(let objects) = entry { return objects }
        let objects = read(view)
        append(.list(objects))
        return objects
    }

    /// A fact that may change while calls are out, as it was when the sync first asked.
    public mutating func flag(_ look: () -> Bool) -> Bool {
        if let entry = next(), case .flag(let flag) = entry { return flag }
        let flag = look()
        append(.flag(flag))
        return flag
    }

    /// Texts that are taken from somewhere, once.
    mutating func texts(_ take: () -> [String]) -> [String] {
        if let entry = next(), case .texts(let texts) = entry { return texts }
        let texts = take()
        append(.texts(texts))
        return texts
    }

    /// Objects of the dependency graph, as they were when the sync first asked.
    mutating func identities(_ look: () -> [GraphIdentity]) -> [GraphIdentity] {
        if let entry = next(), case .identities(let identities) = entry { return identities }
        let identities = look()
        append(.identities(identities))
        return identities
    }

    /// References of the dependency graph, as they were when the sync first asked.
    mutating func owners(_ look: () -> [OwnerReference]) -> [OwnerReference] {
        if let entry = next(), case .owners(let owners) = entry { return owners }
        let owners = look()
        append(.owners(owners))
        return owners
    }

    /// Does something the first time that the sync comes here, and not again.
    public mutating func once(_ work: () -> Void) {
        if next() != nil { return }
        append(.reported)
        work()
    }

    /// The moment at which the sync came here first.
    public mutating func moment() -> VirtualTime {
        if let entry = next(), case .moment(let time) = entry { return time }
        append(.moment(now))
        return now
    }

    // MARK: Acting

    /// Makes a call, and gives what came of it.
    public mutating func call(_ request: APIRequest) throws(SyncStop) -> CallOutcome {
        if let entry = next() {
            if case .answer(let outcome) = entry, Self.isSameCall(outcome.request, request) { return outcome }
            // What the sync reads beside its transcript has changed under it.
            throw .failed(SyncFailure("the sync took another way than before"))
        }
        transcript.waiting.append(branch)
        calls.append(request)
        throw .waiting
    }

    /// Makes a call whose failure fails the sync, unless it is of one of these kinds.
    @discardableResult
    public mutating func require(
        _ request: APIRequest, tolerating reasons: APIError.Reason...
    ) throws(SyncStop) -> APIObject? {
        let outcome = try call(request)
        if let failure = outcome.failure, !reasons.contains(where: { $0 == failure.reason }) {
            throw .failed(failure)
        }
        return outcome.object
    }

    private static func isSameCall(_ left: APIRequest, _ right: APIRequest) -> Bool {
        let (first, second) = (left.target, right.target)
        return left.verb == right.verb && first.kind == second.kind && first.key == second.key
    }

    public mutating func record(_ event: EventRecord) { report(.event(event)) }

    public mutating func note(_ entry: JournalEntry) { report(.note(entry)) }

    private mutating func report(_ step: Plan<CallTranscript>.Step) {
        if next() != nil { return }
        append(.reported)
        reports.append(step)
    }

    /// Does several pieces of work side by side: the calls that they are at are sent at once.
    ///
    /// - Returns: the failures, in the order of the work.
    public mutating func concurrently(
        count: Int, _ work: (inout SyncSession, Int) throws(SyncStop) -> Void
    ) throws(SyncStop) -> [SyncFailure] {
        let outer = branch
        var isWaiting = false
        var failures: [SyncFailure] = []
        for index in 0..<count {
            branch = cursors.count
            cursors.append(0)
            if branch == transcript.branches.count { transcript.branches.append([]) }
            do {
                try work(&self, index)
            } catch {
                switch error {
                case .waiting: isWaiting = true
                case .failed(let failure): failures.append(failure)
                }
            }
        }
        branch = outer
        if isWaiting { throw .waiting }
        return failures
    }

    /// Makes calls side by side in batches of 1, 2, 4, …, until all are made or one of a batch has failed.
    ///
    /// Upstream: `pkg/controller/controller_utils.go`, `SlowStartInitialBatchSize` and its users (v1.36).
    /// - Returns: what came of the calls that were made, the first calls first.
    public mutating func slowStart(
        _ requests: [APIRequest], isFailure: (APIError) -> Bool
    ) throws(SyncStop) -> [CallOutcome] {
        var outcomes: [CallOutcome] = []
        var size = 1
        while outcomes.count < requests.count {
            let first = outcomes.count
            let batch = try calls(Array(requests[first..<min(first + size, requests.count)]))
            outcomes += batch
            if batch.contains(where: { $0.error.map(isFailure) ?? false }) { break }
            size *= 2
        }
        return outcomes
    }

    /// Makes calls side by side.
    public mutating func calls(_ requests: [APIRequest]) throws(SyncStop) -> [CallOutcome] {
        var outcomes: [CallOutcome] = []
        _ = try concurrently(count: requests.count) { session, index throws(SyncStop) in
            outcomes.append(try session.call(requests[index]))
        }
        return outcomes
    }

    // MARK: The transcript

    private mutating func next() -> CallTranscript.Entry? {
        let cursor = cursors[branch]
        guard cursor < transcript.branches[branch].count else { return nil }
        cursors[branch] += 1
        return transcript.branches[branch][cursor]
    }

    private mutating func append(_ entry: CallTranscript.Entry) {
        transcript.branches[branch].append(entry)
        cursors[branch] += 1
    }
}

extension CallOutcome {
    /// Why the call failed; nil when it went through.
    public var failure: SyncFailure? {
        switch result {
        case .success: nil
        case .failure(let error): SyncFailure(error)
        case .skipped: SyncFailure("the call was not sent")
        }
    }
}
