import Conformance
import Foundation
import KubernetesModel
import Scheduler
import TestSupport
import Testing

/// Golden cases of the real v1.36.2 API server.
@Suite("Golden cases of the API server")
struct APIConformanceTests {
    static let folder = "conformance"

    @Test(
        "every case that is covered agrees",
        .enabled(if: SharedFiles.exists("conformance/api"), Comment(rawValue: SharedFiles.missing)),
        arguments: [
            ("api/defaulting", 319), ("api/validation", 1_129), ("api/patch", 121), ("api/list", 105),
            ("api/watch", 66), ("api/subresources", 115), ("api/table", 0), ("admission/pods", 110),
        ])
    func agreement(file: String, covered: Int) throws {
        let category = file.split(separator: "/").last.map(String.init) ?? ""
        var runner = APIConformance(category: category)
        var report = ConformanceReport(category: category, cases: [])
        for line in try SharedFiles.lines("\(Self.folder)/\(file).jsonl") {
            if let result = runner.run(try JSONParser.parse(line)) { report.cases.append(result) }
        }
        print(report.summary)
        #expect(report.cases.count { $0.isCovered } >= covered)
        if ProcessInfo.processInfo.environment["SIMK_SHOW_GAPS"] != nil {
            for result in report.cases where !result.isCovered {
                print("GAP", result.name, result.notCovered)
            }
        }
        for result in report.cases where result.isCovered && !result.agrees {
            Issue.record("\(result.name): \(result.difference)")
        }
    }
}
