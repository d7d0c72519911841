import Foundation
import Testing

@Suite("simk check", .enabled(if: SimkCommand.program != nil, "simk is not built"))
struct CheckCommandTests {
    /// A Deployment that grows five seconds before the disturbances end.
    static let hurried = """
        apiVersion: simk.dev/v1
        kind: Scenario
        metadata: { name: hurried }
        duration: 5m
        cluster:
          nodePools: [{ name: general, count: 3, capacity: { cpu: "4", memory: 16Gi } }]
        manifests:
        - apiVersion: apps/v1
          kind: Deployment
          metadata: { name: web }
          spec:
            replicas: 1
            selector: { matchLabels: { app: web } }
            template:
              metadata: { labels: { app: web } }
              spec: { containers: [{ name: main, image: "web:1" }] }
        timeline:
        - { at: 295s, scale: { object: deployment/web, replicas: 6 } }
        """

    private static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("what holds is told with its seeds, and the exit status is 0", arguments: ["1", "2"])
    func holds(jobs: String) throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write(Self.hurried, to: "hurried.yaml")
        let text = try SimkCommand.run(
            ["check", file, "--runs", "3", "--seed", "7", "--jobs", jobs], in: scratch.url)
        #expect(text.status == 0)
        #expect(text.output.hasPrefix("held: 3 runs with seeds 7 to 9, "))
        #expect(!FileManager.default.fileExists(atPath: scratch.url.appending(path: "checks").path))

        let json = try SimkCommand.run(
            ["check", file, "--runs", "3", "--jobs", jobs, "--format", "json"], in: scratch.url)
        let members = try Self.object(json.output)
        #expect(json.status == 0)
        #expect(members["kind"] as? String == "Check" && members["outcome"] as? String == "held")
        #expect(members["runs"] as? Int == 3)
    }

    @Test("what breaks is shrunk to a file that breaks the same under simk run")
    func breaks() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write(Self.hurried, to: "hurried.yaml")
        let check = ["check", file, "--runs", "40", "--bound", "4s", "--out", "found"]

        let text = try SimkCommand.run(check, in: scratch.url)
        #expect(text.status == 1)
        #expect(text.output.hasPrefix("BROKEN  convergence in run 3 of 40, seed 3\n"))
        #expect(text.output.contains("simk run found/hurried-convergence-seed-3.json"))

        let json = try SimkCommand.run(check + ["--format", "json"], in: scratch.url)
        #expect(json.status == 1)
        let members = try Self.object(json.output)
        #expect(members["outcome"] as? String == "broken" && members["seed"] as? Int == 3)
        let shrunk = try #require(members["shrunk"] as? [String: Any])
        let path = try #require(shrunk["file"] as? String)
        let size = try #require(shrunk["size"] as? [String: Any])
        #expect(size["objects"] as? Int == 1)

        let run = try SimkCommand.run(["run", path, "--format", "json"], in: scratch.url)
        #expect(run.status == 1)
        let expectations = try #require(try Self.object(run.output)["expectations"] as? [[String: Any]])
        let broken = try #require((shrunk["broken"] as? [String: Any])?["object"] as? String)
        let failed = expectations.filter { $0["verdict"] as? String == "failed" }
        #expect(
            failed.count == expectations.count && failed.contains { $0["condition"] as? String == broken })
    }

    @Test(
        "bad usage and bad input are told apart from what breaks",
        arguments: [["--runs", "0"], ["--jobs", "0"], ["--bound", "soon"]])
    func badUsage(options: [String]) throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write(Self.hurried, to: "hurried.yaml")
        let result = try SimkCommand.run(["check", file] + options, in: scratch.url)
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errors.contains(options[0]))
    }

    @Test("a scenario that cannot be read is bad input")
    func badInput() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write("kind: Scenario\nnothing: here\n", to: "bad.yaml")
        #expect(try SimkCommand.run(["check", file], in: scratch.url).status == 2)
        #expect(try SimkCommand.run(["check", "absent.yaml"], in: scratch.url).status == 2)
    }
}
