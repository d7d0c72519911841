import SimulationKernel

/// Joins the events of tasks (submitted, scheduled, ended) into one record a task.
///
/// It holds a task from its first event to its last, so its memory grows with the tasks alive at one time,
/// not with the input. An eviction does not end a task: the trace's scheduler took it off its machine, and a
/// replay's own scheduler will do otherwise. A task that is submitted again after its end is another record,
/// with the time of that submission in its id.
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
        var labels: [TraceLabel] = []
        /// Changes the new record when the event is the first of its task.
        var user: String = ""
        var group: String = ""
        var maxPerMachine: Int64?
        var dependencies: [String] = []
    }

    private struct Live: Sendable {
        var task: TraceTask
        var evictions = 0
    }

    private var live: [String: Live] = [:]
    private var limit = 0
    private var file = ""

    init() {}

    mutating func open(file: String, limit: Int) {
        self.file = file
        self.limit = limit
    }

    /// Takes one event in, and emits the task when it was the last of it.
    mutating func take(_ event: Event, into output: inout TraceOutput) throws(RowFault) {
        var entry: Live
        if let known = live.removeValue(forKey: event.id) {
            entry = known
        } else {
            guard live.count < limit else {
                throw RowFault(column: "", found: "more than \(limit) tasks alive at once", expected: "fewer")
            }
            if case .end = event.step {
                // Its beginning lies before the file's first row.
                output.passOver("the end of a task whose beginning is not in the trace")
                return
            }
            entry = Live(task: newTask(event, output: &output))
        }
        if event.time < entry.task.submission {
            live[event.id] = entry
            throw RowFault(
                column: "time", found: "an event at \(event.time)",
                expected: "none before the task's submission at \(entry.task.submission)")
        }
        if let requests = event.requests { entry.task.requests = requests }
        if let constraints = event.constraints { entry.task.constraints = constraints }
        if let priority = event.priority { entry.task.priority = priority }
        if event.qos != .unspecified { entry.task.qos = event.qos }
        switch event.step {
        case .submit, .update, .queue: break
        case .schedule:
            if entry.evictions == 0 || entry.task.start == nil { entry.task.start = event.time }
            entry.task.machine = event.machine
            lastStarts[event.id] = entry.evictions > 0 ? event.time : nil
        case .evict:
            entry.evictions += 1
        case .end(let outcome):
            entry.task.end = event.time
            entry.task.outcome = outcome
            let begun = lastStarts.removeValue(forKey: event.id) ?? entry.task.start
            // Killed while it waited: it never ran.
            entry.task.duration = begun.map { event.time - $0 } ?? .zero
            emit(entry, into: &output)
            return
        }
        live[event.id] = entry
    }

    /// Since when tasks run that were evicted and scheduled again.
    private var lastStarts: [String: VirtualTime] = [:]

    /// Emits the tasks that are still alive, in the order of their submission.
    mutating func finish(into output: inout TraceOutput) {
        let rest = live.values.sorted {
            ($0.task.submission, $0.task.id) < ($1.task.submission, $1.task.id)
        }
        live = [:]
        lastStarts = [:]
        for var entry in rest {
            entry.task.outcome = .unfinished
            emit(entry, into: &output)
        }
    }

    private func newTask(_ event: Event, output: inout TraceOutput) -> TraceTask {
        var id = event.id
        if !output.isNew(id, kind: 1) { id += "@\(event.time.nanoseconds / 1_000)" }
        var task = TraceTask(id: id, submission: event.time, requests: event.requests ?? TraceResources())
        task.job = event.job
        task.user = event.user
        task.group = event.group
        task.maxPerMachine = event.maxPerMachine
        task.dependencies = event.dependencies
        task.labels = event.labels
        return task
    }

    private func emit(_ entry: Live, into output: inout TraceOutput) {
        var task = entry.task
        if entry.evictions > 0 {
            task.labels.append(TraceLabel(name: "evictions", value: String(entry.evictions)))
        }
        output.emit(task)
    }
}
