import KubernetesModel
import SimulationKernel
import Testing

@testable import VirtualNodes

/// Situations from upstream's `TestComputePodActions…` (`pkg/kubelet/kuberuntime/kuberuntime_manager_test.go`,
/// v1.36), one letter a container: `r` running, `e` ended with 0, `f` failed, `-` not there.
@Suite("What a sync has to do")
struct PodActionsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var policy = RestartPolicy.always
        var inits = ""
        var sidecars = ""
        var regular = "rrr"
        /// -1 for no sandbox at all.
        var sandbox: Int32 = 0
        var isReady = true
        var failing: [(container: Int, kind: ProbeKind)] = []
        var killsPod = false
        var creates = false
        var kills: [Int] = []
        var starts: [Int] = []

        var testDescription: String { name }
    }

    static func record(_ entry: Case) -> PodRecord {
        func containers(_ prefix: String, _ letters: String) -> JSONValue {
            .array(
                letters.enumerated().map { index, _ in
                    var container = Specs.container("\(prefix)\(index)", ["livenessProbe": Specs.probe()])
                    if prefix == "init", index < entry.sidecars.count,
                        Array(entry.sidecars)[index] == "s"
                    {
                        container["restartPolicy"] = "Always"
                    }
                    return container
                })
        }
        var spec: JSONValue = ["restartPolicy": .string(entry.policy.rawValue)]
        spec["containers"] = containers("web", entry.regular)
        if !entry.inits.isEmpty { spec["initContainers"] = containers("init", entry.inits) }
        let pod = Pod(
            tree: FakeCluster.members(["metadata": ["name": "web", "namespace": "default"], "spec": spec]),
            epoch: CalendarTime(unixSeconds: 0))
        let record = PodRecord(pod: Ref(pod), generation: 1)
        record.sandboxAttempt = entry.sandbox
        record.isSandboxReady = entry.isReady
        record.listing = VirtualTime.start + .seconds(100)
        for (index, letter) in (entry.inits + entry.regular).enumerated() where letter != "-" {
            var instance = ContainerInstance(attempt: 0, sandbox: 0)
            instance.startedAt = VirtualTime.start + .seconds(1)
            if letter != "r" { instance.exitAt = VirtualTime.start + .seconds(50) }
            instance.exitCode = letter == "f" ? 111 : 0
            record.containers[index].instance = instance
        }
        for (index, letter) in (entry.inits + entry.regular).enumerated() where letter == "r" {
            var probe = ProbeState(container: Int32(index), kind: .liveness, phase: .start)
            probe.target = .init(attempt: 0, sandbox: 0)
            probe.result = entry.failing.contains { $0.container == index } ? .failure : .success
            record.probes.append(probe)
        }
        return record
    }

    @Test(
        "of sandbox and containers",
        arguments: [
            Case(name: "everything is good"),
            Case(
                name: "a new pod", regular: "---", sandbox: -1, isReady: false, killsPod: true, creates: true,
                starts: [0, 1, 2]),
            Case(name: "restart exited containers, Always", regular: "eer", starts: [0, 1]),
            Case(
                name: "restart failed containers, OnFailure", policy: .onFailure, regular: "efr", starts: [1]),
            Case(name: "do not restart, Never", policy: .never, regular: "efr"),
            Case(name: "all ended, Never", policy: .never, regular: "eef", killsPod: true),
            Case(name: "all succeeded, OnFailure", policy: .onFailure, regular: "eee", killsPod: true),
            Case(
                name: "the sandbox is not ready", isReady: false, killsPod: true, creates: true,
                starts: [0, 1, 2]),
            Case(
                name: "the sandbox is not ready, OnFailure: what succeeded stays", policy: .onFailure,
                regular: "eff",
                isReady: false, killsPod: true, creates: true, starts: [1, 2]),
            Case(
                name: "the sandbox is not ready, all succeeded", policy: .onFailure, regular: "eee",
                isReady: false,
                killsPod: true),
            Case(
                name: "the sandbox is not ready, Never", policy: .never, regular: "rrr", isReady: false,
                killsPod: true),
            Case(name: "a failed liveness probe", failing: [(1, .liveness)], kills: [1], starts: [1]),
            Case(
                name: "a failed liveness probe, Never", policy: .never, failing: [(1, .liveness)], kills: [1]),
            Case(
                name: "the only container fails its probe, Never", policy: .never, regular: "r",
                failing: [(0, .liveness)], killsPod: true),
            Case(name: "init: the first one", inits: "---", regular: "---", starts: [0]),
            Case(name: "init: the next one", inits: "e--", regular: "---", starts: [1]),
            Case(name: "init: one runs", inits: "er-", regular: "---"),
            Case(name: "init: all are done", inits: "eee", regular: "---", starts: [3, 4, 5]),
            Case(name: "init: a failed one is restarted", inits: "ef-", regular: "---", starts: [1]),
            Case(
                name: "init: a failed one, Never", policy: .never, inits: "ef-", regular: "---",
                killsPod: true),
            Case(name: "init: lost ones do not matter once the pod runs", inits: "---", regular: "rrr"),
            Case(
                name: "init: a new sandbox begins with the first", inits: "eee", regular: "rrr",
                isReady: false,
                killsPod: true, creates: true, starts: [0]),
            Case(
                name: "sidecar: started, the next one follows", inits: "r--", sidecars: "sss", regular: "---",
                starts: [1]),
            Case(name: "sidecar: all run", inits: "rrr", sidecars: "sss", regular: "---", starts: [3, 4, 5]),
            Case(
                name: "sidecar: an ended one is restarted", inits: "rer", sidecars: "sss", regular: "rrr",
                starts: [1]),
            Case(
                name: "sidecar: an ended one is restarted, Never", policy: .never, inits: "rer",
                sidecars: "sss",
                regular: "rrr", starts: [1]),
            Case(
                name: "sidecar: a failed liveness probe", inits: "rrr", sidecars: "sss", regular: "rrr",
                failing: [(2, .liveness)], kills: [2], starts: [2]),
            Case(
                name: "sidecar: all others have ended", policy: .never, inits: "r", sidecars: "s",
                regular: "eee",
                killsPod: true),
        ])
    func actions(entry: Case) {
        let actions = PodActions(Self.record(entry))
        #expect(actions.killsPod == entry.killsPod)
        #expect(actions.createsSandbox == entry.creates)
        #expect(actions.kills.map(\.container) == entry.kills)
        #expect(actions.starts == entry.starts)
    }
}

@Suite("Back-off")
struct BackOffTests {
    @Test("doubles up to its maximum, and begins anew after twice that")
    func steps() {
        var backOff: BackOff?
        var waits: [Int64] = []
        var now = VirtualTime.start
        for _ in 0..<7 {
            let next = BackOff.after(
                backOff, event: now, at: now, initial: .seconds(10), maximum: .seconds(300))
            waits.append(next.duration.wholeSeconds)
            backOff = next
            now += next.duration
        }
        #expect(waits == [10, 20, 40, 80, 160, 300, 300])
        // The last update was 300 s ago; 601 s after it a failure counts as the first.
        let late = BackOff.after(
            backOff, event: now + .seconds(301), at: now + .seconds(301), initial: .seconds(10),
            maximum: .seconds(300))
        #expect(late.duration == .seconds(10))
    }
}
