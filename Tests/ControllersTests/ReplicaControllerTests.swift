import ControlPlane
import Controllers
import KubernetesModel
import SimulationKernel
import Testing

@Suite("ReplicaSet controller: view in, plan out")
struct ReplicaControllerTests {
    static let key = ObjectKey(namespace: "default", name: "web")

    static func set(replicas: Int64, owner: OwnerReference? = nil) -> ReplicaSet {
        var set = ReplicaSet()
        set.metadata = ObjectMeta(namespace: "default", name: "web")
        set.metadata.uid = .text("set")
        set.metadata.generation = 1
        if let owner { set.metadata.ownerReferences = [owner] }
        set.spec.replicas = replicas
        set.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        set.spec.template.metadata.labels = ["app": "web"]
        return set
    }

    static func pod(
        _ name: String, owned: Bool = true, labels: StringMap = ["app": "web"], phase: PodPhase = .running,
        isReady: Bool = true, isDeleting: Bool = false
    ) -> Pod {
        var metadata = ObjectMeta(namespace: "default", name: name)
        metadata.uid = .text(name)
        metadata.labels = labels
        metadata.creationTimestamp = Timestamp(seconds: 0)
        if owned {
            metadata.ownerReferences = [
                OwnerReference(controlledBy: .replicaSet, name: "web", uid: .text("set"))
            ]
        }
        if isDeleting { metadata.deletionTimestamp = Timestamp(seconds: 30) }
        var status = PodStatus()
        status.phase = phase
        status.conditions = [
            Condition("Ready", isReady ? .isTrue : .isFalse, lastTransitionTime: Timestamp(seconds: 10))
        ]
        return Pod(metadata: metadata, spec: ReplicaSet().spec.template.spec, nodeName: "n1", status: status)
    }

    static func view(_ objects: [APIObject]) -> ObjectCache {
        var view = ObjectCache()
        for object in objects { view.apply(WatchEvent(.added, object)) }
        return view
    }

    static let now = VirtualTime.start + .seconds(100)

    /// What the first plan asks for, in words.
    static func words(_ requests: [APIRequest]) -> [String] {
        requests.map { request in
            switch request {
            case .updateStatus(let object):
                "status \(object.replicaSet?.value.status.replicas ?? -1)"
            case .patch(_, let key, .adopt, _): "adopt \(key.name)"
            case .patch(_, let key, .release, _): "release \(key.name)"
            default: "\(request.verb) \(request.target.key.name)"
            }
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var replicas: Int64
        var pods: [Pod]
        var calls: [String]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "missing pods are created at once", replicas: 3, pods: [],
            calls: ["create ", "create ", "create "]),
        Case(
            testDescription: "no more than the burst", replicas: 2_000, pods: [],
            calls: Array(repeating: "create ", count: 500)),
        Case(
            testDescription: "the unready pod goes first", replicas: 1,
            pods: [pod("a"), pod("b", isReady: false)],
            calls: ["delete b"]),
        Case(
            testDescription: "finished and deleted pods do not count", replicas: 1,
            pods: [pod("a", phase: .failed), pod("b", isDeleting: true)], calls: ["create "]),
        Case(
            testDescription: "a matching orphan is adopted after a look at the set itself", replicas: 1,
            pods: [pod("a", owned: false)], calls: ["get web"]),
        Case(
            testDescription: "a pod whose labels no longer match is released", replicas: 1,
            pods: [pod("a", labels: ["app": "other"])], calls: ["release a"]),
        Case(
            testDescription: "enough pods: only the status is written", replicas: 1, pods: [pod("a")],
            calls: ["status 1"]),
    ]

    @Test("the first calls", arguments: cases)
    func firstCalls(_ example: Case) {
        var controller = ReplicaSetController()
        let view = Self.view(
            [APIObject(Self.set(replicas: example.replicas))] + example.pods.map { APIObject($0) })
        let plan = controller.reconcile(WorkKey(Self.key), view: view, now: Self.now)
        #expect(Self.words(plan.requests) == example.calls)
    }

    @Test("a controller that waits for pods it asked for asks for no more")
    func expectationsHold() {
        var controller = ReplicaSetController()
        let view = Self.view([APIObject(Self.set(replicas: 2))])
        #expect(controller.reconcile(WorkKey(Self.key), view: view, now: Self.now).requests.count == 2)
        let second = controller.reconcile(WorkKey(Self.key), view: view, now: Self.now)
        #expect(Self.words(second.requests) == ["status 0"])
        // Expectations are believed in for five minutes.
        let later = Self.now + .minutes(6)
        #expect(controller.reconcile(WorkKey(Self.key), view: view, now: later).requests.count == 2)
    }

    @Test("pods of one sync share their spec and their lists")
    func podsAreShared() throws {
        var controller = ReplicaSetController()
        let view = Self.view([APIObject(Self.set(replicas: 2))])
        let requests = controller.reconcile(WorkKey(Self.key), view: view, now: Self.now).requests
        guard case .create(.pod(let first)) = requests[0], case .create(.pod(let second)) = requests[1] else {
            Issue.record("not two creations")
            return
        }
        #expect(first === second)
        #expect(first.value.metadata.generateName == "web-")
        #expect(first.value.metadata.isControlled(by: .text("set")))
    }

    @Test("a refused creation shows as a condition, and the key is tried again")
    func failureIsReported() throws {
        var controller = ReplicaSetController()
        let view = Self.view([APIObject(Self.set(replicas: 1))])
        let plan = controller.reconcile(WorkKey(Self.key), view: view, now: Self.now)
        guard case .resume(let managed) = plan.ending else {
            Issue.record("does not wait for its calls")
            return
        }
        let refused = APIError(.forbidden, "exceeded quota")
        let outcomes = plan.requests.map { CallOutcome(request: $0, result: .failure(refused)) }
        let report = controller.resume(
            managed, key: WorkKey(Self.key), outcomes: outcomes, view: view, now: Self.now)
        guard case .updateStatus(let object)? = report.requests.first,
            case .resume(let written) = report.ending
        else {
            Issue.record("does not report")
            return
        }
        let condition = try #require(object.replicaSet?.value.status.conditions["ReplicaFailure"])
        #expect(condition.reason == "FailedCreate")
        #expect(condition.message == "exceeded quota")
        let end = controller.resume(
            written, key: WorkKey(Self.key),
            outcomes: [CallOutcome(request: report.requests[0], result: .success(object))], view: view,
            now: Self.now)
        guard case .requeueRateLimited = end.ending else {
            Issue.record("is not tried again")
            return
        }
    }

    @Test("it comes back when the next pod becomes available")
    func minReadySecondsRequeue() {
        var controller = ReplicaSetController()
        var set = Self.set(replicas: 1)
        set.spec.minReadySeconds = 120
        set.status.replicas = 1
        set.status.fullyLabeledReplicas = 1
        set.status.readyReplicas = 1
        set.status.terminatingReplicas = 0
        set.status.observedGeneration = 1
        let view = Self.view([APIObject(set), APIObject(Self.pod("a"))])
        let plan = controller.reconcile(WorkKey(Self.key), view: view, now: Self.now)
        guard case .requeueAfter(let delay) = plan.ending else {
            Issue.record("does not come back")
            return
        }
        // Ready since 10 s, available at 130 s; it is 100 s now.
        #expect(delay == .seconds(30))
    }
}
