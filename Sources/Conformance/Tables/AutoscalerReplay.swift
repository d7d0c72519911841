import Autoscalers
import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Plays one case of golden results: the controller's own plans, with every call answered from the case.
struct AutoscalerReplay {
    static let epoch = CalendarTime(unixSeconds: 0)
    static let key = ObjectKey(namespace: "ns", name: "hpa")

    private let vector: JSONValue
    private var controller: HorizontalPodAutoscalerController
    private var autoscaler = HorizontalPodAutoscaler()

    init(_ vector: JSONValue) {
        self.vector = vector
        var options = HorizontalOptions()
        func seconds(_ name: String) -> VirtualDuration {
            VirtualDuration(fractionalSeconds: Self.number(vector["flags"]?[name]) ?? 0)
        }
        options.cpuInitializationPeriod = seconds("cpuInitializationPeriod")
        options.downscaleStabilization = seconds("downscaleStabilization")
        options.initialReadinessDelay = seconds("initialReadinessDelay")
        options.tolerance = Self.number(vector["flags"]?["tolerance"]) ?? 0
        controller = HorizontalPodAutoscalerController(options: options)
        autoscaler.metadata = ObjectMeta(namespace: Self.key.namespace, name: Self.key.name)
        autoscaler.spec = HorizontalPodAutoscalerSpec(
            fields: vector["spec"]?.objectValue ?? [:], epoch: Self.epoch)
    }

    static func number(_ value: JSONValue?) -> Double? { value?.doubleValue }

    /// What the controller makes of a step, in the form of the step's `out`.
    mutating func run(_ step: JSONValue) -> JSONValue {
        let now = VirtualTime.start + VirtualDuration(fractionalSeconds: Self.number(step["at"]) ?? 0)
        var view = ObjectCache()
        view.apply(WatchEvent(.added, APIObject(autoscaler)))
        for pod in step["pods"]?.arrayValue ?? [] {
            view.apply(WatchEvent(.added, APIObject(Self.pod(pod))))
        }
        var deployment = Deployment()
        deployment.metadata = ObjectMeta(namespace: "ns", name: "web")
        deployment.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        deployment.spec.replicas = step["scaleSpecReplicas"]?.integerValue ?? 0
        deployment.status.replicas = step["scaleStatusReplicas"]?.integerValue ?? 0
        var scaledTo = JSONValue.null
        var events: [JSONValue] = []
        var plan = controller.reconcile(WorkKey(Self.key), view: view, now: now)
        while true {
            var outcomes: [CallOutcome] = []
            var metric = 0
            for part in plan.steps {
                switch part {
                case .event(let event):
                    events.append(.string("\(event.severity.rawValue) \(event.reason) \(event.message)"))
                case .call(let request, _):
                    var result = CallOutcome.Result.success(APIObject(deployment))
                    switch request {
                    case .metrics:
                        result = answer(autoscaler.spec.metrics[metric], step, now)
                        metric += 1
                    case .scale(_, _, let replicas, _): scaledTo = .integer(replicas)
                    case .updateStatus(let object):
                        autoscaler = object.horizontalPodAutoscaler?.value ?? autoscaler
                    default: break
                    }
                    outcomes.append(CallOutcome(request: request, result: result))
                case .batch, .note: break
                }
            }
            guard case .resume(let continuation) = plan.ending else { break }
            plan = controller.resume(
                continuation, key: WorkKey(Self.key), outcomes: outcomes, view: view, now: now)
        }
        return result(scaledTo, events)
    }

    private func result(_ scaledTo: JSONValue, _ events: [JSONValue]) -> JSONValue {
        let status = autoscaler.status
        let metrics = JSONValue.object(status.fields(epoch: Self.epoch))["currentMetrics"] ?? .null
        var out: JSONValue = [
            "scaledTo": scaledTo, "currentReplicas": .integer(status.currentReplicas),
            "desiredReplicas": .integer(status.desiredReplicas),
            "lastScaleTime": status.lastScaleTime.map { .integer($0.seconds) } ?? .null,
            "conditions": .array(
                status.conditions.sorted { $0.type < $1.type }.map { condition in
                    [
                        "message": .string(condition.message), "reason": .string(condition.reason),
                        "status": .string(condition.status.rawValue),
                        "transition": condition.lastTransitionTime.map { .integer($0.seconds) } ?? .null,
                        "type": .string(condition.type),
                    ]
                }),
            "currentMetrics": metrics, "events": events.isEmpty ? .null : .array(events),
        ]
        if let error = controller.lastError { out["error"] = .string(error) }
        return out
    }

