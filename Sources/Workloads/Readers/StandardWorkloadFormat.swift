import SimulationKernel

/// Reads the Standard Workload Format of the Parallel Workloads Archive: 18 numbers a line, `;` comments.
///
/// Source: Chapin et al., "Benchmarks and Standards for the Evaluation of Parallel Job Schedulers", JSSPP
/// 1999, and the archive's page "The Standard Workload Format" (version 2.2). −1 stands for unknown.
public struct StandardWorkloadFormat: TableReader {
    public static let jobs = TraceTable(.swf, "jobs")
    public static let tables = [jobs]

    public var rows: TableRows?

    public init() {}

    private static let jobSchema = TableSchema(
        jobs,
        "job_number,submit_time,wait_time,run_time,allocated_processors,average_cpu_time,used_memory,"
            + "requested_processors,requested_time,requested_memory,status,user,group,executable,queue,"
            + "partition,preceding_job,think_time",
        header: .optional, separator: .whitespace(comment: UInt8(ascii: ";")))

    public static func schema(of table: TraceTable) -> TableSchema? { table == jobs ? jobSchema : nil }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let id = String(try row.count(0))
        let status = try row.integer(10)
        if (2...4).contains(status) {
            return output.passOver("a part of a job's run: the job's own line tells of it all")
        }
        let submission = try row.seconds(1)
        let requested = try Self.known(row, 7) ?? 0
        let allocated = try Self.known(row, 4) ?? 0
        let processors = requested > 0 ? requested : allocated
        if processors == 0 {
            return output.passOver("a job without processors: it got none, and what it wanted is not known")
        }
        // Memory is in KB a processor.
        let requestedMemory = try Self.known(row, 9)
        let usedMemory = try Self.known(row, 6)
        let memory = requestedMemory ?? usedMemory ?? 0
        let (each, overflow) = memory.multipliedReportingOverflow(by: 1_024)
        if overflow { throw row.fault(9, "a number in range") }
        var task = TraceTask(
            id: id, submission: submission, requests: TraceResources(milliCPU: 1_000, memoryBytes: each))
        // A parallel job: as many single-processor parts as it asked for, all at the same time.
        task.instances = processors
        task.gangSize = processors
        task.job = id
        task.user = try Self.known(row, 11).map { "user-\($0)" } ?? ""
        task.group = try Self.known(row, 12).map { "group-\($0)" } ?? ""
        let wait = try Self.knownSeconds(row, 2)
        let run = try Self.knownSeconds(row, 3)
        if status == 5, (run ?? .zero) == .zero {
            // Cancelled before it began: the wait is the time until then.
            task.end = wait.map { submission.advancedClamping(by: $0) }
            task.duration = .zero
        } else {
            task.start = wait.map { submission.advancedClamping(by: $0) }
            if let run {
                task.duration = run
                task.end = task.start?.advancedClamping(by: run)
            } else {
                task.duration = try Self.knownSeconds(row, 8)
            }
        }
        switch status {
        case 1: task.outcome = .succeeded
        case 0: task.outcome = .failed
        case 5: task.outcome = .killed
        default: task.outcome = .unknown
        }
        if let preceding = try Self.known(row, 16) { task.dependencies = [String(preceding)] }
        for (column, name) in [
            (8, "requested-seconds"), (13, "executable"), (14, "queue"), (15, "partition"),
            (17, "think-seconds"),
        ] {
            if let value = try Self.known(row, column) {
                task.labels.append(TraceLabel(name: name, value: String(value)))
            }
        }
        try output.requireNew(id, kind: 1, column: "job_number")
        output.emit(task)
    }

    /// The seconds of a column, fractions allowed, or nil for −1.
    private static func knownSeconds(
        _ row: borrowing TableRows, _ column: Int
    ) throws(RowFault) -> VirtualDuration? {
        try row.decimal(column) == -1 ? nil : try row.seconds(column).sinceStart
    }

    /// The number of a column, or nil for −1.
    private static func known(_ row: borrowing TableRows, _ column: Int) throws(RowFault) -> Int64? {
        let value = try row.decimal(column)
        if value == -1 { return nil }
        guard value >= 0, let whole = NumberText.scaled(value, by: 1) else {
            throw row.fault(column, "-1 or a number of at least 0")
        }
        return whole
    }
}
