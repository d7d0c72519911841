import ControlPlane
import KubernetesModel
import Scheduler
import SimulationKernel
import Testing

@Suite("gangs")
struct CoschedulingTests {
    private func add(
        _ harness: inout SchedulerHarness, _ name: String, gang: String, minimum: String = "2",
        timeout: String? = nil
    ) throws {
        var annotations =
            #""scheduling.simk.dev/gang": "\#(gang)", "scheduling.simk.dev/gang-min-member": "\#(minimum)""#
        if let timeout { annotations += #", "scheduling.simk.dev/gang-timeout": "\#(timeout)""# }
        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "Pod",
             "metadata": {"name": "\(name)", "namespace": "default", "annotations": {\(annotations)}},
             "spec": {"containers": [{"name": "c", "image": "app:v1", "resources": {"requests": {"cpu": "1"}}}]}}
            """)
    }

    private func placed(_ harness: borrowing SchedulerHarness, _ names: [String]) -> [String] {
        var placed: [String] = []
        for name in names {
            if harness.pod(name)?.nodeName.isEmpty == false { placed.append(name) }
        }
        return placed
    }

    private func harness(nodes: Int) throws -> SchedulerHarness {
        var harness = try SchedulerHarness(SchedulingPolicy.gang.configuration)
        for number in 1...nodes { try harness.addNode("n\(number)", cpu: "1") }
        return harness
    }

    @Test("two gangs that come mixed take their nodes one gang after the other")
    func noDeadlock() throws {
        var harness = try harness(nodes: 4)
        for number in 0..<4 {
            try add(&harness, "a-\(number)", gang: "a", minimum: "4")
            try add(&harness, "b-\(number)", gang: "b", minimum: "4")
        }
        harness.run(until: .start + .seconds(30))
        let names = (0..<4).flatMap { ["a-\($0)", "b-\($0)"] }
        let found = placed(harness, names)
        #expect(found == ["a-0", "a-1", "a-2", "a-3"])
        for number in 0..<4 {
            try harness.perform(
                .delete(
                    .pod, ObjectKey(namespace: "default", name: "a-\(number)"),
                    DeleteOptions(gracePeriodSeconds: 0)))
        }
        harness.run(until: .start + .seconds(60))
        let found2 = placed(harness, names)
        #expect(found2 == ["b-0", "b-1", "b-2", "b-3"])
    }

    @Test("without the plugin each gets half, and neither goes on")
    func deadlock() throws {
        var harness = try SchedulerHarness()
        for number in 1...4 { try harness.addNode("n\(number)", cpu: "1") }
        for number in 0..<4 {
            try add(&harness, "a-\(number)", gang: "a", minimum: "4")
            try add(&harness, "b-\(number)", gang: "b", minimum: "4")
        }
        harness.run(until: .start + .seconds(300))
        let names = (0..<4).flatMap { ["a-\($0)", "b-\($0)"] }
        let found = placed(harness, names)
        #expect(found == ["a-0", "b-0", "a-1", "b-1"])
    }

    @Test("a gang without all its members is not tried, and is as soon as the last has come")
    func siblings() throws {
        var harness = try harness(nodes: 2)
        try add(&harness, "a-0", gang: "a")
        harness.run(until: .start + .seconds(5))
        let text =
            "0/2 nodes are available: pre-filter pod a-0 cannot find enough sibling pods, current pods number: 1, "
            + "minMember of group: 2."
        let found = harness.messages("FailedScheduling").first?.hasPrefix(text)
        #expect(found == true)
        let found2 = placed(harness, ["a-0"])
        #expect(found2 == [])
        try add(&harness, "a-1", gang: "a")
        harness.run(until: .start + .seconds(6))
        let found3 = placed(harness, ["a-0", "a-1"])
        #expect(found3 == ["a-0", "a-1"])
    }

    @Test("the first ones give their nodes back when the time is up")
    func timeout() throws {
        var harness = try harness(nodes: 2)
        try add(&harness, "a-0", gang: "a", minimum: "2", timeout: "10s")
        // A member that is gated counts as there but cannot be tried.
        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-1", "namespace": "default", "annotations":
              {"scheduling.simk.dev/gang": "a", "scheduling.simk.dev/gang-min-member": "2"}},
             "spec": {"schedulingGates": [{"name": "example.com/wait"}], "containers": [{"name": "c", "image": "app:v1"}]}}
            """)
        harness.run(until: .start + .seconds(5))
        let held = harness.scheduler.cluster.nodes.requested[0].reduce(0, +)
        #expect(held == 1_000)
        let found = placed(harness, ["a-0"])
        #expect(found == [])
        harness.run(until: .start + .seconds(20))
        let text =
            "0/1 nodes are available: 1 rejected due to timeout after waiting 10s at plugin Coscheduling."
        let found2 = harness.messages("FailedScheduling").contains(text)
        #expect(found2)
        let freed = harness.scheduler.cluster.nodes.requested[0].reduce(0, +)
        #expect(freed == 0)
    }

    @Test("a member that fits nowhere takes those that wait with it")
    func rejection() throws {
        var harness = try harness(nodes: 1)
        try add(&harness, "a-0", gang: "a")
        try add(&harness, "a-1", gang: "a")
        harness.run(until: .start + .seconds(3))
        let found = placed(harness, ["a-0", "a-1"])
        #expect(found == [])
        let texts = harness.messages("FailedScheduling").filter {
            $0.contains("PodGroup default/a gets rejected")
        }
        #expect(!texts.isEmpty)
        // The back-off keeps the two from going round and round.
        let found2 = harness.messages("FailedScheduling").count < 20
        #expect(found2)
        try harness.addNode("n2", cpu: "1")
        harness.run(until: .start + .seconds(30))
        let found3 = placed(harness, ["a-0", "a-1"])
        #expect(found3 == ["a-0", "a-1"])
    }

    @Test("a waiting pod that is deleted frees its node, and its gang's")
    func deletion() throws {
        var harness = try harness(nodes: 3)
        for number in 0..<2 { try add(&harness, "a-\(number)", gang: "a", minimum: "3") }
        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-2", "namespace": "default", "annotations":
              {"scheduling.simk.dev/gang": "a", "scheduling.simk.dev/gang-min-member": "3"}},
             "spec": {"schedulingGates": [{"name": "example.com/wait"}], "containers": [{"name": "c", "image": "app:v1"}]}}
            """)
        harness.run(until: .start + .seconds(5))
        let found = harness.scheduler.cluster.nodes.requested[0].reduce(0, +)
        #expect(found == 2_000)
        try harness.perform(
            .delete(.pod, ObjectKey(namespace: "default", name: "a-0"), DeleteOptions(gracePeriodSeconds: 0)))
        harness.run(until: .start + .seconds(6))
        let found2 = harness.scheduler.cluster.nodes.requested[0].reduce(0, +)
        #expect(found2 == 0)
    }

    @Test(
        "annotations that make no sense are refused by name",
        arguments: [("0", "found '0'"), ("many", "found 'many'")])
    func badAnnotation(minimum: String, words: String) throws {
        var harness = try harness(nodes: 1)
        try add(&harness, "a-0", gang: "a", minimum: minimum)
        harness.run(until: .start + .seconds(1))
        let text = harness.messages("FailedScheduling").first ?? ""
        #expect(text.contains("annotation scheduling.simk.dev/gang-min-member: expected a whole number"))
        #expect(text.contains(words))
    }
}
