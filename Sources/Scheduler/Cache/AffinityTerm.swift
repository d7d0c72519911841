public import KubernetesModel

/// A term of inter-pod (anti-)affinity, compiled against its pod's namespace.
///
/// Upstream: `kube-scheduler/framework/types.go`, `AffinityTerm` (v1.36).
public struct AffinityTerm: Hashable, Sendable {
    /// Nil selects nothing.
    public var selector: LabelSelector?
    public var namespaces: [String]
    /// Nil selects no further namespace.
    public var namespaceSelector: LabelSelector?
    public var topology: TopologyIndex
    /// The weight of a preferred term; 0 in a required one.
    public var weight: Int64 = 0

    init(_ term: PodAffinityTerm, namespace: String, topology: TopologyIndex, weight: Int64 = 0) {
        selector = term.labelSelector
        namespaces =
            term.namespaces.isEmpty && term.namespaceSelector == nil ? [namespace] : term.namespaces
        namespaceSelector = term.namespaceSelector
        self.topology = topology
        self.weight = weight
    }

    /// Whether the term is about a pod.
    ///
    /// - Parameter namespaceLabels: those of the pod's namespace, or none: upstream passes none where it has
    ///   resolved the namespaces before, so a selector that matches no labels matches every namespace then.
    public func matches(_ pod: Pod, namespaceLabels: Labels) -> Bool {
        matches(pod.metadata.namespace, pod.metadata.labels, namespaceLabels: namespaceLabels)
    }

    /// Whether the term is about the pods of a group.
    func matches(_ group: PodGroup, namespaceLabels: Labels) -> Bool {
        matches(group.podClass.namespace, group.labels, namespaceLabels: namespaceLabels)
    }

    private func matches(_ namespace: String, _ labels: Labels, namespaceLabels: Labels) -> Bool {
        guard namespaces.contains(namespace) || namespaceSelector?.matches(namespaceLabels) ?? false
        else { return false }
        return selector?.matches(labels) ?? false
    }

    /// The term with the names of the namespaces that its selector selects now.
    func resolvingNamespaces(_ all: ObjectIndex<Namespace>) -> AffinityTerm {
        guard let namespaceSelector, !namespaceSelector.isEmpty else { return self }
        var resolved = self
        for namespace in all.elements where namespaceSelector.matches(namespace.metadata.labels) {
            if !resolved.namespaces.contains(namespace.metadata.name) {
                resolved.namespaces.append(namespace.metadata.name)
            }
        }
        return resolved
    }
}
