import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

/// A server with the bootstrap objects, and shorthand for calls at a second.
struct ServerFixture: ~Copyable {
    var server = APIServer(epoch: CalendarTime(unixSeconds: 1_767_225_600), seed: 1)

    init() { server.bootstrap(at: .start) }

    mutating func send(_ request: APIRequest, at second: Int64 = 1) -> APIResult {
        server.handle(request, at: .start + .seconds(second))
    }

    mutating func create(_ text: String, at second: Int64 = 1) throws -> APIObject {
        let result = send(.createManifest(try JSONParser.parse(text)), at: second)
        return try #require(try result.get())
    }
}

let podText = """
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}},
     "spec": {"containers": [{"name": "main", "image": "nginx"}]}}
    """

@Suite("API server")
struct APIServerTests {
    @Test("a manifest is defaulted, admitted and stored at the next revision")
    func createManifest() throws {
        var fixture = ServerFixture()
        let before = fixture.server.store.revision
        let pod = try #require(try fixture.create(podText).pod)
        #expect(pod.value.metadata.namespace == "default")
        #expect(pod.value.metadata.resourceVersion == before + 1)
        #expect(pod.value.metadata.generation == 1)
        #expect(pod.value.metadata.creationTimestamp == Timestamp(seconds: 1))
        #expect(pod.value.status.phase == .pending)
        #expect(pod.value.status.qosClass == .bestEffort)
        #expect(pod.value.spec.containers[0].imagePullPolicy == .always)
        let tolerations = pod.value.spec.tolerations.map { "\($0.key) \($0.tolerationSeconds ?? -1)" }
        #expect(
            tolerations == ["node.kubernetes.io/not-ready 300", "node.kubernetes.io/unreachable 300"])
    }

    @Test("pods of one template share one admitted spec")
    func sharedSpecs() throws {
        var fixture = ServerFixture()
        let spec = PodSpec(source: try #require(try JSONParser.parse(podText)["spec"]?.objectValue))
        var specs: [PodSpec] = []
        for number in 0..<3 {
            let pod = Pod(metadata: ObjectMeta(namespace: "default", name: "p\(number)"), spec: spec)
            let stored = try fixture.send(.create(APIObject(pod))).get()?.pod
            specs.append(try #require(stored).value.spec)
        }
        #expect(specs[0] === specs[1] && specs[1] === specs[2])
        #expect(specs[0].tolerations.count == 2)
    }

    @Test("an update with an old version is a conflict in upstream's words")
    func conflict() throws {
        var fixture = ServerFixture()
        let pod = try fixture.create(podText)
        _ = fixture.send(
            .patch(.pod, pod.key, .metadata(labels: ["x": "1"], annotations: [:]), uid: nil))
        let result = fixture.send(.update(pod))
        #expect(throws: APIError.self) { try result.get() }
        guard case .failure(let error) = result else { return }
        #expect(error.code == 409)
        #expect(
            error.message
                == "Operation cannot be fulfilled on pods \"web\": the object has been modified; please apply your changes to the latest version and try again"
        )
    }

    @Test("a change that changes nothing writes nothing")
    func noChange() throws {
        var fixture = ServerFixture()
        let pod = try fixture.create(podText)
        let revision = fixture.server.store.revision
        _ = fixture.send(
            .patch(.pod, pod.key, .metadata(labels: ["app": "web"], annotations: [:]), uid: nil))
        let after = fixture.server.store.revision
        #expect(after == revision)
    }

    @Test("an unbound pod goes at once, a bound one in its grace period, forced at once")
    func deletion() throws {
        var fixture = ServerFixture()
        let pod = try fixture.create(podText)
        _ = fixture.send(.bind(pod: pod.key, uid: pod.metadata.uid, node: "n1"))
        let marked = try #require(try fixture.send(.delete(.pod, pod.key, DeleteOptions()), at: 10).get())
        #expect(marked.metadata.deletionTimestamp == Timestamp(seconds: 40))
        #expect(marked.metadata.deletionGracePeriodSeconds == 30)
        #expect(marked.metadata.generation == 2)
        let shortened = try #require(
            try fixture.send(.delete(.pod, pod.key, DeleteOptions(gracePeriodSeconds: 5)), at: 11).get())
        #expect(shortened.metadata.deletionGracePeriodSeconds == 5)
        _ = fixture.send(.delete(.pod, pod.key, DeleteOptions(gracePeriodSeconds: 0)), at: 12)
        let gone = fixture.server.store[.pod, pod.key]
        #expect(gone == nil)
    }

    @Test("an object with a finalizer waits for it")
    func finalizers() throws {
        var fixture = ServerFixture()
        let claim = try fixture.create(
            """
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
             "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
            """)
        #expect(claim.metadata.finalizers == ["kubernetes.io/pvc-protection"])
        _ = fixture.send(.delete(.persistentVolumeClaim, claim.key, DeleteOptions()))
        let waiting = fixture.server.store[.persistentVolumeClaim, claim.key]
        #expect(waiting?.metadata.isBeingDeleted == true)
        _ = fixture.send(
            .patch(
                .persistentVolumeClaim, claim.key,
                .finalizers(adding: [], removing: ["kubernetes.io/pvc-protection"]), uid: nil))
        let gone = fixture.server.store[.persistentVolumeClaim, claim.key]
        #expect(gone == nil)
    }

    @Test("a second binding is refused")
    func binding() throws {
        var fixture = ServerFixture()
        let pod = try fixture.create(podText)
        _ = fixture.send(.bind(pod: pod.key, uid: pod.metadata.uid, node: "n1"))
        guard case .failure(let error) = fixture.send(.bind(pod: pod.key, uid: pod.metadata.uid, node: "n2"))
        else {
            Issue.record("the second binding was accepted")
            return
        }
        #expect(error.message.hasSuffix("pod web is already assigned to node \"n1\""))
    }

    @Test("an eviction is refused while the budget allows none")
    func eviction() throws {
        var fixture = ServerFixture()
        let pod = try fixture.create(podText)
        _ = fixture.send(.bind(pod: pod.key, uid: pod.metadata.uid, node: "n1"))
        var status = PodStatus()
        status.phase = .running
        status.conditions = [Condition("Ready", .isTrue)]
        _ = fixture.send(.patch(.pod, pod.key, .podStatus(status), uid: nil))
        let budget = try fixture.create(
            """
            {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
             "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}}
            """)
        guard case .failure(let early) = fixture.send(.evict(pod: pod.key, DeleteOptions())) else {
            Issue.record("the eviction was accepted")
            return
        }
        #expect(early.detail == "The disruption budget web is still being processed by the server.")
        let processed = try #require(budget.podDisruptionBudget).value.with {
            $0.status.observedGeneration = 1
            $0.status.desiredHealthy = 1
            $0.status.currentHealthy = 1
        }
        _ = fixture.send(.updateStatus(APIObject(processed)))
        guard case .failure(let error) = fixture.send(.evict(pod: pod.key, DeleteOptions())) else {
            Issue.record("the eviction was accepted")
            return
        }
        #expect(error.code == 429)
        #expect(error.detail == "The disruption budget web needs 1 healthy pods and has 1 currently")
    }

    @Test("an unknown field is refused by name")
    func unknownField() throws {
        var fixture = ServerFixture()
        let manifest = try JSONParser.parse(podText.replacing("\"containers\"", with: "\"continers\""))
        guard case .failure(let error) = fixture.send(.createManifest(manifest)) else {
            Issue.record("the manifest was accepted")
            return
        }
        #expect(error.message.contains("unknown field \"spec.continers\""))
    }
}

