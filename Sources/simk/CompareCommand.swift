import ArgumentParser
import Dispatch
import Foundation
import KubernetesModel
import Reports
import Scenarios
import Simulation
import Synchronization
import Workloads

/// Compares policies on one workload.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compares scheduling policies on one scenario or trace, and says what can be concluded.",
        discussion: """
            Every seed is run under each policy with the same arrivals, failures and draws (common random \
            numbers). Each policy is set against the first one by paired differences, with confidence intervals \
            and a correction for the number of comparisons.

              simk compare default deadlines scenarios/deadlines.json --seeds 10
              simk compare default best-fit nodes.csv pods.csv --seeds 5 --sample 0.2

            With --out: comparison.json, values.csv and differences.csv.
            """)

    @Argument(
        help: "Two or more policies, the baseline first, then a scenario or the files of a trace.",
        completion: .file())
    var input: [String]

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The trace's format (default: told from the content); text or json say how to print the result.",
            valueName: "name"))
    var format: [String] = []

    @Option(help: "How many seeds: the scenario's own, or that of --seed, and those that follow it.")
    var seeds = 10

    @Option(help: "The first seed (default: the scenario's).")
    var seed: UInt64?

    @Option(help: "The level of confidence.")
    var level = 0.95

    @OptionGroup(title: "Trace")
    var options: ReplayInput

    @Option(help: "How many runs to make at a time (default: one a processor).")
    var jobs: Int?

    @Option(help: ArgumentHelp("Write results to this folder.", valueName: "dir"))
    var out: String?

    @Flag(name: .shortAndLong, help: "Do not tell how far it is.")
    var quiet = false

    func validate() throws {
        if seeds < 1 || seeds > 100_000 { throw ValidationError("--seeds takes 1 to 100000, not \(seeds)") }
        if !(level > 0.5 && level < 1) {
            throw ValidationError("--level takes a number above 0.5 and below 1, not \(level)")
        }
        if let jobs, jobs < 1 { throw ValidationError("--jobs takes 1 or more, not \(jobs)") }
    }

    func run() throws {
        let (policies, paths) = try split()
        let formats = FormatNames(format)
        var scenarios: [Scenario] = []
        let base = try options.scenario(paths, format: formats.trace, seed: seed, policy: nil)
        for policy in policies {
            var scenario = base
            scenario.cluster.scheduler.take(try RunCommand.policy(named: policy))
            scenarios.append(scenario)
        }
        let (last, overflow) = base.seed.addingReportingOverflow(UInt64(seeds - 1))
        if overflow {
            throw Stop(status: ExitStatus.badInput, message: "--seeds: there are no seeds above \(last)")
        }
        let seedList = Array(base.seed...last)
        let runs = try Self.runs(scenarios, seeds: seedList, jobs: jobs, isQuiet: quiet)
        let comparison = PolicyComparison(policies: policies, seeds: seedList, runs: runs, level: level)
        let report = ComparisonReport(
            comparison, subject: paths.joined(separator: " "), caveat: Self.caveat(base))
        if let out { try Self.write(report, to: out) }
        switch formats.output {
        case .text: Console.output(report.text(Console.style))
        case .json: Console.output(JSONWriter.string(report.json, style: .pretty) + "\n")
        }
        if !comparison.inconsistent.isEmpty {
            throw Stop(
                status: ExitStatus.internalError,
                message: "Little's law does not hold in \(comparison.inconsistent.joined(separator: "; "))")
        }
    }

    /// The policies stand first: what names a file is none.
    private func split() throws -> (policies: [String], paths: [String]) {
        var policies: [String] = []
        var rest = input[...]
        while let word = rest.first, !FileManager.default.fileExists(atPath: word), !word.contains("/"),
            !word.contains(".")
        {
            // Several may stand in one word.
            for name in word.split(separator: ",") {
                _ = try RunCommand.policy(named: String(name))
                if policies.contains(String(name)) {
                    throw Stop(status: ExitStatus.badInput, message: "the policy \(name) is named twice")
                }
                policies.append(String(name))
            }
            rest = rest.dropFirst()
        }
        if policies.count < 2 {
            throw Stop(
                status: ExitStatus.badInput,
                message:
                    "simk compare: name at least two policies, then a scenario or a trace; `simk policies` "
                    + "lists them")
        }
        if rest.isEmpty {
            throw Stop(
                status: ExitStatus.badInput, message: "simk compare: name a scenario or the files of a trace")
        }
        return (policies, Array(rest))
    }

    /// What other seeds leave as it is.
    private static func caveat(_ scenario: Scenario) -> String {
        guard let workload = scenario.workload, workload.trace.options.sampleFraction == 1 else { return "" }
        return
            "Every seed replays the same tasks of the trace at the same times: the intervals speak of this "
            + "trace with other draws (failures, ties, start times), not of other workloads. --sample 0.5 makes "
            + "another workload of every seed."
    }

    // MARK: Running

    /// All runs, by policy and then by seed, whatever the order in which they end.
    private static func runs(
        _ scenarios: [Scenario], seeds: [UInt64], jobs: Int?, isQuiet: Bool
    ) throws -> [[PolicyRun]] {
        let count = scenarios.count * seeds.count
        let results = Mutex<[Result<PolicyRun, Stop>?]>(Array(repeating: nil, count: count))
        let next = Mutex(0)
        let isShown = !isQuiet && isatty(STDERR_FILENO) == 1
        let width = min(count, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        Interruption.watch()
        DispatchQueue.concurrentPerform(iterations: width) { _ in
            while !Interruption.hasCome {
                let place = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard place < count else { return }
                var scenario = scenarios[place % scenarios.count]
                scenario.seed = seeds[place / scenarios.count]
                let result = run(scenario)
                let done = results.withLock { results in
                    results[place] = result
                    return results.count { $0 != nil }
                }
                if isShown { Console.progress("run \(done) of \(count)") }
            }
        }
        if isShown { Console.progress("") }
        if Interruption.hasCome { throw Stop(status: ExitStatus.interrupted) }
        let all = try results.withLock { $0 }.map { try $0?.get() }.compactMap { $0 }
        return scenarios.indices.map { policy in
            seeds.indices.map { all[$0 * scenarios.count + policy] }
        }
    }

    private static func run(_ scenario: Scenario) -> Result<PolicyRun, Stop> {
        let run = ScenarioRun(scenario, isMetered: true)
        do throws(TraceError) {
            try run.openWorkload()
        } catch {
            return .failure(Stop(status: ExitStatus.badInput, message: error.description))
        }
        run.run { Interruption.hasCome }
        if let failure = run.traceFailure {
            return .failure(Stop(status: ExitStatus.badInput, message: failure.description))
        }
        guard let meter = run.meter else {
            return .failure(Stop(status: ExitStatus.internalError, message: "the run was not metered"))
        }
        let now = run.simulation.now
        return .success(
            PolicyRun(
                figures: meter.figures(at: now), deadlines: run.metrics.deadlineFigures(at: now),
                unavailablePodSeconds: run.metrics.unavailablePodSeconds(at: now),
                evictions: run.metrics.evictions, podsLost: run.metrics.podsLost,
                digest: run.simulation.digestText))
    }

    private static func write(_ report: ComparisonReport, to folder: String) throws {
        do {
            let url = URL(filePath: folder)
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for (name, text) in [
                ("comparison.json", JSONWriter.string(report.json, style: .pretty) + "\n"),
                ("values.csv", report.valuesCSV), ("differences.csv", report.differencesCSV),
            ] { try Data(text.utf8).write(to: url.appending(path: name)) }
        } catch {
            throw Stop(
                status: ExitStatus.badInput,
                message: "--out \(folder): cannot be written: \(error.localizedDescription)")
        }
    }
}
