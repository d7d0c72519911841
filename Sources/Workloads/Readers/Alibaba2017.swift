import SimulationKernel

/// Reads Alibaba's cluster trace of 2017 (1,300 machines, 12 h): CSV without headers.
///
/// Schema: `cluster-trace-v2017/schema.csv` and `trace_201708.md` of alibaba/clusterdata. Times are seconds
/// since the start of the trace; 0 and the few negative ones lie before it. CPUs are cores, but what a batch
/// task asks for is in hundredths (issue 11 of that repository, confirmed by the publisher); memory and disk
/// are fractions of the largest machine's.
public struct Alibaba2017: TableReader {
    public static let serverEvents = TraceTable(.alibaba2017, "server_event")
    public static let serverUsage = TraceTable(.alibaba2017, "server_usage")
    public static let containerEvents = TraceTable(.alibaba2017, "container_event")
    public static let containerUsage = TraceTable(.alibaba2017, "container_usage")
    public static let batchTasks = TraceTable(.alibaba2017, "batch_task")
    public static let batchInstances = TraceTable(.alibaba2017, "batch_instance")
    public static let tables = [
        serverEvents, containerEvents, batchTasks, batchInstances, serverUsage, containerUsage,
    ]

    /// What 1.0 counts as unless the options say otherwise. The publisher does not say; this is our choice.
    public static let assumedMemoryBytes: Int64 = 256 << 30
    public static let assumedDiskBytes: Int64 = 4 << 40

    public var rows: TableRows?
    private var memo = TraitsMemo()
    private var machines: [String: TraceMachine] = [:]
    private var containers: [String: TraceTask] = [:]
    private var memoryBytes = 0.0
    private var diskBytes = 0.0
    private var liveLimit = 0

    public init() {}

    private static let schemas = [
        TableSchema(
            serverEvents,
            "timestamp,machineID,event type,event detail?,number of cpus?,normalized memory?,"
                + "normalized disk space?",
            header: .optional),
        TableSchema(
            serverUsage, "timestamp,machineID,util:CPU,util:memory,util:disk?,load1?,load5?,load15?",
            header: .optional),
        TableSchema(
            containerEvents, "ts,event,instance_id,machine_id,plan_cpu,plan_mem,plan_disk?,cpuset?",
            header: .optional),
        TableSchema(
            containerUsage,
            "ts,instance_id,cpu_util,mem_util,disk_util?,load1?,load5?,load15?,avg_cpi?,avg_mpki?,max_cpi?,"
                + "max_mpki?",
            header: .optional),
        TableSchema(
            batchTasks,
            "create_timestamp,modify_timestamp,job_id,task_id,instance_num,status,plan_cpu?,plan_mem?",
            header: .optional),
        TableSchema(
            batchInstances,
            "start_timestamp,end_timestamp,job_id,task_id,machineID,status,seq_no?,total_seq_no?,"
                + "real_cpu_max?,real_cpu_avg?,real_mem_max?,real_mem_avg?",
            header: .optional),
    ]

