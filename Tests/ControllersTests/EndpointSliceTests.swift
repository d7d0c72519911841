import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Endpoint slices")
struct EndpointSliceTests {
    private func service(_ change: (inout Service) -> Void = { _ in }) -> Service {
        var service = Service()
        service.metadata = ObjectMeta(namespace: "a", name: "s")
        service.metadata.uid = UID("service")
        service.spec.selector = ["app": "web"]
        service.spec.clusterIP = "10.0.0.1"
        service.spec.ipFamilies = ["IPv4"]
        var port = ServicePort()
        port.port = 80
        port.targetPort = 8080
        service.spec.ports = [port]
        change(&service)
        return service
    }

    private func pod(_ index: Int, _ change: (inout Pod) -> Void = { _ in }) -> Ref<Pod> {
        var pod = Pod(
            metadata: ObjectMeta(namespace: "a", name: "p\(index)"), spec: PodSpec(source: [:]), nodeName: "n"
        )
        pod.metadata.uid = UID("p\(index)")
        pod.status.phase = .running
        pod.status.podIP = "10.244.\(index / 250).\(index % 250)"
        pod.status.conditions = [Condition("Ready", .isTrue)]
        change(&pod)
        return Ref(pod)
    }

    private func node(_ zone: String = "") -> Ref<Node> {
        var node = Node()
        node.metadata.name = "n"
        if !zone.isEmpty { node.metadata.labels[WellKnown.zoneLabel] = zone }
        return Ref(node)
    }

    private func reconcile(
        _ service: Service, _ pods: [Ref<Pod>], _ slices: [EndpointSlice] = [], node: Ref<Node>? = nil,
        isNodeKnown: Bool = true
    ) -> EndpointSliceReconciler.Result {
        let known = isNodeKnown ? node ?? self.node() : nil
        var topology = TopologyCache()
        return EndpointSliceReconciler(service: service, maxEndpointsPerSlice: 100, triggerTime: nil)
            .reconcile(pods: pods, slices: slices, topology: &topology) { _ in known }
    }

    private func stored(_ slice: EndpointSlice, _ name: String) -> EndpointSlice {
        slice.with {
            $0.metadata.name = name
            $0.metadata.uid = UID(name)
        }
    }

