/// A node selector: terms of which one must hold, each made of requirements that must all hold.
///
/// Upstream: `component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go` (v1.36).
public struct CompiledNodeSelector: Hashable, Sendable {
    /// Requirements, all of which must hold.
    public struct Term: Hashable, Sendable {
        /// Requirements on the node's labels.
        public var labels: [NodeSelectorRequirement]
        /// Requirements on fields; `metadata.name` is the only one.
        public var fields: [NodeSelectorRequirement]

        /// Makes a term.
        public init(labels: [NodeSelectorRequirement] = [], fields: [NodeSelectorRequirement] = []) {
            self.labels = labels
            self.fields = fields
        }

        /// A term as an API object writes it.
        public init(_ term: JSONValue?) {
            let tree = APITree(term)
            labels = tree.matchExpressions.list.map { NodeSelectorRequirement($0.value) }
            fields = tree.matchFields.list.map { NodeSelectorRequirement($0.value) }
        }

        /// A term without requirements selects nothing.
        public func matches(name: String, labels lookup: (String) -> String?) -> Bool {
            if labels.isEmpty && fields.isEmpty { return false }
            return labels.allSatisfy { $0.matches(lookup($0.key)) }
                && fields.allSatisfy { $0.matchesField(name: name) }
        }
    }

    /// The terms, one of which must hold.
    public var terms: [Term]

    /// Makes a selector of terms.
    public init(terms: [Term]) { self.terms = terms }

    /// A selector as an API object writes it (`nodeSelectorTerms`).
    public init(_ selector: JSONValue?) {
        terms = APITree(selector).nodeSelectorTerms.list.map { Term($0.value) }
    }

    public func matches(name: String, labels lookup: (String) -> String?) -> Bool {
        terms.contains { $0.matches(name: name, labels: lookup) }
    }
}

/// One requirement on a node's label or field.
public struct NodeSelectorRequirement: Hashable, Sendable {
    /// How the value is compared.
    public enum Operation: String, Sendable {
        case isIn = "In"
        case notIn = "NotIn"
        case exists = "Exists"
        case doesNotExist = "DoesNotExist"
        case greaterThan = "Gt"
        case lessThan = "Lt"
    }

    /// The label's key, or the field's path.
    public var key: String
    /// Nil for an operator that there is not: such a requirement never holds.
    public var operation: Operation?
    /// What the value is compared with.
    public var values: [String]

    /// Makes a requirement.
    public init(key: String, _ operation: Operation, _ values: [String] = []) {
        self.key = key
        self.operation = operation
        self.values = values
    }

    /// A requirement as an API object writes it.
    public init(_ requirement: JSONValue?) {
        let tree = APITree(requirement)
        key = tree.key.text
        operation = Operation(rawValue: tree["operator"].text)
        values = tree.values.strings
    }

    /// Whether it holds for the label's value; nil when the node has no such label. Numbers compare as
    /// integers; what is no integer compares false.
    public func matches(_ value: String?) -> Bool {
        switch operation {
        case .isIn?: return value.map(values.contains) ?? false
        case .notIn?: return value.map { !values.contains($0) } ?? true
        case .exists?: return value != nil
        case .doesNotExist?: return value == nil
        case .greaterThan?, .lessThan?:
            guard let number = value.flatMap({ Int64($0) }), values.count == 1, let bound = Int64(values[0])
            else { return false }
            return operation == .greaterThan ? number > bound : number < bound
        case nil: return false
        }
    }

    /// Whether it holds for a node's fields: `In` and `NotIn` with one value on `metadata.name`.
    public func matchesField(name: String) -> Bool {
        guard key == "metadata.name", values.count == 1 else { return false }
        switch operation {
        case .isIn?: return name == values[0]
        case .notIn?: return name != values[0]
        default: return false
        }
    }
}
