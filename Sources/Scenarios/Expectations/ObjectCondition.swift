public import KubernetesModel

/// A condition that an object shall have, tested as `kubectl wait --for=condition=` does: letters of either case
/// are equal, and a condition that is older than the object's generation does not count.
///
/// Upstream: `kubectl/pkg/cmd/wait/condition.go` (v1.36).
public struct ObjectCondition: Hashable, Sendable {
    public var type: String
    public var status: String

    public init(type: String, status: String) {
        self.type = type
        self.status = status
    }

    /// Reads `Available`, which means `True`, or `Available=False`.
    public init(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(type: String(parts[0]), status: parts.count > 1 ? String(parts[1]) : "True")
    }

    /// The object's condition of that type, whatever its status.
    public func found(in object: JSONValue) -> JSONValue? {
        let wanted = type.lowercased()
        return object["status"]?["conditions"]?.arrayValue?.first {
            $0["type"]?.stringValue?.lowercased() == wanted
        }
    }

    public func holds(for object: JSONValue) -> Bool {
        guard let condition = found(in: object) else { return false }
        if let generation = object["metadata"]?["generation"]?.integerValue {
            let observed =
                condition["observedGeneration"]?.integerValue
                ?? object["status"]?["observedGeneration"]?.integerValue
            if let observed, observed < generation { return false }
        }
        return condition["status"]?.stringValue?.lowercased() == status.lowercased()
    }
}
