import SimulationKernel

/// Reads Alibaba's cluster trace of 2018 (4,000 machines, 8 days): CSV without headers.
///
/// Schema: `cluster-trace-v2018/schema.txt` and `trace_2018.md` of alibaba/clusterdata. Times are seconds, 100
/// CPU is one core, memory goes from 0 to 100, which is the largest machine's; −1 and 101 stand for values
/// that are not valid. The name of a batch task tells
/// its place in the job's graph: `M5_3_4` is task 5, which starts when the tasks 3 and 4 have ended.
public struct Alibaba2018: TableReader {
    public static let machineMeta = TraceTable(.alibaba2018, "machine_meta")
    public static let machineUsage = TraceTable(.alibaba2018, "machine_usage")
    public static let containerMeta = TraceTable(.alibaba2018, "container_meta")
    public static let containerUsage = TraceTable(.alibaba2018, "container_usage")
    public static let batchTasks = TraceTable(.alibaba2018, "batch_task")
    public static let batchInstances = TraceTable(.alibaba2018, "batch_instance")
    public static let tables = [
        machineMeta, containerMeta, batchTasks, batchInstances, machineUsage, containerUsage,
    ]

    /// What 100 counts as unless the options say otherwise. The publisher does not say; this is our choice.
    public static let assumedMemoryBytes: Int64 = 512 << 30

    public var rows: TableRows?
    private var machines: [String: TraceMachine] = [:]
    private var memoryBytesPerPercent = 0.0
    /// The container whose rows, which follow each other, are being read.
    private var container: TraceTask?
    private var typeLabels: [[TraceLabel]] = []
    private var memo = TraitsMemo()

    public init() {}

    private static let schemas = [
        TableSchema(
            machineMeta,
            "machine_id,time_stamp,failure_domain_1?,failure_domain_2?,cpu_num?,mem_size?,status?",
            header: .optional),
        TableSchema(
            machineUsage,
            "machine_id,time_stamp,cpu_util_percent,mem_util_percent,mem_gps?,mkpi?,net_in?,net_out?,"
                + "disk_io_percent?",
            header: .optional),
        TableSchema(
            containerMeta,
            "container_id,machine_id,time_stamp,app_du,status,cpu_request,cpu_limit,mem_size",
            header: .optional),
        TableSchema(
            containerUsage,
            "container_id,machine_id,time_stamp,cpu_util_percent,mem_util_percent,cpi?,mem_gps?,mpki?,"
                + "net_in?,net_out?,disk_io_percent?",
            header: .optional),
        TableSchema(
            batchTasks,
            "task_name,instance_num,job_name,task_type,status,start_time,end_time?,plan_cpu?,plan_mem?",
            header: .optional),
        TableSchema(
            batchInstances,
            "instance_name,task_name,job_name,task_type,status,start_time,end_time,machine_id,seq_no?,"
                + "total_seq_no?,cpu_avg?,cpu_max?,mem_avg?,mem_max?",
            header: .optional),
    ]

