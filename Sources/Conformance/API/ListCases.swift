import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Lists: selectors, pages and their tokens, resource versions.
enum ListCases {
    static func run(_ test: JSONValue, set: JSONValue?, _ tally: inout ComparisonTally) throws {
        var server = CaseServer()
        let name = test["name"]?.stringValue ?? ""
        if name.hasPrefix("expired/") {
            try prepareCompacted(&server, test)
        } else {
            guard let set else {
                return tally.check(
                    false, "set '\(test["set"]?.stringValue ?? "")' does not stand before the case")
            }
            try prepare(&server, set)
        }
        if let steps = test["steps"]?.arrayValue { return try pages(steps, &server, &tally) }
        var request = test["request"] ?? .null
        if var token = test["continueTokenContent"], test["request"] == nil {
            if token["rv"] == "<last>" { token["rv"] = .integer(server.versions["${last}"] ?? 0) }
            request = [
                "method": "GET", "path": "/api/v1/namespaces/default/configmaps",
                "query": ["continue": .string(Self.encoded(token))],
            ]
        }
        let response = try server.respond(request)
        compare(test, response, server.versions, &tally)
        if name.hasPrefix("expired/"), let content = test["continueTokenContent"] {
            let token = response.body["metadata"]?["continue"]?.stringValue ?? ""
            tally.check("continueTokenContent", content, Self.decoded(token))
            guard let next = test["thenContinue"] else { return }
            var again = request
            again["query"] = ["continue": .string(token), "limit": request["query"]?["limit"] ?? "500"]
            compare(next, try server.respond(again), server.versions, &tally)
        }
    }

    private static func prepare(_ server: inout CaseServer, _ set: JSONValue) throws {
        if let objects = set["objects"]?.arrayValue {
            for object in objects { try server.create(object) }
            return
        }
        // The set that its writes tell in words.
        func config(_ name: String) -> JSONValue {
            [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": .string(name), "namespace": "default"],
            ]
        }
        server.versions["${first}"] = server.server.store.revision
        try server.create(config("a"))
        server.versions["${a}"] = server.server.store.revision
        try server.create(config("b"))
        server.versions["${b}"] = server.server.store.revision
        _ = try server.respond(["method": "DELETE", "path": "/api/v1/namespaces/default/configmaps/a"])
        let last = server.server.store.revision
        server.versions["${last}"] = last
        server.versions["${future}"] = last + 1_000_000
    }

    private static func prepareCompacted(_ server: inout CaseServer, _ test: JSONValue) throws {
        func create(_ names: [String]) throws {
            for name in names {
                try server.create([
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": ["name": .string(name), "namespace": "default"],
                ])
            }
        }
        try create(["b", "k0", "k1"])
        server.versions["<compacted>"] = server.server.store.revision
        try create(["k2", "k3", "k4", "k5", "x0", "x1", "x2"])
        server.server.compact(through: server.server.store.revision - 2)
    }

    private static func pages(
        _ steps: [JSONValue], _ server: inout CaseServer, _ tally: inout ComparisonTally
    ) throws {
        var token = ""
        var version: JSONValue?
        for (index, step) in steps.enumerated() {
            var request = step["request"] ?? .null
            if request["query"]?["continue"] != nil { request["query"]?["continue"] = .string(token) }
            let response = try server.respond(request)
            let place = "page \(index + 1)"
            tally.check("\(place): code", step["code"], .integer(Int64(response.code)))
            if step["names"] != nil {
                tally.check("\(place): names", step["names"], names(in: response.body, qualified: false))
            }
            let metadata = response.body["metadata"]
            token = metadata?["continue"]?.stringValue ?? ""
            tally.check("\(place): continue", step["continue"], .bool(!token.isEmpty))
            tally.check(
                "\(place): remainingItemCount", step["remainingItemCount"], metadata?["remainingItemCount"])
            if version == nil { version = metadata?["resourceVersion"] }
            if step["sameResourceVersionAsFirst"] != nil {
                tally.check(
                    "\(place): sameResourceVersionAsFirst", step["sameResourceVersionAsFirst"],
                    .bool(version == metadata?["resourceVersion"]))
            }
            for write in step["thenWrites"]?.arrayValue ?? [] { _ = try server.respond(write) }
        }
    }

    private static func compare(
        _ test: JSONValue, _ response: RESTResponse, _ versions: [String: Int64],
        _ tally: inout ComparisonTally
    ) {
        tally.check("code", test["code"], .integer(Int64(response.code)))
        if let expected = test["names"] {
            let isQualified = expected.arrayValue?.contains { $0.stringValue?.contains("/") == true } ?? false
            tally.check("names", expected, names(in: response.body, qualified: isQualified))
        }
        if let expected = test["status"] { tally.checkAnswer("status", expected, response.body) }
        if let name = test["name_"] { tally.check("name_", name, response.body["metadata"]?["name"]) }
        if let wanted = test["listResourceVersion"]?.stringValue {
            let found = response.body["metadata"]?["resourceVersion"]?.stringValue.flatMap { Int64($0) }
            let expected = wanted == "latest" ? versions["${last}"] : versions[wanted]
            tally.check(
                "listResourceVersion", expected.map { .integer($0) }, found.map { .integer($0) })
        }
    }

    static func names(in list: JSONValue, qualified: Bool) -> JSONValue {
        .array(
            (list["items"]?.arrayValue ?? []).map { item in
                let metadata = item["metadata"]
                let name = metadata?["name"]?.stringValue ?? ""
                let namespace = metadata?["namespace"]?.stringValue
                return .string(qualified ? (namespace.map { "\($0)/\(name)" } ?? name) : name)
            })
    }

    private static func encoded(_ token: JSONValue) -> String {
        let text = Base64.encode(JSONWriter.bytes(token))
        return String(text.replacing("+", with: "-").replacing("/", with: "_").prefix { $0 != "=" })
    }

    private static func decoded(_ token: String) -> JSONValue? {
        var text = token.replacing("-", with: "+").replacing("_", with: "/")
        while text.utf8.count % 4 != 0 { text += "=" }
        guard let bytes = try? Base64.decode(text) else { return nil }
        var parser = JSONParser(bytes)
        return try? parser.parseDocument()
    }
}