    // MARK: The world

    private static func resources(_ value: JSONValue?) -> JSONValue {
        ["requests": value ?? [:]]
    }

    private static func pod(_ vector: JSONValue) -> Pod {
        var metadata = ObjectMeta(namespace: "ns", name: vector["name"]?.stringValue ?? "")
        metadata.labels = ["app": "web"]
        if vector["deleting"] == true { metadata.deletionTimestamp = Timestamp(seconds: 0) }
        let containers = (vector["requests"]?.arrayValue ?? []).enumerated().map {
            index, requests -> JSONValue in
            ["name": .string("c\(index)"), "resources": resources(requests)]
        }
        var spec: JSONObject = ["containers": .array(containers)]
        if let sidecar = vector["sidecarRequests"] {
            spec["initContainers"] = [
                ["name": "side", "restartPolicy": "Always", "resources": resources(sidecar)]
            ]
        }
        if let requests = vector["podLevelRequests"] { spec["resources"] = resources(requests) }
        var status = PodStatus()
        status.phase = PodPhase(rawValue: vector["phase"]?.stringValue ?? "") ?? .none
        status.startTime = vector["startTime"]?.integerValue.map(Timestamp.init(seconds:))
        if let ready = vector["ready"]?.stringValue, let value = ConditionStatus(rawValue: ready) {
            let time = vector["readyTransition"]?.integerValue.map(Timestamp.init(seconds:))
            status.conditions = [Condition("Ready", value, lastTransitionTime: time)]
        }
        return Pod(metadata: metadata, spec: PodSpec(source: spec), nodeName: "n1", status: status)
    }

    private func answer(_ metric: MetricSpec, _ step: JSONValue, _ now: VirtualTime) -> CallOutcome.Result {
        func success(_ items: [MetricValueList.Item]) -> CallOutcome.Result {
            .success(APIObject(MetricValueList(items: items)))
        }
        func single(_ value: Int64) -> MetricValueList.Item {
            .init(name: "", timestamp: now, window: nil, value: Quantity(milli: value))
        }
        let noMetric = CallOutcome.Result.failure(APIError(.notFound, "no such metric"))
        switch metric.type {
        case "Object":
            guard let value = step["objectMetrics"]?[metric.object?.metric?.name ?? ""]?.integerValue else {
                return noMetric
            }
            return success([single(value)])
        case "External":
            guard let value = step["externalMetrics"]?[metric.external?.metric?.name ?? ""] else {
                return noMetric
            }
            return success((value.arrayValue ?? [value]).compactMap(\.integerValue).map(single))
        default: break
        }
        var (name, resource, container) = ("", "", "c")
        switch metric.type {
        case "Resource":
            resource = metric.resource?.name ?? ""
            name = resource
        case "ContainerResource":
            resource = metric.containerResource?.name ?? ""
            container = metric.containerResource?.container ?? ""
            name = "\(resource)/\(container)"
        default: name = "pods:\(metric.pods?.metric?.name ?? "")"
        }
        guard let samples = step["podMetrics"]?[name] else {
            if metric.type == "Pods" { return noMetric }
            return .failure(
                APIError(.internalError, "the server is currently unable to handle the request"))
        }
        let time = now - VirtualDuration(fractionalSeconds: Self.number(samples["age"]) ?? 0)
        let window = VirtualDuration(fractionalSeconds: Self.number(samples["window"]) ?? 0)
        let values = samples["milli"]?.objectValue ?? [:]
        return success(
            values.map { pod, value in
                let quantity = Quantity(milli: value.integerValue ?? 0)
                if resource.isEmpty {
                    return .init(name: pod, timestamp: time, window: window, value: quantity)
                }
                let usage = ResourceList([(resource, quantity)])
                return .init(
                    name: pod, timestamp: time, window: window,
                    containers: [.init(name: container, usage: usage)])
            })
    }
}

/// The horizontal autoscaler's decisions, step by step.
enum AutoscalerTable {
    static func run(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        var replay = AutoscalerReplay(vector)
        for (index, step) in (vector["steps"]?.arrayValue ?? []).enumerated() {
            let found = replay.run(step)
            let expected = step["out"] ?? .null
            for name in Set(expected.memberNames).union(found.memberNames).sorted() {
                tally.check("step \(index + 1): \(name)", listed(expected[name]), listed(found[name]))
            }
        }
    }

    /// An empty list is as good as none.
    private static func listed(_ value: JSONValue?) -> JSONValue? {
        value?.arrayValue?.isEmpty == true ? JSONValue?.none : value
    }
}
