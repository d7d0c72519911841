import ArgumentParser
import Foundation
import KubernetesModel
import Reports

/// Runs golden results of the real Kubernetes, area by area.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Compares simk with golden results of the real Kubernetes.",
        subcommands: [
            SchedulerConformanceCommand.self, ControllersConformanceCommand.self, APIConformanceCommand.self,
        ])
}

struct SchedulerConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler",
        abstract: "Compares scheduling decisions: verdicts, scores, choices, messages, preemption, volumes.",
        discussion: """
            Every file NAME.jsonl of the folder is a category with one case a line: a cluster, pending pods, and \
            what the real scheduler did with each. Prints how many cases and single comparisons agree, and for \
            each case that does not, the smallest difference.

            Exit status: 0 everything agrees, 1 something differs, 2 a file cannot be read or is no such file.
            """)

    @OptionGroup var input: ConformanceInput

    func run() throws { try ConformanceRunner.run(.scheduler, input) }
}

struct ControllersConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controllers",
        abstract:
            "Compares the controllers: recordings, played step by step, and vectors of single functions.",
        discussion: """
            Every file NAME.jsonl of the folder holds one case a line. A recording is what the real controllers \
            wrote after each action of a user, kubelet or scheduler; a vector is what one of their functions \
            answers. Prints how many cases and single comparisons agree, what is not covered because simk does \
            not do it yet, and for each case that does not agree, the smallest difference of its first step.

            Exit status: 0 nothing differs, 1 something differs, 2 a file cannot be read or is no such file.
            """)

    @OptionGroup var input: ConformanceInput

    func run() throws { try ConformanceRunner.run(.controllers, input) }
}

struct APIConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api",
        abstract: "Compares the API server: defaulting, admission, validation, patches, lists, watches.",
        discussion: """
            The files of the folder are named for what they hold: defaulting.jsonl, validation.jsonl, \
            patch.jsonl, list.jsonl, watch.jsonl, subresources.jsonl, table.jsonl; any other file holds pods \
            before and after admission. Prints how many cases and single comparisons agree, what is not covered \
            because simk does not do it yet, and for each case that does not agree, the smallest difference.

            Exit status: 0 nothing differs, 1 something differs, 2 a file cannot be read or is no such file.
            """)

    @OptionGroup var input: ConformanceInput

    func run() throws { try ConformanceRunner.run(.api, input) }
}

/// What all areas take.
struct ConformanceInput: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The folder, or one file (default: Tests/Vectors/AREA here or in a folder above).",
            valueName: "dir"),
        completion: .directory)
    var folder: String?

    @Option(help: "text or json.")
    var format = OutputFormat.text
}

enum ConformanceRunner {
    static func run(_ area: ConformanceArea, _ input: ConformanceInput) throws {
        let vectors = ConformanceVectors(area: area, path: try input.folder ?? shippedFolder(of: area))
        switch input.format {
        case .json:
            Console.output(JSONWriter.string(ConformanceText.json(vectors), style: .pretty) + "\n")
        case .text:
            if !vectors.reports.isEmpty {
                Console.output(ConformanceText(style: Console.style).text(vectors))
            }
        }
        for fault in vectors.faults { Console.error(fault.description) }
        if !vectors.faults.isEmpty { throw Stop(status: ExitStatus.badInput) }
        if !vectors.agrees { throw Stop(status: ExitStatus.expectationFailed) }
    }

    /// The vectors of the project that the working directory is in.
    private static func shippedFolder(of area: ConformanceArea) throws -> String {
        let path = "Tests/Vectors/\(area.rawValue)"
        var folder = URL(filePath: FileManager.default.currentDirectoryPath)
        var prefix = ""
        while true {
            var isDirectory: ObjCBool = false
            let place = folder.appending(path: path).path
            if unsafe FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory),
                isDirectory.boolValue
            {
                return prefix + path
            }
            let parent = folder.deletingLastPathComponent()
            if parent.path == folder.path { break }
            folder = parent
            prefix += "../"
        }
        throw Stop(
            status: ExitStatus.badInput,
            message: """
                \(path): not found in this folder or one above it. Name a folder of golden cases: \
                simk conformance \(area.rawValue) DIR
                """)
    }
}
