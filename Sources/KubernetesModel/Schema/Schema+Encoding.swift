import OrderedCollections

extension Schema {
    /// Writes a decoded object as Go writes it after a round trip through the store.
    ///
    /// Fields come in the types' order, maps sorted by key. Fields without `omitempty` appear with their zero
    /// value, empty lists and maps are left out or null. Unknown fields are dropped.
    public func encode(_ tree: JSONValue, as kind: GroupVersionKind) -> JSONValue {
        guard let type = type(of: kind) else { return tree }
        return encode(tree, type)
    }

    /// What decoding into the Go type and encoding again makes of an object.
    public func normalize(_ tree: JSONValue, as kind: GroupVersionKind) throws(DecodingFault) -> JSONValue {
        encode(try decode(tree, as: kind).tree, as: kind)
    }

    func encode(_ value: JSONValue, _ type: TypeIndex) -> JSONValue {
        switch shape(type) {
        case .structure(let structure): return encode(value.objectValue ?? [:], structure)
        case .pointer(let inner): return encode(value, inner)
        case .list(let inner):
            guard case .array(let elements) = value, !elements.isEmpty else { return .null }
            return .array(elements.map { encode($0, inner) })
        case .map(let inner):
            guard case .object(let members) = value, !members.isEmpty else { return .null }
            var result = JSONObject(minimumCapacity: members.count)
            for key in members.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                if let member = members[key] { result[key] = encode(member, inner) }
            }
            return .object(result)
        default: return value
        }
    }

    private func encode(_ members: JSONObject, _ structure: Structure) -> JSONValue {
        var result = JSONObject(minimumCapacity: members.count + 4)
        for field in structure.fields {
            let present = members[field.name] ?? .null
            switch shape(field.type) {
            case .pointer:
                if !present.isNull {
                    result[field.name] = encode(present, field.type)
                } else if !field.omitsEmpty {
                    result[field.name] = .null
                }
            case .list, .map, .bytes:
                let encoded = present.isGoEmpty ? .null : encode(present, field.type)
                if !encoded.isNull || !field.omitsEmpty { result[field.name] = encoded }
            case .string, .bool, .int32, .int64, .double:
                if !present.isGoEmpty {
                    result[field.name] = present
                } else if !field.omitsEmpty {
                    result[field.name] = zeroValue(field.type)
                }
            case .structure(let inner):
                // Go leaves out no struct by value under `omitempty`.
                if !present.isNull || !field.omitsZero {
                    result[field.name] = encode(present.objectValue ?? [:], inner)
                }
            case .quantity, .intOrString, .time, .microTime, .duration, .raw:
                if !present.isNull {
                    result[field.name] = present
                } else if !field.omitsZero {
                    result[field.name] = zeroValue(field.type)
                }
            }
        }
        return .object(result)
    }

    private func zeroValue(_ type: TypeIndex) -> JSONValue { StrictDecoder(schema: self).zero(type) }
}
