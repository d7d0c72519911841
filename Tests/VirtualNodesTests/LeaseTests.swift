import SimulationKernel
import Testing

@testable import VirtualNodes

@Suite("Leases")
struct LeaseTests {
    @Test("a kubelet that starts again reads the lease of the one before it, and renews that one")
    func restart() {
        var cluster = FakeCluster()
        cluster.run(until: 20)
        let before = cluster.lease?.renewTime
        #expect(before != nil)
        cluster.at(30) { $0.act { $0.powerLoss(at: $1, cause: "test", &$2) } }
        cluster.at(60) { $0.act { $0.powerReturn(at: $1, cause: "test", &$2) } }
        cluster.run(until: 300)
        let after = cluster.lease?.renewTime
        #expect(after != nil && after! > before!)
        // An update names the version that was read.
        #expect(cluster.leaseVersions.allSatisfy { $0 > 0 })
        #expect(!cluster.leaseVersions.isEmpty)
    }
}
