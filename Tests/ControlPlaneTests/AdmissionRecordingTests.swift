import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel
import TestSupport
import Testing

/// Compares what admission does with new objects with what the real API server did.
@Suite("Recorded admission")
struct AdmissionRecordingTests {
    private static let recording = "conformance/api/validation.jsonl"

    @Test(
        "the real API server's refusals, objects and quota figures",
        .enabled(if: SharedFiles.exists(recording), Comment(rawValue: SharedFiles.missing)))
    func recordedAdmission() throws {
        var count = 0
        for line in try SharedFiles.lines(Self.recording) where line.contains("\"admission/") {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, name.hasPrefix("admission/") else { continue }
            count += 1
            var fixture = ServerFixture()
            fixture.server.admitsServiceAccounts = true
            let account = GenericObject(
                kind: .serviceAccount, metadata: ObjectMeta(namespace: "default", name: "default"), body: [:])
            _ = fixture.send(.create(.generic(Ref(account))))
            for object in test["setup"]?.arrayValue ?? [] {
                _ = try fixture.send(.createManifest(object)).get()
                if object["status"] != nil {
                    _ = try fixture.send(.replaceManifest(object, subresource: "status")).get()
                }
            }
            let result = fixture.send(.createManifest(test["request"]?["body"] ?? .null), at: 10)
            if let difference = Self.difference(test, result, fixture.server) {
                Issue.record("\(name): \(difference)")
            }
        }
        #expect(count == 25)
    }

    private static func difference(
        _ test: JSONValue, _ result: APIResult, _ server: borrowing APIServer
    ) -> String? {
        let code = test["code"]?.integerValue ?? 0
        switch result {
        case .failure(let error):
            let expected = test["status"]?["message"]?.stringValue ?? ""
            let reason = test["status"]?["reason"]?.stringValue ?? ""
            if Int64(error.code) == code && error.message == expected && error.reason.rawValue == reason {
                return nil
            }
            return "expected \(code) \(reason) \(expected), got \(error.code) \(error.message)"
        case .success(let object):
            if code != 201 { return "expected \(code), was accepted" }
            if let used = test["quotaUsedAfter"] {
                let key = ObjectKey(namespace: "default", name: "quota")
                let quota = server.store[.resourceQuota, key].flatMap(ResourceQuota.init)
                let found = quota?.erased.tree(epoch: server.epoch)["status"]?["used"]
                if Tree.text(used) != Tree.text(found) {
                    return "expected used \(Tree.text(used)), got \(Tree.text(found))"
                }
            }
            guard var expected = test["output"], let object else { return nil }
            var found = object.tree(epoch: server.epoch)
            for name in ["uid", "creationTimestamp", "resourceVersion"] {
                expected["metadata"]?[name] = nil
                found["metadata"]?[name] = nil
            }
            let kind = GroupVersionKind(version: "v1", kind: "Pod")
            let encoded = Schema.kubernetes.encode(found, as: kind)
            return Tree.text(encoded) == Tree.text(expected)
                ? nil : "expected \(Tree.text(expected)), got \(Tree.text(encoded))"
        }
    }

    private enum Tree {
        static func text(_ value: JSONValue?) -> String {
            JSONWriter.string(value ?? .null, style: .init(sortsKeys: true))
        }
    }
}
