import ControlPlane
import Controllers
import KubernetesModel
import SimulationKernel
import Testing

@Suite("Pod garbage collector")
struct PodGCControllerTests {
    private func world(threshold: Int = 12_500) -> ControllerWorld {
        ControllerWorld(nodes: ["n1", "n2"]) { manager, _ in
            manager.add(PodGCController(terminatedPodThreshold: threshold))
        }
    }

    private func status(_ phase: PodPhase, reason: String = "") -> ObjectPatch {
        var status = PodStatus()
        status.phase = phase
        status.reason = reason
        return .podStatus(status)
    }

    private func exists(_ name: String, _ world: ControllerWorld) -> Bool {
        world.server.store[.pod, ControllerWorld.key(name)] != nil
    }

    @Test("pods of a deleted node go at the pass after 40 s of quarantine, marked as failed with a condition")
    func orphaned() throws {
        let world = world()
        world.driver(.createManifest(ControllerWorld.pod("p", node: "n1")))
        world.driver(.createManifest(ControllerWorld.pod("q", node: "n2")))
        world.settle(until: .start + .seconds(13))
        world.driver(.delete(.node, ObjectKey(name: "n1"), DeleteOptions()))
        // Passes are at whole 20 s: the one at 20 s begins the quarantine, the one at 60 s ends it.
        world.settle(until: .start + .seconds(59))
        #expect(world.calls.isEmpty)
        world.settle(until: .start + .seconds(61))
        #expect(world.calls.map(\.request.verb) == ["get", "patch", "delete"])
        #expect(!exists("p", world) && exists("q", world))
        guard case .patch(_, _, .podStatus(let status), _)? = world.calls.dropFirst().first?.request else {
            Issue.record("the second call is no status")
            return
        }
        #expect(status.phase == .failed)
        let condition = try #require(status.conditions["DisruptionTarget"])
        #expect(condition.status == .isTrue && condition.reason == "DeletionByPodGC")
        #expect(condition.message == "PodGC: node no longer exists")
    }

    @Test("a node that comes back in time keeps its pods")
    func nodeReturns() {
        let world = world()
        world.driver(.createManifest(ControllerWorld.pod("p", node: "n1")))
        world.settle(until: .start + .seconds(13))
        world.driver(.delete(.node, ObjectKey(name: "n1"), DeleteOptions()))
        world.settle(until: .start + .seconds(50))
        world.driver(.create(ControllerWorld.node("n1")))
        world.settle(until: .start + .seconds(200))
        #expect(world.calls.isEmpty && exists("p", world))
    }

    @Test("passes that would find nothing are not made")
    func idle() {
        let world = world()
        world.driver(.createManifest(ControllerWorld.pod("p", node: "n1")))
        world.settle(until: .start + .hours(240))
        #expect(world.wakes == 0)
    }

    @Test("terminating pods go when their node is not ready and out of service, with the next pass")
    func outOfService() {
        let world = world()
        world.driver(.createManifest(ControllerWorld.pod("p", node: "n1")))
        world.driver(.createManifest(ControllerWorld.pod("stays", node: "n1")))
        world.settle(until: .start + .seconds(1))
        world.driver(.delete(.pod, ControllerWorld.key("p"), DeleteOptions()))
        world.driver(
            .patch(.node, ObjectKey(name: "n1"), .nodeConditions([Condition("Ready", .unknown)]), uid: nil))
        world.settle(until: .start + .seconds(39))
        #expect(exists("p", world))
        let taint = Taint(key: WellKnown.outOfServiceTaint, value: "nodeshutdown", effect: .noExecute)
        world.driver(
            .patch(.node, ObjectKey(name: "n1"), .nodeTaints(adding: [taint], removing: []), uid: nil))
        world.settle(until: .start + .seconds(41))
        #expect(!exists("p", world) && exists("stays", world))
        #expect(world.notes.map(\.cause) == ["its node is not ready and out of service"])
    }

    @Test("a terminating pod without a node is marked as failed and deleted")
    func unscheduled() {
        let world = world()
        world.driver(
            .createManifest(ControllerWorld.pod("p", node: nil, ["metadata": ["finalizers": ["a.b/c"]]])))
        world.driver(.delete(.pod, ControllerWorld.key("p"), DeleteOptions()))
        world.settle(until: .start + .seconds(21))
        #expect(world.calls.map(\.request.verb) == ["patch", "delete"])
        #expect(world.server.store.get(Pod.self, ControllerWorld.key("p"))?.value.status.phase == .failed)
    }

    @Test("beyond the threshold evicted pods go first, then the oldest")
    func threshold() {
        let world = world(threshold: 2)
        for (index, name) in ["p1", "p2", "p3", "p4"].enumerated() {
            world.settle(until: .start + .seconds(Int64(index + 1)))
            world.driver(.createManifest(ControllerWorld.pod(name, node: "n1")))
        }
        world.driver(.patch(.pod, ControllerWorld.key("p3"), status(.failed, reason: "Evicted"), uid: nil))
        for name in ["p1", "p2", "p4"] {
            world.driver(.patch(.pod, ControllerWorld.key(name), status(.succeeded), uid: nil))
        }
        world.settle(until: .start + .seconds(21))
        #expect(["p1", "p2", "p3", "p4"].filter { exists($0, world) } == ["p2", "p4"])
    }
}
