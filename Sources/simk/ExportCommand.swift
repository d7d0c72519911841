import ArgumentParser
import Foundation
import Telemetry

/// What `simk export` writes.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes what happened in a run as CSV files, ready for notebooks.",
        discussion: """
            pods.csv (created, scheduled, started, finished, node, queueing delay, attempts and more), nodes.csv, \
            attempts.csv (of the scheduler), events.csv (the timeline) and metrics.csv. Times are seconds of virtual \
            time. notebooks-data/README.md in simk's repository describes the columns.

              simk export runs/batch-jobs-0001
              simk export runs/batch-jobs-0001 --out results/

            Exit status: 0 written, 2 there is no such run, or the folder cannot be written to.
            """)

    @Argument(
        help: ArgumentHelp("The run folder that simk run wrote.", valueName: "run"), completion: .directory)
    var folder: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The folder to write to (default: export in the run folder).", valueName: "folder"),
        completion: .directory)
    var out: String?

    func run() throws {
        let run = URL(filePath: folder)
        let target = out.map { URL(filePath: $0) } ?? run.appending(path: "export")
        do throws(RunExport.Fault) {
            for file in try RunExport(run).write(to: target) {
                Console.output("\(target.appending(path: file.name).relativePath)  \(file.rows) rows\n")
            }
        } catch {
            throw Stop(status: ExitStatus.badInput, message: error.description)
        }
    }
}
