import ArgumentParser
import Foundation
import KubernetesModel
import Reports
import TraceFiles
import Workloads

/// What `simk fit` prints.
struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fits distributions to a trace: times between arrivals, durations and sizes.",
        discussion: """
            Exponential, log-normal, Weibull, gamma, Pareto and hyperexponential distributions by maximum \
            likelihood, with Akaike's criterion and the Kolmogorov-Smirnov distance of each: what a synthetic workload takes to be like the trace.

              simk fit disaggregated_DLRM_trace.csv
              simk fit log.swf --from 24h --format json
              simk fit log.swf --workload like-log.json

            Exit status: 0 fitted, 2 the trace cannot be read.
            """)

    @OptionGroup var input: TraceInput

    @Option(help: "text or json.")
    var format = OutputFormat.text

    @Option(
        help: ArgumentHelp(
            "Write a made-up workload of the fits, for simk generate.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var workload: String?

    func run() throws {
        let options = try input.options()
        let files = try input.files()
        var fit = TraceFit(seed: options.seed)
        do throws(TraceError) {
            _ = try files.read(options: options) { record throws(TraceError) in fit.add(record) }
        } catch {
            throw TraceInput.bad(error.description)
        }
        let quantities = fit.quantities()
        if let workload {
            let name = ((workload as NSString).lastPathComponent as NSString).deletingPathExtension
            let json = FitReport.workload(quantities, name: name, until: fit.spanSeconds)
            do {
                try Data(JSONWriter.bytes(json, style: .pretty) + [0x0A]).write(to: URL(filePath: workload))
            } catch {
                throw TraceInput.bad("\(workload): cannot be written. Is the folder there and writable?")
            }
        }
        switch format {
        case .text: Console.output(FitReport.text(quantities))
        case .json: Console.output(JSONWriter.string(FitReport.json(quantities), style: .pretty) + "\n")
        }
    }
}
