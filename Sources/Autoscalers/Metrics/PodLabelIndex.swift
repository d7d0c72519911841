public import KubernetesModel

/// The pods of each namespace by their labels, so that a selector is compared once for all pods of a template.
public struct PodLabelIndex: Sendable {
    /// By namespace, then by labels: the names.
    private var groups: [String: [Labels: Set<String>]] = [:]

    public init() {}

    /// Takes in a change of a pod; nil for what was not there before, or is not there any more.
    public mutating func update(from old: ObjectMeta?, to new: ObjectMeta?) {
        if let old, let new, old.labels == new.labels { return }
        if let old {
            groups[old.namespace]?[old.labels]?.remove(old.name)
            if groups[old.namespace]?[old.labels]?.isEmpty == true {
                groups[old.namespace]?[old.labels] = nil
            }
        }
        if let new { groups[new.namespace, default: [:]][new.labels, default: []].insert(new.name) }
    }

    /// The pods that a selector selects, in the order of their names.
    public func pods(in namespace: String, _ selector: CompiledLabelSelector) -> [ObjectKey] {
        var names: [String] = []
        for (labels, group) in groups[namespace] ?? [:] where selector.matches(lookup: { labels[$0] }) {
            names += group
        }
        return names.sorted().map { ObjectKey(namespace: namespace, name: $0) }
    }

    /// Visits all pods of a namespace in no order, for what does not depend on one.
    public func visitUnordered(_ namespace: String, _ visit: (ObjectKey) -> Void) {
        for group in (groups[namespace] ?? [:]).values {
            for name in group { visit(ObjectKey(namespace: namespace, name: name)) }
        }
    }
}
