import KubernetesModel
import SimulationKernel

/// Reads the trace of Microsoft's Philly clusters (2017): jobs, machines, and what the machines used.
///
/// Published with Jeon et al., "Analysis of Large-Scale Multi-Tenant GPU Clusters for DNN Training Workloads",
/// ATC 2019; schema: README.md of msr-fiddle/philly-traces, and for times, `NA` and the number of a job's
/// devices the notebook beside it. Times are the clock on the wall: jobs' have no zone, and that of the
/// machines' readings, PST or PDT, only says which is meant; zero is 2017-08-07 00:00:00, where the trace
/// begins. A job says which devices its attempts had, not what it asked for: its workers are the servers of
/// its first attempt that has any, and share that attempt's devices evenly. What CPU and memory jobs want or
/// use is not in the trace.
public struct Philly: TraceReader {
    public static let machines = TraceTable(.philly, "cluster_machine_list")
    public static let jobs = TraceTable(.philly, "cluster_job_log")
    public static let cpuUsage = TraceTable(.philly, "cluster_cpu_util")
    public static let memoryUsage = TraceTable(.philly, "cluster_mem_util")
    public static let gpuUsage = TraceTable(.philly, "cluster_gpu_util")
    public static let tables = [machines, jobs, cpuUsage, memoryUsage, gpuUsage]

    /// 2017-08-07 00:00:00, as seconds since 1970.
    static let zero = CalendarTime.days(2017, 8, 7) * 86_400

    private enum Source: Sendable {
        case jobs(JSONObjectFile)
        case rows(TableRows)
    }

    private var source: Source?

    public init() {}

