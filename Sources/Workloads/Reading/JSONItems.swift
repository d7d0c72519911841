/// Splits JSON text that arrives in chunks into its items, in memory bounded by the longest item.
///
/// The items are the values of a stream (one a line, or just one after the other), or, where the text begins
/// with `[`, the elements of that array. Only brackets and strings are looked at; the items' bytes are
/// handed on for a parser.
public struct JSONItems: Sendable {
    public var itemLimitBytes: Int
    /// The line on which the present item begins, counted from 1.
    public private(set) var line = 0
    /// The bytes of the present item.
    public private(set) var item: [UInt8] = []

    private var buffer: [UInt8] = []
    private var head = 0
    private var scan = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var start = -1
    private var linesPassed = 0
    private var startLine = 0
    private var isArray: Bool?
    private var isFinished = false
    /// Whether the array's closing bracket has been met.
    private var isClosed = false

    public enum Fault: Error, Equatable, Sendable {
        case itemTooLong(line: Int)
        case unexpected(byte: UInt8, line: Int)
        case unfinished(line: Int)
    }

    public init(itemLimitBytes: Int) { self.itemLimitBytes = itemLimitBytes }

    public mutating func append(_ chunk: Span<UInt8>) {
        if head > 0 {
            buffer.removeSubrange(..<head)
            scan -= head
            if start >= 0 { start -= head }
            head = 0
        }
        buffer.reserveCapacity(buffer.count + chunk.count)
        unsafe chunk.withUnsafeBufferPointer { bytes in unsafe buffer.append(contentsOf: bytes) }
    }

    public mutating func finish() { isFinished = true }

    /// Goes to the next item; false when the bytes at hand hold no further whole one.
    public mutating func next() throws(Fault) -> Bool {
        while scan < buffer.count {
            let byte = buffer[scan]
            scan += 1
            if byte == UInt8(ascii: "\n") { linesPassed += 1 }
            if start < 0 {
                if try !begin(byte) { continue }
            } else if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                depth -= 1
                if depth == 0 {
                    item = Array(buffer[start..<scan])
                    line = startLine
                    start = -1
                    head = scan
                    return true
                }
            }
            if start >= 0 && scan - start > itemLimitBytes { throw .itemTooLong(line: startLine) }
        }
        if start < 0 { head = scan }
        if isFinished && (start >= 0 || isArray == true && !isClosed) {
            throw .unfinished(line: start >= 0 ? startLine : linesPassed + 1)
        }
        return false
    }

    /// Looks at a byte outside of items. Returns true when an item begins with it.
    private mutating func begin(_ byte: UInt8) throws(Fault) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF:
            return false
        case UInt8(ascii: "[") where isArray == nil:
            isArray = true
            return false
        case UInt8(ascii: "]") where isArray == true && !isClosed:
            isClosed = true
            return false
        case UInt8(ascii: ",") where isArray == true && !isClosed:
            return false
        case UInt8(ascii: "{") where !isClosed:
            if isArray == nil { isArray = false }
            start = scan - 1
            startLine = linesPassed + 1
            depth = 1
            return true
        default:
            throw .unexpected(byte: byte, line: linesPassed + 1)
        }
    }
}

/// JSON objects of one file, with the errors of a reader.
struct JSONObjectFile: Sendable {
    let file: String
    let format: TraceFormat
    private var items: JSONItems
    private(set) var isEmpty = true

    init(file: String, format: TraceFormat, limitBytes: Int) {
        self.file = file
        self.format = format
        items = JSONItems(itemLimitBytes: limitBytes)
    }

    var line: Int { items.line }

    mutating func append(_ chunk: Span<UInt8>) { items.append(chunk) }

    mutating func finish() { items.finish() }

    mutating func next() throws(TraceError) -> Bool {
        do {
            let found = try items.next()
            if found { isEmpty = false }
            return found
        } catch {
            switch error {
            case .itemTooLong(let line):
                throw .lineTooLong(
                    file: file, line: line, limitBytes: items.itemLimitBytes, openQuote: false)
            case .unexpected(let byte, let line):
                let text = byte >= 0x20 && byte < 0x7F ? "'\(Unicode.Scalar(byte))'" : "byte \(byte)"
                throw .wrongFormat(
                    file: "\(file):\(line)", found: text,
                    expected: "a JSON object of \(format.rawValue), or an array of them")
            case .unfinished(let line):
                throw .truncated(
                    file: file, detail: "the JSON value that begins in line \(line) is not closed")
            }
        }
    }

    /// The present item's bytes.
    var item: [UInt8] { items.item }
}
