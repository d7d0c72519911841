/// Every field of the supported API types: its JSON name, its type, and when Go's encoder leaves it out.
///
/// It drives decoding as the API server's decoder does it, and encoding as Go does it. Upstream: the structs
/// of `k8s.io/api` and `apimachinery/pkg/apis/meta/v1` (v1.36), of which `tools/generate-schema.py` makes
/// the tables.
public struct Schema: Sendable {
    /// A type's place among all types.
    struct TypeIndex: Hashable, Sendable { var rawValue: Int }

    /// What a value of a type looks like.
    enum Shape: Sendable {
        case string
        case bool
        case int32
        case int64
        case double
        case bytes
        case quantity
        case intOrString
        case time
        case microTime
        case duration
        /// Any JSON, kept as it is.
        case raw
        case list(TypeIndex)
        case map(TypeIndex)
        case pointer(TypeIndex)
        case structure(Structure)
    }

    struct Structure: Sendable {
        /// The Go type's name without its package.
        var name: String
        var fields: [Field]
        var indices: [String: Int]
    }

    struct Field: Sendable {
        var name: String
        var type: TypeIndex
        var omitsEmpty: Bool
        var omitsZero: Bool
        var patch: PatchStrategy
        /// The Go names of the embedded structs through which the field is reached.
        var embedding: [String]
    }

    /// How a strategic merge patch treats a field.
    public struct PatchStrategy: Hashable, Sendable {
        /// Elements of a list are merged by this member; empty for plain values; nil when lists are replaced.
        public var mergeKey: String?
        /// The patch may name the members that stay.
        public var retainsKeys = false
        /// The patch replaces the whole struct.
        public var replaces = false

        public init(mergeKey: String? = nil, retainsKeys: Bool = false, replaces: Bool = false) {
            self.mergeKey = mergeKey
            self.retainsKeys = retainsKeys
            self.replaces = replaces
        }
    }

    private(set) var shapes: [Shape] = []
    /// The types' names as Go's `reflect` prints them.
    private(set) var goNames: [String] = []
    private var named: [String: TypeIndex] = [:]

    /// The types of Kubernetes v1.36.
    public static let kubernetes = Schema(SchemaTables.all)

    init(_ tables: [SchemaText]) {
        var builder = Builder(tables)
        for name in builder.order { _ = builder.index(ofNamed: name) }
        shapes = builder.shapes
        goNames = builder.goNames
        named = builder.named
    }

    func shape(_ index: TypeIndex) -> Shape { shapes[index.rawValue] }
    func goName(_ index: TypeIndex) -> String { goNames[index.rawValue] }

    /// The type of a name as the tables have it: `core.PodSpec`.
    func type(named name: String) -> TypeIndex? { named[name] }

    /// The type of the objects of a kind; nil for a kind that is not in the tables.
    func type(of kind: GroupVersionKind) -> TypeIndex? {
        guard let group = Schema.tableGroup(of: kind) else { return nil }
        return named["\(group).\(kind.kind)"] ?? named["meta.\(kind.kind)"]
    }

    private static func tableGroup(of kind: GroupVersionKind) -> String? {
        switch (kind.group, kind.version) {
        case ("", "v1"): "core"
        case ("apps", "v1"): "apps"
        case ("batch", "v1"): "batch"
        case ("autoscaling", "v1"): "autoscaling1"
        case ("autoscaling", "v2"): "autoscaling2"
        case ("policy", "v1"): "policy"
        case ("networking.k8s.io", "v1"): "networking"
        case ("discovery.k8s.io", "v1"): "discovery"
        case ("storage.k8s.io", "v1"): "storage"
        case ("coordination.k8s.io", "v1"): "coordination"
        case ("scheduling.k8s.io", "v1"): "scheduling"
        case ("node.k8s.io", "v1"): "node"
        case ("events.k8s.io", "v1"): "events"
        case ("meta.k8s.io", "v1"): "meta"
        default: nil
        }
    }

    /// The names of the fields of the object at a path of field names (`["spec", "template"]`); list elements
    /// and map values count as their list or map. Nil where there is no struct.
    public func fieldNames(of kind: GroupVersionKind, at path: [String] = []) -> [String]? {
        guard var index = type(of: kind) else { return nil }
        for name in path {
            guard let structure = structure(index) else { return nil }
            guard let place = structure.indices[name] else { return nil }
            index = structure.fields[place].type
        }
        return structure(index)?.fields.map(\.name)
    }

    /// How a strategic merge patch treats the field at a path of field names (`["spec", "template"]`); nil
    /// where there is no such field.
    public func patchStrategy(of kind: GroupVersionKind, at path: [String]) -> PatchStrategy? {
        guard var index = type(of: kind) else { return nil }
        var strategy: PatchStrategy?
        for name in path {
            guard let structure = structure(index), let place = structure.indices[name] else { return nil }
            strategy = structure.fields[place].patch
            index = structure.fields[place].type
        }
        return strategy
    }

    /// The struct below pointers, lists and maps.
    func structure(_ index: TypeIndex) -> Structure? {
        switch shape(index) {
        case .structure(let structure): structure
        case .list(let inner), .map(let inner), .pointer(let inner): structure(inner)
        default: nil
        }
    }
}

extension Schema {
    /// Turns the tables' texts into indexed types.
    private struct Builder {
        var shapes: [Shape] = []
        var goNames: [String] = []
        var named: [String: TypeIndex] = [:]
        var order: [String] = []
        private var anonymous: [String: TypeIndex] = [:]
        private var definitions: [String: (group: String, package: String, words: [ArraySlice<UInt8>])] = [:]

