import KubernetesModel

/// Reads JSON text into values with their places.
///
/// ``JSONParser`` checks the text first and gives the error where it is none; this second pass may therefore
/// rely on valid syntax. Several values in one text are several documents, as `kubectl` takes them.
struct JSONLocator {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    /// The last place that was asked for, so that a long line is not counted again from its beginning.
    private var marked: (index: Int, column: Int) = (0, 1)
    private var duplicates: [DuplicateKey] = []

    /// Reads every value of the text.
    static func documents(_ bytes: [UInt8], limits: JSONLimits) throws(JSONSyntaxError) -> [LocatedDocument] {
        var parser = JSONParser(bytes, limits: limits)
        var count = 0
        while try parser.parseNext() != nil { count += 1 }
        var locator = JSONLocator(bytes: bytes)
        var documents: [LocatedDocument] = []
        for _ in 0..<count {
            let root = locator.value(path: "")
            documents.append(LocatedDocument(root: root, duplicates: locator.duplicates))
            locator.duplicates = []
        }
        return documents
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { (index, lineStart) = (3, 3) }
    }

    private mutating func position() -> TextPosition {
        if marked.index < lineStart { marked = (lineStart, 1) }
        let end = min(index, bytes.count)
        for byte in bytes[marked.index..<end] where byte & 0xC0 != 0x80 { marked.column += 1 }
        marked.index = end
        return TextPosition(line: line, column: marked.column)
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                line += 1
                lineStart = index + 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            default: return
            }
            index += 1
        }
    }

    private mutating func value(path: String) -> LocatedValue {
        skipSpace()
        let place = position()
        guard index < bytes.count else { return LocatedValue(.null, at: place) }
        switch bytes[index] {
        case UInt8(ascii: "{"): return LocatedValue(.object(members(path: path)), at: place)
        case UInt8(ascii: "["):
            index += 1
            var elements: [LocatedValue] = []
            while !consumeEnd(UInt8(ascii: "]")) {
                elements.append(value(path: "\(path)[\(elements.count)]"))
            }
            return LocatedValue(.array(elements), at: place)
        case UInt8(ascii: "\""): return LocatedValue(.string(string()), at: place)
        default:
            let start = index
            while index < bytes.count, !",]}: \n\r\t".utf8.contains(bytes[index]) { index += 1 }
            if index == start { index = bytes.count }
            return LocatedValue(scalar(bytes[start..<index]), at: place)
        }
    }

    private mutating func members(path: String) -> [LocatedValue.Member] {
        index += 1
        var members: [LocatedValue.Member] = []
        var seen: [String: TextPosition] = [:]
        while !consumeEnd(UInt8(ascii: "}")) {
            let place = position()
            let key = string()
            skipSpace()
            index += 1
            let value = value(path: joined(path, key))
            if let first = seen[key] {
                duplicates.append(DuplicateKey(path: path, key: key, position: place, first: first))
            } else {
                seen[key] = place
                members.append(LocatedValue.Member(key: key, keyPosition: place, value: value))
            }
        }
        return members
    }

    private mutating func consumeEnd(_ end: UInt8) -> Bool {
        skipSpace()
        if index < bytes.count, bytes[index] == UInt8(ascii: ",") {
            index += 1
            skipSpace()
        }
        guard index < bytes.count else { return true }
        if bytes[index] != end { return false }
        index += 1
        return true
    }

    private mutating func string() -> String {
        let start = index
        var hasEscape = false
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                hasEscape = true
                index += 1
            }
            index += 1
        }
        index = min(index + 1, bytes.count)
        let slice = bytes[start..<index]
        if !hasEscape { return String(decoding: slice.dropFirst().dropLast(), as: UTF8.self) }
        return parsed(slice).stringValue ?? ""
    }

    private func scalar(_ slice: ArraySlice<UInt8>) -> LocatedValue.Content {
        switch parsed(slice) {
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        default: .null
        }
    }

    private func parsed(_ slice: ArraySlice<UInt8>) -> JSONValue {
        var parser = JSONParser(Array(slice))
        do throws(JSONSyntaxError) { return try parser.parseDocument() } catch { return .null }
    }
}
