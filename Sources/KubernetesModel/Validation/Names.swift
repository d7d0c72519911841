/// The syntax of names: each function gives what is wrong with a text, and nothing when it is right.
///
/// Upstream: `apimachinery/pkg/util/validation/validation.go` and `apimachinery/pkg/api/validate/content`
/// (v1.36).
public enum Names {
    // MARK: DNS

    static let labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    static let subdomainPattern = labelPattern + "(\\." + labelPattern + ")*"
    static let underscorePattern = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
    static let keyPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
    private static let subdomainText =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
        + "and must start and end with an alphanumeric character"

    /// A DNS-1123 label, at most 63 characters.
    public static func dns1123Label(_ value: String) -> [String] {
        var messages: [String] = []
        if value.utf8.count > 63 { messages.append(tooLong(63)) }
        if !isDNS1123Label(value.utf8) {
            if isDNS1123Subdomain(value) {
                messages.append("must not contain dots")
            } else {
                messages.append(
                    pattern(
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
                            + "or '-', "
                            + "and must start and end with an alphanumeric character",
                        labelPattern, ["my-name", "123-abc"]))
            }
        }
        return messages
    }

    /// A DNS-1123 subdomain, at most 253 characters. `unit` is the word that the limit is told in.
    public static func dns1123Subdomain(_ value: String) -> [String] {
        dns1123Subdomain(value, unit: "characters")
    }

    static func dns1123Subdomain(_ value: String, unit: String) -> [String] {
        var messages: [String] = []
        if value.utf8.count > 253 { messages.append(tooLong(253, unit)) }
        if !isDNS1123Subdomain(value) {
            messages.append(pattern(subdomainText, subdomainPattern, ["example.com"]))
        }
        return messages
    }

    /// A subdomain whose labels may hold underscores, as DNS search paths may.
    public static func dns1123SubdomainWithUnderscore(_ value: String) -> [String] {
        var messages: [String] = []
        if value.utf8.count > 253 { messages.append(tooLong(253)) }
        let isRight = value.utf8.split(separator: dot, omittingEmptySubsequences: false).allSatisfy { part in
            var label = part
            if label.first == underscore { label = label.dropFirst() }
            guard let first = label.first, let last = label.last else { return false }
            return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
                && label.allSatisfy { isLowerAlphanumeric($0) || $0 == dash || $0 == underscore }
        }
        if !isRight {
            messages.append(
                pattern(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', "
                        + "'-' or '.', and must start and end with an alphanumeric character",
                    underscorePattern + "(\\." + underscorePattern + ")*", ["example.com"]))
        }
        return messages
    }

    /// A DNS-1035 label: begins with a letter.
    public static func dns1035Label(_ value: String) -> [String] {
        var messages: [String] = []
        if value.utf8.count > 63 { messages.append(tooLong(63)) }
        let first = value.utf8.first ?? 0
        if !(isDNS1123Label(value.utf8) && isLowerLetter(first)) {
            messages.append(
                pattern(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
                        + "with an "
                        + "alphabetic character, and end with an alphanumeric character",
                    "[a-z]([-a-z0-9]*[a-z0-9])?", ["my-name", "abc-123"]))
        }
        return messages
    }

    /// `*.` and a subdomain.
    public static func wildcardSubdomain(_ value: String) -> [String] {
        var messages: [String] = []
        if value.utf8.count > 253 { messages.append(tooLong(253)) }
        if !(value.hasPrefix("*.") && isDNS1123Subdomain(String(value.dropFirst(2)))) {
            messages.append(
                pattern(
                    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS "
                        + "subdomain, which "
                        + "must consist of lower case alphanumeric characters, '-' or '.' and end with an "
                        + "alphanumeric character", "\\*\\." + subdomainPattern, ["*.example.com"]))
        }
        return messages
    }

    // MARK: Labels

