import SimulationKernel

/// Reads the spot GPU trace of Alibaba (2026): `node_info_df.csv` and `job_info_df.csv`.
///
/// Published with Duan et al., "GFS: A Preemptive Scheduling Framework for GPU Clusters with Predictive Spot
/// Management", ASPLOS 2026; schema: `cluster-trace-v2026-spot-gpu/README.md` of alibaba/clusterdata. The
/// requests are those of one worker; the workers of a job are a gang. There is no memory.
public struct AlibabaSpot2026: TableReader {
    public static let nodes = TraceTable(.alibabaSpot2026, "nodes")
    public static let jobs = TraceTable(.alibabaSpot2026, "jobs")
    public static let tables = [nodes, jobs]

    public var rows: TableRows?
    private var memo = TraitsMemo()

    public init() {}

    private static let nodeSchema = TableSchema(
        nodes, "node_name,gpu_model,gpu_capacity_num,cpu_num", header: .required)
    private static let jobSchema = TableSchema(
        jobs,
        "job_name,organization,gpu_model,cpu_request,gpu_request,worker_num,submit_time,duration,job_type",
        header: .required)

    public static func schema(of table: TraceTable) -> TableSchema? {
        [nodeSchema, jobSchema].first { $0.table == table }
    }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let id = try row.name(0)
        if row.schema.table == Self.nodes {
            let gpus = try row.count(2)
            let capacity = TraceResources(
                milliCPU: try row.amount(3, times: 1_000), gpuCount: gpus, gpuMilli: gpus > 0 ? 1_000 : 0)
            try output.requireNew(id, kind: 0, column: "node_name")
            output.emit(
                TraceMachineEvent(
                    time: .start, kind: .add,
                    machine: TraceMachine(id: id, capacity: capacity, gpuModel: row.string(1))))
            return
        }
        let alike: TraceTask
        if let known = memo.task(like: row, in: Self.traitColumns) {
            alike = known
        } else {
            alike = try Self.traits(row)
            memo.remember(alike)
        }
        var task = TraceTask(id: id, submission: try row.seconds(6), alike: alike)
        task.job = id
        task.instances = try row.count(5)
        if task.instances == 0 { throw row.fault(5, "a whole number above 0") }
        task.gangSize = task.instances
        task.duration = try row.seconds(7).sinceStart
        try output.requireNew(id, kind: 1, column: "job_name")
        output.emit(task)
    }

    /// The columns that tell what jobs have in common.
    private static let traitColumns = [1...4, 8...8]

    private static func traits(_ row: borrowing TableRows) throws(RowFault) -> TraceTask {
        guard let gpus = GPUShare(percent: try row.decimal(4) * 100) else {
            throw row.fault(4, "a number of at least 0 and in range")
        }
        var task = TraceTask(
            id: "", submission: .start,
            requests: TraceResources(
                milliCPU: try row.amount(3, times: 1_000), gpuCount: gpus.count, gpuMilli: gpus.milli))
        task.user = row.string(1)
        if !row.isMissing(2) { task.gpuModels = [row.string(2)] }
        if row.isText(8, "HP") {
            task.priority = 1
            task.qos = .guaranteed
        } else if row.isText(8, "Spot") {
            task.priority = 0
            task.qos = .bestEffort
        } else {
            throw row.fault(8, "HP or Spot")
        }
        task.labels = [TraceLabel(name: "job-type", value: row.string(8))]
        return task
    }
}

/// A request for devices that a trace gives as hundredths of one.
struct GPUShare: Equatable {
    var count: Int64
    /// Thousandths of each.
    var milli: Int64

    /// Below 100 a share of one device; from 100 on as many devices as are needed, each of an equal share,
    /// rounded up. Nil for what is negative or no number.
    init?(percent: Double) {
        guard percent >= 0, percent <= 1e12 else { return nil }
        let total = Int64((percent * 10).rounded(.toNearestOrAwayFromZero))
        count = (total + 999) / 1_000
        milli = count == 0 ? 0 : (total + count - 1) / count
    }
}
