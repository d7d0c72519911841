import ControlPlane
import KubernetesModel
import SimulationKernel

/// An answer of a metrics API, or the words of its error.
typealias MetricsAnswer = Result<MetricValueList, APIError>

/// What one metric asks for.
private struct MetricProposal {
    var replicas: Int32
    var name: String
    var status: MetricStatus
}

/// Why a metric asks for nothing: what the event and the condition say, and what goes up to the caller.
private struct MetricRefusal: Error {
    var reason: String
    var message: String
    /// Of the whole chain of callers.
    var full: String
}

extension HorizontalSync {
    // MARK: Asking

    /// Reads the scale's selector, and makes sure that no other autoscaler selects the same pods.
    ///
    /// - Returns: what is to be asked of the metrics APIs; nil when the selector will not do.
    mutating func begin(
        _ selectors: inout AutoscalerSelectors, pods: (CompiledLabelSelector) -> [Ref<Pod>],
        at now: VirtualTime
    ) -> [MetricsQuery]? {
        let text = scale?.selector ?? ""
        if text.isEmpty {
            report(.warning, "SelectorRequired", "selector is required")
            set(
                "ScalingActive", .isFalse, "InvalidSelector",
                "the HPA target's scale is missing a selector", at: now)
            failToCompute("selector is required")
            return nil
        }
        let parsed: CompiledLabelSelector
        do throws(SelectorError) {
            parsed = try CompiledLabelSelector(parsing: text)
        } catch {
            return refuse(
                "InvalidSelector",
                "couldn't convert selector into a corresponding internal selector object: \(error)", at: now)
        }
        selectors.put(parsed, for: autoscaler.metadata.key)
        let names = selectors.autoscalers(of: pods(parsed), namespace: autoscaler.metadata.namespace)
        if names.count > 1 {
            let list = names.map { "{\($0) \(autoscaler.metadata.namespace)}" }.joined(separator: " ")
            return refuse(
                "AmbiguousSelector",
                "pods by selector \(text) are controlled by multiple HPAs: [\(list)]", at: now)
        }
        selector = parsed
        var result: [MetricsQuery] = []
        for (index, metric) in autoscaler.spec.metrics.enumerated() {
            guard let query = query(for: metric, pods: parsed) else { continue }
            queries[index] = result.count
            result.append(query)
        }
        return result
    }

    private mutating func refuse(
        _ reason: String, _ message: String, at now: VirtualTime
    ) -> [MetricsQuery]? {
        report(.warning, reason, message)
        set("ScalingActive", .isFalse, reason, message, at: now)
        failToCompute(message)
        return nil
    }

    private func query(for metric: MetricSpec, pods: CompiledLabelSelector) -> MetricsQuery? {
        let namespace = autoscaler.metadata.namespace
        func own(_ source: MetricSource) -> CompiledLabelSelector {
            // None at all is sent as an empty text, which selects everything.
            source.metric?.selector.flatMap { try? CompiledLabelSelector($0) } ?? .everything
        }
        switch metric.type {
        case "Resource", "ContainerResource": return .resources(namespace: namespace, pods: pods)
        case "Pods":
            guard let source = metric.pods else { return nil }
            return .pods(
                metric: source.metric?.name ?? "", selector: own(source), namespace: namespace, pods: pods)
        case "Object":
            guard let source = metric.object else { return nil }
            return .object(
                metric: source.metric?.name ?? "", selector: own(source), namespace: namespace,
                source.describedObject ?? CrossVersionObjectReference())
        case "External":
            guard let source = metric.external else { return nil }
            return .external(metric: source.metric?.name ?? "", selector: own(source), namespace: namespace)
        default: return nil
        }
    }

    // MARK: Computing

