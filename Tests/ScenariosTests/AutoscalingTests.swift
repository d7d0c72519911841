import Autoscalers
import ControlPlane
import KubernetesModel
import Simulation
import SimulationKernel
import Testing

@testable import Scenarios

@Suite("Autoscaling in scenarios")
struct AutoscalingTests {
    // MARK: Input

    private static func text(metrics: String = "[]", scaler: String = "") -> String {
        """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: {name: test}
        duration: 10m
        cluster:
          nodePools:
            - {name: general, count: 3, capacity: {cpu: 4, memory: 16Gi}}
        manifests:
          - apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: nginx, resources: {requests: {cpu: 500m}}}]}
        \(scaler)
        metrics: \(metrics)
        """
    }

    private static func scaler(_ metrics: String, version: String = "v2") -> String {
        """
          - apiVersion: autoscaling/\(version)
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
              maxReplicas: 9
              \(metrics)
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

    @Test("each form of a metric, read and written out")
    func forms() throws {
        let scenario = try Self.read(
            Self.text(
                metrics: """
                    [{name: qps, eachPod: app=web, value: 2500m},
                     {name: rps, sharedByPods: app=web, labels: {path: a}, value: {series: [[1m, 10], [3m, 40, 1m]]}},
                     {name: hits, namespace: default, object: {kind: Ingress, name: i}, value: 3},
                     {name: queue, external: true, labels: {queue: mail}, value: 1k}]
                    """))
        #expect(scenario.warnings.map(\.description) == [])
        let web = LabelSelector(matchLabels: ["app": "web"])
        let expected: [StatedMetric] = [
            .init(name: "qps", namespace: "default", subject: .eachPod(web), series: .init(constant: 2_500)),
            .init(
                name: "rps", namespace: "default", subject: .sharedByPods(web), labels: ["path": "a"],
                series: .init(steps: [
                    .init(at: .start + .minutes(1), milli: 10_000),
                    .init(at: .start + .minutes(3), milli: 40_000, ramp: .minutes(1)),
                ])),
            .init(
                name: "hits", namespace: "default", subject: .object(kind: "Ingress", name: "i"),
                series: .init(constant: 3_000)),
            .init(
                name: "queue", namespace: nil, subject: .external, labels: ["queue": "mail"],
                series: .init(constant: 1_000_000)),
        ]
        #expect(scenario.metrics.map(\.metric) == expected)
        let again = try ScenarioLoader.parse(
            JSONWriter.string(scenario.resolved, style: .pretty), .json, name: "run.json",
            options: .init(isStrict: false))
        #expect(again.metrics == scenario.metrics)
    }

    @Test(
        "mistakes are told",
        arguments: [
            ("[{eachPod: app=web, value: 1}]", "'name' is missing"),
            ("[{name: a, eachPod: app=web}]", "'value' is missing"),
            ("[{name: a, value: 1}]", "expected exactly one of eachPod, sharedByPods, object, external"),
            ("[{name: a, eachPod: app=web, external: true, value: 1}]", "found eachPod and external"),
            ("[{name: a, external: false, value: 1}]", "expected true"),
            ("[{name: a, external: true, value: -1}]", "It cannot be negative"),
            ("[{name: a, external: true, value: {series: []}}]", "at least one pair"),
            ("[{name: a, external: true, value: {series: [[5m]]}}]", "a time and an amount"),
            (
                "[{name: a, external: true, value: {series: [[5m, 1], [5m, 2]]}}]",
                "a time later than the one before it, 5m"
            ),
            (
                "[{name: a, external: true, value: {series: [[5m, 1, 1m]]}}]",
                "no rise before the first amount"
            ),
            (
                "[{name: a, external: true, value: {series: [[0s, 1], [5m, 2, 6m]]}}]",
                "at most the time since the amount before it"
            ),
            ("[{name: a, eachPods: app=web, value: 1}]", "Did you mean 'eachPod'?"),
            ("[{name: a, eachPod: app=wob, value: 1}]", "the selector 'app=wob' in namespace default"),
        ])
    func mistakes(metrics: String, mentioned: String) {
        let found = Self.messages(Self.text(metrics: metrics))
        #expect(found.contains { $0.contains(mentioned) }, "\(found)")
    }

    @Test(
        "an autoscaler that goes by what nobody states is told",
        arguments: [
            ("metrics: []", "v2", "a metric of cpu has no effect"),
            (
                "targetCPUUtilizationPercentage: 50", "v1",
                "No behavior says what the pods of Deployment web use"
            ),
            (
                "metrics: [{type: Pods, pods: {metric: {name: qqs}, target: {type: AverageValue, averageValue: 1}}}]",
                "v2", "there is no metric 'qqs'. Did you mean 'qps'?"
            ),
            (
                "metrics: [{type: External, external: {metric: {name: qps}, target: {type: Value, value: 1}}}]",
                "v2", "there is no metric 'qps'"
            ),
        ])
    func unstated(metrics: String, version: String, mentioned: String) {
        let found = Self.messages(
            Self.text(
                metrics: "[{name: qps, eachPod: app=web, value: 1}]",
                scaler: Self.scaler(metrics, version: version)))
        #expect(found.count == 1 && found.first?.contains(mentioned) == true, "\(found)")
    }

    @Test("a workload that is not there is told")
    func missingTarget() {
        let scaler = Self.scaler(
            "metrics: [{type: Pods, pods: {metric: {name: qps}, target: {type: AverageValue, averageValue: 1}}}]"
        )
        .replacing("kind: Deployment, name: web", with: "kind: Deployment, name: wib")
        let found = Self.messages(
            Self.text(metrics: "[{name: qps, eachPod: app=web, value: 1}]", scaler: scaler))
        #expect(
            found.count == 1
                && found.first?.contains("there is no deployment 'wib'. Did you mean 'web'?") == true,
            "\(found)")
    }

    @Test("metrics-server takes no resolution below 10 s, and says so in its words")
    func resolution() {
        let text = Self.text().replacing(
            "cluster:", with: "cluster:\n  controlPlane: {parameters: {metricResolution: 5s}}")
        let found = Self.messages(text)
        #expect(found.count == 1)
        #expect(
            found.first?.contains("metric-resolution should be a time duration at least 10s, but value 5s")
                == true, "\(found)")
    }

    // MARK: Runs

    private static func run(_ text: String, for duration: VirtualDuration) throws -> ScenarioRun {
        let run = ScenarioRun(try read(text))
        run.simulation.run(until: .start + duration)
        return run
    }

    private static let key = ObjectKey(namespace: "default", name: "web")

    @Test("CPU goes from the containers through metrics-server to the size")
    func resourceMetric() throws {
        // 400 of the 500 requested thousandths are 80 %; 40 % are wanted: twice the pods.
        let text =
            Self.text(
                scaler: Self.scaler(
                    "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 40}}}]"
                )) + "\nbehaviors: [{selector: app=web, usage: {cpu: 400m, memory: 64Mi}}]"
        let run = try Self.run(text, for: .minutes(10))
        let scaler = try #require(run.simulation.get(HorizontalPodAutoscaler.self, Self.key))
        // More pods use more CPU here, so that it goes to the limit.
        #expect(scaler.status.desiredReplicas == 9)
        #expect(scaler.status.currentMetrics.first?.resource?.current.averageUtilization == 80)
        #expect(scaler.status.currentMetrics.first?.resource?.current.averageValue == Quantity(milli: 400))
        #expect(scaler.status.conditions["ScalingLimited"]?.reason == "TooManyReplicas")
        #expect(run.simulation.get(Deployment.self, Self.key)?.status.readyReplicas == 9)
    }

    @Test("pods whose use nobody states have no metrics, as upstream says it")
    func noMetrics() throws {
        let run = try Self.run(Self.text(scaler: Self.scaler("minReplicas: 1")), for: .minutes(1))
        let scaler = try #require(run.simulation.get(HorizontalPodAutoscaler.self, Self.key))
        #expect(scaler.status.conditions["ScalingActive"]?.reason == "FailedGetResourceMetric")
        #expect(
            scaler.status.conditions["ScalingActive"]?.message
                == "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API"
        )
        #expect(scaler.status.currentMetrics == [MetricStatus()])
    }

    @Test("a target that is not there is told")
    func noTarget() throws {
        let scaler = Self.scaler("minReplicas: 1").replacing(
            "name: web}\n      maxR", with: "name: wob}\n      maxR")
        let run = try Self.run(Self.text(scaler: scaler), for: .minutes(1))
        let status = try #require(run.simulation.get(HorizontalPodAutoscaler.self, Self.key)).status
        #expect(
            status.conditions["AbleToScale"]?.message
                == "the HPA controller was unable to get the target's current scale: deployments.apps \"wob\" not found"
        )
    }

    @Test("version 1 is stored as version 2, and applied again changes what it says")
    func version1() throws {
        let first = Self.scaler("targetCPUUtilizationPercentage: 50", version: "v1")
        let again = first.replacing("50", with: "60").replacing("maxReplicas: 9", with: "maxReplicas: 7")
        let text =
            Self.text(scaler: first)
            + "\ntimeline:\n  - at: 1m\n    apply:\n"
            + again.split(separator: "\n").map { "    \($0)" }
            .joined(separator: "\n")
        let run = try Self.run(text, for: .seconds(30))
        #expect(run.simulation.refusedManifests.map(\.message) == [])
        func spec() throws -> HorizontalPodAutoscalerSpec {
            try #require(run.simulation.get(HorizontalPodAutoscaler.self, Self.key)).spec
        }
        #expect(try spec().metrics.first?.resource?.target.averageUtilization == 50)
        #expect(try spec().minReplicas == 1)
        run.simulation.run(until: .start + .seconds(90))
        #expect(try spec().metrics.map(\.resource?.target.averageUtilization) == [60])
        #expect(try spec().maxReplicas == 7)
        #expect(run.simulation.refusedManifests.map(\.message) == [])
    }

    @Test(
        "a Deployment that is applied again keeps its size, unless its manifest has one",
        arguments: [("", 4), ("replicas: 2", 2)] as [(String, Int64)])
    func applyAgain(replicas: String, expected: Int64) throws {
        func deployment(_ image: String) -> String {
            """
              - apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  \(replicas)
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec: {containers: [{name: web, image: \(image), resources: {requests: {cpu: 500m}}}]}
            """
        }
        let text = """
            apiVersion: simk.dev/v1
            kind: Scenario
            metadata: {name: test}
            duration: 10m
            cluster: {nodePools: [{name: general, count: 3, capacity: {cpu: 4, memory: 16Gi}}]}
            metrics: [{name: queue, external: true, value: 40}]
            manifests:
            \(deployment("nginx:1"))
              - apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: web}
                spec:
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
                  maxReplicas: 9
                  metrics:
                    - {type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: 10}}}
            timeline:
              - at: 2m
                apply:
            \(deployment("nginx:2").split(separator: "\n").map { "    " + $0 }.joined(separator: "\n"))
            """
        let run = try Self.run(text, for: .seconds(119))
        #expect(run.simulation.get(Deployment.self, Self.key)?.spec.replicas == 4)
        // The next look at the autoscaler comes a little later.
        run.simulation.run(until: .start + .milliseconds(120_010))
        let deployment = try #require(run.simulation.get(Deployment.self, Self.key))
        #expect(deployment.spec.template.spec.containers.first?.image == "nginx:2")
        #expect(deployment.spec.replicas == expected)
        run.simulation.run(until: .start + .minutes(3))
        #expect(run.simulation.get(Deployment.self, Self.key)?.spec.replicas == 4)
    }

    @Test("without autoscalers metrics-server has nothing to do")
    func idle() throws {
        let text = Self.text() + "\nbehaviors: [{selector: app=web, usage: {cpu: 400m}}]"
        let run = try Self.run(text, for: .minutes(2))
        let before = run.simulation.counters.events
        run.simulation.run(until: .start + .minutes(9))
        #expect(run.simulation.counters.events == before)
    }

    @Test("the shipped scenario goes as its expectations say")
    func shipped() throws {
        let scenario = try ScenarioLoader.load(path: ProjectFolder.root + "scenarios/autoscaling.json")
        let run = ScenarioRun(scenario)
        run.run()
        for result in run.results where result.verdict != .held { Issue.record("\(result)") }
        #expect(run.results.count == 14)
    }
}
