import ArgumentParser
import Foundation
import Reports
import TraceFiles
import Workloads

/// What `simk generate` writes.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Makes up a workload: arrivals, sizes and durations drawn from distributions.",
        discussion: """
            Takes a description of kinds of jobs and services, each with its arrival process (Poisson, renewal, \
            Markov-modulated, diurnal, bursts), sizes, durations, gangs and users, and writes a trace in simk's \
            compact form, which every command that takes a trace reads. The same seed gives the same file.

              simk generate day.json --seed 7 --out day.simktrace
              simk fit log.swf --workload like-log.json
              simk generate like-log.json --out like-log.simktrace
              simk replay like-log.simktrace --nodes 128:cpu=1,memory=4Gi

            docs/reference/synthetic-workloads.md describes the file.

            Exit status: 0 written, 2 the description is wrong or the file cannot be written.
            """)

    @Argument(
        help: ArgumentHelp("The description of the workload.", valueName: "description"),
        completion: .file(extensions: ["json"]))
    var description: String

    @Option(help: "Another seed draws another workload of the same kind.")
    var seed: UInt64 = 1

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The trace to write, NAME.simktrace.", valueName: "file"), completion: .file())
    var out: String

    func run() throws {
        guard let data = FileManager.default.contents(atPath: description) else {
            throw TraceInput.bad("\(description): cannot be read. Is it there?")
        }
        let workload: SyntheticWorkload
        do throws(SyntheticFile.Fault) {
            workload = try SyntheticFile.workload(String(decoding: data, as: UTF8.self), file: description)
        } catch {
            throw TraceInput.bad(error.description)
        }
        do throws(TraceError) {
            let summary = try TraceImport.write(workload, seed: seed, to: out)
            var tally = TraceTally()
            tally.rows = summary.tasks
            let report = TraceReport(
                format: "simk", files: [(path: out, table: "records")], passedOver: [], tally: tally,
                summary: summary)
            Console.output(report.text)
        } catch {
            throw TraceInput.bad(error.description)
        }
    }
}
