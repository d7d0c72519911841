import ArgumentParser
import Foundation
import KubernetesModel
import Reports
import TraceFiles
import Workloads

/// What `simk import` writes.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turns a trace into simk's compact form, or a small one into a scenario.",
        discussion: """
            The compact form (NAME.simktrace) holds the same records in the order of their times, with what tasks \
            have in common written once: it is a fraction of the size and loads many times faster. A file that \
            ends in .json becomes a scenario with the workload inside, for traces of up to 5,000 pods; machines \
            become node pools, tasks become pods.

              simk import clusterdata-2011/ --out borg.simktrace
              simk import openb_node_list_gpu_node.csv openb_pod_list_default.csv --out openb.simktrace
              simk import log.swf --until 1h --nodes 128 --node-cpu 1 --node-memory 4Gi --out hour.json

            Exit status: 0 written, 2 the trace cannot be read or the file cannot be written.
            """)

    @OptionGroup var input: TraceInput

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The file to write: NAME.simktrace, or NAME.json for a scenario.", valueName: "file"),
        completion: .file())
    var out: String

    @Option(
        help: ArgumentHelp("Nodes to make for a scenario of a trace without machines.", valueName: "count"))
    var nodes: Int?

    @Option(help: ArgumentHelp("Cores of each.", valueName: "quantity"))
    var nodeCpu = "64"

    @Option(help: ArgumentHelp("Memory of each.", valueName: "quantity"))
    var nodeMemory = "256Gi"

    @Option(help: ArgumentHelp("Disk of each.", valueName: "quantity"))
    var nodeDisk = "4Ti"

    @Option(help: ArgumentHelp("GPUs of each.", valueName: "count"))
    var nodeGpus = 0

    func run() throws {
        let options = try input.options()
        let files = try input.files()
        if out.hasSuffix(".json") {
            try writeScenario(files, options: options)
            return
        }
        do throws(TraceError) {
            let (tally, summary) = try TraceImport().write(files, options: options, to: out)
            Console.output(TraceReport(files, tally: tally, summary: summary).text)
        } catch {
            throw TraceInput.bad(error.description)
        }
        let size = try? FileManager.default.attributesOfItem(atPath: out)[.size] as? Int
        Console.output("written    \(out)" + (size.map { " (\($0) bytes)" } ?? "") + "\n")
    }

    private func writeScenario(_ files: TraceFileSet, options: TraceOptions) throws {
        let trace: LoadedTrace
        do throws(TraceError) { trace = try files.load(options: options) } catch {
            throw TraceInput.bad(error.description)
        }
        var made = TraceScenario.Nodes(
            count: 0, cpu: nodeCpu, memory: nodeMemory, disk: nodeDisk, gpus: nodeGpus)
        if let nodes {
            if nodes < 1 { throw TraceInput.bad("--nodes \(nodes): expected a number above 0") }
            made.count = nodes
        }
        let name = ((out as NSString).lastPathComponent as NSString).deletingPathExtension
        var scenario = TraceScenario(trace, name: name, nodes: nodes == nil ? nil : made, isState: files.format == .snapshot)
        let json: JSONValue
        do throws(TraceScenario.Fault) { json = try scenario.scenario() } catch {
            throw TraceInput.bad("\(input.paths[0]): \(error)")
        }
        do {
            try Data(JSONWriter.bytes(json, style: .pretty) + [0x0A]).write(to: URL(filePath: out))
        } catch {
            throw TraceInput.bad("\(out): cannot be written. Is the folder there and writable?")
        }
        Console.output("written    \(out): \(trace.tasks.count) tasks, \(trace.objects.count) objects\n")
        for (what, count) in scenario.left {
            Console.error("left out: \(count) of \(what), which the scenario does not say")
        }
        if trace.tally.badRows > 0 {
            let unit = files.format == .snapshot ? "objects" : "rows"
            Console.error("left out: \(trace.tally.badRows) \(unit) that cannot be used")
        }
    }
}
