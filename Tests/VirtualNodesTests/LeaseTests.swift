import KubernetesModel
import SimulationKernel
import Testing

@testable import VirtualNodes

@Suite("Leases")
struct LeaseTests {
    @Test("a kubelet that starts again reads the lease of the one before it, and renews that one")
    func restart() throws {
        var cluster = FakeCluster()
        cluster.run(until: 20)
        let before = try #require(cluster.lease?.value)
        cluster.at(30) { $0.act { $0.powerLoss(at: $1, cause: "test", &$2) } }
        cluster.at(60) { $0.act { $0.powerReturn(at: $1, cause: "test", &$2) } }
        cluster.run(until: 300)
        let after = try #require(cluster.lease?.value)
        let renewed = try #require(after.renewTime)
        #expect(renewed > .start + .seconds(60))
        #expect(after.metadata.resourceVersion > before.metadata.resourceVersion)
    }
}
