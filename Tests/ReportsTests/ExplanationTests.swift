import KubernetesModel
import Reports
import SimulationKernel
import Testing

@testable import Telemetry

@Suite("Explanation")
struct ExplanationTests {
    private static func at(_ seconds: Int64) -> VirtualTime { .start + .seconds(seconds) }

    private func pod() -> PodDecisions {
        var pod = PodDecisions(
            key: ObjectKey(namespace: "shop", name: "web"), uid: "u", created: Self.at(10),
            scheduler: "default-scheduler", priority: 0, owner: "", requests: "cpu=2", requestedNode: nil,
            bound: nil, node: nil, ended: nil)
        pod.nodeNames = (0..<5_000).map { "n\($0)" }
        pod.profiles = ["default-scheduler"]
        pod.runEnd = Self.at(600)
        return pod
    }

    private func attempt(_ number: Int, at second: Int64, message: String = "0/5000 nodes are available")
        -> PodDecisions.Attempt
    {
        var attempt = PodDecisions.Attempt(
            time: Self.at(second), number: number, profile: "default-scheduler", event: "", nodeCount: 5_000,
            visitedCount: 5_000, feasibleCount: 0, isNominatedNodeOnly: false, isPreFilterRejection: false,
            tieCount: 0, isDrawn: false, node: nil, refusedBy: "", isError: false, message: message,
            nominatedNode: nil, candidateCount: 0, whatIf: 1)
        attempt.rejections = [
            .init(
                plugin: "NodeResourcesFit", code: "Unschedulable", reasons: ["Insufficient cpu"],
                nodes: Array(0..<4_318)),
            .init(
                plugin: "TaintToleration", code: "UnschedulableAndUnresolvable",
                reasons: ["node(s) had untolerated taint(s)"], nodes: Array(4_318..<5_000)),
        ]
        return attempt
    }

    private func waiting() -> PodDecisions {
        var pod = pod()
        pod.moves = [
            .init(
                time: Self.at(10), origin: nil, destination: "active", event: "UnschedulablePodAdd",
                plugin: "", message: ""),
            .init(
                time: Self.at(12), origin: "active", destination: "inFlight", event: "", plugin: "",
                message: ""),
            .init(
                time: Self.at(12), origin: "inFlight", destination: "unschedulable",
                event: "ScheduleAttemptFailure", plugin: "", message: ""),
            .init(
                time: Self.at(100), origin: "unschedulable", destination: "backoff",
                event: "AssignedPodDelete", plugin: "NodeResourcesFit", message: "", backoffEnd: Self.at(104)),
            .init(
                time: Self.at(104), origin: "backoff", destination: "inFlight", event: "PopFromBackoffQ",
                plugin: "", message: ""),
            .init(
                time: Self.at(104), origin: "inFlight", destination: "unschedulable",
                event: "ScheduleAttemptFailure", plugin: "", message: ""),
        ]
        pod.attempts = [attempt(1, at: 12), attempt(2, at: 104)]
        pod.analyses = [
            .init(
                number: 1, time: Self.at(12), pod: pod.key, attempt: 1, isComplete: true,
                options: [
                    .init(
                        changes: [
                            .init(kind: "tolerate", text: "tolerate the taint a:NoSchedule", detail: [:])
                        ],
                        cost: 300, rejection: 1, nodes: Array(4_318..<5_000)),
                    .init(
                        changes: [
                            .init(
                                kind: "lowerRequest", text: "request 1 less cpu (1 instead of 2)", detail: [:]
                            )
                        ],
                        cost: 500, rejection: 0, nodes: [7]),
                ])
        ]
        return pod
    }

