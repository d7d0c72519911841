import OrderedCollections

/// Kubernetes' own patch format: as a merge patch, but lists are merged by key where the types say so, and
/// directives (`$patch`, `$retainKeys`, `$setElementOrder`, `$deleteFromPrimitiveList`) say what is not data.
///
/// Upstream: `apimachinery/pkg/util/strategicpatch/patch.go` (v1.36).
public enum StrategicMergePatch {
    static let directive = "$patch"
    static let retainKeys = "$retainKeys"
    static let deletions = "$deleteFromPrimitiveList"
    static let elementOrder = "$setElementOrder"

    /// The object after the patch.
    public static func apply(_ patch: JSONValue, to object: JSONValue, as kind: GroupVersionKind)
        throws(PatchFailure) -> JSONValue
    {
        guard let schema = PatchSchema(kind) else {
            throw PatchFailure("strategic merge patch format is not supported", .badRequest)
        }
        guard case .object(let changes) = patch else {
            throw PatchFailure(
                "json: cannot unmarshal \(jsonName(patch)) into Go value of type map[string]interface {}",
                .badRequest)
        }
        return .object(
            try Merge(isServer: true).maps(object.objectValue ?? [:], changes, schema))
    }

    /// A patch as errors show it: Go's `%v` of it, `map[spec:map[replicas:2]]`.
    public static func text(_ patch: JSONValue) -> String { GoText.value(patch) }

    /// A text in quotes as errors show it: Go's `%q`.
    public static func quoted(_ text: String) -> String { GoText.quoted(text) }

