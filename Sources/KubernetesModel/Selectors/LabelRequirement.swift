/// One condition on an object's labels.
///
/// Upstream: `apimachinery/pkg/labels/selector.go` (v1.36).
public struct LabelRequirement: Hashable, Sendable, CustomStringConvertible {
    /// How the label is compared.
    public enum Operation: String, Sendable {
        case doesNotExist = "!"
        case equals = "="
        case doubleEquals = "=="
        case isIn = "in"
        case notEquals = "!="
        case notIn = "notin"
        case exists
        case greaterThan = "gt"
        case lessThan = "lt"
    }

    /// The label's key.
    public let key: String
    /// The comparison.
    public let operation: Operation
    /// What the label is compared with, in the order of their bytes.
    public let values: [String]

    /// A condition that is known to be right.
    init(unchecked key: String, _ operation: Operation, _ values: [String]) {
        self.key = key
        self.operation = operation
        self.values = values
    }

    /// Makes a requirement; refuses keys and values that no label can have.
    public init(key: String, _ operation: Operation, _ values: [String]) throws(SelectorError) {
        var faults = FieldErrorList()
        let keyFaults = Names.qualifiedName(key)
        if !keyFaults.isEmpty {
            faults.invalid(FieldPath("key"), .text(key), keyFaults.joined(separator: "; "))
        }
        let path = FieldPath("values")
        switch operation {
        case .isIn, .notIn:
            if values.isEmpty {
                faults.invalid(
                    path, .strings(values), "for 'in', 'notin' operators, values set can't be empty")
            }
        case .equals, .doubleEquals, .notEquals:
            if values.count != 1 {
                faults.invalid(
                    path, .strings(values), "exact-match compatibility requires one single value")
            }
        case .exists, .doesNotExist:
            if !values.isEmpty {
                faults.invalid(
                    path, .strings(values), "values set must be empty for exists and does not exist")
            }
        case .greaterThan, .lessThan:
            if values.count != 1 {
                faults.invalid(
                    path, .strings(values), "for 'Gt', 'Lt' operators, exactly one value is required")
            }
            for (index, value) in values.enumerated() where Int64(value) == nil {
                faults.invalid(
                    path.index(index), .text(value), "for 'Gt', 'Lt' operators, the value must be an integer")
            }
        }
        for (index, value) in values.enumerated() {
            let valueFaults = Names.labelValue(value)
            if !valueFaults.isEmpty {
                faults.invalid(
                    path.index(index).key(key), .text(value), valueFaults.joined(separator: "; "))
            }
        }
        guard faults.isEmpty else { throw SelectorError(faults) }
        self.init(unchecked: key, operation, values)
    }

    /// Whether the condition holds for the label's value; nil when the object has no such label.
    public func matches(_ value: String?) -> Bool {
        switch operation {
        case .isIn, .equals, .doubleEquals: return value.map(values.contains) ?? false
        case .notIn, .notEquals: return value.map { !values.contains($0) } ?? true
        case .exists: return value != nil
        case .doesNotExist: return value == nil
        case .greaterThan, .lessThan:
            guard let number = value.flatMap({ Int64($0) }), values.count == 1, let bound = Int64(values[0])
            else { return false }
            return operation == .greaterThan ? number > bound : number < bound
        }
    }

    /// The requirement as text that can be parsed again.
    public var description: String {
        func list() -> String {
            values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",")
        }
        switch operation {
        case .doesNotExist: return "!" + key
        case .exists: return key
        case .isIn: return "\(key) in (\(list()))"
        case .notIn: return "\(key) notin (\(list()))"
        case .equals, .doubleEquals, .notEquals: return key + operation.rawValue + list()
        case .greaterThan: return "\(key)>\(list())"
        case .lessThan: return "\(key)<\(list())"
        }
    }
}

/// Why a text or object is no selector, in upstream's words.
public struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text, as the API server gives it.
    public var description: String

    /// Makes an error of its text.
    public init(_ description: String) { self.description = description }

    init(_ faults: FieldErrorList) {
        var seen: Set<String> = []
        let texts = faults.errors.map(\.description).filter { seen.insert($0).inserted }
        description = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
    }
}
