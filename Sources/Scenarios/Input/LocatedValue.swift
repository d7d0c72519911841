public import KubernetesModel
import OrderedCollections

/// A JSON or YAML value that knows where in its file it stands.
public struct LocatedValue: Sendable {
    public struct Member: Sendable {
        public var key: String
        public var keyPosition: TextPosition
        public var value: LocatedValue
    }

    public enum Content: Sendable {
        case null
        case bool(Bool)
        case integer(Int64)
        case number(Double)
        case string(String)
        case array([LocatedValue])
        /// In the order of the file; a key stands once, as readers report and drop repetitions.
        case object([Member])
    }

    public var position: TextPosition
    public var content: Content

    public init(_ content: Content, at position: TextPosition) {
        self.content = content
        self.position = position
    }

    /// A value that stands nowhere, to be shown in a message.
    init(_ json: JSONValue) {
        position = TextPosition(line: 1, column: 1)
        content =
            switch json {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .integer(let number): .integer(number)
            case .number(let number): .number(number)
            case .string(let text): .string(text)
            case .array: .array([])
            case .object: .object([])
            }
    }

    /// The value without its places.
    public var json: JSONValue {
        switch content {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        case .array(let elements): .array(elements.map(\.json))
        case .object(let members):
            .object(
                JSONObject(
                    members.lazy.map { ($0.key, $0.value.json) }, uniquingKeysWith: { _, last in last }))
        }
    }

    public var members: [Member]? { if case .object(let members) = content { members } else { nil } }
    public var elements: [LocatedValue]? { if case .array(let elements) = content { elements } else { nil } }
    public var text: String? { if case .string(let text) = content { text } else { nil } }
    public var isNull: Bool { if case .null = content { true } else { false } }

    public subscript(key: String) -> LocatedValue? { members?.first { $0.key == key }?.value }

    /// The value as a message shows it: `a string ("5 m")`, `an object`; long texts are cut.
    public var shown: String {
        switch content {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "the number \(number)"
        case .number(let number): "the number \(number)"
        case .string(let text): "the text \(LocatedValue.quoted(text))"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// A text in double quotes on one line, cut after 60 characters.
    static func quoted(_ text: String) -> String {
        let cut = text.count > 60 ? text.prefix(57) + "..." : Substring(text)
        return JSONWriter.string(.string(String(cut)))
    }

    /// The place of a field path such as `spec.containers[0].image`, or of the nearest thing above it.
    ///
    /// A member is placed at its key. Paths of the API machinery do not quote map keys with dots, so the
    /// longest member that fits is taken.
    public func position(of path: String) -> TextPosition { place(of: path[...]) ?? position }

    private func place(of path: Substring) -> TextPosition? {
        if path.isEmpty { return nil }
        if path.first == "[" {
            guard let close = path.firstIndex(of: "]") else { return nil }
            let inner = path[path.index(after: path.startIndex)..<close]
            let rest = path[path.index(after: close)...].drop { $0 == "." }
            if let elements, let index = Int(inner), elements.indices.contains(index) {
                return elements[index].place(of: rest) ?? elements[index].position
            }
            guard let member = members?.first(where: { $0.key == inner }) else { return nil }
            return member.value.place(of: rest) ?? member.keyPosition
        }
        guard let members else { return nil }
        var best: Member?
        for member in members
        where path.hasPrefix(member.key) && member.key.utf8.count > best?.key.utf8.count ?? -1 {
            let next = path.dropFirst(member.key.count).first
            if next == nil || next == "." || next == "[" { best = member }
        }
        guard let best else { return nil }
        let rest = path.dropFirst(best.key.count)
        return best.value.place(of: rest.first == "." ? rest.dropFirst() : rest) ?? best.keyPosition
    }
}

/// One document of a file, and the keys that stand twice in it.
struct LocatedDocument {
    var root: LocatedValue
    var duplicates: [DuplicateKey]
}

/// A key that an object has already.
struct DuplicateKey {
    var path: String
    var key: String
    var position: TextPosition
    /// The place of the first; nil where the reader does not tell.
    var first: TextPosition?
}

/// Extends a field path by a member's name, quoted where it would read as several.
func joined(_ path: String, _ key: String) -> String {
    let isPlain = !key.isEmpty && key.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
    if !isPlain { return "\(path)[\(key)]" }
    return path.isEmpty ? key : "\(path).\(key)"
}
