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
/// Rows are found some hundreds at a time, eight bytes a step. The memory in use is at most the longest line
/// that is allowed and two chunks.
public struct DelimitedText: Sendable {
    /// Longer lines are an error: whoever has them has no table of text.
    public var lineLimitBytes: Int
    public let separator: FieldSeparator
    /// The line on which the present row begins, counted from 1.
    public private(set) var line = 0
    /// How many fields the present row has.
    public private(set) var count = 0

    @usableFromInline var buffer: [UInt8] = []
    /// The fields of the rows that were found ahead, and where those of the present row begin.
    @usableFromInline var fields: ContiguousArray<Field>
    @usableFromInline var firstField = 0
    private var rows: ContiguousArray<Row> = []
    private var nextRow = 0
    /// The first byte after the present row, and how many lines are before it.
    private var head = 0
    private var linesPassed = 0
    private var isFinished = false
    private var isAtStart = true

    /// Where a field is in the buffer.
    @usableFromInline struct Field: Sendable {
        @usableFromInline var start: Int
        /// Twice its length, and 1 where doubled quotes have to be undone.
        @usableFromInline var code: Int

        @inlinable @inline(__always) init(start: Int, end: Int, hasEscapes: Bool = false) {
            self.start = start
            code = (end &- start) << 1 | (hasEscapes ? 1 : 0)
        }

        @inlinable var end: Int { start + code >> 1 }
        @inlinable var length: Int { code >> 1 }
        @usableFromInline var hasEscapes: Bool { code & 1 == 1 }
    }

    /// A row that was found ahead.
    private struct Row: Sendable {
        /// The first field that is no longer its own.
        var fieldsEnd: Int
        /// The first byte after it.
        var end: Int
        /// How many line ends it has, and how many there are between it and the row before.
        var lines: Int
        var blankLines: Int
    }

    /// What is wrong with the text as such.
    public enum Fault: Error, Equatable, Sendable {
        case lineTooLong(line: Int, openQuote: Bool)
    }

    /// Rows with more fields keep only this many, so that a line of commas costs no more than its bytes.
    static let fieldLimit = 4_096
    /// No further row is begun once so many fields have been found ahead.
    private static let batchFields = 4_096

    public init(separator: FieldSeparator = .comma, lineLimitBytes: Int = 4 << 20) {
        self.separator = separator
        self.lineLimitBytes = lineLimitBytes
        buffer.reserveCapacity(1 << 19)
        fields = ContiguousArray(
            repeating: Field(start: 0, end: 0), count: Self.batchFields + Self.fieldLimit)
    }

    /// Takes over the next bytes of the text.
    public mutating func append(_ chunk: Span<UInt8>) {
        if head > 0 {
            buffer.removeSubrange(..<head)
            head = 0
        }
        forgetRows()
        unsafe chunk.withUnsafeBufferPointer { bytes in unsafe buffer.append(contentsOf: bytes) }
        if isAtStart && buffer.count >= 3 {
            isAtStart = false
            if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { head = 3 }
        }
    }

    /// Says that no more bytes come, so that a last line without a line end counts.
    public mutating func finish() {
        isFinished = true
        forgetRows()
    }

    /// Drops what was found ahead: it is found again, with the bytes that have come since.
    private mutating func forgetRows() {
        rows.removeAll(keepingCapacity: true)
        nextRow = 0
        count = 0
    }

    /// Goes to the next row.
    ///
    /// - Returns: False when the bytes at hand hold no further whole row.
    /// - Throws: When a line exceeds the limit; the text cannot be read any further then.
    @inline(__always)
    public mutating func next() throws(Fault) -> Bool {
        if nextRow == rows.count { if try !findRows() { return false } }
        let row = rows[nextRow]
        firstField = nextRow == 0 ? 0 : rows[nextRow - 1].fieldsEnd
        nextRow += 1
        count = row.fieldsEnd - firstField
        line = linesPassed + row.blankLines + 1
        linesPassed += row.blankLines + row.lines
        head = row.end
        return true
    }

