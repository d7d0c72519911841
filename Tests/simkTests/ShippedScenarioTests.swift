import Foundation
import Testing

/// The scenarios that ship: each runs green, with the digest that is stored beside these tests, and leaves the
/// same bytes from two processes.
@Suite("Shipped scenarios", .serialized)
struct ShippedScenarioTests {
    static var names: [String] {
        let folder = SimkCommand.project.appending(path: "scenarios")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        // Replays have no expectations, and ReplayTests of their own.
        return files.filter { $0.hasSuffix(".json") && $0 != "fgd-atc23.json" && $0 != "gpu-replay.json" }
            .map { String($0.dropLast(5)) }.sorted()
    }

    static func storedDigests() throws -> [String: String] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "digests.json")
        return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    @Test("every expectation holds, and the digest is the stored one", arguments: names)
    func runsGreen(name: String) throws {
        let scratch = try ScratchFolder()
        let result = try SimkCommand.run([
            "run", "scenarios/\(name).json", "--format", "json", "--out",
            scratch.url.appending(path: "run").path,
        ])
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any],
            "\(result.errors)")
        let expectations = report["expectations"] as? [[String: Any]] ?? []
        for expectation in expectations where expectation["verdict"] as? String != "held" {
            Issue.record("\(name): \(expectation)")
        }
        #expect(!expectations.isEmpty)
        #expect(result.status == 0)
        let summary = report["summary"] as? [String: Any]
        let digest = summary?["digest"] as? String
        let stored = try Self.storedDigests()[name]
        #expect(
            digest == stored,
            "\(name): a changed digest is explained in CHANGELOG.md under \"Changed results\", then stored in digests.json"
        )
    }

    @Test("idle time costs no events: 299 days more are free")
    func idleTimeIsFree() throws {
        let scratch = try ScratchFolder()
        var events: [Int] = []
        for file in ["scenarios/node-failure.json", "benchmarks/scenarios/node-failure-300-days.json"] {
            let result = try SimkCommand.run([
                "run", file, "--format", "json", "--out", scratch.url.appending(path: "\(events.count)").path,
            ])
            let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            let summary = try #require(report?["summary"] as? [String: Any])
            events.append(try #require(summary["events"] as? Int))
            #expect(result.status == 0)
        }
        #expect(events[0] == events[1])
        #expect(events[0] > 1_000)
    }

    @Test("two processes leave the same bytes", arguments: ["node-failure", "crash-loop", "why-pending"])
    func sameBytes(name: String) throws {
        let scratch = try ScratchFolder()
        for run in ["a", "b"] {
            _ = try SimkCommand.run([
                "run", "scenarios/\(name).json", "--quiet", "--out", scratch.url.appending(path: run).path,
            ])
        }
        for file in ["timeline.jsonl", "metrics.csv", "results.sqlite"] {
            let first = try Data(contentsOf: scratch.url.appending(path: "a/\(file)"))
            let second = try Data(contentsOf: scratch.url.appending(path: "b/\(file)"))
            #expect(first == second, "\(file)")
            #expect(!first.isEmpty)
        }
        func record(_ run: String) throws -> NSDictionary {
            let data = try Data(contentsOf: scratch.url.appending(path: "\(run)/run.json"))
            var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            var summary = try #require(object["summary"] as? [String: Any])
            summary["wallClock"] = nil
            object["summary"] = summary
            return object as NSDictionary
        }
        #expect(try record("a") == record("b"))
    }
}
