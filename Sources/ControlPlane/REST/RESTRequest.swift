public import KubernetesModel

/// A request to the API server as it comes over HTTP.
public struct RESTRequest: Sendable {
    public var method: String
    /// With the query.
    public var path: String
    public var contentType: String
    public var body: [UInt8]

    public init(_ method: String, _ path: String, contentType: String = "", body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.body = body
    }
}

/// The answer to a request.
public struct RESTResponse: Sendable {
    /// The HTTP status.
    public var code: Int
    /// An object, a list or a `Status`.
    public var body: JSONValue
    /// The texts of `Warning` headers, in order.
    public var warnings: [String] = []

    public init(_ code: Int, _ body: JSONValue) {
        self.code = code
        self.body = body
    }
}

/// What a request's path and query name.
struct RESTAddress {
    var resource: ResourceKind
    /// Nil for all namespaces, and for resources that have none.
    var namespace: String?
    /// Empty for a collection.
    var name = ""
    var subresource = ""
    var query: [(name: String, value: String)]

    /// Nil when there is no such resource.
    init?(_ path: String) {
        let halves = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        query = halves.count > 1 ? Self.query(String(halves[1])) : []
        var steps = halves[0].split(separator: "/").map { Self.unescaped(String($0)) }
        guard steps.count >= 3 else { return nil }
        let apiVersion: String
        switch steps.removeFirst() {
        case "api": apiVersion = steps.removeFirst()
        case "apis" where steps.count >= 3: apiVersion = "\(steps.removeFirst())/\(steps.removeFirst())"
        default: return nil
        }
        if steps.count >= 3 && steps[0] == "namespaces",
            ResourceRegistry.kubernetes.resource(apiVersion: apiVersion, plural: steps[2])?.isNamespaced
                == true
        {
            namespace = steps[1]
            steps.removeFirst(2)
        }
        guard let resource = ResourceRegistry.kubernetes.resource(apiVersion: apiVersion, plural: steps[0]),
            steps.count <= 3, !steps.contains(where: { $0.contains("/") })
        else { return nil }
        self.resource = resource
        if steps.count > 1 { name = steps[1] }
        if steps.count > 2 {
            subresource = steps[2]
            if !resource.subresources.contains(subresource) { return nil }
        }
    }

    func value(_ name: String) -> String? { query.first { $0.name == name }?.value }

    var key: ObjectKey { ObjectKey(namespace: namespace ?? "", name: name) }

    /// The resource as messages about it name it.
    var grouped: GroupedName { GroupedName(resource.plural, group: resource.kind.group) }

    private static func query(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { part in
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? String(halves[1]) : ""
            return (unescaped(String(halves[0])), unescaped(value.replacing("+", with: " ")))
        }
    }

    private static func unescaped(_ text: String) -> String {
        guard text.contains("%") else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
