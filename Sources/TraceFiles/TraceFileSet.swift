import Foundation
public import Workloads

/// The files of one trace, each with what it holds, in the order in which they are read.
public struct TraceFileSet: Equatable, Sendable {
    public struct Input: Equatable, Sendable {
        public var path: String
        public var table: TraceTable
    }

    public var format: TraceFormat
    public var inputs: [Input]
    /// Files of a folder that are none of a trace.
    public var passedOver: [String]

    /// Finds out what the files are; a folder stands for the files in it, also those of its folders.
    ///
    /// - Parameter format: What the user says they are, or nil to tell from their content.
    public static func open(
        _ paths: [String], format: TraceFormat? = nil
    ) throws(TraceError) -> TraceFileSet {
        var inputs: [Input] = []
        var passedOver: [String] = []
        for path in paths {
            if let files = files(in: path) {
                for file in files {
                    if let table = try recognise(file, format: format) {
                        inputs.append(Input(path: file, table: table))
                    } else {
                        passedOver.append(file)
                    }
                }
            } else if let table = try recognise(path, format: format) {
                inputs.append(Input(path: path, table: table))
            } else {
                throw .wrongFormat(
                    file: path,
                    found: FileManager.default.contents(atPath: path)?.isEmpty == true
                        ? "an empty file" : "content of an unknown format",
                    expected: "a trace of one of: \(formatList). Name the format with --format, and if it "
                        + "has several tables let the file's or folder's name hold the table's "
                        + "(task_events, batch_task, ...)")
            }
        }
        // The readings of both years look alike; the table of machines tells.
        if inputs.contains(where: { $0.table.format == .azureVM2019 }) {
            for index in inputs.indices where inputs[index].table.format == .azureVM2017 {
                inputs[index].table.format = .azureVM2019
            }
        }
        guard let first = inputs.first else {
            throw .cannotOpen(file: paths.first ?? "", detail: "holds no file of a known trace format")
        }
        if let other = inputs.first(where: { $0.table.format != first.table.format }) {
            throw .wrongFormat(
                file: other.path, found: "a file of \(other.table.format.rawValue)",
                expected: "one of \(first.table.format.rawValue), as \(first.path) is")
        }
        let order = TraceRecognition.tables(of: first.table.format)
        let sorted = inputs.enumerated().sorted { left, right in
            let (leftRank, rightRank) = (
                order.firstIndex(of: left.element.table) ?? 0, order.firstIndex(of: right.element.table) ?? 0
            )
            return (leftRank, left.offset) < (rightRank, right.offset)
        }
        return TraceFileSet(
            format: first.table.format, inputs: sorted.map(\.element), passedOver: passedOver)
    }

    static var formatList: String { TraceFormat.allCases.map(\.rawValue).joined(separator: ", ") }

    /// The files below a folder, by name; nil when the path is no folder.
    private static func files(in path: String) -> [String]? {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        else { return nil }
        let walker = FileManager.default.enumerator(atPath: path)
        var names: [String] = []
        while let name = walker?.nextObject() as? String { names.append(name) }
        return names.sorted().map { (path as NSString).appendingPathComponent($0) }.filter { file in
            var isFolder: ObjCBool = false
            return unsafe FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
                && !isFolder.boolValue && !(file as NSString).lastPathComponent.hasPrefix(".")
        }
    }

    private static func recognise(_ path: String, format: TraceFormat?) throws(TraceError) -> TraceTable? {
        let source = try ByteSource(path: path)
        var head: [UInt8] = []
        while head.count < TraceRecognition.headBytes {
            let more = try source.next()
            if more.isEmpty { break }
            head += more
        }
        return TraceRecognition.table(
            head: Array(head.prefix(TraceRecognition.headBytes)), path: path, format: format)
    }

    // MARK: Reading

    /// Reads the files and gives each record to the body, in the order of the files.
    ///
    /// - Returns: What was counted.
    public func read(
        options: TraceOptions = TraceOptions(), _ body: (TraceRecord) throws(TraceError) -> Void
    ) throws(TraceError) -> TraceTally {
        var output = TraceOutput(options: options)
        if format == .azurePacking2020 {
            for input in inputs {
                try PackingDatabase.read(input.path, options: options, into: &output, body)
            }
        } else if var reader = TraceRecognition.reader(of: format) {
            for input in inputs {
                try Self.read(input, with: &reader, options: options, into: &output, body)
            }
            try reader.finish(into: &output)
            try output.drain(body)
        }
        try output.checkBadRows()
        return output.tally
    }

    private static func read(
        _ input: Input, with reader: inout any TraceReader, options: TraceOptions,
        into output: inout TraceOutput, _ body: (TraceRecord) throws(TraceError) -> Void
    ) throws(TraceError) {
        let source = try ByteSource(path: input.path)
        try reader.open(input.table, file: input.path, options: options)
        var isFirst = true
        while true {
            let bytes = try source.next()
            if bytes.isEmpty { break }
            if isFirst && input.table == ClusterSnapshot.objects && !YAMLSnapshot.isJSON(bytes) {
                return try YAMLSnapshot.read(
                    source, first: bytes, path: input.path, options: options, into: &output, body)
            }
            isFirst = false
            try reader.read(bytes.span, into: &output)
            try output.drain(body)
        }
        try reader.close(into: &output)
        try output.drain(body)
    }

    /// Reads the files into memory, in the order of the records' times.
    public func load(options: TraceOptions = TraceOptions()) throws(TraceError) -> LoadedTrace {
        var trace = LoadedTrace()
        trace.tally = try read(options: options) { record throws(TraceError) in trace.append(record) }
        trace.sortByTime()
        return trace
    }
}
