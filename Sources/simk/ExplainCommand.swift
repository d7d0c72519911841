import ArgumentParser
import Foundation
import KubernetesModel
import Reports
import Scenarios
import SimulationKernel
import Telemetry

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tells from a run folder why a pod went where it went, or why it went nowhere.",
        discussion: """
            How long the pod waited and in which queue; each attempt with the nodes that were rejected, by \
            which plugin and why, the scores of the best nodes, and the victims of a preemption; and what \
            would have made it fit: the smallest changes, each tried in the run on the nodes as they were.

              simk explain runs/why-pending-0001 pod/web-0
              simk explain runs/why-pending-0001 pod/web-0 -n shop --at 5m30s
              simk explain runs/why-pending-0001 shop/web-0 --format json

            Exit status: 0 explained, 2 there is no such run or pod, or bad usage.
            """)

    @Argument(
        help: ArgumentHelp("The run folder that simk run wrote.", valueName: "run"), completion: .directory)
    var folder: String

    @Argument(help: "The pod: pod/NAME, pod/NAMESPACE/NAME, NAMESPACE/NAME or NAME.")
    var pod: String

    @Option(name: .shortAndLong, help: "The pod's namespace (default: default).")
    var namespace: String?

    @Option(help: ArgumentHelp("Tell the state at this virtual time, such as 5m30s.", valueName: "time"))
    var at: String?

    @Option(
        help: ArgumentHelp("Which of several pods of that name, from 1 (default: the last).", valueName: "n"))
    var instance: Int?

    @Flag(help: "Name every node of a group.")
    var allNodes = false

    @Flag(help: "Tell every attempt, move and change, however many there are.")
    var all = false

    @Option(help: "text, or json: one object with everything.")
    var format = OutputFormat.text

    func run() throws {
        let key = try podKey()
        var time: VirtualTime?
        if let at {
            do throws(MomentText.Fault) {
                time = try MomentText.parse(at)
            } catch {
                throw Stop(status: ExitStatus.badInput, message: "--at \(at): \(error.hint)")
            }
        }
        var found: PodDecisions
        do {
            found = try DecisionReader(URL(filePath: folder)).pod(key, instance: instance, at: time)
        } catch let error as DecisionReaderError {
            throw Stop(status: ExitStatus.badInput, message: error.description)
        } catch {
            throw Stop(status: ExitStatus.badInput, message: "\(folder): cannot be read: \(error)")
        }
        if let time { found = found.at(time) }
        switch format {
        case .json:
            let json = ExplanationJSON.json(found, isPast: time != nil)
            Console.output(JSONWriter.string(json, style: .pretty) + "\n")
        case .text:
            let report = ExplanationReport(
                style: Console.style, namesAllNodes: allNodes, tellsAll: all, isPast: time != nil)
            Console.output(report.text(found))
        }
    }

    /// The pod that was named in any of the usual ways.
    private func podKey() throws -> ObjectKey {
        var parts = pod.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let kinds = ["pod", "pods", "po"]
        if parts.count > 1, kinds.contains(parts[0].lowercased()) {
            parts.removeFirst()
        } else if (2...3).contains(parts.count), !parts.contains(""),
            let object = DecisionObject(named: parts[0])
        {
            throw try podsOf(object, Array(parts.dropFirst()))
        }
        guard (1...2).contains(parts.count), !parts.contains("") else {
            throw Stop(
                status: ExitStatus.badInput,
                message: "\(pod): names no pod. Write pod/NAME, pod/NAMESPACE/NAME or NAMESPACE/NAME")
        }
        if parts.count == 1 { return ObjectKey(namespace: namespace ?? "default", name: parts[0]) }
        if let namespace, namespace != parts[0] {
            throw Stop(
                status: ExitStatus.badInput,
                message:
                    "\(pod) is in namespace \(parts[0]), but --namespace says \(namespace): leave one out")
        }
        return ObjectKey(namespace: parts[0], name: parts[1])
    }

    /// Names some pods of an object that is none.
    private func podsOf(_ object: DecisionObject, _ parts: [String]) throws -> Stop {
        let key = ObjectKey(
            namespace: parts.count > 1 ? parts[0] : namespace ?? "default", name: parts.last ?? "")
        var text = "\(pod): only pods can be explained. "
        do {
            let pods = try DecisionReader(URL(filePath: folder)).pods(of: object, key)
            if pods.isEmpty {
                let place = object == .node ? "" : " in namespace \(key.namespace)"
                text += "This run had no pod of a \(object.rawValue) \(key.name)\(place)"
            } else {
                let shown = 5
                let names = pods.prefix(shown).map { pod in
                    pod.namespace == "default" ? "pod/\(pod.name)" : "pod/\(pod.namespace)/\(pod.name)"
                }
                text += "Its \(pods.count == 1 ? "pod is" : "pods are") \(names.joined(separator: ", "))"
                if pods.count > shown { text += " and \(pods.count - shown) more" }
            }
        } catch let error as DecisionReaderError {
            text = error.description
        } catch {
            text = "\(folder): cannot be read: \(error)"
        }
        return Stop(status: ExitStatus.badInput, message: text)
    }
}
