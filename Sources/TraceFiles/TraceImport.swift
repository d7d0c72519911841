import Foundation
import SimulationKernel
public import Workloads

/// Writes a trace in the compact form, in the order of its records' times, in bounded memory.
///
/// Records that come in any order are sorted in runs of a fixed number. A run that begins where the one before has
/// ended continues its file, so that a trace that is in order, or nearly so, is written once; the others go to
/// temporary files, which are merged. What is equal in time stays in the order of the trace's files, machines first.
public struct TraceImport: Sendable {
    /// Records held in memory at once.
    public var runRecords: Int
    /// How many files are merged at a time.
    public var mergedFiles: Int

    public init(runRecords: Int = 250_000, mergedFiles: Int = 32) {
        self.runRecords = max(1, runRecords)
        self.mergedFiles = max(2, mergedFiles)
    }

    /// Reads the trace and writes it to a file.
    ///
    /// - Returns: What was counted, and what is in the trace.
    public func write(
        _ files: TraceFileSet, options: TraceOptions, to path: String
    ) throws(TraceError) -> (tally: TraceTally, summary: TraceSummary) {
        var runs = RecordRuns(path)
        defer { runs.removeFolder() }
        var run: [TraceRecord] = []
        var summary = TraceSummary()
        let tally = try files.read(options: options) { record throws(TraceError) in
            summary.add(record)
            run.append(record)
            if run.count >= runRecords { try runs.write(&run) }
        }
        try runs.write(&run)
        try runs.finish(mergedFiles)
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
}

/// The order of records in the compact form; what is equal stays as it came.
struct RecordOrder: Comparable {
    var time: Int64
    /// The rank above, a place or a number below.
    var rest: UInt64

    init(_ record: borrowing TraceRecord, place: Int) {
        time = record.time.nanoseconds
        rest = UInt64(record.rank) << 56 | UInt64(place)
    }

    var place: Int { Int(rest & (1 << 56 - 1)) }

    static func < (left: RecordOrder, right: RecordOrder) -> Bool {
        left.time != right.time ? left.time < right.time : left.rest < right.rest
    }
}

/// The sorted files that an import writes on its way.
private struct RecordRuns {
    private let path: String
    private let folder = FileManager.default.temporaryDirectory.appending(
        path: "simk-import-\(UUID().uuidString)")
    /// The files that have ended; none as long as the records are in order, and go to where they are wanted.
    private var files: [String] = []
    private var fileCount = 0
    private var sink: CompactFile?
    /// The last record of the present file.
    private var last: RecordOrder?

    init(_ path: String) { self.path = path }

    func removeFolder() { try? FileManager.default.removeItem(at: folder) }

    /// Writes records, sorted, and takes them away.
    mutating func write(_ records: inout [TraceRecord]) throws(TraceError) {
        var order: [RecordOrder] = []
        order.reserveCapacity(records.count)
        var isSorted = true
        for place in records.indices {
            let entry = RecordOrder(records[place], place: place)
            if let before = order.last, entry < before { isSorted = false }
            order.append(entry)
        }
        if !isSorted { order.sort() }
        let sink = try sink(for: order.first)
        try Self.append(records, in: order, to: sink)
        if let end = order.last { last = end }
        records.removeAll(keepingCapacity: true)
    }

    private static func append(
        _ records: [TraceRecord], in order: [RecordOrder], to sink: CompactFile
    ) throws(TraceError) {
        for entry in order { try sink.append(records[entry.place]) }
    }

    /// The present file if the records can follow in it, otherwise another.
    private mutating func sink(for first: RecordOrder?) throws(TraceError) -> CompactFile {
        if let sink {
            guard let first, let last else { return sink }
            // Equal ones have come later, so their places do not matter.
            if (last.time, last.rest >> 56) <= (first.time, first.rest >> 56) { return sink }
            try sink.finish()
            if files.isEmpty {
                try makeFolder()
                files.append(try moved(path))
            }
        }
        let isFirst = fileCount == 0
        let name = isFirst ? path : temporary()
        if !isFirst { files.append(name) }
        fileCount += 1
        let sink = try CompactFile(name)
        self.sink = sink
        return sink
    }

