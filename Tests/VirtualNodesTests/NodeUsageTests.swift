import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics
import Testing

@testable import VirtualNodes

@Suite("CPU and memory of a node")
struct NodeUsageTests {
    private static func resources(
        requests: [(String, JSONValue)] = [], limits: [(String, JSONValue)] = []
    ) -> JSONValue {
        var lists: JSONValue = ["requests": [:], "limits": [:]]
        for (name, amount) in requests { lists["requests"]?[name] = amount }
        for (name, amount) in limits { lists["limits"]?[name] = amount }
        return lists
    }

    /// A node with 4 cores and a gigabyte, and pods whose containers are named after their behaviours.
    private static func cluster(
        _ behaviors: [(String, (inout ContainerBehavior) -> Void)],
        _ configure: (inout KubeletSettings, inout NodeDescription) -> Void = { _, _ in }
    ) -> FakeCluster {
        FakeCluster { settings, description in
            description.presentImages = ["nginx:1.27"]
            description.capacity[ResourceName.memory] = Quantity(value: 1 << 30)
            settings.behaviors.rules = behaviors.map { name, change in
                var behavior = ContainerBehavior()
                change(&behavior)
                return .init(container: name, behavior: behavior)
            }
            configure(&settings, &description)
        }
    }

    private static func level(_ amount: Double) -> UsagePattern { .level(.constant(amount)) }
    private static let mebibyte = 1_048_576.0

    private static func end(_ cluster: FakeCluster, _ pod: String) -> ContainerState.Termination? {
        let status = cluster.status(pod).containerStatuses.first
        return status?.state?.termination ?? status?.lastState?.termination
    }

    // MARK: Memory limits

