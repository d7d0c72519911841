import ControlPlane
import KubernetesModel
import Scheduler
import SimulationKernel
import Testing

@Suite("data locality")
struct DataLocalityTests {
    /// Two zones of two racks of two nodes: `n0` and `n1` share a rack, `n0` to `n3` a zone.
    static let places = (0..<8).map { number in
        DataCatalog.Place(node: "n\(number)", rack: "r\(number / 2)", zone: "z\(number / 4)")
    }

    private static func dataSet(
        _ name: String, size: Int64 = 1_000, block: Int64 = 1_000, replicas: Int = 3,
        _ placement: DataCatalog.DataSet.Placement = .hdfs(writer: nil)
    ) -> DataCatalog.DataSet {
        DataCatalog.DataSet(
            name: name, sizeBytes: size, blockBytes: block, replicas: replicas, placement: placement)
    }

    private static func metadata(_ reads: String) -> ObjectMeta {
        var metadata = ObjectMeta()
        metadata.annotations[DataCatalog.readsAnnotation] = reads
        return metadata
    }

    private static func holders(_ catalog: DataCatalog, _ name: String) throws -> [Int] {
        let reads = try catalog.reads(of: metadata(name))
        return places.indices.filter { catalog.bytes(reads, from: "n\($0)")[0] > 0 }
    }

    @Test("three replicas are on one node of a rack and two of another, as HDFS has it", arguments: 1...40)
    func placement(seed: UInt64) throws {
        let catalog = DataCatalog(
            [Self.dataSet("d"), Self.dataSet("w", .hdfs(writer: "n5"))], on: Self.places,
            bandwidth: .init(), seed: seed)
        for name in ["d", "w"] {
            let holders = try Self.holders(catalog, name)
            #expect(holders.count == 3)
            let racks = Dictionary(grouping: holders) { $0 / 2 }.values.map(\.count).sorted()
            #expect(racks == [1, 2])
        }
        #expect(try Self.holders(catalog, "w").contains(5))
    }

    @Test("the writer's rack has one replica, and the other rack two")
    func writer() throws {
        for seed in 1...20 {
            let catalog = DataCatalog(
                [Self.dataSet("w", .hdfs(writer: "n5"))], on: Self.places, bandwidth: .init(),
                seed: UInt64(seed))
            #expect(try Self.holders(catalog, "w").filter { $0 / 2 == 2 } == [5])
        }
    }

    @Test("another data set shifts nobody's placement")
    func streams() throws {
        let alone = DataCatalog([Self.dataSet("d")], on: Self.places, bandwidth: .init(), seed: 3)
        let beside = DataCatalog(
            [Self.dataSet("a"), Self.dataSet("d")], on: Self.places, bandwidth: .init(), seed: 3)
        #expect(try Self.holders(alone, "d") == Self.holders(beside, "d"))
    }

    @Test("few nodes and one rack hold what they can")
    func fewNodes() throws {
        let places = (0..<2).map { DataCatalog.Place(node: "n\($0)", rack: "r", zone: "z") }
        let catalog = DataCatalog([Self.dataSet("d")], on: places, bandwidth: .init(), seed: 1)
        let reads = try catalog.reads(of: Self.metadata("d"))
        #expect(catalog.bytes(reads, from: "n0")[0] == 1_000)
        #expect(catalog.bytes(reads, from: "n1")[0] == 1_000)
    }

    /// Blocks of 1,000 bytes on `n0`, `n1`, and half a block on `n2`.
    private static let listed = DataCatalog(
        [dataSet("d", size: 2_500, replicas: 1, .nodes(["n0", "n1", "n2"]))], on: places,
        bandwidth: {
            var bandwidth = DataCatalog.Bandwidth()
            (bandwidth.node, bandwidth.rack, bandwidth.zone, bandwidth.remote) = (1_000, 500, 100, 10)
            return bandwidth
        }(), seed: 1)

