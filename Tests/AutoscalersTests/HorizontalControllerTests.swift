import Autoscalers
import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

@Suite("Horizontal pod autoscaler: view in, plan out")
struct HorizontalControllerTests {
    private typealias Controller = HorizontalPodAutoscalerController
    private static let now = VirtualTime.start + .seconds(600)

    private static func scaler(_ name: String, _ change: (inout HorizontalPodAutoscaler) -> Void = { _ in })
        -> HorizontalPodAutoscaler
    {
        var scaler = HorizontalPodAutoscaler()
        scaler.metadata = ObjectMeta(namespace: "default", name: name)
        scaler.spec.scaleTargetRef.apiVersion = "apps/v1"
        scaler.spec.scaleTargetRef.kind = "Deployment"
        scaler.spec.scaleTargetRef.name = "web"
        scaler.spec.maxReplicas = 5
        var metric = MetricSpec()
        metric.type = "External"
        var source = MetricSource()
        source.metric = MetricIdentifier()
        source.metric?.name = "queue"
        source.target.type = "AverageValue"
        source.target.averageValue = Quantity(value: 10)
        metric.external = source
        scaler.spec.metrics = [metric]
        change(&scaler)
        return scaler
    }

    private static func deployment(_ replicas: Int64) -> Deployment {
        var deployment = Deployment()
        deployment.metadata = ObjectMeta(namespace: "default", name: "web")
        deployment.metadata.resourceVersion = 7
        deployment.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        deployment.spec.replicas = replicas
        deployment.status.replicas = replicas
        return deployment
    }

    private static func pod() -> Pod {
        var metadata = ObjectMeta(namespace: "default", name: "web-1")
        metadata.labels = ["app": "web"]
        var status = PodStatus()
        status.phase = .running
        return Pod(metadata: metadata, spec: PodSpec(source: [:]), nodeName: "n1", status: status)
    }

    private struct Run {
        var calls: [String] = []
        var events: [String] = []
        var status = HorizontalPodAutoscalerStatus()
    }

    /// Runs a sync; `answer` gives each call's result by the number of the call.
    private static func sync(
        _ controller: inout Controller, _ name: String, _ scalers: [HorizontalPodAutoscaler],
        answer: (APIRequest, Int) -> CallOutcome.Result
    ) -> Run {
        var view = ObjectCache()
        for scaler in scalers { view.apply(WatchEvent(.added, APIObject(scaler))) }
        view.apply(WatchEvent(.added, APIObject(pod())))
        var run = Run()
        let key = WorkKey(ObjectKey(namespace: "default", name: name))
        var plan = controller.reconcile(key, view: view, now: now)
        while true {
            var outcomes: [CallOutcome] = []
            for step in plan.steps {
                switch step {
                case .call(let request, _):
                    if case .updateStatus(let object) = request {
                        run.status = object.horizontalPodAutoscaler?.value.status ?? run.status
                    }
                    if case .scale(_, _, let replicas, let version) = request {
                        run.calls.append("scale \(replicas) of \(version ?? 0)")
                    } else {
                        run.calls.append(request.verb)
                    }
                    outcomes.append(
                        CallOutcome(request: request, result: answer(request, run.calls.count)))
                case .event(let event): run.events.append("\(event.reason): \(event.message)")
                case .batch, .note: break
                }
            }
            guard case .resume(let continuation) = plan.ending else { return run }
            plan = controller.resume(continuation, key: key, outcomes: outcomes, view: view, now: now)
        }
    }

    private static func queue(_ value: Int64) -> CallOutcome.Result {
        .success(
            APIObject(
                MetricValueList(items: [
                    .init(name: "", timestamp: now, window: nil, value: Quantity(value: value))
                ])))
    }

