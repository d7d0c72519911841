import KubernetesModel
import OrderedCollections

/// The Go types of extenders' answers: an answer that does not fit is refused in the words of Go's decoder.
///
/// Upstream: `kube-scheduler/extender/v1/types.go` (v1.36). Null fits every type, and members that a type does not
/// have are passed over, as Go does.
indirect enum ExtenderAnswerType: Sendable {
    /// A Go type with its name.
    case string
    case int64
    case list(of: ExtenderAnswerType, name: String)
    case map(of: ExtenderAnswerType, name: String)
    case structure(name: String, [(name: String, type: ExtenderAnswerType)])

    static let filterResult = structure(
        name: "ExtenderFilterResult",
        [
            ("Nodes", structure(name: "NodeList", [("items", list(of: node, name: "[]v1.Node"))])),
            ("NodeNames", list(of: string, name: "[]string")),
            ("FailedNodes", map(of: string, name: "v1.FailedNodesMap")),
            ("FailedAndUnresolvableNodes", map(of: string, name: "v1.FailedNodesMap")),
            ("Error", string),
        ])
    static let priorities = list(
        of: structure(name: "HostPriority", [("Host", string), ("Score", int64)]), name: "v1.HostPriorityList"
    )
    static let preemptionResult = structure(
        name: "ExtenderPreemptionResult",
        [("NodeNameToMetaVictims", map(of: metaVictims, name: "map[string]*v1.MetaVictims"))])
    static let bindingResult = structure(name: "ExtenderBindingResult", [("Error", string)])

    private static let node = structure(
        name: "Node", [("metadata", structure(name: "ObjectMeta", [("name", string)]))])
    private static let metaVictims = structure(
        name: "MetaVictims",
        [
            ("Pods", list(of: structure(name: "MetaPod", [("UID", string)]), name: "[]*v1.MetaPod")),
            ("NumPDBViolations", int64),
        ])

    private var name: String {
        switch self {
        case .string: "string"
        case .int64: "int64"
        case .list(_, let name), .map(_, let name): name
        case .structure(let name, _): "v1.\(name)"
        }
    }

    /// What Go's decoder says of the first value that does not fit; nil when all do.
    func fault(in value: JSONValue, field: String = "") -> String? {
        switch (self, value) {
        case (_, .null), (.string, .string), (.int64, .integer): return nil
        case (.list(let inner, _), .array(let elements)):
            for element in elements {
                if let fault = inner.fault(in: element, field: field) { return fault }
            }
            return nil
        case (.map(let inner, _), .object(let members)):
            for member in members.values {
                if let fault = inner.fault(in: member, field: field) { return fault }
            }
            return nil
        case (.structure(let name, let fields), .object):
            for (member, type) in fields {
                guard let inner = value[anyCase: member] else { continue }
                let path = field.isEmpty ? "\(name).\(member)" : "\(field).\(member)"
                if let fault = type.fault(in: inner, field: path) { return fault }
            }
            return nil
        default:
            let place = field.isEmpty ? "Go value" : "Go struct field \(field)"
            return "json: cannot unmarshal \(Self.word(for: value)) into \(place) of type \(self.name)"
        }
    }

    private static func word(for value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .integer: "number"
        case .number: "number \(JSONWriter.string(value))"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue {
    /// A member by its name, whatever the case of its letters, the exact one first.
    subscript(anyCase name: String) -> JSONValue? {
        if let exact = self[name] { return exact }
        return objectValue?.first { $0.key.lowercased() == name.lowercased() }?.value
    }
}
