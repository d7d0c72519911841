import Foundation
import Testing

@Suite("Refused manifests")
struct RefusedManifestTests {
    private static let message =
        #"Error from server (Forbidden): error when creating "pod.yaml": pods "p" is forbidden: no PriorityClass with name missing was found"#

    private func scenario(_ entry: String, in folder: ScratchFolder) throws {
        _ = try folder.write(
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: p
            spec:
              priorityClassName: missing
              containers:
              - name: c
                image: i
            """, to: "pod.yaml")
        _ = try folder.write(
            """
            {"apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"}, "duration": "1m",
             "cluster": {"nodePools": [{"name": "p", "count": 1, "capacity": {"cpu": "4", "memory": "8Gi"}}]},
             "manifests": [\(entry)]}
            """, to: "t.json")
    }

    @Test("are a section of the report and of the summary, and end the run with 2")
    func refused() throws {
        let folder = try ScratchFolder()
        try scenario(#""pod.yaml""#, in: folder)
        let text = try SimkCommand.run(["run", "t.json"], in: folder.url)
        #expect(text.status == 2)
        #expect(text.output.contains("Refused manifests"))
        #expect(text.output.contains("pod/default/p"))
        #expect(text.output.contains("pod.yaml:1:1"))
        #expect(text.output.contains(Self.message))
        #expect(text.errors.contains("a manifest was refused by the API server"))

        let json = try SimkCommand.run(["run", "t.json", "--format", "json"], in: folder.url)
        #expect(json.status == 2)
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["outcome"] as? String == "refused")
        let summary = object?["summary"] as? [String: Any]
        let refused = summary?["refusedManifests"] as? [[String: Any]]
        #expect(refused?.count == 1)
        #expect(refused?.first?["file"] as? String == "pod.yaml")
        #expect(refused?.first?["message"] as? String == Self.message)
    }

    @Test("may be what the scenario is about")
    func expected() throws {
        let folder = try ScratchFolder()
        try scenario(#"{"manifest": "pod.yaml", "mayBeRefused": true}"#, in: folder)
        let result = try SimkCommand.run(["run", "t.json"], in: folder.url)
        #expect(result.status == 0)
        #expect(!result.output.contains("Refused manifests"))
        #expect(result.output.contains("is forbidden"))
    }
}
