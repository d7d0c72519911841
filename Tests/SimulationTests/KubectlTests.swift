import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@testable import Simulation

/// What `kubectl apply` and other commands do to objects.
@Suite("kubectl")
struct KubectlTests {
    private static let key = ObjectKey(namespace: "default", name: "web")

    private static func deployment(_ spec: String, metadata: String = "") throws -> JSONValue {
        try JSONParser.parse(
            """
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"\(metadata)},
             "spec": {"selector": {"matchLabels": {"app": "web"}}\(spec),
              "template": {"metadata": {"labels": {"app": "web"}},
               "spec": {"containers": [{"name": "main", "image": "nginx:1"}]}}}}
            """)
    }

    private static func run(_ commands: [(Int64, Command)], until end: Int64 = 20) -> ClusterSimulation {
        let simulation = ClusterSimulation(
            ClusterConfiguration(seed: 1, start: CalendarTime(unixSeconds: 1_767_225_600)))
        for (second, command) in commands { simulation.schedule(command, at: .start + .seconds(second)) }
        simulation.run(until: .start + .seconds(end))
        return simulation
    }

    private static func apply(_ trees: JSONValue...) -> Command {
        .apply(trees.map { AppliedManifest($0, source: "web.yaml") })
    }

    private static func tree(_ simulation: ClusterSimulation, _ kind: ObjectKind = .deployment) throws
        -> JSONValue
    {
        try #require(simulation.object(kind, key)).tree(epoch: simulation.configuration.start)
    }

    @Test("the annotation holds the manifest as kubectl writes it")
    func annotation() throws {
        let manifest = try JSONParser.parse(
            #"{"kind": "ConfigMap", "apiVersion": "v1", "data": {"b": "<x>", "a": "1"}, "metadata": {"name": "web"}}"#
        )
        let stored = try Self.tree(Self.run([(0, Self.apply(manifest))]), .configMap)
        #expect(
            stored["metadata"]?["annotations"]?[ClientSideApply.annotation]
                == .string(
                    #"{"apiVersion":"v1","data":{"a":"1","b":"\u003cx\u003e"},"kind":"ConfigMap","metadata":"#
                        + #"{"annotations":{},"name":"web","namespace":"default"}}"# + "\n"))
    }

    @Test("a field that leaves the manifest leaves the object; what others set stays")
    func threeWay() throws {
        let first = try Self.deployment(
            #", "minReadySeconds": 5, "paused": true"#, metadata: #", "labels": {"a": "1"}"#)
        let second = try Self.deployment("", metadata: #", "labels": {"c": "3"}"#)
        let simulation = Self.run([
            (0, Self.apply(first)), (1, .scale(.deployment, Self.key, replicas: 4)),
            (2, .label(.deployment, Self.key, ["b": "2"])), (3, Self.apply(second)),
        ])
        let stored = try Self.tree(simulation)
        #expect(stored["spec"]?["replicas"] == 4)
        #expect(stored["spec"]?["minReadySeconds"] == nil)
        #expect(stored["spec"]?["paused"] == nil)
        #expect(stored["metadata"]?["labels"] == ["b": "2", "c": "3"])
    }

    @Test("a manifest that names the replicas takes them back")
    func replicas() throws {
        let manifest = try Self.deployment(#", "replicas": 2"#)
        let simulation = Self.run([
            (0, Self.apply(manifest)), (1, .scale(.deployment, Self.key, replicas: 4)),
            (2, Self.apply(manifest)),
        ])
        #expect(try Self.tree(simulation)["spec"]?["replicas"] == 2)
    }

    @Test("an unchanged manifest is read and not written")
    func unchanged() throws {
        let manifest = try JSONParser.parse(
            #"{"kind": "ConfigMap", "apiVersion": "v1", "data": {"a": "1"}, "metadata": {"name": "web"}}"#)
        let once = Self.run([(0, Self.apply(manifest))])
        let target = try #require(ClientSideApply(manifest))
        #expect(try target.patch(for: try Self.tree(once, .configMap)) == nil)
        let twice = Self.run([(0, Self.apply(manifest)), (1, Self.apply(manifest))])
        #expect(
            once.object(.configMap, Self.key)?.metadata.resourceVersion
                == twice.object(.configMap, Self.key)?.metadata.resourceVersion)
        #expect(twice.counters.apiCalls == once.counters.apiCalls + 1)
        #expect(twice.counters.apiErrors == once.counters.apiErrors)
    }

    @Test("refusals are told as kubectl prints them, and the next manifest is applied all the same")
    func refusals() throws {
        let unknown = try JSONParser.parse(
            #"{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "x", "namespace": "nowhere"}}"#)
        let invalid = try JSONParser.parse(
            #"{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "X"}}"#)
        let good = try JSONParser.parse(
            #"{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "web"}}"#)
        let simulation = Self.run([(0, Self.apply(unknown, invalid, good))])
        #expect(simulation.object(.configMap, Self.key) != nil)
        let messages = simulation.refusedManifests.map(\.message)
        try #require(messages.count == 2)
        #expect(
            messages[0]
                == #"Error from server (NotFound): error when creating "web.yaml": namespaces "nowhere" not found"#
        )
        #expect(messages[1].hasPrefix(#"The ConfigMap "X" is invalid: metadata.name: Invalid value: "X": "#))
    }

    @Test("the commands change what they are about")
    func commands() throws {
        let manifest = try Self.deployment("")
        let simulation = Self.run([
            (0, Self.apply(manifest)),
            (1, .setImage(.deployment, Self.key, container: "main", image: "nginx:2")),
            (2, .restart(.deployment, Self.key)), (3, .pause(Self.key, true)),
            (4, .annotate(.deployment, Self.key, ["x": "y"])),
        ])
        let stored = try Self.tree(simulation)
        let template = stored["spec"]?["template"]
        #expect(template?["spec"]?["containers"]?[0]?["image"] == "nginx:2")
        #expect(
            template?["metadata"]?["annotations"]?["kubectl.kubernetes.io/restartedAt"]
                == "2026-01-01T00:00:02Z")
        #expect(stored["spec"]?["paused"] == true)
        #expect(stored["metadata"]?["annotations"]?["x"] == "y")
    }

    @Test("an undo goes back to the template before")
    func rollback() throws {
        let simulation = Self.run([
            (0, Self.apply(try Self.deployment(""))),
            (1, .setImage(.deployment, Self.key, container: "main", image: "nginx:2")),
            (5, .rollback(Self.key, revision: 0)),
        ])
        let template = try Self.tree(simulation)["spec"]?["template"]
        #expect(template?["spec"]?["containers"]?[0]?["image"] == "nginx:1")
    }
}