    /// A label key: a name with an optional DNS prefix.
    public static func qualifiedName(_ value: String) -> [String] {
        let text =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character"
        let examples = ["MyName", "my.name", "123-abc"]
        let parts = value.utf8.split(separator: slash, omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last else {
            return [
                "a valid label key " + pattern(text, keyPattern, examples)
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        var messages: [String] = []
        if parts.count == 2 {
            let prefix = String(Substring(parts[0]))
            if prefix.isEmpty {
                messages.append("prefix part must be non-empty")
            } else {
                messages += dns1123Subdomain(prefix, unit: "bytes").map { "prefix part " + $0 }
            }
        }
        if name.isEmpty {
            messages.append("name part must be non-empty")
        } else if name.count > 63 {
            messages.append("name part " + tooLong(63, "bytes"))
        }
        if !isKeyName(name) { messages.append("name part " + pattern(text, keyPattern, examples)) }
        return messages
    }

    /// A label value: empty, or as a name.
    public static func labelValue(_ value: String) -> [String] {
        var messages: [String] = []
        if value.utf8.count > 63 { messages.append(tooLong(63, "bytes")) }
        if !value.isEmpty && !isKeyName(value.utf8[...]) {
            messages.append(
                pattern(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', "
                        + "'_' or '.', "
                        + "and must start and end with an alphanumeric character",
                    "(" + keyPattern + ")?", ["MyValue", "my_value", "12345"]))
        }
        return messages
    }

    // MARK: Ports, percentages, headers, variables, keys

    /// A number of a TCP or UDP port.
    public static func portNumber(_ value: Int64) -> [String] {
        (1...65535).contains(value) ? [] : [range(1, 65535)]
    }

    /// A name of a port: an IANA service name.
    public static func portName(_ value: String) -> [String] {
        var messages: [String] = []
        let bytes = value.utf8
        if bytes.count > 15 { messages.append(tooLong(15)) }
        if bytes.isEmpty || !bytes.allSatisfy({ isLowerAlphanumeric($0) || $0 == dash }) {
            messages.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: isLowerLetter) { messages.append("must contain at least one letter (a-z)") }
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == dash && $1 == dash }) {
            messages.append("must not contain consecutive hyphens")
        }
        if bytes.first == dash || bytes.last == dash {
            messages.append("must not begin or end with a hyphen")
        }
        return messages
    }

    /// A percentage such as `25%`.
    public static func percent(_ value: String) -> [String] {
        let digits = value.utf8.dropLast()
        if value.utf8.last == UInt8(ascii: "%"), !digits.isEmpty, digits.allSatisfy(isDigit) { return [] }
        return [
            pattern(
                "a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%",
                ["1%", "93%"])
        ]
    }

    /// A name of an HTTP header.
    public static func httpHeaderName(_ value: String) -> [String] {
        if !value.isEmpty, value.utf8.allSatisfy({ isAlphanumeric($0) || $0 == dash }) { return [] }
        return [
            pattern(
                "a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+",
                ["X-Header-Name"])
        ]
    }

    /// An environment variable's name under the rules since v1.34: printable ASCII but for `=`.
    public static func environmentVariable(_ value: String) -> [String] {
        var messages: [String] = []
        if value.isEmpty { messages.append("environment variable name must be non-empty") }
        if value.utf8.contains(where: { $0 < 0x20 || $0 > 0x7E || $0 == UInt8(ascii: "=") }) {
            messages.append(
                "a valid environment variable name must consist only of printable ASCII characters other "
                    + "than '='"
            )
        }
        return messages
    }

    /// A key of a ConfigMap or Secret.
    public static func configMapKey(_ value: String) -> [String] {
        var messages: [String] = []
        if value.utf8.count > 253 { messages.append(tooLong(253)) }
        if value.isEmpty
            || !value.utf8.allSatisfy({ isAlphanumeric($0) || $0 == dash || $0 == dot || $0 == underscore })
        {
            messages.append(
                pattern(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                    "[-._a-zA-Z0-9]+", ["key.name", "KEY_NAME", "key-name"]))
        }
        if value == "." {
            messages.append("must not be '.'")
        } else if value == ".." {
            messages.append("must not be '..'")
        } else if value.hasPrefix("..") {
            messages.append("must not start with '..'")
        }
        return messages
    }

    /// An identifier of the C language.
    public static func cIdentifier(_ value: String) -> [String] {
        let bytes = value.utf8
        if let first = bytes.first, isLetter(first) || first == underscore,
            bytes.allSatisfy({ isAlphanumeric($0) || $0 == underscore })
        {
            return []
        }
        return [
            pattern(
                "a valid C identifier must start with alphabetic character or '_', followed by a string of "
                    + "alphanumeric characters or '_'", "[A-Za-z_][A-Za-z0-9_]*",
                ["my_name", "MY_NAME", "MyName"])
        ]
    }

    /// A decimal integer without leading zeros or plus sign.
    public static func decimalInteger(_ value: String) -> [String] {
        if value.isEmpty { return ["must be non-empty"] }
        let digits = value.utf8.first == dash ? value.utf8.dropFirst() : value.utf8[...]
        let isRight =
            value == "0"
            || (digits.first.map { $0 >= UInt8(ascii: "1") && isDigit($0) } ?? false)
                && digits.allSatisfy(isDigit)
        return isRight ? [] : ["must be a valid decimal integer in canonical form"]
    }

    /// A text that may be one segment of a URL's path.
    public static func pathSegment(_ value: String) -> [String] {
        if value == "." || value == ".." { return ["may not be '\(value)'"] }
        return ["/", "%"].filter { value.contains($0) }.map { "may not contain '\($0)'" }
    }

    /// A number of a user.
    public static func userID(_ value: Int64) -> [String] {
        (0...Int64(Int32.max)).contains(value) ? [] : [range(0, Int64(Int32.max))]
    }

    // MARK: Names of objects

    /// `generateName`'s trailing dash stands for the characters to come.
    static func maskingTrailingDash(_ value: String) -> String {
        value.utf8.count > 1 && value.hasSuffix("-") ? String(value.dropLast(2)) + "a" : value
    }

    // MARK: Texts

    static func tooLong(_ limit: Int, _ unit: String = "characters") -> String {
        "must be no more than \(limit) \(unit)"
    }

    static func range(_ low: Int64, _ high: Int64) -> String {
        "must be between \(low) and \(high), inclusive"
    }

    static func pattern(_ text: String, _ pattern: String, _ examples: [String] = []) -> String {
        if examples.isEmpty { return "\(text) (regex used for validation is '\(pattern)')" }
        let shown = examples.map { "'\($0)', " }.joined(separator: " or ")
        return "\(text) (e.g. \(shown)regex used for validation is '\(pattern)')"
    }

    // MARK: Scanners

    static let dash = UInt8(ascii: "-")
    static let dot = UInt8(ascii: ".")
    static let slash = UInt8(ascii: "/")
    static let underscore = UInt8(ascii: "_")

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLowerLetter(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    static func isLetter(_ byte: UInt8) -> Bool { isLowerLetter(byte | 0x20) }
    static func isLowerAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLowerLetter(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    static func isDNS1123Label(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
            && bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == dash }
    }

    static func isDNS1123Subdomain(_ value: String) -> Bool {
        value.utf8.split(separator: dot, omittingEmptySubsequences: false).allSatisfy { isDNS1123Label($0) }
    }

    static func isKeyName(_ bytes: Substring.UTF8View) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == dash || $0 == underscore || $0 == dot }
    }
}
