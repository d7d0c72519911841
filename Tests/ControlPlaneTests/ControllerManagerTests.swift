import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

/// Keeps a ConfigMap-like label on every namespace: the smallest controller there is.
struct LabellingController: Controller {
    static let name = "labelling-controller"

    mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for namespace in view.list(Namespace.self) { queue.add(namespace.value.key) }
    }
    mutating func observe(_ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        if change.object.kind == .namespace { queue.add(change.object.key) }
    }
    mutating func reconcile(_ key: WorkKey, view: ObjectCache, now: VirtualTime) -> Plan<Never> {
        var plan = Plan<Never>()
        guard let namespace = view.get(Namespace.self, key.key),
            namespace.value.metadata.labels["seen"] == nil
        else { return plan }
        plan.call(.update(APIObject(namespace.value.with { $0.metadata.labels["seen"] = "yes" })))
        return plan
    }
}

@Suite("Controller manager")
struct ControllerManagerTests {
    private func namespace(_ name: String, version: Int64) -> APIObject {
        var namespace = Namespace()
        namespace.metadata.name = name
        namespace.metadata.resourceVersion = version
        return APIObject(namespace)
    }

    @Test("a plan's calls leave by the controller's client, and a conflict is tried again after 5 ms")
    func conflictBacksOff() throws {
        var manager = ControllerManager()
        manager.add(LabellingController())
        var out = Outbox()
        manager.deliver([WatchEvent(.added, namespace("a", version: 1))], at: .start, &out)
        #expect(out.calls.count == 1)
        let call = try #require(out.calls.first)
        out.removeAll()
        let conflict = APIError(.conflict, "stale")
        manager.complete(call.token, .failure(conflict), at: .start + .milliseconds(3), &out)
        #expect(out.calls.isEmpty)
        #expect(manager.nextWake == .start + .milliseconds(8))
        manager.wake(at: manager.nextWake, &out)
        #expect(out.calls.count == 1)
    }

    @Test("a key is not worked on twice at once")
    func oneAtATime() {
        var manager = ControllerManager()
        manager.add(LabellingController())
        var out = Outbox()
        manager.deliver([WatchEvent(.added, namespace("a", version: 1))], at: .start, &out)
        out.removeAll()
        manager.deliver([WatchEvent(.modified, namespace("a", version: 2))], at: .start, &out)
        #expect(out.calls.isEmpty)
    }
}
