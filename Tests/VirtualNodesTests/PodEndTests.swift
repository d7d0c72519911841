import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics
import Testing

@testable import VirtualNodes

@Suite("Ending pods, and what befalls the machine")
struct PodEndTests {
    static func cluster(_ behavior: ContainerBehavior = ContainerBehavior()) -> FakeCluster {
        FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            settings.behaviors.rules = [.init(behavior: behavior)]
        }
    }

    @Test("deletion: SIGTERM, sandbox, status, confirmation at the listing after it")
    func deletion() {
        var cluster = Self.cluster()
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.at(50.5) { $0.delete("web") }
        cluster.run(until: 100)
        #expect(cluster.timeline("web", ["Killing"]) == ["50.5 Killing"])
        #expect(cluster.messages("Killing") == ["Stopping container web"])
        // Stopped at 50.61 s, sandbox at 50.71 s; the last sync waits for the listing of 51 s.
        #expect(cluster.deletions.map { seconds($0.time) } == ["51"])
        #expect(cluster.history.last?.status.phase == .succeeded)
        #expect(cluster.kubelet.slots.isEmpty)
    }

    @Test("preStop counts against the grace period; who ignores SIGTERM is killed when it ends")
    func graceAndPreStop() {
        var stubborn = ContainerBehavior()
        stubborn.stopTime = nil
        var cluster = Self.cluster(stubborn)
        let container = Specs.container("web", ["lifecycle": ["preStop": ["sleep": ["seconds": 12]]]])
        cluster.at(20) { $0.create("web", spec: Specs.pod([container])) }
        cluster.at(50) { $0.delete("web") }
        cluster.run(until: 100)
        // 12 s of preStop and 18 s until SIGKILL: 80 s; answer 80.01 s, sandbox 80.11 s, listing 81 s.
        #expect(cluster.deletions.map { seconds($0.time) } == ["81"])
        let last = cluster.history.last?.status
        #expect(last?.containerStatuses[0].state?.termination?.exitCode == 137)
        #expect(last?.containerStatuses[0].state?.termination?.finishedAt == Timestamp(seconds: 80))
        #expect(last?.phase == .failed)
    }

    @Test("a preStop that uses up the grace period leaves two seconds")
    func minimumGrace() {
        var stubborn = ContainerBehavior()
        stubborn.stopTime = nil
        var cluster = Self.cluster(stubborn)
        let container = Specs.container("web", ["lifecycle": ["preStop": ["sleep": ["seconds": 100]]]])
        cluster.at(20) {
            $0.create("web", spec: Specs.pod([container], ["terminationGracePeriodSeconds": 10]))
        }
        cluster.at(50) { $0.delete("web") }
        cluster.run(until: 100)
        #expect(
            cluster.history.last?.status.containerStatuses[0].state?.termination?.finishedAt
                == Timestamp(seconds: 62))
    }

    @Test("sidecars end after the regular containers, the last one first")
    func sidecarOrder() {
        var slow = ContainerBehavior()
        slow.stopTime = .seconds(2)
        var cluster = Self.cluster(slow)
        let sidecar: KeyValuePairs<String, JSONValue> = ["restartPolicy": "Always"]
        let spec = Specs.pod(
            [Specs.container("web")],
            ["initContainers": [Specs.container("first", sidecar), Specs.container("second", sidecar)]])
        cluster.at(20) { $0.create("app", spec: spec) }
        cluster.at(50) { $0.delete("app") }
        cluster.run(until: 100)
        let last = cluster.history.last?.status
        func end(_ status: ContainerStatus?) -> Int64? { status?.state?.termination?.finishedAt?.seconds }
        // web 52 s; second from 52.01 s to 54.01 s; first from 54.02 s to 56.02 s.
        #expect(end(last?.containerStatuses[0]) == 52)
        #expect(end(last?.initContainerStatuses[1]) == 54)
        #expect(end(last?.initContainerStatuses[0]) == 56)
    }

    @Test("a pod deleted during a partition lives on until the node hears of it")
    func partition() {
        var cluster = Self.cluster()
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.at(50) { cluster in
            cluster.isReachable = false
            cluster.act { $0.partitionBegin(at: $1, cause: "test", &$2) }
        }
        // Somebody deletes it by force and makes another of the same name.
        cluster.at(60) { cluster in
            cluster.delete("web", grace: 0)
            cluster.create("web", spec: Specs.pod(), uid: "uid-second")
        }
        cluster.at(200) { cluster in
            cluster.isReachable = true
            cluster.act { $0.partitionEnd(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 199)
        #expect(cluster.kubelet.slots.count == 1)
        cluster.run(until: 300)
        let killed = cluster.events.filter { $0.record.reason == "Killing" }
        #expect(killed.map { "\(seconds($0.time)) \($0.record.involvedUID)" } == ["200 uid-web"])
        #expect(cluster.status("web").phase == .running)
        #expect(cluster.pod("web")?.metadata.uid == .text("uid-second"))
        #expect(cluster.kubelet.slots.count == 1)
        #expect((cluster.lease?.value.renewTime ?? .start) >= VirtualTime.start + .seconds(200))
        #expect((cluster.lease?.value.renewTime ?? .never) <= VirtualTime.start + .seconds(207))
        #expect(cluster.journal.map(\.reason) == ["Partitioned", "PartitionHealed"])
    }

    @Test("what others wrote about a pod during a partition is corrected at the next pass")
    func overwrittenStatus() {
        var cluster = Self.cluster()
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.at(75) { cluster in
            guard let pod = cluster.pod("web") else { return }
            cluster.store(
                pod: pod.with { $0.status.conditions["Ready"] = Condition("Ready", .isFalse) }, .modified)
        }
        cluster.run(until: 100)
        #expect(cluster.history.last.map { seconds($0.time) } == "80")
        #expect(cluster.status("web").conditions.isTrue("Ready"))
    }

    @Test("power loss and return: containers are made anew, and counted as restarts")
    func powerLoss() {
        var cluster = Self.cluster()
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.at(20) { $0.create("gone", spec: Specs.pod()) }
        cluster.at(100) { cluster in
            cluster.isReachable = false
            cluster.act { $0.powerLoss(at: $1, cause: "test", &$2) }
        }
        cluster.at(150) { $0.delete("gone", grace: 0) }
        cluster.at(400) { cluster in
            cluster.isReachable = true
            cluster.act { $0.powerReturn(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 399)
        #expect(cluster.kubelet.nextWake == .never)
        #expect(cluster.history.last?.time ?? .never < VirtualTime.start + .seconds(100))
        cluster.run(until: 500)
        let status = cluster.status("web")
        #expect(status.phase == .running)
        #expect(status.containerStatuses[0].restartCount == 1)
        #expect(status.containerStatuses[0].lastState?.termination?.exitCode == 255)
        #expect(status.containerStatuses[0].lastState?.termination?.reason == "Unknown")
        #expect(
            cluster.messages("SandboxChanged") == ["Pod sandbox changed, it will be killed and re-created."])
        #expect(cluster.messages("Rebooted").count == 1)
        #expect(
            cluster.events.contains {
                $0.record.reason == "Started" && $0.time == VirtualTime.start + .milliseconds(400_450)
            })
        // What was deleted meanwhile is not started, and forgotten.
        #expect(cluster.kubelet.slots.count == 1)
        #expect(
            !cluster.events.contains {
                $0.record.involvedKey.name == "gone" && $0.time > VirtualTime.start + .seconds(100)
            })
        #expect(cluster.kubelet.nextWake == .never)
    }

    @Test("a stopped kubelet leaves containers alone; what ended meanwhile is found at its return")
    func kubeletStop() {
        var job = ContainerBehavior()
        job.runTime = .seconds(100)
        var cluster = Self.cluster(job)
        cluster.at(20) { $0.create("job", spec: Specs.pod(restartPolicy: "Never")) }
        cluster.at(20) { $0.create("orphan", spec: Specs.pod(restartPolicy: "Never")) }
        cluster.at(50) { cluster in
            cluster.isReachable = false
            cluster.act { $0.kubeletStop(at: $1, cause: "test", &$2) }
        }
        cluster.at(60) { $0.delete("orphan", grace: 0) }
        cluster.at(90) { cluster in
            cluster.isReachable = true
            cluster.act { $0.kubeletStart(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 91)
        #expect(cluster.status("job").conditions.isTrue("Ready"))
        cluster.run(until: 300)
        #expect(cluster.status("job").phase == .succeeded)
        #expect(cluster.status("job").containerStatuses[0].restartCount == 0)
        // Housekeeping, 2 s after the start, kills what the API server does not have.
        #expect(cluster.timeline("orphan", ["Killing"]) == ["92 Killing"])
        #expect(cluster.kubelet.slots.count == 1)
    }
}
