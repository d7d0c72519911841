import Foundation
import SimulationKernel
public import Workloads

/// Writes a trace in the compact form, in the order of its records' times, in bounded memory.
///
/// Records that come in any order are sorted in runs of a fixed number, which are written to temporary files
/// and merged. What is equal in time stays in the order of the trace's files, machines first.
public struct TraceImport: Sendable {
    /// Records held in memory at once.
    public var runRecords: Int

    public init(runRecords: Int = 1_000_000) { self.runRecords = max(1, runRecords) }

    /// Reads the trace and writes it to a file.
    ///
    /// - Returns: What was counted, and what is in the trace.
    public func write(
        _ files: TraceFileSet, options: TraceOptions, to path: String
    ) throws(TraceError) -> (tally: TraceTally, summary: TraceSummary) {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "simk-import-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var run: [TraceRecord] = []
        var runs: [String] = []
        var summary = TraceSummary()
        let tally = try files.read(options: options) { record throws(TraceError) in
            summary.add(record)
            run.append(record)
            if run.count >= runRecords {
                if runs.isEmpty { try Self.makeFolder(folder) }
                let name = folder.appending(path: "\(runs.count)").path
                try Self.writeSorted(&run, to: name)
                runs.append(name)
            }
        }
        if runs.isEmpty {
            try Self.writeSorted(&run, to: path)
        } else {
            if !run.isEmpty {
                let name = folder.appending(path: "\(runs.count)").path
                try Self.writeSorted(&run, to: name)
                runs.append(name)
            }
            try Self.merge(runs, to: path)
        }
        return (tally, summary)
    }

    /// Writes a made-up workload to a file.
    ///
    /// - Returns: What is in it.
    public static func write(
        _ workload: SyntheticWorkload, seed: UInt64, to path: String
    ) throws(TraceError) -> TraceSummary {
        var tasks = SyntheticTasks(workload, seed: seed)
        var summary = TraceSummary()
        let sink = try CompactFile(path)
        while let task = tasks.next() {
            summary.add(.task(task))
            try sink.append(.task(task))
        }
        try sink.finish()
        return summary
    }

    private static func makeFolder(_ folder: URL) throws(TraceError) {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotOpen(file: folder.path, detail: "cannot be made: \(error.localizedDescription)")
        }
    }

    private static func writeSorted(_ records: inout [TraceRecord], to path: String) throws(TraceError) {
        let keys = records.map { ($0.time.nanoseconds, $0.rank) }
        let order = records.indices.sorted {
            (keys[$0].0, keys[$0].1, $0) < (keys[$1].0, keys[$1].1, $1)
        }
        let sink = try CompactFile(path)
        for index in order { try sink.append(records[index]) }
        try sink.finish()
        records.removeAll(keepingCapacity: true)
    }

    private static func merge(_ runs: [String], to path: String) throws(TraceError) {
        var cursors: [RecordCursor] = []
        for run in runs { cursors.append(try RecordCursor(run)) }
        let sink = try CompactFile(path)
        while true {
            var earliest = -1
            for index in cursors.indices {
                guard let record = cursors[index].current else { continue }
                guard earliest >= 0, let best = cursors[earliest].current else {
                    earliest = index
                    continue
                }
                // Of equals the one of the earlier run.
                if (record.time, record.rank) < (best.time, best.rank) { earliest = index }
            }
            guard earliest >= 0, let record = cursors[earliest].current else { break }
            try sink.append(record)
            try cursors[earliest].advance()
        }
        try sink.finish()
    }
}

/// A file that grows in the compact form.
final class CompactFile {
    private let path: String
    private let handle: FileHandle
    private var writer = CompactTraceWriter()
    private var count = 0

    init(_ path: String) throws(TraceError) {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw .cannotOpen(file: path, detail: "cannot be written. Is the folder there and writable?") }
        self.handle = handle
    }

    func append(_ record: TraceRecord) throws(TraceError) {
        writer.append(record)
        count += 1
        if count.isMultiple(of: 1_024) { try flush() }
    }

    func finish() throws(TraceError) {
        writer.finish()
        try flush()
        do { try handle.close() } catch {
            throw .cannotOpen(file: path, detail: "cannot be written: \(error.localizedDescription)")
        }
    }

    private func flush() throws(TraceError) {
        do { try handle.write(contentsOf: Data(writer.take())) } catch {
            throw .cannotOpen(file: path, detail: "cannot be written: \(error.localizedDescription)")
        }
    }
}

/// The records of a file in the compact form, one after the other: what a replay reads from.
public final class RecordCursor {
    private let source: ByteSource
    private var reader = CompactTrace()
    private var output: TraceOutput
    private var records: [TraceRecord] = []
    private var index = 0
    private var isClosed = false

    /// The present record; nil after the last.
    public private(set) var current: TraceRecord?

    /// - Parameter options: Window, sample and scales.
    public init(_ path: String, options: TraceOptions = TraceOptions()) throws(TraceError) {
        source = try ByteSource(path: path)
        output = TraceOutput(options: options)
        try reader.open(CompactTrace.records, file: path, options: options)
        try advance()
    }

    public func advance() throws(TraceError) {
        while index >= records.count {
            if isClosed {
                current = nil
                return
            }
            let bytes = try source.next()
            if bytes.isEmpty {
                try reader.close(into: &output)
                isClosed = true
            } else {
                try reader.read(bytes.span, into: &output)
            }
            records = output.take()
            index = 0
        }
        current = records[index]
        index += 1
    }
}
