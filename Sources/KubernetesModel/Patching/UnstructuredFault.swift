import OrderedCollections

/// Why a tree is no object, in the words of the converter that takes a strategically merged tree to Go's types;
/// trees that come as text go through the JSON decoder, which has other words.
///
/// Upstream: `apimachinery/pkg/runtime/converter.go` (v1.36).
public enum UnstructuredFault {
    /// The first fault of a tree as an object of a kind; nil when the converter takes it.
    public static func find(in tree: JSONValue, as kind: GroupVersionKind) -> String? {
        let schema = Schema.kubernetes
        return schema.type(of: kind).flatMap { find(tree, $0, schema) }
    }

    private static func find(_ value: JSONValue, _ type: Schema.TypeIndex, _ schema: Schema) -> String? {
        if value.isNull { return nil }
        switch schema.shape(type) {
        case .pointer(let inner): return find(value, inner, schema)
        case .structure(let structure):
            guard case .object(let members) = value else {
                return "cannot restore struct from: \(kindName(value))"
            }
            for field in structure.fields {
                if let fault = find(members[field.name] ?? .null, field.type, schema) { return fault }
            }
            return nil
        case .map(let inner):
            guard case .object(let members) = value else {
                return "cannot restore map from \(kindName(value))"
            }
            for key in members.keys.sorted() {
                if let fault = find(members[key] ?? .null, inner, schema) { return fault }
            }
            return nil
        case .list(let inner):
            guard case .array(let elements) = value else {
                return "cannot restore slice from \(kindName(value))"
            }
            for element in elements { if let fault = find(element, inner, schema) { return fault } }
            return nil
        case .string:
            switch value {
            case .string: return nil
            // Go converts whole numbers to characters, which is not wanted here.
            case .integer: return "cannot convert int64 to \(schema.goName(type))"
            default: return "unrecognized type: string"
            }
        case .bool: return value.boolValue == nil ? "unrecognized type: bool" : nil
        case .int32, .int64:
            if value.integerValue != nil { return nil }
            if case .number = value { return "cannot convert float64 to \(schema.goName(type))" }
            return "unrecognized type: \(schema.goName(type))"
        case .double: return value.doubleValue == nil ? "unrecognized type: float64" : nil
        case .bytes, .quantity, .intOrString, .time, .microTime, .duration, .raw: return nil
        }
    }

    private static func kindName(_ value: JSONValue) -> String {
        switch value {
        case .null: "invalid"
        case .bool: "bool"
        case .integer: "int64"
        case .number: "float64"
        case .string: "string"
        case .array: "slice"
        case .object: "map"
        }
    }
}