    /// Finds the next rows; false when there is no whole one.
    private mutating func findRows() throws(Fault) -> Bool {
        forgetRows()
        if head == buffer.count { return false }
        // The scan reads one part of `self` and writes others; so these are taken out meanwhile.
        var places: ContiguousArray<Field> = []
        swap(&places, &fields)
        let scan = unsafe buffer.withUnsafeBufferPointer { bytes in
            unsafe places.withUnsafeMutableBufferPointer { places in
                var scan = unsafe RowScan(
                    bytes: bytes, fields: places, start: head, isFinished: isFinished)
                switch separator {
                case .character(let byte): scan.findRows(separator: byte)
                case .whitespace(let comment): scan.findWords(comment: comment)
                }
                return scan
            }
        }
        rows = scan.rows
        swap(&places, &fields)
        if !rows.isEmpty {
            isAtStart = false
            return true
        }
        // Blank lines and comments before a row that is not there whole.
        head = scan.rowStart
        linesPassed += scan.blankLines
        if buffer.count - head > lineLimitBytes {
            throw .lineTooLong(line: linesPassed + 1, openQuote: scan.endsInQuote)
        }
        return false
    }

    /// One search for rows, while the bytes and the places for fields are held.
    @safe
    private struct RowScan {
        private let bytes: UnsafeBufferPointer<UInt8>
        private let fields: UnsafeMutableBufferPointer<Field>
        var rows: ContiguousArray<Row> = []
        var fieldCount = 0
        /// The first byte of no row that was found.
        var rowStart: Int
        /// Lines without fields since the last row.
        var blankLines = 0
        var endsInQuote = false
        let isFinished: Bool

        @unsafe
        init(
            bytes: UnsafeBufferPointer<UInt8>, fields: UnsafeMutableBufferPointer<Field>, start: Int,
            isFinished: Bool
        ) {
            unsafe self.bytes = bytes
            unsafe self.fields = fields
            rowStart = start
            self.isFinished = isFinished
        }

        @inline(__always)
        private mutating func add(_ field: Field, since first: Int) {
            if fieldCount - first >= DelimitedText.fieldLimit { return }
            unsafe fields[fieldCount] = field
            fieldCount += 1
        }

        /// Ends the present row; one without fields is a blank line.
        @inline(__always)
        private mutating func endRow(at end: Int, lines: Int, since first: Int) {
            if fieldCount > first {
                rows.append(Row(fieldsEnd: fieldCount, end: end, lines: lines, blankLines: blankLines))
                blankLines = 0
            } else {
                blankLines += lines
            }
            rowStart = end
        }

        /// Bytes of a word that are the pattern's, as their top bits; each byte of the pattern is the same.
        @inline(__always)
        private static func equal(_ word: UInt64, _ pattern: UInt64) -> UInt64 {
            let difference = word ^ pattern
            let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
            return ~(((difference & low) &+ low) | difference | low)
        }

