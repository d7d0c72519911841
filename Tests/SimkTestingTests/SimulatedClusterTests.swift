import Foundation
import SimkTesting
import Testing

@Suite("Clusters in tests")
struct SimulatedClusterTests {
    @Test("a failure tells what is missing, and the timeline")
    func failure() throws {
        let cluster = try SimulatedCluster(nodes: 1, cpu: "1")
        try cluster.apply(
            """
            apiVersion: v1
            kind: Pod
            metadata: { name: big }
            spec:
              containers: [{ name: main, image: "big:1", resources: { requests: { cpu: "8" } } }]
            """)
        let failure = #expect(throws: ClusterFailure.self) {
            try cluster.wait(for: "pod/big", condition: "Ready", within: .minutes(1))
        }
        #expect(failure?.message == "pod/big: condition Ready: not within 1m0s")
        #expect(failure?.timeline.contains("Insufficient cpu") == true)
    }

    @Test("what the API server refuses is an error in its words")
    func refusal() throws {
        let cluster = try SimulatedCluster(nodes: 1)
        #expect(throws: (any Error).self) {
            try cluster.apply(
                "{ apiVersion: v1, kind: Pod, metadata: { name: empty }, spec: { containers: [] } }")
        }
    }

    @Test("a cluster that changes for ever has not converged")
    func neverConverges() throws {
        let cluster = try SimulatedCluster(
            nodes: 1, behaviors: "- { name: crash, selector: \"app=crash\", runTime: 5s, exitCode: 1 }")
        try cluster.apply(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: crash }
            spec:
              replicas: 1
              selector: { matchLabels: { app: crash } }
              template:
                metadata: { labels: { app: crash } }
                spec: { containers: [{ name: main, image: "crash:1" }] }
            """)
        #expect(!cluster.converged(within: .minutes(3)))
    }

    @Test("the page of the documentation shows this code", arguments: ["BudgetKeeper", "BudgetKeeperTests"])
    func page(name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let page = folder.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/how-to/test-a-controller.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let code = try String(contentsOf: folder.appending(path: "\(name).swift"), encoding: .utf8)
        #expect(text.contains(code))
    }
}