    @Test(
        "bytes by distance, and the time that they take",
        arguments: [
            ("n0", [1_000.0, 1_000, 500, 0], 8.0), ("n2", [500.0, 0, 2_000, 0], 20.5),
            ("n3", [0.0, 500, 2_000, 0], 21),
            ("n7", [0.0, 0, 0, 2_500], 250), ("later", [0.0, 0, 0, 2_500], 250),
        ])
    func distances(node: String, bytes: [Double], seconds: Double) throws {
        let reads = try Self.listed.reads(of: Self.metadata("d"))
        #expect(Self.listed.bytes(reads, from: node) == bytes)
        #expect(Self.listed.readTime(reads, from: node).fractionalSeconds == seconds)
        let half = try Self.listed.reads(of: Self.metadata("d=0.5"))
        #expect(Self.listed.readTime(half, from: node).fractionalSeconds == seconds / 2)
    }

    @Test("what makes no sense is refused", arguments: ["e", "d=0", "d=1.5", "d=x", "d,,d", ""])
    func refusal(text: String) {
        #expect(throws: AnnotationError.self) { try Self.listed.reads(of: Self.metadata(text)) }
    }

    private func harness(_ policy: SchedulingPolicy, cpu: String) throws -> SchedulerHarness {
        var environment = PluginEnvironment(seed: 1)
        environment.data = DataCatalog(
            [Self.dataSet("d", size: 1 << 30, block: 1 << 30, replicas: 1, .nodes(["n5"]))], on: Self.places,
            bandwidth: {
                var bandwidth = DataCatalog.Bandwidth()
                bandwidth.remote = 5_000_000
                return bandwidth
            }(), seed: 1)
        var harness = try SchedulerHarness(policy.configuration, registry: .standard(environment))
        for place in Self.places { try harness.addNode(place.node, cpu: cpu) }
        harness.run(until: .start + .seconds(1))
        return harness
    }

    private func add(_ harness: inout SchedulerHarness, _ name: String) throws {
        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\(name)", "namespace": "default",
              "annotations": {"scheduling.simk.dev/reads": "d"}},
             "spec": {"containers": [{"name": "c", "image": "app:v1", "resources": {"requests": {"cpu": "1"}}}]}}
            """)
    }

    @Test("pods go to the data, then into its rack, then anywhere")
    func score() throws {
        var harness = try harness(.dataLocality, cpu: "1")
        var nodes: [String] = []
        for number in 0..<3 {
            try add(&harness, "p\(number)")
            harness.run(until: .start + .seconds(2 + Int64(number)))
            nodes.append(harness.pod("p\(number)")?.nodeName ?? "")
        }
        #expect(nodes == ["n5", "n4", "n6"])
    }

    @Test(
        "with delay scheduling a pod waits for its node, then for its rack, and takes what is free meanwhile")
    func delay() throws {
        var harness = try harness(.delayScheduling, cpu: "1")
        for name in ["first", "second", "third", "fourth"] { try add(&harness, name) }
        harness.run(until: .start + .seconds(3))
        let found = harness.pod("first")?.nodeName
        #expect(found == "n5")
        let found2 = harness.pod("second")?.nodeName
        #expect(found2 == "")
        let found3 = harness.messages("FailedScheduling").first?.contains(
            "7 node(s) farther from the pod's data than")
        #expect(found3 == true)
        // After three seconds the rack will do, which has one place.
        harness.run(until: .start + .seconds(5))
        let found4 = harness.pod("second")?.nodeName
        #expect(found4 == "n4")
        let found5 = harness.pod("third")?.nodeName
        #expect(found5 == "")
        // The place that is free again is taken at once.
        try harness.perform(
            .delete(
                .pod, ObjectKey(namespace: "default", name: "first"), DeleteOptions(gracePeriodSeconds: 0)))
        harness.run(until: .start + .seconds(6))
        let found6 = harness.pod("third")?.nodeName
        #expect(found6 == "n5")
        // After six any node will do.
        harness.run(until: .start + .seconds(9))
        let found7 = harness.pod("fourth")?.nodeName.isEmpty
        #expect(found7 == false)
    }
}
