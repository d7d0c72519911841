/// Reads JSON the way Go's `encoding/json` does, with its words for what is wrong.
enum GoJSON {
    struct Fault: Error {
        var message: String
    }

    static func decode(_ text: String) -> Result<JSONValue, Fault> {
        var scanner = Scanner(bytes: Array(text.utf8))
        do throws(Fault) {
            try scanner.value(depth: 0)
            scanner.skipSpace()
            if scanner.index < scanner.bytes.count {
                throw scanner.fault("after top-level value")
            }
        } catch {
            return .failure(error)
        }
        do throws(JSONSyntaxError) {
            return .success(try JSONParser.parse(text))
        } catch {
            return .failure(Fault(message: error.message))
        }
    }

    /// The kind of a JSON value in Go's words.
    static func kindName(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Finds the first place at which a text stops being JSON.
    private struct Scanner {
        let bytes: [UInt8]
        var index = 0

        mutating func skipSpace() {
            while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
        }

        func fault(_ context: String) -> Fault {
            guard index < bytes.count else { return Fault(message: "unexpected end of JSON input") }
            let shown: String
            switch bytes[index] {
            case UInt8(ascii: "'"): shown = "'\\''"
            case UInt8(ascii: "\""): shown = "'\"'"
            case let byte:
                let quoted = GoText.quoted(String(Unicode.Scalar(byte)))
                shown = "'\(quoted.dropFirst().dropLast())'"
            }
            return Fault(message: "invalid character \(shown) \(context)")
        }

        mutating func value(depth: Int) throws(Fault) {
            if depth > 200 { throw Fault(message: "exceeded max depth") }
            skipSpace()
            guard index < bytes.count else { throw fault("") }
            switch bytes[index] {
            case UInt8(ascii: "{"): try object(depth: depth)
            case UInt8(ascii: "["): try array(depth: depth)
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "t"): try literal("true")
            case UInt8(ascii: "f"): try literal("false")
            case UInt8(ascii: "n"): try literal("null")
            case UInt8(ascii: "-"), 0x30...0x39: try number()
            default: throw fault("looking for beginning of value")
            }
        }

        private mutating func object(depth: Int) throws(Fault) {
            index += 1
            skipSpace()
            if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
                index += 1
                return
            }
            while true {
                skipSpace()
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                    throw fault("looking for beginning of object key string")
                }
                try string()
                skipSpace()
                guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else {
                    throw fault("after object key")
                }
                index += 1
                try value(depth: depth + 1)
                skipSpace()
                guard index < bytes.count else { throw fault("") }
                if bytes[index] == UInt8(ascii: "}") {
                    index += 1
                    return
                }
                guard bytes[index] == UInt8(ascii: ",") else { throw fault("after object key:value pair") }
                index += 1
            }
        }

        private mutating func array(depth: Int) throws(Fault) {
            index += 1
            skipSpace()
            if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
                index += 1
                return
            }
            while true {
                try value(depth: depth + 1)
                skipSpace()
                guard index < bytes.count else { throw fault("") }
                if bytes[index] == UInt8(ascii: "]") {
                    index += 1
                    return
                }
                guard bytes[index] == UInt8(ascii: ",") else { throw fault("after array element") }
                index += 1
            }
        }

        private mutating func string() throws(Fault) {
            index += 1
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    index += 1
                    return
                case UInt8(ascii: "\\"):
                    index += 1
                    guard index < bytes.count else { throw fault("") }
                    if bytes[index] == UInt8(ascii: "u") {
                        for _ in 0..<4 {
                            index += 1
                            guard index < bytes.count, Unicode.Scalar(bytes[index]).properties.isASCIIHexDigit
                            else { throw fault("in \\u hexadecimal character escape") }
                        }
                    } else if !"\"\\/bfnrt".utf8.contains(bytes[index]) {
                        throw fault("in string escape code")
                    }
                    index += 1
                case 0..<0x20: throw fault("in string literal")
                default: index += 1
                }
            }
            throw fault("")
        }

        private mutating func literal(_ word: String) throws(Fault) {
            for (position, byte) in word.utf8.enumerated() {
                guard index < bytes.count, bytes[index] == byte else {
                    let expected = Unicode.Scalar(byte)
                    throw fault(position == 0 ? "" : "in literal \(word) (expecting '\(expected)')")
                }
                index += 1
            }
        }

        private mutating func digits(_ context: String) throws(Fault) {
            guard index < bytes.count, Names.isDigit(bytes[index]) else { throw fault(context) }
            while index < bytes.count, Names.isDigit(bytes[index]) { index += 1 }
        }

        private mutating func number() throws(Fault) {
            if bytes[index] == UInt8(ascii: "-") { index += 1 }
            if index < bytes.count, bytes[index] == 0x30 {
                index += 1
            } else {
                try digits("in numeric literal")
            }
            if index < bytes.count, bytes[index] == Names.dot {
                index += 1
                try digits("after decimal point in numeric literal")
            }
            if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
                index += 1
                if index < bytes.count, [0x2B, 0x2D].contains(bytes[index]) { index += 1 }
                try digits("in exponent of numeric literal")
            }
        }
    }
}
