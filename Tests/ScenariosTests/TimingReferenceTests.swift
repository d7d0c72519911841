import Foundation
import Scenarios
import Testing

@Suite("Timing reference")
struct TimingReferenceTests {
    @Test("docs/reference/timing.md holds the table that `simk parameters --format markdown` prints")
    func tableIsUpToDate() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/reference/timing.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: "<!-- parameters -->\n"))
        let end = try #require(text.range(of: "<!-- /parameters -->"))
        let table = text[start.upperBound..<end.lowerBound].trimmingCharacters(in: .newlines)
        #expect(table == TimingParameter.markdownTable.trimmingCharacters(in: .newlines))
    }
}
