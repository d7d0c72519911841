import KubernetesModel
import Testing

@testable import Controllers

@Suite("Hints by the zones' CPU")
struct TopologyHintsTests {
    private static let type = "IPv4"

    private func service() -> Service {
        var service = Service()
        service.metadata = ObjectMeta(namespace: "a", name: "s")
        service.metadata.annotations = ["service.kubernetes.io/topology-mode": "Auto"]
        return service
    }

    /// A slice of ready endpoints, written as zones with their hints: `a`, `b>c`; `-` is one that is not ready.
    private func slice(_ text: String, name: String = "s") -> EndpointSlice {
        var slice = EndpointSlice()
        slice.metadata.name = name
        slice.endpoints = text.split(separator: " ").enumerated().map { index, word in
            let parts = word.split(separator: ">")
            var record = EndpointSlice.Endpoint.Record()
            record.addresses = ["10.0.0.\(index)"]
            record.conditions.ready = word != "-"
            if word != "-" && word != "?" { record.zone = String(parts[0]) }
            var endpoint = EndpointSlice.Endpoint(record)
            if parts.count > 1 { endpoint.hints = ["forZones": [["name": .string(String(parts[1]))]]] }
            return endpoint
        }
        return slice
    }

    /// The hints of slices' endpoints, in order.
    private func hints(_ slices: [EndpointSlice]) -> [String] {
        slices.map { $0.endpoints.map { $0.hintNames("forZones").first ?? "-" }.joined(separator: " ") }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var ratios: [String: Double]?
        var creates: [String] = []
        var updates: [String] = []
        var unchanged: [String] = []
        var created: [String] = []
        var updated: [String] = []
        var event: String?
        var byZone: [String: Int]?
    }

    static let insufficient =
        "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"

    static let cases = [
        Case(testDescription: "no ratios", ratios: nil, creates: ["a"], created: ["-"], event: insufficient),
        Case(
            testDescription: "nodes in one zone", ratios: ["a": 1], creates: ["a"], created: ["-"],
            event: "Nodes only ready in one zone"),
        Case(
            testDescription: "two endpoints for three zones", ratios: ["a": 0.3, "b": 0.4, "c": 0.3],
            creates: ["a b"], created: ["- -"],
            event: "Insufficient number of endpoints (2 endpoints, 3 zones)"),
        Case(
            testDescription: "two endpoints for two zones", ratios: ["a": 0.45, "b": 0.55], creates: ["a b"],
            created: ["a b"], event: "Topology Aware Hints has been enabled", byZone: ["a": 1, "b": 1]),
        Case(
            testDescription: "endpoints that are not ready count for nothing",
            ratios: ["a": 0.45, "b": 0.55],
            creates: ["a b - -"], created: ["a b - -"], event: "Topology Aware Hints has been enabled",
            byZone: ["a": 1, "b": 1]),
        Case(
            testDescription: "slices to create and to update, within the threshold",
            ratios: ["a": 0.35, "b": 0.35, "c": 0.3], creates: ["a b", "c c a"], updates: ["a a", "b c a"],
            created: ["b b", "c c a"], updated: ["a a", "b c a"],
            event: "Topology Aware Hints has been enabled", byZone: ["a": 4, "b": 3, "c": 3]),
        Case(
            testDescription: "a slice whose hints suit stays as it is", ratios: ["a": 0.5, "b": 0.5],
            creates: ["a b"], unchanged: ["a>a b>b"], created: ["a b"],
            event: "Topology Aware Hints has been enabled", byZone: ["a": 2, "b": 2]),
        Case(
            testDescription: "a slice with hints for a zone that is gone is changed",
            ratios: ["a": 0.5, "b": 0.5],
            creates: ["a b"], unchanged: ["a>z b>b"], created: ["a b"], updated: ["a b"],
            event: "Topology Aware Hints has been enabled", byZone: ["a": 2, "b": 2]),
        Case(
            testDescription: "an endpoint without a zone takes all hints off", ratios: ["a": 0.5, "b": 0.5],
            creates: ["a b a ?"], unchanged: ["a>a b>b"], created: ["- - - -"], updated: ["- -"],
            event: "One or more endpoints do not have a zone specified"),
        Case(
            testDescription: "three zones of one endpoint each cannot be had from three with unequal shares",
            ratios: ["a": 0.6, "b": 0.2, "c": 0.2], creates: ["a b c"], created: ["- - -"],
            event: "Unable to allocate minimum required endpoints to each zone without exceeding overload "
                + "threshold (3 endpoints, 3 zones)"),
    ]

