import OrderedCollections

/// A field that an object's type does not have, or that stands twice.
public struct StrictFault: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case unknown = "unknown field"
        case duplicate = "duplicate field"
    }

    public var kind: Kind
    /// The field's place: `spec.containers[0].imag`.
    public var path: String
    /// The names that would have been right there, for a suggestion; empty for duplicates.
    public var knownNames: [String]

    /// The API server's words: `unknown field "spec.foo"`.
    public var description: String { "\(kind.rawValue) \(goQuoted(path))" }

    /// The name that was probably meant; nil where none is near.
    public var suggestion: String? {
        guard let name = path.split(separator: ".").last else { return nil }
        return NearestName.find(String(name), among: knownNames)
    }

    public static func == (left: StrictFault, right: StrictFault) -> Bool {
        left.kind == right.kind && left.path == right.path
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(path)
    }
}

/// Why Go's decoder refuses an object, in its own words.
public struct DecodingFault: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

extension Schema {
    /// An object as Go holds it after decoding, written as a tree.
    ///
    /// Nulls, unknown fields, and zero values of fields that are no pointers are left out; a list or map that
    /// is there but empty, and a pointer's target, stay even when empty: defaulting tells them from absent ones.
    /// Quantities and times are in canonical form.
    public struct Decoded: Sendable {
        public var tree: JSONValue
        /// At most 100, each once, in the order of the document.
        public var strictFaults: [StrictFault]

        /// The error of a strict request; nil when there are no strict faults.
        public var strictError: String? {
            strictFaults.isEmpty
                ? nil
                : "strict decoding error: " + strictFaults.map(\.description).joined(separator: ", ")
        }
    }

    /// Decodes an object of a kind as the API server's decoder does.
    ///
    /// Throws the first fault of type in the order of the document; a bad quantity or time ends decoding at
    /// once and goes before. Duplicate fields are not in a tree: see ``DuplicateFields``.
    /// Upstream: `sigs.k8s.io/json/internal/golang/encoding/json/decode.go` (v1.36).
    public func decode(_ tree: JSONValue, as kind: GroupVersionKind) throws(DecodingFault) -> Decoded {
        guard let type = type(of: kind) else {
            throw DecodingFault(
                "no kind \(goQuoted(kind.kind)) is registered for version \(goQuoted(kind.apiVersion))")
        }
        var decoder = StrictDecoder(schema: self)
        let result = try decoder.value(tree, type)
        if let fault = decoder.savedFault { throw fault }
        return Decoded(tree: result ?? .object([:]), strictFaults: decoder.strictFaults)
    }
}

/// One decoding run: where it is, and what it found.
struct StrictDecoder {
    let schema: Schema
    private(set) var savedFault: DecodingFault?
    private(set) var strictFaults: [StrictFault] = []
    /// The innermost struct and the fields that lead to the present value, for messages.
    private var structureName = ""
    private var fieldStack: [String] = []
    /// The same with indices and map keys, for strict faults.
    private var strictPath = ""

    init(schema: Schema) { self.schema = schema }

    /// The decoded value; nil for the type's zero value.
    mutating func value(_ json: JSONValue, _ type: Schema.TypeIndex) throws(DecodingFault) -> JSONValue? {
        switch schema.shape(type) {
        case .pointer(let inner):
            if json.isNull { return nil }
            return try value(json, inner) ?? zero(inner)
        case .string:
            guard case .string(let text) = json else { return mismatch(json, type) }
            return nonzero(json, !text.isEmpty)
        case .bool:
            guard case .bool(let flag) = json else { return mismatch(json, type) }
            return nonzero(json, flag)
        case .int32: return integer(json, type, within: Int64(Int32.min)...Int64(Int32.max))
        case .int64: return integer(json, type, within: Int64.min...Int64.max)
        case .double:
            guard let number = json.doubleValue else { return mismatch(json, type) }
            return nonzero(json, number != 0)
        case .bytes: return bytes(json, type)
        case .list(let inner): return try list(json, type, inner)
        case .map(let inner): return try map(json, type, inner)
        case .structure(let structure): return try object(json, type, structure)
        case .quantity: return try quantity(json)
        case .intOrString: return try intOrString(json)
        case .time: return try time(json, micro: false)
        case .microTime: return try time(json, micro: true)
        case .duration: return try duration(json)
        case .raw: return nonzero(json, !json.isNull)
        }
    }

    /// The zero value of a type as a tree, for list elements, map values and targets of pointers.
    func zero(_ type: Schema.TypeIndex) -> JSONValue {
        switch schema.shape(type) {
        case .string, .bytes: .string("")
        case .bool: .bool(false)
        case .int32, .int64, .double, .intOrString: .integer(0)
        case .quantity: .string("0")
        case .structure: .object([:])
        case .duration: .string("0s")
        case .list, .map, .pointer, .time, .microTime, .raw: .null
        }
    }

    /// The value, or nil for the zero value. (`nil` in a conditional expression would become JSON's null.)
    private func nonzero(_ json: JSONValue, _ isSet: Bool) -> JSONValue? {
        if isSet { return json }
        return nil
    }

    // MARK: Composites