@Suite("Store")
struct StoreTests {
    @Test("changes after a revision can be told until they are compacted")
    func resume() {
        var store = Store()
        for number in 1...5 {
            var namespace = Namespace()
            namespace.metadata.name = "n\(number)"
            store.put(APIObject(namespace), at: .start + .seconds(Int64(number)))
        }
        store.remove(.namespace, ObjectKey(name: "n1"), at: .start + .seconds(6))
        #expect(store.changes(after: 3)?.map(\.object.metadata.name) == ["n4", "n5", "n1"])
        store.compact(before: .start + .seconds(4))
        #expect(store.compactedRevision == 3)
        #expect(store.changes(after: 2) == nil)
        #expect(store.changes(after: 5)?.map(\.kind) == [.deleted])
        #expect(store.list(.namespace).map(\.metadata.name) == ["n2", "n3", "n4", "n5"])
    }

    @Test("updates of some kinds need a resource version")
    func unconditionalUpdates() throws {
        var fixture = ServerFixture()
        let made = try fixture.create(
            """
            {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"},
             "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}}
            """)
        let blind = made.withMetadata { $0.resourceVersion = 0 }
        guard case .failure(let error) = fixture.send(.update(blind)) else {
            Issue.record("accepted")
            return
        }
        #expect(
            error.message
                == "PodDisruptionBudget.policy \"b\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"
        )
        #expect(error.code == 422)
        let pod = try fixture.create(podText)
        guard case .success = fixture.send(.update(pod.withMetadata { $0.resourceVersion = 0 })) else {
            Issue.record("a pod's update without a resource version was refused")
            return
        }
    }
}