        init(_ tables: [SchemaText]) {
            for table in tables {
                for words in table.definitions {
                    guard let first = words.first else { continue }
                    let name = "\(table.group).\(String(decoding: first, as: UTF8.self))"
                    definitions[name] = (table.group, table.goPackage, Array(words.dropFirst()))
                    order.append(name)
                }
            }
        }

        mutating func index(ofNamed name: String) -> TypeIndex {
            if let known = named[name] { return known }
            guard let (group, package, words) = definitions[name] else {
                // `types.UID` and `types.NodeName`, strings of a package that is not in the tables.
                let index = add(.string, name)
                named[name] = index
                return index
            }
            let local = String(name.drop { $0 != "." }.dropFirst())
            let index = add(.raw, "\(package).\(local)")
            named[name] = index
            if let first = words.first, first.first == UInt8(ascii: "=") {
                let target = self.index(of: first.dropFirst(), in: group)
                shapes[index.rawValue] = shapes[target.rawValue]
                return index
            }
            var structure = Structure(name: local, fields: [], indices: [:])
            for word in words { append(word, of: group, to: &structure) }
            for (place, field) in structure.fields.enumerated() { structure.indices[field.name] = place }
            shapes[index.rawValue] = .structure(structure)
            return index
        }

        private mutating func append(
            _ word: ArraySlice<UInt8>, of group: String, to structure: inout Structure
        ) {
            if word.first == UInt8(ascii: "+") {
                let inner = index(of: word.dropFirst(), in: group)
                guard case .structure(let embedded) = shapes[inner.rawValue] else { return }
                for var field in embedded.fields {
                    field.embedding.insert(embedded.name, at: 0)
                    structure.fields.append(field)
                }
                return
            }
            guard let colon = word.firstIndex(of: UInt8(ascii: ":")) else { return }
            var name = word[..<colon]
            var patch = PatchStrategy()
            if let mark = name.firstIndex(of: UInt8(ascii: "~")) {
                patch.mergeKey = String(decoding: name[(mark + 1)...], as: UTF8.self)
                name = name[..<mark]
            }
            patch.replaces = name.last == UInt8(ascii: "=")
            if patch.replaces { name = name.dropLast() }
            patch.retainsKeys = name.last == UInt8(ascii: "^")
            if patch.retainsKeys { name = name.dropLast() }
            let omitsZero = name.last == UInt8(ascii: "!")
            if omitsZero { name = name.dropLast() }
            let omitsEmpty = name.last == UInt8(ascii: "?")
            if omitsEmpty { name = name.dropLast() }
            structure.fields.append(
                Field(
                    name: String(decoding: name, as: UTF8.self),
                    type: index(of: word[word.index(after: colon)...], in: group),
                    omitsEmpty: omitsEmpty, omitsZero: omitsZero, patch: patch, embedding: []))
        }

        private mutating func index(of text: ArraySlice<UInt8>, in group: String) -> TypeIndex {
            if text.first == UInt8(ascii: ".") {
                return index(ofNamed: group + String(decoding: text, as: UTF8.self))
            }
            let key = String(decoding: text, as: UTF8.self)
            if text.first != UInt8(ascii: "*"), text.first != UInt8(ascii: "["),
                text.first != UInt8(ascii: "{"), text.contains(UInt8(ascii: "."))
            {
                return index(ofNamed: key)
            }
            let cacheKey = key.contains(".") ? "\(group)/\(key)" : key
            if let known = anonymous[cacheKey] { return known }
            let index = make(text, key, in: group)
            anonymous[cacheKey] = index
            return index
        }

        private mutating func make(_ text: ArraySlice<UInt8>, _ key: String, in group: String) -> TypeIndex {
            switch text.first {
            case UInt8(ascii: "*"):
                let inner = index(of: text.dropFirst(), in: group)
                return add(.pointer(inner), "*\(goNames[inner.rawValue])")
            case UInt8(ascii: "["):
                let inner = index(of: text.dropFirst().dropLast(), in: group)
                return add(.list(inner), "[]\(goNames[inner.rawValue])")
            case UInt8(ascii: "{"):
                let content = text.dropFirst().dropLast()
                var keyName = "string"
                var value = content
                if let mark = content.firstIndex(of: UInt8(ascii: ">")) {
                    keyName = goNames[index(of: content[..<mark], in: group).rawValue]
                    value = content[content.index(after: mark)...]
                }
                let inner = index(of: value, in: group)
                return add(.map(inner), "map[\(keyName)]\(goNames[inner.rawValue])")
            default: break
            }
            switch key {
            case "s": return add(.string, "string")
            case "b": return add(.bool, "bool")
            case "i": return add(.int32, "int32")
            case "l": return add(.int64, "int64")
            case "f": return add(.double, "float64")
            case "y": return add(.bytes, "[]uint8")
            case "Quantity": return add(.quantity, "resource.Quantity")
            case "IntOrString": return add(.intOrString, "intstr.IntOrString")
            case "Time": return add(.time, "v1.Time")
            case "MicroTime": return add(.microTime, "v1.MicroTime")
            case "Duration": return add(.duration, "v1.Duration")
            case "Raw": return add(.raw, "runtime.RawExtension")
            default: preconditionFailure("unknown notation \(key) in a generated table")
            }
        }

        private mutating func add(_ shape: Shape, _ goName: String) -> TypeIndex {
            shapes.append(shape)
            goNames.append(goName)
            return TypeIndex(rawValue: shapes.count - 1)
        }
    }
}
