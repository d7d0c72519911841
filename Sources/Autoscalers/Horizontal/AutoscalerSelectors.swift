import KubernetesModel

/// Which pods each autoscaler scales, so that two that scale the same ones are found.
///
/// Upstream: `pkg/controller/util/selectors/bimultimap.go` (v1.36).
struct AutoscalerSelectors: Sendable {
    private struct Namespace: Sendable {
        /// By name; nil until the autoscaler was looked at.
        var selectors: [String: CompiledLabelSelector?] = [:]
        /// The names of those that ask for a label, by one such label; nil for those that ask for none.
        var asking: [LabelPair?: Set<String>] = [:]
    }

    private var namespaces: [String: Namespace] = [:]

    mutating func register(_ key: ObjectKey) {
        if namespaces[key.namespace]?.selectors[key.name] == nil {
            namespaces[key.namespace, default: Namespace()].selectors[key.name] = .some(nil)
        }
    }

    mutating func remove(_ key: ObjectKey) {
        if case .some(.some(let old)) = namespaces[key.namespace]?.selectors.removeValue(forKey: key.name) {
            namespaces[key.namespace]?.asking[LabelPair(requiredBy: old)]?.remove(key.name)
        }
    }

    /// Takes the selector of an autoscaler that is known.
    mutating func put(_ selector: CompiledLabelSelector, for key: ObjectKey) {
        guard let known = namespaces[key.namespace]?.selectors[key.name], known != selector else { return }
        if let known {
            namespaces[key.namespace]?.asking[LabelPair(requiredBy: known)]?.remove(key.name)
        }
        namespaces[key.namespace]?.selectors[key.name] = selector
        namespaces[key.namespace]?.asking[LabelPair(requiredBy: selector), default: []].insert(key.name)
    }

    /// The names of all autoscalers of a namespace that select one of these pods, in order.
    func autoscalers(of pods: [Ref<Pod>], namespace: String) -> [String] {
        guard let known = namespaces[namespace], known.selectors.count > 1 else { return [] }
        // Pods of one template mostly share their labels.
        var labels: Set<Labels> = []
        for pod in pods { labels.insert(pod.value.metadata.labels) }
        var found: Set<String> = []
        for own in labels {
            let pairs: [LabelPair?] = [nil] + own.entries.map { LabelPair($0) }
            for pair in pairs {
                for name in known.asking[pair] ?? [] {
                    guard case .some(.some(let selector)) = known.selectors[name] else { continue }
                    if selector.matches(lookup: { own[$0] }) { found.insert(name) }
                }
            }
        }
        return found.sorted()
    }
}