    /// Takes the largest of the sizes that the metrics ask for.
    ///
    /// A metric that cannot be read keeps the size from falling, not from rising.
    /// Upstream: `computeReplicasForMetrics` (v1.36).
    /// - Returns: whether there is a size.
    mutating func compute(
        _ answers: [MetricsAnswer], pods: [Ref<Pod>], _ memory: inout AutoscalerMemory, at now: VirtualTime
    ) -> Bool {
        let calculator = ReplicaCalculator(
            pods: pods, options: options, tolerances: tolerances, now: now)
        let metrics = autoscaler.spec.metrics
        var (replicas, name) = (Int32(0), "")
        var failures: [MetricRefusal] = []
        metricStatuses = []
        for (index, metric) in metrics.enumerated() {
            do throws(MetricRefusal) {
                let answer = queries[index].map { answers[$0] }
                let proposal = try propose(metric, answer, calculator)
                metricStatuses.append(proposal.status)
                if replicas == 0 || proposal.replicas > replicas {
                    (replicas, name) = (proposal.replicas, proposal.name)
                }
            } catch {
                report(.warning, error.reason, error.message)
                metricStatuses.append(MetricStatus())
                failures.append(error)
            }
        }
        let message = failures.first.map {
            "invalid metrics (\(failures.count) invalid out of \(metrics.count)), first error is: \($0.full)"
        }
        let specReplicas = scale?.specReplicas ?? 0
        if failures.count >= metrics.count || (!failures.isEmpty && replicas < specReplicas) {
            if let first = failures.first {
                set(
                    "ScalingActive", .isFalse, first.reason,
                    "the HPA was unable to compute the replica count: \(first.message)", at: now)
            }
            failToCompute(message ?? "")
            return false
        }
        set(
            "ScalingActive", .isTrue, "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from \(name)", at: now)
        error = message
        normalize(replicas, metric: name, &memory, at: now)
        return true
    }

    private var tolerances: Tolerances {
        func value(_ rules: HPAScalingRules?) -> Double {
            guard let tolerance = rules?.tolerance else { return options.tolerance }
            if case .scaled(let value, let scale) = tolerance.representation {
                return GoNumber.approximate(value, scale: scale)
            }
            return tolerance.approximateDouble
        }
        let behavior = autoscaler.spec.behavior
        return Tolerances(down: value(behavior?.scaleDown), up: value(behavior?.scaleUp))
    }

    private func propose(
        _ metric: MetricSpec, _ answer: MetricsAnswer?, _ calculator: ReplicaCalculator
    ) throws(MetricRefusal) -> MetricProposal {
        switch metric.type {
        case "Resource":
            let source = metric.resource ?? MetricSource()
            let name = source.name ?? ""
            do throws(MetricFailure) {
                return try byResource(metric, source, answer, calculator)
            } catch {
                throw MetricRefusal(
                    reason: "FailedGetResourceMetric", message: error.message,
                    full: "failed to get \(name) resource metric value: \(error.message)")
            }
        case "ContainerResource":
            let source = metric.containerResource ?? MetricSource()
            do throws(MetricFailure) {
                return try byResource(metric, source, answer, calculator)
            } catch {
                throw MetricRefusal(
                    reason: "FailedGetContainerResourceMetric", message: error.message,
                    full: "failed to get \(source.container ?? "") container metric value: \(error.message)")
            }
        case "Pods":
            do throws(MetricFailure) {
                return try byPods(metric.pods ?? MetricSource(), answer, calculator)
            } catch {
                throw MetricRefusal(
                    reason: "FailedGetPodsMetric", message: error.message,
                    full: "failed to get pods metric value: \(error.message)")
            }
        case "Object": return try byObject(metric.object ?? MetricSource(), answer, calculator)
        case "External": return try byExternal(metric.external ?? MetricSource(), answer, calculator)
        default:
            let message = "unknown metric source type \"\(metric.type)\""
            throw MetricRefusal(reason: "InvalidMetricSourceType", message: message, full: message)
        }
    }

    // MARK: Resources

