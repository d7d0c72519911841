import ControlPlane
import KubernetesModel
import OrderedCollections
import Scheduler
import SimulationKernel
import Testing

@Suite("policies by name")
struct PolicyTests {
    static func configuration(
        _ policy: SchedulingPolicy, environment: PluginEnvironment = PluginEnvironment(seed: 1)
    ) throws -> SchedulerConfiguration {
        try SchedulerConfiguration(json: policy.configuration, registry: .standard(environment))
    }

    @Test("every policy is a configuration that the scheduler takes", arguments: SchedulingPolicy.allCases)
    func reads(policy: SchedulingPolicy) throws {
        let configuration = try Self.configuration(policy)
        #expect(configuration.profiles.map(\.profileName) == ["default-scheduler"])
        #expect(!policy.summary.isEmpty && !policy.summary.hasSuffix("."))
    }

    @Test("the default policy is the default configuration")
    func standard() throws {
        let named = try Self.configuration(.standard).profiles[0]
        let standard = try SchedulerConfiguration.standard().profiles[0]
        #expect(named.filter.map(\.name) == standard.filter.map(\.name))
        #expect(named.score.map(\.plugin.name) == standard.score.map(\.plugin.name))
        #expect(named.score.map(\.weight) == standard.score.map(\.weight))
        #expect(named.queueSort.name == standard.queueSort.name)
    }

    /// Where pods of 1 CPU go, one after the other, on nodes with so much CPU free.
    struct Case: CustomTestStringConvertible, Sendable {
        var policy: SchedulingPolicy
        /// CPU of `n1`, `n2`, `n10`.
        var cpu = ["4", "4", "4"]
        /// How much of each is taken at first.
        var taken = ["0", "0", "0"]
        var expected: [String]
        var testDescription: String { "\(policy.rawValue) \(cpu) \(taken)" }
    }

    static let cases = [
        Case(policy: .firstFit, cpu: ["2", "1", "4"], expected: ["n1", "n1", "n2", "n10", "n10"]),
        // Best fit goes for the fullest node, worst fit for the emptiest, in shares of the node.
        Case(policy: .bestFit, taken: ["1", "2", "0"], expected: ["n2", "n2", "n1", "n1", "n1", "n10"]),
        Case(policy: .worstFit, taken: ["1", "3", "0"], expected: ["n10", "n1", "n10", "n1", "n10", "n1"]),
        Case(policy: .roundRobin, expected: ["n1", "n2", "n10", "n1", "n2", "n10", "n1"]),
        // A full node loses its turn.
        Case(policy: .roundRobin, cpu: ["4", "1", "4"], expected: ["n1", "n2", "n10", "n1", "n10", "n1"]),
        Case(policy: .binPacking, taken: ["0", "2", "0"], expected: ["n2", "n2", "n1", "n1"]),
        Case(policy: .standard, taken: ["0", "2", "0"], expected: ["n1", "n10", "n1", "n10"]),
    ]

    @Test("each policy's choice of nodes", arguments: cases)
    func choices(_ example: Case) throws {
        var harness = try SchedulerHarness(example.policy.configuration)
        for (place, name) in ["n1", "n2", "n10"].enumerated() {
            try harness.addNode(name, cpu: example.cpu[place])
            if example.taken[place] != "0" {
                try harness.addPod(
                    "fill-\(name)", cpu: example.taken[place], extra: "\"nodeName\": \"\(name)\"")
            }
        }
        harness.run(until: .start + .seconds(1))
        var chosen: [String] = []
        for place in example.expected.indices {
            try harness.addPod("pod-\(place)")
            harness.run(until: .start + .seconds(2 + Int64(place)))
            chosen.append(harness.pod("pod-\(place)")?.nodeName ?? "")
        }
        #expect(chosen == example.expected)
    }

    @Test("random takes every node about as often, and the same ones for the same seed")
    func random() throws {
        func run(seed: UInt64) throws -> [String] {
            var cluster = ClusterCache()
            for name in ["n1", "n2", "n3", "n4"] {
                var node = Node()
                node.metadata.name = name
                node.status.allocatable = ResourceList([
                    ("cpu", Quantity(value: 4)), ("memory", Quantity(value: 1 << 33)),
                    ("pods", Quantity(value: 110)),
                ])
                cluster.nodes.set(Ref(node))
            }
            var environment = PluginEnvironment()
            environment.seed = seed
            let framework = try Self.configuration(.random, environment: environment).profiles[0]
            var cycle = SchedulingCycle()
            return (0..<400).map { number in
                var metadata = ObjectMeta(namespace: "default", name: "p\(number)")
                metadata.uid = UID("p\(number)")
                let spec = PodSpec(source: [
                    "schedulerName": "default-scheduler", "containers": [["name": "c", "image": "app:v1"]],
                ])
                let info = cluster.nodes.compile(Ref(Pod(metadata: metadata, spec: spec)))
                return cycle.schedule(info, framework: framework, cluster: &cluster) { _ in 0 }.chosenName
            }
        }
        let first = try run(seed: 1)
        #expect(try run(seed: 1) == first)
        #expect(try run(seed: 2) != first)
        for name in ["n1", "n2", "n3", "n4"] {
            // Four standard deviations of a binomial with 400 draws and a quarter each.
            let count = first.filter { $0 == name }.count
            #expect(abs(count - 100) <= 35)
        }
    }

    @Test("numbers in names count as numbers")
    func naturalOrder() throws {
        var harness = try SchedulerHarness(SchedulingPolicy.firstFit.configuration)
        for name in ["b-1", "a-10", "a-9", "a-09x"] { try harness.addNode(name, cpu: "1") }
        var chosen: [String] = []
        for place in 0..<4 {
            try harness.addPod("pod-\(place)")
            harness.run(until: .start + .seconds(1 + Int64(place)))
            chosen.append(harness.pod("pod-\(place)")?.nodeName ?? "")
        }
        #expect(chosen == ["a-9", "a-09x", "a-10", "b-1"])
    }
}
