import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Patches of stored objects: JSON, merge and strategic merge patches, of objects and of subresources.
enum PatchCases {
    /// Values for the places that a case leaves open.
    private static let values = [
        ("<uid>", "5d8f6c2e-7a4b-4e55-9a1f-2f0c7d3b9e10"), ("<clusterIP>", "10.96.0.77"), ("<rand>", "abcde"),
        ("<time>", "2001-01-01T00:00:00Z"), ("<rv>", "7"),
    ]

    static func run(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        let name = test["name"]?.stringValue ?? ""
        if name.hasPrefix("apply/") { throw NotCovered("server-side apply") }
        let query = test["query"]?.stringValue ?? ""
        if test["managedFields"] != nil || name.contains("managedfields") {
            throw NotCovered("managed fields")
        }
        if query.contains("dryRun") || query.contains("force") {
            throw NotCovered("the options dryRun and force of patches")
        }
        var server = APIServer(epoch: CalendarTime(unixSeconds: 1_767_225_600), seed: 1)
        server.bootstrap(at: .start)
        var tree = filled(test["object"] ?? .null)
        tree["metadata"]?["uid"] = .string(values[0].1)
        tree["metadata"]?["creationTimestamp"] = "2026-01-01T00:00:00Z"
        guard
            let kind = ObjectKind(
                apiVersion: tree["apiVersion"]?.stringValue ?? "", kind: tree["kind"]?.stringValue ?? "")
        else { throw NotCovered("the kind \(tree["kind"]?.stringValue ?? "")") }
        let object = APIObject(kind: kind, tree: tree.objectValue ?? [:], epoch: server.epoch)
        let old = server.store(recorded: object, at: .start)
        let result = server.handle(
            .patch(kind, old.key, patch(test, query), uid: nil), at: .start + .seconds(1))
        switch result {
        case .success(let new?): compare(test, old, new, server, &tally)
        case .success(nil): tally.check("result", test["result"], nil)
        case .failure(let error): compare(test, error, &tally)
        }
    }

    private static func patch(_ test: JSONValue, _ query: String) -> ObjectPatch {
        let validation: FieldValidation =
            query.contains("Ignore") ? .ignore : query.contains("Strict") ? .strict : .warn
        let change = filled(test["patch"] ?? .null)
        let patch: ObjectPatch
        switch test["patchType"]?.stringValue {
        case "application/json-patch+json": patch = .json(change, validation: validation)
        case "application/merge-patch+json": patch = .merge(change, validation: validation)
        default: patch = .strategicMerge(change, validation: validation)
        }
        switch test["subresource"]?.stringValue {
        case "status": return .status(patch)
        case "scale": return .scale(patch)
        default: return patch
        }
    }

    private static func compare(
        _ test: JSONValue, _ old: APIObject, _ new: APIObject, _ server: borrowing APIServer,
        _ tally: inout ComparisonTally
    ) {
        tally.check("code", test["code"], 200)
        guard test["code"] == 200 else { return }
        if let expected = test["resourceVersionChanged"]?.boolValue {
            let isChanged = new.metadata.resourceVersion != old.metadata.resourceVersion
            tally.check("resourceVersionChanged", .bool(expected), .bool(isChanged))
        }
        let found: JSONValue
        if test["subresource"] == "scale" {
            found = server.scale(of: new) ?? .null
        } else {
            let plain = new.tree(epoch: server.epoch)
            let kind = GroupVersionKind(apiVersion: new.kind.apiVersion, kind: new.kind.name)
            found = kind.map { Schema.kubernetes.encode(plain, as: $0) } ?? plain
        }
        tally.check("result", comparable(filled(test["result"] ?? .null)), comparable(found))
    }

    private static func compare(_ test: JSONValue, _ error: APIError, _ tally: inout ComparisonTally) {
        tally.check("code", test["code"], .integer(Int64(error.code)))
        let expected = filled(test["status"]?["message"] ?? .null).stringValue ?? "(accepted)"
        tally.check("status.message", .string(cut(expected)), .string(cut(error.message)))
        tally.check(
            "status.reason", test["status"]?["reason"] ?? "", .string(error.reason.rawValue))
    }

    /// A message up to its first line break, without the patched document, which holds managed fields.
    private static func cut(_ text: String) -> String {
        let line = String(text.prefix { $0 != "\n" })
            .replacing("11111111-1111-1111-1111-111111111111", with: values[0].1)
        guard let start = line.firstRange(of: "patch: Invalid value: \"{") else { return line }
        let end = line.ranges(of: "}\": ").last?.upperBound ?? line.endIndex
        return String(line[..<start.upperBound] + line[end...])
    }

    /// Without what cases leave out.
    private static func comparable(_ value: JSONValue) -> JSONValue {
        var value = value
        for name in ["uid", "creationTimestamp", "resourceVersion", "managedFields", "selfLink"] {
            value["metadata"]?[name] = nil
        }
        return value
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
