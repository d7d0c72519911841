public import KubernetesModel

/// A custom or external metric, with the values that a scenario gives it.
public struct StatedMetric: Hashable, Sendable {
    /// What has the metric.
    public enum Subject: Hashable, Sendable {
        /// Each of these pods has the value.
        case eachPod(LabelSelector)
        /// The ready ones of these pods have equal parts of the value, as behind a load balancer.
        case sharedByPods(LabelSelector)
        case object(kind: String, name: String)
        case external
    }

    public var name: String
    /// Nil for external metrics that every namespace sees.
    public var namespace: String?
    public var subject: Subject
    /// By which a selector may tell it from others of its name.
    public var labels: Labels
    public var series: MetricSeries

    public init(
        name: String, namespace: String?, subject: Subject, labels: Labels = [:], series: MetricSeries
    ) {
        self.name = name
        self.namespace = namespace
        self.subject = subject
        self.labels = labels
        self.series = series
    }
}
