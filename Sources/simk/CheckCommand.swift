import ArgumentParser
import Checking
import Foundation
import KubernetesModel
import Reports
import Scenarios
import Simulation
import SimulationKernel

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Runs a scenario under many seeds with random disturbances and looks for what breaks.",
        discussion: """
            Each run has its own latencies, order of simultaneous events, delays of watches, errors, lost answers \
            and conflicts of the API, failovers, and failures of nodes and zones. All invariants are on. At the \
            scenario's end the disturbances stop, and what the undisturbed run reaches must be reached within \
            the bound. What the scenario expects is not looked at: it is about the undisturbed run.

            The first run that breaks something is made smaller as long as it still breaks it, and written as \
            a scenario that simk run takes. The outcome depends on the scenario and the seeds only.

              simk check scenarios/rolling-update.json --runs 1000
            """)

    @Argument(
        help: "The scenario file, JSON or YAML.", completion: .file(extensions: ["json", "yaml", "yml"]))
    var scenario: String

    @Option(help: "How many runs.")
    var runs = 100

    @Option(help: "The seed of the first run; the others follow.")
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Within which time everything must have converged after the disturbances.",
            valueName: "duration"))
    var bound = "10m"

    @Option(help: "How many runs go at once (default: one a processor).")
    var jobs: Int?

    @Option(help: "text, or json.")
    var format = OutputFormat.text

    @Option(help: ArgumentHelp("Folder for the shrunk scenario.", valueName: "dir"))
    var out = "checks"

    func validate() throws {
        if !(1...10_000_000).contains(runs) {
            throw ValidationError("--runs takes a number from 1 to 10000000, not \(runs)")
        }
        if let jobs, jobs < 1 { throw ValidationError("--jobs takes 1 or more, not \(jobs)") }
        if ScenarioLoader.duration(bound).map({ $0 > .zero }) != true {
            throw ValidationError("--bound takes a duration above 0 such as 10m, not '\(bound)'")
        }
    }

    func run() throws {
        let loaded: Scenario
        do throws(InvalidInput) {
            loaded = try ScenarioFile.load(scenario, strict: false)
        } catch {
            throw Stop(status: ExitStatus.badInput, message: error.description)
        }
        if loaded.cluster.scheduler.hasExtenders {
            throw Stop(
                status: ExitStatus.badInput,
                message:
                    "\(scenario): cluster.scheduler.config: a check runs without the answers of extenders, which "
                    + "are not the same each time. Check a scenario without extenders")
        }
        if loaded.workload != nil {
            throw Stop(
                status: ExitStatus.badInput,
                message:
                    "\(scenario): workload: a check makes the scenario smaller when it breaks something, and a trace "
                    + "cannot be made smaller. Check a scenario whose pods are in its manifests")
        }
        var options = CheckOptions(runs: runs, seed: seed)
        options.bound = ScenarioLoader.duration(bound) ?? options.bound
        options.workers = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        let check = ScenarioCheck(loaded, options: options)
        let count = options.runs
        Interruption.watch()
        let progress = CountLine(isShown: format == .text)
        let started = ContinuousClock.now
        let outcome = check.run(
            progress: { progress.show("\($0) of \(count) runs") }, shouldStop: { Interruption.hasCome })
        let spent = ContinuousClock.now - started
        progress.clear()
        if outcome.finding == nil && Interruption.hasCome { throw Stop(status: ExitStatus.interrupted) }
        guard let finding = outcome.finding else { return report(outcome, spent) }
        let shrunk = check.shrunk(finding) { progress.show("shrinking, \($0) runs") }
        progress.clear()
        let file = try write(shrunk)
        report(outcome, finding, shrunk, file: file)
        throw Stop(status: ExitStatus.expectationFailed)
    }

    private func report(_ outcome: ScenarioCheck.Outcome, _ spent: Duration) {
        switch format {
        case .text:
            let seconds = Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
            Console.output(
                "held: \(outcome.runs) runs with seeds \(seed) to \(seed &+ UInt64(outcome.runs) &- 1), "
                    + "\(outcome.events) events in \((seconds * 10).rounded() / 10) s\n")
        case .json:
            let members: JSONValue = [
                "apiVersion": "simk.dev/v1", "kind": "Check", "scenario": .string(scenario),
                "outcome": "held",
                "runs": .integer(Int64(outcome.runs)), "events": .integer(Int64(outcome.events)),
            ]
            Console.output(JSONWriter.string(members, style: .pretty) + "\n")
        }
    }

    private func report(
        _ outcome: ScenarioCheck.Outcome, _ finding: ScenarioCheck.Finding, _ shrunk: ShrunkScenario,
        file: String
    ) {
        let failure = finding.failure
        switch format {
        case .text:
            let which =
                finding.run == 0
                ? "the run without disturbances" : "run \(finding.run) of \(runs), seed \(finding.seed)"
            var text = "\(Console.style.red("BROKEN"))  \(failure.name) in \(which)\n"
            text += "        \(failure.subject) at \(failure.time): \(failure.message)\n"
            if !failure.cause.isEmpty { text += "        by: \(failure.cause)\n" }
            text += "shrunk to \(shrunk.size.text) in \(shrunk.runs) runs:\n"
            text += "        \(shrunk.failure.subject) at \(shrunk.failure.time): \(shrunk.failure.message)\n"
            if !shrunk.failure.cause.isEmpty { text += "        by: \(shrunk.failure.cause)\n" }
            text += "        simk run \(file)\n"
            Console.output(text)
        case .json:
            let members: JSONValue = [
                "apiVersion": "simk.dev/v1", "kind": "Check", "scenario": .string(scenario),
                "outcome": "broken", "runs": .integer(Int64(outcome.runs)),
                "events": .integer(Int64(outcome.events)),
                "run": .integer(Int64(finding.run)),
                "seed": Int64(exactly: finding.seed).map(JSONValue.integer) ?? .string(String(finding.seed)),
                "broken": failure.json,
                "shrunk": [
                    "file": .string(file), "runs": .integer(Int64(shrunk.runs)),
                    "broken": shrunk.failure.json,
                    "size": shrunk.size.json,
                ],
            ]
            Console.output(JSONWriter.string(members, style: .pretty) + "\n")
        }
    }

    private func write(_ shrunk: ShrunkScenario) throws -> String {
        let folder = URL(filePath: out)
        let file = folder.appending(path: shrunk.scenario.metadata.name + ".json")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(shrunk.text.utf8).write(to: file)
        } catch {
            throw Stop(
                status: ExitStatus.badInput,
                message: "\(out): the shrunk scenario cannot be written: \(error.localizedDescription)")
        }
        return file.relativePath
    }
}
