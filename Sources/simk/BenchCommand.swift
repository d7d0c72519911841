import ArgumentParser
import Foundation
import KubernetesModel
import Scenarios
import SchedulerPerf

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures how fast simk works.",
        subcommands: [BenchSchedulingCommand.self])
}

struct BenchSchedulingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduling",
        abstract: "Runs workloads of Kubernetes' scheduler_perf and compares them with their thresholds.",
        discussion: """
            Reads files in the format of scheduler_perf's performance-config.yaml, Kubernetes' own included, and \
            runs their workloads on a simulated cluster: decoding, defaulting, admission, validation, store, watch, \
            scheduling queue, cycle and binding, without kubelets. Decisions depend on the file and the seed \
            alone; what is measured is wall and processor time.

              simk bench scheduling                                    the files that come with simk
              simk bench scheduling --name SchedulingBasic
              simk bench scheduling .../scheduler_perf/misc/performance-config.yaml

            Exit status: 0 all ran, 1 a workload failed, was below --min-ratio or decided otherwise without \
            caches, 2 bad usage or input, 130 interrupted.
            """)

    @Argument(
        help: "Files in scheduler_perf's format, or folders of them (default: benchmarks/scheduler_perf).",
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []

    @Option(
        help: ArgumentHelp(
            "Labels that workloads must have, or with a minus must not, separated by commas (default: performance).",
            valueName: "labels"))
    var labelFilter: String?

    @Option(
        help: ArgumentHelp("Workloads whose case/name it matches, whatever their labels.", valueName: "regex")
    )
    var name: String?

    @Flag(help: "Print the workloads instead of running them.")
    var list = false

    @Option(help: "Run each workload so many times; the run in the middle by pods a second is shown.")
    var `repeat` = 1

    @Option(
        help: ArgumentHelp(
            "Percentage of nodes to score, in place of the configuration's.", valueName: "0-100"))
    var percentageOfNodesToScore: Int64?

    @Option(help: "Decides names and between equal scores.")
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Fail when a measurement is less than so many times its threshold.", valueName: "ratio"))
    var minRatio: Double?

    @Flag(help: "Run each workload with the scheduler's caches and without, and compare every binding.")
    var comparePlain = false

    @Option(help: "text, json, or data-items: the JSON that scheduler_perf writes.")
    var format = BenchFormat.text

    @Option(
        help: ArgumentHelp(
            "Write scheduler_perf's JSON files, one a topic, to this folder.", valueName: "dir"))
    var dataItemsDir: String?

    enum BenchFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
        case dataItems = "data-items"
    }

    func validate() throws {
        if `repeat` < 1 { throw ValidationError("--repeat takes 1 or more, not \(`repeat`)") }
        if let percentageOfNodesToScore, !(0...100).contains(percentageOfNodesToScore) {
            throw ValidationError(
                "--percentage-of-nodes-to-score takes 0 to 100, not \(percentageOfNodesToScore)")
        }
        if let minRatio, !(minRatio > 0) {
            throw ValidationError("--min-ratio takes a number above 0, not \(minRatio)")
        }
        if let name {
            do {
                _ = try Regex(name)
            } catch {
                throw ValidationError("--name \"\(name)\" is no regular expression")
            }
        }
    }

    private struct Selected {
        var configuration: PerfConfiguration
        var testCase: PerfTestCase
        var workload: PerfWorkload
        var name: String { "\(testCase.name)/\(workload.name)" }
        var refusal: String? { configuration.refusal(of: testCase) }
    }

    func run() throws {
        let selected = try selection()
        if list { return printList(selected) }
        if selected.isEmpty {
            throw Stop(
                status: ExitStatus.badInput,
                message: "no workload matches; --list --label-filter '' shows all of them")
        }
        Interruption.watch()
        var results: [PerfResult] = []
        var failures: [String] = []
        var wasInterrupted = false
        let progress = BenchProgress(isShown: format == .text)
        for (index, item) in selected.enumerated() {
            if let refusal = item.refusal {
                Console.error("\(item.configuration.file): \(item.name): not run: \(refusal)")
                continue
            }
            progress.show("\(index + 1) of \(selected.count)  \(item.name)")
            do {
                results.append(try measure(item, failures: &failures))
            } catch is PerfRun.Interrupted {
                wasInterrupted = true
            } catch {
                progress.clear()
                failures.append("\(item.name): \(error)")
                Console.error("\(item.configuration.file): \(item.name): \(error)")
            }
            if wasInterrupted { break }
        }
        progress.clear()
        try show(results)
        failures += missedRatios(results)
        for note in Self.notes(results) where format == .text { Console.error("note: \(note)") }
        if wasInterrupted { throw Stop(status: ExitStatus.interrupted) }
        if !failures.isEmpty {
            throw Stop(
                status: ExitStatus.expectationFailed,
                message: "\(failures.count) of \(selected.count) failed:\n"
                    + failures.map { "  " + $0 }.joined(separator: "\n"))
        }
    }

    private func measure(_ item: Selected, failures: inout [String]) throws -> PerfResult {
        var options = PerfOptions()
        options.seed = seed
        options.percentageOfNodesToScore = percentageOfNodesToScore
        let shouldStop = { Interruption.hasCome }
        if comparePlain {
            let comparison = try PlainComparison.run(
                item.workload, of: item.testCase, in: item.configuration, options: options,
                shouldStop: shouldStop)
            if let difference = comparison.difference {
                failures.append("\(item.name): decisions differ: \(difference)")
            } else {
                Console.error("\(item.name): \(comparison.placementCount) bindings, all equal without caches")
            }
            return comparison.cached
        }
        var runs: [PerfResult] = []
        for _ in 0..<`repeat` {
            runs.append(
                try PerfRun(
                    item.workload, of: item.testCase, in: item.configuration, options: options,
                    shouldStop: shouldStop
                ).run())
        }
        runs.sort { ($0.measurements.last?.podsPerSecond ?? 0) < ($1.measurements.last?.podsPerSecond ?? 0) }
        return runs[runs.count / 2]
    }

    // MARK: Choosing

    private func selection() throws -> [Selected] {
        var configurations: [PerfConfiguration] = []
        var problems: [String] = []
        for file in try paths() {
            do throws(InvalidInput) {
                configurations.append(try PerfConfiguration.load(file))
            } catch {
                problems.append(error.description)
            }
        }
        if !problems.isEmpty {
            throw Stop(status: ExitStatus.badInput, message: problems.joined(separator: "\n"))
        }
        // A name by itself means the workload, whatever its labels.
        let filter = LabelFilter(labelFilter ?? (name == nil ? "performance" : ""))
        let pattern = try name.map { try Regex($0) }
        var selected: [Selected] = []
        for configuration in configurations {
            for testCase in configuration.testCases {
                for workload in testCase.workloads {
                    let item = Selected(
                        configuration: configuration, testCase: testCase, workload: workload)
                    guard filter.accepts(testCase.labels + workload.labels) else { continue }
                    if let pattern, item.name.firstMatch(of: pattern) == nil { continue }
                    selected.append(item)
                }
            }
        }
        return selected
    }

    /// The files that were named, and those in folders that were named, in alphabetical order.
    private func paths() throws -> [String] {
        try (files.isEmpty ? ["benchmarks/scheduler_perf"] : files).flatMap { path -> [String] in
            var isDirectory: ObjCBool = false
            let isThere = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            guard isThere else {
                throw Stop(
                    status: ExitStatus.badInput,
                    message: "\(path): there is no such file. Name a file in scheduler_perf's format"
                        + (files.isEmpty ? ", or run simk where benchmarks/scheduler_perf is" : ""))
            }
            guard isDirectory.boolValue else { return [path] }
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            let found = names.filter { $0.hasSuffix("performance-config.yaml") }.sorted()
            if found.isEmpty {
                throw Stop(
                    status: ExitStatus.badInput,
                    message: "\(path): found no performance-config.yaml in this folder")
            }
            let folder = path.hasSuffix("/") ? path : path + "/"
            return found.map { folder + $0 }
        }
    }

    // MARK: Telling

    private func printList(_ selected: [Selected]) {
        for item in selected {
            let labels = (item.testCase.labels + item.workload.labels).joined(separator: ",")
            let threshold = item.workload.threshold.value(ofTopic: item.configuration.topic)
            var line = "\(item.name)  [\(labels)]"
            if threshold > 0 { line += "  threshold \(threshold)" }
            if let refusal = item.refusal { line += "  not run: \(refusal)" }
            print(line)
        }
    }

    private func show(_ results: [PerfResult]) throws {
        switch format {
        case .text:
            if !results.isEmpty { print(PerfReport.table(results.flatMap(PerfReport.rows))) }
        case .json: print(JSONWriter.string(PerfReport.json(of: results), style: .pretty))
        case .dataItems: print(JSONWriter.string(DataItems.json(of: results), style: .pretty))
        }
        guard let dataItemsDir else { return }
        let stamp = Date.now.formatted(.iso8601)
        do {
            try FileManager.default.createDirectory(
                atPath: dataItemsDir, withIntermediateDirectories: true)
            for topic in Set(results.map(\.topic)).sorted() {
                let text = JSONWriter.string(
                    DataItems.json(of: results.filter { $0.topic == topic }), style: .pretty)
                try Data((text + "\n").utf8).write(
                    to: URL(
                        filePath:
                            "\(dataItemsDir)/BenchmarkPerfScheduling_benchmark_\(topic)_\(stamp).json"))
            }
        } catch {
            throw Stop(
                status: ExitStatus.badInput,
                message: "--data-items-dir \(dataItemsDir): \(error.localizedDescription)")
        }
    }

    private func missedRatios(_ results: [PerfResult]) -> [String] {
        guard let minRatio else { return [] }
        return results.flatMap { result in
            result.measurements.compactMap { measurement in
                guard let ratio = measurement.ratio, ratio < minRatio else { return nil }
                return
                    "\(result.name)/\(measurement.name): \(String(format: "%.2f", ratio)) times the threshold "
                    + "of \(measurement.thresholdValue), less than \(minRatio)"
            }
        }
    }

    /// Each note once, with the workloads that it is about.
    private static func notes(_ results: [PerfResult]) -> [String] {
        var order: [String] = []
        var counts: [String: Int] = [:]
        for note in results.flatMap(\.notes) {
            if counts[note] == nil { order.append(note) }
            counts[note, default: 0] += 1
        }
        return order.map { "\($0) (\(counts[$0] ?? 0) of \(results.count) workloads)" }
    }
}

/// One line on a terminal that tells which workload is running.
private struct BenchProgress {
    private let isShown: Bool

    init(isShown: Bool) { self.isShown = isShown && isatty(STDERR_FILENO) == 1 }

    func show(_ text: String) {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8)) }
    }

    func clear() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
