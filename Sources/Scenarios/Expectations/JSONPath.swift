public import KubernetesModel
import OrderedCollections

/// A JSONPath expression as `kubectl -o jsonpath` and `kubectl wait --for=jsonpath` take it.
///
/// Braces and the leading dot may be left out, as kubectl relaxes them. Understood are fields (`.a`, `['a']`,
/// `\.` for a dot in a name), indices and slices (`[0]`, `[-1]`, `[0:2]`), wildcards (`[*]`, `.*`), recursive
/// descent (`..a`) and filters (`[?(@.type=="Ready")]`). Templates with text or `range` are not.
/// Upstream: `client-go/util/jsonpath` and `kubectl/pkg/cmd/get/customcolumn.go` (v1.36).
public struct JSONPath: Hashable, Sendable, CustomStringConvertible {
    public struct Fault: Error, Hashable, Sendable {
        public var message: String
    }

    enum Comparison: String, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
    }

    indirect enum Step: Hashable {
        case field(String)
        case index(Int)
        case slice(from: Int?, to: Int?, step: Int)
        case wildcard
        case descent
        /// Several of the above at once: `[0,2]`, `['a','b']`.
        case union([Step])
        case exists(Operand)
        case compare(Operand, Comparison, Operand)
    }

    enum Operand: Hashable {
        case path([Step])
        case literal(JSONValue)
    }

    /// As the user wrote it.
    public let description: String
    let steps: [Step]

    public init(_ text: String) throws(Fault) {
        var parser = JSONPathParser(text)
        steps = try parser.parse()
        description = text
    }

    /// The values at the path, in the order of the document; fields that are not there give none.
    public func values(in root: JSONValue) -> [JSONValue] { Self.evaluate(steps, on: [root], root: root) }

    // MARK: Evaluation

    private static func evaluate(_ steps: [Step], on start: [JSONValue], root: JSONValue) -> [JSONValue] {
        var values = start
        for step in steps {
            values = values.flatMap { apply(step, to: $0) }
            if values.isEmpty { break }
        }
        return values
    }

    private static func apply(_ step: Step, to value: JSONValue) -> [JSONValue] {
        switch step {
        case .field(let name): return value[name].map { [$0] } ?? []
        case .index(let index):
            guard let elements = value.arrayValue else { return [] }
            let place = index < 0 ? elements.count + index : index
            return elements.indices.contains(place) ? [elements[place]] : []
        case .slice(let from, let to, let step):
            guard let elements = value.arrayValue else { return [] }
            func bound(_ index: Int?, _ standard: Int) -> Int {
                guard let index else { return standard }
                return min(max(index < 0 ? elements.count + index : index, 0), elements.count)
            }
            return stride(from: bound(from, 0), to: bound(to, elements.count), by: step).map { elements[$0] }
        case .wildcard: return children(of: value)
        case .descent: return descendants(of: value, depth: 0)
        case .union(let steps): return steps.flatMap { apply($0, to: value) }
        case .exists(let operand):
            return (value.arrayValue ?? []).filter { !resolve(operand, $0).isEmpty }
        case .compare(let left, let comparison, let right):
            return (value.arrayValue ?? []).filter { element in
                let left = resolve(left, element)
                let right = resolve(right, element)
                // As upstream: an operand with no value, or with several, matches nothing.
                guard left.count == 1, right.count == 1 else { return false }
                return compare(left[0], comparison, right[0])
            }
        }
    }

    private static func children(of value: JSONValue) -> [JSONValue] {
        switch value {
        case .array(let elements): elements
        case .object(let members): Array(members.values)
        default: []
        }
    }

    private static func descendants(of value: JSONValue, depth: Int) -> [JSONValue] {
        if depth > 200 { return [] }
        return [value] + children(of: value).flatMap { descendants(of: $0, depth: depth + 1) }
    }

    private static func resolve(_ operand: Operand, _ element: JSONValue) -> [JSONValue] {
        switch operand {
        case .literal(let value): [value]
        case .path(let steps): evaluate(steps, on: [element], root: element)
        }
    }

    private static func compare(_ left: JSONValue, _ comparison: Comparison, _ right: JSONValue) -> Bool {
        let order: Int?
        if let left = left.doubleValue, let right = right.doubleValue {
            order = left < right ? -1 : left == right ? 0 : 1
        } else if let left = left.stringValue, let right = right.stringValue {
            order = left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : left == right ? 0 : 1
        } else {
            order = left == right ? 0 : nil
        }
        switch comparison {
        case .equal: return order == 0
        case .notEqual: return order != 0
        case .less: return order == -1
        case .lessOrEqual: return order == -1 || order == 0
        case .greater: return order == 1
        case .greaterOrEqual: return order == 1 || order == 0
        }
    }
}
