import OrderedCollections

extension Schema {
    /// An object with its fields spelt as the types spell them, where they differ in case only.
    ///
    /// Clients written in Go decode what people write without regard to case; the API server does not.
    /// Upstream: `encoding/json` in Go against `sigs.k8s.io/json`, which `apimachinery` uses (v1.36).
    public func correctingCase(of tree: JSONValue, as kind: GroupVersionKind) -> JSONValue {
        guard let type = type(of: kind) else { return tree }
        return correctingCase(of: tree, type)
    }

    private func correctingCase(of value: JSONValue, _ type: TypeIndex) -> JSONValue {
        switch (shape(type), value) {
        case (.pointer(let inner), _): return correctingCase(of: value, inner)
        case (.list(let inner), .array(let elements)):
            return .array(elements.map { correctingCase(of: $0, inner) })
        case (.map(let inner), .object(let members)):
            return .object(members.mapValues { correctingCase(of: $0, inner) })
        case (.structure(let structure), .object(let members)):
            var corrected = JSONObject(minimumCapacity: members.count)
            for (key, member) in members {
                var index = structure.indices[key]
                if index == nil {
                    let lowered = key.lowercased()
                    index = structure.fields.firstIndex { $0.name.lowercased() == lowered }
                }
                if let index {
                    let field = structure.fields[index]
                    corrected[field.name] = correctingCase(of: member, field.type)
                } else {
                    corrected[key] = member
                }
            }
            return .object(corrected)
        default: return value
        }
    }
}