    @Test("a waiting pod: queues, attempts that are alike in one, groups of thousands, the smallest changes")
    func waitingPod() {
        let text = ExplanationReport(style: .plain).text(waiting())
        #expect(
            text == """
                pod/web -n shop  (priority 0; requests cpu=2)
                  created at 10.000s
                  has no node at the run's end (10m00.000s): unschedulable since 1m44.000s, until an event concerns NodeResourcesFit, TaintToleration or five minutes have passed, 2 attempts

                Queue  active 2.000s, backoff 4.000s, unschedulable 9m44.000s
                    10.000s  active          UnschedulablePodAdd
                    12.000s  attempt 1
                    12.000s  unschedulable   ScheduleAttemptFailure
                  1m40.000s  backoff         AssignedPodDelete, which NodeResourcesFit waited for; backs off until 1m44.000s
                  1m44.000s  attempt 2       PopFromBackoffQ
                  1m44.000s  unschedulable   ScheduleAttemptFailure

                Attempts 1 to 2, all alike, at 12.000s to 1m44.000s: no node of 5,000
                  4,318 nodes  NodeResourcesFit: Insufficient cpu  (evictions could help)
                                 n0, n1, n2, n3, n4, n5 and 4,312 more nodes
                                 smallest change: request 1 less cpu (1 instead of 2), on 1 node
                    682 nodes  TaintToleration: node(s) had untolerated taint(s)  (no eviction helps)
                                 n4318, n4319, n4320, n4321, n4322, n4323 and 676 more nodes
                                 smallest change: tolerate the taint a:NoSchedule
                  message  0/5000 nodes are available

                What would have made it fit at 1m44.000s (tried at 12.000s for shop/web, rejected for the same reasons)
                   1. tolerate the taint a:NoSchedule
                      on n4318, n4319, n4320, n4321, n4322, n4323 and 676 more nodes
                   2. request 1 less cpu (1 instead of 2)
                      on n7

                """)
    }

    @Test("all nodes are named when that is asked for")
    func allNodes() {
        let text = ExplanationReport(style: .plain, namesAllNodes: true).text(waiting())
        #expect(text.contains("n4317") && text.contains("n4999") && !text.contains("more nodes"))
    }

    @Test("the state at a moment is that of the moment")
    func past() {
        let text = ExplanationReport(style: .plain, isPast: true).text(waiting().at(Self.at(102)))
        #expect(
            text.contains(
                "has no node at 1m42.000s: in the backoff queue since 1m40.000s until 1m44.000s, 1 attempt"))
        #expect(!text.contains("attempt 2"))
    }

    @Test("JSON is complete, whatever the text leaves out")
    func json() {
        let json = ExplanationJSON.json(waiting())
        #expect(json["attempts"]?[0]?["rejections"]?[0]?["nodes"]?.arrayValue?.count == 4_318)
        #expect(json["secondsIn"]?["backoff"] == 4.0)
        #expect(json["queue"] == "unschedulable")
        #expect(json["whatIf"]?[0]?["options"]?[1]?["changes"]?[0]?["kind"] == "lowerRequest")
    }

    @Test("pods that the scheduler never sees")
    func elsewhere() {
        var direct = pod()
        direct.requestedNode = "n3"
        #expect(
            ExplanationReport(style: .plain).text(direct).contains("names its node itself (spec.nodeName n3)")
        )
        var stranger = pod()
        stranger.scheduler = "other"
        #expect(
            ExplanationReport(style: .plain).text(stranger).contains(
                "asks for the scheduler 'other', which this cluster does not run (there is default-scheduler): nobody schedules it"
            ))
        #expect(ExplanationReport(style: .plain).text(pod()).contains("no scheduler has taken it up"))
    }

    @Test("why that node, and why those victims")
    func choice() {
        var pod = pod()
        pod.bound = Self.at(20)
        pod.node = "n1"
        var first = attempt(1, at: 12, message: "0/2 nodes are available: 2 Insufficient cpu.")
        first.whatIf = nil
        first.rejections = []
        first.nominatedNode = "n1"
        first.candidateCount = 2
        func victim(_ name: String, _ budgets: [String] = []) -> PodDecisions.Victim {
            .init(
                key: ObjectKey(namespace: "shop", name: name), priority: 5, startSeconds: 3, budgets: budgets)
        }
        first.candidates = [
            .init(
                node: "n1", violations: 0, highestPriority: 5, prioritySum: 5, earliestStartSeconds: 3,
                lostBy: 0, isChosen: true, victims: [victim("a")]),
            .init(
                node: "n2", violations: 1, highestPriority: 5, prioritySum: 5, earliestStartSeconds: 3,
                lostBy: 1, isChosen: false, victims: [victim("b", ["guard"])]),
        ]
        var second = attempt(2, at: 19, message: "")
        second.whatIf = nil
        second.rejections = []
        second.node = "n1"
        second.feasibleCount = 2
        second.nodeCount = 2
        second.visitedCount = 2
        second.tieCount = 1
        second.best = [
            .init(
                node: "n1", total: 310,
                shares: [
                    .init(plugin: "TaintToleration", raw: 0, normalized: 100, weight: 3),
                    .init(plugin: "NodeResourcesFit", raw: 10, normalized: 10, weight: 1),
                ]),
            .init(
                node: "n2", total: 306,
                shares: [
                    .init(plugin: "TaintToleration", raw: 0, normalized: 100, weight: 3),
                    .init(plugin: "NodeResourcesFit", raw: 6, normalized: 6, weight: 1),
                ]),
        ]
        pod.attempts = [first, second]
        pod.steps = [.init(time: Self.at(20), kind: "bound", message: "Successfully assigned shop/web to n1")]
        let text = ExplanationReport(style: .plain).text(pod)
        #expect(
            text == """
                pod/web -n shop  (priority 0; requests cpu=2)
                  created at 10.000s
                  bound to n1 at 20.000s, 10.000s after its creation, in 2 attempts

                Attempt 1 at 12.000s: no node of 5,000
                  preempts on n1: shop/a (priority 5, started 3s)
                    one of 2 candidate nodes, chosen by fewest budget violations
                    not n2: shop/b (priority 5, started 3s, against PodDisruptionBudget guard): fewest budget violations (1 against 0)
                  message  0/2 nodes are available: 2 Insufficient cpu.

                Attempt 2 at 19.000s: n1, 2 of 2 nodes fit
                  scores (raw → normalised → weighted)
                    plugin × weight                 n1             n2
                    TaintToleration ×3   0 → 100 → 300  0 → 100 → 300
                    NodeResourcesFit ×1   10 → 10 → 10      6 → 6 → 6
                    total                          310            306
                  n1 won with 310, 4 ahead of n2 (NodeResourcesFit +4)
                  20.000s  bound: Successfully assigned shop/web to n1

                """)
    }
}
