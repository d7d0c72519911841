import ArgumentParser
import KubernetesModel
import Scenarios

struct ParametersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parameters",
        abstract: "Lists the timing constants and latencies that a scenario may change.",
        discussion:
            "They stand under cluster.controlPlane.parameters. Defaults are upstream's constants, or assumptions that say so."
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, markdown
    }

    @Option(help: "text, json or markdown.")
    var format = Format.text

    func run() {
        switch format {
        case .text:
            let width = TimingParameter.all.map(\.name.count).max() ?? 0
            for parameter in TimingParameter.all {
                let name = parameter.name + String(repeating: " ", count: width - parameter.name.count)
                print("\(name)  \(parameter.defaultText)  \(parameter.meaning) [\(parameter.source)]")
            }
        case .json:
            for parameter in TimingParameter.all {
                let line: JSONValue = [
                    "name": .string(parameter.name), "default": .string(parameter.defaultText),
                    "meaning": .string(parameter.meaning), "source": .string(parameter.source),
                ]
                print(JSONWriter.string(line))
            }
        case .markdown: print(TimingParameter.markdownTable, terminator: "")
        }
    }
}
