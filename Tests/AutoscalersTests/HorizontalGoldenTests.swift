import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

@Suite("Horizontal pod autoscaler: golden results")
struct HorizontalGoldenTests {
    static let file = "conformance/controllers/hpa.jsonl"

    @Test(
        "every step comes out as upstream's does",
        .enabled(if: SharedFiles.exists(file), Comment(rawValue: SharedFiles.missing)))
    func goldenVectors() throws {
        var (cases, steps, failures) = (0, 0, 0)
        for line in try SharedFiles.lines(Self.file) {
            let vector = try JSONParser.parse(line)
            let id = vector["id"]?.stringValue ?? ""
            var replay = HorizontalReplay(vector)
            cases += 1
            for step in vector["steps"]?.arrayValue ?? [] {
                steps += 1
                let got = replay.run(step)
                let expected = step["out"] ?? .null
                for name in Set((expected.objectValue ?? [:]).keys).union((got.objectValue ?? [:]).keys).sorted()
                where !Self.isSame(expected[name], got[name]) {
                    failures += 1
                    if failures > 20 { continue }
                    Issue.record(
                        """
                        \(id) at \(step["at"] ?? .null): \(name)
                          expected \(expected[name].map { JSONWriter.string($0) } ?? "nothing")
                          got      \(got[name].map { JSONWriter.string($0) } ?? "nothing")
                        """)
                }
            }
        }
        #expect(failures == 0)
        #expect(cases == 239)
        #expect(steps == 1_376)
    }

    /// Objects are equal whatever the order of their members; nothing, null and an empty list are one.
    private static func isSame(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        switch (left ?? .null, right ?? .null) {
        case (.object(let first), .object(let second)):
            first.count == second.count && first.allSatisfy { isSame($0.value, second[$0.key]) }
        case (.array(let first), .array(let second)):
            first.count == second.count && zip(first, second).allSatisfy { isSame($0, $1) }
        case (.array(let list), .null), (.null, .array(let list)): list.isEmpty
        case (let first, let second): first == second
        }
    }
}
