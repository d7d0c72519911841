import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Watches: what they tell of writes before and after their beginning.
enum WatchCases {
    static func run(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        var server = CaseServer()
        let request = test["request"] ?? .null
        if let gap = CaseServer.gap(of: request) { throw NotCovered(gap) }
        server.versions["<list before before>"] = server.server.store.revision
        var versions: [Int64: String] = [:]
        func write(_ list: String) throws {
            for (index, write) in (test[list]?.arrayValue ?? []).enumerated() {
                let response = try server.respond(write)
                let version = response.body["metadata"]?["resourceVersion"]?.stringValue.flatMap { Int64($0) }
                // A write that changed nothing answers with the version of the one before.
                if let version, versions[version] == nil { versions[version] = "\(list)[\(index)]" }
            }
        }
        try write("before")
        server.versions["<list after before>"] = server.server.store.revision
        var query: [(name: String, value: String)] = []
        for (name, value) in request["query"]?.objectValue ?? [:] {
            query.append((name, server.named(value.stringValue ?? value.sortedText)))
        }
        let path = (request["path"]?.stringValue ?? "").split(separator: "/").map(String.init)
        guard let (resource, namespace) = resource(at: path) else { throw NotCovered("the path") }
        var notices: [WatchNotice] = []
        do throws(APIStatus) {
            let options = try ListOptions(query: query)
            var watch = try server.server.watch(
                resource, namespace: namespace, options: options, at: server.now)
            notices += watch.next(in: server.server.store)
            do { try write("writes") } catch let gap as NotCovered {
                throw APIStatus.badRequest("\u{0}\(gap.what)")
            } catch {}
            notices += watch.next(in: server.server.store)
        } catch {
            if error.message.hasPrefix("\u{0}") { throw NotCovered(String(error.message.dropFirst())) }
            tally.check("code", test["code"], .integer(Int64(error.code)))
            let expected = test["events"]?[0]?["body"] ?? test["body"]?[0]
            tally.checkAnswer("body", expected, error.jsonValue)
            return
        }
        tally.check("code", test["code"], 200)
        compare(test, notices, versions, &tally)
    }

    private static func compare(
        _ test: JSONValue, _ notices: [WatchNotice], _ versions: [Int64: String],
        _ tally: inout ComparisonTally
    ) {
        let expected = test["events"]?.arrayValue ?? test["body"]?.arrayValue ?? []
        func brief(_ kind: String?, _ object: JSONValue?) -> String {
            "\(kind ?? "") \(object?["metadata"]?["name"]?.stringValue ?? "")"
        }
        let wanted = expected.map { brief($0["type"]?.stringValue, $0["object"]) }
        let found = notices.map { brief($0.kind.rawValue, $0.object) }
        guard wanted.count == found.count else {
            return tally.check(false, "events: expected \(wanted), found \(found)")
        }
        for (index, pair) in zip(expected, notices).enumerated() {
            let place = "events[\(index)]"
            tally.check("\(place).type", pair.0["type"], .string(pair.1.kind.rawValue))
            tally.checkAnswer("\(place).object", pair.0["object"], pair.1.object)
            guard pair.0["resourceVersionOf"] != nil else { continue }
            let version = pair.1.object["metadata"]?["resourceVersion"]?.stringValue.flatMap { Int64($0) }
            tally.check(
                "\(place).resourceVersionOf", pair.0["resourceVersionOf"],
                version.map { .string(versions[$0] ?? "the deletion itself (new)") })
        }
    }

    private static func resource(at path: [String]) -> (ResourceKind, String?)? {
        guard path.count >= 3 else { return nil }
        var steps = path
        let apiVersion = steps[0] == "api" ? steps[1] : "\(steps[1])/\(steps[2])"
        steps.removeFirst(steps[0] == "api" ? 2 : 3)
        var namespace: String?
        if steps.count >= 3, steps[0] == "namespaces" {
            namespace = steps[1]
            steps.removeFirst(2)
        }
        guard let plural = steps.first,
            let resource = ResourceRegistry.kubernetes.resource(apiVersion: apiVersion, plural: plural)
        else { return nil }
        return (resource, namespace)
    }
}