    public static func schema(of table: TraceTable) -> TableSchema? { schemas.first { $0.table == table } }

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        guard let schema = Self.schema(of: table) else {
            throw .unsupported(file: file, detail: "\(table.format.rawValue) has no table '\(table.name)'")
        }
        rows = TableRows(schema, file: file, lineLimitBytes: options.lineLimitBytes)
        memoryBytes = Double(options.unitMemoryBytes ?? Self.assumedMemoryBytes)
        diskBytes = Double(options.unitDiskBytes ?? Self.assumedDiskBytes)
        liveLimit = options.liveLimit
    }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        switch row.schema.table {
        case Self.serverEvents: try readServer(row, into: &output)
        case Self.containerEvents: try readContainer(row, into: &output)
        case Self.batchTasks: try readTask(row, into: &output)
        case Self.batchInstances: try readInstance(row, into: &output)
        case Self.serverUsage: try readUsage(row, subject: .machine, id: 1, cpu: 2, memory: 3, into: &output)
        default: try readUsage(row, subject: .task, id: 1, cpu: 2, memory: 3, into: &output)
        }
    }

    public mutating func finish(into output: inout TraceOutput) throws(TraceError) {
        let rest = containers.values.sorted { ($0.submission, $0.id) < ($1.submission, $1.id) }
        containers = [:]
        for var task in rest {
            task.outcome = .unfinished
            output.emit(task)
        }
    }

    /// A time in seconds; what the schema says lies before the trace is its zero.
    private static func time(_ row: borrowing TableRows, _ column: Int) throws(RowFault) -> VirtualTime {
        if try row.decimal(column) < 0 { return .start }
        return try row.seconds(column)
    }

    private mutating func readServer(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let time = try Self.time(row, 0)
        let id = try row.name(1)
        var machine = machines[id] ?? TraceMachine(id: id, capacity: TraceResources())
        if !row.isMissing(4) { machine.capacity.milliCPU = try row.amount(4, times: 1_000) }
        if !row.isMissing(5) { machine.capacity.memoryBytes = try row.amount(5, times: memoryBytes) }
        if !row.isMissing(6) { machine.capacity.diskBytes = try row.amount(6, times: diskBytes) }
        if row.isText(2, "add") {
            machines[id] = machine
            output.emit(TraceMachineEvent(time: time, kind: .add, machine: machine))
        } else if row.isText(2, "softerror") || row.isText(2, "harderror") {
            machine.labels = [
                TraceLabel(name: "error", value: row.string(2)),
                TraceLabel(name: "detail", value: row.string(3)),
            ]
            output.emit(TraceMachineEvent(time: time, kind: .fault, machine: machine))
        } else {
            throw row.fault(2, "add, softerror or harderror")
        }
    }

    private mutating func readContainer(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let time = try Self.time(row, 0)
        let id = "container-" + (try row.name(2))
        let isRemoval = row.isText(1, "Remove") || row.isText(1, "remove")
        if !isRemoval && !row.isText(1, "Create") && !row.isText(1, "create") {
            throw row.fault(1, "Create or Remove")
        }
        if isRemoval {
            guard var task = containers.removeValue(forKey: id) else {
                return output.passOver("the removal of a container whose creation is not in the trace")
            }
            if time < task.submission {
                containers[id] = task
                throw row.fault(0, "a time not before the container's creation")
            }
            task.end = time
            task.duration = time - task.submission
            task.outcome = .killed
            output.emit(task)
            return
        }
        let requests = TraceResources(
            milliCPU: try row.amount(4, times: 1_000), memoryBytes: try row.amount(5, times: memoryBytes),
            diskBytes: try row.amountOrZero(6, times: diskBytes))
        try output.requireNew(id, kind: 1, column: "instance_id")
        if containers.count >= liveLimit { throw row.fault(2, "at most \(liveLimit) containers at once") }
        var task = TraceTask(id: id, submission: time, requests: requests)
        task.start = time
        task.qos = .latencySensitive
        task.machine = row.string(3)
        task.labels = [TraceLabel(name: "kind", value: "service")]
        containers[id] = task
    }

    /// The columns that tell what batch tasks have in common.
    private static let traitColumns = [5...7]

    private func traits(_ row: borrowing TableRows) throws(RowFault) -> TraceTask {
        var task = TraceTask(
            id: "", submission: .start,
            requests: TraceResources(
                milliCPU: try row.amountOrZero(6, times: 10),
                memoryBytes: try row.amountOrZero(7, times: memoryBytes)))
        task.qos = .bestEffort
        task.labels = [TraceLabel(name: "kind", value: "batch")]
        switch row.string(5) {
        case "Terminated": task.outcome = .succeeded
        case "Failed": task.outcome = .failed
        case "Cancelled": task.outcome = .killed
        // The schema spells the last one both ways.
        case "Ready", "Waiting", "Running", "Interrupted", "Interupted": task.outcome = .unfinished
        default: throw row.fault(5, "a status such as Terminated")
        }
        return task
    }

    private mutating func readTask(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let created = try Self.time(row, 0)
        let changed = try Self.time(row, 1)
        let id = try row.joined(2, 3)
        let alike: TraceTask
        if let known = memo.task(like: row, in: Self.traitColumns) {
            alike = known
        } else {
            alike = try traits(row)
            memo.remember(alike)
        }
        var task = TraceTask(id: id, submission: created, alike: alike)
        task.job = row.string(2)
        task.instances = try row.count(4)
        if task.instances == 0 { return output.passOver("a task without instances") }
        if task.outcome != .unfinished {
            if changed < created { throw row.fault(1, "a time not before create_timestamp") }
            task.end = changed
        }
        try output.requireNew(id, kind: 2, column: "task_id")
        output.emit(task)
    }

    /// An instance is a measurement of its task: what one of its parts used, from when to when.
    private func readInstance(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        let start = try Self.time(row, 0)
        let end = try Self.time(row, 1)
        if row.isMissing(2) || row.isMissing(3) {
            return output.passOver("an instance without its job or task")
        }
        if end == .start || row.isMissing(9) { return output.passOver("an instance without usage") }
        if end < start { throw row.fault(1, "a time not before start_timestamp") }
        var usage = TraceUsage(
            subject: .task, id: try row.joined(2, 3), start: start, end: end)
        if !row.isMissing(8) { usage.maximumMilliCPU = try row.amount(8, times: 1_000) }
        usage.milliCPU = try row.amount(9, times: 1_000)
        if !row.isMissing(10) { usage.maximumMemoryBytes = try row.amount(10, times: memoryBytes) }
        if !row.isMissing(11) { usage.memoryBytes = try row.amount(11, times: memoryBytes) }
        output.emit(usage)
    }

    /// Percentages: of a machine's capacity, or of a container's request.
    private func readUsage(
        _ row: borrowing TableRows, subject: TraceUsage.Subject, id: Int, cpu: Int, memory: Int,
        into output: inout TraceOutput
    ) throws(RowFault) {
        let time = try Self.time(row, 0)
        let name = try row.name(id)
        var usage = TraceUsage(
            subject: subject, id: subject == .task ? "container-" + name : name, start: time,
            end: time.advancedClamping(by: .seconds(300)))
        usage.cpuFraction = try UsagePercent.fraction(row, cpu)
        usage.memoryFraction = try UsagePercent.fraction(row, memory)
        output.emit(usage)
    }
}

/// Utilisation that a trace gives from 0 to 100.
enum UsagePercent {
    /// The fraction, or nil where the value is missing or marked as abnormal by −1 or 101.
    static func fraction(_ row: borrowing TableRows, _ column: Int) throws(RowFault) -> Double? {
        if row.isMissing(column) { return nil }
        let value = try row.decimal(column)
        return value < 0 || value > 100 ? nil : value / 100
    }
}