    private mutating func list(
        _ json: JSONValue, _ type: Schema.TypeIndex, _ inner: Schema.TypeIndex
    ) throws(DecodingFault) -> JSONValue? {
        guard case .array(let elements) = json else { return mismatch(json, type) }
        let path = strictPath
        var result: [JSONValue] = []
        result.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            strictPath = "\(path)[\(index)]"
            result.append(try value(element, inner) ?? zero(inner))
        }
        strictPath = path
        return .array(result)
    }

    private mutating func map(
        _ json: JSONValue, _ type: Schema.TypeIndex, _ inner: Schema.TypeIndex
    ) throws(DecodingFault) -> JSONValue? {
        guard case .object(let members) = json else { return mismatch(json, type) }
        let path = strictPath
        var result = JSONObject(minimumCapacity: members.count)
        for (key, member) in members {
            strictPath = path.isEmpty ? key : "\(path).\(key)"
            result[key] = try value(member, inner) ?? zero(inner)
        }
        strictPath = path
        return .object(result)
    }

    private mutating func object(
        _ json: JSONValue, _ type: Schema.TypeIndex, _ structure: Schema.Structure
    ) throws(DecodingFault) -> JSONValue? {
        guard case .object(let members) = json else { return mismatch(json, type) }
        let path = strictPath
        let depth = fieldStack.count
        let outerName = structureName
        var result = JSONObject(minimumCapacity: members.count)
        for (key, member) in members {
            let place = path.isEmpty ? key : "\(path).\(key)"
            guard let index = structure.indices[key] else {
                report(StrictFault(kind: .unknown, path: place, knownNames: structure.fields.map(\.name)))
                continue
            }
            let field = structure.fields[index]
            structureName = structure.name
            fieldStack += field.embedding
            fieldStack.append(field.name)
            strictPath = place
            if let decoded = try value(member, field.type), !isEmptyStructure(decoded, field.type) {
                result[key] = decoded
            }
            fieldStack.removeSubrange(depth...)
            structureName = outerName
        }
        strictPath = path
        return .object(result)
    }

    /// Whether it is a struct by value without any field set, which Go cannot tell from an absent one.
    private func isEmptyStructure(_ value: JSONValue, _ type: Schema.TypeIndex) -> Bool {
        guard case .object(let members) = value, members.isEmpty, case .structure = schema.shape(type) else {
            return false
        }
        return true
    }

    private mutating func report(_ fault: StrictFault) {
        if strictFaults.count < 100, !strictFaults.contains(fault) { strictFaults.append(fault) }
    }

    // MARK: Scalars

    private mutating func integer(
        _ json: JSONValue, _ type: Schema.TypeIndex, within range: ClosedRange<Int64>
    ) -> JSONValue? {
        switch json {
        case .integer(let number) where range.contains(number): return nonzero(json, number != 0)
        case .integer, .number:
            save("number \(JSONWriter.string(json))", schema.goName(type))
            return nil
        default: return mismatch(json, type)
        }
    }

    private mutating func bytes(_ json: JSONValue, _ type: Schema.TypeIndex) -> JSONValue? {
        switch json {
        case .null: return nil
        case .string(let text):
            do throws(Base64.Failure) {
                return .string(Base64.encode(try Base64.decode(text)))
            } catch {
                if savedFault == nil { savedFault = DecodingFault(error.description) }
                return nil
            }
        default: return mismatch(json, type)
        }
    }

    private func quantity(_ json: JSONValue) throws(DecodingFault) -> JSONValue? {
        if json.isNull { return nil }
        do throws(QuantityError) {
            // Anything else than a string or number reaches upstream's parser as its JSON text and fails.
            guard let quantity = try Quantity(json: json) else { throw .format }
            return .string(quantity.description)
        } catch { throw DecodingFault(error.description) }
    }

    private func intOrString(_ json: JSONValue) throws(DecodingFault) -> JSONValue? {
        switch json {
        case .null: return nil
        case .string: return json
        case .integer(let number) where Int32(exactly: number) != nil: return json
        case .integer, .number: throw mismatchFault("number \(JSONWriter.string(json))", "int32")
        default: throw mismatchFault(json.goKindName, "int32")
        }
    }

    private func time(_ json: JSONValue, micro: Bool) throws(DecodingFault) -> JSONValue? {
        switch json {
        case .null: return nil
        case .string(let text):
            do throws(GoTime.Failure) {
                return try GoTime.normalized(text, micro: micro).map(JSONValue.string)
            } catch { throw DecodingFault(error.message) }
        default: throw mismatchFault(json.goKindName, "string")
        }
    }

    private func duration(_ json: JSONValue) throws(DecodingFault) -> JSONValue? {
        guard case .string = json else { throw mismatchFault(json.goKindName, "string") }
        return json
    }

    // MARK: Faults

    /// Notes the first value of a wrong type; null fits every type.
    private mutating func mismatch(_ json: JSONValue, _ type: Schema.TypeIndex) -> JSONValue? {
        if !json.isNull { save(json.goKindName, schema.goName(type)) }
        return nil
    }

    private mutating func save(_ found: String, _ expected: String) {
        if savedFault == nil { savedFault = mismatchFault(found, expected) }
    }

    private func mismatchFault(_ found: String, _ expected: String) -> DecodingFault {
        let place =
            fieldStack.isEmpty
            ? "Go value" : "Go struct field \(structureName).\(fieldStack.joined(separator: "."))"
        return DecodingFault("json: cannot unmarshal \(found) into \(place) of type \(expected)")
    }
}

extension JSONValue {
    /// The kind of value in the words of Go's JSON decoder.
    var goKindName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
