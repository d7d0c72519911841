import SimulationKernel

/// Joins the events of tasks (submitted, scheduled, ended) into one record a task.
///
/// It holds a task from its first event to its last, so its memory grows with the tasks alive at one time,
/// not with the input. An eviction does not end a task: the trace's scheduler took it off its machine, and a
/// replay's own scheduler will do otherwise. A task that is submitted again after its end is another record,
/// with the time of that submission in its id.
///
/// Rows come in the order of their times. One that goes back may do so as long as it makes sense; an event
/// before another of its task, or a beginning after its end was met, cannot be used.
struct TaskLifecycles: Sendable {
    enum Step: Sendable {
        case submit, schedule, evict
        case end(TraceTask.Outcome)
        /// Requests or constraints changed.
        case update
        /// It was held back, or let go.
        case queue
    }

    /// What a row says about its task; empty fields leave what is known.
    struct Event: Sendable {
        var id: String
        var job: String
        var time: VirtualTime
        var step: Step
        var requests: TraceResources?
        var machine: String = ""
        var priority: Int32?
        var qos: TraceTask.QoS = .unspecified
        var constraints: [TraceConstraint]?
        /// What follows is looked at when the event is the first of its task.
        var labels: [TraceLabel] = []
        var user: String = ""
        var group: String = ""
        var maxPerMachine: Int64?
        var dependencies: [String] = []
    }

    /// Where a task is among those that are alive.
    struct Place {
        fileprivate var hash: UInt64
        fileprivate var slot: Int?

        /// Whether it is alive, so that the next event is not its first.
        var isKnown: Bool { slot != nil }
    }

    fileprivate struct Live: Sendable {
        var id: String
        var task: TraceTask
        /// The time of its last event.
        var latest: VirtualTime
        var evictions = 0
        /// Since when it runs, if it was evicted and scheduled again.
        var lastStart: VirtualTime?
    }

    /// Ended tasks leave slots, with what is left of them, that are used again.
    private var live: ContiguousArray<Live> = []
    private var freeSlots: ContiguousArray<Int> = []
    private var index = SlotIndex()
    private let unused = Live(
        id: "", task: TraceTask(id: "", submission: .start, requests: TraceResources()), latest: .start)
    /// The greatest time so far.
    private var latest = VirtualTime.start
    private var limit = 0
    private var file = ""

    init() {}

    mutating func open(file: String, limit: Int) {
        self.file = file
        self.limit = limit
    }

    func place(of id: String) -> Place {
        let hash = IDHash.hash(id)
        return Place(hash: hash, slot: index.slot(hash) { live[$0].id == id })
    }

    /// Takes one event in, and emits the task when it was the last of it.
    ///
    /// - Parameter place: The task's, as ``place(of:)`` has just told.
    mutating func take(
        _ event: Event, at place: Place, into output: inout TraceOutput
    ) throws(RowFault) {
        let slot: Int
        if let known = place.slot {
            slot = known
        } else {
            guard index.count < limit else {
                throw RowFault(column: "", found: "more than \(limit) tasks alive at once", expected: "fewer")
            }
            if event.time < latest, output.hasMet(event.id, kind: 1) || output.hasMet(event.id, kind: 3) {
                throw Self.disorder(event, after: latest)
            }
            latest = max(latest, event.time)
            if case .end = event.step {
                // Its beginning lies before the file's first row.
                output.passOver("the end of a task whose beginning is not in the trace")
                _ = output.isNew(event.id, kind: 3)
                return
            }
            let entry = Live(id: event.id, task: newTask(event, output: &output), latest: event.time)
            if let free = freeSlots.popLast() {
                slot = free
                live[slot] = entry
            } else {
                slot = live.count
                live.append(entry)
            }
            index.insert(place.hash, slot: slot)
        }
        if event.time < live[slot].latest { throw Self.disorder(event, after: live[slot].latest) }
        live[slot].latest = event.time
        latest = max(latest, event.time)
        if live[slot].take(event) {
            var ended = unused
            swap(&ended, &live[slot])
            freeSlots.append(slot)
            index.remove(place.hash, slot: slot)
            ended.emit(into: &output)
        }
    }

    private static func disorder(_ event: Event, after latest: VirtualTime) -> RowFault {
        RowFault(
            column: "time",
            found: "an event of \(event.id) at \(event.time.sinceStart.fractionalSeconds) s after one at "
                + "\(latest.sinceStart.fractionalSeconds) s",
            expected: "rows in the order of their times: sort them first")
    }

    /// Emits the tasks that are still alive, in the order of their submission.
    mutating func finish(into output: inout TraceOutput) {
        // Ended ones have no id.
        let rest = live.filter { !$0.id.isEmpty }.sorted {
            ($0.task.submission, $0.task.id) < ($1.task.submission, $1.task.id)
        }
        live = []
        freeSlots = []
        index = SlotIndex()
        for var entry in rest {
            entry.task.outcome = .unfinished
            entry.emit(into: &output)
        }
    }

    private func newTask(_ event: Event, output: inout TraceOutput) -> TraceTask {
        var id = event.id
        if !output.isNew(id, kind: 1) { id += "@\(event.time.nanoseconds / 1_000)" }
        var traits = TraceTaskTraits(requests: event.requests ?? TraceResources())
        traits.user = event.user
        traits.group = event.group
        traits.maxPerMachine = event.maxPerMachine
        traits.labels = event.labels
        var task = TraceTask(id: id, submission: event.time, traits: traits)
        task.job = event.job
        task.dependencies = event.dependencies
        return task
    }
}

extension TaskLifecycles.Live {
    /// Takes one event in.
    ///
    /// - Returns: Whether it was the last.
    fileprivate mutating func take(_ event: TaskLifecycles.Event) -> Bool {
        if let requests = event.requests, requests != task.requests { task.requests = requests }
        if let constraints = event.constraints { task.constraints = constraints }
        if let priority = event.priority, priority != task.priority { task.priority = priority }
        if event.qos != .unspecified && event.qos != task.qos { task.qos = event.qos }
        switch event.step {
        case .submit, .update, .queue: break
        case .schedule:
            if evictions == 0 || task.start == nil { task.start = event.time }
            task.machine = event.machine
            lastStart = evictions > 0 ? event.time : nil
        case .evict:
            evictions += 1
        case .end(let outcome):
            task.end = event.time
            task.outcome = outcome
            // Killed while it waited: it never ran.
            task.duration = (lastStart ?? task.start).map { event.time - $0 } ?? .zero
            return true
        }
        return false
    }

    fileprivate consuming func emit(into output: inout TraceOutput) {
        if evictions > 0 {
            task.labels.append(TraceLabel(name: "evictions", value: String(evictions)))
        }
        output.emit(task)
    }
}
