import Foundation
import KubernetesModel
import Scheduler
import TestSupport
import Testing

/// Golden results of the real scheduler, v1.36.2, by category.
@Suite("scheduler conformance")
struct ConformanceTests {
    /// How many cases of each file agree; a change for the worse fails, and one for the better asks for an
    /// update.
    static let agreeing: [(category: String, cases: Int)] = [
        ("resources", 68), ("nodeaffinity", 36), ("taints", 32), ("interpodaffinity", 42),
        ("topologyspread", 48), ("nodeports", 30), ("imagelocality", 30), ("volumes", 50),
        ("preemption", 66), ("profiles", 40), ("mixed", 50), ("edge", 67), ("large", 5),
    ]

    @Test(
        "golden cases agree in everything they hold",
        .enabled(
            if: SharedFiles.exists("conformance/scheduler"), Comment(rawValue: SharedFiles.missing)),
        arguments: agreeing)
    func goldenCases(category: String, cases: Int) throws {
        let lines = try SharedFiles.lines("conformance/scheduler/\(category).jsonl")
            .map { try JSONParser.parse($0) }
        let report = SchedulerConformance.run(category: category, lines: lines)
        if report.agreeingCases != cases {
            print(report.summary)
            for entry in report.cases where !entry.agrees {
                print("  \(entry.name): \(String(entry.difference.prefix(400)))")
            }
        }
        #expect(report.agreeingCases == cases, "\(report.summary)")
    }
}
