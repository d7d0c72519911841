import ArgumentParser
import Foundation
import KubernetesModel
import Scenarios
import TraceFiles

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks a scenario and its manifests without running it.",
        discussion: """
            All errors are told at once, each with file, line and field. Exit status 0: valid, perhaps with \
            warnings; 2: not.
            """)

    @Argument(
        help: "The scenario file, JSON or YAML.", completion: .file(extensions: ["json", "yaml", "yml"]))
    var scenario: String

    @Flag(help: "Make errors of what is otherwise ignored with a warning.")
    var strict = false

    @Option(help: "text or json.")
    var format = OutputFormat.text

    func run() throws {
        do throws(InvalidInput) {
            let warnings: [Diagnostic]
            switch try ScenarioFile.loadAny(scenario, strict: strict) {
            case .scenario(let loaded): warnings = loaded.warnings
            case .replay(let plan): warnings = plan.warnings
            }
            report(warnings)
            if format == .text {
                print("\(scenario): valid\(warnings.isEmpty ? "" : ", with warnings")")
            }
        } catch {
            report(error.diagnostics)
            throw Stop(status: ExitStatus.badInput)
        }
    }

    private func report(_ diagnostics: [Diagnostic]) {
        switch format {
        case .text: for diagnostic in diagnostics { Console.error(diagnostic.description) }
        case .json:
            for diagnostic in diagnostics {
                var line: JSONValue = [
                    "severity": .string(diagnostic.severity.rawValue), "file": .string(diagnostic.file),
                    "path": .string(diagnostic.path), "message": .string(diagnostic.problem.message),
                ]
                if let position = diagnostic.position {
                    line["line"] = .integer(Int64(position.line))
                    line["column"] = .integer(Int64(position.column))
                }
                print(JSONWriter.string(line))
            }
        }
    }
}

enum ScenarioFile {
    /// Reads a scenario and has its manifests checked as the API server would.
    static func loadAny(_ path: String, strict: Bool) throws(InvalidInput) -> ScenarioLoader.Loaded {
        try ScenarioLoader.loadAny(path: path, options: options(strict: strict))
    }

    static func load(_ path: String, strict: Bool) throws(InvalidInput) -> Scenario {
        try ScenarioLoader.load(path: path, options: options(strict: strict))
    }

    private static func options(strict: Bool) -> ScenarioLoader.Options {
        ScenarioLoader.Options(isStrict: strict, validate: ManifestCheck.faults, traces: TraceFileOpener())
    }
}