    public static func schema(of table: TraceTable) -> TableSchema? { schemas.first { $0.table == table } }

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        guard let schema = Self.schema(of: table) else {
            throw .unsupported(file: file, detail: "\(table.format.rawValue) has no table '\(table.name)'")
        }
        rows = TableRows(schema, file: file, lineLimitBytes: options.lineLimitBytes)
        memoryBytesPerPercent = Double(options.unitMemoryBytes ?? Self.assumedMemoryBytes) / 100
    }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        switch row.schema.table {
        case Self.machineMeta: try readMachine(row, into: &output)
        case Self.containerMeta: try readContainer(row, into: &output)
        case Self.batchTasks: try readTask(row, into: &output)
        case Self.batchInstances: try readInstance(row, into: &output)
        case Self.machineUsage:
            try readUsage(row, subject: .machine, time: 1, cpu: 2, memory: 3, into: &output)
        default: try readUsage(row, subject: .task, time: 2, cpu: 3, memory: 4, into: &output)
        }
    }

    private mutating func readMachine(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let id = try row.name(0)
        let time = try row.seconds(1)
        let capacity = TraceResources(
            milliCPU: try row.amountOrZero(4, times: 1_000),
            memoryBytes: try memory(row, 5) ?? 0)
        var machine = TraceMachine(id: id, capacity: capacity)
        for (column, name) in [(2, "failure-domain-1"), (3, "failure-domain-2"), (6, "status")]
        where !row.isMissing(column) {
            machine.labels.append(TraceLabel(name: name, value: row.string(column)))
        }
        let known = machines[id]
        if known == machine { return output.passOver("a machine's state that has not changed") }
        machines[id] = machine
        output.emit(TraceMachineEvent(time: time, kind: known == nil ? .add : .update, machine: machine))
    }

    /// A container has a row a state, one after the other: the first says when it came, the first with the
    /// status `stopped` when it went.
    private mutating func readContainer(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let id = try row.name(0)
        let time = try row.seconds(2)
        let requests = TraceResources(
            milliCPU: try row.amount(5, times: 10), memoryBytes: try memory(row, 7) ?? 0)
        if container?.id != id { endTable(into: &output) }
        let isStopped = row.isText(4, "stopped")
        if var known = container {
            if isStopped && known.end == nil {
                if time < known.submission { throw row.fault(2, "a time not before the container's first") }
                known.end = time
                known.duration = time - known.submission
                known.outcome = .killed
                container = known
            }
            return output.passOver("a later state of a container")
        }
        guard output.isNew(id, kind: 1) else { return output.passOver("a later state of a container") }
        if isStopped { return output.passOver("a container that had stopped before its first row") }
        var task = TraceTask(id: id, submission: time, requests: requests)
        task.limits = TraceResources(milliCPU: try row.amountOrZero(6, times: 10))
        task.job = row.string(3)
        task.start = time
        task.machine = row.string(1)
        task.qos = .latencySensitive
        task.outcome = .unfinished
        task.labels = [
            TraceLabel(name: "kind", value: "service"), TraceLabel(name: "app-du", value: task.job),
        ]
        container = task
    }

    public mutating func endTable(into output: inout TraceOutput) {
        if let task = container.take() { output.emit(task) }
    }

    /// Memory in bytes; nil where it is missing, or marked as not valid by −1 or 101.
    private func memory(_ row: borrowing TableRows, _ column: Int) throws(RowFault) -> Int64? {
        if row.isMissing(column) || row.isText(column, "-1") || row.isText(column, "101") { return nil }
        let value = try row.decimal(column)
        return value == -1 || value == 101 ? nil : try row.amount(column, times: memoryBytesPerPercent)
    }

    private mutating func readTask(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let job = try row.name(2)
        let place = try graphPlace(row, 0)
        let id = row.joined(2, 0, place.node)
        let known = memo.task(like: row, in: Self.traitColumns)
        let traits: TraceTask
        if let known {
            traits = known
        } else {
            traits = try self.traits(row)
            memo.remember(traits)
        }
        guard let submission = try row.secondsIfPresent(5) else {
            return output.passOver("a task without a time")
        }
        var task = TraceTask(id: id, submission: submission, alike: traits)
        task.instances = try row.count(1)
        if task.instances == 0 { return output.passOver("a task without instances") }
        task.job = job
        if !place.dependencies.isEmpty { task.dependencies = place.dependencies.map { row.joined(2, 0, $0) } }
        // Tasks that have not ended carry 0 as their end.
        if task.outcome != .unfinished, !row.isMissing(6) {
            let end = try row.seconds(6)
            if end != .start {
                if end < task.submission { throw row.fault(6, "a time not before start_time") }
                // start_time is when the first of its instances was started.
                task.start = task.submission
                task.end = end
                task.duration = end - task.submission
            }
        }
        try output.requireNew(id, kind: 2, column: "task_name")
        output.emit(task)
    }

    /// The columns that tell what batch tasks have in common.
    private static let traitColumns = [3...4, 7...8]

    /// What follows from the columns but for the names and the times.
    private mutating func traits(_ row: borrowing TableRows) throws(RowFault) -> TraceTask {
        var traits = TraceTaskTraits(
            requests: TraceResources(
                milliCPU: try row.amountOrZero(7, times: 10),
                memoryBytes: try memory(row, 8) ?? 0))
        traits.qos = .bestEffort
        traits.labels = labels(ofType: row.string(3))
        traits.outcome = try outcome(row)
        return TraceTask(id: "", submission: .start, traits: traits)
    }

    private func outcome(_ row: borrowing TableRows) throws(RowFault) -> TraceTask.Outcome {
        if row.isText(4, "Terminated") { return .succeeded }
        if row.isText(4, "Failed") { return .failed }
        if row.isText(4, "Cancelled") { return .killed }
        if row.isText(4, "Running") || row.isText(4, "Waiting") || row.isText(4, "Ready")
            || row.isText(4, "Interrupted") || row.isText(4, "Interupted")
        {
            return .unfinished
        }
        throw row.fault(4, "a status such as Terminated")
    }

    /// The labels of tasks of a type; there are a dozen types, and tasks share the lists.
    private mutating func labels(ofType type: String) -> [TraceLabel] {
        if let known = typeLabels.first(where: { $0[1].value == type }) { return known }
        let labels = [TraceLabel(name: "kind", value: "batch"), TraceLabel(name: "task-type", value: type)]
        if typeLabels.count < 100 { typeLabels.append(labels) }
        return labels
    }

    private func graphPlace(_ row: borrowing TableRows, _ column: Int) throws(RowFault) -> TaskGraphName {
        if row.isEmpty(column) { throw row.fault(column, "a name") }
        return row.withBytes(column) { TaskGraphName($0) }
    }

    private func readInstance(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        // What waits or runs has no end, or 0 as one.
        guard let start = try row.secondsIfPresent(5), let end = try row.secondsIfPresent(6), end != .start,
            !row.isMissing(10)
        else { return output.passOver("an instance without usage") }
        if end < start { throw row.fault(6, "a time not before start_time") }
        var usage = TraceUsage(
            subject: .task, id: row.joined(2, 1, try graphPlace(row, 1).node), start: start, end: end)
        if row.isEmpty(2) { throw row.fault(2, "a name") }
        usage.milliCPU = try row.amount(10, times: 10)
        if !row.isMissing(11) { usage.maximumMilliCPU = try row.amount(11, times: 10) }
        usage.memoryBytes = try memory(row, 12)
        usage.maximumMemoryBytes = try memory(row, 13)
        output.emit(usage)
    }

    private func readUsage(
        _ row: borrowing TableRows, subject: TraceUsage.Subject, time column: Int, cpu: Int, memory: Int,
        into output: inout TraceOutput
    ) throws(RowFault) {
        let time = try row.seconds(column)
        var usage = TraceUsage(subject: subject, id: try row.name(0), start: time, end: time)
        usage.cpuFraction = try UsagePercent.fraction(row, cpu)
        usage.memoryFraction = try UsagePercent.fraction(row, memory)
        output.emit(usage)
    }
}

