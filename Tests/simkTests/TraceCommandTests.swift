import Foundation
import Testing

@Suite("Traces on the command line")
struct TraceCommandTests {
    static let folder = "Tests/Vectors/traces/"

    static let formats = [
        "alibaba-2017", "alibaba-2018", "alibaba-gpu-2020", "alibaba-gpu-2023", "alibaba-dlrm-2025",
        "alibaba-spot-2026", "borg-2011", "borg-2019", "azure-packing-2020", "azure-vm-2017", "azure-vm-2019",
        "philly", "swf", "simkube", "snapshot",
    ]

    @Test("the summary names the format and counts, as text and as JSON", arguments: formats)
    func summary(name: String) throws {
        let text = try SimkCommand.run(["trace", Self.folder + name])
        #expect(text.status == 0)
        #expect(text.output.hasPrefix("format     \(name)\n"))
        let json = try SimkCommand.run(["trace", Self.folder + name, "--format", "json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["format"] as? String == name)
        #expect(object?["badRows"] as? Int == 0)
        #expect(try #require(object?["rows"] as? Int) > 0)
    }

    @Test(
        "a trace becomes a scenario that is valid, and runs",
        arguments: ["swf", "alibaba-dlrm-2025", "simkube"])
    func scenario(name: String) throws {
        let scratch = try ScratchFolder()
        let file = scratch.url.appending(path: "\(name).json").path
        let made = try SimkCommand.run([
            "import", Self.folder + name, "--nodes", "4", "--node-cpu", "128", "--node-memory", "1Ti",
            "--node-gpus", "8", "--until", "10m", "--out", file,
        ])
        #expect(made.status == 0, "\(made.errors)")
        let checked = try SimkCommand.run(["validate", file])
        #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
        let run = try SimkCommand.run([
            "run", file, "--quiet", "--out", scratch.url.appending(path: "run").path,
        ])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let exported = try SimkCommand.run(["export", scratch.url.appending(path: "run").path])
        #expect(exported.status == 0, "\(exported.errors)")
        let pods = try String(
            contentsOf: scratch.url.appending(path: "run/export/pods.csv"), encoding: .utf8)
        #expect(pods.hasPrefix("namespace,name,uid,owner,scheduler,priority,cpu_cores,"))
        #expect(pods.split(separator: "\n").count > 1)
        #expect(pods.contains(",Running,") || pods.contains(",Succeeded,"))
    }

    @Test("the compact form holds the same trace")
    func compact() throws {
        let scratch = try ScratchFolder()
        let file = scratch.url.appending(path: "borg.simktrace").path
        let made = try SimkCommand.run(["import", Self.folder + "borg-2011", "--out", file])
        #expect(made.status == 0, "\(made.errors)")
        func tasks(_ path: String) throws -> String? {
            let result = try SimkCommand.run(["trace", path])
            return result.output.split(separator: "\n").first { $0.hasPrefix("tasks") }.map(String.init)
        }
        #expect(try tasks(file) == tasks(Self.folder + "borg-2011"))
    }

    @Test("fits are printed, the best first")
    func fit() throws {
        let text = try SimkCommand.run(["fit", Self.folder + "alibaba-2018"])
        #expect(text.status == 0)
        #expect(text.output.contains("duration: 4 values"))
        #expect(text.output.contains("logNormal"))
        let json = try SimkCommand.run(["fit", Self.folder + "alibaba-2018", "--format", "json"])
        let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(list?.contains { $0["quantity"] as? String == "duration" } == true)
    }

    @Test("a shared GPU is nothing that a plain scenario says")
    func sharedGPU() throws {
        let scratch = try ScratchFolder()
        let file = scratch.url.appending(path: "x.json")
        let result = try SimkCommand.run(["import", Self.folder + "alibaba-gpu-2023", "--out", file.path])
        #expect(result.status == 2 && result.errors.contains("shares a GPU"), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test("fits become a made-up workload, which becomes a trace, the same for a seed")
    func generate() throws {
        let scratch = try ScratchFolder()
        let description = scratch.url.appending(path: "like.json").path
        let fitted = try SimkCommand.run(["fit", Self.folder + "swf", "--workload", description])
        #expect(fitted.status == 0, "\(fitted.errors)")
        func bytes(_ name: String, seed: String) throws -> Data {
            let file = scratch.url.appending(path: name)
            let made = try SimkCommand.run(["generate", description, "--seed", seed, "--out", file.path])
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.contains("tasks"))
            let read = try SimkCommand.run(["trace", file.path])
            #expect(read.status == 0 && read.output.hasPrefix("format     simk\n"))
            return try Data(contentsOf: file)
        }
        #expect(try bytes("a.simktrace", seed: "5") == bytes("b.simktrace", seed: "5"))
    }

    @Test(
        "what is wrong ends with 2 and says so",
        arguments: [
            (["trace", "no-such-file.csv"], "no-such-file.csv: there is no such file"),
            (["trace", "README.md"], "README.md: found content of an unknown format"),
            (["trace", "Tests/Vectors/traces/swf", "--trace-format", "swg"], "Did you mean 'swf'?"),
            (["trace", "Tests/Vectors/traces/swf", "--sample", "2"], "sample: found 2.0"),
            (["trace", "Tests/Vectors/traces/swf", "--on-bad-row", "x"], "expected stop, skip or a fraction"),
            (["trace", "Tests/Vectors/traces/swf", "--from", "soon"], "--from soon"),
            (["import", "Tests/Vectors/traces/swf", "--out", "/nowhere/x.json"], "--nodes"),
            (
                ["generate", "no-such-file.json", "--out", "/nowhere/x.simktrace"],
                "no-such-file.json: cannot be read"
            ),
            (["generate", "Package.swift", "--out", "/nowhere/x.simktrace"], "Package.swift:1:1: "),
            (["export", "Tests"], "holds no run"),
        ])
    func errors(arguments: [String], text: String) throws {
        let result = try SimkCommand.run(arguments)
        #expect(result.status == 2)
        #expect(result.errors.contains(text), "\(result.errors)")
    }
}
