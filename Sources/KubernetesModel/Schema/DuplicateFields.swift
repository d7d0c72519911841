/// Finds members that stand twice in an object, with their paths, in the text of a JSON document.
///
/// A parsed tree has lost them. Meant for texts of which the parser reported duplicates; the text must be
/// valid JSON.
public struct DuplicateFields {
    private let bytes: [UInt8]
    private var index = 0
    private var found: [StrictFault] = []

    /// The duplicates in the order of the document, each path once, at most 100.
    public static func find(in bytes: [UInt8]) -> [StrictFault] {
        var scanner = DuplicateFields(bytes: bytes)
        scanner.value(path: "", depth: 0)
        return scanner.found
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func value(path: String, depth: Int) {
        skipSpace()
        guard index < bytes.count, depth < 500 else { return }
        switch bytes[index] {
        case UInt8(ascii: "{"): object(path: path, depth: depth)
        case UInt8(ascii: "["):
            index += 1
            var position = 0
            while !consumeEnd(UInt8(ascii: "]")) {
                value(path: "\(path)[\(position)]", depth: depth + 1)
                position += 1
            }
        case UInt8(ascii: "\""): _ = string()
        default:
            let start = index
            while index < bytes.count, !",]} \n\r\t".utf8.contains(bytes[index]) { index += 1 }
            if index == start { index = bytes.count }
        }
    }

    private mutating func object(path: String, depth: Int) {
        index += 1
        var seen: Set<String> = []
        while !consumeEnd(UInt8(ascii: "}")) {
            guard bytes[index] == UInt8(ascii: "\"") else {
                index = bytes.count
                return
            }
            let key = string()
            let place = path.isEmpty ? key : "\(path).\(key)"
            if !seen.insert(key).inserted {
                let fault = StrictFault(kind: .duplicate, path: place, knownNames: [])
                if found.count < 100, !found.contains(fault) { found.append(fault) }
            }
            skipSpace()
            if index < bytes.count, bytes[index] == UInt8(ascii: ":") { index += 1 }
            value(path: place, depth: depth + 1)
        }
    }

    /// Skips space and one comma; true when the end stands there, or the text is at its end.
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
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
        var parser = JSONParser(Array(bytes[start..<index]))
        do throws(JSONSyntaxError) {
            return try parser.parseDocument().stringValue ?? ""
        } catch { return "" }
    }

    private mutating func skipSpace() {
        while index < bytes.count, " \n\r\t".utf8.contains(bytes[index]) { index += 1 }
    }
}