    private func byResource(
        _ metric: MetricSpec, _ source: MetricSource, _ answer: MetricsAnswer?,
        _ calculator: ReplicaCalculator
    ) throws(MetricFailure) -> MetricProposal {
        let name = source.name ?? ""
        let container = metric.type == "ContainerResource" ? source.container ?? "" : ""
        let current = scale?.specReplicas ?? 0
        // Memory is written as metrics-server writes it.
        let format: Quantity.Format = name == ResourceName.memory ? .binarySI : .decimalSI
        let what: String
        let proposal: ReplicaProposal
        if let average = source.target.averageValue {
            do throws(MetricFailure) {
                let samples = try Self.resourceSamples(answer, name, container)
                proposal = try calculator.byAverage(
                    samples, target: average.milliValue, resource: name, current: current)
            } catch {
                throw MetricFailure("failed to get \(name) usage: \(error.message)")
            }
            what = "\(name) resource"
        } else if let utilization = source.target.averageUtilization {
            do throws(MetricFailure) {
                let samples = try Self.resourceSamples(answer, name, container)
                proposal = try calculator.byUtilization(
                    samples, target: Int32(clamping: utilization), resource: name, container: container,
                    current: current)
            } catch {
                throw MetricFailure("failed to get \(name) utilization: \(error.message)")
            }
            let kind = metric.type == "ContainerResource" ? "container resource" : "resource"
            what = "\(name) \(kind) utilization (percentage of request)"
        } else {
            throw MetricFailure(
                "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set"
            )
        }
        let reading = MetricReading(
            of: source,
            MetricValueStatus(
                averageValue: Quantity(milli: proposal.usage, format: format),
                averageUtilization: proposal.utilization.map(Int64.init)))
        var status = MetricStatus()
        status.type = metric.type
        if metric.type == "ContainerResource" {
            status.containerResource = reading
        } else {
            status.resource = reading
        }
        return MetricProposal(replicas: proposal.replicas, name: what, status: status)
    }

    /// Upstream: `pkg/controller/podautoscaler/metrics/client.go`, `GetResourceMetric` (v1.36).
    private static func resourceSamples(
        _ answer: MetricsAnswer?, _ resource: String, _ container: String
    ) throws(MetricFailure) -> PodSamples {
        let list = try items(answer, of: "resource metrics API") {
            "unable to get metrics for resource \(resource): \($0)"
        }
        var samples = PodSamples()
        for pod in list {
            var total: Int64 = 0
            var isThere = !pod.containers.isEmpty
            if container.isEmpty {
                for part in pod.containers {
                    guard let amount = part.usage[resource] else {
                        isThere = false
                        break
                    }
                    total &+= amount.milliValue
                }
            } else {
                let amount = pod.containers.first { $0.name == container }?.usage[resource]
                isThere = amount != nil
                total = amount?.milliValue ?? 0
            }
            if isThere {
                samples[pod.name] = .init(
                    value: total, timestamp: pod.timestamp, window: pod.window ?? .zero)
            }
        }
        return samples
    }

    private static func items(
        _ answer: MetricsAnswer?, of api: String, wrap: (String) -> String
    ) throws(MetricFailure) -> [MetricValueList.Item] {
        switch answer {
        case .success(let list):
            if list.items.isEmpty { throw MetricFailure(wrap("no metrics returned from \(api)")) }
            return list.items
        case .failure(let error):
            throw MetricFailure(wrap("unable to fetch metrics from \(api): \(error.message)"))
        case nil: throw MetricFailure(wrap("no metrics returned from \(api)"))
        }
    }

    // MARK: Pods

    /// The window of a custom metric whose API does not tell it (`metricServerDefaultMetricWindow`).
    private static let defaultWindow = VirtualDuration.minutes(1)

    private func byPods(
        _ source: MetricSource, _ answer: MetricsAnswer?, _ calculator: ReplicaCalculator
    ) throws(MetricFailure) -> MetricProposal {
        let name = source.metric?.name ?? ""
        let list = try Self.items(answer, of: "custom metrics API") { "unable to get metric \(name): \($0)" }
        var samples = PodSamples()
        for item in list {
            samples[item.name] = .init(
                value: item.value.milliValue, timestamp: item.timestamp,
                window: item.window ?? Self.defaultWindow)
        }
        let proposal = try calculator.byAverage(
            samples, target: source.target.averageValue?.milliValue ?? 0, resource: "",
            current: scale?.specReplicas ?? 0)
        var status = MetricStatus()
        status.type = "Pods"
        status.pods = MetricReading(
            of: source, MetricValueStatus(averageValue: Quantity(milli: proposal.usage)))
        return MetricProposal(replicas: proposal.replicas, name: "pods metric \(name)", status: status)
    }

    // MARK: Objects

