import ArgumentParser
import KubernetesModel
import Scheduler

/// What `simk policies` prints.
struct PoliciesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policies",
        abstract: "Lists the scheduling policies that --policy and cluster.scheduler.policy take.")

    @Option(help: "text, or json: name, summary and the KubeSchedulerConfiguration of each.")
    var format = OutputFormat.text

    func run() {
        switch format {
        case .text: Console.output(Self.text)
        case .json:
            let policies = SchedulingPolicy.allCases.map { policy -> JSONValue in
                [
                    "name": .string(policy.rawValue), "summary": .string(policy.summary),
                    "configuration": policy.configuration,
                ]
            }
            Console.output(JSONWriter.string(.array(policies), style: .pretty) + "\n")
        }
    }

    /// One line each.
    static var text: String {
        let width = SchedulingPolicy.allCases.map(\.rawValue.count).max() ?? 0
        return SchedulingPolicy.allCases.map { policy in
            let gap = String(repeating: " ", count: width - policy.rawValue.count + 2)
            return policy.rawValue + gap + policy.summary + "\n"
        }.joined()
    }
}
