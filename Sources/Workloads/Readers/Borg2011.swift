import SimulationKernel

/// Reads Google's cluster trace of May 2011 (clusterdata-2011-2): CSV without headers.
///
/// Source: Reiss, Wilkes, Hellerstein, "Google cluster-usage traces: format + schema", version 2.1. Times
/// are microseconds; the window begins at 600 s, 0 is before it and 2⁶³ − 1 after. CPU and memory are
/// fractions of the largest machine's.
public struct Borg2011: TableReader {
    public static let machineEvents = TraceTable(.borg2011, "machine_events")
    public static let machineAttributes = TraceTable(.borg2011, "machine_attributes")
    public static let jobEvents = TraceTable(.borg2011, "job_events")
    public static let taskConstraints = TraceTable(.borg2011, "task_constraints")
    public static let taskEvents = TraceTable(.borg2011, "task_events")
    public static let taskUsage = TraceTable(.borg2011, "task_usage")
    public static let tables = [
        machineEvents, machineAttributes, jobEvents, taskConstraints, taskEvents, taskUsage,
    ]

    /// What 1.0 counts as unless the options say otherwise. The publisher does not say; this is our choice.
    public static let assumedMilliCPU: Int64 = 32_000
    public static let assumedMemoryBytes: Int64 = 128 << 30

    public var rows: TableRows?
    private var lifecycles = TaskLifecycles()
    private var capacities: [String: TraceMachine] = [:]
    private var jobUsers: [String: String] = [:]
    private var constraints: [String: [TraceConstraint]] = [:]
    private var milliCPU = Double(assumedMilliCPU)
    private var memoryBytes = Double(assumedMemoryBytes)
    private var liveLimit = 0

    public init() {}

    private static let schemas = [
        TableSchema(
            machineEvents, "time,machine ID,event type,platform ID?,CPUs?,Memory?", header: .optional),
        TableSchema(
            machineAttributes, "time,machine ID,attribute name,attribute value?,attribute deleted?",
            header: .optional),
        TableSchema(
            jobEvents,
            "time,missing info,job ID,event type,user,scheduling class?,job name?,logical job name?",
            header: .optional),
        TableSchema(
            taskConstraints,
            "time,job ID,task index,comparison operator,attribute name,attribute value?", header: .optional),
        TableSchema(
            taskEvents,
            "time,missing info,job ID,task index,machine ID,event type,user,scheduling class?,priority?,"
                + "CPU request?,memory request?,disk space request?,different machines restriction?",
            header: .optional),
        TableSchema(
            taskUsage,
            "start time,end time,job ID,task index,machine ID,CPU rate,canonical memory usage,"
                + "assigned memory usage?,unmapped page cache?,total page cache?,maximum memory usage?,"
                + "disk I/O time?,local disk space usage?,maximum CPU rate?",
            header: .optional),
    ]

