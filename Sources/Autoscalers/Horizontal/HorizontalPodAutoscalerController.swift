public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Keeps the sizes of workloads in step with metrics.
///
/// Every autoscaler is looked at 15 s after it was looked at last, and 15 s after it appeared; no change of
/// it brings the look forward. Scaling to zero, a feature that is off by default, is not here. Between tries of
/// a scale that met a conflict upstream waits 10 ms; here the calls' own latency passes.
/// Upstream: `pkg/controller/podautoscaler/horizontal.go` (v1.36).
public struct HorizontalPodAutoscalerController: Controller {
    /// A sync that waits for answers.
    public struct Continuation: Sendable {
        enum Stage: Sendable {
            case scale
            case metrics
            case rescale(attempt: Int)
            /// The scale is read again after a conflict, or another failure of this kind.
            case refresh(attempt: Int, APIError)
            case status
        }
        var sync: HorizontalSync
        var stage: Stage
    }

    public static let name = "horizontal-pod-autoscaler"
    /// `retry.DefaultRetry`: how often the scale is written while it meets conflicts.
    private static let rescaleTries = 5

    private let options: HorizontalOptions
    private var memories: [ObjectKey: AutoscalerMemory] = [:]
    private var selectors = AutoscalerSelectors()
    /// Nil until there is an autoscaler.
    private var index: PodLabelIndex?
    /// What the last sync failed with, as upstream logs it; nil when it went through.
    public private(set) var lastError: String?

    public init(options: HorizontalOptions = HorizontalOptions()) { self.options = options }

