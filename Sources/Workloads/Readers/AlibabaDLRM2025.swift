import SimulationKernel

/// Reads the trace of GPU-disaggregated recommendation models of Alibaba (2025).
///
/// Published with Yang et al., "GPU-Disaggregated Serving for Deep Learning Recommendation Models at Scale",
/// NSDI 2025; schema: `cluster-trace-gpu-v2025/README.md` of alibaba/clusterdata. Times are seconds, memory
/// and disk are in GiB. A row without a creation time predates the trace and counts as submitted at its
/// zero; one without a deletion time outlives it.
public struct AlibabaDLRM2025: TableReader {
    public static let instances = TraceTable(.alibabaDLRM2025, "instances")
    public static let tables = [instances]

    public var rows: TableRows?
    private var memo = TraitsMemo()

    public init() {}

    private static let gibibyte: Double = 1_073_741_824
    private static let instanceSchema = TableSchema(
        instances,
        "instance_sn,role,app_name,cpu_request,cpu_limit,gpu_request,gpu_limit,rdma_request,rdma_limit,"
            + "memory_request,memory_limit,disk_request,disk_limit,max_instance_per_node,creation_time,"
            + "scheduled_time,deletion_time",
        header: .required)

    public static func schema(of table: TraceTable) -> TableSchema? {
        table == instances ? instanceSchema : nil
    }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let id = try row.name(0)
        let creation = try row.secondsIfPresent(14)
        let alike: TraceTask
        if let known = memo.task(like: row, in: Self.traitColumns) {
            alike = known
        } else {
            alike = try Self.traits(row)
            memo.remember(alike)
        }
        var task = TraceTask(id: id, submission: creation ?? .start, alike: alike)
        task.job = alike.job
        task.start = try row.secondsIfPresent(15) ?? (creation == nil ? .start : nil)
        task.end = try row.secondsIfPresent(16)
        if task.end == nil { task.outcome = .unfinished }
        if let start = task.start, start < task.submission {
            throw row.fault(15, "a time not before creation_time")
        }
        if let end = task.end, end < task.start ?? task.submission {
            throw row.fault(16, "a time not before scheduled_time")
        }
        if let start = task.start, let end = task.end, creation != nil { task.duration = end - start }
        if creation == nil { task.labels.append(TraceLabel(name: "predates", value: "true")) }
        try output.requireNew(id, kind: 1, column: "instance_sn")
        output.emit(task)
    }

    /// The columns that tell what instances have in common.
    private static let traitColumns = [1...13]

    private static func traits(_ row: borrowing TableRows) throws(RowFault) -> TraceTask {
        var task = TraceTask(id: "", submission: .start, requests: try amounts(row, from: 3))
        task.limits = try amounts(row, from: 4)
        task.job = row.string(2)
        task.group = row.string(1)
        task.qos = .latencySensitive
        let most = try row.integer(13)
        if most == 0 || most < -1 { throw row.fault(13, "-1 or a whole number above 0") }
        task.maxPerMachine = most > 0 ? most : nil
        task.labels = [TraceLabel(name: "role", value: task.group)]
        return task
    }

    /// The requests begin at column 3 and the limits at column 4, and alternate.
    private static func amounts(
        _ row: borrowing TableRows, from first: Int
    ) throws(RowFault) -> TraceResources {
        let gpus = try row.count(first + 2)
        let rdma = try row.amountOrZero(first + 4, times: 1)
        return TraceResources(
            milliCPU: try row.amount(first, times: 1_000),
            memoryBytes: try row.amount(first + 6, times: gibibyte),
            diskBytes: try row.amountOrZero(first + 8, times: gibibyte), gpuCount: gpus,
            gpuMilli: gpus > 0 ? 1_000 : 0, others: rdma > 0 ? [NamedAmount(name: "rdma", amount: rdma)] : [])
    }
}
