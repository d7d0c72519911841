import ControlPlane
import KubernetesModel
import SimulationKernel

/// What a ``PlanScript`` has learnt so far: the answers to its calls, in order, and when each came.
struct ScriptLog: Sendable {
    fileprivate struct Answer: Sendable {
        var result: APIResult
        var time: VirtualTime
    }
    fileprivate let started: VirtualTime
    fileprivate var answers: [Answer] = []
    fileprivate var memories: [APIObject?] = []
    /// How many events and notes were handed over with earlier plans.
    fileprivate var delivered = 0

    init(startedAt time: VirtualTime) { started = time }

    /// Adds what came of the call that the script waits for.
    mutating func append(_ outcomes: [CallOutcome], at time: VirtualTime) {
        let result: APIResult =
            switch outcomes.last?.result {
            case .success(let object): .success(object)
            case .failure(let error): .failure(error)
            case .skipped, nil: .failure(APIError(.unreachable, "the call was not made"))
            }
        answers.append(Answer(result: result, time: time))
    }
}

/// Why a script stops before its end.
enum ScriptExit: Error {
    /// It needs the answer to a call that was not made yet.
    case waiting
    /// The work failed and is to be tried again after a back-off.
    case failed(APIError?)
}

/// Lets a controller with many dependent calls be written as one straight function.
///
/// The function is run from its start at each answer; calls whose answers are in the log return at once, the
/// first one that has none ends the run. So it must do the same each time: it reads a snapshot, the script's
/// clock, and its cache only through ``remember(_:)``.
struct PlanScript {
    private(set) var log: ScriptLog
    private var position = 0
    private var remembered = 0
    private var marks = 0
    /// Events and notes that earlier plans did not hand over.
    private(set) var steps: [Step] = []
    private(set) var pending: APIRequest?

    enum Step: Sendable {
        case event(EventRecord)
        case note(JournalEntry)
    }

    init(_ log: ScriptLog) { self.log = log }

    /// The time at which this line runs: that of the last answer.
    var now: VirtualTime { position == 0 ? log.started : log.answers[position - 1].time }

    /// Makes a call and gives its answer.
    mutating func attempt(_ request: APIRequest) throws(ScriptExit) -> APIResult {
        guard position < log.answers.count else {
            pending = request
            throw .waiting
        }
        position += 1
        return log.answers[position - 1].result
    }

    /// Makes a call that must succeed.
    @discardableResult
    mutating func call(_ request: APIRequest) throws(ScriptExit) -> APIObject? {
        switch try attempt(request) {
        case .success(let object): return object
        case .failure(let error): throw .failed(error)
        }
    }

    /// Looks something up once; later runs get the same.
    mutating func remember(_ look: () -> APIObject?) -> APIObject? {
        if remembered == log.memories.count { log.memories.append(look()) }
        remembered += 1
        return log.memories[remembered - 1]
    }

    mutating func record(_ event: EventRecord) { mark(.event(event)) }
    mutating func note(_ entry: JournalEntry) { mark(.note(entry)) }

    private mutating func mark(_ step: Step) {
        marks += 1
        if marks > log.delivered { steps.append(step) }
    }

    /// Runs a function until its end or its next call, and gives the plan for that.
    static func plan<Continuation: Sendable>(
        _ log: ScriptLog, continuing: (ScriptLog) -> Continuation,
        _ body: (inout PlanScript) throws(ScriptExit) -> Plan<Continuation>.Ending,
        onFailure: (APIError?) -> Plan<Continuation>.Ending = { _ in .requeueRateLimited }
    ) -> Plan<Continuation> {
        var script = PlanScript(log)
        var plan = Plan<Continuation>()
        do throws(ScriptExit) {
            plan.ending = try body(&script)
        } catch {
            switch error {
            case .failed(let cause): plan.ending = onFailure(cause)
            case .waiting:
                var log = script.log
                log.delivered = script.marks
                plan.ending = .resume(continuing(log))
            }
        }
        for step in script.steps {
            switch step {
            case .event(let event): plan.record(event)
            case .note(let note): plan.note(note)
            }
        }
        if let request = script.pending { plan.steps.append(.call(request, tolerating: APIError.Reason.all)) }
        return plan
    }
}

extension APIError {
    /// Whether an object was refused because its namespace is being deleted, so that trying again is no use.
    var isNamespaceTerminating: Bool {
        reason == .forbidden
            && (detail == "NamespaceTerminating" || message.hasSuffix("because it is being terminated"))
    }
}
