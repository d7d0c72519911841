public import Workloads

/// Reads the files of a set one chunk at a time, whenever somebody asks for more.
public final class TraceFileSource: TraceSource {
    private let set: TraceFileSet
    private let options: TraceOptions
    private var reader: any TraceReader
    private var output: TraceOutput
    private var place = 0
    private var source: ByteSource?
    private var isFinished = false

    /// - Throws: For a format that is not read from bytes; such a trace is loaded as a whole.
    init(_ set: TraceFileSet, options: TraceOptions) throws(TraceError) {
        guard let reader = TraceRecognition.reader(of: set.format) else {
            throw .unsupported(
                file: set.inputs.first?.path ?? "", detail: "\(set.format.rawValue) is no stream")
        }
        self.set = set
        self.options = options
        self.reader = reader
        output = TraceOutput(options: options)
    }

    public var tally: TraceTally { output.tally }

    public func nextPiece() throws(TraceError) -> [TraceRecord]? {
        guard place < set.inputs.count else {
            if isFinished { return nil }
            isFinished = true
            try reader.finish(into: &output)
            try output.checkBadRows()
            return output.take()
        }
        let input = set.inputs[place]
        let source: ByteSource
        if let open = self.source {
            source = open
        } else {
            source = try ByteSource(path: input.path)
            try reader.open(input.table, file: input.path, options: options)
            self.source = source
        }
        let bytes = try source.next()
        if bytes.isEmpty {
            try reader.close(into: &output)
            self.source = nil
            place += 1
        } else {
            try reader.read(bytes.span, into: &output)
        }
        return output.take()
    }
}

/// A trace that was loaded as a whole.
final class LoadedTraceSource: TraceSource {
    private var records: [TraceRecord]
    let tally: TraceTally

    init(_ trace: LoadedTrace) {
        records =
            trace.machines.map(TraceRecord.machine) + trace.objects.map(TraceRecord.object)
            + trace.tasks.map(TraceRecord.task) + trace.usage.map(TraceRecord.usage)
        tally = trace.tally
    }

    func nextPiece() -> [TraceRecord]? {
        if records.isEmpty { return nil }
        defer { records = [] }
        return records
    }
}

/// Opens traces by their files' paths.
public struct TraceFileOpener: TraceOpener {
    public init() {}

    public func format(of paths: [String], named format: TraceFormat?) throws(TraceError) -> TraceFormat {
        try TraceFileSet.open(paths, format: format).format
    }

    public func open(
        _ paths: [String], format: TraceFormat, options: TraceOptions
    ) throws(TraceError) -> any TraceSource {
        let set = try TraceFileSet.open(paths, format: format)
        // A database, and documents that may be YAML, are not read in pieces.
        if TraceRecognition.reader(of: set.format) == nil || set.format == .snapshot {
            return LoadedTraceSource(try set.load(options: options))
        }
        return try TraceFileSource(set, options: options)
    }
}
