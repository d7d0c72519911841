import Foundation
import Testing

@Suite("Replay and compare on the command line")
struct ReplayCommandTests {
    private static let nodes = ["--nodes", "4:cpu=5,memory=32Gi"]

    @Test("a trace is replayed on nodes that are named, and leaves tables")
    func replay() throws {
        let scratch = try ScratchFolder()
        let out = scratch.url.appending(path: "run")
        let result = try SimkCommand.run(
            [
                "replay", "scenarios/traces/small.swf", "--format", "swf", "--format", "json", "--out",
                out.path,
            ]
                + Self.nodes)
        #expect(result.status == 0, "\(result.errors)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let workload = try #require(report["workload"] as? [String: Any])
        let pods = try #require(workload["pods"] as? [String: Any])
        #expect(pods["created"] as? Int == 136 && pods["neverScheduled"] as? Int == 0)
        #expect(workload["littlesLaw"] as? Bool == true)
        let table = try String(contentsOf: out.appending(path: "pods.csv"), encoding: .utf8)
        #expect(table.split(separator: "\n").count == 137)
        for name in ["series.csv", "users.csv", "run.json"] {
            #expect(FileManager.default.fileExists(atPath: out.appending(path: name).path))
        }
    }

    @Test("a comparison says the same with one and with two runs at a time")
    func compare() throws {
        var outputs: [String] = []
        for jobs in ["1", "2"] {
            let result = try SimkCommand.run(
                [
                    "compare", "default", "gang", "scenarios/traces/small.swf", "--seeds", "3", "--sample",
                    "0.6",
                    "--jobs", jobs, "--quiet",
                ] + Self.nodes)
            #expect(result.status == 0, "\(result.errors)")
            outputs.append(result.output)
        }
        #expect(outputs[0] == outputs[1])
        #expect(outputs[0].contains("What can be concluded"))
        #expect(outputs[0].contains("queueing delay, mean, s"))
    }

    @Test("policies differ on a scenario, and the comparison says so")
    func scenario() throws {
        let scratch = try ScratchFolder()
        let out = scratch.url.appending(path: "out")
        let result = try SimkCommand.run([
            "compare", "default", "deadlines", "scenarios/deadlines.json", "--seeds", "3", "--format", "json",
            "--out", out.path,
        ])
        #expect(result.status == 0, "\(result.errors)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let conclusions = report["conclusions"] as? [String] ?? []
        #expect(
            conclusions.contains {
                $0.hasPrefix("deadlines: deadlines missed is lower than under default by ")
            }, "\(conclusions)")
        for name in ["comparison.json", "values.csv", "differences.csv"] {
            #expect(FileManager.default.fileExists(atPath: out.appending(path: name).path))
        }
    }

    @Test(
        "mistakes end with 2 and say what to do",
        arguments: [
            (["replay", "scenarios/traces/small.swf"], "the trace has no machines"),
            (["replay", "scenarios/gang.json"], "has no workload to replay. Run it with simk run"),
            (["replay", "none.csv"], "none.csv"),
            (["replay", "scenarios/traces/small.swf", "--nodes", "4"], "expected a count and resources"),
            (["compare", "default", "scenarios/gang.json"], "name at least two policies"),
            (["compare", "default", "gangs", "scenarios/gang.json"], "Did you mean 'gang'?"),
            (
                ["compare", "default", "gang", "scenarios/gang.json", "--seeds", "0"],
                "--seeds takes 1 to 100000"
            ),
        ])
    func mistakes(arguments: [String], words: String) throws {
        let scratch = try ScratchFolder()
        let isReplay = arguments[0] == "replay"
        let result = try SimkCommand.run(
            arguments + (isReplay ? ["--out", scratch.url.appending(path: "run").path] : []))
        #expect(result.status == 2)
        #expect(result.errors.contains(words), "\(result.errors)")
    }
}
