import OrderedCollections

/// A place in a decoded API object, read the way Go reads a struct: what is absent or null is the zero value.
///
/// Maps give their entries in the order of their keys' bytes, so that nothing depends on how a manifest was
/// written.
@dynamicMemberLookup
struct APITree: Equatable {
    /// The value; nil when it is absent or null.
    let value: JSONValue?

    init(_ value: JSONValue?) {
        if case .null? = value { self.value = nil } else { self.value = value }
    }

    subscript(dynamicMember name: String) -> APITree { APITree(value?[name]) }
    subscript(name: String) -> APITree { APITree(value?[name]) }
    subscript(position: Int) -> APITree { APITree(value?[position]) }

    /// Whether a Go pointer here would be set.
    var exists: Bool { value != nil }
    /// The text; empty when there is none.
    var text: String { value?.stringValue ?? "" }
    var optionalText: String? { value?.stringValue }
    var flag: Bool { value?.boolValue ?? false }
    var optionalFlag: Bool? { value?.boolValue }
    var int: Int64 { value?.integerValue ?? 0 }
    var optionalInt: Int64? { value?.integerValue }
    var list: [APITree] { value?.arrayValue?.map { APITree($0) } ?? [] }
    var strings: [String] { value?.arrayValue?.map { $0.stringValue ?? "" } ?? [] }

    /// The members of a map, by key.
    var entries: [(key: String, value: APITree)] {
        guard let members = value?.objectValue else { return [] }
        return members.map { (key: $0.key, value: APITree($0.value)) }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// Elements of a list, members of a map, or bytes of a text.
    var count: Int {
        switch value {
        case .array(let elements)?: elements.count
        case .object(let members)?: members.count
        case .string(let text)?: text.utf8.count
        default: 0
        }
    }

    var isEmpty: Bool { count == 0 }

    /// The members of a map of texts, by key.
    var textEntries: [(key: String, value: String)] { entries.map { ($0.key, $0.value.text) } }

    /// The value as a quantity; nil when it is absent or no quantity.
    var quantity: Quantity? {
        switch value {
        case .string(let text)?: try? Quantity(parsing: text)
        case .integer(let number)?: try? Quantity(parsing: String(number))
        case .number(let number)?: try? Quantity(parsing: number.description)
        default: nil
        }
    }

    /// The quantity as it was written.
    var quantityText: String {
        switch value {
        case .string(let text)?: text
        case .integer(let number)?: String(number)
        case .number(let number)?: number.description
        default: "0"
        }
    }

    /// A copy with one member replaced, or removed when the new value is absent.
    func setting(_ name: String, _ member: APITree) -> APITree {
        var members = value?.objectValue ?? [:]
        members[name] = member.value
        return APITree(.object(members))
    }
}

extension APITree {
    /// Members that Go holds in maps: an empty one equals an absent one.
    private static let mapNames: Set<String> = [
        "labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests", "data", "binaryData",
        "stringData", "capacity", "allocatable", "hard", "used", "parameters", "volumeAttributes", "overhead",
        "selector", "resources", "metadata", "allocatedResources", "allocatedResourceStatuses", "options",
        "userAnnotations", "deprecatedTopology", "attachmentMetadata", "strategy", "updateStrategy", "status",
        "deviceRequests", "max", "min", "default", "defaultRequest", "maxLimitRequestRatio",
    ]
    private static let quantityMaps: Set<String> = [
        "limits", "requests", "capacity", "allocatable", "hard", "used", "overhead", "allocatedResources",
    ]

    /// Whether two values are equal the way the API machinery compares them: an empty list or map equals an
    /// absent one, and quantities compare by amount.
    static func areSemanticallyEqual(_ left: APITree, _ right: APITree) -> Bool {
        equal(left.value, right.value, name: "", inQuantityMap: false)
    }

    private static func equal(
        _ left: JSONValue?, _ right: JSONValue?, name: String, inQuantityMap: Bool
    ) -> Bool {
        switch (left, right) {
        case (nil, nil): return true
        case (nil, let value?), (let value?, nil):
            switch value {
            case .null: return true
            case .array(let elements): return elements.isEmpty
            case .object(let members): return members.isEmpty && mapNames.contains(name)
            default: return false
            }
        case (.array(let a)?, .array(let b)?):
            return a.count == b.count
                && zip(a, b).allSatisfy { equal($0, $1, name: "", inQuantityMap: false) }
        case (.object(let a)?, .object(let b)?):
            let isQuantityMap = quantityMaps.contains(name)
            for (key, value) in a
            where !equal(value, b[key], name: key, inQuantityMap: isQuantityMap) { return false }
            for (key, value) in b where a[key] == nil {
                if !equal(nil, value, name: key, inQuantityMap: isQuantityMap) { return false }
            }
            return true
        case (let a?, let b?):
            if a == b { return true }
            if inQuantityMap || name == "sizeLimit" || name == "divisor" || name == "storage",
                let x = APITree(a).quantity, let y = APITree(b).quantity
            {
                return x == y
            }
            return false
        }
    }
}
