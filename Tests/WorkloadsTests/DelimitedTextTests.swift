import Testing
import Workloads

@Suite("Delimited text")
struct DelimitedTextTests {
    /// All rows of a text that arrives in pieces of a size.
    static func rows(_ text: String, chunk: Int, separator: FieldSeparator = .comma) throws -> [[String]] {
        var source = DelimitedText(separator: separator)
        var rows: [[String]] = []
        func drain() throws {
            while try source.next() { rows.append((0..<source.count).map { source.string($0) }) }
        }
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let end = min(bytes.count, index + chunk)
            source.append(bytes.span.extracting(index..<end))
            try drain()
            index = end
        }
        source.finish()
        try drain()
        return rows
    }

    @Test("rows are the same however the text is cut", arguments: [1, 2, 3, 5, 7, 1_000])
    func chunks(size: Int) throws {
        let text = "a,b,c\r\n1,,\"x, \"\"y\"\"\r\nz\"\n\n,,\n\"\",\"q\"\r\nlast,\"un\"der,3"
        #expect(
            try Self.rows(text, chunk: size) == [
                ["a", "b", "c"], ["1", "", "x, \"y\"\r\nz"], ["", "", ""], ["", "q"],
                ["last", "\"un\"der", "3"],
            ])
    }

    @Test("words are parted by runs of blanks, and comments are passed over", arguments: [1, 4, 1_000])
    func words(size: Int) throws {
        let text = "; Version: 2\n  1   0 -1\t5\r\n;\n\n 2 3"
        #expect(
            try Self.rows(text, chunk: size, separator: .whitespace(comment: UInt8(ascii: ";"))) == [
                ["1", "0", "-1", "5"], ["2", "3"],
            ])
    }

    @Test("lines count those within quotes")
    func lines() throws {
        var source = DelimitedText()
        source.append(Array("a\n\"x\ny\"\n\nb\n".utf8).span)
        source.finish()
        var lines: [Int] = []
        while try source.next() { lines.append(source.line) }
        #expect(lines == [1, 2, 5])
    }

    @Test("a line without an end is an error once it passes the limit", arguments: [false, true])
    func endlessLine(quoted: Bool) throws {
        var source = DelimitedText(lineLimitBytes: 10_000)
        source.append(Array("a,b\n".utf8).span)
        #expect(try source.next())
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 4_096)
        if quoted { source.append(Array("\"".utf8).span) }
        let error = #expect(throws: DelimitedText.Fault.self) {
            for _ in 0..<10 {
                source.append(piece.span)
                while try source.next() {}
            }
        }
        #expect(error == .lineTooLong(line: 2, openQuote: quoted))
    }

    @Test(
        "whole numbers",
        arguments: [
            ("0", 0), ("-0", 0), ("+7", 7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("18446744073709551616", nil), ("", nil), ("-", nil), ("1 ", nil),
            ("00000000000000000000012", 12), ("1.0", nil), ("0x1", nil),
        ] as [(String, Int64?)])
    func integers(text: String, value: Int64?) {
        #expect(NumberText.integer(Array(text.utf8).span) == value)
    }

    @Test(
        "decimal numbers are those of the standard library",
        arguments: [
            "0", "1.5", "-2.25", "1e3", "1E-05", "0.1", "123456789.123456789", "3.0000000000000001",
            "9007199254740993", "1e22", "1e23", "4.9e-324", "1.7976931348623157e308",
            "0.00000000000000000001",
            "99999999999999999999999999999999", "5.", ".5", "1e0010",
        ])
    func decimals(text: String) {
        #expect(NumberText.decimal(Array(text.utf8).span) == Double(text))
    }

    @Test(
        "what is no finite number is none",
        arguments: ["nan", "inf", "1e999", "", ".", "1e", "1.2.3", "1,5", "e5"])
    func noDecimals(text: String) {
        #expect(NumberText.decimal(Array(text.utf8).span) == nil)
    }
}
