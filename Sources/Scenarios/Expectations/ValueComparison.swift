public import KubernetesModel
import OrderedCollections

/// What a value must be. Several bounds must all hold.
public struct ValueComparison: Hashable, Sendable {
    public var equals: JSONValue?
    public var notEquals: JSONValue?
    /// Numbers and quantities in every notation are compared by their amounts.
    public var atLeast: Quantity?
    public var atMost: Quantity?
    /// A path in the same object whose value it must equal; a field that is absent counts as 0.
    public var equalsField: JSONPath?

    public init(
        equals: JSONValue? = nil, notEquals: JSONValue? = nil, atLeast: Quantity? = nil,
        atMost: Quantity? = nil, equalsField: JSONPath? = nil
    ) {
        self.equals = equals
        self.notEquals = notEquals
        self.atLeast = atLeast
        self.atMost = atMost
        self.equalsField = equalsField
    }

    static let keys = ["equals", "notEquals", "atLeast", "atMost"]
    /// Those beside a path of an object.
    static let fieldKeys = keys + ["equalsField"]

    /// Whether the values at a path of an object satisfy it.
    func holds(for values: [JSONValue], in object: JSONValue) -> Bool {
        guard let equalsField else { return holds(for: values) }
        let wanted = equalsField.values(in: object).first { !$0.isNull } ?? .integer(0)
        var comparison = self
        comparison.equalsField = nil
        if comparison.equals == nil {
            comparison.equals = wanted
            return comparison.holds(for: values)
        }
        return ValueComparison(equals: wanted).holds(for: values) && comparison.holds(for: values)
    }

    /// Whether it is about amounts: then a field that is absent counts as 0, as the API leaves zeros out.
    var isNumeric: Bool {
        if atLeast != nil || atMost != nil || equalsField != nil { return true }
        return equals?.doubleValue != nil || notEquals?.doubleValue != nil
    }

    /// Whether the values at a path satisfy it: there is one, and all do.
    public func holds(for values: [JSONValue]) -> Bool {
        let values = values.filter { !$0.isNull }
        if values.isEmpty {
            if isNumeric { return holds(for: .integer(0)) }
            return equals == nil && notEquals != nil
        }
        return values.allSatisfy(holds(for:))
    }

    public func holds(for value: JSONValue) -> Bool {
        if let equals, !Self.areEqual(value, equals) { return false }
        if let notEquals, Self.areEqual(value, notEquals) { return false }
        if atLeast == nil && atMost == nil { return true }
        guard let amount = Self.amount(value) else { return false }
        if let atLeast, amount < atLeast { return false }
        if let atMost, amount > atMost { return false }
        return true
    }

    /// Numbers by value; a text equals a number or boolean that prints like it, as with `kubectl wait`.
    static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.doubleValue, let right = right.doubleValue { return left == right }
        switch (left, right) {
        case (.string(let text), .integer), (.string(let text), .number), (.string(let text), .bool):
            return text == JSONWriter.string(right)
        case (.integer, .string(let text)), (.number, .string(let text)), (.bool, .string(let text)):
            return text == JSONWriter.string(left)
        default: return left == right
        }
    }

    private static func amount(_ value: JSONValue) -> Quantity? {
        switch value {
        case .integer, .number, .string: (try? Quantity(json: value)) ?? nil
        default: nil
        }
    }

    var text: String {
        var parts: [String] = []
        if let equals { parts.append("= \(JSONWriter.string(equals))") }
        if let equalsField { parts.append("= \(equalsField)") }
        if let notEquals { parts.append("≠ \(JSONWriter.string(notEquals))") }
        if let atLeast { parts.append("≥ \(atLeast.description)") }
        if let atMost { parts.append("≤ \(atMost.description)") }
        return parts.joined(separator: " and ")
    }

    func add(to object: inout JSONObject) {
        func bound(_ quantity: Quantity) -> JSONValue {
            let whole = quantity.value
            return Quantity(value: whole) == quantity ? .integer(whole) : .string(quantity.description)
        }
        if let equals { object["equals"] = equals }
        if let equalsField { object["equalsField"] = .string(equalsField.description) }
        if let notEquals { object["notEquals"] = notEquals }
        if let atLeast { object["atLeast"] = bound(atLeast) }
        if let atMost { object["atMost"] = bound(atMost) }
    }
}
