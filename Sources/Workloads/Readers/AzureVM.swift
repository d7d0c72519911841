import SimulationKernel

/// Reads the virtual-machine traces of Azure of 2017 (V1) and 2019 (V2): `vmtable` and CPU readings.
///
/// Schemas: `AzurePublicDatasetV1.md` and `AzurePublicDatasetV2.md` of Azure/AzurePublicDataset; CSV without
/// headers. Times are seconds, a multiple of the 300 s between two readings, so that a VM which was seen once
/// lived that long. One that exists in the first or the last five minutes may have begun before or end after;
/// V2 gives cores and memory in buckets, of which the open ones, `>24` and `>64`, count as 30 and 70. Both are
/// as in the notebooks of the publisher's folder `analysis`. Memory is in GB, taken as GiB. Machines are not in
/// the traces.
public struct AzureVM: TableReader {
    public static let vms2017 = TraceTable(.azureVM2017, "vmtable")
    public static let readings2017 = TraceTable(.azureVM2017, "vm_cpu_readings")
    public static let vms2019 = TraceTable(.azureVM2019, "vmtable")
    public static let readings2019 = TraceTable(.azureVM2019, "vm_cpu_readings")
    public static let tables = [vms2017, vms2019, readings2017, readings2019]

    public var rows: TableRows?

    public init() {}

    private static let gibibyte: Double = 1_073_741_824
    /// The traces cover 30 days; a deletion at their last reading is no deletion.
    private static func end(of format: TraceFormat) -> VirtualTime {
        .start + .seconds(format == .azureVM2017 ? 2_591_700 : 2_591_400)
    }
    private static let vmColumns =
        "vmid,subscriptionid,deploymentid,vmcreated,vmdeleted,maxcpu,avgcpu,p95maxcpu,vmcategory,vmcorecount,"
        + "vmmemory"
    private static let readingColumns = "timestamp,vmid,mincpu,maxcpu,avgcpu"
    private static let schemas = [
        TableSchema(vms2017, vmColumns, header: .optional),
        TableSchema(vms2019, vmColumns, header: .optional),
        TableSchema(readings2017, readingColumns, header: .optional),
        TableSchema(readings2019, readingColumns, header: .optional),
    ]

    public static func schema(of table: TraceTable) -> TableSchema? { schemas.first { $0.table == table } }

    public mutating func readRow(
        _ row: borrowing TableRows, into output: inout TraceOutput
    ) throws(RowFault) {
        if row.schema.table.name == Self.vms2017.name {
            try readMachine(row, into: &output)
        } else {
            try readReading(row, into: &output)
        }
    }

    private func readMachine(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        let id = try row.name(0)
        let created = try row.seconds(3)
        let deleted = try row.seconds(4)
        if deleted < created { throw row.fault(4, "a time not before vmcreated") }
        var task = TraceTask(
            id: id, submission: created,
            requests: TraceResources(
                milliCPU: try Self.bucket(row, 9, times: 1_000),
                memoryBytes: try Self.bucket(row, 10, times: Self.gibibyte)))
        task.user = row.string(1)
        task.job = row.string(2)
        task.start = created
        if deleted < Self.end(of: row.schema.table.format) {
            let lived = max(deleted - created, .seconds(300))
            task.end = created.advancedClamping(by: lived)
            task.duration = lived
        } else {
            task.outcome = .unfinished
        }
        switch row.string(8) {
        case "Interactive": task.qos = .latencySensitive
        case "Delay-insensitive": task.qos = .burstable
        default: task.qos = .unspecified
        }
        task.labels = [TraceLabel(name: "category", value: row.string(8))]
        for (column, name) in [(6, "average-cpu-percent"), (7, "p95-cpu-percent")]
        where !row.isMissing(column) {
            task.labels.append(TraceLabel(name: name, value: row.string(column)))
        }
        try output.requireNew(id, kind: 1, column: "vmid")
        output.emit(task)
    }

    private func readReading(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault) {
        let time = try row.seconds(0)
        var usage = TraceUsage(
            subject: .task, id: try row.name(1), start: time, end: time.advancedClamping(by: .seconds(300)))
        guard let fraction = try UsagePercent.fraction(row, 4) else {
            throw row.fault(4, "a percentage from 0 to 100")
        }
        usage.cpuFraction = fraction
        output.emit(usage)
    }

    /// A number, or an open bucket such as `>24`.
    private static func bucket(
        _ row: borrowing TableRows, _ column: Int, times factor: Double
    ) throws(RowFault) -> Int64 {
        let text = row.string(column)
        guard text.hasPrefix(">") else { return try row.amount(column, times: factor) }
        guard let bound = NumberText.decimal(Array(text.dropFirst().utf8).span), bound >= 0,
            // The publisher counts 6 more than the bound, of both.
            let amount = NumberText.scaled(bound + 6, by: factor)
        else { throw row.fault(column, "a number, or a bucket such as '>24'") }
        return amount
    }
}
