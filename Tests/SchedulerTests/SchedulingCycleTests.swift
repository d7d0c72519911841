import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Testing

@Suite("scheduling cycle")
struct SchedulingCycleTests {
    private static func cluster(nodes: Int) -> ClusterCache {
        var cluster = ClusterCache()
        for number in 0..<nodes {
            var node = Node()
            node.metadata.name = "n\(1_000 + number)"
            node.metadata.labels = ["kubernetes.io/hostname": node.metadata.name]
            node.status.allocatable = ResourceList([
                ("cpu", Quantity(value: 4)), ("memory", Quantity(value: 1 << 33)),
                ("pods", Quantity(value: 110)),
            ])
            // Every fourth node is cordoned.
            node.spec.unschedulable = number % 4 == 3
            cluster.nodes.set(Ref(node))
        }
        return cluster
    }

    private static func pod(_ name: String, in cluster: inout ClusterCache) -> PodInfo {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = UID(name)
        let spec = PodSpec(source: [
            "schedulerName": "default-scheduler",
            "containers": [["name": "c", "image": "app:v1", "resources": ["requests": ["cpu": "100m"]]]],
        ])
        return cluster.nodes.compile(Ref(Pod(metadata: metadata, spec: spec)))
    }

    @Test("a search ends with enough feasible nodes, and the next one begins where it ended")
    func rotation() throws {
        var cluster = Self.cluster(nodes: 400)
        let configuration = try SchedulerConfiguration.standard()
        let framework = try #require(configuration.profiles.first)
        var cycle = SchedulingCycle()
        // 400 nodes: 50 - 400/125 = 47 percent are 188 nodes.
        let pod = Self.pod("p", in: &cluster)
        let first = cycle.schedule(pod, framework: framework, cluster: &cluster) { _ in 0 }
        #expect(first.feasible.count == 188)
        // 188 feasible nodes have 62 cordoned ones among and right after them, before the next feasible one.
        #expect(first.rejected.count == 62)
        let expectedStart = 250
        let second = cycle.schedule(pod, framework: framework, cluster: &cluster) { _ in 0 }
        let firstNode = second.feasible.first.map { cluster.nodes.names[$0.value] }
        #expect(firstNode == "n\(1_000 + expectedStart)")
        #expect(second.feasible.count == 188)
    }

    @Test("with fewer than 100 nodes all are looked at, and the start stays")
    func smallCluster() throws {
        var cluster = Self.cluster(nodes: 40)
        let configuration = try SchedulerConfiguration.standard()
        let framework = try #require(configuration.profiles.first)
        var cycle = SchedulingCycle()
        let pod = Self.pod("p", in: &cluster)
        for _ in 0..<2 {
            let result = cycle.schedule(pod, framework: framework, cluster: &cluster) { _ in 0 }
            #expect(result.feasible.count == 30)
            #expect(result.rejected.count == 10)
            #expect(result.chosenName == "n1000")
            #expect(result.best.count == 30)
        }
    }

    @Test("ties are drawn where the cycle says so")
    func drawnTies() throws {
        var cluster = Self.cluster(nodes: 8)
        let configuration = try SchedulerConfiguration.standard()
        let framework = try #require(configuration.profiles.first)
        var cycle = SchedulingCycle()
        cycle.tieBreak = .drawn
        let pod = Self.pod("p", in: &cluster)
        var asked = 0
        let result = cycle.schedule(pod, framework: framework, cluster: &cluster) { count in
            asked = count
            return 4
        }
        #expect(asked == 6)
        #expect(result.chosen == result.best[4])
    }
}
