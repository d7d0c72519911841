import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

/// What the real API server answered in other recordings, seen from here.
@Suite("Stored objects")
struct StoredObjectsTests {
    @Test(
        "objects that the real API server answered decode, default and encode to themselves",
        .enabled(if: SharedFiles.exists("conformance/api/README.md"), Comment(rawValue: SharedFiles.missing)))
    func answers() throws {
        var tally = Tally()
        for file in ["patch", "subresources", "watch", "validation"] {
            for line in try SharedFiles.lines("conformance/api/\(file).jsonl") {
                let test = try JSONParser.parse(line)
                let name = test["name"]?.stringValue ?? ""
                for key in ["object", "result", "output", "steps", "events"] {
                    try Self.visit(test[key]) { object in try Self.check("\(file) \(name)", object, &tally) }
                }
            }
        }
        tally.report()
        #expect(tally.failures.isEmpty)
        #expect(tally.passed > 300)
    }

    @Test(
        "objects created for other recordings are stored as there",
        .enabled(if: SharedFiles.exists("conformance/api/README.md"), Comment(rawValue: SharedFiles.missing)))
    func creations() throws {
        var tally = Tally()
        for line in try SharedFiles.lines("conformance/api/patch.jsonl") {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, let input = test["create"], test["status_"] == nil,
                let expected = test["object"], input["kind"] == expected["kind"]
            else { continue }
            tally.check(name, expected: expected, got: try DefaultingTests.create(input, setup: []))
        }
        for line in try SharedFiles.lines("conformance/api/validation.jsonl") {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, test["request"]?["method"] == "POST",
                let input = test["request"]?["body"], let expected = test["output"],
                input["kind"] == expected["kind"]
            else { continue }
            let setup = test["setup"]?.arrayValue ?? []
            tally.check(name, expected: expected, got: try DefaultingTests.create(input, setup: setup))
        }
        tally.report()
        #expect(tally.failures.isEmpty)
    }

    @Test(
        "admission plugins refuse what they refuse in the real API server, in their words",
        .enabled(if: SharedFiles.exists("conformance/api/README.md"), Comment(rawValue: SharedFiles.missing)))
    func refusals() throws {
        var count = 0
        for line in try SharedFiles.lines("conformance/api/validation.jsonl") {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, name.hasPrefix("admission/"), test["code"] == 403,
                !name.contains("quota"), let body = test["request"]?["body"],
                let message = test["status"]?["message"]?.stringValue,
                let resource = GroupVersionKind(of: body).flatMap({
                    ResourceRegistry.kubernetes.resource(of: $0)
                })
            else { continue }
            var found = ""
            do {
                _ = try DefaultingTests.create(body, setup: test["setup"]?.arrayValue ?? [])
            } catch let refusal as AdmissionRefusal {
                found = refusal.message(for: resource, name: body["metadata"]?["name"]?.stringValue ?? "")
            }
            #expect(found == message, "\(name)")
            count += 1
        }
        #expect(count >= 9)
    }

    @Test(
        "objects changed by merge patches are stored as in the real API server",
        .enabled(if: SharedFiles.exists("conformance/api/README.md"), Comment(rawValue: SharedFiles.missing)))
    func updates() throws {
        var tally = Tally()
        for line in try SharedFiles.lines("conformance/api/patch.jsonl") {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, let object = test["object"], test["code"] == 200,
                test["patchType"] == "application/merge-patch+json", let patch = test["patch"],
                var expected = test["result"], object["kind"] == expected["kind"],
                let kind = GroupVersionKind(of: object)
            else { continue }
            var old = try Schema.kubernetes.decode(DefaultingTests.unmarked(object), as: kind).tree
            Defaulting.apply(kind, &old)
            let generation = test["generation"]?[0]
            if let generation { old["metadata"]?["generation"] = generation }
            let patched = Self.merge(Schema.kubernetes.encode(old, as: kind), patch)
            var tree = try Schema.kubernetes.decode(patched, as: kind).tree
            Defaulting.apply(kind, &tree)
            UpdateStrategy.prepare(
                kind, &tree, old: old, subresource: test["subresource"]?.stringValue ?? "",
                now: "2001-01-01T00:00:00Z")
            if kind.kind == "Service" {
                let needs = ServiceAddresses.prepareUpdate(&tree, old: old)
                for group in needs.nodePorts { ServiceAddresses.setNodePort(30_000, at: group, of: &tree) }
            }
            Defaulting.apply(kind, &tree)
            if let after = test["generation"]?[1], !after.isNull {
                expected["metadata"]?["generation"] = after
            }
            tally.check(
                name, expected: DefaultingTests.unmarked(expected),
                got: Schema.kubernetes.encode(tree, as: kind))
        }
        tally.report()
        #expect(tally.failures.isEmpty)
    }

    /// RFC 7386.
    private static func merge(_ target: JSONValue, _ patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = target.objectValue ?? [:]
        for (key, change) in changes {
            if change.isNull {
                result[key] = nil as JSONValue?
            } else {
                result[key] = merge(result[key] ?? .null, change)
            }
        }
        return .object(result)
    }

    private static func visit(_ value: JSONValue?, _ body: (JSONValue) throws -> Void) throws {
        switch value {
        case .array(let elements)?: for element in elements { try visit(element, body) }
        case .object(let members)?:
            if members["request"] != nil || members["object"] != nil {
                try visit(members["object"], body)
            } else if members["kind"] != nil, members["apiVersion"] != nil {
                try body(value ?? .null)
            }
        default: break
        }
    }

    private static func check(_ name: String, _ object: JSONValue, _ tally: inout Tally) throws {
        guard let kind = GroupVersionKind(of: object), Schema.kubernetes.fieldNames(of: kind) != nil,
            kind.kind != "List", kind.kind != "Status"
        else { return }
        let input = DefaultingTests.unmarked(object)
        do throws(DecodingFault) {
            var tree = try Schema.kubernetes.decode(input, as: kind).tree
            Defaulting.apply(kind, &tree)
            tally.check(name, expected: input, got: Schema.kubernetes.encode(tree, as: kind))
        } catch {
            tally.check(name, expected: input, got: .string(error.description))
        }
    }
}
