import Foundation
import SimulationKernel
public import Workloads

/// The files of a trace: which table each of them holds, and who reads it.
struct TraceFiles {
    struct File {
        var path: String
        var table: TraceTable
    }

    let format: TraceFormat
    /// In the order in which they are read.
    let files: [File]

    /// Looks for the files, and finds out what they hold.
    init(_ trace: WorkloadPlan.Trace) throws(TraceError) {
        var paths: [String] = []
        for name in trace.files { paths.append(try Self.find(name, trace)) }
        var format = trace.format
        var heads: [(path: String, head: [Substring])] = []
        for path in paths {
            let head = try Self.head(of: path)
            heads.append((path, head))
            if format == nil { format = Self.format(of: head) }
        }
        guard let format else {
            throw .wrongFormat(
                file: paths.first ?? "", found: "a first line that no format with a header has",
                expected: "one of \(Self.formats.map(\.rawValue).joined(separator: ", ")): "
                    + "name it with the trace's format")
        }
        guard let reader = Self.reader(format) else {
            throw .unsupported(
                file: paths.first ?? "", detail: "\(format.rawValue) cannot be replayed with a whole cluster")
        }
        let tables = type(of: reader).tables
        var files: [File] = []
        for (path, head) in heads {
            files.append(File(path: path, table: try Self.table(of: path, head, reader, tables)))
        }
        self.format = format
        self.files = tables.flatMap { table in files.filter { $0.table == table } }
    }

    /// The formats that have a reader here.
    static var formats: [TraceFormat] { TraceFormat.allCases.filter { reader($0) != nil } }

    static func reader(_ format: TraceFormat) -> (any TraceReader)? {
        switch format {
        case .alibabaGPU2023: AlibabaGPU2023()
        case .alibabaDLRM2025: AlibabaDLRM2025()
        case .alibaba2017: Alibaba2017()
        case .alibaba2018: Alibaba2018()
        case .alibabaGPU2020: AlibabaGPU2020()
        case .alibabaSpot2026: AlibabaSpot2026()
        case .borg2011: Borg2011()
        case .borg2019: Borg2019()
        case .azureVM2017, .azureVM2019: AzureVM()
        case .philly: Philly()
        case .swf: StandardWorkloadFormat()
        case .azurePacking2020, .simkube, .snapshot, .compact: nil
        }
    }

    // MARK: Looking

    private static func find(_ name: String, _ trace: WorkloadPlan.Trace) throws(TraceError) -> String {
        let candidates =
            name.hasPrefix("/")
            ? [name] : trace.folders.map { $0.isEmpty || $0.hasSuffix("/") ? $0 + name : "\($0)/\(name)" }
        for path in candidates where FileManager.default.fileExists(atPath: path) { return path }
        var text = "the trace's file is not there: looked for it as \(candidates.joined(separator: ", "))."
        text += trace.source.isEmpty ? " Check the path" : " Its publisher has it: \(trace.source)"
        throw .cannotOpen(file: name, detail: text)
    }

    /// The fields of the first line.
    private static func head(of path: String) throws(TraceError) -> [Substring] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw .cannotOpen(file: path, detail: "it cannot be read. Check its permissions")
        }
        defer { try? handle.close() }
        let bytes = (try? handle.read(upToCount: 1 << 16)) ?? Data()
        if bytes.starts(with: [0x1F, 0x8B]) {
            throw .unsupported(file: path, detail: "it is packed by gzip. Unpack it with gunzip")
        }
        var line = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        if line.hasPrefix("\u{FEFF}") { line.removeFirst() }
        if line.hasSuffix("\r") { line.removeLast() }
        return line.split(separator: ",", omittingEmptySubsequences: false)
    }

    private static func format(of head: [Substring]) -> TraceFormat? {
        if head.first?.hasPrefix(";") == true { return .swf }
        return formats.first { format in
            guard let reader = reader(format) else { return false }
            return type(of: reader).tables.contains { $0.format == format && fits(head, $0, reader) }
        }
    }

    /// Whether a first line names all columns that a table has to have.
    private static func fits(_ head: [Substring], _ table: TraceTable, _ reader: any TraceReader) -> Bool {
        guard let type = type(of: reader) as? any TableReader.Type, let schema = type.schema(of: table) else {
            return false
        }
        return schema.columns.allSatisfy { !$0.isRequired || head.contains(Substring($0.name)) }
    }

    private static func table(
        of path: String, _ head: [Substring], _ reader: any TraceReader, _ tables: [TraceTable]
    ) throws(TraceError) -> TraceTable {
        if tables.count == 1 { return tables[0] }
        if let table = tables.first(where: { fits(head, $0, reader) }) { return table }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        // The longest name that the file's name contains: `batch_instance` before `batch`.
        let named = tables.filter { name.contains($0.name) }.max { $0.name.count < $1.name.count }
        if let named { return named }
        throw .wrongFormat(
            file: path, found: "a file that is none of the format's tables by its first line or name",
            expected: "a name with one of \(tables.map(\.name).joined(separator: ", "))")
    }
}
