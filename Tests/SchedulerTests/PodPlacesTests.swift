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

@Suite("order of pods in a queue")
struct PodHeapTests {
    private static func pod(_ name: String, priority: Int64, in table: inout NodeTable) -> PodInfo {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = UID(name)
        let spec = PodSpec(source: ["schedulerName": "default-scheduler", "priority": .integer(priority)])
        return table.compile(Ref(Pod(metadata: metadata, spec: spec)))
    }

    /// What is expected of a pod in the heap.
    private struct Expected {
        var name: String
        var priority: Int64
        var time: Int64
        var number: Int
    }

    @Test(
        "pods leave by priority, time and arrival, whatever came, changed and went in between",
        arguments: 1...6 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        var table = NodeTable()
        let isCustom = seed % 2 == 0
        var heap = PodHeap(isCustom ? .custom { PrioritySort().isBefore($0, $1) } : .priority)
        var stream = RandomStream(seed: seed, name: "heap")
        var expected: [Expected] = []
        func first() -> Int? {
            expected.indices.min {
                let (left, right) = (expected[$0], expected[$1])
                if left.priority != right.priority { return left.priority > right.priority }
                return left.time != right.time ? left.time < right.time : left.number < right.number
            }
        }
        for step in 0..<1_500 {
            let choice = stream.index(below: 20)
            // Mostly in order, sometimes before others.
            let time = Int64(stream.index(below: 8) == 0 ? stream.index(below: step + 1) : step / 3)
            let priority = Int64(stream.index(below: 10) == 0 ? stream.index(below: 3) : 1)
            if expected.isEmpty || choice < (step < 700 ? 11 : 7) {
                let name = "pod-\(step)"
                let info = Self.pod(name, priority: priority, in: &table)
                heap.insert(QueuedPod(pod: info, timestamp: VirtualTime(nanoseconds: time)))
                expected.append(Expected(name: name, priority: priority, time: time, number: step))
            } else if choice < 13 {
                let place = stream.index(below: expected.count)
                (expected[place].priority, expected[place].time) = (priority, time)
                let info = Self.pod(expected[place].name, priority: priority, in: &table)
                heap.insert(QueuedPod(pod: info, timestamp: VirtualTime(nanoseconds: time)))
            } else if choice < 15 {
                let place = stream.index(below: expected.count)
                let removed = heap.remove(UID(expected[place].name))
                #expect(removed?.pod.key.name == expected[place].name)
                expected.remove(at: place)
            } else if let place = first() {
                #expect(heap.first?.pod.key.name == expected[place].name)
                #expect(heap.popFirst()?.pod.key.name == expected[place].name)
                expected.remove(at: place)
            }
            #expect(heap.count == expected.count)
            #expect(heap.isEmpty == expected.isEmpty)
        }
        while let place = first() {
            #expect(heap.popFirst()?.pod.key.name == expected[place].name)
            expected.remove(at: place)
        }
        #expect(heap.popFirst() == nil)
    }
}
