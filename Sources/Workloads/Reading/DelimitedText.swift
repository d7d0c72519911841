/// How the fields of a row are set apart.
public enum FieldSeparator: Equatable, Sendable {
    /// RFC 4180: quotes may enclose a field that holds the separator or line ends; "" is a quote in it.
    case character(UInt8)
    /// Runs of spaces and tabs; no quotes. A line that begins with the byte is a comment.
    case whitespace(comment: UInt8)

    public static let comma = FieldSeparator.character(UInt8(ascii: ","))
}

/// Splits text that arrives in chunks into rows of fields, in one pass and in bounded memory.
///
/// Call ``append(_:)`` with each chunk and ``next()`` until it gives false; after the last chunk call
/// ``finish()`` and ``next()`` again. The fields of the present row stay readable until the next call. Line
/// ends are LF or CR LF; empty lines are passed over; a byte-order mark at the start is.
///
/// The memory in use is at most the longest line that is allowed and two chunks.
public struct DelimitedText: Sendable {
    /// Longer lines are an error: whoever has them has no table of text.
    public var lineLimitBytes: Int
    public let separator: FieldSeparator
    /// The line on which the present row begins, counted from 1.
    public private(set) var line = 0
    /// How many fields the present row has.
    @inlinable public var count: Int { fields.count }

    @usableFromInline var buffer: [UInt8] = []
    @usableFromInline var fields: ContiguousArray<Field> = []
    /// The first byte that belongs to no row yet.
    private var head = 0
    private var linesPassed = 0
    private var isFinished = false
    private var isAtStart = true

    @usableFromInline struct Field: Sendable {
        @usableFromInline var start: Int
        @usableFromInline var end: Int
        /// Doubled quotes have to be undone.
        @usableFromInline var hasEscapes: Bool

        @inlinable init(start: Int, end: Int, hasEscapes: Bool) {
            self.start = start
            self.end = end
            self.hasEscapes = hasEscapes
        }
    }

    /// What is wrong with the text as such.
    public enum Fault: Error, Equatable, Sendable {
        case lineTooLong(line: Int, openQuote: Bool)
    }

    /// Rows with more fields keep only this many, so that a line of commas costs no more than its bytes.
    static let fieldLimit = 4_096

    public init(separator: FieldSeparator = .comma, lineLimitBytes: Int = 4 << 20) {
        self.separator = separator
        self.lineLimitBytes = lineLimitBytes
        buffer.reserveCapacity(1 << 19)
    }

    /// Takes over the next bytes of the text.
    public mutating func append(_ chunk: Span<UInt8>) {
        if head > 0 {
            buffer.removeSubrange(..<head)
            head = 0
        }
        fields.removeAll(keepingCapacity: true)
        buffer.reserveCapacity(buffer.count + chunk.count)
        unsafe chunk.withUnsafeBufferPointer { bytes in unsafe buffer.append(contentsOf: bytes) }
        if isAtStart && (buffer.count >= 3 || isFinished) {
            isAtStart = false
            if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { head = 3 }
        }
    }

    /// Says that no more bytes come, so that a last line without a line end counts.
    public mutating func finish() { isFinished = true }

    /// Goes to the next row.
    ///
    /// - Returns: False when the bytes at hand hold no further whole row.
    /// - Throws: When a line exceeds the limit; the text cannot be read any further then.
    public mutating func next() throws(Fault) -> Bool {
        while true {
            let rowLine = linesPassed + 1
            // The scan reads one part of `self` and writes another; so the fields are taken out meanwhile.
            var fields = ContiguousArray<Field>()
            swap(&fields, &self.fields)
            fields.removeAll(keepingCapacity: true)
            let found: Scan
            switch separator {
            case .character(let byte): found = scanRow(separator: byte, into: &fields)
            case .whitespace(let comment): found = scanWords(comment: comment, into: &fields)
            }
            swap(&fields, &self.fields)
            switch found {
            case .row(let end, let lines):
                head = end
                linesPassed += lines
                line = rowLine
                if self.fields.isEmpty { continue }
                return true
            case .more(let openQuote):
                self.fields.removeAll(keepingCapacity: true)
                if buffer.count - head > lineLimitBytes {
                    throw .lineTooLong(line: rowLine, openQuote: openQuote)
                }
                return false
            }
        }
    }

    private enum Scan {
        /// A row ends before this byte, after so many line ends; without fields it was blank or a comment.
        case row(end: Int, lines: Int)
        case more(openQuote: Bool)
    }

