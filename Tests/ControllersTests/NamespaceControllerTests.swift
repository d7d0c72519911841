import ControlPlane
import Controllers
import KubernetesModel
import SimulationKernel
import Testing

@Suite("Namespace deletion")
struct NamespaceControllerTests {
    private func world() -> ControllerWorld {
        ControllerWorld(nodes: ["n1"]) { manager, _ in manager.add(NamespaceController()) }
    }
    private let namespace = ObjectKey(name: ControllerWorld.namespace)

    private func conditions(_ world: ControllerWorld) -> [Condition] {
        world.server.store.get(Namespace.self, namespace)?.value.conditions ?? []
    }

    @Test("content goes 5 s after the deletion, then the namespace")
    func content() {
        let world = world()
        world.driver(.createManifest(ControllerWorld.manifest("v1", "ConfigMap", "a")))
        world.driver(.delete(.namespace, namespace, DeleteOptions()))
        world.settle(until: .start + .milliseconds(4_990))
        #expect(world.calls.isEmpty)
        world.settle(until: .start + .milliseconds(5_100))
        #expect(world.server.store[.namespace, namespace] == nil)
        #expect(world.server.store[.configMap, ControllerWorld.key("a")] == nil)
        #expect(world.calls.map(\.request.verb) == ["get", "delete", "update-status", "update"])
    }

    @Test("pods go first; half of their grace period and a second later the rest is looked at again")
    func podsFirst() {
        let world = world()
        world.driver(.createManifest(ControllerWorld.pod("p", node: "n1")))
        world.driver(.createManifest(ControllerWorld.manifest("v1", "ConfigMap", "a")))
        world.driver(.delete(.namespace, namespace, DeleteOptions()))
        world.settle(until: .start + .seconds(6))
        #expect(world.server.store[.configMap, ControllerWorld.key("a")] != nil)
        #expect(conditions(world).map(\.status) == Array(repeating: .isFalse, count: 5))
        #expect(conditions(world)["NamespaceContentRemaining"]?.reason == "ContentRemoved")
        // The status update brings the key back after 5 s; the estimate, 30 / 2 + 1, is later.
        world.driver(.delete(.pod, ControllerWorld.key("p"), DeleteOptions(gracePeriodSeconds: 0)))
        world.settle(until: .start + .seconds(11))
        #expect(world.server.store[.namespace, namespace] == nil)
    }

    @Test("objects with finalizers are named in the conditions")
    func finalizers() {
        let world = world()
        let finalizers: JSONValue = ["metadata": ["finalizers": ["example.com/keep"]]]
        world.driver(.createManifest(ControllerWorld.manifest("v1", "ConfigMap", "a", finalizers)))
        world.driver(.delete(.namespace, namespace, DeleteOptions()))
        world.settle(until: .start + .seconds(6))
        let remaining = conditions(world)["NamespaceContentRemaining"]
        #expect(remaining?.message == "Some resources are remaining: configmaps. has 1 resource instances")
        let waiting = conditions(world)["NamespaceFinalizersRemaining"]
        #expect(
            waiting?.message == "Some content in the namespace has finalizers remaining: "
                + "example.com/keep in 1 resource instances")
        world.driver(
            .patch(
                .configMap, ControllerWorld.key("a"), .finalizers(adding: [], removing: ["example.com/keep"]),
                uid: nil))
        world.settle(until: .start + .seconds(20))
        #expect(world.server.store[.namespace, namespace] == nil)
    }
}
