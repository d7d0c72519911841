/// A compiled label selector: conditions that must all hold, in the order of their keys.
///
/// Upstream: `apimachinery/pkg/labels/selector.go`, `apimachinery/pkg/apis/meta/v1/helpers.go` (v1.36).
public struct CompiledLabelSelector: Hashable, Sendable, CustomStringConvertible {
    /// The requirements, all of which must hold, in the order of their keys.
    public let requirements: [LabelRequirement]
    /// Whether this is the selector of nothing: what an absent selector compiles to.
    public let matchesNothing: Bool

    /// Selects every object.
    public static let everything = CompiledLabelSelector(requirements: [])
    /// Selects no object.
    public static let nothing = CompiledLabelSelector(requirements: [], matchesNothing: true)

    private init(requirements: [LabelRequirement], matchesNothing: Bool) {
        self.requirements = requirements
        self.matchesNothing = matchesNothing
    }

    /// Makes a selector of requirements.
    public init(requirements: [LabelRequirement]) {
        let sorted = requirements.enumerated().sorted { left, right in
            if left.element.key == right.element.key { return left.offset < right.offset }
            return left.element.key.utf8.lexicographicallyPrecedes(right.element.key.utf8)
        }
        self.init(requirements: sorted.map(\.element), matchesNothing: false)
    }

    /// The selector of a Service or ReplicationController: labels that must be equal, unchecked.
    public init(matchLabels labels: [(key: String, value: String)]) {
        self.init(
            requirements: labels.map { LabelRequirement(unchecked: $0.key, .equals, [$0.value]) })
    }

    /// The selector as an API object writes it (`matchLabels`, `matchExpressions`). An absent one selects
    /// nothing, an empty one everything.
    public init(_ selector: JSONValue?) throws(SelectorError) {
        let tree = APITree(selector)
        guard tree.exists else {
            self = .nothing
            return
        }
        var requirements: [LabelRequirement] = []
        for (key, value) in tree.matchLabels.textEntries {
            requirements.append(try LabelRequirement(key: key, .equals, [value]))
        }
        for expression in tree.matchExpressions.list {
            let operation: LabelRequirement.Operation
            switch expression["operator"].text {
            case "In": operation = .isIn
            case "NotIn": operation = .notIn
            case "Exists": operation = .exists
            case "DoesNotExist": operation = .doesNotExist
            case let other:
                throw SelectorError("\(GoText.quoted(other)) is not a valid label selector operator")
            }
            requirements.append(
                try LabelRequirement(key: expression.key.text, operation, expression.values.strings))
        }
        self.init(requirements: requirements)
    }

    /// The selector as kubectl and the API's query take it: `app=web,tier in (a,b),!x`.
    public init(parsing text: String) throws(SelectorError) {
        var parser = SelectorParser(text)
        self.init(requirements: try parser.parse())
    }

    /// Whether it selects every object.
    public var isEmpty: Bool { requirements.isEmpty && !matchesNothing }

    /// Whether all conditions hold for labels found by their key.
    @inlinable
    public func matches(lookup: (String) -> String?) -> Bool {
        if matchesNothing { return false }
        for requirement in requirements where !requirement.matches(lookup(requirement.key)) { return false }
        return true
    }

    /// Whether all requirements hold for labels.
    public func matches(_ labels: [String: String]) -> Bool { matches { labels[$0] } }

    /// Whether it selects an object with these labels, as an object's `metadata.labels` holds them.
    public func matches(_ labels: JSONValue?) -> Bool { matches { labels?[$0]?.stringValue } }

    /// Whether it selects an object with these labels, which must be in the order of their keys' bytes.
    public func matches(sorted labels: [(key: String, value: String)]) -> Bool {
        matches { key in
            var low = 0
            var high = labels.count
            while low < high {
                let middle = (low + high) / 2
                if labels[middle].key == key { return labels[middle].value }
                if labels[middle].key.utf8.lexicographicallyPrecedes(key.utf8) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return nil
        }
    }

    /// The value that a label must have for an object to be selected; nil when there is no single one.
    public func requiredValue(of key: String) -> String? {
        guard let first = requirements.first(where: { $0.key == key }), first.values.count == 1 else {
            return nil
        }
        switch first.operation {
        case .equals, .doubleEquals, .isIn: return first.values[0]
        default: return nil
        }
    }

    /// The selector as text that can be parsed again.
    public var description: String { requirements.map(\.description).joined(separator: ",") }
}
