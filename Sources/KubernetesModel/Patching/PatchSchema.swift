import OrderedCollections

/// A place in the tree of types, as a strategic merge patch walks down it.
///
/// Upstream: `apimachinery/pkg/util/strategicpatch/meta.go`,
/// `apimachinery/third_party/forked/golang/json/fields.go` (v1.36).
struct PatchSchema {
    private let schema: Schema
    private let type: Schema.TypeIndex

    /// The type of a kind's objects; nil for a kind that is not in the tables.
    init?(_ kind: GroupVersionKind, in schema: Schema = .kubernetes) {
        guard let type = schema.type(of: kind) else { return nil }
        self.init(schema, type)
    }

    private init(_ schema: Schema, _ type: Schema.TypeIndex) {
        self.schema = schema
        self.type = type
    }

    /// The type of a struct's field, and how the field is patched.
    func field(_ name: String) throws(PatchFailure) -> (PatchSchema, Schema.PatchStrategy) {
        switch schema.shape(pointed) {
        case .structure(let structure):
            guard let place = structure.indices[name] ?? Self.foldedIndex(of: name, in: structure) else {
                throw .missingField(name, structure.name)
            }
            let field = structure.fields[place]
            return (PatchSchema(schema, field.type), field.patch)
        case .quantity: throw .missingField(name, "Quantity")
        case .intOrString: throw .missingField(name, "IntOrString")
        case .time: throw .missingField(name, "Time")
        case .microTime: throw .missingField(name, "MicroTime")
        case .duration: throw .missingField(name, "Duration")
        case .raw: throw .missingField(name, String(schema.goName(pointed).drop { $0 != "." }.dropFirst()))
        default:
            throw PatchFailure(
                "merging an object in json but data type is not struct, instead is: \(kindName)")
        }
    }

    /// The type of the elements of a struct's list, and how the list is patched.
    func list(_ name: String) throws(PatchFailure) -> (PatchSchema, Schema.PatchStrategy) {
        let (field, strategy) = try field(name)
        switch schema.shape(field.type) {
        case .list(let element): return (PatchSchema(schema, element), strategy)
        case .pointer(let inner):
            if case .list(let element) = schema.shape(inner) {
                return (PatchSchema(schema, element), strategy)
            }
            return (PatchSchema(schema, inner), strategy)
        default: throw PatchFailure("expected slice or array type, but got: \(kindName)")
        }
    }

    /// The type's kind in the words of Go's `reflect`.
    var kindName: String {
        switch schema.shape(type) {
        case .string: "string"
        case .bool: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "float64"
        case .bytes, .list: "slice"
        case .map: "map"
        case .pointer: "ptr"
        case .structure, .quantity, .intOrString, .time, .microTime, .duration, .raw: "struct"
        }
    }

    private var pointed: Schema.TypeIndex {
        if case .pointer(let inner) = schema.shape(type) { inner } else { type }
    }

    private static func foldedIndex(of name: String, in structure: Schema.Structure) -> Int? {
        let folded = name.lowercased()
        return structure.fields.firstIndex { $0.name.lowercased() == folded }
    }
}

/// Why a patch could not be applied or made.
public struct PatchFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// How the API server answers it.
    public enum Answer: Hashable, Sendable {
        case badRequest
        case unprocessable
        /// An error that the server does not expect: status 500 with the message as it is.
        case unexpected
    }

    public var description: String
    public var answer: Answer

    init(_ description: String, _ answer: Answer = .unexpected) {
        self.description = description
        self.answer = answer
    }
}

/// Upstream: `apimachinery/pkg/util/mergepatch/errors.go` (v1.36).
extension PatchFailure {
    static let listOfLists = PatchFailure("lists of lists are not supported", .unprocessable)
    static let badPrimitiveList = PatchFailure("invalid patch format of primitive list", .badRequest)
    static let badRetainKeys = PatchFailure("invalid patch format of retainKeys", .badRequest)
    static let badElementOrder = PatchFailure("invalid patch format of setElementOrder list", .badRequest)

    static func missingField(_ name: String, _ structure: String) -> PatchFailure {
        PatchFailure(
            "unable to find api field in struct \(structure) for the json field \(GoText.quoted(name))")
    }

    static func noMergeKey(_ members: JSONObject, _ key: String) -> PatchFailure {
        PatchFailure("map: \(GoText.value(.object(members))) does not contain declared merge key: \(key)")
    }

    static func unknownDirective(_ directive: JSONValue, _ members: JSONObject) -> PatchFailure {
        let name: String
        switch directive {
        case .string(let text): name = text
        case .null: name = "%!s(<nil>)"
        default: name = "%!s(\(GoText.typeName(directive))=\(GoText.value(directive)))"
        }
        return PatchFailure("unknown patch type: \(name) in map: \(GoText.value(.object(members)))")
    }

    static func expectedMap(_ found: JSONValue) -> PatchFailure {
        PatchFailure("expected a map[string]interface {}, but received a \(reflectedType(found))")
    }

    static func expectedList(_ found: JSONValue) -> PatchFailure {
        PatchFailure("expected a []interface {}, but received a \(reflectedType(found))")
    }

    private static func reflectedType(_ value: JSONValue) -> String {
        value.isNull ? "%!s(<nil>)" : GoText.typeName(value)
    }
}

extension GoText {
    /// `%v` of a decoded JSON value: `map[a:1 b:[x y]]`.
    static func value(_ value: JSONValue) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .number(let number): JSONWriter.string(.number(number))
        case .string(let text): text
        case .array(let elements): "[" + elements.map(Self.value).joined(separator: " ") + "]"
        case .object(let members):
            "map["
                + members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                .map { "\($0):\(Self.value(members[$0] ?? .null))" }.joined(separator: " ") + "]"
        }
    }

    /// The type that Go's JSON decoder gives a value.
    static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .integer: "int64"
        case .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }
}
