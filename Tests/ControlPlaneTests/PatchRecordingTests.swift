import KubernetesModel
import OrderedCollections
import SimulationKernel
import TestSupport
import Testing

@testable import ControlPlane

/// Compares the server's answers to patches with those of the real API server.
@Suite("Recorded patches")
struct PatchRecordingTests {
    private static let recording = "conformance/api/patch.jsonl"
    /// Values for the places that the recording leaves open.
    private static let values = [
        ("<uid>", "5d8f6c2e-7a4b-4e55-9a1f-2f0c7d3b9e10"), ("<clusterIP>", "10.96.0.77"), ("<rand>", "abcde"),
        ("<time>", "2001-01-01T00:00:00Z"), ("<rv>", "7"),
    ]

    /// Cases that the server does not answer as upstream, with the reason.
    private static let elsewhere: [String: String] = [
        "merge/cm-managedfields": "managed fields are not kept"
    ]

    @Test(
        "JSON, merge and strategic merge patches give the recorded objects, generations and errors",
        .enabled(if: SharedFiles.exists(recording), Comment(rawValue: SharedFiles.missing)))
    func recordedPatches() throws {
        var agreed: [String: Int] = [:]
        var differences: [String: String] = [:]
        var skipped: [String: Int] = [:]
        for line in try SharedFiles.lines(Self.recording) {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue else { continue }
            let group = String(name.prefix { $0 != "/" })
            // Server-side apply is not served; dry runs and the checks of options are the HTTP front's.
            if group == "apply" || group == "options" && Self.isOfOptions(test) {
                skipped[group, default: 0] += 1
                continue
            }
            if let difference = try Self.difference(test) {
                differences[name] = difference
            } else {
                agreed[group, default: 0] += 1
            }
        }
        for name in differences.keys.sorted() where Self.elsewhere[name] == nil {
            Issue.record("\(name): \(differences[name] ?? "")")
        }
        #expect(Set(differences.keys) == Set(Self.elsewhere.keys))
        #expect(agreed == ["json": 28, "merge": 30, "strategic": 54, "sub": 5, "options": 6])
        #expect(skipped == ["apply": 44, "options": 6])
    }

    private static func isOfOptions(_ test: JSONValue) -> Bool {
        let query = test["query"]?.stringValue ?? ""
        return query.contains("dryRun") || query.contains("force")
    }

    private static func difference(_ test: JSONValue) throws -> String? {
        var server = APIServer(epoch: CalendarTime(unixSeconds: 1_767_225_600), seed: 1)
        server.bootstrap(at: .start)
        var tree = filled(test["object"] ?? .null)
        tree["metadata"]?["uid"] = .string(values[0].1)
        tree["metadata"]?["creationTimestamp"] = "2026-01-01T00:00:00Z"
        let kind = try #require(
            ObjectKind(
                apiVersion: tree["apiVersion"]?.stringValue ?? "", kind: tree["kind"]?.stringValue ?? ""))
        let object = APIObject(kind: kind, tree: tree.objectValue ?? [:], epoch: server.epoch)
        let old = server.put(object, at: .start)
        let query = test["query"]?.stringValue ?? ""
        let validation: FieldValidation = query.contains("Ignore") ? .ignore : .warn
        let change = filled(test["patch"] ?? .null)
        var patch: ObjectPatch
        switch test["patchType"] {
        case "application/json-patch+json": patch = .json(change, validation: validation)
        case "application/merge-patch+json": patch = .merge(change, validation: validation)
        default: patch = .strategicMerge(change, validation: validation)
        }
        switch test["subresource"] {
        case "status"?: patch = .status(patch)
        case "scale"?: patch = .scale(patch)
        default: break
        }
        let result = server.handle(.patch(kind, old.key, patch, uid: nil), at: .start + .seconds(1))
        switch result {
        case .success(let new?): return self.difference(test, old, new, server)
        case .success(nil): return "no object"
        case .failure(let error): return self.difference(test, error)
        }
    }

    private static func difference(
        _ test: JSONValue, _ old: APIObject, _ new: APIObject, _ server: borrowing APIServer
    ) -> String? {
        guard test["code"] == 200 else {
            return "expected \(test["status"]?["message"]?.stringValue ?? ""), was accepted"
        }
        let isChanged = new.metadata.resourceVersion != old.metadata.resourceVersion
        if let expected = test["resourceVersionChanged"]?.boolValue, expected != isChanged {
            return "expected a change of the resource version: \(expected), got \(isChanged)"
        }
        let found: JSONValue
        if test["subresource"] == "scale" {
            found = server.scale(of: new) ?? .null
        } else {
            found = Schema.kubernetes.encode(new.tree(epoch: server.epoch), as: new.kind.versioned)
        }
        let expected = comparable(filled(test["result"] ?? .null))
        let got = comparable(found)
        if expected == got { return nil }
        return "\n  expected \(JSONWriter.string(expected))\n  got      \(JSONWriter.string(got))"
    }

    private static func difference(_ test: JSONValue, _ error: APIError) -> String? {
        // Go's internal structs follow after a line break; a patched document holds managed fields.
        func cut(_ text: String) -> String {
            let line = String(text.prefix { $0 != "\n" })
                .replacing("11111111-1111-1111-1111-111111111111", with: values[0].1)
            guard let start = line.firstRange(of: "patch: Invalid value: \"{") else { return line }
            let end = line.ranges(of: "}\": ").last?.upperBound ?? line.endIndex
            return String(line[..<start.upperBound] + line[end...])
        }
        let expected = cut(filled(test["status"]?["message"] ?? .null).stringValue ?? "(accepted)")
        let code = test["code"]?.integerValue ?? 0
        if Int64(error.code) != code || cut(error.message) != expected {
            return "\n  expected \(code) \(expected)\n  got      \(error.code) \(cut(error.message))"
        }
        let reason = test["status"]?["reason"]?.stringValue ?? ""
        return reason == error.reason.rawValue ? nil : "expected \(reason), got \(error.reason.rawValue)"
    }

    /// Without what the recording leaves out, members in order.
    private static func comparable(_ value: JSONValue) -> JSONValue {
        var value = value
        for name in ["uid", "creationTimestamp", "resourceVersion", "managedFields", "selfLink"] {
            value["metadata"]?[name] = nil
        }
        return sorted(value)
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var result: JSONObject = [:]
            for key in members.keys.sorted() { result[key] = members[key].map(sorted) }
            return .object(result)
        case .array(let elements): return .array(elements.map(sorted))
        default: return value
        }
    }

    private static func filled(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string("<nodePort>"): return 30_086
        case .string(let text):
            var text = text
            for (mark, value) in values { text = text.replacing(mark, with: value) }
            return .string(text)
        case .array(let elements): return .array(elements.map(filled))
        case .object(let members): return .object(members.mapValues(filled))
        default: return value
        }
    }
}