/// The place of a batch task in its job's graph, from its name.
///
/// Source: `cluster-trace-v2018/trace_2018.md`: a letter (which means nothing), the task's number, then the
/// numbers of the tasks before it. Other names, such as `task_aGFuZC1tYWRl`, are independent.
struct TaskGraphName: Equatable {
    /// Where in the name the task's number is; all of it when it is independent.
    var node: Range<Int>
    /// Where the numbers of the tasks before it are, each once.
    var dependencies: [Range<Int>] = []

    init(_ name: Span<UInt8>) {
        node = 0..<name.count
        var start = 0
        while start < name.count, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(name[start] | 0x20) {
            start += 1
        }
        let own = Self.digits(name, from: start)
        guard start > 0, !own.isEmpty, own.upperBound == name.count || name[own.upperBound] == Self.mark
        else {
            return
        }
        node = own
        var end = own.upperBound
        while end < name.count {
            let number = Self.digits(name, from: end + 1)
            // What follows the numbers, such as `Stg1`, is a stage's name.
            if number.isEmpty || number.upperBound < name.count && name[number.upperBound] != Self.mark {
                return
            }
            end = number.upperBound
            let isKnown =
                Self.equal(name, own, number) || dependencies.contains { Self.equal(name, $0, number) }
            if !isKnown { dependencies.append(number) }
        }
    }

    private static let mark = UInt8(ascii: "_")

    private static func digits(_ name: Span<UInt8>, from start: Int) -> Range<Int> {
        var end = start
        while end < name.count, name[end] &- UInt8(ascii: "0") <= 9 { end += 1 }
        return start..<end
    }

    private static func equal(_ name: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        if left.count != right.count { return false }
        for offset in 0..<left.count where name[left.lowerBound + offset] != name[right.lowerBound + offset] {
            return false
        }
        return true
    }
}