    /// What Go's JSON decoder calls a value that it did not expect.
    public static func jsonName(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Merging, of a patch into an object as the server does it, or of two patches as a client does it.
    struct Merge {
        /// Whether directives are carried out and nulls without a counterpart are dropped; the client keeps
        /// both for the server.
        var isServer: Bool

        func maps(_ original: JSONObject, _ patch: JSONObject, _ schema: PatchSchema)
            throws(PatchFailure) -> JSONObject
        {
            var (original, patch) = (original, patch)
            if let directive = patch[StrategicMergePatch.directive] {
                switch directive {
                case "replace":
                    patch.removeValue(forKey: StrategicMergePatch.directive)
                    return patch
                case "delete": return [:]
                default: throw .unknownDirective(directive, patch)
                }
            }
            try applyRetainKeys(&original, &patch)
            try applyElementOrders(&original, &patch, schema)
            for (name, change) in patch { try apply(change, name, to: &original, schema) }
            return original
        }

        private func apply(
            _ change: JSONValue, _ name: String, to original: inout JSONObject, _ schema: PatchSchema
        ) throws(PatchFailure) {
            var key = name
            let isDeletion = name.hasPrefix(StrategicMergePatch.deletions)
            if isDeletion {
                guard isServer else {
                    original[name] = change
                    return
                }
                key = try Self.subject(of: name, prefix: StrategicMergePatch.deletions)
            }
            if change.isNull {
                original.removeValue(forKey: key)
                if isServer { return }
            }
            guard let present = original[key], Self.haveSameType(present, change) else {
                // Nothing can be deleted from a list that is not there.
                if !isDeletion { set(change, key, in: &original) }
                return
            }
            switch (present, change) {
            case (.object(let old), .object(let new)):
                let (field, strategy) = try schema.field(key)
                original[key] = .object(strategy.replaces ? new : try maps(old, new, field))
            case (.array(let old), .array(let new)):
                let (element, strategy) = try schema.list(key)
                if strategy.mergeKey != nil || isDeletion {
                    original[key] = .array(
                        try lists(old, new, element, strategy.mergeKey ?? "", isDeletion: isDeletion))
                } else {
                    original[key] = change
                }
            default: set(change, key, in: &original)
            }
        }

        private func set(_ change: JSONValue, _ key: String, in original: inout JSONObject) {
            let value = isServer ? change.withoutNullMembers : change
            original[key] = value.withoutDirectives
        }

        // MARK: Directives

        private func applyRetainKeys(_ original: inout JSONObject, _ patch: inout JSONObject)
            throws(PatchFailure)
        {
            guard let names = patch.removeValue(forKey: StrategicMergePatch.retainKeys) else { return }
            guard isServer else {
                if let before = original[StrategicMergePatch.retainKeys], before != names {
                    throw PatchFailure(
                        "\(GoText.value(before)) and \(GoText.value(names)) are not deep equal: "
                            + "this may happen when calculating the 3-way diff patch")
                }
                original[StrategicMergePatch.retainKeys] = names
                return
            }
            guard case .array(let elements) = names else { throw .badRetainKeys }
            let kept = Set(elements.compactMap(\.stringValue))
            for (name, value) in patch
            where !value.isNull && !name.hasPrefix(StrategicMergePatch.deletions)
                && !name.hasPrefix(StrategicMergePatch.elementOrder) && !kept.contains(name)
            {
                throw .badRetainKeys
            }
            original.removeAll { !kept.contains($0.key) }
        }

        /// Merges the lists whose order the patch tells.
        private func applyElementOrders(
            _ original: inout JSONObject, _ patch: inout JSONObject, _ schema: PatchSchema
        ) throws(PatchFailure) {
            for name in Array(patch.keys) where name.hasPrefix(StrategicMergePatch.elementOrder) {
                guard let orderValue = patch.removeValue(forKey: name) else { continue }
                if !isServer {
                    if let before = original[name], before != orderValue { throw .badElementOrder }
                    original[name] = orderValue
                }
                guard case .array(let order) = orderValue else { throw .expectedList(orderValue) }
                let key = try Self.subject(of: name, prefix: StrategicMergePatch.elementOrder)
                let old = try Self.list(original[key])
                let new = try Self.list(patch[key])
                let (element, strategy) = try schema.list(key)
                let mergeKey = strategy.mergeKey ?? ""
                try PatchLists.check(new ?? [], against: order, mergeKey: mergeKey)
                let merged: [JSONValue]
                switch (old, new) {
                case (let old?, nil): merged = old
                case (nil, let new?):
                    merged = JSONValue.array(new).withoutDirectives?.arrayValue ?? []
                case (let old?, let new?):
                    merged =
                        strategy.mergeKey != nil
                        ? try lists(old, new, element, mergeKey, isDeletion: false) : new
                case (nil, nil): continue
                }
                let isOfMaps = try PatchLists.areMaps(old ?? [], new ?? [])
                let (ordered, others) = try PatchLists.partition(merged, by: order, mergeKey: mergeKey)
                original[key] = .array(
                    try PatchLists.interleave(
                        ordered, serverOnly: others, order: order, serverOrder: old ?? [],
                        mergeKey: isOfMaps ? mergeKey : nil))
                patch.removeValue(forKey: key)
            }
        }

        /// The field that a parallel list is about.
        private static func subject(of name: String, prefix: String) throws(PatchFailure) -> String {
            guard name.hasPrefix(prefix + "/") else {
                throw prefix == StrategicMergePatch.deletions ? .badPrimitiveList : .badElementOrder
            }
            return String(name.dropFirst(prefix.count + 1))
        }

        private static func list(_ value: JSONValue?) throws(PatchFailure) -> [JSONValue]? {
            guard let value else { return nil }
            guard case .array(let elements) = value else { throw .expectedList(value) }
            return elements
        }

        private static func haveSameType(_ left: JSONValue, _ right: JSONValue) -> Bool {
            switch (left, right) {
            case (.null, .null), (.bool, .bool), (.integer, .integer), (.number, .number),
                (.string, .string), (.array, .array), (.object, .object):
                true
            default: false
            }
        }
    }
}

extension JSONValue {
    /// Without members that are null, at any depth.
    fileprivate var withoutNullMembers: JSONValue {
        switch self {
        case .object(let members):
            return .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNullMembers))
        case .array(let elements): return .array(elements.map(\.withoutNullMembers))
        default: return self
        }
    }

    /// Without the objects that carry a `$patch` directive; nil when this is one.
    var withoutDirectives: JSONValue? {
        switch self {
        case .object(let members):
            if members[StrategicMergePatch.directive] != nil { return nil }
            return .object(members.compactMapValues(\.withoutDirectives))
        case .array(let elements): return .array(elements.compactMap(\.withoutDirectives))
        default: return self
        }
    }
}
