import Autoscalers
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@Suite("metrics-server")
struct MetricsServerTests {
    private static let pod = ObjectKey(namespace: "default", name: "web")

    private static func at(_ seconds: Int64) -> VirtualTime { .start + .seconds(seconds) }

    /// A pod whose one container has used so many core-milliseconds.
    private static func reading(
        _ core: UInt64, memory: Int64 = 1 << 20, startedAt: Int64 = 0
    ) -> MetricsServer.PodReading {
        MetricsServer.PodReading(
            pod: pod,
            containers: [
                .init(
                    name: "app", startedAt: at(startedAt), cpuNanoseconds: core * 1_000_000,
                    memoryBytes: memory)
            ])
    }

    private static func cpu(_ server: MetricsServer) -> Int64? {
        server.usage(of: pod)?.containers[0].usage[ResourceName.cpu]?.milliValue
    }

    @Test("CPU is the slope between the last two points, memory the last one")
    func slope() throws {
        var server = MetricsServer()
        server.store([Self.reading(9_000)], at: Self.at(100))
        #expect(server.usage(of: Self.pod) == nil)
        server.store([Self.reading(12_000, memory: 3 << 20)], at: Self.at(115))
        let item = try #require(server.usage(of: Self.pod))
        // 3 core-seconds in 15 s.
        #expect(Self.cpu(server) == 200)
        #expect(item.containers[0].usage[ResourceName.memory]?.description == "3Mi")
        #expect(item.window == .seconds(15))
        #expect(item.timestamp == Self.at(115))
    }

    @Test("a container that is at least 10 s old counts from its start")
    func freshContainer() {
        var server = MetricsServer()
        server.store([Self.reading(900, startedAt: 91)], at: Self.at(100))
        #expect(server.usage(of: Self.pod) == nil)
        server.store([Self.reading(1_200, startedAt: 88)], at: Self.at(100))
        // 1.2 core-seconds in 12 s.
        #expect(Self.cpu(server) == 100)
    }

    @Test("a container that started anew is another one")
    func restart() {
        var server = MetricsServer()
        server.store([Self.reading(9_000)], at: Self.at(100))
        server.store([Self.reading(12_000)], at: Self.at(115))
        server.store([Self.reading(100, startedAt: 125)], at: Self.at(130))
        #expect(server.usage(of: Self.pod) == nil)
    }

    @Test("a pod that a reading lacks begins again")
    func gap() {
        var server = MetricsServer()
        server.store([Self.reading(9_000)], at: Self.at(100))
        server.store([], at: Self.at(115))
        server.store([Self.reading(12_000)], at: Self.at(130))
        #expect(server.usage(of: Self.pod) == nil)
        server.store([Self.reading(12_000)], at: Self.at(145))
        #expect(Self.cpu(server) == 0)
    }

    @Test("a pod shows once all its containers have two points")
    func severalContainers() {
        func both(_ core: UInt64, second: Bool) -> MetricsServer.PodReading {
            var reading = Self.reading(core)
            if second {
                reading.containers.append(
                    .init(name: "side", startedAt: Self.at(0), cpuNanoseconds: 0, memoryBytes: 0))
            }
            return reading
        }
        var server = MetricsServer()
        server.store([both(1_000, second: false)], at: Self.at(100))
        server.store([both(2_000, second: true)], at: Self.at(115))
        #expect(server.usage(of: Self.pod) == nil)
        server.store([both(3_000, second: true)], at: Self.at(130))
        #expect(server.usage(of: Self.pod)?.containers.map(\.name) == ["app", "side"])
    }
}

@Suite("Metrics that a scenario states")
struct StatedMetricsTests {
    private static func pod(_ name: String, isReady: Bool = true) -> Pod {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.labels = ["app": "web"]
        var status = PodStatus()
        status.phase = .running
        status.conditions = [Condition("Ready", isReady ? .isTrue : .isFalse)]
        return Pod(metadata: metadata, spec: PodSpec(source: [:]), nodeName: "n1", status: status)
    }

    private static let web = LabelSelector(matchLabels: ["app": "web"])

    private static func answer(
        _ metrics: [StatedMetric], _ query: MetricsQueryCase, at now: VirtualTime = .start
    ) -> String {
        let pods = [pod("a"), pod("b"), pod("c", isReady: false)]
        do throws(APIErrorText) {
            return try query.run(StatedMetrics(metrics), pods, now)
        } catch {
            return error.text
        }
    }