    @Test("hints and events are upstream's", arguments: cases)
    func hints(_ example: Case) {
        var topology = TopologyCache(cpuRatios: example.ratios)
        var changes = EndpointSliceChanges(
            creates: example.creates.map { slice($0) }, updates: example.updates.map { slice($0) })
        let service = service()
        let reconciler = EndpointSliceReconciler(
            service: service, maxEndpointsPerSlice: 100, triggerTime: nil)
        let unchanged = example.unchanged.enumerated().map { slice($1, name: "u\($0)") }
        reconciler.settleHints(unchanged, Self.type, &topology, &changes)
        #expect(hints(changes.creates) == example.created)
        #expect(hints(changes.updates) == example.updated)
        #expect(
            changes.events.map(\.message)
                == [example.event].compactMap { $0.map { "\($0), addressType: IPv4" } })
        #expect(topology.endpoints[service.key]?[Self.type] == example.byZone)
        #expect(topology.hasPopulatedHints(service.key) == (example.byZone != nil))
        // A second sync says nothing new of hints that are there.
        if example.byZone != nil {
            var again = EndpointSliceChanges()
            let slices =
                (changes.creates + changes.updates
                + unchanged.filter { slice in
                    !changes.updates.contains { $0.metadata.name == slice.metadata.name }
                }).enumerated().map { index, slice in slice.with { $0.metadata.name = "v\(index)" } }
            reconciler.settleHints(slices, Self.type, &topology, &again)
            #expect(again.events.isEmpty && again.updates.isEmpty)
        }
    }

    @Test("hints that the service no longer asks for are taken off, with an event")
    func disabled() {
        var topology = TopologyCache(cpuRatios: ["a": 0.5, "b": 0.5])
        var service = service()
        topology.setHints(service.key, Self.type, ["a": 1, "b": 1])
        service.metadata.annotations = [:]
        var changes = EndpointSliceChanges()
        EndpointSliceReconciler(service: service, maxEndpointsPerSlice: 100, triggerTime: nil)
            .settleHints([slice("a>a b>b")], Self.type, &topology, &changes)
        #expect(hints(changes.updates) == ["- -"])
        #expect(changes.events == [.disabled("Topology Aware Hints has been disabled", Self.type)])
        #expect(changes.events.first?.message == "Topology Aware Hints has been disabled, addressType: IPv4")
        #expect(!topology.hasPopulatedHints(service.key) && topology.endpoints.isEmpty)
    }

    private func node(_ zone: String, cpu: Int64 = 2, isReady: Bool = true, label: String = "") -> Ref<Node> {
        var node = Node()
        if !zone.isEmpty { node.metadata.labels[WellKnown.zoneLabel] = zone }
        if !label.isEmpty { node.metadata.labels[label] = "" }
        if cpu != 0 { node.status.allocatable["cpu"] = Quantity(value: cpu) }
        node.status.conditions = [Condition("Ready", isReady ? .isTrue : .isFalse)]
        return Ref(node)
    }

    @Test("shares are those of the CPU of ready nodes that are no control plane")
    func ratios() {
        var topology = TopologyCache()
        topology.setNodes([node("a", cpu: 1), node("a", cpu: 2), node("b", cpu: 1)])
        #expect(topology.cpuRatios == ["a": 0.75, "b": 0.25])
        let more = [
            node("a"), node("b"), node("c", isReady: false),
            node("c", label: "node-role.kubernetes.io/control-plane"),
            node("c", label: "node-role.kubernetes.io/master"),
        ]
        topology.setNodes(more)
        #expect(topology.cpuRatios == ["a": 0.5, "b": 0.5])
        for odd in [node(""), node("a", cpu: 0)] {
            topology.setNodes([node("a"), node("b"), odd])
            #expect(topology.cpuRatios == nil)
        }
        topology.setNodes([node("a"), node("a")])
        #expect(topology.cpuRatios == nil)
    }

    @Test(
        "a service is overloaded when a zone has less than its share allows",
        arguments: [
            (["a": 1], ["a": 0.5, "b": 0.5], true), ([:], ["a": 0.5, "b": 0.5], false),
            (["a": 1, "b": 1], [:], true), (["a": 1, "b": 4], ["a": 0.2, "b": 0.8], false),
            (["a": 1, "b": 4], ["a": 0.5, "b": 0.5], true), (["a": 5, "b": 6], ["a": 0.5, "b": 0.5], false),
        ] as [([String: Int], [String: Double], Bool)])
    func overloaded(byZone: [String: Int], ratios: [String: Double], isOverloaded: Bool) {
        var topology = TopologyCache(cpuRatios: ratios)
        topology.setHints(service().key, Self.type, byZone)
        #expect(topology.overloadedServices == (isOverloaded ? [service().key] : []))
    }

    @Test(
        "zones with too many give to zones with too few, the largest difference first",
        arguments: [
            (["a": 3.0, "b": 3.0], ["a": 5, "b": 1], ["a": 2], ["b": 2]),
            (["a": 2.5, "b": 2.5], ["a": 3, "b": 2], [:], [:]),
            (["a": 2.0, "b": 2.0, "c": 2.0], ["a": 6, "b": 0, "c": 0], ["a": 4], ["b": 2, "c": 2]),
        ] as [([String: Double], [String: Int], [String: Int], [String: Int])])
    func transfers(
        desired: [String: Double], allocated: [String: Int], giving: [String: Int], receiving: [String: Int]
    ) {
        let allocations = desired.mapValues { TopologyCache.Allocation(minimum: 0, maximum: 9, desired: $0) }
        let found = TopologyCache.transfers(allocations, allocated)
        #expect(found.giving == giving && found.receiving == receiving)
    }
}
