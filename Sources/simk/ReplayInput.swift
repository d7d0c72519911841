import ArgumentParser
import Foundation
import KubernetesModel
import OrderedCollections
import Reports
import Scenarios
import TraceFiles
import Workloads

/// What to take of a trace and on which nodes: the options that replays and comparisons share.
struct ReplayInput: ParsableArguments {
    @Option(help: ArgumentHelp("The trace's format, as --format NAME.", valueName: "name"))
    var traceFormat: String?

    @Option(help: ArgumentHelp("What the unit of normalised CPU is, such as 64.", valueName: "cores"))
    var unitCpu: String?

    @Option(help: ArgumentHelp("What the unit of normalised memory is, such as 256Gi.", valueName: "bytes"))
    var unitMemory: String?

    @Option(help: ArgumentHelp("What the unit of normalised disk is, such as 1Ti.", valueName: "bytes"))
    var unitDisk: String?

    @Option(
        help: ArgumentHelp(
            "Nodes in place of the trace's machines, such as 500:cpu=64,memory=256Gi; may be given several times.",
            valueName: "count:resources"))
    var nodes: [String] = []

    @Option(help: "How many pods a machine of the trace takes.")
    var podsPerNode: Int64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Leave out what was submitted earlier, such as 12h.", valueName: "duration"))
    var from: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Leave out what was submitted later, such as 36h.", valueName: "duration"))
    var until: String?

    @Option(help: ArgumentHelp("Take this fraction of the jobs, drawn by the seed.", valueName: "fraction"))
    var sample: Double?

    @Option(help: "What is drawn as a whole: task, job or user.")
    var sampleBy: String?

    @Option(help: "Stretch all times by this factor.")
    var timeScale: Double?

    @Option(help: "Let so many times as many tasks arrive in a time.")
    var arrivalScale: Double?

    @Option(help: "Multiply CPU, memory and disk of requests by this factor.")
    var sizeScale: Double?

    @Option(
        help: ArgumentHelp(
            "What to do about rows that cannot be used: stop past 1 % of them, skip them, or stop past this fraction.",
            valueName: "stop|skip|fraction"))
    var onBadRow: String?

    @Option(help: "run: a pod ends when it has run as long as recorded; recorded: at the recorded moment.")
    var ending: String?

    @Option(
        help: ArgumentHelp(
            "Give every pod a deadline: so many times its run time after its creation.", valueName: "factor"))
    var deadlineFactor: Double?

    @Option(
        help: ArgumentHelp(
            "How long to simulate (default: an hour more than the trace takes).", valueName: "duration"))
    var duration: String?

    /// Whether a path is one of a scenario and not of a trace's file.
    static func isScenario(_ path: String) -> Bool {
        guard [".json", ".yaml", ".yml"].contains(where: { path.lowercased().hasSuffix($0) }) else {
            return false
        }
        // Traces are JSON and YAML, too.
        guard let handle = FileHandle(forReadingAtPath: path) else { return true }
        defer { try? handle.close() }
        let head = String(decoding: (try? handle.read(upToCount: 1 << 14)) ?? Data(), as: UTF8.self)
        return head.contains("simk.dev/v1")
    }

    /// The scenario that arguments describe: a file of one, or the files of a trace.
    func scenario(_ paths: [String], format: String?, seed: UInt64?, policy: String?) throws -> Scenario {
        var scenario: Scenario
        if let first = paths.first, Self.isScenario(first) {
            if paths.count > 1 {
                throw Self.misuse("one scenario at a time; '\(paths[1])' is one file too many")
            }
            if let given = givenOption ?? format.map({ "--format \($0)" }) {
                throw Self.misuse(
                    "\(given) is for the files of a trace; a scenario says the same in its workload")
            }
            do throws(InvalidInput) {
                scenario = try ScenarioFile.load(first, strict: false)
            } catch {
                throw Stop(status: ExitStatus.badInput, message: error.description)
            }
        } else {
            scenario = try fromTrace(paths, format: format)
        }
        if let seed { scenario.seed = seed }
        if let policy { scenario.cluster.scheduler.take(try RunCommand.policy(named: policy)) }
        return scenario
    }

    /// The first option that is given: each says what a scenario has a key for.
    private var givenOption: String? {
        let given: [(Bool, String)] = [
            (traceFormat != nil, "--trace-format"), (unitCpu != nil, "--unit-cpu"),
            (unitMemory != nil, "--unit-memory"), (unitDisk != nil, "--unit-disk"),
            (!nodes.isEmpty, "--nodes"),
            (podsPerNode != nil, "--pods-per-node"), (from != nil, "--from"), (until != nil, "--until"),
            (sample != nil, "--sample"), (sampleBy != nil, "--sample-by"), (timeScale != nil, "--time-scale"),
            (arrivalScale != nil, "--arrival-scale"), (sizeScale != nil, "--size-scale"),
            (onBadRow != nil, "--on-bad-row"), (ending != nil, "--ending"),
            (deadlineFactor != nil, "--deadline-factor"), (duration != nil, "--duration"),
        ]
        return given.first { $0.0 }?.1
    }

