import KubernetesModel
import Simulation
import SimulationKernel
import Stochastics
import Testing
import VirtualNodes

@testable import Scenarios

@Suite("Usage and runtimes in scenarios")
struct UsageInputTests {
    private static func text(usage: String, pool: String = "", manifest: String = "") -> String {
        """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: {name: test}
        duration: 10m
        cluster:
          nodePools:
            - {name: general, count: 3, capacity: {cpu: 4, memory: 16Gi}\(pool)}
        manifests:
          - apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {app: web}}
            spec: {containers: [{name: web, image: nginx}]}
        \(manifest)
        behaviors:
          - {selector: app=web, usage: \(usage)}
        """
    }

    private static func read(_ text: String) throws(InvalidInput) -> Scenario {
        try ScenarioLoader.parse(text, .yaml, name: "s.yaml", options: .init(isStrict: false))
    }

    private static func messages(_ text: String) -> [String] {
        do throws(InvalidInput) {
            return try read(text).warnings.map(\.description)
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test(
        "each form of a usage, read and written out",
        arguments: [
            ("{cpu: 500m}", UsagePattern.level(.constant(0.5)), UsagePattern?.none),
            ("{cpu: 500m, memory: 1Gi}", .level(.constant(0.5)), .level(.constant(1_073_741_824))),
            (
                "{cpu: {uniform: {low: 1, high: 2}}, memory: {grow: {to: 1Ki, over: 5m}}}",
                .level(.uniform(low: 1, high: 2)),
                .growth(from: .constant(0), to: .constant(1_024), over: .constant(300))
            ),
            (
                "{cpu: {series: [[0s, 1], [5m, 2]]}, memory: {series: [[1m, {exponential: {mean: 1Ki}}]]}}",
                .steps([
                    .init(after: .zero, amount: .constant(1)),
                    .init(after: .minutes(5), amount: .constant(2)),
                ]),
                .steps([.init(after: .minutes(1), amount: .exponential(mean: 1_024))])
            ),
        ] as [(String, UsagePattern?, UsagePattern?)])
    func forms(usage: String, cpu: UsagePattern?, memory: UsagePattern?) throws {
        let scenario = try Self.read(Self.text(usage: usage))
        #expect(scenario.warnings.map(\.description) == [])
        #expect(scenario.behaviors[0].cpuUsage == cpu)
        #expect(scenario.behaviors[0].memoryUsage == memory)
        let again = try ScenarioLoader.parse(
            JSONWriter.string(scenario.resolved, style: .pretty), .json, name: "run.json",
            options: .init(isStrict: false))
        #expect(again.behaviors[0].cpuUsage == cpu)
        #expect(again.behaviors[0].memoryUsage == memory)
    }

    @Test(
        "mistakes are told",
        arguments: [
            ("{cpu: {grow: {to: 2, over: 5m}}}", "CPU use changes in steps"),
            ("{memory: {grow: {to: 2}}}", "'over'"), ("{memory: {grow: {over: 2m}}}", "'to'"),
            ("{memory: {series: []}}", "at least one pair"),
            ("{memory: {series: [[5m, 1Gi], [5m, 2Gi]]}}", "a time later than the one before it, 5m"),
            ("{memory: {series: [[5m]]}}", "a time and an amount"),
            ("{memory: -1Gi}", "It cannot be negative"),
            ("{memry: 1Gi}", "Did you mean 'memory'?"),
        ])
    func mistakes(usage: String, mentioned: String) {
        let found = Self.messages(Self.text(usage: usage))
        #expect(found.count == 1 && found.first?.contains(mentioned) == true, "\(found)")
    }

    @Test("an unknown runtime is refused with those that there are")
    func unknownRuntime() {
        let found = Self.messages(Self.text(usage: "{}", pool: ", runtime: crio"))
        #expect(found.count == 1)
        #expect(
            found.first?.contains(
                "expected one of containerd, cri-o, docker, rkt, kata, hyper. Did you mean 'cri-o'?")
                == true, "\(found)")
        let handler = Self.messages(Self.text(usage: "{}", pool: ", runtimeHandlers: {kata: katta}"))
        #expect(handler.first?.contains("Did you mean 'kata'?") == true, "\(handler)")
    }

    @Test("a RuntimeClass whose handler no pool has is told; its handler reaches the nodes otherwise")
    func runtimeClass() throws {
        let manifest = """
              - {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: isolated}, handler: kata}
            """
        let found = Self.messages(Self.text(usage: "{}", manifest: manifest))
        #expect(found.count == 1 && found.first?.contains("runtime handler 'kata'") == true, "\(found)")
        let scenario = try Self.read(
            Self.text(
                usage: "{}", pool: ", runtime: docker, runtimeHandlers: {kata: kata}", manifest: manifest))
        #expect(scenario.warnings.map(\.description) == [])
        let configuration = ClusterConfiguration(scenario)
        #expect(configuration.kubelet.runtimeClasses == ["isolated": "kata"])
        #expect(configuration.nodes[0].description.runtime == .docker)
        #expect(configuration.nodes[0].description.runtimeHandlers == ["kata": .kata])
    }
}
