public import Foundation
public import KubernetesModel
public import Simulation
import SimulationKernel

/// The folder that a run leaves behind: written while the run goes on, complete after ``finish``.
///
/// `timeline.jsonl`, `metrics.csv` and `results.sqlite` grow with the run; `run.json` is written at the end,
/// also when the run is interrupted.
public final class RunFolder {
    public let url: URL
    private let timeline: LineWriter
    private let metrics: LineWriter
    private let database: ResultsDatabase
    /// The first failure to write; later ones are its consequences.
    public private(set) var failure: (any Error)?

    /// Makes the folder with empty files. It must not hold a run already.
    public init(_ url: URL) throws {
        self.url = url
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for name in ["run.json", "timeline.jsonl", "metrics.csv", "results.sqlite"]
        where FileManager.default.fileExists(atPath: url.appending(path: name).path) {
            throw RunFolderError.notEmpty(url.path, name)
        }
        timeline = try LineWriter(url.appending(path: "timeline.jsonl"))
        metrics = try LineWriter(url.appending(path: "metrics.csv"))
        database = try ResultsDatabase(path: url.appending(path: "results.sqlite").path)
        metrics.write("seconds,metric,kind,namespace,name,value")
    }

    public func add(_ record: TimelineRecord) {
        attempt {
            timeline.write(JSONWriter.string(record.json))
            try database.add(record)
        }
    }

    public func add(_ sample: MetricSample) {
        attempt {
            let seconds = Self.decimal(nanoseconds: sample.time.nanoseconds)
            let value = JSONWriter.string(.number(sample.value))
            metrics.write(
                "\(seconds),\(sample.name),\(sample.kind?.name ?? ""),\(sample.key.namespace),\(sample.key.name),\(value)"
            )
            try database.add(sample)
        }
    }

    func add(_ row: DecisionRow) { attempt { try database.add(row) } }

    /// Writes one more file.
    public func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }

    /// Completes the files. `run` becomes `run.json`; its scalar members go to the database's `run` table.
    public func finish(run: JSONValue, expectations: [ExpectationRow]) throws {
        if let failure { throw failure }
        try timeline.close()
        try metrics.close()
        var facts: [(String, String)] = []
        for name in ["version", "seed", "digest", "outcome"] {
            if let member = run[name] {
                facts.append((name, member.stringValue ?? JSONWriter.string(member)))
            }
        }
        if let seconds = run["summary"]?["virtualSeconds"]?.doubleValue {
            facts.append(("nanoseconds", String(VirtualDuration(fractionalSeconds: seconds).nanoseconds)))
        }
        facts.append(("scenario", JSONWriter.string(run["scenario"] ?? .null)))
        try database.finish(facts: facts, expectations: expectations)
        var bytes = JSONWriter.bytes(run, style: .pretty)
        bytes.append(0x0A)
        try Data(bytes).write(to: url.appending(path: "run.json"))
    }

    private func attempt(_ body: () throws -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }

    /// Seconds with nine fractional digits, exact.
    static func decimal(nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let fraction = String(magnitude % 1_000_000_000)
        let padded = String(repeating: "0", count: 9 - fraction.count) + fraction
        return "\(nanoseconds < 0 ? "-" : "")\(magnitude / 1_000_000_000).\(padded)"
    }
}

public enum RunFolderError: Error, CustomStringConvertible {
    case notEmpty(String, String)
    case cannotCreate(String)

    public var description: String {
        switch self {
        case .notEmpty(let folder, let file):
            "\(folder): holds a run already (\(file)). Name another folder with --out, or remove this one"
        case .cannotCreate(let file): "\(file): cannot be created. Is the folder writable?"
        }
    }
}

/// Writes lines to a file, in blocks.
final class LineWriter {
    private let handle: FileHandle
    private var buffer: [UInt8] = []

    init(_ url: URL) throws {
        guard FileManager.default.createFile(atPath: url.path, contents: nil),
            let handle = FileHandle(forWritingAtPath: url.path)
        else { throw RunFolderError.cannotCreate(url.path) }
        self.handle = handle
    }

    func write(_ line: String) {
        buffer.append(contentsOf: line.utf8)
        buffer.append(0x0A)
        if buffer.count >= 1 << 16 { flush() }
    }

    private func flush() {
        handle.write(Data(buffer))
        buffer.removeAll(keepingCapacity: true)
    }

    func close() throws {
        flush()
        try handle.close()
    }
}
