import OrderedCollections

/// Writes JSON. The same value gives the same bytes on every machine.
public struct JSONWriter {
    /// How the text is laid out.
    public struct Style: Sendable {
        /// Two spaces a level when true, one line when false.
        public var isPretty = false
        /// Members in the order of their names' bytes instead of the order in which they were written.
        public var sortsKeys = false
        /// `<`, `>`, `&`, U+2028 and U+2029 as escapes, as Go's encoder writes them.
        public var escapesHTML = false

        public init(isPretty: Bool = false, sortsKeys: Bool = false, escapesHTML: Bool = false) {
            self.isPretty = isPretty
            self.sortsKeys = sortsKeys
            self.escapesHTML = escapesHTML
        }

        public static let compact = Style()
        public static let pretty = Style(isPretty: true)
    }

    private var bytes: [UInt8] = []
    private let style: Style

    private init(style: Style) { self.style = style }

    /// The value as UTF-8 bytes, without a final line break.
    public static func bytes(_ value: JSONValue, style: Style = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(value, level: 0)
        return writer.bytes
    }

    public static func string(_ value: JSONValue, style: Style = .compact) -> String {
        String(decoding: bytes(value, style: style), as: UTF8.self)
    }

    private mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .number(let number): bytes += JSONWriter.text(number).utf8
        case .string(let text): write(text)
        case .array(let elements):
            if elements.isEmpty {
                bytes += "[]".utf8
                return
            }
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                breakLine(level: level + 1)
                write(element, level: level + 1)
            }
            breakLine(level: level)
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            if members.isEmpty {
                bytes += "{}".utf8
                return
            }
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            func writeMember(_ writer: inout JSONWriter, _ key: String, _ member: JSONValue) {
                if !isFirst { writer.bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                writer.breakLine(level: level + 1)
                writer.write(key)
                writer.bytes += (writer.style.isPretty ? ": " : ":").utf8
                writer.write(member, level: level + 1)
            }
            if style.sortsKeys {
                let keys = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                for key in keys { writeMember(&self, key, members[key]!) }
            } else {
                for (key, member) in members { writeMember(&self, key, member) }
            }
            breakLine(level: level)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func breakLine(level: Int) {
        guard style.isPretty else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        let isPlain = text.withUTF8 { utf8 in
            guard unsafe utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && !Self.isSpecial($0) }) else {
                return false
            }
            unsafe bytes.append(contentsOf: utf8)
            return true
        }
        if !isPlain { writeScalars(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether an ASCII character may need an escape.
    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
            true
        default: false
        }
    }

    private mutating func writeScalars(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes += "\\\"".utf8
            case "\\": bytes += "\\\\".utf8
            case "\n": bytes += "\\n".utf8
            case "\r": bytes += "\\r".utf8
            case "\t": bytes += "\\t".utf8
            case "<", ">", "&", "\u{2028}", "\u{2029}":
                if style.escapesHTML { escape(scalar) } else { bytes += String(scalar).utf8 }
            default:
                if scalar.value < 0x20 { escape(scalar) } else { bytes += String(scalar).utf8 }
            }
        }
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16)
        bytes += "\\u".utf8
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
        bytes += digits.utf8
    }

    /// The shortest decimal that reads back as the same number; whole numbers below 1e21 without a point or
    /// exponent, as Go and JavaScript write them.
    static func text(_ number: Double) -> String {
        guard number.isFinite else { return "null" }
        if number == number.rounded(), number.magnitude < 0x1p63 { return String(Int64(number)) }
        return number.description
    }
}
