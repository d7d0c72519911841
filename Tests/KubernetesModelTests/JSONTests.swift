import KubernetesModel
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "a text comes back as it was",
        arguments: [
            #"{"a":[1,-2,3.5,true,false,null,"x"],"b":{}}"#, #"[]"#, #""é\"\\\n\u0001""#,
            "9223372036854775807",
            "0.1",
        ])
    func roundTrip(text: String) throws {
        #expect(JSONWriter.string(try JSONParser.parse(text)) == text)
    }

    @Test(
        "a fault is told with its place",
        arguments: [
            ("{\"a\": 1,\n \"b\" 2}", 2, 6, "unexpected '2' after the member name \"b\", expected ':'"),
            ("[1, 2", 1, 6, "unexpected end of the text after an element, expected ',' or ']'"),
            ("{\"a\": tru}", 1, 7, "unexpected 't', expected a value"),
            ("[01]", 1, 2, "a number must not begin with 0"),
            ("\"\u{9}\"", 1, 2, "a control character in a string; write it as an escape"),
        ])
    func syntaxError(text: String, line: Int, column: Int, message: String) {
        let expected = JSONSyntaxError(position: TextPosition(line: line, column: column), message: message)
        #expect(throws: expected) { try JSONParser.parse(text) }
    }

    @Test("depth is bounded")
    func depth() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(text) }
    }

    @Test("a member that occurs twice keeps its last value and is reported")
    func duplicates() throws {
        var parser = JSONParser(Array(#"{"a": 1, "a": 2}"#.utf8))
        #expect(try parser.parseDocument() == ["a": 2])
        #expect(parser.duplicates.map(\.key) == ["a"])
        #expect(parser.duplicates.map(\.position) == [TextPosition(line: 1, column: 10)])
    }
}
