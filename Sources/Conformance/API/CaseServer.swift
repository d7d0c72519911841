import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// An API server as cases find it, which answers requests as they stand in files.
struct CaseServer: ~Copyable {
    var server: APIServer
    private(set) var now = VirtualTime.start
    /// Resource versions that are known by a name.
    var versions: [String: Int64] = [:]

    init() {
        server = APIServer(epoch: CalendarTime(unixSeconds: 1_767_225_600), seed: 1)
        server.bootstrap(at: .start)
        server.admitsServiceAccounts = true
        for (kind, name, rest) in [
            ("ServiceAccount", "default", JSONValue.emptyObject),
            (
                "Service", "kubernetes",
                ["spec": ["clusterIP": "10.96.0.1", "ports": [["name": "https", "port": 443]]]]
            ),
        ] {
            var object: JSONValue = [
                "apiVersion": "v1", "kind": .string(kind),
                "metadata": ["name": .string(name), "namespace": "default"],
            ]
            for member in rest.memberNames { object[member] = rest[member] }
            _ = server.handle(.createManifest(object), at: now)
        }
    }

    /// What of a request is not served.
    static func gap(of request: JSONValue) -> String? {
        let path = request["path"]?.stringValue ?? ""
        let type = request["contentType"]?.stringValue ?? ""
        let accept = request["headers"]?["Accept"]?.stringValue ?? ""
        let bare = path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        if type.contains("yaml") { return "bodies in YAML" }
        if type.contains("protobuf") { return "bodies in protobuf" }
        if accept.contains("as=") || accept.contains("xml") || accept == "*/*" {
            return "answers in other forms than JSON objects"
        }
        if path.contains("apply-patch") || type.contains("apply-patch") { return "server-side apply" }
        if bare.contains("authorization.k8s.io") || bare.contains("authentication.k8s.io") {
            return "reviews of who may do what"
        }
        for part in [
            "log", "attach", "exec", "portforward", "proxy", "token", "finalize", "ephemeralcontainers",
            "resize",
        ]
        where bare.count > 4 && bare.last == part { return "the subresource \(part)" }
        let metadata = request["body"]?["metadata"]
        if bare.last == "binding", metadata?["labels"] != nil || metadata?["annotations"] != nil {
            return "labels and annotations of a Binding"
        }
        return apiGap(bare, method: request["method"]?.stringValue ?? "GET")
    }

    /// A version or kind that is not stored.
    private static func apiGap(_ steps: [String], method: String) -> String? {
        guard steps.count >= 3 else { return nil }
        var steps = steps
        let apiVersion = steps[0] == "api" ? steps[1] : "\(steps[1])/\(steps[2])"
        steps.removeFirst(steps[0] == "api" ? 2 : 3)
        if steps.count >= 3, steps[0] == "namespaces" { steps.removeFirst(2) }
        guard let plural = steps.first,
            let resource = ResourceRegistry.kubernetes.resource(apiVersion: apiVersion, plural: plural)
        else { return nil }
        if ObjectKind(served: resource.kind) != nil {
            let isPatch = method == "PATCH" && AutoscalerConversion.isVersion1(resource.kind)
            return isPatch ? "patches in version \(apiVersion)" : nil
        }
        return "\(resource.kind.kind) in version \(apiVersion)"
    }

    /// Lets a second pass, so that times differ, and answers a request; throws what is not covered.
    mutating func respond(_ request: JSONValue) throws -> RESTResponse {
        if let gap = Self.gap(of: request) { throw NotCovered(gap) }
        now = now + .seconds(1)
        var path = request["path"]?.stringValue ?? ""
        for (name, value) in request["query"]?.objectValue ?? [:] {
            let text = value.stringValue ?? value.sortedText
            path += (path.contains("?") ? "&" : "?") + name + "=" + Self.escaped(named(text))
        }
        var body: [UInt8] = []
        if let raw = request["rawBody"]?.stringValue {
            body = Array(raw.utf8)
        } else if let tree = request["body"], !tree.isNull {
            body = JSONWriter.bytes(tree)
        }
        let type = request["contentType"]?.stringValue ?? (body.isEmpty ? "" : "application/json")
        let call = RESTRequest(
            request["method"]?.stringValue ?? "GET", path, contentType: type, body: body)
        return server.respond(to: call, at: now)
    }

