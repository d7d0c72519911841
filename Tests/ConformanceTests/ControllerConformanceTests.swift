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
            "limitrange", "namespace", "nodelifecycle", "pdb", "podrank", "quota", "replicaset", "statefulset",
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
