import ArgumentParser
import Foundation
import Reports
import Scenarios

/// The command line.
@main
struct Simk: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simk",
        abstract:
            "Runs a Kubernetes cluster on a virtual clock: what happens, when, why, and did what had to hold hold.",
        discussion: """
            A scenario is a JSON or YAML file: nodes, plain Kubernetes manifests, what containers do, what fails \
            and when, and what is expected. A day of cluster time passes in seconds, and the same scenario and \
            seed give the same bytes.

              simk run scenarios/node-failure.json      run a scenario
              simk replay scenarios/fgd-atc23.json          replay a trace under scheduling policies
              simk explain runs/node-failure-0001 pod/db-0  why a pod went where it did
              simk validate my-scenario.yaml            check one without running it
              simk trace openb_pod_list_default.csv     what is in a trace of a real cluster
              simk run --help                           all about running

            Exit status: 0 all expectations held, 1 an expectation failed, 2 bad usage or input, 3 an error of \
            simk itself, 130 interrupted.

            Shell completions: simk --generate-completion-script bash|zsh|fish
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, CheckCommand.self, ReplayCommand.self, CompareCommand.self, ExplainCommand.self,
            ValidateCommand.self, ConformanceCommand.self, BenchCommand.self, TraceCommand.self,
            FitCommand.self, GenerateCommand.self, ImportCommand.self, ExportCommand.self,
            ParametersCommand.self,
            PoliciesCommand.self, VersionCommand.self,
        ])

    /// Parses and runs; usage errors end with 2, as all bad input does, not with the parser's own number.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let stop as Stop {
            if !stop.message.isEmpty { Console.error(stop.message) }
            Foundation.exit(stop.status)
        } catch {
            if exitCode(for: error) == .success { exit(withError: error) }
            let isUsage = exitCode(for: error) == .validationFailure
            Console.error(fullMessage(for: error))
            Foundation.exit(isUsage ? ExitStatus.badInput : ExitStatus.internalError)
        }
    }
}

enum ExitStatus {
    static let expectationFailed: Int32 = 1
    static let badInput: Int32 = 2
    static let internalError: Int32 = 3
    static let interrupted: Int32 = 130
}

/// Ends the program with a status and a last word.
struct Stop: Error {
    var status: Int32
    var message = ""
}

/// What `simk version` prints.
enum Version {
    static let text = "simk \(SimkVersion.number) (behaves as Kubernetes \(SimkVersion.kubernetes))"
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Prints the version of simk and the Kubernetes version that it follows.")

    @Option(help: "text or json.")
    var format = OutputFormat.text

    func run() {
        switch format {
        case .text: print(Version.text)
        case .json: print(#"{"version":"\#(SimkVersion.number)","kubernetes":"\#(SimkVersion.kubernetes)"}"#)
        }
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Standard output and error of this process.
enum Console {
    static func error(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    static func output(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    /// Replaces the last line on a terminal.
    static func progress(_ text: String) {
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    }

    /// Colour is for people: on a terminal that can show it and is not told otherwise.
    static var style: TextStyle {
        let environment = ProcessInfo.processInfo.environment
        let isWanted = environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
        return TextStyle(isColored: isatty(STDOUT_FILENO) == 1 && isWanted)
    }
}
