import Foundation
import KubernetesModel
public import Scheduler

/// A folder of golden cases, run: one report a file, and what was no case.
///
/// Every file that ends in `.jsonl` is a category and holds one case a line.
public struct ConformanceVectors: Sendable {
    /// A file, or a line of one, that cannot be run.
    public struct Fault: Hashable, Sendable, CustomStringConvertible {
        public var file: String
        /// From 1; 0 for the whole file.
        public var line: Int
        public var message: String

        public var description: String {
            line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)"
        }
    }

    /// Bytes of a file and of one line, values of a line and levels of nesting.
    static let fileLimit = 2_000_000_000
    static let lineLimit = 100_000_000
    static let limits: JSONLimits = {
        var limits = JSONLimits()
        limits.depth = 100
        limits.values = 20_000_000
        return limits
    }()

    public var area: ConformanceArea
    public private(set) var reports: [ConformanceReport] = []
    public private(set) var faults: [Fault] = []

    /// Whether nothing differs; what is not covered does not count.
    public var agrees: Bool { reports.allSatisfy(\.agrees) }

    /// Runs the files of a folder in the order of their names, or one file.
    public init(area: ConformanceArea, path: String) {
        self.area = area
        var isDirectory: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            faults.append(Fault(file: path, line: 0, message: "no such file or folder"))
            return
        }
        guard isDirectory.boolValue else {
            run(file: path)
            return
        }
        let folder = path.hasSuffix("/") ? path : path + "/"
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            faults.append(
                Fault(
                    file: path, line: 0, message: "cannot be read: \((error as NSError).localizedDescription)"
                ))
            return
        }
        let files = names.filter { $0.hasSuffix(".jsonl") && !$0.hasPrefix(".") }.sorted()
        if files.isEmpty {
            faults.append(
                Fault(file: path, line: 0, message: "holds no file of golden cases (NAME.jsonl)"))
        }
        for file in files { run(file: folder + file) }
    }

    private mutating func run(file path: String) {
        func fail(_ message: String, line: Int = 0) {
            faults.append(Fault(file: path, line: line, message: message))
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if attributes?[.type] as? FileAttributeType == .typeDirectory { return fail("is a folder") }
        if let size = (attributes?[.size] as? NSNumber)?.intValue, size > Self.fileLimit {
            return fail("is larger than \(Self.fileLimit) bytes")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else { return fail("cannot be read") }
        defer { try? handle.close() }
        var name = path.split(separator: "/").last.map(String.init) ?? path
        if name.hasSuffix(".jsonl") { name.removeLast(".jsonl".count) }
        var report = ConformanceReport(category: name, cases: [])
        var runner = ConformanceFileRunner(area, category: name)
        var rest: [UInt8] = []
        var line = 0
        var hasCases = false
        func take(_ bytes: [UInt8]) {
            line += 1
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
            hasCases = true
            switch Self.parse(bytes, area, runner) {
            case .success(let value): if let result = runner.run(value) { report.cases.append(result) }
            case .failure(let fault): fail(fault.message, line: line)
            }
        }
        while true {
            let chunk: Data
            do {
                chunk = try handle.read(upToCount: 1 << 20) ?? Data()
            } catch {
                fail("cannot be read: \((error as NSError).localizedDescription)")
                break
            }
            if chunk.isEmpty { break }
            var start = chunk.startIndex
            while let end = chunk[start...].firstIndex(of: UInt8(ascii: "\n")) {
                rest += chunk[start..<end]
                take(rest)
                rest.removeAll(keepingCapacity: true)
                start = end + 1
            }
            rest += chunk[start...]
            if rest.count > Self.lineLimit {
                fail("is longer than \(Self.lineLimit) bytes", line: line + 1)
                rest.removeAll()
                break
            }
        }
        if !rest.isEmpty { take(rest) }
        if !hasCases && faults.last?.file != path { fail("holds no cases") }
        reports.append(report)
    }

    private struct LineFault: Error { let message: String }

    private static func parse(
        _ bytes: [UInt8], _ area: ConformanceArea, _ runner: ConformanceFileRunner
    ) -> Result<JSONValue, LineFault> {
        var parser = JSONParser(bytes, limits: limits)
        do throws(JSONSyntaxError) {
            let value = try parser.parseDocument()
            if let fault = runner.fault(in: value) {
                return .failure(LineFault(message: "not a case of '\(area.rawValue)': \(fault)"))
            }
            return .success(value)
        } catch {
            return .failure(
                LineFault(message: "not JSON: column \(error.position.column): \(error.message)"))
        }
    }
}
