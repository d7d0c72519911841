import ControlPlane
import KubernetesModel
import SimulationKernel

/// One look at one autoscaler, between the calls that it makes.
///
/// Upstream: `pkg/controller/podautoscaler/horizontal.go`, `reconcileAutoscaler` (v1.36).
struct HorizontalSync: Sendable {
    /// The autoscaler as the cache had it, with the status as it is to become.
    var autoscaler: HorizontalPodAutoscaler
    let original: HorizontalPodAutoscalerStatus
    /// `Deployment/default/web`.
    let reference: String
    let options: HorizontalOptions
    var kind = ObjectKind.deployment
    var scale: Scale?
    /// What the scale selects; nil until it was looked at.
    var selector: CompiledLabelSelector?
    /// What is asked of the metrics APIs: one query at most for a metric of the spec, in their order.
    var queries: [Int: Int] = [:]

    var currentReplicas: Int32 = 0
    var desiredReplicas: Int32 = 0
    var rescaleReason = ""
    var metricStatuses: [MetricStatus] = []
    /// Events of the present stage.
    var events: [EventRecord] = []
    /// Of those upstream reports after the status was written.
    var lateEvents: [EventRecord] = []
    /// What upstream logs as the error of the sync.
    var error: String?

    init(_ autoscaler: HorizontalPodAutoscaler, options: HorizontalOptions) {
        self.autoscaler = autoscaler
        self.options = options
        original = autoscaler.status
        let target = autoscaler.spec.scaleTargetRef
        reference = "\(target.kind)/\(autoscaler.metadata.namespace)/\(target.name)"
    }

    var minimumReplicas: Int32 { Int32(clamping: autoscaler.spec.minReplicas ?? 1) }
    var maximumReplicas: Int32 { Int32(clamping: autoscaler.spec.maxReplicas) }
    var target: ObjectKey {
        ObjectKey(namespace: autoscaler.metadata.namespace, name: autoscaler.spec.scaleTargetRef.name)
    }

    // MARK: Events and conditions

    func event(_ severity: EventRecord.Severity, _ reason: String, _ message: String) -> EventRecord {
        EventRecord(
            .horizontalPodAutoscaler(Ref(autoscaler)), severity, reason: reason, message: message,
            component: HorizontalPodAutoscalerController.name)
    }

    mutating func report(_ severity: EventRecord.Severity, _ reason: String, _ message: String) {
        events.append(event(severity, reason, message))
    }

    mutating func takeEvents() -> [EventRecord] {
        defer { events = [] }
        return events
    }

    mutating func set(
        _ type: String, _ status: ConditionStatus, _ reason: String, _ message: String, at now: VirtualTime
    ) {
        var condition = autoscaler.status.conditions[type] ?? Condition(type, status)
        if autoscaler.status.conditions[type]?.status != status {
            condition.lastTransitionTime = Timestamp(now)
        }
        condition.status = status
        condition.reason = reason
        condition.message = message
        autoscaler.status.conditions[type] = condition
    }

    // MARK: Stages

    /// The scale could not be read.
    mutating func failToGetScale(_ message: String, error: String, at now: VirtualTime) {
        report(.warning, "FailedGetScale", message)
        set(
            "AbleToScale", .isFalse, "FailedGetScale",
            "the HPA controller was unable to get the target's current scale: \(message)", at: now)
        self.error = error
    }

    /// The scale is there: says whether metrics are needed to find the size.
    mutating func take(_ scale: Scale, _ memory: inout AutoscalerMemory, at now: VirtualTime) -> Bool {
        self.scale = scale
        set(
            "AbleToScale", .isTrue, "SucceededGetScale",
            "the HPA controller was able to get the target's current scale", at: now)
        currentReplicas = scale.specReplicas
        memory.begin(currentReplicas, at: now)
        if currentReplicas == 0 {
            desiredReplicas = 0
            set(
                "ScalingActive", .isFalse, "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero", at: now)
            autoscaler.status.conditions["ScaledToZero"] = nil
            return false
        }
        if currentReplicas > maximumReplicas {
            rescaleReason = "Current number of replicas above Spec.MaxReplicas"
            desiredReplicas = maximumReplicas
            return false
        }
        if currentReplicas < minimumReplicas {
            rescaleReason = "Current number of replicas below Spec.MinReplicas"
            desiredReplicas = minimumReplicas
            return false
        }
        return true
    }