    @Test(
        "a series is constant between its steps, and straight on its ramps",
        arguments: [
            (0, nil), (59, nil), (60, 100), (239, 100), (240, 100), (270, 250), (300, 400), (999, 400),
        ]
            as [(Int64, Int64?)])
    func series(_ seconds: Int64, _ milli: Int64?) {
        let series = MetricSeries(steps: [
            .init(at: .start + .seconds(60), milli: 100),
            .init(at: .start + .seconds(300), milli: 400, ramp: .seconds(60)),
        ])
        #expect(series.milli(at: .start + .seconds(seconds)) == milli)
    }

    @Test("pods have the value each, or the ready ones their parts of it")
    func pods() {
        let each = StatedMetric(
            name: "qps", namespace: "default", subject: .eachPod(Self.web), series: .init(constant: 900))
        let shared = StatedMetric(
            name: "qps", namespace: "default", subject: .sharedByPods(Self.web), series: .init(constant: 900))
        #expect(Self.answer([each], .pods("qps")) == "a 900 b 900 c 900")
        #expect(Self.answer([shared], .pods("qps")) == "a 450 b 450 c 0")
    }

    @Test("what is not there is refused in the adapters' words")
    func missing() {
        let metric = StatedMetric(
            name: "qps", namespace: "default", subject: .eachPod(Self.web), series: .init(constant: 1))
        #expect(
            Self.answer([], .pods("qps")) == "no custom metrics API (custom.metrics.k8s.io) registered")
        #expect(
            Self.answer([metric], .pods("other")) == "the server could not find the metric other for pods")
        #expect(
            Self.answer([metric], .object("hits"))
                == "the server could not find the metric hits for ingresses.networking.k8s.io i")
        #expect(
            Self.answer([metric], .external("queue"))
                == "the server could not find the requested resource (get queue.external.metrics.k8s.io)")
    }

    @Test("external metrics of one name are told apart by their labels")
    func external() {
        func metric(_ queue: String, _ value: Int64) -> StatedMetric {
            StatedMetric(
                name: "queue", namespace: nil, subject: .external, labels: ["queue": queue],
                series: .init(constant: value))
        }
        let metrics = [metric("mail", 7), metric("text", 9)]
        #expect(Self.answer(metrics, .external("queue")) == " 7  9")
        #expect(Self.answer(metrics, .external("queue", queue: "text")) == " 9")
        #expect(Self.answer(metrics, .external("queue", queue: "none")) == "")
    }
}

@Suite("Pods by their labels")
struct PodLabelIndexTests {
    private static func pod(_ name: String, _ app: String, namespace: String = "default") -> ObjectMeta {
        var metadata = ObjectMeta(namespace: namespace, name: name)
        metadata.labels = ["app": app]
        return metadata
    }

    @Test("pods are found by selector, in the order of names, wherever their labels went")
    func finds() throws {
        let web = CompiledLabelSelector(matchLabels: [(key: "app", value: "web")])
        var index = PodLabelIndex()
        for name in ["c", "a", "b"] { index.update(from: nil, to: Self.pod(name, "web")) }
        index.update(from: nil, to: Self.pod("d", "web", namespace: "other"))
        #expect(index.pods(in: "default", web).map(\.name) == ["a", "b", "c"])
        index.update(from: Self.pod("b", "web"), to: Self.pod("b", "db"))
        index.update(from: Self.pod("c", "web"), to: nil)
        #expect(index.pods(in: "default", web).map(\.name) == ["a"])
        #expect(index.pods(in: "default", .everything).map(\.name) == ["a", "b"])
        #expect(index.pods(in: "other", web).map(\.name) == ["d"])
        #expect(index.pods(in: "none", web).isEmpty)
        // Without a label that it must have, every label set is looked at.
        let notWeb = try CompiledLabelSelector(parsing: "app,app!=web")
        #expect(index.pods(in: "default", notWeb).map(\.name) == ["b"])
        let either = try CompiledLabelSelector(parsing: "app in (web,db)")
        #expect(index.pods(in: "default", either).map(\.name) == ["a", "b"])
    }
}
