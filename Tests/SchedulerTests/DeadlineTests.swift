import ControlPlane
import KubernetesModel
import Scheduler
import SimulationKernel
import Testing

@Suite("deadlines")
struct DeadlineTests {
    static let epoch = CalendarTime(unixSeconds: 1_767_225_600)  // 2026-01-01T00:00:00Z

    private func metadata(_ deadline: String?, run: String? = nil, created: Int64 = 0) -> ObjectMeta {
        var metadata = ObjectMeta()
        metadata.creationTimestamp = Timestamp(seconds: created)
        if let deadline { metadata.annotations[PodDeadline.deadlineAnnotation] = deadline }
        if let run { metadata.annotations[PodDeadline.runTimeAnnotation] = run }
        return metadata
    }

    @Test(
        "a deadline is a calendar time or a duration after the creation",
        arguments: [
            ("2026-01-01T00:10:00Z", 600.0), ("2026-01-01T00:10:00.5+00:10", 0.5),
            ("2025-12-31T23:59:00Z", -60.0),
            ("30m", 1_860.0), ("1h30m", 5_460.0),
        ])
    func parsing(text: String, seconds: Double) throws {
        let deadline = try PodDeadline.of(metadata(text, run: "90s", created: 60), epoch: Self.epoch)
        #expect(deadline?.time.sinceStart.fractionalSeconds == seconds)
        #expect(deadline?.runTime == .seconds(90))
    }

    @Test(
        "what is neither is refused",
        arguments: ["soon", "-5m", "0", "", "2026-13-01T00:00:00Z", "5", "9999-01-01T00:00:00Z"])
    func refusal(text: String) {
        #expect(throws: AnnotationError.self) { try PodDeadline.of(metadata(text), epoch: Self.epoch) }
    }

    private func harness() throws -> SchedulerHarness {
        try SchedulerHarness(
            SchedulingPolicy.deadlines.configuration,
            registry: .standard(PluginEnvironment(seed: 1, epoch: Self.epoch)))
    }

    private func add(
        _ harness: inout SchedulerHarness, _ name: String, deadline: String?, run: String? = nil,
        cpu: String = "1",
        priority: String? = nil
    ) throws {
        var annotations: [String] = []
        if let deadline { annotations.append(#""scheduling.simk.dev/deadline": "\#(deadline)""#) }
        if let run { annotations.append(#""scheduling.simk.dev/expected-run-time": "\#(run)""#) }
        let extra = priority.map { "\"priorityClassName\": \"\($0)\"," } ?? ""
        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\(name)", "namespace": "default",
              "annotations": {\(annotations.joined(separator: ", "))}},
             "spec": {\(extra) "containers": [{"name": "c", "image": "app:v1", "resources": {"requests": {"cpu": "\(cpu)"}}}]}}
            """)
    }

    @Test("the earliest deadline goes first, after priority, and none at all comes last")
    func order() throws {
        var harness = try harness()
        try harness.apply(
            #"{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 100}"#
        )
        // All wait for one pod to go.
        try harness.addNode("n1", cpu: "8")
        try harness.addPod("filler", cpu: "8", extra: "\"nodeName\": \"n1\"")
        harness.run(until: .start + .seconds(1))
        try add(&harness, "none", deadline: nil)
        try add(&harness, "late", deadline: "2h")
        try add(&harness, "soon", deadline: "1h")
        try add(&harness, "absolute", deadline: "2026-01-01T00:30:00Z")
        try add(&harness, "high", deadline: nil, priority: "high")
        harness.run(until: .start + .seconds(30))
        let filler = ObjectKey(namespace: "default", name: "filler")
        try harness.perform(.delete(.pod, filler, DeleteOptions(gracePeriodSeconds: 0)))
        harness.run(until: .start + .seconds(60))
        let bound = harness.messages("Scheduled").map { $0.split(separator: " ")[2] }
        #expect(
            bound == ["default/high", "default/absolute", "default/soon", "default/late", "default/none"])
    }

    private func addNode(_ harness: inout SchedulerHarness, _ name: String, cpu: String, image: Int64?) throws
    {
        let images =
            image.map { #", "images": [{"names": ["app:v1"], "sizeBytes": \#($0)}]"# } ?? ""
        try harness.apply(
            """
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "\(name)"},
             "status": {"capacity": {"cpu": "\(cpu)", "memory": "8Gi", "pods": "110"}\(images)}}
            """)
        let taint = Taint(key: WellKnown.notReadyTaint, effect: .noSchedule)
        try harness.perform(
            .patch(.node, ObjectKey(name: name), .nodeTaints(adding: [], removing: [taint]), uid: nil))
    }

    @Test("a node where the image's pull would make the pod late is refused while another would do")
    func filter() throws {
        // 12.5 GB at 125 MB/s take 100 s, so that 60 s do not suffice where the image is missing.
        var harness = try harness()
        try addNode(&harness, "has-it", cpu: "2", image: 12_500_000_000)
        try addNode(&harness, "empty", cpu: "64", image: nil)
        harness.run(until: .start + .seconds(1))
        for name in ["first", "second", "third"] { try add(&harness, name, deadline: "60s", run: "20s") }
        harness.run(until: .start + .seconds(2))
        // The third one finds no room on the node where it would be on time: late is better than never.
        var nodes: [String?] = []
        for name in ["first", "second", "third"] { nodes.append(harness.pod(name)?.nodeName) }
        #expect(nodes == ["has-it", "has-it", "empty"])
        let found = harness.messages("DeadlineUnreachable")
        #expect(found == [])
    }

    @Test("where the pod is late everywhere it runs all the same, and the warning says by how much")
    func unreachable() throws {
        var harness = try harness()
        try addNode(&harness, "n1", cpu: "4", image: 1_000)
        harness.run(until: .start + .seconds(1))
        try add(&harness, "pod", deadline: "1m", run: "10m")
        harness.run(until: .start + .seconds(3))
        let found = harness.pod("pod")?.nodeName
        #expect(found == "n1")
        let warnings = harness.messages("DeadlineUnreachable")
        #expect(warnings.count == 1)
        #expect(
            warnings.first?.contains("with 5s to start and 10m0s to run, the pod will be late by at least 9m")
                == true)
    }

    @Test("the warning comes when waiting has made the deadline unreachable")
    func waiting() throws {
        var harness = try harness()
        try addNode(&harness, "n1", cpu: "1", image: 1_000)
        harness.run(until: .start + .seconds(1))
        try add(&harness, "pod", deadline: "10m", run: "2m", cpu: "2")
        harness.run(until: .start + .seconds(60))
        let found = harness.messages("DeadlineUnreachable")
        #expect(found == [])
        harness.run(until: .start + .minutes(20))
        let found2 = harness.messages("DeadlineUnreachable").count
        #expect(found2 == 1)
    }
}
