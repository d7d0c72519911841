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

    /// The way in which a leader is lost.
    enum Loss: CaseIterable { case killed, cutOff }

    @Test("of several processes one leads, and another takes over when its lease has run out", arguments: Loss.allCases)
    func standby(loss: Loss) throws {
        let cluster = try SimulatedCluster(
            nodes: 2, controllers: { $0.add(BudgetKeeper()) }, controllerReplicas: 2)
        let lease = { cluster.get(Lease.self, "controllers", namespace: "kube-system") }
        #expect(lease()?.holderIdentity == "controllers-0")
        switch loss {
        case .killed: cluster.kill(.controllers, for: .hours(1))
        case .cutOff: cluster.cutOff(.controllers)
        }
        try cluster.apply(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: web, annotations: { example.com/keep-available: "1" } }
            spec:
              replicas: 2
              selector: { matchLabels: { app: web } }
              template:
                metadata: { labels: { app: web } }
                spec: { containers: [{ name: main, image: "web:1" }] }
            """)
        // Nobody has the lease's word that the leader is gone before it has run out.
        cluster.advance(by: .seconds(10))
        #expect(cluster.get(PodDisruptionBudget.self, "web") == nil)
        try cluster.wait(for: "the standby's budget", within: .seconds(15)) {
            $0.get(PodDisruptionBudget.self, "web") != nil
        }
        #expect(lease()?.holderIdentity == "controllers-1")
        #expect(lease()?.leaseTransitions == 1)
        #expect(cluster.violations.isEmpty)
    }
}
