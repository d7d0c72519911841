import Foundation
import Testing

@Suite("Usage")
struct UsageTests {
    @Test(
        "help teaches and ends with 0",
        arguments: [["--help"], ["run", "--help"], ["explain", "--help"], ["validate", "--help"], []])
    func help(arguments: [String]) throws {
        let result = try SimkCommand.run(arguments)
        #expect(result.status == 0)
        #expect(result.output.contains("USAGE: simk"))
        #expect(result.errors.isEmpty)
    }

    @Test("the version names Kubernetes' version, too")
    func version() throws {
        let result = try SimkCommand.run(["version"])
        #expect(result.status == 0)
        #expect(result.output.contains("v1.36"))
        let json = try SimkCommand.run(["version", "--format", "json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: String]
        #expect(object?["kubernetes"] == "v1.36")
    }

    @Test(
        "bad usage ends with 2 and says what is wrong",
        arguments: [
            (["run"], "scenario"), (["fly"], "fly"), (["run", "--format", "xml", "x.json"], "xml"),
            (["run", "x.json", "--seed", "minus one"], "minus one"), (["version", "--nope"], "--nope"),
            (["run", "no-such-file.json"], "no-such-file.json"),
        ])
    func badUsage(arguments: [String], mentioned: String) throws {
        let result = try SimkCommand.run(arguments)
        #expect(result.status == 2)
        #expect(result.errors.contains(mentioned))
        #expect(result.output.isEmpty)
    }

    @Test("shells get their completions", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let result = try SimkCommand.run(["--generate-completion-script", shell])
        #expect(result.status == 0)
        #expect(result.output.contains("validate"))
    }
}
