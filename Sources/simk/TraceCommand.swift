import ArgumentParser
import KubernetesModel
import Reports
import TraceFiles
import Workloads

/// What `simk trace` prints.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Tells what is in a trace of a real cluster.",
        discussion: """
            Its files and rows, machines, tasks, jobs and users, the time that it spans, sizes and durations, and \
            the rows that cannot be used. The format is told from the content where it can be.

              simk trace openb_node_list_gpu_node.csv openb_pod_list_default.csv
              simk trace clusterdata-2011/ --from 10m --until 24h --sample 0.1
              simk trace log.swf.gz --format json

            docs/reference/traces.md says of each format what becomes of its columns, and where to get it.

            Exit status: 0 read, 2 it cannot be read, or more than 1 % of its rows cannot be used.
            """)

    @OptionGroup var input: TraceInput

    @Option(help: "text or json.")
    var format = OutputFormat.text

    func run() throws {
        let options = try input.options()
        let files = try input.files()
        var summary = TraceSummary()
        let tally: TraceTally
        do throws(TraceError) {
            tally = try files.read(options: options) { record throws(TraceError) in summary.add(record) }
        } catch {
            throw TraceInput.bad(error.description)
        }
        let report = TraceReport(files, tally: tally, summary: summary)
        switch format {
        case .text: Console.output(report.text)
        case .json: Console.output(JSONWriter.string(report.json, style: .pretty) + "\n")
        }
    }
}

extension TraceReport {
    init(_ files: TraceFileSet, tally: TraceTally, summary: TraceSummary) {
        self.init(
            format: files.format.rawValue,
            files: files.inputs.map { (path: $0.path, table: $0.table.name) }, passedOver: files.passedOver,
            tally: tally, summary: summary)
    }
}
