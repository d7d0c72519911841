import KubernetesModel

/// Which pods each autoscaler scales, so that two that scale the same ones are found.
///
/// Upstream: `pkg/controller/util/selectors/bimultimap.go` (v1.36).
struct AutoscalerSelectors: Sendable {
    /// By namespace, then by name; nil until the autoscaler was looked at.
    private var selectors: [String: [String: CompiledLabelSelector?]] = [:]

    mutating func register(_ key: ObjectKey) {
        if selectors[key.namespace]?[key.name] == nil {
            selectors[key.namespace, default: [:]][key.name] = .some(nil)
        }
    }

    mutating func remove(_ key: ObjectKey) { selectors[key.namespace]?.removeValue(forKey: key.name) }

    /// Takes the selector of an autoscaler that is known.
    mutating func put(_ selector: CompiledLabelSelector, for key: ObjectKey) {
        guard selectors[key.namespace]?[key.name] != nil else { return }
        selectors[key.namespace]?[key.name] = selector
    }

    /// The names of all autoscalers of a namespace that select one of these pods, in order.
    func autoscalers(of pods: [Ref<Pod>], namespace: String) -> [String] {
        guard let known = selectors[namespace], known.count > 1 else { return [] }
        // Pods of one template mostly share their labels.
        var labels: Set<StringMap> = []
        for pod in pods { labels.insert(pod.value.metadata.labels) }
        return known.filter { _, selector in
            guard let selector = selector else { return false }
            return labels.contains { own in selector.matches { own[$0] } }
        }.keys.sorted()
    }
}
