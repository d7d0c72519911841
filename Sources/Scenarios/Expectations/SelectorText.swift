public import KubernetesModel

/// Reads and prints label selectors as `kubectl -l` takes them: `app=web,tier!=cache,env in (a, b),!legacy`.
///
/// Upstream: `apimachinery/pkg/labels/selector.go` (v1.36).
public enum SelectorText {
    /// Why a text is no selector.
    public struct Fault: Error, Hashable, Sendable {
        public var message: String
    }

    public static func parse(_ text: String) throws(Fault) -> LabelSelector {
        var selector = LabelSelector()
        for part in split(text) {
            let part = part.trimmedSpace
            if part.isEmpty { throw Fault(message: "a requirement is empty") }
            if part.hasPrefix("!") {
                add(try key(part.dropFirst()), "DoesNotExist", [], &selector)
            } else if let range = part.firstRange(of: "!=") {
                add(
                    try key(part[..<range.lowerBound]), "NotIn", [try value(part[range.upperBound...])],
                    &selector)
            } else if let equals = part.firstIndex(of: "=") {
                let name = try key(part[..<equals])
                var rest = part[part.index(after: equals)...]
                if rest.first == "=" { rest = rest.dropFirst() }
                let wanted = try value(rest)
                if selector.matchLabels[name] == nil {
                    selector.matchLabels[name] = wanted
                } else {
                    add(name, "In", [wanted], &selector)
                }
            } else if let open = part.firstIndex(of: "("), part.hasSuffix(")") {
                let words = part[..<open].split(whereSeparator: \.isWhitespace)
                guard words.count == 2, words[1] == "in" || words[1] == "notin" else {
                    throw Fault(message: "expected 'key in (…)' or 'key notin (…)' in '\(part)'")
                }
                var values: [String] = []
                for element in part[part.index(after: open)...].dropLast().split(
                    separator: ",", omittingEmptySubsequences: false)
                {
                    values.append(try value(element))
                }
                add(try key(words[0]), words[1] == "in" ? "In" : "NotIn", values, &selector)
            } else {
                add(try key(part[...]), "Exists", [], &selector)
            }
        }
        return selector
    }

    /// The selector in the same notation.
    public static func text(_ selector: LabelSelector) -> String {
        var parts = selector.matchLabels.entries.map { "\($0.key)=\($0.value)" }
        for requirement in selector.matchExpressions {
            let values = "(\(requirement.values.joined(separator: ",")))"
            switch requirement.operatorName {
            case "In": parts.append("\(requirement.key) in \(values)")
            case "NotIn": parts.append("\(requirement.key) notin \(values)")
            case "Exists": parts.append(requirement.key)
            default: parts.append("!\(requirement.key)")
            }
        }
        return parts.joined(separator: ",")
    }

    private static func add(
        _ key: String, _ operatorName: String, _ values: [String], _ selector: inout LabelSelector
    ) {
        var requirement = SelectorRequirement()
        requirement.key = key
        requirement.operatorName = operatorName
        requirement.values = values
        selector.matchExpressions.append(requirement)
    }

    /// At commas outside of parentheses.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth <= 0 {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    private static func key(_ text: Substring) throws(Fault) -> String {
        let key = String(text).trimmedSpace
        if !isKey(key) { throw Fault(message: "'\(key)' is no label key") }
        return key
    }

    private static func value(_ text: Substring) throws(Fault) -> String {
        let value = String(text).trimmedSpace
        if !isValue(value) { throw Fault(message: "'\(value)' is no label value") }
        return value
    }

    /// At most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends; empty is valid.
    static func isValue(_ text: String) -> Bool {
        if text.isEmpty { return true }
        let bytes = Array(text.utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return bytes.count <= 63 && isAlphanumeric(bytes[0]) && isAlphanumeric(bytes[bytes.count - 1])
            && bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    /// A name as of a value, with an optional DNS name and slash before it.
    static func isKey(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty, parts.count <= 2, isValue(String(name)) else {
            return false
        }
        return parts.count == 1 || isDNSName(String(parts[0]))
    }

    /// A DNS subdomain of at most 253 characters (RFC 1123).
    static func isDNSName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                let bytes = Array(label.utf8)
                func isLower(_ byte: UInt8) -> Bool {
                    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
                }
                guard let first = bytes.first, let last = bytes.last else { return false }
                return isLower(first) && isLower(last)
                    && bytes.allSatisfy { isLower($0) || $0 == UInt8(ascii: "-") }
            }
    }
}