    /// A scenario is made of the options, and read as one that stands in a file, with the same checks.
    private func fromTrace(_ paths: [String], format: String?) throws -> Scenario {
        try checkNumbers()
        var trace: JSONObject = ["files": .array(paths.map { .string($0) }), "folders": [""]]
        if let format = format ?? traceFormat { trace["format"] = .string(format) }
        if let unitCpu { trace["unitCPU"] = .string(unitCpu) }
        if let unitMemory { trace["unitMemory"] = .string(unitMemory) }
        if let unitDisk { trace["unitDisk"] = .string(unitDisk) }
        if let from { trace["from"] = .string(from) }
        if let until { trace["until"] = .string(until) }
        if let sample { trace["sample"] = .number(sample) }
        if let sampleBy { trace["sampleBy"] = .string(sampleBy) }
        if let timeScale { trace["timeScale"] = .number(timeScale) }
        if let arrivalScale { trace["arrivalScale"] = .number(arrivalScale) }
        if let sizeScale { trace["sizeScale"] = .number(sizeScale) }
        if let onBadRow {
            guard BadRowPolicy(text: onBadRow) != nil else {
                throw Self.misuse(
                    "--on-bad-row \(onBadRow): expected stop, skip or a fraction from 0 to 1")
            }
            trace["badRows"] = Double(onBadRow).map { JSONValue.number($0) } ?? .string(onBadRow)
        }
        var workload: JSONObject = ["trace": .object(trace)]
        if let ending { workload["ending"] = .string(ending) }
        if let deadlineFactor { workload["deadlineFactor"] = .number(deadlineFactor) }
        if let podsPerNode { workload["podsPerNode"] = .integer(podsPerNode) }
        var cluster: JSONObject = [:]
        if !nodes.isEmpty { cluster["nodePools"] = .array(try pools()) }
        var scenario: JSONObject = [
            "apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": ["name": "replay"],
            "cluster": .object(cluster), "workload": .object(workload),
        ]
        if let duration { scenario["duration"] = .string(duration) }
        do throws(InvalidInput) {
            return try ScenarioLoader.parse(
                JSONWriter.string(.object(scenario)), .json, name: paths.first ?? "",
                options: ScenarioLoader.Options(traces: TraceFileOpener()))
        } catch {
            // The places are those of a text that the user has not written.
            let lines = error.errors.map { diagnostic in
                diagnostic.path == "workload.trace"
                    ? diagnostic.problem.message : "\(diagnostic.path): \(diagnostic.problem.message)"
            }
            throw Stop(status: ExitStatus.badInput, message: lines.joined(separator: "\n"))
        }
    }

    /// Numbers that are none, and times before the trace's zero, cannot be said in a scenario's text.
    private func checkNumbers() throws {
        if let sample, !(sample > 0 && sample <= 1) {
            throw Self.misuse("--sample \(sample): expected a number above 0 and at most 1")
        }
        let scales = [
            ("--time-scale", timeScale), ("--arrival-scale", arrivalScale), ("--size-scale", sizeScale),
        ]
        for (name, value) in scales {
            if let value, !(value >= 1e-6 && value <= 1e6) {
                throw Self.misuse("\(name) \(value): expected a number from 0.000001 to 1000000")
            }
        }
        if let deadlineFactor, !(deadlineFactor > 0 && deadlineFactor.isFinite) {
            throw Self.misuse("--deadline-factor \(deadlineFactor): expected a number above 0")
        }
        for (name, value) in [("--from", from), ("--until", until)] {
            if let value, value.hasPrefix("-") {
                throw Self.misuse("\(name) \(value): expected a time that is not negative")
            }
        }
    }

    private static func misuse(_ text: String) -> Stop {
        Stop(status: ExitStatus.badInput, message: text)
    }

    /// Pools of nodes as the option names them.
    private func pools() throws -> [JSONValue] {
        var pools: [JSONValue] = []
        for (place, text) in nodes.enumerated() {
            let parts = text.split(separator: ":", maxSplits: 1)
            guard let count = parts.first.flatMap({ Int64($0) }), count > 0, parts.count == 2 else {
                throw Self.misuse(
                    "--nodes: found '\(text)', expected a count and resources such as 500:cpu=64,memory=256Gi"
                )
            }
            var capacity: JSONObject = [:]
            for pair in parts[1].split(separator: ",") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                guard sides.count == 2 else {
                    throw Self.misuse("--nodes: found '\(pair)', expected a resource such as cpu=64")
                }
                let value = String(sides[1])
                switch sides[0] {
                case "gpu":
                    guard let gpus = Int64(value), gpus >= 0 else {
                        throw Self.misuse("--nodes: found 'gpu=\(value)', expected a whole number")
                    }
                    capacity["alibabacloud.com/gpu-count"] = .string(value)
                    capacity["alibabacloud.com/gpu-milli"] = .string(String(gpus * 1_000))
                case "cpu", "memory", "pods", "ephemeral-storage": capacity[String(sides[0])] = .string(value)
                case "disk": capacity["ephemeral-storage"] = .string(value)
                case let name:
                    capacity[name.contains("/") ? String(name) : "simk.dev/\(name)"] = .string(value)
                }
            }
            pools.append([
                "name": .string("nodes-\(place + 1)"), "count": .integer(count),
                "capacity": .object(capacity),
            ])
        }
        return pools
    }
}