    /// A text with the numbers of named resource versions: `${a}`.
    func named(_ text: String) -> String {
        var text = text
        for name in versions.keys.sorted() where text.contains(name) {
            text = text.replacing(name, with: String(versions[name] ?? 0))
        }
        return text
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                result.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count < 2 ? "0" : "") + hex
            }
        }
        return result
    }

    /// Creates an object of a set; the status of a pod is then written as it is given.
    mutating func create(_ object: JSONValue) throws {
        let response = try respond(Self.creation(of: object))
        if response.code >= 300 {
            throw NotCovered(
                "the set's \(object["kind"]?.stringValue ?? ""): \(JSONValue.shown(response.body["message"]))"
            )
        }
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        if object["kind"] == "Namespace" {
            try create([
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": ["name": "default", "namespace": .string(name)],
            ])
        }
        if object["kind"] == "Pod", let status = object["status"] {
            let namespace = object["metadata"]?["namespace"]?.stringValue ?? "default"
            _ = try respond([
                "method": "PATCH", "contentType": "application/merge-patch+json",
                "path": .string("/api/v1/namespaces/\(namespace)/pods/\(name)/status"),
                "body": ["status": status],
            ])
        }
    }

    /// The request that creates an object.
    static func creation(of object: JSONValue) throws -> JSONValue {
        guard let kind = GroupVersionKind(of: object),
            let resource = ResourceRegistry.kubernetes.resource(of: kind)
        else { throw NotCovered("the kind \(object["kind"]?.stringValue ?? "")") }
        let namespace = object["metadata"]?["namespace"]?.stringValue ?? "default"
        let path = resource.path(namespace: resource.isNamespaced ? namespace : nil)
        return ["method": "POST", "path": .string(path), "body": object]
    }
}

/// Makes answers comparable with recorded ones, from which server-made values are taken out.
enum CaseAnswer {
    /// - Parameter isRoot: whether the value is an object of its own.
    static func comparable(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var result = JSONValue.object(members.mapValues(comparable))
            if let metadata = result["metadata"], metadata.objectValue != nil {
                for name in ["uid", "creationTimestamp", "resourceVersion", "managedFields", "selfLink"] {
                    if result["metadata"]?[name] != nil { result["metadata"]?[name] = nil }
                }
            }
            return result
        case .array(let elements): return .array(elements.map(comparable))
        case .string(let text): return .string(String(text.prefix { $0 != "\n" }))
        default: return value
        }
    }

    /// Equal where a mark in the expected value stands for anything of its kind.
    static func matches(_ expected: JSONValue?, _ found: JSONValue?) -> Bool {
        switch (expected, found) {
        case (.object(let left)?, .object(let right)?):
            return Set(left.keys).union(right.keys).allSatisfy { matches(left[$0], right[$0]) }
        case (.array(let left)?, .array(let right)?):
            return left.count == right.count && zip(left, right).allSatisfy { matches($0, $1) }
        case (.string("<nodePort>")?, .integer?): return true
        case (.string(let pattern)?, .string(let text)?) where pattern.contains("<"):
            return pattern == text || matches(pattern: pattern, text)
        default: return JSONValue.same(expected, found)
        }
    }

    private static let marks = [
        "<time>", "<uid>", "<rand>", "<clusterIP>", "<rv>", "<age>", "<future>", "<current>",
    ]

    /// Whether a text is the pattern with something in the place of each mark.
    static func matches(pattern: String, _ text: String) -> Bool {
        guard
            let (mark, range) = marks.compactMap({ mark in pattern.firstRange(of: mark).map { (mark, $0) } })
                .min(by: { $0.1.lowerBound < $1.1.lowerBound })
        else { return pattern == text }
        _ = mark
        let head = pattern[..<range.lowerBound]
        guard text.hasPrefix(head) else { return false }
        let rest = String(pattern[range.upperBound...])
        var tail = text.dropFirst(head.count)
        while let first = tail.first, first != "\"", first != " " {
            tail = tail.dropFirst()
            if matches(pattern: rest, String(tail)) { return true }
        }
        return false
    }

    static func difference(_ expected: JSONValue?, _ found: JSONValue?, at path: String) -> String? {
        if matches(expected, found) { return nil }
        switch (expected, found) {
        case (.object(let left)?, .object(let right)?):
            return Set(left.keys).union(right.keys).sorted().compactMap {
                difference(left[$0], right[$0], at: "\(path).\($0)")
            }.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        case (.array(let left)?, .array(let right)?) where left.count == right.count:
            return left.indices.compactMap { difference(left[$0], right[$0], at: "\(path)[\($0)]") }
                .min { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        default: return "\(path): expected \(JSONValue.shown(expected)), found \(JSONValue.shown(found))"
        }
    }
}

extension ComparisonTally {
    /// Compares an answer with a recorded one.
    mutating func checkAnswer(_ place: String, _ expected: JSONValue?, _ found: JSONValue?) {
        let difference = CaseAnswer.difference(
            expected.map(CaseAnswer.comparable), found.map(CaseAnswer.comparable), at: place)
        check(difference == nil, difference ?? "")
    }
}