        mutating func findRows(separator: UInt8) {
            let newline = UInt8(ascii: "\n")
            let quote = UInt8(ascii: "\"")
            let every: UInt64 = 0x0101_0101_0101_0101
            let separators = every &* UInt64(separator)
            let newlines = every &* UInt64(newline)
            let quotes = every &* UInt64(quote)
            let end = unsafe bytes.count
            // A row's first field, a field's first byte, and the line ends within quotes.
            var first = 0
            var start = rowStart
            var lines = 1
            var word = start
            while word < end {
                // The bytes that mean something, of the next eight.
                var marks: UInt64
                if word &+ 8 <= end {
                    let value = unsafe UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(
                        fromByteOffset: word, as: UInt64.self
                    ).littleEndian
                    marks =
                        Self.equal(value, separators) | Self.equal(value, newlines)
                        | Self.equal(value, quotes)
                } else {
                    marks = 0
                    for offset in 0..<(end - word) {
                        let byte = unsafe bytes[word &+ offset]
                        if byte == separator || byte == newline || byte == quote {
                            marks |= 0x80 << UInt64(8 * offset)
                        }
                    }
                }
                var next = word &+ 8
                while marks != 0 {
                    let index = word &+ marks.trailingZeroBitCount >> 3
                    marks &= marks &- 1
                    let byte = unsafe bytes[index]
                    if byte == separator {
                        add(Field(start: start, end: index), since: first)
                        start = index &+ 1
                    } else if byte == newline {
                        var stop = index
                        if stop > start, unsafe bytes[stop &- 1] == UInt8(ascii: "\r") { stop &-= 1 }
                        if stop > start || fieldCount > first {
                            add(Field(start: start, end: stop), since: first)
                        }
                        endRow(at: index &+ 1, lines: lines, since: first)
                        if fieldCount >= DelimitedText.batchFields { return }
                        first = fieldCount
                        start = index &+ 1
                        lines = 1
                    } else if index == start {
                        guard
                            let field = quotedField(from: index, separator: separator, lines: &lines)
                        else {
                            fieldCount = first
                            return
                        }
                        switch field.after {
                        case .separator:
                            add(field.field, since: first)
                            start = field.next
                        case .rowEnd:
                            add(field.field, since: first)
                            endRow(at: field.next, lines: lines, since: first)
                            if fieldCount >= DelimitedText.batchFields { return }
                            first = fieldCount
                            start = field.next
                            lines = 1
                        case .text: break  // Text after the closing quote: the field is kept as it is written.
                        }
                        next = field.next
                        break
                    }
                }
                word = next
            }
            guard isFinished, start < end || fieldCount > first else {
                fieldCount = first
                return
            }
            let hasReturn = unsafe end > start && bytes[end - 1] == UInt8(ascii: "\r")
            add(Field(start: start, end: hasReturn ? end - 1 : end), since: first)
            endRow(at: end, lines: lines, since: first)
        }

        private enum After {
            case separator, rowEnd, text
        }

        /// Reads a field from its opening quote up to the quote that is not doubled; nil when the bytes do
        /// not tell yet where it ends.
        private mutating func quotedField(
            from start: Int, separator: UInt8, lines: inout Int
        ) -> (field: Field, next: Int, after: After)? {
            let quote = UInt8(ascii: "\"")
            let end = unsafe bytes.count
            var cursor = start + 1
            var hasEscapes = false
            while cursor < end {
                let byte = unsafe bytes[cursor]
                if byte == quote {
                    if unsafe cursor + 1 < end && bytes[cursor + 1] == quote {
                        hasEscapes = true
                        cursor += 2
                        continue
                    }
                    break
                }
                if byte == UInt8(ascii: "\n") { lines += 1 }
                cursor += 1
            }
            if !isFinished && cursor + 1 >= end {
                endsInQuote = true
                return nil
            }
            // Never closed: the rest of the text is one field, which no column will accept.
            if cursor >= end { return (Field(start: start, end: end), end, .rowEnd) }
            let field = Field(start: start + 1, end: cursor, hasEscapes: hasEscapes)
            cursor += 1
            if unsafe cursor < end && bytes[cursor] == UInt8(ascii: "\r") { cursor += 1 }
            if cursor >= end { return isFinished ? (field, end, .rowEnd) : nil }
            let byte = unsafe bytes[cursor]
            if byte == separator { return (field, cursor + 1, .separator) }
            if byte == UInt8(ascii: "\n") { return (field, cursor + 1, .rowEnd) }
            return (field, cursor, .text)
        }

        mutating func findWords(comment: UInt8) {
            let end = unsafe bytes.count
            var first = 0
            var start = -1
            var isComment = unsafe rowStart < end && bytes[rowStart] == comment
            var index = rowStart
            while index < end {
                let byte = unsafe bytes[index]
                let isSpace = byte == 0x20 || byte == 0x09 || byte == 0x0D
                if isSpace || byte == UInt8(ascii: "\n") {
                    if start >= 0 && !isComment { add(Field(start: start, end: index), since: first) }
                    start = -1
                    index += 1
                    if !isSpace {
                        endRow(at: index, lines: 1, since: first)
                        if fieldCount >= DelimitedText.batchFields { return }
                        first = fieldCount
                        isComment = unsafe index < end && bytes[index] == comment
                    }
                } else {
                    if start < 0 { start = index }
                    index += 1
                }
            }
            guard isFinished, end > rowStart else {
                fieldCount = first
                return
            }
            if start >= 0 && !isComment { add(Field(start: start, end: end), since: first) }
            endRow(at: end, lines: 1, since: first)
        }
    }
}

