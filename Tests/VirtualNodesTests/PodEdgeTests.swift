import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics
import Testing

@testable import VirtualNodes

@Suite("Hooks, deadlines, restarts, and everything at once")
struct PodEdgeTests {
    @Test("OnFailure restarts until success")
    func onFailure() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var job = ContainerBehavior()
            job.crashes = .runTimes([.seconds(5), .seconds(5)])
            job.runTime = .seconds(5)
            settings.behaviors.rules = [.init(behavior: job)]
        }
        cluster.at(20) { $0.create("job", spec: Specs.pod(restartPolicy: "OnFailure")) }
        cluster.run(until: 200)
        #expect(cluster.status("job").phase == .succeeded)
        #expect(cluster.status("job").containerStatuses[0].restartCount == 2)
        #expect(cluster.status("job").containerStatuses[0].lastState?.termination?.exitCode == 1)
    }

    @Test("a job's sidecar ends with its regular container, and does not count for the outcome")
    func jobWithSidecar() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var job = ContainerBehavior()
            job.runTime = .seconds(30)
            var stubborn = ContainerBehavior()
            stubborn.stopTime = nil
            settings.behaviors.rules = [.init(container: "work", behavior: job), .init(behavior: stubborn)]
        }
        let spec = Specs.pod(
            [Specs.container("work")], restartPolicy: "Never",
            ["initContainers": [Specs.container("proxy", ["restartPolicy": "Always"])]])
        cluster.at(20) { $0.create("job", spec: spec) }
        cluster.run(until: 200)
        let status = cluster.status("job")
        // proxy 20.45 s, listed and synced at once; work 20.6 s to 50.6 s, found at 51 s. The sidecar ignores
        // SIGTERM for the pod's 30 s: 81 s.
        #expect(status.phase == .succeeded)
        #expect(status.initContainerStatuses[0].state?.termination?.exitCode == 137)
        #expect(status.initContainerStatuses[0].state?.termination?.finishedAt == Timestamp(seconds: 81))
        #expect(cluster.kubelet.nextWake == .never)
    }

    @Test("a pod that is rejected and deleted at once is confirmed")
    func rejectedAndDeleted() {
        var cluster = FakeCluster()
        cluster.at(20) { cluster in
            cluster.create(
                "two", spec: Specs.pod([Specs.container("web", ["resources": ["requests": ["cpu": "30"]]])]))
            cluster.delete("two")
        }
        cluster.run(until: 60)
        #expect(cluster.deletions.count == 1)
        #expect(cluster.kubelet.slots.isEmpty)
    }

    @Test("a pod that a restarted kubelet rejects is torn down")
    func rejectedAfterRestart() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.at(50) { cluster in
            cluster.act { $0.kubeletStop(at: $1, cause: "test", &$2) }
            guard let node = cluster.node else { return }
            let taint = Taint(key: "example.com/drained", effect: .noExecute)
            _ = cluster.store(node: node.value.with { $0.spec.taints = [taint] })
        }
        cluster.at(60) { cluster in
            cluster.act { $0.kubeletStart(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 100)
        #expect(cluster.status("web").phase == .failed)
        #expect(cluster.status("web").reason == "TaintToleration")
        #expect(
            cluster.status("web").message
                == "Pod was rejected: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"
        )
        #expect(
            cluster.timeline("web", ["TaintToleration", "Killing"]) == ["60 TaintToleration", "62 Killing"])
        #expect(cluster.kubelet.nextWake == .never)
    }

    @Test("while the network is not ready the node says so, and pods wait")
    func networkReady() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            settings.timing.runtimeReadyDelay = .seconds(15)
        }
        cluster.at(5) { $0.create("web", spec: Specs.pod()) }
        cluster.run(until: 14)
        let before = cluster.node?.value.status.conditions["Ready"]
        #expect(before?.status == .isFalse)
        #expect(before?.reason == "KubeletNotReady")
        #expect(before?.message.hasPrefix("container runtime network not ready: NetworkReady=false") == true)
        cluster.run(until: 60)
        #expect(cluster.node?.value.status.conditions["Ready"]?.lastTransitionTime == Timestamp(seconds: 15))
        #expect(cluster.messages("NodeReady") == ["Node node-a status is now: NodeReady"])
        #expect(cluster.timeline("web", ["Started"]) == ["15.45 Started"])
    }

    @Test("a failed preStop hook is reported when it has ended")
    func preStopFailure() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var bad = ContainerBehavior()
            bad.failsHooks = true
            bad.hookDuration = .seconds(3)
            settings.behaviors.rules = [.init(behavior: bad)]
        }
        let hook: JSONValue = ["preStop": ["exec": ["command": ["false"]]]]
        cluster.at(20) { $0.create("web", spec: Specs.pod([Specs.container("web", ["lifecycle": hook])])) }
        cluster.at(50) { $0.delete("web") }
        cluster.run(until: 100)
        #expect(
            cluster.timeline("web", ["Killing", "FailedPreStopHook"]) == [
                "50 Killing", "53 FailedPreStopHook",
            ])
        #expect(cluster.kubelet.slots.isEmpty)
    }

    @Test("a container that exceeds its memory")
    func outOfMemory() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var leak = ContainerBehavior()
            leak.outOfMemory = .seconds(60)
            settings.behaviors.rules = [.init(behavior: leak)]
        }
        cluster.at(20) { $0.create("web", spec: Specs.pod()) }
        cluster.run(until: 100)
        let last = cluster.status("web").containerStatuses[0].lastState?.termination
        #expect(last?.reason == "OOMKilled")
        #expect(last?.exitCode == 137)
    }

    @Test("the active deadline ends a pod")
    func deadline() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        cluster.at(20) {
            $0.create("web", spec: Specs.pod([Specs.container("web")], ["activeDeadlineSeconds": 60]))
        }
        cluster.run(until: 120)
        #expect(cluster.status("web").phase == .failed)
        #expect(cluster.status("web").reason == "DeadlineExceeded")
        #expect(
            cluster.status("web").message == "Pod was active on the node longer than the specified deadline")
        #expect(cluster.timeline("web", ["DeadlineExceeded"]).first == "80 DeadlineExceeded")
        #expect(cluster.kubelet.nextWake == .never)
    }

    @Test("a Secret that the environment needs")
    func environment() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        let variable: JSONValue = [
            "name": "TOKEN", "valueFrom": ["secretKeyRef": ["name": "token", "key": "value"]],
        ]
        cluster.at(20) { $0.create("web", spec: Specs.pod([Specs.container("web", ["env": [variable]])])) }
        cluster.run(until: 22)
        #expect(cluster.messages("Failed").first == "Error: secrets \"token\" not found")
        #expect(
            cluster.status("web").containerStatuses[0].state
                == .waiting(reason: "CreateContainerConfigError", message: "secrets \"token\" not found"))
    }

    @Test("a failed postStart hook kills the container")
    func postStart() {
        var cluster = FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            var bad = ContainerBehavior()
            bad.failsHooks = true
            settings.behaviors.rules = [.init(behavior: bad)]
        }
        let hook: JSONValue = ["postStart": ["exec": ["command": ["sh", "-c", "false"]]]]
        cluster.at(20) { $0.create("web", spec: Specs.pod([Specs.container("web", ["lifecycle": hook])])) }
        cluster.run(until: 24)
        #expect(cluster.messages("FailedPostStartHook").first == "PostStartHook failed")
        #expect(cluster.messages("Killing").first == "FailedPostStartHook")
        #expect(cluster.status("web").phase != .none)
    }

    @Test("pulls run one after the other by default, and share the link when allowed", arguments: [1, 2])
    func pulls(limit: Int) {
        var cluster = FakeCluster { settings, _ in
            settings.timing.maxParallelImagePulls = limit
            settings.images.resolveTime = .zero
        }
        for (name, image) in [("one", "a:1"), ("two", "b:1")] {
            var container = Specs.container("web")
            container["image"] = .string(image)
            cluster.at(20) { $0.create(name, spec: Specs.pod([container])) }
        }
        cluster.run(until: 30)
        // 0.56 s each. Alone: 20.86 s and 21.42 s. Shared: both at 21.42 s.
        #expect(cluster.timeline("one", ["Pulled"]) == [limit == 1 ? "20.86 Pulled" : "21.42 Pulled"])
        #expect(cluster.timeline("two", ["Pulled"]) == ["21.42 Pulled"])
    }

    @Test("a node that returns confirms what was deleted while it was off")
    func deletedWhileOff() {
        var cluster = FakeCluster { _, description in description.presentImages = ["nginx:1.27"] }
        cluster.at(20) { $0.create("db-0", spec: Specs.pod()) }
        cluster.at(100) { cluster in
            cluster.isReachable = false
            cluster.act { $0.powerLoss(at: $1, cause: "test", &$2) }
        }
        cluster.at(450) { $0.delete("db-0") }
        cluster.at(1_000) { cluster in
            cluster.isReachable = true
            cluster.act { $0.powerReturn(at: $1, cause: "test", &$2) }
            cluster.relist()
        }
        cluster.run(until: 1_100)
        // Nothing runs: torn down at once; the last sync waits for the next listing.
        #expect(cluster.deletions.map { seconds($0.time) } == ["1001"])
        #expect(cluster.history.last?.status.phase == .failed)
        #expect(cluster.kubelet.slots.isEmpty)
    }

    @Test("a stable pod costs little memory")
    func memory() {
        // A record, its array of one container, and the container.
        #expect(MemoryLayout<PodRecord>.stride + 32 + MemoryLayout<ContainerRecord>.stride <= 512)
    }

    /// Random creations, deletions and faults: afterwards every pod runs or has ended, and nothing is left.
    @Test("whatever happens, the node settles, and twice the same", arguments: 1...20 as ClosedRange<UInt64>)
    func settles(seed: UInt64) {
        func run() -> (FakeCluster, EventDigest) {
            var cluster = FakeCluster { settings, _ in
                settings.timing.syncBackOffJitter = 0.5
                var behavior = ContainerBehavior()
                behavior.crashes = .probability(0.2, after: .distribution(.exponential(mean: 20)))
                behavior.startupTime = .distribution(.uniform(low: 0.1, high: 5))
                behavior.stopTime = .distribution(.uniform(low: 0.1, high: 40))
                settings.behaviors.rules = [.init(container: "web", behavior: behavior)]
            }
            var stream = RandomStream(seed: seed, name: "settles")
            let probes: KeyValuePairs<String, JSONValue> = [
                "readinessProbe": Specs.probe(), "livenessProbe": Specs.probe(["initialDelaySeconds": 10]),
            ]
            for number in 0..<12 {
                let policy = ["Always", "OnFailure", "Never"][stream.index(below: 3)]
                let sidecar: KeyValuePairs<String, JSONValue> = ["restartPolicy": "Always"]
                let more: KeyValuePairs<String, JSONValue> =
                    stream.index(below: 2) == 0
                    ? [:] : ["initContainers": [Specs.container("init"), Specs.container("side", sidecar)]]
                let spec = Specs.pod([Specs.container("web", probes)], restartPolicy: policy, more)
                cluster.at(20 + stream.uniform() * 300) { $0.create("pod-\(number)", spec: spec) }
                if stream.index(below: 2) == 0 {
                    let grace: Int64? = stream.index(below: 3) == 0 ? 0 : nil
                    cluster.at(100 + stream.uniform() * 500) { $0.delete("pod-\(number)", grace: grace) }
                }
            }
            let fault = stream.index(below: 4)
            let begin = 100 + stream.uniform() * 200
            cluster.at(begin) { cluster in
                cluster.isReachable = false
                cluster.act {
                    switch fault {
                    case 0: $0.powerLoss(at: $1, cause: "test", &$2)
                    case 1: $0.kubeletStop(at: $1, cause: "test", &$2)
                    case 2: break  // The API server alone is away: the kubelet only sees its calls fail.
                    default: $0.partitionBegin(at: $1, cause: "test", &$2)
                    }
                }
            }
            cluster.at(begin + 5 + stream.uniform() * 300) { cluster in
                cluster.isReachable = true
                cluster.act {
                    switch fault {
                    case 0: $0.powerReturn(at: $1, cause: "test", &$2)
                    case 1: $0.kubeletStart(at: $1, cause: "test", &$2)
                    case 2: break
                    default: $0.partitionEnd(at: $1, cause: "test", &$2)
                    }
                }
                cluster.relist()
            }
            cluster.run(until: 5_000)
            var digest = EventDigest()
            for event in cluster.events {
                digest.combine(UInt64(bitPattern: event.time.nanoseconds))
                digest.combine(event.record.message)
            }
            for entry in cluster.history { digest.combine("\(entry)") }
            return (cluster, digest)
        }
        let (cluster, digest) = run()
        #expect(digest == run().1)
        #expect(cluster.kubelet.slots.count == cluster.pods.count)
        for pod in cluster.pods.values {
            let isFine = pod.value.status.phase.isTerminal || pod.value.status.phase == .running
            #expect(
                isFine && !pod.value.metadata.isBeingDeleted, "\(pod.value.metadata.name) \(pod.value.status)"
            )
        }
        #expect(cluster.kubelet.nextWake == .never)
        #expect(cluster.kubelet.statusInFlight < 0)
    }
}