    private func scanRow(separator: UInt8, into fields: inout ContiguousArray<Field>) -> Scan {
        let newline = UInt8(ascii: "\n")
        let quote = UInt8(ascii: "\"")
        let bytes = buffer.span
        let end = bytes.count
        var index = head
        var start = index
        var lines = 1
        while index < end {
            let byte = bytes[index]
            if byte == separator {
                Self.add(Field(start: start, end: index, hasEscapes: false), to: &fields)
                index += 1
                start = index
            } else if byte == newline {
                var stop = index
                if stop > start && bytes[stop - 1] == UInt8(ascii: "\r") { stop -= 1 }
                if stop > start || !fields.isEmpty {
                    Self.add(Field(start: start, end: stop, hasEscapes: false), to: &fields)
                }
                return .row(end: index + 1, lines: lines)
            } else if byte == quote && index == start {
                // A quoted field: up to the quote that is not doubled.
                var hasEscapes = false
                var cursor = index + 1
                var closed = false
                while cursor < end {
                    let inner = bytes[cursor]
                    if inner == quote {
                        if cursor + 1 < end && bytes[cursor + 1] == quote {
                            hasEscapes = true
                            cursor += 2
                            continue
                        }
                        if cursor + 1 == end && !isFinished { return .more(openQuote: true) }
                        closed = true
                        break
                    }
                    if inner == newline { lines += 1 }
                    cursor += 1
                }
                guard closed else {
                    if !isFinished { return .more(openQuote: true) }
                    // Never closed: the rest of the text is one field, which no column will accept.
                    Self.add(Field(start: start, end: end, hasEscapes: false), to: &fields)
                    return .row(end: end, lines: lines)
                }
                let contentStart = index + 1
                let contentEnd = cursor
                cursor += 1
                if cursor < end && bytes[cursor] == UInt8(ascii: "\r") { cursor += 1 }
                if cursor >= end {
                    if !isFinished { return .more(openQuote: false) }
                    Self.add(Field(start: contentStart, end: contentEnd, hasEscapes: hasEscapes), to: &fields)
                    return .row(end: end, lines: lines)
                }
                if bytes[cursor] == separator {
                    Self.add(Field(start: contentStart, end: contentEnd, hasEscapes: hasEscapes), to: &fields)
                    index = cursor + 1
                    start = index
                } else if bytes[cursor] == newline {
                    Self.add(Field(start: contentStart, end: contentEnd, hasEscapes: hasEscapes), to: &fields)
                    return .row(end: cursor + 1, lines: lines)
                } else {
                    // Text after the closing quote: keep the field as it is written.
                    index = cursor
                }
            } else {
                index += 1
            }
        }
        guard isFinished else { return .more(openQuote: false) }
        if start == end && fields.isEmpty {
            return end == head ? .more(openQuote: false) : .row(end: end, lines: 0)
        }
        let stop = end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
        Self.add(Field(start: start, end: stop, hasEscapes: false), to: &fields)
        return .row(end: end, lines: 1)
    }

    private func scanWords(comment: UInt8, into fields: inout ContiguousArray<Field>) -> Scan {
        let bytes = buffer.span
        let end = bytes.count
        var index = head
        var start = -1
        let isComment = index < end && bytes[index] == comment
        while index < end {
            let byte = bytes[index]
            let isSpace = byte == 0x20 || byte == 0x09 || byte == 0x0D
            if byte == UInt8(ascii: "\n") || isSpace {
                if start >= 0 && !isComment {
                    Self.add(Field(start: start, end: index, hasEscapes: false), to: &fields)
                }
                start = -1
                index += 1
                if !isSpace { return .row(end: index, lines: 1) }
            } else {
                if start < 0 { start = index }
                index += 1
            }
        }
        guard isFinished, end > head else { return .more(openQuote: false) }
        if start >= 0 && !isComment {
            Self.add(Field(start: start, end: end, hasEscapes: false), to: &fields)
        }
        return .row(end: end, lines: 1)
    }

    @inline(__always)
    private static func add(_ field: Field, to fields: inout ContiguousArray<Field>) {
        if fields.count < fieldLimit { fields.append(field) }
    }
}

extension DelimitedText {
    /// The bytes of a field as they are written, without enclosing quotes.
    @inlinable
    public func withBytes<Result>(_ field: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        let place = fields[field]
        return body(buffer.span.extracting(place.start..<place.end))
    }

    /// Whether the field is missing or empty.
    @inlinable
    public func isEmpty(_ field: Int) -> Bool {
        field >= fields.count || fields[field].start == fields[field].end
    }

    /// The field's text; bytes that are not UTF-8 become U+FFFD, a field that is not there is empty.
    public func string(_ field: Int) -> String {
        guard field < fields.count else { return "" }
        let place = fields[field]
        if !place.hasEscapes { return String(decoding: buffer[place.start..<place.end], as: UTF8.self) }
        var text: [UInt8] = []
        var index = place.start
        while index < place.end {
            text.append(buffer[index])
            index += buffer[index] == UInt8(ascii: "\"") ? 2 : 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The field's text for an error message: at most 40 bytes of it, in quotes.
    public func excerpt(_ field: Int) -> String {
        guard field < fields.count else { return "nothing" }
        let place = fields[field]
        if place.start == place.end { return "an empty field" }
        let cut = min(place.end, place.start + 40)
        let text = String(decoding: buffer[place.start..<cut], as: UTF8.self)
        return "'\(text)\(cut < place.end ? "…" : "")'"
    }

    /// Whether the field is exactly this text.
    @inlinable
    public func field(_ field: Int, is text: StaticString) -> Bool {
        guard field < fields.count else { return false }
        let place = fields[field]
        guard place.end - place.start == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for offset in 0..<wanted.count {
                let byte = unsafe wanted[offset]
                if buffer[place.start + offset] != byte { return false }
            }
            return true
        }
    }
}