extension DelimitedText {
    /// The bytes of a field as they are written, without enclosing quotes.
    @inlinable
    public func withBytes<Result>(_ field: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        let place = fields[firstField + field]
        return body(buffer.span.extracting(place.start..<place.end))
    }

    /// Whether the field is missing or empty.
    @inlinable
    public func isEmpty(_ field: Int) -> Bool {
        field >= count || fields[firstField + field].length == 0
    }

    /// The number of the field's bytes; 0 when it is missing.
    func length(_ field: Int) -> Int { field >= count ? 0 : fields[firstField + field].length }

    /// The first byte of a field that is not empty.
    func firstByte(_ field: Int) -> UInt8 { buffer[fields[firstField + field].start] }

    /// The field's text; bytes that are not UTF-8 become U+FFFD, a field that is not there is empty.
    public func string(_ field: Int) -> String {
        guard field < count else { return "" }
        let place = fields[firstField + field]
        if place.length == 0 { return "" }
        if !place.hasEscapes {
            return unsafe buffer.withUnsafeBufferPointer { bytes in
                unsafe String(
                    decoding: UnsafeBufferPointer(rebasing: bytes[place.start..<place.end]), as: UTF8.self)
            }
        }
        var text: [UInt8] = []
        var index = place.start
        while index < place.end {
            text.append(buffer[index])
            index += buffer[index] == UInt8(ascii: "\"") ? 2 : 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Copies the bytes from one field to another, separators and quotes between them included, with the byte before
    /// them, to a place in a list of words.
    ///
    /// - Returns: The place after them, what is left of its word being 0; 0 when that is past the limit.
    func copy(
        _ first: Int, _ last: Int, into key: inout ContiguousArray<UInt64>, from place: Int, limit: Int
    ) -> Int {
        let start = fields[firstField + first].start
        let end = fields[firstField + last].end
        let count = end - start + 1
        if end < start || count > limit - place { return 0 }
        return unsafe key.withUnsafeMutableBytes { target in
            unsafe buffer.withUnsafeBytes { bytes in
                unsafe target[place] = start > 0 ? bytes[start - 1] : UInt8(ascii: "\n")
                let source = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[(place + 1)...]).copyMemory(
                    from: source)
                var rest = place + count
                while rest & 7 != 0 {
                    unsafe target[rest] = 0
                    rest += 1
                }
                return place + count
            }
        }
    }

    /// Both fields' texts with a byte between; of the second only those of its bytes that are named.
    func joined(_ first: Int, _ separator: UInt8, _ second: Int, _ range: Range<Int>? = nil) -> String {
        let head = fields[firstField + first]
        let tail = fields[firstField + second]
        let range = range ?? 0..<tail.length
        let count = head.length + 1 + range.count
        return unsafe buffer.withUnsafeBufferPointer { bytes in
            unsafe String(unsafeUninitializedCapacity: count) { target in
                for offset in 0..<head.length { unsafe target[offset] = bytes[head.start + offset] }
                unsafe target[head.length] = separator
                let start = tail.start + range.lowerBound
                for offset in 0..<range.count {
                    unsafe target[head.length + 1 + offset] = bytes[start + offset]
                }
                return count
            }
        }
    }

    /// The field's text for an error message: at most 40 bytes of it, in quotes.
    public func excerpt(_ field: Int) -> String {
        guard field < count else { return "nothing" }
        let place = fields[firstField + field]
        if place.length == 0 { return "an empty field" }
        let cut = min(place.end, place.start + 40)
        let text = String(decoding: buffer[place.start..<cut], as: UTF8.self)
        return "'\(text)\(cut < place.end ? "…" : "")'"
    }

    /// Whether the field is exactly this text.
    @inlinable
    public func field(_ field: Int, is text: StaticString) -> Bool {
        guard field < count else { return false }
        let place = fields[firstField + field]
        guard place.length == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for offset in 0..<wanted.count {
                let byte = unsafe wanted[offset]
                if buffer[place.start + offset] != byte { return false }
            }
            return true
        }
    }
}
