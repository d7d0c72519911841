import KubernetesModel
import SimulationKernel
import Testing

@testable import VirtualNodes

@Suite("Who goes first when memory is low")
struct EvictionRankingTests {
    private static func candidate(_ name: String, priority: Int64 = 0, use: Int64?, request: Int64 = 0)
        -> EvictionRanking.Candidate
    {
        EvictionRanking.Candidate(
            slot: 0, key: ObjectKey(namespace: "default", name: name), priority: priority, usageBytes: use,
            requestBytes: request)
    }

    @Test(
        "without statistics, above the request, low priority, furthest above, then by name",
        arguments: [
            ([candidate("a", use: 5), candidate("b", use: nil)], ["b", "a"]),
            ([candidate("a", use: 5, request: 10), candidate("b", use: 11, request: 10)], ["b", "a"]),
            (
                [
                    candidate("within", priority: -5, use: 5, request: 10),
                    candidate("above", priority: 100, use: 11, request: 10),
                ], ["above", "within"]
            ),
            (
                [candidate("low", priority: 1, use: 2), candidate("high", priority: 2, use: 900)],
                ["low", "high"]
            ),
            (
                [
                    candidate("big", use: 1_000, request: 990), candidate("small", use: 30, request: 5),
                ], ["small", "big"]
            ),
            // Within their requests, the one with the least to spare goes first.
            (
                [candidate("spare", use: 1, request: 100), candidate("tight", use: 99, request: 100)],
                ["tight", "spare"]
            ),
            ([candidate("b", use: 7), candidate("a", use: 7)], ["a", "b"]),
        ] as [([EvictionRanking.Candidate], [String])])
    func ranking(candidates: [EvictionRanking.Candidate], order: [String]) {
        #expect(EvictionRanking.sorted(candidates).map(\.key.name) == order)
        #expect(EvictionRanking.sorted(candidates.reversed()).map(\.key.name) == order)
    }

    @Test("the message names the threshold and the containers above their requests")
    func message() throws {
        let message = EvictionRanking.message(
            threshold: 100 << 20, available: 50 << 20,
            containers: [
                .init(name: "web", usageBytes: 200 << 20, request: try Quantity(parsing: "100Mi")),
                .init(name: "log", usageBytes: 1 << 20, request: try Quantity(parsing: "2Mi")),
                .init(name: "tmp", usageBytes: 1_000, request: nil),
            ])
        #expect(
            message
                == "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "
                + "Container web was using 200Mi, request is 100Mi, has larger consumption of memory. "
                + "Container tmp was using 1k, request is 0, has larger consumption of memory. ")
    }

    private static func spec(
        request: String? = nil, limit: String? = nil, cpu: Bool = false, priorityClass: String = "",
        priority: Int64 = 0, sidecar: String? = nil
    ) -> PodSpec {
        var resources: JSONValue = [:]
        if let request {
            resources["requests"] =
                cpu ? ["memory": .string(request), "cpu": "1"] : ["memory": .string(request)]
        }
        if let limit {
            resources["limits"] = cpu ? ["memory": .string(limit), "cpu": "1"] : ["memory": .string(limit)]
        }
        var tree: JSONValue = [
            "containers": [["name": "web", "image": "a", "resources": resources]],
            "restartPolicy": "Always", "priority": .integer(priority),
        ]
        if !priorityClass.isEmpty { tree["priorityClassName"] = .string(priorityClass) }
        if let sidecar {
            tree["initContainers"] = [
                [
                    "name": "side", "image": "a", "restartPolicy": "Always",
                    "resources": ["requests": ["memory": .string(sidecar)]],
                ]
            ]
        }
        return PodSpec(source: FakeCluster.members(tree))
    }

    @Test(
        "oom_score_adj by class of service and request, on 16 GiB",
        arguments: [
            (spec(), 1_000), (spec(request: "1Gi", limit: "1Gi", cpu: true), -997),
            (spec(request: "1Gi"), 938), (spec(request: "8Gi"), 500), (spec(request: "1Mi"), 999),
            (spec(request: "16Gi"), 3), (spec(request: "64Gi"), 3),
            (spec(priorityClass: "system-node-critical", priority: 2_000_001_000), -997),
            (spec(priorityClass: "system-cluster-critical", priority: 2_000_000_000), 1_000),
        ] as [(PodSpec, Int64)])
    func scores(spec: PodSpec, adjust: Int64) {
        #expect(
            OutOfMemory.scoreAdjust(spec, spec.containers[0], isSidecar: false, capacity: 16 << 30) == adjust)
    }

    @Test("a sidecar is not killed before the containers that it serves")
    func sidecar() {
        let spec = Self.spec(request: "8Gi", sidecar: "1Gi")
        #expect(
            OutOfMemory.scoreAdjust(spec, spec.initContainers[0], isSidecar: true, capacity: 16 << 30) == 500)
    }

    @Test("badness: pages, and thousandths of all pages")
    func badness() {
        #expect(OutOfMemory.badness(usage: 4_096_000, scoreAdjust: 0, limit: 16 << 30) == 1_000)
        #expect(OutOfMemory.badness(usage: 0, scoreAdjust: 1_000, limit: 16 << 30) == 4_194_000)
        #expect(
            OutOfMemory.badness(usage: 1 << 30, scoreAdjust: -997, limit: 16 << 30) == 262_144 - 4_181_418)
    }
}
