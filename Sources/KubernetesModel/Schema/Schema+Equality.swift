import OrderedCollections

extension Schema {
    /// Whether two decoded objects of a kind mean the same, as the API server compares old and new.
    ///
    /// Absent and empty lists and maps are equal, and so are quantities of the same amount; an absent pointer
    /// and one to a zero value are not. Upstream: `apimachinery/pkg/api/equality` (v1.36).
    public func areEqual(_ left: JSONValue, _ right: JSONValue, as kind: GroupVersionKind) -> Bool {
        guard let type = type(of: kind) else { return left == right }
        return areEqual(left, right, type)
    }

    /// Whether one field of two objects of a kind means the same: `spec`, `template`.
    public func isFieldEqual(
        _ name: String, of left: JSONValue, _ right: JSONValue, as kind: GroupVersionKind
    ) -> Bool {
        guard let type = type(of: kind), let structure = structure(type), let index = structure.indices[name]
        else { return left[name] == right[name] }
        return areEqual(left[name] ?? .null, right[name] ?? .null, structure.fields[index].type)
    }

    private func areEqual(_ left: JSONValue, _ right: JSONValue, _ type: TypeIndex) -> Bool {
        switch shape(type) {
        case .pointer(let inner):
            if left.isNull || right.isNull { return left.isNull && right.isNull }
            return areEqual(left, right, inner)
        case .list(let inner):
            let left = left.arrayValue ?? []
            let right = right.arrayValue ?? []
            return left.count == right.count && zip(left, right).allSatisfy { areEqual($0, $1, inner) }
        case .map(let inner):
            let left = left.objectValue ?? [:]
            let right = right.objectValue ?? [:]
            return left.count == right.count
                && left.allSatisfy { key, value in
                    guard let other = right[key] else { return false }
                    return areEqual(value, other, inner)
                }
        case .structure(let structure):
            return structure.fields.allSatisfy {
                areEqual(left[$0.name] ?? .null, right[$0.name] ?? .null, $0.type)
            }
        case .quantity:
            if left == right { return true }
            guard let first = left.isNull ? .zero : try? Quantity(json: left),
                let second = right.isNull ? .zero : try? Quantity(json: right)
            else { return false }
            return first == second
        case .string, .bool, .int32, .int64, .double, .bytes:
            return left == right || (left.isGoEmpty && right.isGoEmpty)
        case .intOrString:
            return left == right || (left.isNull && right == 0) || (right.isNull && left == 0)
        case .time, .microTime, .duration, .raw: return left == right
        }
    }
}
