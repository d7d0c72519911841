public import KubernetesModel

/// The pods of each namespace by their labels, so that a selector is compared once for all pods of a template,
/// and with those templates only that have a label which it asks for.
public struct PodLabelIndex: Sendable {
    fileprivate struct Namespace: Sendable {
        /// The names of the pods with these labels.
        var names: [Labels: Set<String>] = [:]
        /// All label sets that have a label.
        var having: [LabelPair: Set<Labels>] = [:]
    }

    private var namespaces: [String: Namespace] = [:]

    public init() {}

    /// Takes in a change of a pod; nil for what was not there before, or is not there any more.
    public mutating func update(from old: ObjectMeta?, to new: ObjectMeta?) {
        if let old, let new, old.labels == new.labels { return }
        if let old { namespaces[old.namespace]?.remove(old) }
        if let new { namespaces[new.namespace, default: Namespace()].insert(new) }
    }

    /// The pods that a selector selects, in the order of their names.
    public func pods(in namespace: String, _ selector: CompiledLabelSelector) -> [ObjectKey] {
        guard let known = namespaces[namespace] else { return [] }
        var names: [String] = []
        func take(_ labels: Labels, _ group: Set<String>) {
            if selector.matches(lookup: { labels[$0] }) { names += group }
        }
        if let pair = LabelPair(requiredBy: selector) {
            for labels in known.having[pair] ?? [] { take(labels, known.names[labels] ?? []) }
        } else {
            for (labels, group) in known.names { take(labels, group) }
        }
        return names.sorted().map { ObjectKey(namespace: namespace, name: $0) }
    }

    /// Visits all pods of a namespace in no order, for what does not depend on one.
    public func visitUnordered(_ namespace: String, _ visit: (ObjectKey) -> Void) {
        guard let known = namespaces[namespace] else { return }
        for group in known.names.values {
            for name in group { visit(ObjectKey(namespace: namespace, name: name)) }
        }
    }
}

extension PodLabelIndex.Namespace {
    fileprivate mutating func insert(_ pod: ObjectMeta) {
        if names[pod.labels]?.insert(pod.name) != nil { return }
        names[pod.labels] = [pod.name]
        for entry in pod.labels.entries { having[LabelPair(entry), default: []].insert(pod.labels) }
    }

    fileprivate mutating func remove(_ pod: ObjectMeta) {
        names[pod.labels]?.remove(pod.name)
        guard names[pod.labels]?.isEmpty == true else { return }
        names[pod.labels] = nil
        for entry in pod.labels.entries {
            let pair = LabelPair(entry)
            having[pair]?.remove(pod.labels)
            if having[pair]?.isEmpty == true { having[pair] = nil }
        }
    }
}

/// A label with its value.
struct LabelPair: Hashable, Sendable {
    var key: String
    var value: String

    init(_ entry: Labels.Entry) {
        key = entry.key
        value = entry.value
    }

    /// A label that everything must have which the selector selects; nil when there is none.
    init?(requiredBy selector: CompiledLabelSelector) {
        for requirement in selector.requirements {
            guard let value = selector.requiredValue(of: requirement.key) else { continue }
            key = requirement.key
            self.value = value
            return
        }
        return nil
    }
}
