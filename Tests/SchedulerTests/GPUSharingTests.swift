import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@testable import Scheduler

@Suite("GPU sharing")
struct GPUSharingTests {
    // MARK: Requests

    struct RequestCase: CustomTestStringConvertible, Sendable {
        var annotations: [String: String]
        var expected: GPURequest?
        var fault = ""
        var testDescription: String {
            annotations.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
    }

    static let requestCases = [
        RequestCase(annotations: [:]),
        RequestCase(annotations: ["gpu-count": "2"], expected: GPURequest(milli: 1_000, count: 2)),
        RequestCase(annotations: ["gpu-milli": "460"], expected: GPURequest(milli: 460, count: 1)),
        RequestCase(
            annotations: ["gpu-milli": "460", "gpu-count": "1", "gpu-card-model": "T4|P100"],
            expected: GPURequest(milli: 460, count: 1, models: ["T4", "P100"])),
        // A model alone asks for nothing.
        RequestCase(annotations: ["gpu-card-model": "T4"]),
        RequestCase(annotations: ["gpu-count": "0", "gpu-milli": "0"]),
        RequestCase(
            annotations: ["gpu-milli": "1001"],
            fault: "alibabacloud.com/gpu-milli is '1001', expected a whole number from 0 to 1000"),
        RequestCase(
            annotations: ["gpu-count": "many"],
            fault: "alibabacloud.com/gpu-count is 'many', expected a whole number from 0 to 64"),
        RequestCase(
            annotations: ["gpu-count": "2", "gpu-milli": "0"],
            fault: "alibabacloud.com/gpu-milli is 0 of each of 2 GPUs"),
    ]

    @Test("what annotations ask for", arguments: requestCases)
    func requests(_ example: RequestCase) {
        let annotations = StringMap(example.annotations.map { ("alibabacloud.com/\($0.key)", $0.value) })
        do throws(GPURequestFault) {
            #expect(try GPURequest.Source(annotations)?.request() == example.expected)
            #expect(example.fault.isEmpty)
        } catch {
            #expect(error.message == example.fault)
        }
    }

