import Foundation
import Testing

@Suite("Policies on the command line")
struct PolicyCommandTests {
    @Test("the list names every policy with a line each, and as JSON with its configuration")
    func list() throws {
        let text = try SimkCommand.run(["policies"])
        #expect(text.status == 0)
        let names = text.output.split(separator: "\n").compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
        #expect(names.contains("first-fit") && names.contains("gang") && names.first == "default")
        let json = try SimkCommand.run(["policies", "--format", "json"])
        let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(list?.compactMap { $0["name"] as? String } == names)
        #expect(list?.allSatisfy { $0["configuration"] is [String: Any] } == true)
    }

    @Test("a policy that is not known ends with 2 and the nearest name")
    func unknown() throws {
        let result = try SimkCommand.run(["run", "scenarios/gang.json", "--policy", "gangs"])
        #expect(result.status == 2)
        #expect(result.errors.contains("Did you mean 'gang'?"))
    }

    @Test(
        "what the policies' scenarios show does not hold by default",
        arguments: ["deadlines", "gang", "data-locality"])
    func matters(name: String) throws {
        let scratch = try ScratchFolder()
        let result = try SimkCommand.run([
            "run", "scenarios/\(name).json", "--policy", "default", "--quiet", "--out",
            scratch.url.appending(path: "run").path,
        ])
        #expect(result.status == 1)
        #expect(result.output.contains("FAILED"))
    }
}
