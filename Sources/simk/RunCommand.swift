import ArgumentParser
import Dispatch
import Foundation
import KubernetesModel
import Reports
import Scenarios
import Scheduler
import Simulation
import SimulationKernel
import Synchronization
import Telemetry
import Workloads

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a scenario and tells what happened, when and why, and whether what had to hold held.",
        discussion: """
            Prints what is simulated, a timeline in virtual time with the cause of each line, the expectations, \
            and a summary with the run's digest: equal digests mean equal runs.

            The run folder holds run.json (the scenario with its defaults filled in, the summary), \
            timeline.jsonl, metrics.csv and results.sqlite. Ctrl-C ends the run early and leaves a valid \
            folder with what happened so far.
            """)

    @Argument(
        help: "The scenario file, JSON or YAML.", completion: .file(extensions: ["json", "yaml", "yml"]))
    var scenario: String

    @Option(
        help: ArgumentHelp("Folder for the run's files (default: a new one under runs/).", valueName: "dir"))
    var out: String?

    @Option(help: "Take this seed instead of the scenario's.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Schedule by this policy instead of the scenario's; `simk policies` lists them.",
            valueName: "name"))
    var policy: String?

    @Option(help: "text, or json: one object with scenario, expectations and summary.")
    var format = OutputFormat.text

    @Option(help: "story: like lines together, without the steps of starting; full: every line; none.")
    var timeline = TimelineStyle.story

    @Option(help: "How many lines of the timeline to print at most.")
    var timelineLines = 400

    @Option(
        help:
            "How much simk explain can tell later: all; failed: no scores of attempts that found a node; none."
    )
    var decisions = Decisions.all

    @Option(help: ArgumentHelp("Write the expectations as JUnit XML.", valueName: "file"))
    var junit: String?

    @Flag(help: "Make errors of what is otherwise ignored with a warning.")
    var strict = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors and failed expectations.")
    var quiet = false

    enum Decisions: String, ExpressibleByArgument, CaseIterable {
        case all, failed, none

        var scope: DecisionRecorder.Scope {
            switch self {
            case .all: .all
            case .failed: .failed
            case .none: .none
            }
        }
    }

    enum TimelineStyle: String, ExpressibleByArgument, CaseIterable {
        case story, full, none
    }

    func validate() throws {
        if timelineLines < 0 {
            throw ValidationError("--timeline-lines takes 0 or more, not \(timelineLines)")
        }
    }

    func run() throws {
        if policy == "help" {
            Console.output(PoliciesCommand.text)
            return
        }
        let input: ScenarioLoader.Loaded
        do throws(InvalidInput) {
            input = try ScenarioFile.loadAny(scenario, strict: strict)
        } catch {
            throw Stop(status: ExitStatus.badInput, message: error.description)
        }
        var loaded: Scenario
        switch input {
        case .scenario(let found): loaded = found
        case .replay(let plan): return try replay(plan)
        }
        if let seed { loaded.seed = seed }
        if let policy { loaded.cluster.scheduler.take(try Self.policy(named: policy)) }
        try checkJUnitPath()
        if !quiet { for warning in loaded.warnings { Console.error(warning.description) } }
        let folder = try makeFolder(for: loaded)
        let session = RunSession(
            loaded, folder: folder, keepsFullStory: timeline == .full, decisions: decisions.scope)
        let report = RunReport(style: Console.style)
        if format == .text && !quiet { Console.output(report.header(session.summary) + "\n") }

        try Self.open(session)
        Interruption.watch()
        let progress = ProgressLine(isShown: !quiet && format == .text, end: loaded.end)
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
        try writeJUnit(session)
        // Refused manifests have a section of their own.
        let refusals = Set(session.summary.refusedManifests.map(\.message))
        for record in session.failedCommands
        where !refusals.contains(where: { record.message.hasSuffix($0) }) {
            Console.error("\(scenario): warning: at \(record.time): \(record.subject): \(record.message)")
        }
        print(session, report)
        try Self.checkWorkload(session)
        if session.summary.isInterrupted { throw Stop(status: ExitStatus.interrupted) }
        let refused = session.summary.refusedManifests
        if !refused.isEmpty {
            let count = refused.count == 1 ? "a manifest was" : "\(refused.count) manifests were"
            throw Stop(
                status: ExitStatus.badInput,
                message:
                    "\(scenario): \(count) refused by the API server, so the cluster was not the one that "
                    + "the scenario describes. Correct it, or say mayBeRefused in the list of manifests")
        }
        if !session.run.hasHeld { throw Stop(status: ExitStatus.expectationFailed) }
    }

    /// A scenario whose workload is a trace for the scheduler alone.
    private func replay(_ plan: ReplayPlan) throws {
        var plan = plan
        if let seed { plan.seeds = [seed] }
        if let policy { plan.policies = [try Self.policy(named: policy)] }
        if !quiet { for warning in plan.warnings { Console.error(warning.description) } }
        try SchedulerReplayOptions.replay(plan, format: format, out: out, placements: false, samples: false)
    }

    static func policy(named name: String) throws -> SchedulingPolicy {
        if let policy = SchedulingPolicy(named: name) { return policy }
        let names = SchedulingPolicy.allCases.map(\.rawValue)
        let nearest = NearestName.find(name, among: names).map { " Did you mean '\($0)'?" } ?? ""
        throw Stop(
            status: ExitStatus.badInput,
            message: "--policy: '\(name)' is not known.\(nearest) `simk policies` lists them: "
                + names.joined(separator: ", "))
    }

    private func print(_ session: RunSession, _ report: RunReport) {
        let results = session.run.results
        switch format {
        case .json:
            Console.output(JSONWriter.string(session.json(withWallClock: true), style: .pretty) + "\n")
        case .text where quiet:
            let refused = report.refusedManifests(session.summary.refusedManifests)
            if !refused.isEmpty { Console.output(refused) }
            let failed = results.filter { $0.verdict == .failed }
            if !failed.isEmpty { Console.output(report.expectations(failed)) }
            Console.output(report.invariants(session.run.violations))
        case .text:
            if timeline != .none {
                Console.output(report.timeline(session.story, limit: timelineLines) + "\n")
            }
            let refused = report.refusedManifests(session.summary.refusedManifests)
            if !refused.isEmpty { Console.output(refused + "\n") }
            if !results.isEmpty { Console.output(report.expectations(results) + "\n") }
            let broken = report.invariants(session.run.violations)
            if !broken.isEmpty { Console.output(broken + "\n") }
            if let workload = session.workload { Console.output(workload.text(Console.style) + "\n") }
            Console.output(report.summary(session.summary, folder: session.folder.url.relativePath))
        }
    }

    /// Opens the trace of a scenario that has one.
    static func open(_ session: RunSession) throws {
        do throws(TraceError) {
            try session.openWorkload()
        } catch {
            throw Stop(status: ExitStatus.badInput, message: error.description)
        }
    }

    /// What makes the figures of a run worthless: a trace that could not be read to its end, an account that
    /// does not add up.
    static func checkWorkload(_ session: RunSession) throws {
        if let failure = session.run.traceFailure {
            throw Stop(status: ExitStatus.badInput, message: failure.description)
        }
        if session.run.tookNothing {
            throw Stop(
                status: ExitStatus.badInput,
                message: "the sample has left no task of the trace. Take a larger one, or another seed")
        }
        if let workload = session.workload, !workload.figures.isConsistent {
            throw Stop(
                status: ExitStatus.internalError,
                message: "the figures of the workload do not add up: Little's law does not hold. This is a "
                    + "mistake of simk; the digest \(session.summary.digest) identifies the run")
        }
    }

    /// A report that could not be written is better known before a long run than after it.
    private func checkJUnitPath() throws {
        guard let junit else { return }
        let folder = URL(filePath: junit).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw Stop(
                status: ExitStatus.badInput,
                message: "--junit \(junit): the folder \(folder) is not there or cannot be written to")
        }
    }

    private func writeJUnit(_ session: RunSession) throws {
        guard let junit else { return }
        let xml = JUnitReport.xml(
            scenario: session.summary.scenario, results: session.run.results,
            violations: session.run.violations, exemptions: session.run.scenario.exemptions)
        do {
            try Data(xml.utf8).write(to: URL(filePath: junit))
        } catch {
            throw Stop(
                status: ExitStatus.badInput,
                message: "\(junit): cannot be written: \(error.localizedDescription)")
        }
    }

    /// The folder that was asked for, or the first free one of `runs/<scenario>-<number>`.
    private func makeFolder(for scenario: Scenario) throws -> RunFolder {
        try Self.makeFolder(for: scenario, at: out)
    }

    /// The folder of that path, or the first free one of `runs/<scenario>-<number>`.
    static func makeFolder(for scenario: Scenario, at out: String?) throws -> RunFolder {
        do {
            if let out { return try RunFolder(URL(filePath: out)) }
            let name = scenario.metadata.name.isEmpty ? "run" : scenario.metadata.name
            for number in 1...99_999 {
                let digits = String(number)
                let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                let url = URL(filePath: "runs/\(name)-\(padded)")
                if !FileManager.default.fileExists(atPath: url.path) { return try RunFolder(url) }
            }
            throw Stop(
                status: ExitStatus.badInput, message: "runs/: holds too many runs of \(name); remove some")
        } catch let error as RunFolderError {
            throw Stop(status: ExitStatus.badInput, message: error.description)
        } catch let stop as Stop {
            throw stop
        } catch {
            throw Stop(
                status: ExitStatus.badInput,
                message:
                    "\(out ?? "runs"): the run folder cannot be made: \(error.localizedDescription). Name another with --out"
            )
        }
    }
}

