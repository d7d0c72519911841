import ControlPlane
import Controllers
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@Suite("Resource quota controller")
struct ResourceQuotaControllerTests {
    private func lab() -> ControllerLab { ControllerLab { $0.add(ResourceQuotaController()) } }

    private func quota(_ hard: JSONValue) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q", "namespace": "default"],
            "spec": ["hard": hard],
        ]
    }

    private func used(_ lab: ControllerLab, _ name: String) -> String? {
        lab.list(.resourceQuota).first.flatMap(ResourceQuota.init)?.statusUsed?[name]?.description
    }

    private func map(_ name: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(name), "namespace": "default"],
        ]
    }

    @Test("what was there before the quota counts, and a changed limit is in force at once")
    func firstFigures() throws {
        let lab = lab()
        lab.create(map("a"))
        lab.run(for: .seconds(1))
        lab.create(quota(["configmaps": "1"]))
        lab.run(for: .milliseconds(10))
        #expect(used(lab, "configmaps") == "1")
        let key = ObjectKey(namespace: "default", name: "q")
        lab.call(.patch(.resourceQuota, key, .merge(["spec": ["hard": ["pods": "7"]]]), uid: nil))
        lab.run(for: .milliseconds(10))
        let stored = try #require(lab.list(.resourceQuota).first.flatMap(ResourceQuota.init))
        #expect(stored.statusHard?.names == ["configmaps", "pods"])
        #expect(used(lab, "pods") == "0")
    }

    @Test("a charge for an object that was not made is corrected by the next full pass")
    func fullPass() {
        let lab = lab()
        lab.create(quota(["configmaps": "9"]))
        lab.run(for: .seconds(1))
        lab.create(map("a"))
        lab.call(.createManifest(map("a")))
        lab.run(until: .start + .minutes(4))
        #expect(used(lab, "configmaps") == "2")
        lab.run(until: .start + .minutes(5) + .milliseconds(10))
        #expect(used(lab, "configmaps") == "1")
        // From then on nothing is written: passes find nothing new.
        let revision = lab.history.last?.revision
        lab.run(until: .start + .minutes(60))
        #expect(lab.history.last?.revision == revision)
        #expect(lab.wakes < 40)
    }

    @Test("a write that meets a newer version is tried again with the newer figures")
    func conflict() {
        let lab = lab()
        lab.create(quota(["configmaps": "9"]))
        lab.create(map("a"))
        lab.run(for: .seconds(1))
        lab.call(.delete(.configMap, ObjectKey(namespace: "default", name: "a"), DeleteOptions()))
        // The controller's write is on its way while admission charges for another object.
        lab.run(for: .milliseconds(1))
        lab.create(map("b"))
        lab.run(for: .seconds(1))
        #expect(used(lab, "configmaps") == "1")
        let writes = lab.calls.filter { $0.request.verb == "update-status" }
        #expect(writes.count == 3)
    }

    @Test("a pod gives back what it used when it has ended, and its count when it is gone")
    func endedPod() {
        let lab = lab()
        lab.join("n")
        lab.create(quota(["pods": "9", "count/pods": "9"]))
        lab.run(for: .seconds(1))
        lab.runPod("p", on: "n")
        lab.run(for: .seconds(1))
        #expect(used(lab, "pods") == "1" && used(lab, "count/pods") == "1")
        var status = PodStatus()
        status.phase = .succeeded
        lab.call(.patch(.pod, ObjectKey(namespace: "default", name: "p"), .podStatus(status), uid: nil))
        lab.run(for: .seconds(1))
        #expect(used(lab, "pods") == "0" && used(lab, "count/pods") == "1")
        lab.call(
            .delete(.pod, ObjectKey(namespace: "default", name: "p"), DeleteOptions(gracePeriodSeconds: 0)))
        lab.run(for: .seconds(1))
        #expect(used(lab, "count/pods") == "0")
    }
}
