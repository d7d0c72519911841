import SimulationKernel

/// Reads the `openb` traces of Alibaba's GPU cluster (2023): `openb_node_list_*.csv`, `openb_pod_list_*.csv`.
///
/// Published with Weng et al., "Beware of Fragmentation", USENIX ATC 2023; schema:
/// `cluster-trace-gpu-v2023/README.md` of alibaba/clusterdata. Times are seconds, memory is in MiB.
public struct AlibabaGPU2023: TableReader {
    public static let nodes = TraceTable(.alibabaGPU2023, "nodes")
    public static let pods = TraceTable(.alibabaGPU2023, "pods")
    public static let tables = [nodes, pods]

    public var rows: TableRows?
    private var memo = TraitsMemo()

    public init() {}

    private static let mebibyte: Double = 1_048_576
    private static let nodeSchema = TableSchema(
        nodes, "sn,cpu_milli,memory_mib,gpu,model", header: .required)
    private static let podSchema = TableSchema(
        pods,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec?,qos?,pod_phase?,creation_time?,deletion_time?,"
            + "scheduled_time?",
        header: .required)

    public static func schema(of table: TraceTable) -> TableSchema? {
        [nodeSchema, podSchema].first { $0.table == table }
    }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        if row.schema.table == Self.nodes {
            try readNode(row, into: &output)
        } else {
            try readPod(row, into: &output)
        }
    }

    private func readNode(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        let id = try row.name(0)
        try output.requireNew(id, kind: 0, column: "sn")
        let gpus = try row.count(3)
        let capacity = TraceResources(
            milliCPU: try row.count(1), memoryBytes: try row.amount(2, times: Self.mebibyte),
            gpuCount: gpus, gpuMilli: gpus > 0 ? 1_000 : 0)
        output.emit(
            TraceMachineEvent(
                time: .start, kind: .add,
                machine: TraceMachine(id: id, capacity: capacity, gpuModel: row.string(4))))
    }

    private mutating func readPod(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        let id = try row.name(0)
        let alike: TraceTask
        if let known = memo.task(like: row, in: Self.traitColumns) {
            alike = known
        } else {
            alike = try Self.traits(row)
            memo.remember(alike)
        }
        var task = TraceTask(id: id, submission: try row.secondsIfPresent(8) ?? .start, alike: alike)
        task.start = try row.secondsIfPresent(10)
        task.end = try row.secondsIfPresent(9)
        if let end = task.end, end < task.submission {
            throw row.fault(9, "a time not before creation_time")
        }
        if let start = task.start {
            if start < task.submission { throw row.fault(10, "a time not before creation_time") }
            if let end = task.end {
                if end < start { throw row.fault(9, "a time not before scheduled_time") }
                task.duration = end - start
            }
        }
        try output.requireNew(id, kind: 1, column: "name")
        output.emit(task)
    }

    /// What follows from the columns but for the id and the times.
    private static func traits(_ row: borrowing TableRows) throws(RowFault) -> TraceTask {
        let gpus = try row.count(3)
        let gpuMilli = try row.count(4)
        if gpuMilli > 1_000 { throw row.fault(4, "at most 1000, a whole device") }
        if gpus > 1 && gpuMilli != 1_000 && gpuMilli != 0 {
            throw row.fault(4, "1000, as several devices are taken whole")
        }
        let requests = TraceResources(
            milliCPU: try row.count(1), memoryBytes: try row.amount(2, times: mebibyte),
            gpuCount: gpus, gpuMilli: gpus > 0 ? gpuMilli : 0)
        var task = TraceTask(id: "", submission: .start, requests: requests)
        task.limits = requests
        if !row.isEmpty(5) { task.gpuModels = row.string(5).split(separator: "|").map(String.init) }
        task.qos = try qos(row)
        task.outcome = outcome(row)
        return task
    }

    /// The columns that tell what tasks have in common.
    private static let traitColumns = [1...7]

    private static func qos(_ row: borrowing TableRows) throws(RowFault) -> TraceTask.QoS {
        if row.isMissing(6) { return .unspecified }
        if row.isText(6, "LS") { return .latencySensitive }
        if row.isText(6, "BE") { return .bestEffort }
        if row.isText(6, "Burstable") { return .burstable }
        if row.isText(6, "Guaranteed") { return .guaranteed }
        throw row.fault(6, "LS, BE, Burstable or Guaranteed")
    }

    private static func outcome(_ row: borrowing TableRows) -> TraceTask.Outcome {
        if row.isText(7, "Succeeded") { return .succeeded }
        if row.isText(7, "Failed") { return .failed }
        // Running and Pending are the phases when the trace was taken; all such pods have a deletion time.
        return .unknown
    }
}
