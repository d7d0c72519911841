import Conformance
import Foundation
import KubernetesModel
import Scheduler
import TestSupport
import Testing

/// Golden cases of the real v1.36.2 controllers.
@Suite("Golden cases of controllers")
struct ControllerConformanceTests {
    static let folder = "conformance/controllers"

    @Test(
        "every case that is covered agrees",
        .enabled(if: SharedFiles.exists(folder), Comment(rawValue: SharedFiles.missing)),
        arguments: [
            "cron", "daemonset", "deploymath", "deployment", "dsnode", "endpoints", "gc", "hash", "job",
            "limitrange", "namespace", "nodelifecycle", "pdb", "podrank", "quota", "replicaset",
            "statefulset",
            "taintmath", "volume", "hpa",
        ])
    func agreement(category: String) throws {
        let only = ProcessInfo.processInfo.environment["SIMK_CONFORMANCE_CASE"]
        let lines = try SharedFiles.lines("\(Self.folder)/\(category).jsonl").filter { line in
            only.map { line.contains("\"id\":\"\($0)\"") } ?? true
        }
        let report = ConformanceReport(
            category: category,
            cases: try lines.map { ControllerConformance.run(try JSONParser.parse($0)) })
        print(report.summary)
        for result in report.cases where result.isCovered && !result.agrees {
            Issue.record("\(result.name): \(result.difference)")
        }
    }
}

/// The cases that come with the project.
@Suite("Shipped golden cases")
struct ShippedCasesTests {
    private static func lines(_ area: String) throws -> [(category: String, line: JSONValue)] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/\(area)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try names.filter { $0.hasSuffix(".jsonl") }.flatMap { name in
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            return try text.split(separator: "\n").map {
                (String(name.dropLast(6)), try JSONParser.parse(String($0)))
            }
        }
    }

    @Test("those of controllers agree")
    func controllers() throws {
        let cases = try Self.lines("controllers")
        #expect(cases.count >= 15)
        for (_, line) in cases {
            let result = ControllerConformance.run(line)
            #expect(result.agrees, "\(result.name): \(result.difference)\(result.notCovered)")
            #expect(result.comparisons > 0)
        }
    }

    @Test("those of the API server agree")
    func api() throws {
        var runners: [String: APIConformance] = [:]
        for (category, line) in try Self.lines("api") {
            var runner = runners[category] ?? APIConformance(category: category)
            if let result = runner.run(line) {
                #expect(result.agrees, "\(category) \(result.name): \(result.difference)\(result.notCovered)")
            }
            runners[category] = runner
        }
        #expect(runners.count >= 6)
    }

    @Test(
        "a changed fact is told with its step, and a case that needs what is not there is not counted as agreeing"
    )
    func difference() throws {
        var line = try #require(try Self.lines("controllers").first { $0.category == "replicaset" }).line
        line = try JSONParser.parse(
            JSONWriter.string(line).replacingOccurrences(
                of: #""readyReplicas":1"#, with: #""readyReplicas":2"#))
        let result = ControllerConformance.run(line)
        #expect(
            result.difference
                == "step 2 (podReady): state.ReplicaSet/shop.status.readyReplicas: expected 2, found 1")
        let unknown = ControllerConformance.run([
            "id": "x", "category": "job", "steps": [["t": 1, "do": "explode"]],
        ])
        #expect(unknown.notCovered == "the action explode")
        #expect(!unknown.agrees)
        #expect(unknown.comparisons == 0)
    }
}
