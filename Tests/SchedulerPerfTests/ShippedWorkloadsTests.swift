import Foundation
import KubernetesModel
import SchedulerPerf
import Testing

/// The workloads that come with simk, at their small size.
@Suite("Shipped scheduler_perf workloads")
struct ShippedWorkloadsTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "benchmarks/scheduler_perf").path
    static let topics = ["affinity", "misc", "topology_spreading", "volumes"]

    struct Small: CustomTestStringConvertible, Sendable {
        var configuration: PerfConfiguration
        var testCase: PerfTestCase
        var workload: PerfWorkload
        var testDescription: String { "\(testCase.name)/\(workload.name)" }
    }

    static func configuration(_ topic: String) throws -> PerfConfiguration {
        try PerfConfiguration.load("\(folder)/\(topic)/performance-config.yaml")
    }

    static let small: [Small] = topics.flatMap { topic -> [Small] in
        guard let configuration = try? configuration(topic) else { return [] }
        return configuration.testCases.flatMap { testCase in
            testCase.workloads.filter { $0.labels.contains("test") }.map {
                Small(configuration: configuration, testCase: testCase, workload: $0)
            }
        }
    }

    @Test("every file can be read", arguments: topics)
    func filesAreRead(topic: String) throws {
        let configuration = try Self.configuration(topic)
        #expect(!configuration.testCases.isEmpty)
        for testCase in configuration.testCases {
            #expect(testCase.workloads.contains { $0.labels.contains("test") }, "\(testCase.name)")
            #expect(testCase.workloads.contains { $0.labels.contains("performance") }, "\(testCase.name)")
        }
    }

    @Test("every pod that is measured gets a node", arguments: small)
    func allPodsAreScheduled(small: Small) throws {
        let result = try PerfRun(small.workload, of: small.testCase, in: small.configuration).run()
        let wanted = small.workload.parameters["measured"]?.integerValue
        #expect(result.measurements.map { Int64($0.podsScheduled) } == [wanted])
        #expect(result.notes.isEmpty)
    }

    @Test(
        "the same workload makes the same decisions, whether the scheduler remembers or not", arguments: small
    )
    func decisionsAreEqual(small: Small) throws {
        let comparison = try PlainComparison.run(
            small.workload, of: small.testCase, in: small.configuration, options: PerfOptions())
        #expect(comparison.difference == nil)
        #expect(comparison.placementCount > 0)
    }
}