    private func byObject(
        _ source: MetricSource, _ answer: MetricsAnswer?, _ calculator: ReplicaCalculator
    ) throws(MetricRefusal) -> MetricProposal {
        func refusal(_ message: String, _ full: String) -> MetricRefusal {
            MetricRefusal(
                reason: "FailedGetObjectMetric", message: message,
                full: "failed to get object metric value: \(full)")
        }
        let name = source.metric?.name ?? ""
        let object = source.describedObject ?? CrossVersionObjectReference()
        var status = MetricStatus()
        status.type = "Object"
        let isValue = source.target.type == "Value" && source.target.value != nil
        let isAverage = source.target.type == "AverageValue" && source.target.averageValue != nil
        guard isValue || isAverage else {
            let message =
                "invalid object metric source: neither a value target nor an average value target was set"
            throw refusal(message, message)
        }
        do throws(MetricFailure) {
            let usage: Int64
            do throws(MetricFailure) {
                usage = try Self.items(answer, of: "custom metrics API") { $0 }[0].value.milliValue
            } catch {
                // The arguments are in this order upstream, too.
                throw MetricFailure(
                    "unable to get metric \(name): \(object.kind) on \(autoscaler.metadata.namespace) \(object.name)/\(error.message)"
                )
            }
            if isValue, let target = source.target.value {
                let proposal = try calculator.byValue(
                    usage, target: target.milliValue, current: scale?.specReplicas ?? 0)
                status.object = MetricReading(
                    of: source, MetricValueStatus(value: Quantity(milli: proposal.usage)))
                return MetricProposal(
                    replicas: proposal.replicas, name: "\(object.kind) metric \(name)", status: status)
            }
            let proposal = calculator.byObjectAverage(
                usage, target: source.target.averageValue?.milliValue ?? 0,
                statusReplicas: scale?.statusReplicas ?? 0)
            status.object = MetricReading(
                of: source, MetricValueStatus(averageValue: Quantity(milli: proposal.usage)))
            return MetricProposal(
                replicas: proposal.replicas,
                name: "external metric \(name)(\(LabelSelector.goText(source.metric?.selector)))",
                status: status)
        } catch {
            throw refusal(
                error.message,
                isValue ? error.message : "failed to get \(name) object metric: \(error.message)")
        }
    }

    // MARK: External

    private func byExternal(
        _ source: MetricSource, _ answer: MetricsAnswer?, _ calculator: ReplicaCalculator
    ) throws(MetricRefusal) -> MetricProposal {
        let name = source.metric?.name ?? ""
        let selector = LabelSelector.goText(source.metric?.selector)
        func refusal(_ message: String, _ full: String) -> MetricRefusal {
            MetricRefusal(
                reason: "FailedGetExternalMetric", message: message,
                full: "failed to get \(name) external metric value: \(full)")
        }
        let isAverage = source.target.averageValue != nil
        guard isAverage || source.target.value != nil else {
            let message =
                "invalid external metric source: neither a value target nor an average value target was set"
            throw refusal(message, message)
        }
        var status = MetricStatus()
        status.type = "External"
        do throws(MetricFailure) {
            let values = try Self.items(answer, of: "external metrics API") {
                "unable to get external metric \(autoscaler.metadata.namespace)/\(name)/\(selector): \($0)"
            }.map(\.value.milliValue)
            let proposal: ReplicaProposal
            if let target = source.target.averageValue {
                proposal = calculator.byExternalAverage(
                    values, target: target.milliValue, statusReplicas: scale?.statusReplicas ?? 0)
                status.external = MetricReading(
                    of: source, MetricValueStatus(averageValue: Quantity(milli: proposal.usage)))
            } else {
                proposal = try calculator.byValue(
                    ReplicaCalculator.sum(values), target: source.target.value?.milliValue ?? 0,
                    current: scale?.specReplicas ?? 0)
                status.external = MetricReading(
                    of: source, MetricValueStatus(value: Quantity(milli: proposal.usage)))
            }
            return MetricProposal(
                replicas: proposal.replicas, name: "external metric \(name)(\(selector))", status: status)
        } catch {
            throw refusal(
                error.message,
                isAverage
                    ? "failed to get \(name) external metric: \(error.message)"
                    : "failed to get external metric \(name): \(error.message)")
        }
    }
}
