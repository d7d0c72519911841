import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics
import Testing

@testable import VirtualNodes

@Suite("Starting pods")
struct PodStartTests {
    @Test("a node registers, is ready, and holds its lease from the second period on")
    func registration() {
        var cluster = FakeCluster()
        cluster.run(until: 60)
        #expect(cluster.node?.value.status.conditions.isTrue("Ready") == true)
        // The first attempt at the lease finds no node to own it; the next is 10 s later.
        #expect(cluster.lease?.value.renewTime == VirtualTime.start + .seconds(10))
        #expect(cluster.lease?.value.renewalPeriod == .seconds(10))
        #expect(cluster.lease?.value.leaseDurationSeconds == 40)
        // An idle node costs nothing.
        #expect(cluster.kubelet.nextWake == .never)
        #expect(cluster.calls == 2)
    }

    @Test("a plain pod: sandbox, pull, create, start, ready, with upstream's words")
    func plainPod() {
        var cluster = FakeCluster()
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.run(until: 100)
        // Sandbox 0.3 s; pull 0.4 s + 70 MB / 125 MB/s = 0.96 s; create 0.05 s; start 0.1 s.
        #expect(
            cluster.timeline("web") == ["20.3 Pulling", "21.26 Pulled", "21.31 Created", "21.41 Started"])
        #expect(
            cluster.messages("Pulled") == [
                "Successfully pulled image \"nginx:1.27\" in 960ms (960ms including waiting). "
                    + "Image size: 70000000 bytes."
            ])
        #expect(
            cluster.events.last { $0.record.reason == "Started" }?.record.fieldPath == "spec.containers{web}")
        #expect(
            cluster.first("web") {
                $0.containerStatuses.first?.state == .waiting(reason: "ContainerCreating", message: "")
            }
                == "20")
        #expect(cluster.first("web") { $0.conditions.isTrue("PodReadyToStartContainers") } == "20.3")
        // The pod is listed as soon as its sync is over.
        #expect(cluster.first("web") { $0.phase == .running } == "21.41")
        let status = cluster.status("web")
        #expect(
            status.conditions.filter { $0.status == .isTrue }.map(\.type).sorted() == [
                "ContainersReady", "Initialized", "PodReadyToStartContainers", "PodScheduled", "Ready",
            ])
        #expect(status.podIP == "10.244.0.2")
        #expect(status.hostIP == "10.0.0.1")
        #expect(status.startTime == Timestamp(seconds: 20))
        #expect(status.containerStatuses[0].image == "docker.io/library/nginx:1.27")
        #expect(status.containerStatuses[0].state == .running(startedAt: Timestamp(seconds: 21)))
        #expect(cluster.kubelet.nextWake == .never)
    }

    @Test("init containers in order, sidecars gate what follows by their startup probes")
    func initAndSidecar() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var slow = ContainerBehavior()
            slow.startupTime = .seconds(7)
            settings.behaviors.rules = [.init(container: "proxy", behavior: slow)]
        }
        let spec = Specs.pod(
            [Specs.container("web")],
            [
                "initContainers": [
                    Specs.container("prepare"),
                    Specs.container(
                        "proxy",
                        [
                            "restartPolicy": "Always",
                            "startupProbe": Specs.probe(["periodSeconds": 5, "failureThreshold": 10]),
                        ]),
                    Specs.container("migrate"),
                ]
            ])
        cluster.at(20) { $0.create("app", spec: spec) }
        cluster.run(until: 100)
        let started = cluster.events.filter { $0.record.reason == "Started" }.map {
            "\(seconds($0.time)) \($0.record.fieldPath)"
        }
        // prepare: 20.45 s, runs 0.5 s to 20.95 s, seen at the listing of 21 s. proxy: 21.15 s; its probe's
        // period is 5 s from 20 s on, it listens from 28.15 s, so it succeeds at 30 s. migrate: 30.15 s, ends
        // at 30.65 s, seen at 31 s; then web.
        #expect(
            started == [
                "20.45 spec.initContainers{prepare}", "21.15 spec.initContainers{proxy}",
                "30.15 spec.initContainers{migrate}", "31.15 spec.containers{web}",
            ])
        #expect(cluster.first("app") { $0.phase == .running } == "31.15")
        #expect(
            cluster.first("app") {
                $0.conditions["Initialized"]?.message
                    == "containers with incomplete status: [prepare proxy migrate]"
            }
                == "20")
        #expect(cluster.status("app").conditions.isTrue("Ready"))
        #expect(cluster.messages("Unhealthy").count >= 1)
    }

    @Test(
        "a job-like container under each restart policy",
        arguments: [
            ("Never", Int32(0), PodPhase.succeeded, Int64(0)), ("Never", 3, .failed, 0),
            ("OnFailure", 0, .succeeded, 0),
        ])
    func runsToCompletion(policy: String, exitCode: Int32, phase: PodPhase, restarts: Int64) {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var job = ContainerBehavior()
            job.runTime = .seconds(30)
            job.exitCode = exitCode
            settings.behaviors.rules = [.init(behavior: job)]
        }
        cluster.at(20) { $0.create("job", spec: Specs.pod(restartPolicy: policy)) }
        cluster.run(until: 200)
        let status = cluster.status("job")
        #expect(status.phase == phase)
        #expect(status.containerStatuses[0].restartCount == restarts)
        #expect(status.containerStatuses[0].state?.termination?.exitCode == Int64(exitCode))
        #expect(
            status.containerStatuses[0].state?.termination?.reason == (exitCode == 0 ? "Completed" : "Error"))
        // Started at 20.45 s, ends at 50.45 s, seen at 51 s; the sandbox takes 0.1 s to stop. The listing
        // that the terminating sync needs is that of 52 s; only then is the phase final.
        #expect(cluster.first("job") { $0.phase.isTerminal } == "52.1")
        #expect(status.conditions["Ready"]?.reason == (phase == .failed ? "PodFailed" : "PodCompleted"))
        #expect(cluster.kubelet.nextWake == .never)
    }

    @Test("readiness: unready until the probe succeeds, ready through a gate only")
    func readiness() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var slow = ContainerBehavior()
            slow.startupTime = .seconds(1)
            slow.readinessDelay = .seconds(20)
            settings.behaviors.rules = [.init(behavior: slow)]
        }
        let spec = Specs.pod(
            [Specs.container("web", ["readinessProbe": Specs.probe()])],
            ["readinessGates": [["conditionType": "example.com/lb"]]])
        cluster.at(20) { $0.create("web", spec: spec) }
        cluster.at(70) { cluster in
            guard let pod = cluster.pod("web") else { return }
            cluster.store(
                pod: pod.with {
                    $0.status.conditions["example.com/lb"] = Condition("example.com/lb", .isTrue)
                },
                .modified)
        }
        cluster.run(until: 200)
        // Started at 20.45 s, ready from 41.45 s on; probed at 20.45 s and every 10 s after that: 50.45 s.
        #expect(cluster.first("web") { $0.conditions.isTrue("ContainersReady") } == "50.45")
        #expect(
            cluster.first("web") { $0.conditions["Ready"]?.reason == "ReadinessGatesNotReady" } == "50.45")
        #expect(cluster.first("web") { $0.conditions.isTrue("Ready") } == "70")
        #expect(
            cluster.messages("Unhealthy").first?.hasPrefix(
                "Readiness probe failed: Get \"http://10.244.0.2:80/\"") == true)
    }

    @Test("a pod that does not fit is rejected with upstream's words")
    func admission() {
        var cluster = FakeCluster()
        let large = Specs.pod([Specs.container("web", ["resources": ["requests": ["cpu": "3"]]])])
        cluster.at(20) { $0.create("one", spec: large) }
        cluster.at(21) { $0.create("two", spec: large) }
        cluster.run(until: 60)
        #expect(cluster.status("one").phase == .running)
        let status = cluster.status("two")
        #expect(status.phase == .failed)
        #expect(status.reason == "OutOfcpu")
        #expect(
            status.message
                == "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 3000, capacity: 4000"
        )
    }

    @Test("a missing ConfigMap holds the pod back until it is there")
    func configMap() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        let spec = Specs.pod(
            [Specs.container("web", ["volumeMounts": [["name": "settings", "mountPath": "/etc/web"]]])],
            ["volumes": [["name": "settings", "configMap": ["name": "web"]]]])
        cluster.at(20) { $0.create("web", spec: spec) }
        cluster.at(22) { $0.addConfigMap("web") }
        cluster.run(until: 60)
        // First read at 20.1 s; again after 0.5 s, 1 s and 2 s at the reconciler's passes.
        #expect(
            cluster.timeline("web", ["FailedMount"]) == [
                "20.1 FailedMount", "20.7 FailedMount", "21.8 FailedMount",
            ])
        #expect(
            cluster.messages("FailedMount").first
                == "MountVolume.SetUp failed for volume \"settings\" : configmaps \"web\" not found")
        // Read at 23.9 s, mounted 0.01 s later, seen at the worker's next look (every 0.3 s): 24.2 s.
        #expect(cluster.first("web") { $0.conditions.isTrue("PodReadyToStartContainers") } == "24.5")
        #expect(cluster.status("web").phase == .running)
    }
}