/// Whether somebody has pressed Ctrl-C.
enum Interruption {
    private static let flag = Atomic<Bool>(false)

    static var hasCome: Bool { flag.load(ordering: .relaxed) }

    /// From now on the first interrupt ends the run in good order, and a second one at once.
    static func watch() {
        signal(SIGINT) { _ in
            if Interruption.flag.exchange(true, ordering: .relaxed) { _exit(ExitStatus.interrupted) }
        }
        signal(SIGTERM) { _ in
            if Interruption.flag.exchange(true, ordering: .relaxed) { _exit(ExitStatus.interrupted) }
        }
    }
}

/// One line on a terminal that tells how far a long run is.
final class ProgressLine {
    private let isShown: Bool
    private let end: VirtualTime
    private let started = ContinuousClock.now
    private var last = ContinuousClock.now
    private var hasPrinted = false

    init(isShown: Bool, end: VirtualTime) {
        self.isShown = isShown && isatty(STDERR_FILENO) == 1
        self.end = end
    }

    func show(_ time: VirtualTime) {
        guard isShown else { return }
        let now = ContinuousClock.now
        guard now - last > .milliseconds(100), now - started > .milliseconds(300) else { return }
        last = now
        let share =
            end > .start ? 100 * time.sinceStart.fractionalSeconds / end.sinceStart.fractionalSeconds : 100
        FileHandle.standardError.write(
            Data("\r\u{1B}[K\(VirtualDuration.seconds(time.sinceStart.wholeSeconds))  \(Int(share)) %".utf8))
        hasPrinted = true
    }

    func clear() {
        if hasPrinted { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}

/// One line on a terminal that tells how many of many runs are done; shown from any thread.
final class CountLine: Sendable {
    private let isShown: Bool
    private let started = ContinuousClock.now
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(isShown: Bool) { self.isShown = isShown && isatty(STDERR_FILENO) == 1 }

    func show(_ text: String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        last.withLock { last in
            guard now - (last ?? started) > .milliseconds(200) else { return }
            last = now
            FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
        }
    }

    func clear() {
        if last.withLock({ $0 != nil }) { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
