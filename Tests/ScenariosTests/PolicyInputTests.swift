import KubernetesModel
import Scheduler
import Simulation
import SimulationKernel
import Testing
import VirtualNodes

@testable import Scenarios

@Suite("Policies in scenarios")
struct PolicyInputTests {
    private static func text(_ cluster: String, annotations: String = "{}") -> String {
        """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: {name: test}
        duration: 10m
        cluster:
          nodePools:
            - {name: general, count: 3, capacity: {cpu: 4, memory: 16Gi}}
        \(cluster)
        manifests:
          - apiVersion: v1
            kind: Pod
            metadata: {name: web, annotations: \(annotations)}
            spec: {containers: [{name: web, image: nginx}]}
        """
    }

    private static func read(_ text: String) throws(InvalidInput) -> Scenario {
        try ScenarioLoader.parse(text, .yaml, name: "s.yaml")
    }

    private static func errors(_ text: String) -> [String] {
        do throws(InvalidInput) {
            _ = try read(text)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test(
        "every policy is read, configures the scheduler, and is written out",
        arguments: SchedulingPolicy.allCases)
    func policies(policy: SchedulingPolicy) throws {
        let scenario = try Self.read(Self.text("  scheduler: {policy: \(policy.rawValue)}"))
        #expect(scenario.cluster.scheduler.policy == policy)
        let configured = ClusterConfiguration(scenario).scheduler.profiles[0]
        let expected = try SchedulerConfiguration(json: policy.configuration).profiles[0]
        #expect(configured.score.map(\.plugin.name) == expected.score.map(\.plugin.name))
        #expect(configured.queueSort.name == expected.queueSort.name)
        let again = try ScenarioLoader.parse(
            JSONWriter.string(scenario.resolved, style: .pretty), .json, name: "run.json")
        #expect(again.cluster.scheduler.policy == policy)
    }

    @Test("a policy can take the place of what the scenario says")
    func override() throws {
        var scenario = try Self.read(
            Self.text(
                "  scheduler: {config: {apiVersion: kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration}}"
            ))
        scenario.cluster.scheduler.take(.firstFit)
        #expect(scenario.cluster.scheduler.config.isNull)
        #expect(ClusterConfiguration(scenario).scheduler.profiles[0].score.map(\.plugin.name) == ["FirstFit"])
    }

    @Test("data sets are read with HDFS's defaults, and written out")
    func dataSets() throws {
        let text = """
              dataSets:
                - {name: clicks, size: 10Gi}
                - {name: users, size: 1G, blockSize: 100M, replicas: 2, nodes: [general-1, general-3]}
              dataBandwidth: {rack: 50M}
            """
        let scenario = try Self.read(
            Self.text(text, annotations: "{scheduling.simk.dev/reads: \"clicks=0.5,users\"}"))
        let sets = scenario.cluster.dataSets
        #expect(sets.map(\.name) == ["clicks", "users"])
        #expect(sets.map(\.blockBytes) == [128 << 20, 100_000_000])
        #expect(sets.map(\.replicas) == [3, 2])
        #expect(sets[1].placement == .nodes(["general-1", "general-3"]))
        #expect(scenario.cluster.dataBandwidth.rack == 50_000_000)
        #expect(scenario.cluster.dataBandwidth.node == 200_000_000)
        let again = try ScenarioLoader.parse(
            JSONWriter.string(scenario.resolved, style: .pretty), .json, name: "run.json")
        #expect(again.cluster.dataSets == sets)
        #expect(again.cluster.dataBandwidth == scenario.cluster.dataBandwidth)
        #expect(ClusterConfiguration(scenario).kubelet.readTime != nil)
    }

    @Test(
        "mistakes are told",
        arguments: [
            ("  scheduler: {policy: first-fitt}", "{}", "Did you mean 'first-fit'?"),
            ("  scheduler: {policy: gang, config: {}}", "{}", "either a policy or a config"),
            ("  dataSets: [{name: a, size: 0}]", "{}", "above 0"),
            ("  dataSets: [{name: a, size: 1Gi, nodes: [general-9]}]", "{}", "general-9"),
            (
                "  dataSets: [{name: a, size: 1Gi, writer: general-1, nodes: [general-1]}]", "{}",
                "either nodes or a writer"
            ),
            ("  dataSets: [{name: a, size: 1Gi}, {name: a, size: 1Gi}]", "{}", "a second data set named 'a'"),
            ("  dataSets: [{name: a, size: 1Ti, blockSize: 1Ki}]", "{}", "1000000 blocks"),
            ("  dataBandwidth: {node: 0}", "{}", "above 0"),
            ("", "{scheduling.simk.dev/reads: a}", "expected one of the data sets"),
            ("", "{scheduling.simk.dev/deadline: soon}", "or a duration after the pod's creation"),
            (
                "", "{scheduling.simk.dev/gang: a}",
                "annotation scheduling.simk.dev/gang-min-member is missing"
            ),
            ("", "{scheduling.simk.dev/dead-line: 5m}", "Did you mean 'scheduling.simk.dev/deadline'?"),
        ])
    func mistakes(cluster: String, annotations: String, words: String) {
        let errors = Self.errors(Self.text(cluster, annotations: annotations))
        #expect(errors.contains { $0.contains(words) }, "\(errors)")
    }
}
