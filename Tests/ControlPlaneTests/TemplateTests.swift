import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

/// Objects of a template are those that manifests of their own would have given.
@Suite("objects of templates")
struct TemplateTests {
    private static func manifest(_ resource: String, cpu: Bool) throws -> JSONValue {
        let amounts = #"{"\#(resource)": 1\#(cpu ? #", "cpu": "100m""# : "")}"#
        return try JSONParser.parse(
            """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "first", "labels": {"app": "a"}},
             "spec": {"containers": [{"name": "main", "image": "pause",
                "resources": {"requests": \(amounts), "limits": \(amounts)}}]}}
            """)
    }

    @Test(
        "a pod that differs in the name of an extended resource", arguments: [false, true],
        ["example.com/b", "aaa.example.com/x", "zzz.example.com/x"])
    func resource(hasCPU: Bool, name: String) throws {
        let template = ManifestTemplate(try Self.manifest("example.com/a", cpu: hasCPU))
        var instance = ManifestInstance(name: "second", namespace: "default")
        instance.edit = .resourceOfPod(name, insteadOf: "example.com/a")
        var fixture = ServerFixture()
        let found = try #require(try fixture.send(.createFrom(template, instance)).get())
        var other = ServerFixture()
        var tree = try Self.manifest(name, cpu: hasCPU)
        tree = tree.with(ManifestInstance(name: "second"))
        let wanted = try #require(try other.send(.createManifest(tree)).get())
        let epoch = fixture.server.epoch
        #expect(
            found.withMetadata { $0.uid = .none }.tree(epoch: epoch)
                == wanted.withMetadata { $0.uid = .none }.tree(epoch: epoch))
        let (left, right) = (try #require(found.pod), try #require(wanted.pod))
        #expect(left.value.spec.fields == right.value.spec.fields)
        #expect(left.value.spec.requests == right.value.spec.requests)
        #expect(left.value.spec.qualityOfService == right.value.spec.qualityOfService)
    }

    @Test(
        "what is no extended resource is validated as if there were no template",
        arguments: ["cpu", "Bad Name/x", "kubernetes.io/x", "example.com/a/b"])
    func badResource(name: String) throws {
        let template = ManifestTemplate(try Self.manifest("example.com/a", cpu: false))
        var instance = ManifestInstance(name: "second", namespace: "default")
        instance.edit = .resourceOfPod(name, insteadOf: "example.com/a")
        var fixture = ServerFixture()
        let found = fixture.send(.createFrom(template, instance))
        var other = ServerFixture()
        let tree = try Self.manifest(name, cpu: false)
        let wanted = other.send(.createManifest(tree.with(ManifestInstance(name: "second"))))
        switch (found, wanted) {
        case (.failure(let left), .failure(let right)): #expect(left == right)
        case (.success(let left?), .success(let right?)):
            #expect(left.pod?.value.spec.source == right.pod?.value.spec.source)
        default: Issue.record("\(found) against \(wanted)")
        }
    }

    @Test("pods that differ in the name of a claim have one basis, and each its own claim")
    func claims() throws {
        let template = ManifestTemplate(
            try JSONParser.parse(
                """
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "pod-"},
                 "spec": {"containers": [{"name": "main", "image": "pause"}],
                   "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "template"}}]}}
                """))
        var fixture = ServerFixture()
        var specs: [PodSpec] = []
        for name in ["one", "two"] {
            var instance = ManifestInstance(namespace: "default")
            instance.edit = .claimOfPod(name)
            let pod = try #require(try fixture.send(.createFrom(template, instance)).get()?.pod)
            specs.append(pod.value.spec)
        }
        #expect(specs.map { $0.volumes[0].persistentVolumeClaim?.claimName } == ["one", "two"])
        #expect(specs[0].basis != nil)
        #expect(specs[0].basis === specs[1].basis)
        #expect(specs[0] != specs[1])
    }

    @Test("metadata and statuses that were changed and changed back are equal")
    func sharedParts() {
        var metadata = ObjectMeta(namespace: "a", name: "b")
        let plain = metadata
        metadata.annotations["x"] = "y"
        metadata.finalizers = ["f"]
        metadata.generateName = "b-"
        #expect(metadata != plain)
        metadata.annotations["x"] = nil
        metadata.finalizers = []
        metadata.generateName = ""
        #expect(metadata == plain)
        #expect(metadata.hashValue == plain.hashValue)
        var status = PodStatus()
        status.podIP = "10.0.0.1"
        status.nominatedNodeName = "node"
        #expect(status != PodStatus())
        status.podIP = ""
        status.nominatedNodeName = ""
        #expect(status == PodStatus())
        #expect(status.hashValue == PodStatus().hashValue)
    }
}
