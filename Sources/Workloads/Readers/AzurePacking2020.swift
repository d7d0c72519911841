import SimulationKernel

/// Turns the rows of Azure's packing trace (2020) into records; the database itself is opened elsewhere.
///
/// Published with Hadary et al., "Protean: VM Allocation Service at Scale", OSDI 2020; schema:
/// `AzureTracesForPacking2020.md` of Azure/AzurePublicDataset: an SQLite file with the tables `vm` and
/// `vmType`. Times are fractional days, negative for VMs that were there at the start; sizes are fractions of
/// a machine, for each kind of machine that can hold the type. One kind stands for all here: the one that
/// most types fit on, the smallest number of those with as many.
public struct AzurePacking2020: Sendable {
    public static let table = TraceTable(.azurePacking2020, "database")

    /// What a whole machine counts as unless the options say otherwise: fractions have no unit.
    public static let assumedMilliCPU: Int64 = 64_000
    public static let assumedMemoryBytes: Int64 = 256 << 30
    public static let assumedDiskBytes: Int64 = 2 << 40

    /// A row of `vmType`.
    public struct TypeRow: Sendable {
        public var vmType: Int64
        public var machine: Int64
        public var core: Double
        public var memory: Double
        public var hdd: Double
        public var ssd: Double
        public var nic: Double

        public init(
            vmType: Int64, machine: Int64, core: Double, memory: Double, hdd: Double, ssd: Double, nic: Double
        ) {
            self.vmType = vmType
            self.machine = machine
            self.core = core
            self.memory = memory
            self.hdd = hdd
            self.ssd = ssd
            self.nic = nic
        }
    }

    /// A row of `vm`.
    public struct VMRow: Sendable {
        public var id: Int64
        public var tenant: Int64
        public var vmType: Int64
        public var priority: Int64
        /// Days since the start; nil where the database has none.
        public var start: Double?
        public var end: Double?

        public init(
            id: Int64, tenant: Int64, vmType: Int64, priority: Int64, start: Double?, end: Double?
        ) {
            self.id = id
            self.tenant = tenant
            self.vmType = vmType
            self.priority = priority
            self.start = start
            self.end = end
        }
    }

    /// The kind of machine whose fractions are used, once ``chooseMachine()`` has been called.
    public private(set) var machine: Int64 = 0
    private var types: [Int64: [TypeRow]] = [:]
    private let options: TraceOptions
    private let file: String

    public init(file: String, options: TraceOptions) {
        self.file = file
        self.options = options
    }

    public mutating func take(_ row: TypeRow, into output: inout TraceOutput) throws(TraceError) {
        output.countRow()
        let amounts = [row.core, row.memory, row.hdd, row.ssd, row.nic]
        guard amounts.allSatisfy({ $0 >= 0 && $0 <= 1e6 }) else {
            return try output.reject(
                BadRow(
                    file: file, line: 0,
                    reason: "vmType \(row.vmType): found \(amounts), expected fractions of at least 0"))
        }
        types[row.vmType, default: []].append(row)
    }

    /// Settles on the kind of machine that the most types fit on.
    public mutating func chooseMachine() {
        var counts: [Int64: Int] = [:]
        for rows in types.values { for row in rows { counts[row.machine, default: 0] += 1 } }
        machine = counts.keys.sorted().max { counts[$0, default: 0] < counts[$1, default: 0] } ?? 0
        // Of equals `max` gives the last, and the first is wanted.
        let most = counts[machine] ?? 0
        machine = counts.keys.sorted().first { counts[$0] == most } ?? 0
    }

    public func take(_ row: VMRow, into output: inout TraceOutput) throws(TraceError) {
        output.countRow()
        do throws(RowFault) { try emit(row, into: &output) } catch {
            try output.reject(BadRow(file: file, line: 0, reason: "vm \(row.id): \(error.description)"))
        }
    }

    private func emit(_ row: VMRow, into output: inout TraceOutput) throws(RowFault) {
        guard let kinds = types[row.vmType] else {
            throw RowFault(column: "vmTypeId", found: "\(row.vmType)", expected: "a type of the table vmType")
        }
        let size = kinds.first { $0.machine == machine } ?? kinds[0]
        guard let start = row.start, start.isFinite, abs(start) < 100_000 else {
            throw RowFault(
                column: "starttime", found: row.start.map { "\($0)" } ?? "nothing", expected: "days")
        }
        let memory = Double(options.unitMemoryBytes ?? Self.assumedMemoryBytes)
        let disk = Double(options.unitDiskBytes ?? Self.assumedDiskBytes)
        let cpu = Double(options.unitMilliCPU ?? Self.assumedMilliCPU)
        let nic = NumberText.scaled(size.nic, by: 1_000) ?? 0
        var task = TraceTask(
            id: "vm-\(row.id)", submission: Self.moment(max(0, start)),
            requests: TraceResources(
                milliCPU: NumberText.scaled(size.core, by: cpu) ?? 0,
                memoryBytes: NumberText.scaled(size.memory, by: memory) ?? 0,
                diskBytes: NumberText.scaled(size.ssd + size.hdd, by: disk) ?? 0,
                others: nic > 0 ? [NamedAmount(name: "nic-milli", amount: nic)] : []))
        task.user = "tenant-\(row.tenant)"
        task.job = "type-\(row.vmType)"
        task.start = task.submission
        // 0 is high here, and larger is more important in records.
        task.priority = row.priority == 0 ? 1 : 0
        task.qos = row.priority == 0 ? .guaranteed : .bestEffort
        if let end = row.end {
            guard end.isFinite, end >= start, end < 100_000 else {
                throw RowFault(column: "endtime", found: "\(end)", expected: "days, not before starttime")
            }
            task.end = Self.moment(max(0, end))
            task.duration = task.end.map { $0 - task.submission }
        } else {
            task.outcome = .unfinished
        }
        if start < 0 { task.labels = [TraceLabel(name: "predates", value: "true")] }
        try output.requireNew(task.id, kind: 1, column: "vmId")
        output.emit(task)
    }

    private static func moment(_ days: Double) -> VirtualTime {
        VirtualTime(nanoseconds: VirtualDuration(fractionalSeconds: days * 86_400).nanoseconds)
    }
}
