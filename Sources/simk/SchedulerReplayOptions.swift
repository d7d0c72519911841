import ArgumentParser
import Foundation
import KubernetesModel
import Replay
import Reports
import Scenarios
import Scheduler

/// The options of a replay through the scheduler alone, and how to do it.
struct SchedulerReplayOptions: ParsableArguments {
    @Flag(help: "Send the files' pods through the scheduler alone, without the rest of a cluster.")
    var schedulerOnly = false

    @Option(help: ArgumentHelp("Take these seeds: 1,2,5 or 1-10.", valueName: "list"))
    var seeds: String?

    @Option(
        help: ArgumentHelp("A file with the order of arrivals, or shuffled or recorded.", valueName: "file"))
    var order: String?

    @Option(
        help: ArgumentHelp(
            "A file with the order of nodes, by which ties are decided, or shuffled or recorded.",
            valueName: "file"))
    var nodeOrder: String?

    @Option(help: "Fill a shuffled workload up until this percentage of the GPUs is asked for.")
    var arrivedPercent: Int64?

    @Option(help: ArgumentHelp("The folder with the trace's files.", valueName: "dir"))
    var traceFolder: String?

    @Flag(help: "With --out: write where every pod went, placements.csv.")
    var placements = false

    @Flag(help: "With --out: write the state after every arrival, samples.csv.")
    var samples = false

    func validate() throws {
        if let arrivedPercent, !(1...10_000).contains(arrivedPercent) {
            throw ValidationError("--arrived-percent takes 1 to 10000, not \(arrivedPercent)")
        }
    }

    /// The first option that is given and means nothing in a whole cluster.
    var strayOption: String? {
        let given: [(Bool, String)] = [
            (schedulerOnly, "--scheduler-only"), (seeds != nil, "--seeds"), (order != nil, "--order"),
            (nodeOrder != nil, "--node-order"), (arrivedPercent != nil, "--arrived-percent"),
            (traceFolder != nil, "--trace-folder"), (placements, "--placements"), (samples, "--samples"),
        ]
        return given.first { $0.0 }?.1
    }

    /// Replays what the arguments name.
    ///
    /// - Returns: false, with nothing done, when it is a scenario for a whole cluster.
    func run(
        _ input: [String], traceFormat: String?, policy: String?, seed: UInt64?, format: OutputFormat,
        out: String?
    ) throws -> Bool {
        guard var plan = try plan(input) else { return false }
        if let traceFormat { plan.format = traceFormat }
        if let order { plan.podOrder = Self.order(order) }
        if let nodeOrder { plan.nodeOrder = Self.order(nodeOrder) }
        if let arrivedPercent { plan.arrivedPercent = arrivedPercent }
        if let traceFolder { plan.folders = [traceFolder] }
        if let seed { plan.seeds = [seed] }
        if let seeds { plan.seeds = try Self.seeds(seeds) }
        if let policy { plan.policies = try Self.policies(policy) }
        try Self.replay(plan, format: format, out: out, placements: placements, samples: samples)
        return true
    }

    /// What the arguments name: a scenario, or a trace.
    private func plan(_ input: [String]) throws -> ReplayPlan? {
        if !ReplayInput.isScenario(input[0]) { return schedulerOnly ? ReplayPlan(trace: input) : nil }
        let loaded: ScenarioLoader.Loaded
        do throws(InvalidInput) {
            loaded = try ScenarioFile.loadAny(input[0], strict: false)
        } catch {
            throw Stop(status: ExitStatus.badInput, message: error.description)
        }
        guard case .replay(let plan) = loaded else {
            if schedulerOnly {
                throw Stop(
                    status: ExitStatus.badInput,
                    message: "\(input[0]): the scenario has a cluster, so it cannot go through the scheduler "
                        + "alone; leave out --scheduler-only")
            }
            return nil
        }
        if input.count > 1 {
            throw Stop(
                status: ExitStatus.badInput,
                message: "simk replay: one scenario at a time; '\(input[1])' is one file too many")
        }
        for warning in plan.warnings { Console.error(warning.description) }
        return plan
    }

    private static func order(_ text: String) -> ReplayPlan.Order {
        switch text {
        case "shuffled": .shuffled
        case "recorded": .asRecorded
        default: .file(text)
        }
    }

    private static func policies(_ text: String) throws -> [SchedulingPolicy] {
        try text.split(separator: ",").map { try RunCommand.policy(named: String($0)) }
    }

    /// Numbers and ranges of them, with commas between.
    private static func seeds(_ text: String) throws -> [UInt64] {
        var seeds: [UInt64] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
                last - first < 10_000
            else {
                throw Stop(
                    status: ExitStatus.badInput,
                    message: "--seeds: found '\(part)', expected a number or a range such as 42-46")
            }
            seeds += first...last
        }
        return seeds
    }

    // MARK: Running

    static func replay(
        _ plan: ReplayPlan, format: OutputFormat, out: String?, placements: Bool, samples: Bool
    ) throws {
        let files = ReplayFiles(plan)
        let policies = plan.policies.isEmpty ? [SchedulingPolicy.fgd] : plan.policies
        var options = ReplayRun.Options()
        options.keepsPlacements = placements
        var runs: [ReplayRun] = []
        let cluster: ReplayCluster
        do {
            cluster = try files.cluster()
            let orders = try plan.seeds.map { try files.orders(cluster, seed: $0) }
            for policy in policies {
                for (seed, orders) in zip(plan.seeds, orders) {
                    runs.append(
                        try ReplayRun(cluster, orders, policy: policy, seed: seed, options: options))
                }
            }
        } catch {
            throw Stop(status: ExitStatus.badInput, message: "\(error)")
        }
        let report = ReplayReport(plan, cluster, runs: runs)
        if let out { try write(report, to: out, placements: placements, samples: samples) }
        switch format {
        case .json: Console.output(JSONWriter.string(report.json, style: .pretty) + "\n")
        case .text: Console.output(report.text)
        }
    }

    private static func write(
        _ report: ReplayReport, to folder: String, placements: Bool, samples: Bool
    ) throws {
        var files = [
            ("summary.json", JSONWriter.string(report.json, style: .pretty) + "\n"),
            ("curves.csv", report.curvesCSV),
            ("allocation.svg", chart(report, "GPU given", "given, % of all GPUs") { $0.allocationPercent }),
            (
                "fragmentation.svg",
                chart(report, "Fragmentation", "fragmented, % of free GPU") { $0.fragmentationPercent }
            ),
        ]
        if samples { files.append(("samples.csv", report.samplesCSV)) }
        if placements { files.append(("placements.csv", report.placementsCSV)) }
        do {
            let url = URL(filePath: folder)
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for (name, text) in files { try Data(text.utf8).write(to: url.appending(path: name)) }
        } catch {
            throw Stop(
                status: ExitStatus.badInput,
                message: "--out \(folder): cannot be written: \(error.localizedDescription)")
        }
    }

    private static func chart(
        _ report: ReplayReport, _ title: String, _ yTitle: String, _ value: (ReplayCurve.Point) -> Double
    ) -> String {
        let lines = report.curves.map { entry in
            LineChart.Line(
                name: entry.policy,
                points: entry.curve.points.map { (Double($0.arrivedPercent), value($0)) })
        }
        return LineChart(
            title: "\(title), \(report.plan.metadata.name)", xTitle: "asked for, % of all GPUs",
            yTitle: yTitle, lines: lines
        ).svg
    }
}
