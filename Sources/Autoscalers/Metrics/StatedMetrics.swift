public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// Answers the custom and the external metrics API with what the scenario states: an adapter's part.
///
/// Upstream: `kubernetes-sigs/custom-metrics-apiserver`, `pkg/provider/errors.go`, for what it says of metrics
/// that it does not have; `metrics/pkg/client/custom_metrics/discovery.go` (v1.36) for when there is none.
public struct StatedMetrics: Sendable {
    private let metrics: [StatedMetric]
    /// The selectors of the metrics of pods, by the metrics' places.
    private let selectors: [CompiledLabelSelector?]

    public init(_ metrics: [StatedMetric]) {
        self.metrics = metrics
        selectors = metrics.map { metric in
            switch metric.subject {
            case .eachPod(let selector), .sharedByPods(let selector): try? CompiledLabelSelector(selector)
            case .object, .external: nil
            }
        }
    }

    private var hasExternal: Bool { metrics.contains { $0.subject == .external } }
    private var hasCustom: Bool { metrics.contains { $0.subject != .external } }

    /// Answers a query; resources are metrics-server's affair.
    ///
    /// - Parameter running: the running pods of a namespace that a selector selects, in the order of their names.
    public func answer(
        _ query: MetricsQuery,
        running: (_ namespace: String, _ selector: CompiledLabelSelector) -> [Pod], at now: VirtualTime
    ) throws(APIError) -> MetricValueList {
        switch query {
        case .resources: throw APIError(.notFound, "the server could not find the requested resource")
        case .pods(let metric, let selector, let namespace, let pods):
            try requireCustom()
            return try values(
                of: metric, selector, that: pods, namespace: namespace, running: running, at: now)
        case .object(let metric, let selector, let namespace, let object):
            try requireCustom()
            let name =
                object.kind == "Namespace" && !object.apiVersion.contains("/") ? namespace : object.name
            let found = metrics.first {
                $0.name == metric && $0.subject == .object(kind: object.kind, name: name)
                    && ($0.namespace ?? namespace) == namespace && matches(selector, $0.labels)
            }
            guard let milli = found?.series.milli(at: now) else {
                throw APIError(
                    .notFound,
                    "the server could not find the metric \(metric) for \(Self.resource(object)) \(name)")
            }
            return MetricValueList(items: [item(name, milli, now)])
        case .external(let metric, let selector, let namespace):
            guard hasExternal else {
                throw APIError(
                    .notFound,
                    "the server could not find the requested resource (get \(metric).external.metrics.k8s.io)"
                )
            }
            return MetricValueList(
                items: metrics.compactMap { stated in
                    guard stated.name == metric, stated.subject == .external,
                        (stated.namespace ?? namespace) == namespace, matches(selector, stated.labels)
                    else { return nil }
                    return stated.series.milli(at: now).map { item("", $0, now) }
                })
        }
    }

    private func requireCustom() throws(APIError) {
        if !hasCustom {
            throw APIError(.notFound, "no custom metrics API (custom.metrics.k8s.io) registered")
        }
    }

    private func values(
        of metric: String, _ selector: CompiledLabelSelector, that pods: CompiledLabelSelector,
        namespace: String, running: (String, CompiledLabelSelector) -> [Pod], at now: VirtualTime
    ) throws(APIError) -> MetricValueList {
        var items: [MetricValueList.Item] = []
        var isKnown = false
        var seen: Set<String> = []
        for (stated, own) in zip(metrics, selectors) {
            guard let own, stated.name == metric, (stated.namespace ?? namespace) == namespace,
                matches(selector, stated.labels), let milli = stated.series.milli(at: now)
            else { continue }
            var isShared = false
            if case .sharedByPods = stated.subject { isShared = true }
            isKnown = true
            let mine = running(namespace, own)
            let serving = mine.count(where: Self.isServing)
            for pod in mine where matches(pods, pod.metadata.labels) {
                guard seen.insert(pod.metadata.name).inserted else { continue }
                let share = Self.isServing(pod) ? milli / Int64(max(1, serving)) : 0
                items.append(item(pod.metadata.name, isShared ? share : milli, now))
            }
        }
        if !isKnown {
            throw APIError(.notFound, "the server could not find the metric \(metric) for pods")
        }
        return MetricValueList(items: items)
    }

    private static func isServing(_ pod: Pod) -> Bool { pod.isReady && !pod.metadata.isBeingDeleted }

    private func matches(_ selector: CompiledLabelSelector, _ labels: Labels) -> Bool {
        selector.matches { labels[$0] }
    }

    private func item(_ name: String, _ milli: Int64, _ now: VirtualTime) -> MetricValueList.Item {
        MetricValueList.Item(
            name: name, timestamp: Timestamp(now).time, window: nil, value: Quantity(milli: milli))
    }

    /// `deployments.apps`: how messages name the resource.
    private static func resource(_ object: CrossVersionObjectReference) -> String {
        guard let kind = ObjectKind(apiVersion: object.apiVersion, kind: object.kind) else {
            return object.kind.lowercased()
        }
        return kind.info.qualifiedPlural
    }
}
