import Failures
import Foundation
import KubernetesModel
import OrderedCollections
import Scheduler
import Simulation
import Stochastics
import Testing
import TraceFiles

@testable import Scenarios

@Suite("JSON Schema of scenarios")
struct ScenarioSchemaTests {
    private static let path = ProjectFolder.root + "docs/scenario.schema.json"

    private let schema: JSONValue

    init() throws { schema = try JSONParser.parse(String(contentsOfFile: Self.path, encoding: .utf8)) }

    private func names(_ value: JSONValue?) -> [String] { value?.objectValue.map { Array($0.keys) } ?? [] }

    private func words(_ value: JSONValue?) -> [String] { value?.arrayValue?.compactMap(\.stringValue) ?? [] }

    @Test("it has the keys that the reader knows, and no others")
    func keys() {
        let definitions = schema["$defs"]
        #expect(names(schema["properties"]) == ScenarioReader.keys)
        #expect(names(definitions?["replay"]?["properties"]) == ReplayReader.keys)
        let policies = definitions?["cluster"]?["properties"]?["scheduler"]?["properties"]?["policy"]
        #expect(words(policies?["enum"]) == SchedulingPolicy.allCases.map(\.rawValue))
        let parameters = definitions?["cluster"]?["properties"]?["controlPlane"]?["properties"]?["parameters"]
        #expect(names(parameters?["properties"]) == TimingParameter.all.map(\.name))
        #expect(
            names(definitions?["entry"]?["properties"]) == ["at", "as", "description"] + TimelineAction.names)
        #expect(
            words(definitions?["expectation"]?["properties"]?["metric"]?["enum"]) == RunMetric.all.map(\.name)
        )
        let failure = definitions?["failure"]?["properties"]
        #expect(words(failure?["scope"]?["enum"]) == FailureScope.allCases.map(\.rawValue))
        #expect(words(failure?["mode"]?["enum"]) == FailureMode.allCases.map(\.rawValue))
        #expect(Set(words(failure?["age"]?["enum"])) == Set(FailureAge.allCases.map(\.rawValue)))
        #expect(names(definitions?["chaos"]?["properties"]) == ChaosPlan.keys)
        let exemption = schema["properties"]?["invariants"]?["properties"]?["except"]?["items"]?["properties"]
        #expect(words(exemption?["name"]?["enum"]) == InvariantName.allCases.map(\.rawValue))
        let runtime = definitions?["nodePool"]?["properties"]?["runtime"]
        #expect(words(runtime?["enum"]) == ClusterPlan.RuntimeName.allCases.map(\.rawValue))
    }

    @Test("its defaults of timing parameters are those of the code")
    func defaults() throws {
        let parameters = schema["$defs"]?["cluster"]?["properties"]?["controlPlane"]?["properties"]?[
            "parameters"]
        for parameter in TimingParameter.all {
            let standard = parameters?["properties"]?[parameter.name]?["default"]
            switch parameter.standard {
            case .duration(let duration):
                let text = try #require(standard?.stringValue)
                #expect(try DurationText.parse(text).get() == duration, "\(parameter.name)")
            case .number(let number): #expect(standard?.doubleValue == number, "\(parameter.name)")
            }
        }
    }

    @Test("every property has a description")
    func descriptions() {
        var bare: [String] = []
        func check(_ value: JSONValue, _ path: String) {
            for (name, property) in value["properties"]?.objectValue ?? [:] {
                if property["description"] == nil, property["$ref"] == nil { bare.append("\(path).\(name)") }
            }
            switch value {
            case .object(let members): for (name, member) in members { check(member, "\(path).\(name)") }
            case .array(let elements):
                for (index, element) in elements.enumerated() { check(element, "\(path)[\(index)]") }
            default: break
            }
        }
        check(schema, "")
        #expect(bare == [])
    }

    /// Whether python3 has the package jsonschema with this draft.
    static let hasValidator: Bool =
        run(["-c", "from jsonschema import Draft202012Validator; print(1)"]) == "1"

    /// What python3 prints.
    private static func run(_ arguments: [String]) -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = output
        do {
            try process.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: data, as: UTF8.self).trimmedSpace
        } catch { return "" }
    }

    /// Prints 1 for each file that is valid under the schema, and 0 for each other one.
    private static let script = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        print("".join(str(int(validator.is_valid(json.load(open(path))))) for path in sys.argv[2:]))
        """

    @Test(
        "shipped scenarios are valid under it, as written and with their defaults",
        .enabled(if: hasValidator, "python3 with the package jsonschema is not installed"))
    func shippedScenarios() throws {
        let folder = try TemporaryFolder()
        var paths: [String] = []
        for name in ProjectFolder.scenarios {
            let path = ProjectFolder.root + "scenarios/\(name).json"
            let options = ScenarioLoader.Options(traces: TraceFileOpener())
            let scenario = try ScenarioLoader.load(path: path, options: options)
            try folder.write("\(name).json", JSONWriter.string(scenario.resolved))
            paths += [path, folder.path + "\(name).json"]
        }
        paths += ProjectFolder.replays.map { ProjectFolder.root + "scenarios/\($0).json" }
        #expect(
            Self.run(["-c", Self.script, Self.path] + paths) == String(repeating: "1", count: paths.count))
    }

    @Test(
        "it refuses what the reader refuses",
        .enabled(if: hasValidator, "python3 with the package jsonschema is not installed"))
    func refuses() throws {
        let good = """
            {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"}, "duration": "10m",
             "cluster": {"nodePools": [{"name": "general", "count": 3, "capacity": {"cpu": 4, "memory": "8Gi"}}]},
             "timeline": [{"at": "5m", "cordon": "general-1"}],
             "expect": [{"name": "e", "object": "nodes", "condition": "Ready", "within": "1m"}]}
            """
        let mistakes = [
            ("\"duration\": \"10m\"", "\"duration\": 600"), ("\"count\": 3", "\"count\": -3"),
            ("\"within\": \"1m\"", "\"within\": \"1m\", \"atEnd\": true"), ("\"object\"", "\"objekt\""),
            ("\"cpu\": 4", "\"cpu\": \"4x\""), ("\"cordon\": \"general-1\"", "\"cordon\": 1"),
            ("\"kind\": \"Scenario\"", "\"kind\": \"Scenery\""),
        ]
        let folder = try TemporaryFolder()
        try folder.write("good.json", good)
        #expect(throws: Never.self) { try ScenarioLoader.load(path: folder.path + "good.json") }
        var paths = [folder.path + "good.json"]
        for (index, mistake) in mistakes.enumerated() {
            let name = "bad-\(index).json"
            try folder.write(name, good.replacingOccurrences(of: mistake.0, with: mistake.1))
            #expect(throws: InvalidInput.self) { try ScenarioLoader.load(path: folder.path + name) }
            paths.append(folder.path + name)
        }
        #expect(
            Self.run(["-c", Self.script, Self.path] + paths) == "1"
                + String(repeating: "0", count: mistakes.count))
    }
}

@Suite("Reference of scenarios")
struct ScenarioReferenceTests {
    @Test("the reference page names every key, parameter, action and metric")
    func isComplete() throws {
        let page = try String(
            contentsOfFile: ProjectFolder.root + "docs/reference/scenario.md", encoding: .utf8)
        let names =
            TimingParameter.all.map(\.name) + RunMetric.all.map(\.name) + TimelineAction.names
            + ScenarioReader.keys.filter { $0 != "$schema" }
        #expect(names.filter { !page.contains("`\($0)") && !page.contains("\"\($0)\"") } == [])
    }

    @Test("its example is a valid scenario")
    func example() throws {
        let page = try String(
            contentsOfFile: ProjectFolder.root + "docs/reference/scenario.md", encoding: .utf8)
        let block = try #require(page.firstRange(of: "```json\n"))
        let end = try #require(page[block.upperBound...].firstRange(of: "```"))
        let text = String(page[block.upperBound..<end.lowerBound])
        let scenario = try ScenarioLoader.parse(
            text, .json, name: "example", folder: ProjectFolder.root + "scenarios")
        #expect(scenario.warnings.map(\.description) == [])
    }
}
