import KubernetesModel
import OrderedCollections
import SimulationKernel
import Stochastics
import Testing

@testable import Scheduler

@Suite("places of pods on a node and in a pool")
struct PodPlacesTests {
    private static func pod(_ name: String, in table: inout NodeTable) -> PodInfo {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = UID(name)
        let spec = PodSpec(source: ["schedulerName": "default-scheduler"])
        return table.compile(Ref(Pod(metadata: metadata, spec: spec, nodeName: "node")))
    }

    @Test("a node's pods are in the order that changes of a plain list give", arguments: [1, 2, 3])
    func nodeOrder(seed: UInt64) {
        var cluster = ClusterCache()
        var stream = RandomStream(seed: seed, name: "places")
        var expected: [String] = []
        for step in 0..<2_000 {
            let choice = stream.index(below: 10)
            if expected.isEmpty || choice < 4 {
                let name = "pod-\(step)"
                let info = Self.pod(name, in: &cluster.nodes)
                if choice < 2 { cluster.assume(info, onNodeNamed: "node") } else { cluster.setPod(info) }
                expected.append(name)
            } else {
                let place = stream.index(below: expected.count)
                let name = expected[place]
                expected.swapAt(place, expected.count - 1)
                if choice < 7 {
                    cluster.setPod(Self.pod(name, in: &cluster.nodes))
                } else {
                    expected.removeLast()
                    cluster.removePod(UID(name))
                }
            }
            let listed = cluster.nodes.row(named: "node").map { row in
                cluster.nodes.pods[row].map(\.key.name)
            }
            #expect(listed ?? [] == expected)
            if let last = expected.last { #expect(cluster.pod(UID(last))?.key.name == last) }
        }
    }

    @Test("a pool's pods stay in the order in which they came", arguments: [1, 2, 3])
    func poolOrder(seed: UInt64) {
        var table = NodeTable()
        var pool = EventPool(profileCount: 1)
        var stream = RandomStream(seed: seed, name: "places")
        var expected: [String] = []
        for step in 0..<2_000 {
            // The pool grows, then shrinks.
            if expected.isEmpty || stream.index(below: 10) < (step < 1_000 ? 6 : 4) {
                expected.append("pod-\(step)")
                let pod = QueuedPod(pod: Self.pod("pod-\(step)", in: &table), timestamp: .start)
                pool.set(pod, profile: 0)
            } else {
                let place = stream.index(below: 3) == 0 ? 0 : stream.index(below: expected.count)
                let name = expected[place]
                if stream.index(below: 4) == 0 {
                    pool.set(QueuedPod(pod: Self.pod(name, in: &table), timestamp: .start), profile: 0)
                } else {
                    expected.remove(at: place)
                    #expect(pool.remove(UID(name))?.pod.key.name == name)
                }
            }
            #expect(pool.count == expected.count)
            #expect(pool.first?.pod.key.name == expected.first)
            if step % 50 == 0 { #expect(pool.values.map(\.pod.key.name) == expected) }
        }
    }
}
