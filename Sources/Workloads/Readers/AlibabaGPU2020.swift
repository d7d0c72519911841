import SimulationKernel

/// Reads the trace of Alibaba's machine-learning platform PAI (2020): `pai_*_table.csv`, `pai_machine_spec`.
///
/// Published with Weng et al., "MLaaS in the Wild", NSDI 2022; schema: `cluster-trace-gpu-v2020/README.md` of
/// alibaba/clusterdata, and for zero times `analysis/utils.py` there, where 0 is no time. The files have no
/// headers (those are files of their own); times are seconds, 100 CPU
/// is one core, 100 GPU one device, memory is in GB (taken as GiB). Users and submissions are in the job
/// table, type constraints in the group tags; both are held in memory for the tasks.
public struct AlibabaGPU2020: TableReader {
    public static let machines = TraceTable(.alibabaGPU2020, "machine_spec")
    public static let groupTags = TraceTable(.alibabaGPU2020, "group_tag_table")
    public static let jobs = TraceTable(.alibabaGPU2020, "job_table")
    public static let tasks = TraceTable(.alibabaGPU2020, "task_table")
    public static let sensors = TraceTable(.alibabaGPU2020, "sensor_table")
    public static let instances = TraceTable(.alibabaGPU2020, "instance_table")
    public static let tables = [machines, groupTags, jobs, tasks, instances, sensors]

    public var rows: TableRows?
    private var tags: [String: Tag] = [:]
    private var jobTable: [String: Job] = [:]
    private var liveLimit = 0

    private struct Tag: Sendable {
        var gpuModel: String
        var group: String
        var workload: String
    }

    private struct Job: Sendable {
        var user: String
        var submission: VirtualTime?
        var instance: String
    }

    public init() {}

    private static let gibibyte: Double = 1_073_741_824
    private static let schemas = [
        TableSchema(machines, "machine,gpu_type,cap_cpu,cap_mem,cap_gpu", header: .optional),
        TableSchema(groupTags, "inst_id,user,gpu_type_spec,group,workload?", header: .optional),
        TableSchema(jobs, "job_name,inst_id,user,status,start_time,end_time?", header: .optional),
        TableSchema(
            tasks,
            "job_name,task_name,inst_num,status,start_time,end_time,plan_cpu,plan_mem,plan_gpu,gpu_type?",
            header: .optional),
        TableSchema(
            instances,
            "job_name,task_name,inst_name,worker_name,inst_id,status,start_time,end_time,machine?",
            header: .optional),
        TableSchema(
            sensors,
            "job_name,task_name,worker_name,inst_id,machine,gpu_name,cpu_usage,gpu_wrk_util,avg_mem,max_mem,"
                + "avg_gpu_wrk_mem?,max_gpu_wrk_mem?,read?,write?,read_count?,write_count?",
            header: .optional),
    ]

    public static func schema(of table: TraceTable) -> TableSchema? { schemas.first { $0.table == table } }

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        guard let schema = Self.schema(of: table) else {
            throw .unsupported(file: file, detail: "\(table.format.rawValue) has no table '\(table.name)'")
        }
        rows = TableRows(schema, file: file, lineLimitBytes: options.lineLimitBytes)
        liveLimit = options.liveLimit
    }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        switch row.schema.table {
        case Self.machines: try readMachine(row, into: &output)
        case Self.groupTags:
            if tags.count >= liveLimit { throw row.fault(0, "at most \(liveLimit) tagged jobs") }
            tags[try row.name(0)] = Tag(
                gpuModel: row.isMissing(2) ? "" : row.string(2), group: row.string(3),
                workload: row.isMissing(4) ? "" : row.string(4))
            output.passOver("a group tag: its task carries it")
        case Self.jobs:
            if jobTable.count >= liveLimit { throw row.fault(0, "at most \(liveLimit) jobs") }
            jobTable[try row.name(0)] = Job(
                user: row.string(2), submission: try Self.time(row, 4), instance: row.string(1))
            output.passOver("a job: its tasks carry it")
        case Self.tasks: try readTask(row, into: &output)
        case Self.instances: output.passOver("an instance: tasks say how many there are")
        default: output.passOver("a sensor's averages, which have no times")
        }
    }

    /// Seconds; nil where there are none, which 0 says too.
    private static func time(_ row: borrowing TableRows, _ column: Int) throws(RowFault) -> VirtualTime? {
        let time = try row.secondsIfPresent(column)
        return time == .start ? nil : time
    }

    private func readMachine(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        let id = try row.name(0)
        let gpus = try row.amount(4, times: 1)
        let capacity = TraceResources(
            milliCPU: try row.amount(2, times: 1_000), memoryBytes: try row.amount(3, times: Self.gibibyte),
            gpuCount: gpus, gpuMilli: gpus > 0 ? 1_000 : 0)
        let model = row.isText(1, "CPU") || gpus == 0 ? "" : row.string(1)
        try output.requireNew(id, kind: 0, column: "machine")
        output.emit(
            TraceMachineEvent(
                time: .start, kind: .add, machine: TraceMachine(id: id, capacity: capacity, gpuModel: model)))
    }

    private func readTask(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        let job = try row.name(0)
        let id = job + "/" + (try row.name(1))
        let start = try Self.time(row, 4)
        let known = jobTable[job]
        guard let submission = known?.submission ?? start else {
            return output.passOver("a task that was never started, of a job without a submission")
        }
        var percent = 0.0
        if !row.isMissing(8) { percent = try row.decimal(8) }
        guard let share = GPUShare(percent: percent) else {
            throw row.fault(8, "a number of at least 0 and in range")
        }
        var task = TraceTask(
            id: id, submission: submission,
            requests: TraceResources(
                milliCPU: try row.amountOrZero(6, times: 10),
                memoryBytes: try row.amountOrZero(7, times: Self.gibibyte), gpuCount: share.count,
                gpuMilli: share.milli))
        task.job = job
        task.user = known?.user ?? ""
        task.instances = row.isMissing(2) ? 1 : try row.amount(2, times: 1)
        if task.instances == 0 { return output.passOver("a task without instances") }
        // A clock of another machine may say that a task began before its job was submitted.
        task.start = start.map { max($0, submission) }
        if start != nil, let end = try Self.time(row, 5) {
            if end < task.start ?? submission { throw row.fault(5, "a time not before start_time") }
            task.end = end
            if let begun = task.start { task.duration = end - begun }
        }
        switch row.string(3) {
        case "Terminated": task.outcome = .succeeded
        case "Failed": task.outcome = .failed
        case "Running", "Waiting": task.outcome = .unfinished
        default: task.outcome = .unknown
        }
        if let tag = known.flatMap({ tags[$0.instance] }) {
            task.group = tag.group
            if !tag.gpuModel.isEmpty && share.count > 0 {
                task.gpuModels = [tag.gpuModel]
            }
            if !tag.workload.isEmpty {
                task.labels.append(TraceLabel(name: "workload", value: tag.workload))
            }
        }
        task.labels.append(TraceLabel(name: "role", value: row.string(1)))
        if !row.isMissing(9) { task.labels.append(TraceLabel(name: "gpu-type", value: row.string(9))) }
        try output.requireNew(id, kind: 1, column: "task_name")
        output.emit(task)
    }
}