    /// Puts the records of all files into one.
    mutating func finish(_ mergedFiles: Int) throws(TraceError) {
        try sink?.finish()
        sink = nil
        if files.isEmpty { return }
        while files.count > mergedFiles {
            var merged: [String] = []
            var place = 0
            while place < files.count {
                let group = Array(files[place..<min(place + mergedFiles, files.count)])
                let name = temporary()
                fileCount += 1
                try Self.merge(group, to: name)
                for file in group { try? FileManager.default.removeItem(atPath: file) }
                merged.append(name)
                place += group.count
            }
            files = merged
        }
        try Self.merge(files, to: path)
    }

    private func temporary() -> String { folder.appending(path: "\(fileCount)").path }

    private func makeFolder() throws(TraceError) {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotOpen(file: folder.path, detail: "cannot be made: \(error.localizedDescription)")
        }
    }

    private func moved(_ path: String) throws(TraceError) -> String {
        let name = folder.appending(path: "first").path
        do { try FileManager.default.moveItem(atPath: path, toPath: name) } catch {
            throw .cannotOpen(file: name, detail: "cannot be written: \(error.localizedDescription)")
        }
        return name
    }

    private static func merge(_ files: [String], to path: String) throws(TraceError) {
        var cursors: [RecordCursor] = []
        for file in files { cursors.append(try RecordCursor(file)) }
        // The earliest of the cursors' records first, of equals that of the earlier file.
        var heap: [RecordOrder] = []
        for place in cursors.indices {
            if let order = cursors[place].order(place) { heap.append(order) }
        }
        heap.sort()
        let sink = try CompactFile(path)
        while let first = heap.first {
            let cursor = cursors[first.place]
            try cursor.withCurrent { record throws(TraceError) in try sink.append(record) }
            try cursor.advance()
            if let next = cursor.order(first.place) {
                heap[0] = next
            } else if let end = heap.popLast(), !heap.isEmpty {
                heap[0] = end
            }
            siftDown(&heap)
        }
        try sink.finish()
    }

    /// Brings the first entry to its place among the others, which are a heap.
    private static func siftDown(_ heap: inout [RecordOrder]) {
        var place = 0
        while true {
            var child = 2 * place + 1
            if child >= heap.count { return }
            if child + 1 < heap.count && heap[child + 1] < heap[child] { child += 1 }
            if heap[place] < heap[child] { return }
            heap.swapAt(place, child)
            place = child
        }
    }
}

/// A file that grows in the compact form.
final class CompactFile {
    private let path: String
    private let handle: FileHandle
    private var writer = CompactTraceWriter()

    init(_ path: String) throws(TraceError) {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw .cannotOpen(file: path, detail: "cannot be written. Is the folder there and writable?") }
        self.handle = handle
    }

    func append(_ record: TraceRecord) throws(TraceError) {
        writer.append(record)
        if writer.waitingBytes > 1 << 18 { try flush() }
    }

    func finish() throws(TraceError) {
        writer.finish()
        try flush()
        do { try handle.close() } catch {
            throw .cannotOpen(file: path, detail: "cannot be written: \(error.localizedDescription)")
        }
    }

    private func flush() throws(TraceError) {
        if writer.longestBlockBytes > CompactTrace.blockLimitBytes {
            throw .limit(
                file: path, what: "bytes in a block of the compact form", bound: CompactTrace.blockLimitBytes)
        }
        do { try handle.write(contentsOf: Data(writer.take())) } catch {
            throw .cannotOpen(file: path, detail: "cannot be written: \(error.localizedDescription)")
        }
    }
}

/// The records of a file in the compact form, one after the other.
public final class RecordCursor {
    private let source: ByteSource
    private var reader = CompactTrace()
    private var output: TraceOutput
    private var records: [TraceRecord] = []
    private var index = -1
    private var isClosed = false

    /// The present record; nil after the last.
    public var current: TraceRecord? { index < records.count ? records[index] : nil }

    /// - Parameter options: Window, sample and scales.
    public init(_ path: String, options: TraceOptions = TraceOptions()) throws(TraceError) {
        source = try ByteSource(path: path)
        output = TraceOutput(options: options)
        try reader.open(CompactTrace.records, file: path, options: options)
        try advance()
    }

    public func advance() throws(TraceError) {
        index += 1
        while index >= records.count && !isClosed {
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
    }

    /// The present record's order among those of other cursors; nil after the last.
    func order(_ number: Int) -> RecordOrder? {
        index < records.count ? RecordOrder(records[index], place: number) : nil
    }

    func withCurrent(_ body: (TraceRecord) throws(TraceError) -> Void) throws(TraceError) {
        if index < records.count { try body(records[index]) }
    }
}
