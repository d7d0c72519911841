import SimulationKernel

/// Reads one trace format from bytes that arrive in chunks.
///
/// The files of a trace come one after the other, in the order of ``tables``; a reader keeps what it must
/// join between them and no more. A value type: its copy is a reader of its own.
public protocol TraceReader: Sendable {
    /// The format's tables, in the order in which their files are to be read.
    static var tables: [TraceTable] { get }

    /// Says that the bytes from now on are those of another file.
    mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError)

    /// Reads the next bytes of the file.
    mutating func read(_ chunk: Span<UInt8>, into output: inout TraceOutput) throws(TraceError)

    /// Says that the file has ended.
    mutating func close(into output: inout TraceOutput) throws(TraceError)

    /// Says that all files have ended: what was held back until then comes out.
    mutating func finish(into output: inout TraceOutput) throws(TraceError)
}

extension TraceReader {
    public mutating func finish(into output: inout TraceOutput) throws(TraceError) {}
}

/// A reader of tables of delimited text: it says what a row becomes, the rest is here.
public protocol TableReader: TraceReader {
    /// The rows of the present file.
    var rows: TableRows? { get set }

    /// The schema of each of ``TraceReader/tables``.
    static func schema(of table: TraceTable) -> TableSchema?

    /// Turns the present row into records.
    ///
    /// - Throws: Why the row cannot be used; it is counted as bad, and reading goes on.
    mutating func readRow(_ row: borrowing TableRows, into output: inout TraceOutput) throws(RowFault)

    /// Says that a file's last row has been read, for readers whose records are made of several rows.
    mutating func endTable(into output: inout TraceOutput)
}

extension TableReader {
    public mutating func endTable(into output: inout TraceOutput) {}

    public mutating func open(_ table: TraceTable, file: String, options: TraceOptions) throws(TraceError) {
        guard let schema = Self.schema(of: table) else {
            throw .unsupported(file: file, detail: "\(table.format.rawValue) has no table '\(table.name)'")
        }
        rows = TableRows(schema, file: file, lineLimitBytes: options.lineLimitBytes)
    }

    public mutating func read(_ chunk: Span<UInt8>, into output: inout TraceOutput) throws(TraceError) {
        guard var source = rows.take() else { return }
        source.append(chunk)
        try readRows(&source, into: &output)
        rows = source
    }

    public mutating func close(into output: inout TraceOutput) throws(TraceError) {
        guard var source = rows.take() else { return }
        source.finish()
        try readRows(&source, into: &output)
        endTable(into: &output)
        if source.isEmpty {
            throw .wrongFormat(
                file: source.file, found: "no rows",
                expected: "\(source.schema.table.format.rawValue) (\(source.schema.table.name)) with the "
                    + "fields \(source.schema.columnList)")
        }
    }

    private mutating func readRows(
        _ source: inout TableRows, into output: inout TraceOutput
    ) throws(TraceError) {
        while try source.next() {
            output.countRow()
            do throws(RowFault) {
                try source.checkFieldCount()
                try readRow(source, into: &output)
            } catch {
                try output.reject(
                    BadRow(file: source.file, line: source.line, reason: error.description))
            }
        }
    }
}

/// A trace that is wholly in memory, in the order of its records' times.
public struct LoadedTrace: Equatable, Sendable {
    public var machines: [TraceMachineEvent] = []
    public var tasks: [TraceTask] = []
    public var objects: [TraceObject] = []
    public var usage: [TraceUsage] = []
    public var tally = TraceTally()

    public init() {}

    public mutating func append(_ record: TraceRecord) {
        switch record {
        case .machine(let event): machines.append(event)
        case .task(let task): tasks.append(task)
        case .object(let object): objects.append(object)
        case .usage(let sample): usage.append(sample)
        }
    }

    /// Reads files that are in memory already: each a table, a name for messages, and its bytes.
    ///
    /// Records stay in the order of the files; ``sortByTime()`` puts them in that of their times.
    public static func read(
        _ files: [(table: TraceTable, name: String, bytes: [UInt8])], with reader: some TraceReader,
        options: TraceOptions = TraceOptions()
    ) throws(TraceError) -> LoadedTrace {
        var reader = reader
        var output = TraceOutput(options: options)
        var trace = LoadedTrace()
        for file in files {
            try reader.open(file.table, file: file.name, options: options)
            try reader.read(file.bytes.span, into: &output)
            try reader.close(into: &output)
            output.drain { trace.append($0) }
        }
        try reader.finish(into: &output)
        try output.checkBadRows()
        output.drain { trace.append($0) }
        trace.tally = output.tally
        return trace
    }

    /// Puts each kind of record in the order of its times; what is equal stays in the files' order.
    public mutating func sortByTime() {
        func order(_ times: [Int64]) -> [Int] {
            times.indices.sorted { times[$0] != times[$1] ? times[$0] < times[$1] : $0 < $1 }
        }
        let machineOrder = order(machines.map(\.time.nanoseconds))
        machines = machineOrder.map { machines[$0] }
        let taskOrder = order(tasks.map(\.submission.nanoseconds))
        tasks = taskOrder.map { tasks[$0] }
        let objectOrder = order(objects.map(\.time.nanoseconds))
        objects = objectOrder.map { objects[$0] }
        let usageOrder = order(usage.map(\.start.nanoseconds))
        usage = usageOrder.map { usage[$0] }
    }
}