    @Test("sets of GPUs are written as the annotation has them")
    func sets() throws {
        let set = try #require(GPUSet("3-0-12"))
        #expect(set.numbers == [0, 3, 12] && set.description == "0-3-12")
        for text in ["", "a", "1-", "64", "-1", "1 2"] { #expect(GPUSet(text) == nil) }
    }

    // MARK: Devices

    @Test("a share goes to the fullest GPU that fits, whole ones to the lowest numbers")
    func choice() {
        var gpus = NodeGPUs()
        gpus.set(model: "T4", count: 4)
        gpus.give(GPUSet(1), to: .uuid(1, 1), for: GPURequest(milli: 300, count: 1))
        gpus.give(GPUSet(2), to: .uuid(1, 2), for: GPURequest(milli: 600, count: 1))
        #expect(Array(gpus.free) == [1_000, 700, 400, 1_000])
        #expect(gpus.totalFree == 3_100)
        #expect(gpus.standardChoice(GPURequest(milli: 400, count: 1))?.numbers == [2])
        #expect(gpus.standardChoice(GPURequest(milli: 500, count: 1))?.numbers == [1])
        #expect(gpus.standardChoice(GPURequest(milli: 800, count: 1))?.numbers == [0])
        #expect(gpus.standardChoice(GPURequest(milli: 1_000, count: 2))?.numbers == [0, 3])
        #expect(gpus.standardChoice(GPURequest(milli: 1_000, count: 3)) == nil)
        // In a trial a pod goes and comes back to the same GPU.
        gpus.remove(.uuid(1, 2), isTrial: true)
        #expect(gpus.free[2] == 1_000 && gpus.gpus(of: .uuid(1, 2)) == nil)
        let isBack = gpus.putBack(.uuid(1, 2))
        #expect(isBack && gpus.free[2] == 400)
        gpus.remove(.uuid(1, 2), isTrial: false)
        let isBackAgain = gpus.putBack(.uuid(1, 2))
        #expect(!isBackAgain)
        // The node loses GPUs; the pod keeps its own.
        gpus.set(model: "T4", count: 2)
        #expect(Array(gpus.free) == [1_000, 700])
    }

    // MARK: Fragmentation

    /// Half of the pods take a whole GPU and 4 cores, a quarter half a GPU and 1 core, a quarter no GPU.
    static let workload = TargetWorkload(tasks: [
        .init(milliCPU: 4_000, gpu: GPURequest(milli: 1_000, count: 1), count: 2),
        .init(milliCPU: 1_000, gpu: GPURequest(milli: 500, count: 1), count: 1),
        .init(milliCPU: 1_000, gpu: nil, count: 1),
    ])

    struct FragmentationCase: Sendable {
        var milliCPU: Int64
        var free: [Int32]
        var expected: Double
    }

    /// ½ of what whole GPUs leave, ¼ of what halves leave, ¼ of all.
    static let fragmentationCases = [
        FragmentationCase(milliCPU: 8_000, free: [1_000, 1_000], expected: 500),
        FragmentationCase(milliCPU: 8_000, free: [1_000, 400], expected: 200 + 100 + 350),
        // Too little CPU for a whole one: nothing of the node is of use to it.
        FragmentationCase(milliCPU: 3_000, free: [1_000, 400], expected: 700 + 100 + 350),
        FragmentationCase(milliCPU: 500, free: [1_000, 400], expected: 1_400),
        FragmentationCase(milliCPU: 8_000, free: [0, 0], expected: 0),
    ]

    @Test("fragmentation by hand", arguments: fragmentationCases)
    func fragmentation(_ example: FragmentationCase) {
        let (milliCPU, free, expected) = (example.milliCPU, example.free, example.expected)
        let total = free.reduce(0) { $0 + Int64($1) }
        let value = Self.workload.fragmentation(
            milliCPU: milliCPU, total: total, free: ContiguousArray(free), model: "T4")
        #expect(value == expected)
    }

    @Test("a model that a task does not admit is of no use to it")
    func modelsMatter() {
        let workload = TargetWorkload(tasks: [
            .init(milliCPU: 0, gpu: GPURequest(milli: 500, count: 1, models: ["P100"]), count: 1)
        ])
        #expect(workload.fragmentation(milliCPU: 1, total: 1_000, free: [1_000], model: "P100") == 0)
        #expect(workload.fragmentation(milliCPU: 1, total: 1_000, free: [1_000], model: "T4") == 1_000)
    }

    @Test("typical pods are the most frequent ones, the larger first among equals")
    func typicalPods() {
        func task(_ milliCPU: Int64, _ gpu: GPURequest?, _ count: Int) -> TargetWorkload.Task {
            TargetWorkload.Task(milliCPU: milliCPU, gpu: gpu, count: count)
        }
        let half = GPURequest(milli: 500, count: 1)
        let tasks = TargetWorkload.typical(
            of: [
                task(1, nil, 5), task(2, half, 30), task(2, GPURequest(milli: 600, count: 1), 30),
                task(3, nil, 30), task(1, nil, 5),
            ]
        ).tasks
        // 90 of 100 are less than 95.
        #expect(tasks.map(\.milliCPU) == [3, 2, 2, 1])
        #expect(tasks.map { $0.gpu?.milli ?? 0 } == [0, 600, 500, 0])
        #expect(tasks.map(\.count) == [30, 30, 30, 10])
        let models = TargetWorkload.typical(
            of: ["A", "B|A", "B"].map { task(1, GPURequest(milli: 1, count: 1, models: [$0]), 1) })
        #expect(models.tasks.map { $0.gpu?.models ?? [] } == [["B|A"], ["B"], ["A"]])
    }

    @Test(
        "FGD's score is a sigmoid, cut",
        arguments: [
            (0.0, Int64(50)), (1_000, 73), (-1_000, 26), (8_000, 99), (-8_000, 0), (1e-9, 50), (-1e-9, 49),
        ])
    func sigmoid(fall: Double, score: Int64) { #expect(FGD.score(fall) == score) }

    // MARK: Scheduling

    static func registry(_ workload: TargetWorkload = workload) -> PluginRegistry {
        var environment = PluginEnvironment(seed: 1)
        environment.targetWorkload = workload
        environment.sharesGPUs = true
        return .standard(environment)
    }

    static func harness(_ policy: SchedulingPolicy, nodes: [(String, String, Int)]) throws -> SchedulerHarness
    {
        var harness = try SchedulerHarness(policy.configuration, registry: registry())
        for (name, model, count) in nodes {
            try harness.apply(
                """
                {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "\(name)",
                  "labels": {"alibabacloud.com/gpu-card-model": "\(model)"}},
                 "status": {"capacity": {"cpu": "32", "memory": "64Gi", "pods": "100",
                   "alibabacloud.com/gpu-count": "\(count)"}}}
                """)
            let taint = Taint(key: WellKnown.notReadyTaint, effect: .noSchedule)
            try harness.perform(
                .patch(.node, ObjectKey(name: name), .nodeTaints(adding: [], removing: [taint]), uid: nil))
        }
        return harness
    }

    static func pod(_ name: String, cpu: Int = 1, milli: Int, count: Int = 1, model: String = "") -> String {
        let models = model.isEmpty ? "" : ", \"alibabacloud.com/gpu-card-model\": \"\(model)\""
        return """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\(name)", "namespace": "default",
              "annotations": {"alibabacloud.com/gpu-milli": "\(milli)", "alibabacloud.com/gpu-count": "\(count)"\(models)}},
             "spec": {"containers": [{"name": "c", "image": "app:v1",
               "resources": {"requests": {"cpu": "\(cpu)", "memory": "1Gi"}}}]}}
            """
    }

    @Test(
        "a bound pod tells its GPUs, and another scheduler that starts knows them",
        arguments: [
            SchedulingPolicy.fgd, .gpuBestFit, .gpuPacking, .standard,
        ])
    func binding(policy: SchedulingPolicy) throws {
        var harness = try Self.harness(policy, nodes: [("a", "T4", 2)])
        for (name, milli) in [("one", 600), ("two", 300), ("three", 500)] {
            try harness.apply(Self.pod(name, milli: milli))
            harness.run(until: harness.now + .seconds(1))
        }
        func gpu(_ name: String) -> String? {
            harness.pod(name)?.metadata.annotations["alibabacloud.com/gpu-index"]
        }
        let (one, two, three) = (gpu("one"), gpu("two"), gpu("three"))
        #expect(one == "0" && two == "0" && three == "1")
        // What the API server has is enough to know what is free.
        var cluster = ClusterCache()
        for change in harness.server.list(.node, at: harness.now) {
            if let node = change.node { cluster.nodes.set(node) }
        }
        for object in harness.server.list(.pod, at: harness.now) {
            if let pod = object.pod { cluster.setPod(cluster.nodes.compile(pod)) }
        }
        let node = try #require(cluster.nodes["a"])
        #expect(Array(cluster.nodes.gpus[node].free) == [100, 500])
    }

    @Test("pods wait for a GPU that is free, and messages say what is missing")
    func waiting() throws {
        var harness = try Self.harness(.gpuBestFit, nodes: [("a", "T4", 2), ("b", "P100", 1)])
        try harness.apply(Self.pod("whole", milli: 1_000, count: 2))
        harness.run(until: .start + .seconds(1))
        let node = harness.pod("whole")?.nodeName
        #expect(node == "a")
        try harness.apply(Self.pod("next", milli: 200, model: "T4"))
        try harness.apply(Self.pod("huge", milli: 1_000, count: 3))
        try harness.apply(Self.pod("wrong", milli: 1_500))
        harness.run(until: .start + .seconds(2))
        let messages = harness.messages("FailedScheduling")
        #expect(
            messages == [
                "0/2 nodes are available: 1 Insufficient free GPU, 1 node(s) didn't have the requested GPU model.",
                "0/2 nodes are available: 2 node(s) didn't have enough GPUs.",
                "0/2 nodes are available: 2 invalid GPU request: alibabacloud.com/gpu-milli is '1500', expected "
                    + "a whole number from 0 to 1000.",
            ])
        try harness.perform(
            .delete(
                .pod, ObjectKey(namespace: "default", name: "whole"), DeleteOptions(gracePeriodSeconds: 0)))
        harness.run(until: .start + .seconds(30))
        let gpu = harness.pod("next")?.metadata.annotations["alibabacloud.com/gpu-index"]
        #expect(gpu == "0")
    }

    @Test("evicting a pod frees its GPU: preemption under the default profile")
    func preemption() throws {
        var harness = try Self.harness(.standard, nodes: [("a", "T4", 1)])
        try harness.apply(Self.pod("low", milli: 700))
        harness.run(until: .start + .seconds(1))
        try harness.apply(
            """
            {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 100}
            """)
        let urgent = Self.pod("high", milli: 500).replacing(
            "\"spec\": {", with: "\"spec\": {\"priorityClassName\": \"high\", ")
        try harness.apply(urgent)
        harness.run(until: .start + .seconds(2))
        let nominated = harness.pod("high")?.status.nominatedNodeName
        #expect(nominated == "a")
    }
}

/// Random clusters with GPUs under the published policies, each cycle computed with classes and plainly.
@Suite("GPU policies by class")
struct GPUClassTests {
    @Test(
        "classes change no decision", arguments: SchedulingPolicy.publishedForGPUs, [TieBreak.first, .drawn])
    func agree(policy: SchedulingPolicy, ties: TieBreak) throws {
        var json = policy.configuration
        json["percentageOfNodesToScore"] = 100
        let configuration = try SchedulerConfiguration(json: json, registry: GPUSharingTests.registry())
        var churn = ChurningCluster(
            seed: 11, nodes: 30, percentage: 100, configuration: configuration, hasGPUs: true)
        churn.cycle.tieBreak = ties
        for _ in 0..<500 { churn.step() }
        #expect(churn.cycle.differences == [])
        #expect(churn.cycle.comparedCount > 100)
        #expect(churn.successes > 50)
        for node in churn.cluster.nodes.order {
            #expect(churn.cluster.nodes.gpus[node].free.allSatisfy { (0...1_000).contains($0) })
        }
    }

    @Test("with preemption and nominated pods, too")
    func preemption() throws {
        let configuration = try SchedulerConfiguration(
            json: .object([:]), registry: GPUSharingTests.registry())
        var churn = ChurningCluster(
            seed: 5, nodes: 20, percentage: 100, configuration: configuration, hasGPUs: true)
        for _ in 0..<600 { churn.step() }
        #expect(churn.cycle.differences == [])
        #expect(churn.preemptions >= 5)
    }
}