    // MARK: Work queue

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        for autoscaler in view.list(HorizontalPodAutoscaler.self) {
            enqueue(autoscaler.value.metadata.key, view, &queue)
        }
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .pod(let pod):
            if index == nil { return }
            let isGone = change.kind == .deleted
            index?.update(
                from: change.old?.pod?.value.metadata, to: isGone ? nil : pod.value.metadata)
        case .horizontalPodAutoscaler(let autoscaler):
            let key = autoscaler.value.metadata.key
            if change.kind == .deleted {
                selectors.remove(key)
            } else {
                enqueue(key, view, &queue)
            }
        default: return
        }
    }

    private mutating func enqueue(_ key: ObjectKey, _ view: ObjectCache, _ queue: inout Enqueuer) {
        queue.add(key, after: options.syncPeriod)
        selectors.register(key)
        if index != nil { return }
        var pods = PodLabelIndex()
        for pod in view.list(Pod.self) { pods.update(from: nil, to: pod.value.metadata) }
        index = pods
    }

    // MARK: Reconciling

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        guard let autoscaler = view.get(HorizontalPodAutoscaler.self, key.key) else {
            memories[key.key] = nil
            return Plan()
        }
        var sync = HorizontalSync(autoscaler.value, options: options)
        let target = autoscaler.value.spec.scaleTargetRef
        do throws(MetricFailure) {
            sync.kind = try ScaleKind.find(target)
        } catch {
            let isVersion = error.message.hasPrefix("unexpected GroupVersion")
            let what =
                isVersion
                ? "invalid API version in scale target reference"
                : "unable to determine resource for scale target reference"
            sync.failToGetScale(error.message, error: "\(what): \(error.message)", at: now)
            return finish(sync)
        }
        return ask(.get(sync.kind, sync.target), sync, .scale)
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        var sync = continuation.sync
        switch continuation.stage {
        case .scale: return takeScale(outcomes.first, sync, view, now)
        case .metrics: return takeMetrics(outcomes, sync, view, now)
        case .rescale(let attempt):
            guard let error = outcomes.first?.error else {
                sync.succeedToRescale(&memories[key.key, default: AutoscalerMemory()], at: now)
                return finish(sync)
            }
            return ask(.get(sync.kind, sync.target), sync, .refresh(attempt: attempt, error))
        case .refresh(let attempt, let error):
            if let scale = outcomes.first?.object.flatMap(Scale.init(of:)) { sync.scale = scale }
            if error.reason == .conflict, attempt < Self.rescaleTries {
                return rescale(sync, attempt: attempt + 1)
            }
            sync.failToRescale(error.message, at: now)
            return finish(sync)
        case .status:
            var plan = Plan<Continuation>()
            if let error = outcomes.first?.error {
                plan.record(sync.event(.warning, "FailedUpdateStatus", error.message))
                if sync.lateEvents.isEmpty {
                    sync.error = "failed to update status for \(key.key.name): \(error.message)"
                }
            }
            return end(sync, plan)
        }
    }

    // MARK: Stages

    private mutating func takeScale(
        _ outcome: CallOutcome?, _ continued: HorizontalSync, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<Continuation> {
        var sync = continued
        guard let scale = outcome?.object.flatMap(Scale.init(of:)) else {
            let message = outcome?.error?.message ?? "the server could not find the requested resource"
            sync.failToGetScale(
                message, error: "failed to query scale subresource for \(sync.reference): \(message)",
                at: now)
            return finish(sync)
        }
        let key = sync.autoscaler.metadata.key
        guard sync.take(scale, &memories[key, default: AutoscalerMemory()], at: now) else {
            return settle(sync)
        }
        let index = index
        guard
            let queries = sync.begin(
                &selectors, pods: { Self.pods(view, key.namespace, $0, index) }, at: now)
        else { return finish(sync) }
        var plan = Plan<Continuation>()
        for event in sync.takeEvents() { plan.record(event) }
        for query in queries { plan.steps.append(.call(.metrics(query), tolerating: APIError.Reason.all)) }
        if queries.isEmpty { return takeMetrics([], sync, view, now) }
        plan.ending = .resume(Continuation(sync: sync, stage: .metrics))
        return plan
    }

    private mutating func takeMetrics(
        _ outcomes: [CallOutcome], _ continued: HorizontalSync, _ view: ObjectCache, _ now: VirtualTime
    ) -> Plan<Continuation> {
        var sync = continued
        let answers = outcomes.map { outcome -> MetricsAnswer in
            if let list = outcome.object?.metricValues { return .success(list.value) }
            return .failure(outcome.error ?? APIError(.unknown, "no answer"))
        }
        let key = sync.autoscaler.metadata.key
        let pods = sync.selector.map { Self.pods(view, key.namespace, $0, index) } ?? []
        let hasSize = sync.compute(
            answers, pods: pods, &memories[key, default: AutoscalerMemory()], at: now)
        return hasSize ? settle(sync) : finish(sync)
    }

    private static func pods(
        _ view: ObjectCache, _ namespace: String, _ selector: CompiledLabelSelector,
        _ index: PodLabelIndex?
    ) -> [Ref<Pod>] {
        if let index { return index.pods(in: namespace, selector).compactMap { view.get(Pod.self, $0) } }
        return view.list(Pod.self, namespace: namespace).filter { pod in
            let labels = pod.value.metadata.labels
            return selector.matches { labels[$0] }
        }
    }

    /// The size is known: writes it, or leaves everything as it is.
    private mutating func settle(_ sync: HorizontalSync) -> Plan<Continuation> {
        if sync.needsRescale { return rescale(sync, attempt: 1) }
        var staying = sync
        staying.stay()
        return finish(staying)
    }

    private func rescale(_ sync: HorizontalSync, attempt: Int) -> Plan<Continuation> {
        ask(
            .scale(
                sync.kind, sync.target, replicas: Int64(sync.desiredReplicas),
                resourceVersion: sync.scale?.resourceVersion), sync, .rescale(attempt: attempt))
    }

    private func ask(
        _ request: APIRequest, _ sync: HorizontalSync, _ stage: Continuation.Stage
    ) -> Plan<Continuation> {
        var sync = sync
        var plan = Plan<Continuation>()
        for event in sync.takeEvents() { plan.record(event) }
        plan.steps.append(.call(request, tolerating: APIError.Reason.all))
        plan.ending = .resume(Continuation(sync: sync, stage: stage))
        return plan
    }

    /// Writes the status if it has changed, and ends the sync.
    private mutating func finish(_ sync: HorizontalSync) -> Plan<Continuation> {
        if sync.autoscaler.status != sync.original {
            return ask(.updateStatus(APIObject(sync.autoscaler)), sync, .status)
        }
        var sync = sync
        var plan = Plan<Continuation>()
        for event in sync.takeEvents() { plan.record(event) }
        return end(sync, plan)
    }

    private mutating func end(_ sync: HorizontalSync, _ begun: Plan<Continuation>) -> Plan<Continuation> {
        var plan = begun
        for event in sync.lateEvents { plan.record(event) }
        lastError = sync.error
        plan.ending = .requeueAfter(options.syncPeriod)
        return plan
    }
}
