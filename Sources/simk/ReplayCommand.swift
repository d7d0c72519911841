import ArgumentParser
import Foundation
import KubernetesModel
import Reports
import Scenarios
import SimulationKernel
import Telemetry
import Workloads

/// Replays a trace in a whole cluster, or through the scheduler alone.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract:
            "Replays a trace in a whole cluster, or through the scheduler alone, and tells what the policy has made of it.",
        discussion: """
            Takes the files of a trace, or a scenario with a workload. Every task becomes a pod that is created \
            at its time, goes through API server and scheduler, and runs on a virtual node for as long as the \
            trace says. Nodes are the trace's machines, or those that --nodes names.

              simk replay openb_node_list_all_node.csv openb_pod_list_default.csv --policy best-fit
              simk replay disaggregated_DLRM_trace.csv --nodes 3200:cpu=192,memory=2Ti,ephemeral-storage=20Ti,gpu=8,rdma=200
              simk replay trace.csv --format alibaba-dlrm-2025 --from 12h --until 36h --nodes 100:cpu=64,memory=256Gi

            The run folder holds run.json, series.csv (use of the machines over time), pods.csv and users.csv.

            With --scheduler-only, or with a scenario that has no cluster, pods go one at a time through the \
            scheduler's queue, scheduling cycle and binding; none ends, and one that fits nowhere is dropped. \
            Several policies and seeds may be named then, and --out holds summary.json, curves.csv, allocation.svg, \
            fragmentation.svg and, on request, samples.csv and placements.csv.

              simk replay scenarios/fgd-atc23.json --policy FGD --seed 42
              simk replay nodes.csv pods.csv --scheduler-only --policy FGD,BestFit --seeds 1-10 --out results
            """)

    @Argument(help: "The files of a trace, or a scenario with a workload.", completion: .file())
    var input: [String]

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The trace's format, such as alibaba-dlrm-2025 (default: told from the content); text or json say how to print the result.",
            valueName: "name"))
    var format: [String] = []

    @OptionGroup(title: "Trace")
    var options: ReplayInput

    @OptionGroup(title: "The scheduler alone")
    var alone: SchedulerReplayOptions

    @Option(
        help: ArgumentHelp(
            "Schedule by this policy; `simk policies` lists them. Several, with commas between them, for the scheduler alone.",
            valueName: "name"))
    var policy: String?

    @Option(help: "The seed of the sample, of failures and of all other draws.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp("Folder for the run's files (default: a new one under runs/).", valueName: "dir"))
    var out: String?

    @Flag(help: "Keep the timeline and the scheduler's decisions in the run folder, as simk run does.")
    var timeline = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        if input.isEmpty { throw ValidationError("name the files of a trace, or a scenario with a workload") }
        if seed != nil && alone.seeds != nil {
            throw ValidationError("--seed and --seeds exclude each other")
        }
        if (alone.placements || alone.samples) && out == nil {
            throw ValidationError("--placements and --samples need --out")
        }
    }

    func run() throws {
        let formats = FormatNames(format)
        let isDone = try alone.run(
            input, traceFormat: formats.trace ?? options.traceFormat, policy: policy, seed: seed,
            format: formats.output, out: out)
        if isDone { return }
        if let stray = alone.strayOption {
            throw Stop(
                status: ExitStatus.badInput,
                message:
                    "\(stray) is for replays through the scheduler alone: add --scheduler-only to a trace")
        }
        let scenario = try options.scenario(input, format: formats.trace, seed: seed, policy: policy)
        guard scenario.workload != nil else {
            throw Stop(
                status: ExitStatus.badInput,
                message: "\(input[0]): the scenario has no workload to replay. Run it with simk run")
        }
        if !quiet {
            for warning in scenario.warnings {
                // The places in the scenario that was made of a trace are nobody's.
                Console.error(
                    ReplayInput.isScenario(input[0])
                        ? warning.description : "\(input[0]): warning: \(warning.problem.message)")
            }
        }
        let folder = try RunCommand.makeFolder(for: scenario, at: out)
        let session = RunSession(
            scenario, folder: folder, keepsFullStory: false, decisions: timeline ? .all : .none,
            isBrief: !timeline)
        try RunCommand.open(session)
        Interruption.watch()
        let progress = ProgressLine(isShown: !quiet && formats.output == .text, end: scenario.end)
        session.run { time in
            progress.show(time)
            return Interruption.hasCome
        }
        progress.clear()
        do {
            try session.finish()
        } catch {
            throw Stop(status: ExitStatus.internalError, message: "\(folder.url.path): \(error)")
        }
        tellRefusals(session)
        print(session, formats.output)
        try RunCommand.checkWorkload(session)
        if session.summary.isInterrupted { throw Stop(status: ExitStatus.interrupted) }
        if !session.run.hasHeld { throw Stop(status: ExitStatus.expectationFailed) }
    }

    /// What the cluster has refused of the trace: the first few, and how many.
    private func tellRefusals(_ session: RunSession) {
        let failed = session.failedCommands
        for record in failed.prefix(5) {
            Console.error("\(input[0]): warning: at \(record.time): \(record.subject): \(record.message)")
        }
        if failed.count > 5 {
            Console.error(
                "\(input[0]): warning: \(failed.count - 5) more of the trace's objects were refused")
        }
    }

    private func print(_ session: RunSession, _ output: OutputFormat) {
        let report = RunReport(style: Console.style)
        switch output {
        case .json:
            Console.output(JSONWriter.string(session.json(withWallClock: true), style: .pretty) + "\n")
        case .text where quiet: break
        case .text:
            if !session.run.results.isEmpty {
                Console.output(report.expectations(session.run.results) + "\n")
            }
            if let workload = session.workload { Console.output(workload.text(Console.style) + "\n") }
            Console.output(report.summary(session.summary, folder: session.folder.url.relativePath))
        }
    }
}

/// What `--format` names: one word for what comes in, one for what goes out.
struct FormatNames {
    var trace: String?
    var output = OutputFormat.text

    init(_ names: [String]) {
        for name in names {
            if let output = OutputFormat(rawValue: name) { self.output = output } else { trace = name }
        }
    }
}