    @Test("a scale that meets conflicts is read and written again, five times in all")
    func conflicts() {
        var controller = Controller()
        let conflict = APIError(.conflict, "the object has been modified")
        let run = Self.sync(&controller, "web", [Self.scaler("web")]) { request, _ in
            switch request {
            case .metrics: Self.queue(40)
            case .scale: .failure(conflict)
            default: .success(APIObject(Self.deployment(2)))
            }
        }
        #expect(run.calls.filter { $0 == "scale 4 of 7" }.count == 5)
        #expect(
            run.events == [
                "FailedRescale: New size: 4; reason: external metric queue(nil) above target; error: the object has been modified"
            ])
        #expect(run.status.conditions["AbleToScale"]?.reason == "FailedUpdateScale")
        #expect(run.status.desiredReplicas == 0)
    }

    @Test("another error of the scale is not tried again")
    func refusedScale() {
        var controller = Controller()
        let run = Self.sync(&controller, "web", [Self.scaler("web")]) { request, _ in
            switch request {
            case .metrics: Self.queue(40)
            case .scale: .failure(APIError(.forbidden, "no"))
            default: .success(APIObject(Self.deployment(2)))
            }
        }
        #expect(run.calls == ["get", "get", "scale 4 of 7", "get", "update-status"])
    }

    @Test("two autoscalers of the same pods keep their hands off")
    func ambiguous() {
        var controller = Controller()
        var queue = Enqueuer()
        let scalers = [Self.scaler("web"), Self.scaler("also")]
        var view = ObjectCache()
        for scaler in scalers { view.apply(WatchEvent(.added, APIObject(scaler))) }
        view.apply(WatchEvent(.added, APIObject(Self.pod())))
        controller.start(view: view, now: Self.now, queue: &queue)
        #expect(queue.items.map(\.after) == [.seconds(15), .seconds(15)])
        func sync(_ name: String) -> Run {
            Self.sync(&controller, name, scalers) { request, _ in
                if case .metrics = request { return Self.queue(40) }
                return .success(APIObject(Self.deployment(2)))
            }
        }
        // The first does not know of the other's pods yet.
        #expect(sync("web").calls.contains("scale 4 of 7"))
        let second = sync("also")
        let message =
            "pods by selector app=web are controlled by multiple HPAs: [{also default} {web default}]"
        #expect(second.calls == ["get", "update-status"])
        #expect(
            second.events == ["AmbiguousSelector: \(message)", "FailedComputeMetricsReplicas: \(message)"])
        #expect(second.status.conditions["ScalingActive"]?.reason == "AmbiguousSelector")
        #expect(sync("web").events.first == "AmbiguousSelector: \(message)")
    }

    @Test(
        "a kind that has no scale is told",
        arguments: [
            ("apps/v1", "DaemonSet", "the server could not find the requested resource"),
            ("apps/v1", "Deploymnt", "no matches for kind \"Deploymnt\" in group \"apps\""),
            ("a/b/c", "Deployment", "unexpected GroupVersion string: a/b/c"),
        ])
    func kinds(version: String, kind: String, message: String) {
        var controller = Controller()
        let scaler = Self.scaler("web") {
            $0.spec.scaleTargetRef.apiVersion = version
            $0.spec.scaleTargetRef.kind = kind
        }
        let run = Self.sync(&controller, "web", [scaler]) { _, _ in
            var set = DaemonSet()
            set.metadata = ObjectMeta(namespace: "default", name: "web")
            return .success(APIObject(set))
        }
        #expect(run.events == ["FailedGetScale: \(message)"])
        #expect(
            run.status.conditions["AbleToScale"]?.message
                == "the HPA controller was unable to get the target's current scale: \(message)")
    }

    @Test("nothing is written when nothing changes")
    func quiet() {
        var controller = Controller()
        var scaler = Self.scaler("web")
        let answer: (APIRequest, Int) -> CallOutcome.Result = { request, _ in
            if case .metrics = request { return Self.queue(20) }
            return .success(APIObject(Self.deployment(2)))
        }
        let first = Self.sync(&controller, "web", [scaler], answer: answer)
        #expect(first.calls == ["get", "get", "update-status"])
        scaler.status = first.status
        #expect(Self.sync(&controller, "web", [scaler], answer: answer).calls == ["get", "get"])
    }
}