    private static let schemas = [
        TableSchema(machines, "machineId,number of GPUs,single GPU mem", header: .optional),
        TableSchema(cpuUsage, "time,machine_id,cpu_util", header: .optional),
        TableSchema(memoryUsage, "time,machine_id,mem_total,mem_free", header: .optional),
        TableSchema(
            gpuUsage, "time,machineId," + (0..<8).map { "gpu\($0)_util?" }.joined(separator: ","),
            header: .optional),
    ]

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        if table == Self.jobs {
            source = .jobs(JSONObjectFile(file: file, format: .philly, limitBytes: options.lineLimitBytes))
        } else if let schema = Self.schemas.first(where: { $0.table == table }) {
            source = .rows(TableRows(schema, file: file, lineLimitBytes: options.lineLimitBytes))
        } else {
            throw .unsupported(file: file, detail: "\(table.format.rawValue) has no table '\(table.name)'")
        }
    }

    public mutating func read(_ chunk: Span<UInt8>, into output: inout TraceOutput) throws(TraceError) {
        switch source.take() {
        case .none: break
        case .jobs(var file):
            file.append(chunk)
            try read(&file, into: &output)
            source = .jobs(file)
        case .rows(var rows):
            rows.append(chunk)
            try read(&rows, into: &output)
            source = .rows(rows)
        }
    }

    public mutating func close(into output: inout TraceOutput) throws(TraceError) {
        switch source.take() {
        case .none: break
        case .jobs(var file):
            file.finish()
            try read(&file, into: &output)
            if file.isEmpty {
                throw .wrongFormat(file: file.file, found: "no jobs", expected: "cluster_job_log of philly")
            }
        case .rows(var rows):
            rows.finish()
            try read(&rows, into: &output)
        }
    }

    private func read(_ rows: inout TableRows, into output: inout TraceOutput) throws(TraceError) {
        while try rows.next() {
            output.countRow()
            do throws(RowFault) {
                try rows.checkFieldCount()
                if rows.schema.table == Self.machines {
                    try readMachine(rows, into: &output)
                } else {
                    try readUsage(rows, into: &output)
                }
            } catch {
                try output.reject(BadRow(file: rows.file, line: rows.line, reason: error.description))
            }
        }
    }

    private func readMachine(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        let id = try row.name(0)
        let gpus = try row.count(1)
        let memory = row.string(2).filter { $0 != " " }
        try output.requireNew(id, kind: 0, column: "machineId")
        output.emit(
            TraceMachineEvent(
                time: .start, kind: .add,
                machine: TraceMachine(
                    id: id, capacity: TraceResources(gpuCount: gpus, gpuMilli: gpus > 0 ? 1_000 : 0),
                    labels: [TraceLabel(name: "gpu-memory", value: memory)])))
    }

    /// A reading of a minute; `NA` says that the machine or device was off.
    private func readUsage(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        guard let time = try Self.time(.string(row.string(0)), "time") else { throw row.fault(0, "a time") }
        var usage = TraceUsage(
            subject: .machine, id: try row.name(1), start: time, end: time.advancedClamping(by: .seconds(60)))
        switch row.schema.table {
        case Self.cpuUsage:
            if row.isText(2, "NA") { return output.passOver("a reading of a machine that was off") }
            usage.cpuFraction = try UsagePercent.fraction(row, 2)
        case Self.memoryUsage:
            if row.isText(2, "NA") || row.isText(3, "NA") {
                return output.passOver("a reading of a machine that was off")
            }
            let (total, free) = (try row.decimal(2), try row.decimal(3))
            guard total > 0, free >= 0, free <= total else { throw row.fault(3, "from 0 to mem_total") }
            usage.memoryFraction = (total - free) / total
        default:
            var busy = 0.0
            var isOn = false
            for column in 2..<10 where !row.isMissing(column) && !row.isText(column, "NA") {
                let percent = try row.decimal(column)
                guard (0...100).contains(percent) else { throw row.fault(column, "a percentage or NA") }
                busy += percent
                isOn = true
            }
            if !isOn { return output.passOver("a reading of a machine that was off") }
            usage.gpuMilli = NumberText.scaled(busy, by: 10)
        }
        output.emit(usage)
    }

    private func read(_ file: inout JSONObjectFile, into output: inout TraceOutput) throws(TraceError) {
        while try file.next() {
            output.countRow()
            do throws(RowFault) {
                let value: JSONValue
                do throws(JSONSyntaxError) {
                    var parser = JSONParser(file.item)
                    value = try parser.parseDocument()
                } catch {
                    throw RowFault(column: "", found: "no JSON: \(error.message)", expected: "a job")
                }
                try readJob(value, into: &output)
            } catch {
                try output.reject(BadRow(file: file.file, line: file.line, reason: error.description))
            }
        }
    }

    private func readJob(_ job: JSONValue, into output: inout TraceOutput) throws(RowFault) {
        guard let id = job["jobid"]?.stringValue, !id.isEmpty else {
            throw RowFault(column: "jobid", found: "nothing", expected: "a name")
        }
        guard let submission = try Self.time(job["submitted_time"], "submitted_time") else {
            return output.passOver("a job without a time of submission")
        }
        let attempts = job["attempts"]?.arrayValue ?? []
        var workers: Int64 = 0
        var gpus: Int64 = 0
        var machine = ""
        for attempt in attempts {
            let detail = attempt["detail"]?.arrayValue ?? []
            if detail.isEmpty { continue }
            workers = Int64(detail.count)
            let devices = detail.reduce(0) { $0 + ($1["gpus"]?.arrayValue?.count ?? 0) }
            gpus = (Int64(devices) + workers - 1) / workers
            machine = detail[0]["ip"]?.stringValue ?? ""
            break
        }
        if workers == 0 { return output.passOver("a job that was never scheduled: it does not say its size") }
        var task = TraceTask(
            id: id, submission: submission,
            requests: TraceResources(gpuCount: gpus, gpuMilli: gpus > 0 ? 1_000 : 0))
        task.job = id
        task.user = job["user"]?.stringValue ?? ""
        task.group = job["vc"]?.stringValue ?? ""
        task.instances = workers
        task.gangSize = workers
        task.machine = machine
        var ran: VirtualDuration?
        var isRunning = false
        for attempt in attempts {
            let start = try Self.time(attempt["start_time"], "start_time")
            let end = try Self.time(attempt["end_time"], "end_time")
            if task.start == nil { task.start = start }
            if let start, let end {
                if end < start {
                    throw RowFault(
                        column: "end_time", found: "\(end)", expected: "a time not before start_time")
                }
                ran = (ran ?? .zero) + (end - start)
                task.end = end
            }
            isRunning = end == nil
        }
        if let start = task.start, start < submission { task.start = submission }
        switch job["status"]?.stringValue {
        case "Pass": task.outcome = .succeeded
        case "Killed": task.outcome = .killed
        case "Failed": task.outcome = .failed
        default:
            throw RowFault(
                column: "status", found: job["status"]?.stringValue ?? "nothing",
                expected: "Pass, Killed or Failed")
        }
        if isRunning {
            task.outcome = .unfinished
            task.end = nil
        } else if ran == nil {
            return output.passOver("a job of which no attempt has both a start and an end")
        } else {
            // The work of all attempts: a replay that starts it once does not fail in between.
            task.duration = ran
        }
        if attempts.count > 1 {
            task.labels = [TraceLabel(name: "attempts", value: String(attempts.count))]
        }
        try output.requireNew(id, kind: 1, column: "jobid")
        output.emit(task)
    }

    /// A time on the trace's clock; nil for `null`, `None` and an empty text.
    private static func time(_ value: JSONValue?, _ name: String) throws(RowFault) -> VirtualTime? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.stringValue else {
            throw RowFault(
                column: name, found: value.kindName, expected: "a time such as 2017-10-07 01:12:09")
        }
        if text.isEmpty || text == "None" { return nil }
        let isZoned = text.hasSuffix(" PST") || text.hasSuffix(" PDT")
        guard let seconds = CalendarTime.seconds(isZoned ? String(text.dropLast(4)) : text), seconds >= zero
        else {
            throw RowFault(
                column: name, found: "'\(text.prefix(40))'",
                expected: "a time such as 2017-10-07 01:12:09, not before 2017-08-07")
        }
        return VirtualTime.start.advancedClamping(
            by: VirtualDuration(nanoseconds: 1_000_000_000).multipliedClamping(by: seconds - zero))
    }
}
