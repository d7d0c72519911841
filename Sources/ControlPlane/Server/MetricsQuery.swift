public import KubernetesModel

/// What a client asks the metrics APIs, which servers of their own answer behind the API server.
public enum MetricsQuery: Hashable, Sendable {
    /// The resources that a namespace's pods with these labels use (`metrics.k8s.io/v1beta1`).
    case resources(namespace: String, pods: CompiledLabelSelector)
    /// One metric of each of these pods (`custom.metrics.k8s.io/v1beta2`).
    case pods(metric: String, selector: CompiledLabelSelector, namespace: String, pods: CompiledLabelSelector)
    /// One metric of one object (`custom.metrics.k8s.io/v1beta2`).
    case object(
        metric: String, selector: CompiledLabelSelector, namespace: String, CrossVersionObjectReference)
    /// The values of a metric that has to do with no object of the cluster (`external.metrics.k8s.io/v1beta1`).
    case external(metric: String, selector: CompiledLabelSelector, namespace: String)

    public var namespace: String {
        switch self {
        case .resources(let namespace, _), .pods(_, _, let namespace, _), .object(_, _, let namespace, _),
            .external(_, _, let namespace):
            namespace
        }
    }
}
