/// A field selector as the API's query takes it: `metadata.name=web-0,status.phase!=Running`.
///
/// Which fields a kind knows is ``SelectableFields``' matter.
///
/// Upstream: `apimachinery/pkg/fields/selector.go` (v1.36).
public struct FieldSelector: Hashable, Sendable, CustomStringConvertible {
    /// A field that must, or must not, have a value.
    public struct Term: Hashable, Sendable {
        /// The field's path, with dots.
        public var field: String
        /// The value it must, or must not, have.
        public var value: String
        /// Whether the field must not have the value.
        public var isNegated: Bool

        /// Makes a term.
        public init(field: String, value: String, isNegated: Bool = false) {
            self.field = field
            self.value = value
            self.isNegated = isNegated
        }
    }

    /// The terms, all of which must hold; a parsed selector has them in the order of their texts.
    public var terms: [Term]

    /// Selects every object.
    public static let everything = FieldSelector(terms: [])

    /// Makes a selector of terms.
    public init(terms: [Term]) { self.terms = terms }

    /// Reads a selector as it stands in a query.
    public init(parsing text: String) throws(SelectorError) {
        let parts = FieldSelector.split(Array(text.utf8))
            .map { String(decoding: $0, as: UTF8.self) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        terms = []
        for part in parts where !part.isEmpty {
            guard let (field, isNegated, value) = FieldSelector.splitTerm(Array(part.utf8)) else {
                throw SelectorError("invalid selector: '\(text)'; can't understand '\(part)'")
            }
            terms.append(
                Term(
                    field: String(decoding: field, as: UTF8.self), value: try FieldSelector.unescape(value),
                    isNegated: isNegated))
        }
    }

    /// Whether the selector leaves everything open.
    public var isEmpty: Bool { terms.isEmpty }

    /// Whether all terms hold for fields found by their path; a field that is absent is empty.
    public func matches(lookup: (String) -> String) -> Bool {
        terms.allSatisfy { (lookup($0.field) == $0.value) != $0.isNegated }
    }

    /// The value that a field must have; nil when the selector leaves it open.
    public func requiredValue(of field: String) -> String? {
        terms.first { $0.field == field && !$0.isNegated }?.value
    }

    /// The selector as text that can be parsed again.
    public var description: String {
        terms.map { "\($0.field)\($0.isNegated ? "!=" : "=")\(FieldSelector.escape($0.value))" }
            .joined(separator: ",")
    }

    /// The value with `\`, `,` and `=` escaped.
    public static func escape(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            if "\\,=".unicodeScalars.contains(scalar) { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    private static let backslash = UInt8(ascii: "\\")

    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var part: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if byte == UInt8(ascii: ",") && !isEscaped {
                parts.append(part)
                part = []
                continue
            }
            isEscaped = byte == backslash && !isEscaped
            part.append(byte)
        }
        parts.append(part)
        return parts
    }

    private static func splitTerm(_ bytes: [UInt8]) -> (ArraySlice<UInt8>, Bool, ArraySlice<UInt8>)? {
        for index in bytes.indices {
            for (sign, isNegated) in [("!=", true), ("==", false), ("=", false)]
            where bytes[index...].starts(with: sign.utf8) {
                return (bytes[..<index], isNegated, bytes[(index + sign.utf8.count)...])
            }
        }
        return nil
    }

    private static func unescape(_ bytes: ArraySlice<UInt8>) throws(SelectorError) -> String {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            let isSpecial = byte == backslash || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "=")
            if isEscaped {
                guard isSpecial else {
                    let sequence = String(decoding: [backslash, byte], as: UTF8.self)
                    throw SelectorError("invalid field selector: invalid escape sequence: \(sequence)")
                }
                result.append(byte)
                isEscaped = false
            } else if byte == backslash {
                isEscaped = true
            } else if isSpecial {
                throw SelectorError("invalid field selector: unescaped character in value: \(byte)")
            } else {
                result.append(byte)
            }
        }
        if isEscaped { throw SelectorError("invalid field selector: invalid escape sequence: \\") }
        return String(decoding: result, as: UTF8.self)
    }
}