    /// Whether the size is to change; only of interest once ``desiredReplicas`` is known.
    var needsRescale: Bool { currentReplicas != 0 && desiredReplicas != currentReplicas }

    /// Takes what the metrics ask for within the bounds.
    mutating func normalize(
        _ replicas: Int32, metric: String, _ memory: inout AutoscalerMemory, at now: VirtualTime
    ) {
        var rescaleMetric = ""
        if replicas > desiredReplicas {
            desiredReplicas = replicas
            rescaleMetric = metric
        }
        if desiredReplicas > currentReplicas { rescaleReason = "\(rescaleMetric) above target" }
        if desiredReplicas < currentReplicas { rescaleReason = "All metrics below target" }
        let limits = ScalingLimits(
            minimum: minimumReplicas, maximum: maximumReplicas, behavior: autoscaler.spec.behavior,
            downscaleStabilization: options.downscaleStabilization, now: now)
        let size = limits.normalize(desiredReplicas, current: currentReplicas, &memory)
        set("AbleToScale", .isTrue, size.ability.reason, size.ability.message, at: now)
        set(
            "ScalingLimited", size.limit.isLimited ? .isTrue : .isFalse, size.limit.reason,
            size.limit.message, at: now)
        desiredReplicas = size.replicas
    }

    /// The metrics gave no size.
    mutating func failToCompute(_ message: String) {
        setStatus(desired: autoscaler.status.desiredReplicas)
        lateEvents.append(event(.warning, "FailedComputeMetricsReplicas", message))
        error =
            "failed to compute desired number of replicas based on listed metrics for \(reference): \(message)"
    }

    mutating func succeedToRescale(_ memory: inout AutoscalerMemory, at now: VirtualTime) {
        set(
            "AbleToScale", .isTrue, "SucceededRescale",
            "the HPA controller was able to update the target scale to \(desiredReplicas)", at: now)
        report(.normal, "SuccessfulRescale", "New size: \(desiredReplicas); reason: \(rescaleReason)")
        if let behavior = autoscaler.spec.behavior {
            let isUp = desiredReplicas > currentReplicas
            let rules = isUp ? behavior.scaleUp : behavior.scaleDown
            memory.remember(
                change: isUp ? desiredReplicas &- currentReplicas : currentReplicas &- desiredReplicas,
                isUp: isUp, longestPeriod: rules?.longestPeriod ?? 0, at: now)
        }
        autoscaler.status.conditions["ScaledToZero"] = nil
        setStatus(desired: Int64(desiredReplicas))
        autoscaler.status.lastScaleTime = Timestamp(now)
    }

    mutating func failToRescale(_ message: String, at now: VirtualTime) {
        report(
            .warning, "FailedRescale",
            "New size: \(desiredReplicas); reason: \(rescaleReason); error: \(message)")
        set(
            "AbleToScale", .isFalse, "FailedUpdateScale",
            "the HPA controller was unable to update the target scale: \(message)", at: now)
        setStatus(desired: autoscaler.status.desiredReplicas)
        error = "failed to rescale \(reference): \(message)"
    }

    /// Nothing is to be done about the size.
    mutating func stay() { setStatus(desired: Int64(currentReplicas)) }

    private mutating func setStatus(desired: Int64) {
        autoscaler.status.observedGeneration = nil
        autoscaler.status.currentReplicas = Int64(currentReplicas)
        autoscaler.status.desiredReplicas = desired
        autoscaler.status.currentMetrics = metricStatuses
    }
}