    @Test("a service without pods gets one empty slice, and keeps it")
    func placeholder() throws {
        let first = reconcile(service(), [])
        let slice = try #require(first.changes.first?.creates.first)
        #expect(slice.endpoints.isEmpty && slice.ports == nil && slice.metadata.generateName == "s-")
        #expect(
            slice.metadata.labels == [
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                "kubernetes.io/service-name": "s",
            ])
        let again = try #require(reconcile(service(), [], [stored(slice, "s-1")]).changes.first)
        #expect(again.creates.isEmpty && again.updates.isEmpty && again.deletes.isEmpty)
    }

    @Test("the placeholder is filled instead of being deleted")
    func placeholderIsReused() throws {
        let empty = stored(try #require(reconcile(service(), []).changes.first?.creates.first), "s-1")
        let changes = try #require(reconcile(service(), [pod(1)], [empty]).changes.first)
        #expect(changes.creates.isEmpty && changes.deletes.isEmpty)
        #expect(changes.updates.map(\.metadata.name) == ["s-1"])
        #expect(changes.updates.first?.endpoints.count == 1)
    }

    @Test("slices hold 100 endpoints at most, and gaps are filled before new slices are made")
    func packing() throws {
        let changes = try #require(reconcile(service(), (0..<230).map { pod($0) }).changes.first)
        #expect(changes.creates.map(\.endpoints.count) == [100, 100, 30])
        let slices = changes.creates.enumerated().map { stored($1, "s-\($0)") }
        // Five more fit into the last one; nothing else is touched.
        let more = try #require(reconcile(service(), (0..<235).map { pod($0) }, slices).changes.first)
        #expect(more.creates.isEmpty && more.updates.map(\.metadata.name) == ["s-2"])
        // One pod of the first slice leaves, another comes: its place is in the slice that changes anyway.
        let others = try #require(reconcile(service(), (1..<231).map { pod($0) }, slices).changes.first)
        #expect(others.updates.map(\.metadata.name) == ["s-0"])
    }

    @Test(
        "conditions follow readiness and deletion; publishing unready addresses makes all ready",
        arguments: [
            (true, false, false, [true, true, false]), (false, false, false, [false, false, false]),
            (true, true, false, [false, true, true]), (false, true, true, [true, false, true]),
        ])
    func conditions(isReady: Bool, isTerminating: Bool, publishes: Bool, expected: [Bool]) throws {
        let pod = pod(1) {
            $0.status.conditions = [Condition("Ready", isReady ? .isTrue : .isFalse)]
            if isTerminating { $0.metadata.deletionTimestamp = Timestamp(seconds: 9) }
        }
        let service = service { $0.spec.publishNotReadyAddresses = publishes }
        let endpoint = try #require(reconcile(service, [pod]).changes.first?.creates.first?.endpoints.first)
        let found = [endpoint.conditions.ready, endpoint.conditions.serving, endpoint.conditions.terminating]
        #expect(found == expected)
    }

    @Test("a pod whose node is not known is left out, and the sync fails after doing the rest")
    func missingNode() throws {
        let result = reconcile(service(), [pod(1)], isNodeKnown: false)
        #expect(result.failures.map(\.message) == ["skipping Pod p1 for Service a/s: Node n Not Found"])
        #expect(result.changes.first?.creates.first?.endpoints.isEmpty == true)
    }

    @Test(
        "hints follow trafficDistribution",
        arguments: [
            ("PreferClose", #"{"forZones":[{"name":"z1"}]}"#),
            ("PreferSameNode", #"{"forZones":[{"name":"z1"}],"forNodes":[{"name":"n"}]}"#), ("", "null"),
        ])
    func hints(distribution: String, expected: String) throws {
        let service = service {
            if !distribution.isEmpty { $0.spec.rest["trafficDistribution"] = .string(distribution) }
        }
        let slice = try #require(reconcile(service, [pod(1)], node: node("z1")).changes.first?.creates.first)
        #expect(slice.endpoints.first?.zone == "z1")
        #expect(JSONWriter.string(slice.endpoints.first?.rest["hints"] ?? .null) == expected)
    }

    @Test("ports are in the order of upstream's hash of each")
    func portOrder() {
        func port(_ name: String, _ number: Int64, _ kind: String = "TCP", app: String? = nil)
            -> EndpointSlice.Port
        {
            var port = EndpointSlice.Port()
            (port.name, port.port, port.transportProtocol, port.appProtocol) = (name, number, kind, app)
            return port
        }
        // The orders that the real controller's slices have in the recordings.
        let orders = [
            [port("web", 9999), port("m", 91)], [port("m", 91), port("web", 8080)],
            [port("adm", 9090), port("web", 8080)], [port("x", 9999), port("y", 5, "UDP", app: "h3")],
        ]
        for order in orders { #expect(EndpointPortOrder.sorted(order.reversed()) == order) }
    }

    @Test("the journal tells who left, who came, and why")
    func notes() throws {
        let before = stored(
            try #require(reconcile(service(), [pod(1), pod(2)]).changes.first?.creates.first), "s-1")
        let unready = pod(1) {
            $0.status.conditions = [Condition("Ready", .isFalse, reason: "NodeStatusUnknown")]
        }
        let notes = reconcile(service(), [unready, pod(2), pod(3)], [before]).notes
        #expect(notes.map(\.message) == ["lost p1; 2 ready of 3", "gained p3; 2 ready of 3"])
        #expect(notes.map(\.cause) == ["the pod is not ready: NodeStatusUnknown", "the pod is ready"])
    }

    @Test("a failed sync is tried again after 1 s, 2 s, 4 s, and given up after 15 times")
    func backOff() {
        let world = ControllerWorld(nodes: []) { manager, epoch in
            manager.add(EndpointSliceController(epoch: epoch))
        }
        world.driver(
            .createManifest(
                ControllerWorld.manifest(
                    "v1", "Service", "s", ["spec": ["selector": ["app": "web"], "ports": [["port": 80]]]])
            ))
        world.settle(for: .seconds(5))
        world.events = []
        var status = PodStatus()
        status.phase = .running
        status.podIP = "10.244.0.2"
        world.driver(
            .createManifest(
                ControllerWorld.pod("p", node: "nowhere", ["metadata": ["labels": ["app": "web"]]])))
        world.driver(.patch(.pod, ControllerWorld.key("p"), .podStatus(status), uid: nil))
        world.settle(for: .seconds(8))
        // At 0, 1, 3 and 7 seconds.
        #expect(world.events.map(\.reason) == Array(repeating: "FailedToUpdateEndpointSlices", count: 4))
        #expect(
            world.events.first?.message
                == "Error updating Endpoint Slices for Service ns/s: skipping Pod p for Service ns/s: Node nowhere Not Found"
        )
        world.settle(for: .days(3))
        #expect(world.events.count == 16)
    }
}
