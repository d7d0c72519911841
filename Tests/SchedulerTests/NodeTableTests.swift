import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Testing

@Suite("node table")
struct NodeTableTests {
    private static func node(_ name: String, zone: String) -> Ref<Node> {
        var node = Node()
        node.metadata.name = name
        node.metadata.labels = [
            "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
            "topology.kubernetes.io/region": "r",
        ]
        node.status.allocatable = ResourceList([
            ("cpu", Quantity(milli: 4000)), ("pods", Quantity(value: 10)),
        ])
        return Ref(node)
    }

    private static func pod(_ name: String, milliCPU: Int64, in table: inout NodeTable) -> PodInfo {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = UID(name)
        let spec = PodSpec(source: [
            "containers": [["name": "c", "resources": ["requests": ["cpu": .string("\(milliCPU)m")]]]]
        ])
        return table.compile(Ref(Pod(metadata: metadata, spec: spec)))
    }

    @Test("nodes are visited zone by zone in turn, in the order in which they came")
    func order() {
        var table = NodeTable()
        for (name, zone) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a"), ("c1", "c"), ("c2", "c")] {
            table.set(Self.node(name, zone: zone))
        }
        #expect(table.order.map { table.names[$0.value] } == ["a1", "b1", "c1", "a2", "c2", "a3"])
        table.remove(nodeNamed: "b1")
        table.set(Self.node("b2", zone: "b"))
        #expect(table.order.map { table.names[$0.value] } == ["a1", "c1", "b2", "a2", "c2", "a3"])
    }

    @Test("columns follow pods as they come and go")
    func accounting() throws {
        var cluster = ClusterCache()
        let node = cluster.nodes.set(Self.node("n", zone: "z"))
        let first = Self.pod("first", milliCPU: 300, in: &cluster.nodes)
        let second = Self.pod("second", milliCPU: 500, in: &cluster.nodes)
        cluster.assume(first, onNodeNamed: "n")
        cluster.assume(second, onNodeNamed: "n")
        #expect(cluster.nodes.requested[ResourceIndex.cpu.value][node.value] == 800)
        // Memory is named by neither: 200 MiB each count in scores.
        #expect(cluster.nodes.nonZeroMemoryBytes[node.value] == 400 * 1024 * 1024)
        cluster.forget(first.uid)
        #expect(cluster.nodes.requested[ResourceIndex.cpu.value][node.value] == 500)
        cluster.removePod(second.uid)
        #expect(cluster.nodes.requested[ResourceIndex.cpu.value][node.value] == 0)
        #expect(cluster.nodes.pods[node.value].isEmpty)
    }

    @Test("pods count on a node that is not known yet, but it is no candidate")
    func podBeforeNode() {
        var cluster = ClusterCache()
        var pod = Self.pod("p", milliCPU: 250, in: &cluster.nodes)
        pod = PodInfo(pod: Ref(pod.value.with { $0.nodeName = "late" }), like: pod)
        cluster.setPod(pod)
        #expect(cluster.nodes.count == 0)
        let node = cluster.nodes.set(Self.node("late", zone: "z"))
        #expect(cluster.nodes.count == 1)
        #expect(cluster.nodes.requested[ResourceIndex.cpu.value][node.value] == 250)
    }

    @Test(
        "the adaptive share of nodes",
        arguments: [(50, 50), (100, 100), (1_000, 420), (5_000, 500), (20_000, 1_000)])
    func adaptiveShare(nodes: Int, wanted: Int) {
        #expect(SchedulingCycle().nodesToFind(0, of: nodes) == wanted)
    }
}
