import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Requests one after another: subresources, deletions, conflicts, options, and paths that are not there.
enum RequestCases {
    /// `{name, steps: [{request, code, object | status | names, capture?, warnings?}]}`.
    static func subresources(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        guard let steps = test["steps"]?.arrayValue else {
            throw NotCovered("cases that say in words what they hold")
        }
        var server = CaseServer()
        var captured: [(mark: String, value: String)] = []
        for (index, step) in steps.enumerated() {
            var request = step["request"] ?? .null
            for (mark, value) in captured { request = request.replacingText(mark, with: value) }
            let response = try server.respond(request)
            let place = "step \(index + 1)"
            tally.check("\(place): code", step["code"], .integer(Int64(response.code)))
            if step["text"] != nil { throw NotCovered("answers that are plain text") }
            for member in ["object", "status"] {
                if let expected = step[member] {
                    tally.checkAnswer("\(place): \(member)", expected, response.body)
                }
            }
            if let expected = step["names"] {
                tally.check("\(place): names", expected, ListCases.names(in: response.body, qualified: false))
            }
            let warnings = JSONValue.array(response.warnings.map { .string($0) })
            tally.check("\(place): warnings", step["warnings"] ?? [], warnings)
            for (name, path) in step["capture"]?.objectValue ?? [:] {
                let value = (path.stringValue ?? "").split(separator: ".").reduce(
                    JSONValue?.some(response.body)
                ) {
                    $0?[String($1)]
                }
                captured.append(("${\(name)}", value?.stringValue ?? ""))
            }
        }
    }

    /// One request of the group `request/` of the validation cases.
    static func request(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        var server = CaseServer()
        for object in test["setup"]?.arrayValue ?? [] { try server.create(object) }
        if test["responseContentType"]?.stringValue?.hasPrefix("text/") == true {
            throw NotCovered("answers that are plain text")
        }
        let response = try server.respond(test["request"] ?? .null)
        tally.check("code", test["code"], .integer(Int64(response.code)))
        if let expected = test["status"] { tally.checkAnswer("status", expected, response.body) }
        if let expected = test["output"] { tally.checkAnswer("output", expected, response.body) }
        tally.check("warnings", test["warnings"] ?? [], .array(response.warnings.map { .string($0) }))
    }
}

extension RequestCases {
    /// A request that admission refuses or changes; a ResourceQuota of the setup comes with its status.
    static func admission(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        var server = CaseServer()
        for object in test["setup"]?.arrayValue ?? [] {
            try server.create(object)
            if object["kind"] == "ResourceQuota", object["status"] != nil {
                _ = server.server.handle(.replaceManifest(object, subresource: "status"), at: server.now)
            }
        }
        let response = try server.respond(test["request"] ?? .null)
        tally.check("code", test["code"], .integer(Int64(response.code)))
        if let expected = test["status"] { tally.checkAnswer("status", expected, response.body) }
        if let expected = test["output"] { tally.checkAnswer("output", expected, response.body) }
        tally.check("warnings", test["warnings"] ?? [], .array(response.warnings.map { .string($0) }))
        if let expected = test["quotaUsedAfter"] {
            let quota = server.server.store.list(.resourceQuota).first?.tree(epoch: server.server.epoch)
            tally.check("quotaUsedAfter", expected, quota?["status"]?["used"])
        }
    }
}

extension JSONValue {
    /// This value with one text for another in all its texts.
    func replacingText(_ text: String, with other: String) -> JSONValue {
        switch self {
        case .string(let own): .string(own.replacing(text, with: other))
        case .array(let elements): .array(elements.map { $0.replacingText(text, with: other) })
        case .object(let members): .object(members.mapValues { $0.replacingText(text, with: other) })
        default: self
        }
    }
}
