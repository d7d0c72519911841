import OrderedCollections

/// A place in a text: both counted from 1; columns count Unicode scalars.
public struct TextPosition: Hashable, Sendable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// Why a text is not JSON, and where.
public struct JSONSyntaxError: Error, Hashable, Sendable {
    public var position: TextPosition
    public var message: String

    public init(position: TextPosition, message: String) {
        self.position = position
        self.message = message
    }
}

/// What a JSON text may hold at most; input is untrusted.
public struct JSONLimits: Sendable {
    /// Nested arrays and objects. Go's decoder stops at 10,000; the stack here is the tighter bound.
    public var depth = 200
    /// Values of any kind in the whole text.
    public var values = 20_000_000

    public init() {}
}

/// Reads JSON (RFC 8259) from UTF-8 bytes, with the place of an error, in one pass.
///
/// An object with the same member twice keeps the last one, as Go does, and reports the place of the second:
/// strict callers turn these into errors.
public struct JSONParser {
    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private var values = 0
    private let limits: JSONLimits
    /// Members that occurred twice: the name, and the place of the second occurrence.
    public private(set) var duplicates: [(key: String, position: TextPosition)] = []

    public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) {
        self.bytes = bytes[...]
        self.index = bytes.startIndex
        self.limits = limits
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index += 3 }
    }

    /// Parses one whole text.
    public static func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(Array(text.utf8))
        return try parser.parseDocument()
    }

    /// Parses one whole text, which must hold nothing else.
    public mutating func parseDocument() throws(JSONSyntaxError) -> JSONValue {
        skipWhitespace()
        let value = try parseValue(depth: 0)
        skipWhitespace()
        if index != bytes.endIndex { throw failure("unexpected \(found()) after the end of the JSON value") }
        return value
    }

    /// Parses the next of several values in one text; nil at the end.
    public mutating func parseNext() throws(JSONSyntaxError) -> JSONValue? {
        skipWhitespace()
        if index == bytes.endIndex { return nil }
        return try parseValue(depth: 0)
    }

    /// The place of the next unread byte.
    public var position: TextPosition { position(of: index) }

    // MARK: Values

    private mutating func parseValue(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        values += 1
        if values > limits.values { throw failure("more than \(limits.values) values") }
        if depth > limits.depth { throw failure("nested deeper than \(limits.depth) levels") }
        guard index < bytes.endIndex else { throw failure("unexpected end of the text, expected a value") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw failure("unexpected \(found()), expected a value")
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        index += 1
        var members = JSONObject()
        skipWhitespace()
        if consume(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipWhitespace()
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") else {
                throw failure("unexpected \(found()), expected a member name in double quotes")
            }
            let place = index
            let key = try parseString()
            skipWhitespace()
            guard consume(UInt8(ascii: ":")) else {
                throw failure("unexpected \(found()) after the member name \"\(key)\", expected ':'")
            }
            skipWhitespace()
            let value = try parseValue(depth: depth + 1)
            if members.updateValue(value, forKey: key) != nil {
                duplicates.append((key, position(of: place)))
            }
            skipWhitespace()
            if consume(UInt8(ascii: "}")) { return .object(members) }
            guard consume(UInt8(ascii: ",")) else {
                throw failure("unexpected \(found()) after a member, expected ',' or '}'")
            }
        }
    }

    private mutating func parseArray(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        index += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if consume(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipWhitespace()
            elements.append(try parseValue(depth: depth + 1))
            skipWhitespace()
            if consume(UInt8(ascii: "]")) { return .array(elements) }
            guard consume(UInt8(ascii: ",")) else {
                throw failure("unexpected \(found()) after an element, expected ',' or ']'")
            }
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError)
        -> JSONValue
    {
        let text = word.description
        guard bytes[index...].starts(with: text.utf8) else {
            throw failure("unexpected \(found()), expected a value")
        }
        index += text.utf8.count
        return value
    }

    private mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
        let start = index
        var isInteger = true
        _ = consume(UInt8(ascii: "-"))
        let firstDigit = index
        skipDigits()
        if index == firstDigit { throw failure("unexpected \(found()) in a number, expected a digit") }
        if bytes[firstDigit] == UInt8(ascii: "0") && index - firstDigit > 1 {
            index = firstDigit
            throw failure("a number must not begin with 0")
        }
        if consume(UInt8(ascii: ".")) {
            isInteger = false
            let fraction = index
            skipDigits()
            if index == fraction { throw failure("unexpected \(found()) in a number, expected a digit") }
        }
        if index < bytes.endIndex, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if !consume(UInt8(ascii: "+")) { _ = consume(UInt8(ascii: "-")) }
            let exponent = index
            skipDigits()
            if index == exponent { throw failure("unexpected \(found()) in a number, expected a digit") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            index = start
            throw failure("the number \(text.prefix(40)) is out of range")
        }
        return .number(value)
    }

    private mutating func parseString() throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\"),
            bytes[index] >= 0x20
        { index += 1 }
        if index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") {
            let text = try decode(bytes[start..<index], at: start)
            index += 1
            return text
        }
        var buffer = Array(bytes[start..<index])
        while true {
            guard index < bytes.endIndex else { throw failure("unexpected end of the text in a string") }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return try decode(buffer[...], at: start)
            }
            if byte < 0x20 { throw failure("a control character in a string; write it as an escape") }
            index += 1
            if byte == UInt8(ascii: "\\") {
                try parseEscape(into: &buffer)
            } else {
                buffer.append(byte)
            }
        }
    }

    private mutating func parseEscape(into buffer: inout [UInt8]) throws(JSONSyntaxError) {
        guard index < bytes.endIndex else { throw failure("unexpected end of the text in a string") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            var code = try parseHexadecimal()
            if (0xD800..<0xDC00).contains(code), bytes[index...].starts(with: [0x5C, 0x75]) {
                let restart = index
                index += 2
                let low = try parseHexadecimal()
                if (0xDC00..<0xE000).contains(low) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    index = restart
                }
            }
            // A lone surrogate becomes U+FFFD, as Go's decoder has it.
            buffer.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
        default:
            index -= 1
            throw failure("unknown escape \\\(found()) in a string")
        }
    }

    private mutating func parseHexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.endIndex, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue
            else { throw failure("unexpected \(found()) in \\u, expected four hexadecimal digits") }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }

    // MARK: Scanning

    private func decode(_ slice: ArraySlice<UInt8>, at start: Int) throws(JSONSyntaxError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONSyntaxError(position: position(of: start), message: "a string that is not valid UTF-8")
        }
        return text
    }

    private mutating func consume(_ byte: UInt8) -> Bool {
        guard index < bytes.endIndex, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipWhitespace() {
        while index < bytes.endIndex {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private mutating func skipDigits() {
        while index < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
            index += 1
        }
    }

    private func found() -> String {
        guard index < bytes.endIndex else { return "end of the text" }
        let byte = bytes[index]
        if byte < 0x20 || byte >= 0x7F { return "byte 0x" + String(byte, radix: 16, uppercase: true) }
        return "'\(Character(Unicode.Scalar(byte)))'"
    }

    private func failure(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(position: position(of: index), message: message)
    }

    private func position(of place: Int) -> TextPosition {
        var line = 1
        var lineStart = bytes.startIndex
        for other in bytes.startIndex..<min(place, bytes.endIndex) where bytes[other] == 0x0A {
            line += 1
            lineStart = other + 1
        }
        // Continuation bytes are not counted, so the column counts scalars.
        let column = bytes[lineStart..<max(lineStart, min(place, bytes.endIndex))].count { $0 & 0xC0 != 0x80 }
        return TextPosition(line: line, column: column + 1)
    }
}