    @Test("growth past the limit: killed with 137, OOMKilled, and restarted with back-off")
    func limit() throws {
        var cluster = Self.cluster([
            (
                "leak",
                {
                    $0.memory = .growth(
                        from: .constant(0), to: .constant(200 * Self.mebibyte), over: .constant(20))
                }
            )
        ])
        let resources = Self.resources(limits: [("memory", "100Mi")])
        cluster.at(20) {
            $0.create("leak", spec: Specs.pod([Specs.container("leak", ["resources": resources])]))
        }
        cluster.run(until: 31.5)
        // Started at 20.45 s, ten seconds to the limit.
        let end = try #require(Self.end(cluster, "leak"))
        #expect(end.exitCode == 137)
        #expect(end.reason == "OOMKilled")
        #expect(seconds(end.finishedAt?.time ?? .start) == "30")
        #expect(cluster.status("leak").containerStatuses[0].restartCount == 1)
        cluster.run(until: 200)
        let starts = cluster.events.filter { $0.record.reason == "Started" }.map(\.time)
        let gaps = zip(starts, starts.dropFirst()).map { Int(($1 - $0).fractionalSeconds) }
        #expect(gaps.prefix(3).map { $0 } == [10, 21, 31])
        #expect(
            cluster.journal.filter { $0.reason == "OOMKilled" }.first?.cause
                == "it has used up its memory limit of 100Mi")
        #expect(cluster.messages("SystemOOM").isEmpty)
    }

    @Test("what stays at its limit is not killed")
    func atLimit() {
        var cluster = Self.cluster([("full", { $0.memory = Self.level(100 * Self.mebibyte) })])
        let resources = Self.resources(limits: [("memory", "100Mi")])
        cluster.at(20) {
            $0.create("full", spec: Specs.pod([Specs.container("full", ["resources": resources])]))
        }
        cluster.run(until: 500)
        #expect(cluster.status("full").containerStatuses[0].restartCount == 0)
    }

    @Test("a pod's own limit: the container with the most badness goes, the other stays")
    func podLimit() {
        var cluster = Self.cluster([
            ("small", { $0.memory = Self.level(80 * Self.mebibyte) }),
            (
                "large",
                {
                    $0.memory = .growth(
                        from: .constant(100 * Self.mebibyte), to: .constant(200 * Self.mebibyte),
                        over: .constant(100))
                }
            ),
        ])
        let resources: JSONValue = ["requests": ["memory": "200Mi"], "limits": ["memory": "200Mi"]]
        cluster.at(20) {
            $0.create(
                "pod",
                spec: Specs.pod(
                    [Specs.container("large"), Specs.container("small")], ["resources": resources]))
        }
        cluster.run(until: 60)
        #expect(cluster.status("pod").containerStatuses.map(\.name) == ["large", "small"])
        #expect(cluster.status("pod").containerStatuses.map(\.restartCount) == [1, 0])
        #expect(cluster.messages("SystemOOM").isEmpty)
    }

    @Test("machines that do not fit leave nobody to kill: nothing spins")
    func nobodyToKill() {
        var cluster = Self.cluster([("web", { $0.memory = Self.level(0) })]) {
            $1.runtimeHandlers = ["kata": .kata]
            $1.capacity[ResourceName.memory] = Quantity(value: 100 << 20)
        }
        cluster.at(20) {
            $0.create("plain", spec: Specs.pod())
            $0.create("machine", spec: Specs.pod([Specs.container("idle")], ["runtimeClassName": "kata"]))
        }
        cluster.run(until: 25)
        #expect(cluster.kubelet.nextWake > .start + .seconds(25))
        #expect(cluster.messages("SystemOOM").isEmpty)
    }

    @Test("the node's memory runs out between two looks: the kernel takes the best-effort pod")
    func systemOOM() throws {
        var cluster = Self.cluster([
            ("calm", { $0.memory = Self.level(500 * Self.mebibyte) }),
            (
                "greedy",
                {
                    $0.memory = .steps([
                        .init(after: .zero, amount: .constant(100 * Self.mebibyte)),
                        .init(after: .seconds(11), amount: .constant(600 * Self.mebibyte)),
                    ])
                }
            ),
        ])
        let request = Self.resources(requests: [("memory", "500Mi")])
        cluster.at(20) {
            $0.create("calm", spec: Specs.pod([Specs.container("calm", ["resources": request])]))
            $0.create("greedy", spec: Specs.pod([Specs.container("greedy")]))
        }
        cluster.run(until: 33)
        #expect(
            cluster.messages("SystemOOM") == ["System OOM encountered, victim process: greedy, pid: 1001"])
        #expect(cluster.messages("Evicted").isEmpty)
        let end = try #require(Self.end(cluster, "greedy"))
        #expect(end.reason == "OOMKilled")
        #expect(end.exitCode == 137)
        #expect(cluster.status("calm").containerStatuses[0].restartCount == 0)
        #expect(cluster.status("greedy").containerStatuses[0].restartCount == 1)
    }

    @Test("what the node reserves: pods hit their own cgroup's limit, which is no SystemOOM")
    func reserved() throws {
        var cluster = Self.cluster([("greedy", { $0.memory = Self.level(900 * Self.mebibyte) })]) {
            $1.allocatable = $1.capacity
            $1.allocatable?[ResourceName.memory] = Quantity(value: 600 << 20)
        }
        cluster.at(20) { $0.create("greedy", spec: Specs.pod([Specs.container("greedy")])) }
        cluster.run(until: 25)
        #expect(Self.end(cluster, "greedy")?.reason == "OOMKilled")
        #expect(cluster.messages("SystemOOM").isEmpty)
    }

    // MARK: Eviction

    @Test("less than 100Mi left at a look: one pod is evicted, the node has MemoryPressure for five minutes")
    func eviction() throws {
        var cluster = Self.cluster([
            ("calm", { $0.memory = Self.level(400 * Self.mebibyte) }),
            (
                "greedy",
                {
                    $0.memory = Self.level(550 * Self.mebibyte)
                    $0.stopExitCode = 143
                }
            ),
        ])
        let request = Self.resources(requests: [("memory", "500Mi")])
        cluster.at(20) {
            $0.create("calm", spec: Specs.pod([Specs.container("calm", ["resources": request])]))
            $0.create("greedy", spec: Specs.pod([Specs.container("greedy", ["resources": request])]))
        }
        cluster.run(until: 400)
        // Started at 20.45 s; looks come on whole tens of seconds.
        let message =
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 74Mi. "
            + "Container greedy was using 550Mi, request is 500Mi, has larger consumption of memory. "
        #expect(cluster.timeline("greedy", ["Evicted"]) == ["30 Evicted"])
        #expect(cluster.messages("Evicted") == [message])
        #expect(cluster.messages("EvictionThresholdMet") == ["Attempting to reclaim memory"])
        let status = cluster.status("greedy")
        #expect(status.phase == .failed)
        #expect(status.reason == "Evicted")
        #expect(status.message == message)
        #expect(status.conditions["DisruptionTarget"]?.reason == "TerminationByKubelet")
        #expect(status.conditions["DisruptionTarget"]?.message == message)
        #expect(cluster.status("calm").phase == .running)
        let told = cluster.events.filter { $0.record.message.contains("status is now: NodeHas") }.filter {
            $0.record.message.contains("Memory") && $0.time > .start + .seconds(10)
        }
        #expect(
            told.map { "\(seconds($0.time)) \($0.record.reason)" } == [
                "40 NodeHasInsufficientMemory", "340 NodeHasSufficientMemory",
            ] || told.map(\.record.reason) == ["NodeHasInsufficientMemory", "NodeHasSufficientMemory"])
        #expect(cluster.node?.value.status.conditions["MemoryPressure"]?.status == .isFalse)
    }

    @Test("an evicted pod whose containers end well on SIGTERM has succeeded, as upstream counts it")
    func evictedAndSucceeded() {
        var cluster = Self.cluster([("greedy", { $0.memory = Self.level(950 * Self.mebibyte) })])
        cluster.at(20) { $0.create("greedy", spec: Specs.pod([Specs.container("greedy")])) }
        cluster.run(until: 60)
        #expect(cluster.status("greedy").phase == .succeeded)
        #expect(cluster.status("greedy").conditions["DisruptionTarget"]?.reason == "TerminationByKubelet")
    }

    @Test("under pressure best-effort pods are refused, others are not")
    func admission() {
        var cluster = Self.cluster([("greedy", { $0.memory = Self.level(950 * Self.mebibyte) })])
        cluster.at(20) { $0.create("greedy", spec: Specs.pod([Specs.container("greedy")])) }
        cluster.at(100) {
            $0.create("late", spec: Specs.pod())
            let tolerated: JSONValue = [
                ["key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"]
            ]
            $0.create("tolerant", spec: Specs.pod([Specs.container("web")], ["tolerations": tolerated]))
            let request = Self.resources(requests: [("memory", "10Mi")])
            $0.create("burstable", spec: Specs.pod([Specs.container("web", ["resources": request])]))
        }
        cluster.run(until: 120)
        #expect(cluster.status("late").phase == .failed)
        #expect(cluster.status("late").reason == "Evicted")
        #expect(
            cluster.status("late").message
                == "Pod was rejected: The node had condition: [MemoryPressure]. ")
        #expect(cluster.status("tolerant").phase == .running)
        #expect(cluster.status("burstable").phase == .running)
    }

    @Test("critical pods stay, whatever they use")
    func critical() {
        var cluster = Self.cluster([("big", { $0.memory = Self.level(950 * Self.mebibyte) })])
        cluster.at(20) {
            $0.create("big", spec: Specs.pod([Specs.container("big")], ["priority": 2_000_000_000]))
        }
        cluster.run(until: 65)
        #expect(cluster.status("big").phase == .running)
        #expect(cluster.messages("EvictionThresholdMet").count == 4)
        #expect(cluster.node?.value.status.conditions["MemoryPressure"]?.status == .isTrue)
    }

    // MARK: CPU

    private static func job(_ name: String, requests: JSONValue = "1") -> JSONValue {
        Specs.pod(
            [Specs.container(name, ["resources": resources(requests: [("cpu", requests)])])],
            restartPolicy: "Never")
    }

    private static func run(_ cores: Double, for duration: Double) -> (inout ContainerBehavior) -> Void {
        {
            $0.cpu = level(cores)
            $0.runTime = .seconds(duration)
        }
    }

    private static func length(_ cluster: FakeCluster, _ pod: String) -> Double? {
        // From the course itself: statuses have whole seconds.
        let slot = cluster.kubelet.pods.first { $0.pod.value.metadata.name == pod }
        guard let instance = slot?.containers.first?.instance, instance.exitAt != .never else { return nil }
        return (instance.exitAt - instance.startedAt).fractionalSeconds
    }

    @Test("a run alone takes its time; two that want the whole node take twice as long")
    func stretch() {
        var alone = Self.cluster([("a", Self.run(4, for: 30))])
        alone.at(20) { $0.create("a", spec: Self.job("a")) }
        alone.run(until: 200)
        #expect(Self.length(alone, "a") == 30)
        #expect(alone.status("a").phase == .succeeded)

        var both = Self.cluster([("a", Self.run(4, for: 30)), ("b", Self.run(4, for: 30))])
        both.at(20) {
            $0.create("a", spec: Self.job("a"))
            $0.create("b", spec: Self.job("b"))
        }
        both.run(until: 200)
        #expect(Self.length(both, "a") == 60)
        #expect(Self.length(both, "b") == 60)
        #expect(both.status("a").phase == .succeeded)
        #expect(both.status("b").phase == .succeeded)
    }

    @Test("shares follow requests, and what ends leaves its share to the others")
    func weights() throws {
        var cluster = Self.cluster([("a", Self.run(4, for: 30)), ("b", Self.run(4, for: 30))])
        cluster.at(20) {
            $0.create("a", spec: Self.job("a", requests: "3"))
            $0.create("b", spec: Self.job("b", requests: "1"))
        }
        cluster.run(until: 300)
        // Pod weights are 118 and 39: a gets 118/157 of the CPU, and ends; b has the node to itself then.
        let first = try #require(Self.length(cluster, "a"))
        #expect(abs(first - 30 * 157 / 118.0) < 1e-6)
        #expect(abs(try #require(Self.length(cluster, "b")) - 60) < 1e-6)
    }

    @Test("a limit slows the run down, too")
    func cap() {
        var cluster = Self.cluster([("a", Self.run(2, for: 30))])
        let resources = Self.resources(requests: [("cpu", "500m")], limits: [("cpu", "500m")])
        cluster.at(20) {
            $0.create(
                "a", spec: Specs.pod([Specs.container("a", ["resources": resources])], restartPolicy: "Never")
            )
        }
        cluster.run(until: 300)
        #expect(Self.length(cluster, "a") == 120)
    }

    @Test("a service takes CPU from a run only while it uses it; crashes keep their time")
    func service() throws {
        var cluster = Self.cluster([
            ("a", { Self.run(4, for: 30)(&$0) }),
            (
                "burst",
                {
                    $0.cpu = .steps([
                        .init(after: .seconds(10), amount: .constant(4)),
                        .init(after: .seconds(20), amount: .constant(0)),
                    ])
                }
            ),
            (
                "crash",
                {
                    Self.run(4, for: 100)(&$0)
                    $0.crashes = .always(after: .seconds(50))
                }
            ),
        ])
        cluster.at(20) {
            $0.create("a", spec: Self.job("a"))
            $0.create("burst", spec: Self.job("burst"))
        }
        cluster.at(300) {
            $0.create("crash", spec: Self.job("crash"))
        }
        cluster.run(until: 500)
        #expect(Self.length(cluster, "a") == 35)
        #expect(Self.length(cluster, "crash") == 50)
    }

    @Test("runs go on while the kubelet is stopped, and are cut off by SIGTERM")
    func stopped() {
        var cluster = Self.cluster([("a", Self.run(4, for: 30)), ("b", Self.run(4, for: 30))])
        cluster.at(20) {
            $0.create("a", spec: Self.job("a"))
            $0.create("b", spec: Self.job("b"))
        }
        cluster.at(40) { $0.act { $0.kubeletStop(at: $1, cause: "test", &$2) } }
        cluster.at(120) {
            $0.act { $0.kubeletStart(at: $1, cause: "test", &$2) }
            $0.relist()
        }
        cluster.run(until: 200)
        #expect(Self.length(cluster, "a") == 60)
        #expect(cluster.status("a").phase == .succeeded)

        var killed = Self.cluster([("a", Self.run(4, for: 30)), ("b", Self.run(4, for: 30))])
        killed.at(20) {
            $0.create("a", spec: Self.job("a"))
            $0.create("b", spec: Self.job("b"))
        }
        // Half of the work is done by then; the other half has the node to itself.
        killed.at(50.45) { $0.delete("b") }
        killed.run(until: 200)
        let length = Self.length(killed, "a") ?? 0
        #expect(length > 45 && length < 46.5)
    }

    // MARK: What is measured

    @Test("CPU time adds up to the shares, memory is that of the moment")
    func metrics() throws {
        var cluster = Self.cluster([
            ("a", Self.run(4, for: 300)),
            (
                "b",
                {
                    Self.run(4, for: 300)(&$0)
                    $0.memory = .growth(
                        from: .constant(0), to: .constant(100 * Self.mebibyte), over: .constant(100))
                }
            ),
        ])
        cluster.at(20) { $0.create("a", spec: Self.job("a")) }
        cluster.at(60) { $0.create("b", spec: Self.job("b")) }
        cluster.run(until: 110.45)
        let now = VirtualTime.start + .milliseconds(110_450)
        let first = try #require(cluster.kubelet.containerUsage(of: .text("uid-a"), at: now).first)
        // Alone from 20.45 s to 60.45 s, half of the node from then on.
        #expect(first.name == "a")
        #expect(abs(first.cpuSeconds - (160 + 100)) < 1e-6)
        #expect(first.cpuCores == 2)
        let second = try #require(cluster.kubelet.containerUsage(of: .text("uid-b"), at: now).first)
        #expect(abs(second.cpuSeconds - 100) < 1e-6)
        #expect(second.workingSetBytes == 50 << 20)
        let node = cluster.kubelet.nodeUsage(at: now)
        #expect(node.cpuCores == 4)
        #expect(abs(node.cpuSeconds - 360) < 1e-6)
        #expect(node.workingSetBytes == 50 << 20)
        #expect(cluster.kubelet.containerUsage(of: .text("nobody"), at: now).isEmpty)
    }

    // MARK: Runtimes

    @Test("a pod of a RuntimeClass gets its handler's runtime, with its latency and its machine's memory")
    func runtimeClass() throws {
        var cluster = Self.cluster([]) { settings, description in
            settings.runtimeClasses = ["isolated": "kata-qemu", "nothing": "gvisor"]
            description.runtimeHandlers = ["kata-qemu": .kata]
            description.runtime = .crio
        }
        cluster.at(20) {
            $0.create("plain", spec: Specs.pod())
            $0.create("machine", spec: Specs.pod([Specs.container("web")], ["runtimeClassName": "isolated"]))
            $0.create("nowhere", spec: Specs.pod([Specs.container("web")], ["runtimeClassName": "nothing"]))
        }
        cluster.run(until: 30)
        #expect(cluster.status("plain").containerStatuses[0].containerID.hasPrefix("cri-o://"))
        #expect(cluster.status("machine").containerStatuses[0].containerID.hasPrefix("containerd://"))
        #expect(cluster.timeline("plain", ["Started"]) == ["20.55 Started"])
        #expect(cluster.timeline("machine", ["Started"]) == ["21.1 Started"])
        #expect(
            cluster.messages("FailedCreatePodSandBox").first?.hasSuffix(
                "no runtime for \"gvisor\" is configured")
                == true)
        let now = VirtualTime.start + .seconds(30)
        #expect(cluster.kubelet.nodeUsage(at: now).workingSetBytes == 160 << 20)
    }

    @Test("out of memory, a virtual machine dies as a whole and is made anew")
    func machineDies() {
        var cluster = Self.cluster([
            (
                "web",
                {
                    $0.memory = .steps([
                        .init(after: .zero, amount: .constant(100 * Self.mebibyte)),
                        .init(after: .seconds(5), amount: .constant(2_000 * Self.mebibyte)),
                    ])
                }
            )
        ]) { $1.runtime = .kata }
        cluster.at(20) {
            $0.create("machine", spec: Specs.pod([Specs.container("web"), Specs.container("log")]))
        }
        cluster.run(until: 30)
        #expect(cluster.messages("SandboxChanged").count == 1)
        #expect(cluster.messages("SystemOOM").count == 1)
        #expect(cluster.status("machine").containerStatuses.map(\.restartCount) == [1, 1])
        #expect(
            cluster.status("machine").containerStatuses.map { $0.lastState?.termination?.exitCode }
                == [137, 137])
    }

    @Test("profiles have names of their own")
    func profiles() {
        let names = ContainerRuntimeProfile.all.map(\.name)
        #expect(names == ["containerd", "cri-o", "docker", "rkt", "kata", "hyper"])
        #expect(ContainerRuntimeProfile.named("kata") == .kata)
        #expect(ContainerRuntimeProfile.named("lxc") == nil)
    }
}
