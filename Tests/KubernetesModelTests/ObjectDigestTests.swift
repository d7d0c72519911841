import KubernetesModel
import SimulationKernel
import Testing

/// The digest of a typed object stands for its JSON.
@Suite("Digests of objects")
struct ObjectDigestTests {
    private static let epoch = CalendarTime(unixSeconds: 1_767_600_000)

    private func digest(_ text: String) throws -> UInt64 {
        let tree = try #require(try JSONParser.parse(text).objectValue)
        var digest = EventDigest()
        ReplicaSet(tree: tree, epoch: Self.epoch).combineFields(into: &digest, epoch: Self.epoch)
        return digest.value
    }

    private static let whole = """
        {"metadata": {"name": "web", "uid": "0c1a83df-c48d-44ce-af7a-67df1699c578", "labels": {"app": "web", "tier": "a"},
          "creationTimestamp": "2026-01-05T08:00:00Z", "finalizers": ["a", "b"], "managedFields": [1]},
         "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}},
          "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}},
         "status": {"replicas": 3, "conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}]}}
        """

    @Test("equal objects have equal digests, read once or read again from what was written")
    func same() throws {
        let tree = try #require(try JSONParser.parse(Self.whole).objectValue)
        let object = ReplicaSet(tree: tree, epoch: Self.epoch)
        let again = ReplicaSet(tree: object.members(epoch: Self.epoch), epoch: Self.epoch)
        var digests = [EventDigest(), EventDigest()]
        object.combineFields(into: &digests[0], epoch: Self.epoch)
        again.combineFields(into: &digests[1], epoch: Self.epoch)
        #expect(digests[0] == digests[1])
    }

    @Test(
        "a change of any member changes the digest",
        arguments: [
            ("\"name\": \"web\"", "\"name\": \"wep\""), ("0c1a83df", "0c1a83de"),
            ("\"tier\": \"a\"", "\"tier\": \"b\""), ("\"tier\": \"a\"", "\"tie\": \"ra\""),
            ("08:00:00Z", "08:00:01Z"), ("[\"a\", \"b\"]", "[\"ab\"]"), ("[\"a\", \"b\"]", "[\"b\", \"a\"]"),
            ("\"managedFields\": [1]", "\"managedFields\": [[1]]"), ("\"spec\": {\"replicas\": 3", "\"spec\": {\"replicas\": 4"),
            ("\"status\": {\"replicas\": 3", "\"status\": {\"fullyLabeledReplicas\": 3"),
            ("\"image\": \"i\"", "\"image\": \"j\""), ("\"FailedCreate\"", "\"FailedDelete\""),
            ("\"status\": \"True\"", "\"status\": \"False\""),
        ])
    func change(from: String, to: String) throws {
        let changed = Self.whole.replacing(from, with: to)
        #expect(changed != Self.whole)
        #expect(try digest(changed) != digest(Self.whole))
    }
}
