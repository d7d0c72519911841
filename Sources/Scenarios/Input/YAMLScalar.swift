/// What a plain YAML scalar means, by the rules that `kubectl` and the API server apply to manifests.
///
/// Those are YAML 1.1's: `yes`, `on`, `y` are booleans, `0777` is octal. What looks like a timestamp stays a text.
/// Upstream: `sigs.k8s.io/yaml`, which rests on `go.yaml.in/yaml/v2`, `resolve.go`.
enum YAMLScalar {
    /// The value of a plain (not quoted) scalar; nil for one that JSON cannot hold (`.nan`, `.inf`).
    static func resolve(_ text: String) -> LocatedValue.Content? {
        if let word = words[text] { return word }
        if unrepresentable.contains(text) { return nil }
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "."): return number(text) ?? .string(text)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            let plain = text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text
            return integer(plain) ?? number(plain) ?? .string(text)
        default: return .string(text)
        }
    }

    private static let words: [String: LocatedValue.Content] = {
        var words: [String: LocatedValue.Content] = [:]
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            words[word] = .bool(true)
        }
        for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            words[word] = .bool(false)
        }
        for word in ["", "~", "null", "Null", "NULL"] { words[word] = .null }
        return words
    }()

    private static let unrepresentable: Set<String> = {
        var words: Set<String> = [".nan", ".NaN", ".NAN"]
        for word in [".inf", ".Inf", ".INF"] { words.formUnion([word, "+" + word, "-" + word]) }
        return words
    }()

    /// As Go's `strconv.ParseInt` reads it with base 0; numbers above 2⁶³−1 become floating-point ones.
    private static func integer(_ text: String) -> LocatedValue.Content? {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        var radix = 10
        if digits.first == "0", digits.utf8.count > 1 {
            switch digits.dropFirst().first {
            case "x", "X": (radix, digits) = (16, digits.dropFirst(2))
            case "o", "O": (radix, digits) = (8, digits.dropFirst(2))
            case "b", "B": (radix, digits) = (2, digits.dropFirst(2))
            default: (radix, digits) = (8, digits.dropFirst())
            }
        }
        guard let first = digits.first, first.isHexDigit else { return nil }
        if let value = Int64((isNegative ? "-" : "") + digits, radix: radix) { return .integer(value) }
        if !isNegative, let value = UInt64(digits, radix: radix) { return .number(Double(value)) }
        return nil
    }

    /// A decimal number with a point or an exponent; hexadecimal ones, `inf` and `nan` stay texts.
    private static func number(_ text: String) -> LocatedValue.Content? {
        var seenDigit = false
        var seenPoint = false
        var rest = Substring(text).utf8
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        while let byte = rest.first {
            if byte >= 0x30 && byte <= 0x39 {
                seenDigit = true
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard seenDigit else { return nil }
        if let mark = rest.first {
            guard mark | 0x20 == UInt8(ascii: "e") else { return nil }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard !rest.isEmpty, rest.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        }
        // Swift's parser wants a digit before the point.
        var spelled = text.first == "+" ? String(text.dropFirst()) : text
        if spelled.hasPrefix(".") { spelled = "0" + spelled }
        if spelled.hasPrefix("-.") { spelled = "-0" + spelled.dropFirst() }
        if spelled.hasSuffix(".") { spelled += "0" }
        guard let value = Double(spelled.replacing(".e", with: ".0e").replacing(".E", with: ".0E")),
            value.isFinite
        else { return nil }
        // Without a point or exponent it is an integer that does not fit, or octal with digits 8 or 9.
        if value == value.rounded(), let whole = Int64(exactly: value), !text.contains("."),
            !text.lowercased().contains("e")
        {
            return .integer(whole)
        }
        return .number(value)
    }
}