    public static func schema(of table: TraceTable) -> TableSchema? { schemas.first { $0.table == table } }

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        guard let schema = Self.schema(of: table) else {
            throw .unsupported(file: file, detail: "\(table.format.rawValue) has no table '\(table.name)'")
        }
        rows = TableRows(schema, file: file, lineLimitBytes: options.lineLimitBytes)
        milliCPU = Double(options.unitMilliCPU ?? Self.assumedMilliCPU)
        memoryBytes = Double(options.unitMemoryBytes ?? Self.assumedMemoryBytes)
        liveLimit = options.liveLimit
        lifecycles.open(file: file, limit: options.liveLimit)
    }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        switch row.schema.table {
        case Self.machineEvents: try readMachine(row, into: &output)
        case Self.machineAttributes: try readAttribute(row, into: &output)
        case Self.jobEvents: try readJob(row, into: &output)
        case Self.taskConstraints: try readConstraint(row)
        case Self.taskEvents: try readTask(row, into: &output)
        default: try readUsage(row, into: &output)
        }
    }

    public mutating func finish(into output: inout TraceOutput) throws(TraceError) {
        lifecycles.finish(into: &output)
    }

    /// A time in microseconds; nil for what lies after the trace.
    private static func time(_ row: borrowing TableRows, _ column: Int) throws(RowFault) -> VirtualTime? {
        if row.isText(column, "9223372036854775807") { return nil }
        return try row.time(column, nanosecondsPerUnit: 1_000)
    }

    private mutating func readMachine(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        guard let time = try Self.time(row, 0) else { return output.passOver("an event after the trace") }
        let id = try row.name(1)
        var machine = capacities[id] ?? TraceMachine(id: id, capacity: TraceResources())
        if !row.isMissing(4) { machine.capacity.milliCPU = try row.amount(4, times: milliCPU) }
        if !row.isMissing(5) { machine.capacity.memoryBytes = try row.amount(5, times: memoryBytes) }
        if !row.isMissing(3) { machine.setLabel("platform", row.string(3)) }
        let kind: TraceMachineEvent.Kind
        switch try row.integer(2) {
        case 0: kind = .add
        case 1: kind = .remove
        case 2: kind = .update
        default: throw row.fault(2, "0 (add), 1 (remove) or 2 (update)")
        }
        capacities[id] = machine
        output.emit(TraceMachineEvent(time: time, kind: kind, machine: machine))
    }

    private mutating func readAttribute(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        guard let time = try Self.time(row, 0) else { return output.passOver("an event after the trace") }
        let id = try row.name(1)
        guard capacities[id] != nil else {
            return output.passOver("an attribute of a machine that is not in machine_events")
        }
        let label = TraceLabel(name: try row.name(2), value: row.string(3))
        let machine = TraceMachine(id: id, capacity: TraceResources(), labels: [label])
        output.emit(
            TraceMachineEvent(time: time, kind: row.isText(4, "1") ? .unlabel : .label, machine: machine))
    }

    private mutating func readJob(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let job = try row.name(2)
        if jobUsers.count >= liveLimit { throw row.fault(2, "at most \(liveLimit) jobs") }
        // The logical name is what runs of the same program have in common. Rows that were made up for
        // missing ones may lack it.
        let name = row.string(7)
        if !name.isEmpty || jobUsers[job] == nil { jobUsers[job] = name }
        output.passOver("a job event: tasks carry what is replayed")
    }

    private mutating func readConstraint(_ row: borrowing TableRows) throws(RowFault) {
        let relation: TraceConstraint.Relation
        switch try row.integer(3) {
        case 0: relation = row.isMissing(5) ? .absent : .equal
        case 1: relation = row.isMissing(5) ? .present : .notEqual
        case 2: relation = .less
        case 3: relation = .greater
        default: throw row.fault(3, "0 (equal), 1 (not equal), 2 (less than) or 3 (greater than)")
        }
        let id = try row.name(1) + "/" + row.name(2)
        if constraints.count >= liveLimit {
            throw row.fault(1, "at most \(liveLimit) tasks with constraints")
        }
        let constraint = TraceConstraint(
            attribute: try row.name(4), relation: relation, value: row.string(5))
        if constraints[id]?.contains(constraint) != true { constraints[id, default: []].append(constraint) }
    }

    private mutating func readTask(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        guard let time = try Self.time(row, 0) else { return output.passOver("an event after the trace") }
        let job = try row.name(2)
        let step: TaskLifecycles.Step
        switch try row.integer(5) {
        case 0: step = .submit
        case 1: step = .schedule
        case 2: step = .evict
        case 3: step = .end(.failed)
        case 4: step = .end(.succeeded)
        case 5: step = .end(.killed)
        case 6: step = .end(.unknown)
        case 7, 8: step = .update
        default: throw row.fault(5, "an event type from 0 to 8")
        }
        let id = try row.joined(2, 3)
        let place = lifecycles.place(of: id)
        var event = TaskLifecycles.Event(id: id, job: job, time: time, step: step)
        if case .schedule = step { event.machine = row.string(4) }
        if !place.isKnown {
            event.user = row.string(6)
            if !jobUsers.isEmpty { event.group = jobUsers[job] ?? "" }
            if row.isText(12, "1") { event.maxPerMachine = 1 }
        }
        if !row.isMissing(7) {
            let schedulingClass = try row.integer(7)
            guard (0...3).contains(schedulingClass) else { throw row.fault(7, "a class from 0 to 3") }
            event.qos = Self.classes[Int(schedulingClass)]
            if !place.isKnown { event.labels = Self.classLabels[Int(schedulingClass)] }
        }
        if !row.isMissing(8) {
            guard let priority = Int32(exactly: try row.integer(8)) else {
                throw row.fault(8, "a number in range")
            }
            event.priority = priority
        }
        if !row.isMissing(9) || !row.isMissing(10) {
            event.requests = TraceResources(
                milliCPU: try row.amountOrZero(9, times: milliCPU),
                memoryBytes: try row.amountOrZero(10, times: memoryBytes),
                diskBytes: try row.amountOrZero(11, times: Self.diskBytes))
        }
        if !constraints.isEmpty { event.constraints = constraints[id] }
        try lifecycles.take(event, at: place, into: &output)
    }

    /// Disk is normalised by a machine's disk, of which nothing is said; 1.0 counts as 1 TiB.
    private static let diskBytes = 0x1p40

    /// The latency sensitivity 0 to 3 as a class of service.
    static let classes: [TraceTask.QoS] = [.bestEffort, .burstable, .latencySensitive, .guaranteed]

    private static let classLabels = (0...3).map { [TraceLabel(name: "scheduling-class", value: String($0))] }

    private func readUsage(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        guard let start = try Self.time(row, 0), let end = try Self.time(row, 1) else {
            return output.passOver("an event after the trace")
        }
        if end < start { throw row.fault(1, "a time not before the start time") }
        var usage = TraceUsage(
            subject: .task, id: try row.joined(2, 3), start: start, end: end)
        if !row.isMissing(5) { usage.milliCPU = try row.amount(5, times: milliCPU) }
        if !row.isMissing(6) { usage.memoryBytes = try row.amount(6, times: memoryBytes) }
        if !row.isMissing(10) { usage.maximumMemoryBytes = try row.amount(10, times: memoryBytes) }
        if !row.isMissing(13) { usage.maximumMilliCPU = try row.amount(13, times: milliCPU) }
        output.emit(usage, job: row.string(2))
    }
}

extension TraceMachine {
    /// Gives a label its value, in its old place or at the end.
    mutating func setLabel(_ name: String, _ value: String) {
        if let index = labels.firstIndex(where: { $0.name == name }) {
            labels[index].value = value
        } else {
            labels.append(TraceLabel(name: name, value: value))
        }
    }
}
