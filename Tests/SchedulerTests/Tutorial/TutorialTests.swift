import Foundation
import KubernetesModel
import Scheduler
import Testing

/// What the tutorial's own test needs from the project that the reader has changed by then.
extension NodePriceTests {
    /// The registry with the tutorial's line in it.
    static var registry: PluginRegistry {
        var registry = PluginRegistry.standard
        registry.register(NodePrice.self) { arguments throws(ConfigurationError) in
            try NodePrice(arguments: arguments)
        }
        return registry
    }
}

/// The code on the page of the tutorial.
struct TutorialPage {
    let blocks: [(language: String, text: String)]
    let folder: URL

    init() throws {
        folder = URL(filePath: #filePath).deletingLastPathComponent()
        let page = folder.appending(path: "../../../docs/tutorial/write-a-plugin.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        var blocks: [(language: String, text: String)] = []
        var open: String?
        var lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let language = open {
                if line == "```" {
                    blocks.append((language, lines.joined(separator: "\n")))
                    open = nil
                } else {
                    lines.append(line)
                }
            } else if line.hasPrefix("```") {
                open = String(line.dropFirst(3))
                lines = []
            }
        }
        self.blocks = blocks
    }

    func swift(_ words: String) throws -> String {
        try #require(blocks.first { $0.language == "swift" && $0.text.contains(words) }).text
    }

    func json(_ words: String) throws -> JSONValue {
        try JSONParser.parse(
            try #require(blocks.first { $0.language == "json" && $0.text.contains(words) }).text)
    }

    func file(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
}

@Suite("the tutorial on plugins")
struct TutorialTests {
    @Test("its plugin is the one that is compiled here")
    func plugin() throws {
        let page = try TutorialPage()
        // Inside of the Scheduler target there is nothing to import it from.
        let file = try page.file("NodePrice.swift").replacingOccurrences(of: "import Scheduler\n", with: "")
        #expect(try page.swift("public struct NodePrice") + "\n" == file)
    }

    @Test("its test is the one that runs here")
    func test() throws {
        let page = try TutorialPage()
        #expect(try page.swift("struct NodePriceTests") + "\n" == page.file("NodePriceTests.swift"))
    }

    @Test("its configuration is the one that its test uses")
    func configuration() throws {
        let object = try TutorialPage().json("\"NodePrice\"")
        _ = try SchedulerConfiguration(json: object, registry: NodePriceTests.registry)
        #expect(try JSONParser.parse(NodePriceTests.configuration)["profiles"] == object["profiles"])
    }

    @Test("its line of registration is the one that the test uses")
    func registration() throws {
        let page = try TutorialPage()
        let lines = try page.swift("registry.register").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let file = try page.file("TutorialTests.swift").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.allSatisfy(file.contains))
    }
}
