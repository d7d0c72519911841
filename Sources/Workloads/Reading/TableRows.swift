public import SimulationKernel

/// The columns of one kind of file, and whether its first line names them.
public struct TableSchema: Sendable {
    public struct Column: Sendable {
        public var name: String
        /// A row, or a header, without it cannot be used.
        public var isRequired: Bool

        public init(_ name: String, isRequired: Bool = true) {
            self.name = name
            self.isRequired = isRequired
        }
    }

    public enum Header: Sendable {
        /// The first line names the columns, in any order, further ones allowed.
        case required
        /// The columns come in the schema's order; a first line that names them is passed over.
        case optional
    }

    public var table: TraceTable
    public var columns: [Column]
    public var header: Header
    public var separator: FieldSeparator

    public init(
        _ table: TraceTable, _ columns: [Column], header: Header, separator: FieldSeparator = .comma
    ) {
        self.table = table
        self.columns = columns
        self.header = header
        self.separator = separator
    }

    /// Makes a schema whose columns are listed in one string; those that end in `?` may be absent.
    public init(
        _ table: TraceTable, _ list: String, header: Header, separator: FieldSeparator = .comma
    ) {
        let columns = list.split(separator: ",").map { word in
            word.hasSuffix("?") ? Column(String(word.dropLast()), isRequired: false) : Column(String(word))
        }
        self.init(table, columns, header: header, separator: separator)
    }

    /// The fewest fields that a row may have.
    var leastFields: Int {
        (columns.lastIndex { $0.isRequired } ?? -1) + 1
    }

    /// The columns' names as an error message lists them.
    var columnList: String { columns.map(\.name).joined(separator: ",") }
}

/// Rows of one file by the columns of its schema: what readers of delimited text take their values from.
///
/// Columns are given by their place in the schema; where the file has its own order, it is looked up.
public struct TableRows: Sendable {
    public let schema: TableSchema
    public let file: String
    public private(set) var text: DelimitedText
    /// For each column of the schema the field that holds it, or `Int.max` where the file has none.
    private var positions: [Int] {
        didSet { isInOrder = positions == Array(schema.columns.indices) }
    }
    /// Whether the columns are where the schema has them.
    private var isInOrder = true
    private var isPastHeader = false
    /// How many fields a row has at least: those of the header, or up to the last that is required.
    private var least: Int

    public init(_ schema: TableSchema, file: String, lineLimitBytes: Int) {
        self.schema = schema
        self.file = file
        text = DelimitedText(separator: schema.separator, lineLimitBytes: lineLimitBytes)
        positions = Array(schema.columns.indices)
        least = schema.leastFields
    }

    public var line: Int { text.line }

    public mutating func append(_ chunk: Span<UInt8>) { text.append(chunk) }

    public mutating func finish() { text.finish() }

    /// Goes to the next row of data, reading the header on the way.
    public mutating func next() throws(TraceError) -> Bool {
        while true {
            let more: Bool
            do { more = try text.next() } catch {
                switch error {
                case .lineTooLong(let line, let openQuote):
                    throw .lineTooLong(
                        file: file, line: line, limitBytes: text.lineLimitBytes, openQuote: openQuote)
                }
            }
            if !more { return false }
            if isPastHeader { return true }
            isPastHeader = true
            if try readHeader() { continue }
            return true
        }
    }

    /// Whether any row, the header among them, has been met.
    public var isEmpty: Bool { !isPastHeader }

    /// Takes the present row as a header if it is one.
    private mutating func readHeader() throws(TraceError) -> Bool {
        var names: [String: Int] = [:]
        for field in (0..<text.count).reversed() { names[Self.normalised(text.string(field))] = field }
        let found = schema.columns.map { names[Self.normalised($0.name)] }
        switch schema.header {
        case .required:
            let missing = zip(schema.columns, found).filter { $0.isRequired && $1 == nil }.map(\.0.name)
            if !missing.isEmpty {
                throw .wrongFormat(
                    file: file, found: "a first line that begins with \(text.excerpt(0))",
                    expected: "a header of \(schema.table.format.rawValue) (\(schema.table.name)) with the "
                        + "columns \(missing.joined(separator: ", "))")
            }
            positions = found.map { $0 ?? .max }
            least = text.count
            return true
        case .optional:
            if schema.columns.count > 1 && !found.contains(where: { $0 == nil })
                || found.first == .some(.some(0)) && found.dropFirst().first == .some(.some(1))
            {
                positions = zip(found, schema.columns.indices).map { $0 ?? $1 }
                return true
            }
            if text.count < schema.leastFields {
                throw .wrongFormat(
                    file: file,
                    found: "a first line of \(text.count) fields that begins with \(text.excerpt(0))",
                    expected: "\(schema.table.format.rawValue) (\(schema.table.name)) with the fields "
                        + schema.columnList)
            }
            return false
        }
    }

    private static func normalised(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars where !" _.\"".unicodeScalars.contains(scalar) {
            text.unicodeScalars.append(
                ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
        }
        return text
    }

    /// Refuses rows that are too short to be whole.
    public func checkFieldCount() throws(RowFault) {
        if text.count < least {
            throw RowFault(column: "", found: "\(text.count) fields", expected: "\(least)")
        }
    }

    // MARK: Values

    /// The field's place in the row, for the text's own accessors.
    @inline(__always)
    public func field(_ column: Int) -> Int { positions[column] }

    public func isEmpty(_ column: Int) -> Bool { text.isEmpty(positions[column]) }

    /// Whether the column's text is exactly this.
    public func isText(_ column: Int, _ wanted: StaticString) -> Bool {
        text.field(positions[column], is: wanted)
    }

    public func string(_ column: Int) -> String { text.string(positions[column]) }

    /// The text of a column that must not be empty.
    public func name(_ column: Int) throws(RowFault) -> String {
        let value = text.string(positions[column])
        if value.isEmpty { throw fault(column, "a name") }
        return value
    }

    /// Copies the bytes of ranges of columns as they stand in the file, with the byte before each range, which
    /// tells a quote.
    ///
    /// - Returns: How many bytes these are, the last word filled up with zeros; 0 when they are more than the limit,
    ///   or the row has the columns in another order or not at all.
    func copy(_ ranges: [ClosedRange<Int>], into key: inout ContiguousArray<UInt64>, limit: Int) -> Int {
        var count = 0
        for range in ranges {
            let first = positions[range.lowerBound]
            let last = positions[range.upperBound]
            guard isInOrder, last < text.count else { return 0 }
            count = text.copy(first, last, into: &key, from: count, limit: limit)
            if count == 0 { return 0 }
        }
        return count
    }

    /// The bytes of a column that the row has.
    func withBytes<Result>(_ column: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        text.withBytes(positions[column], body)
    }

    /// The text of a column and, after a slash, some of the bytes of another; the row has both.
    func joined(_ first: Int, _ second: Int, _ range: Range<Int>) -> String {
        text.joined(positions[first], UInt8(ascii: "/"), positions[second], range)
    }

    /// The texts of two columns that must not be empty, with a slash between.
    func joined(_ first: Int, _ second: Int) throws(RowFault) -> String {
        if text.isEmpty(positions[first]) { throw fault(first, "a name") }
        if text.isEmpty(positions[second]) { throw fault(second, "a name") }
        return text.joined(positions[first], UInt8(ascii: "/"), positions[second])
    }

    /// A whole number; `12.0` counts as one.
    public func integer(_ column: Int) throws(RowFault) -> Int64 {
        let position = positions[column]
        guard position < text.count else { throw fault(column, "a whole number") }
        let value = text.withBytes(position) { bytes -> Int64? in
            if let value = NumberText.integer(bytes) { return value }
            return NumberText.decimal(bytes).flatMap { Int64(exactly: $0) }
        }
        guard let value else { throw fault(column, "a whole number") }
        return value
    }

    /// A whole number that is not negative.
    public func count(_ column: Int) throws(RowFault) -> Int64 {
        let value = try integer(column)
        if value < 0 { throw fault(column, "a whole number of at least 0") }
        return value
    }

    /// A finite number.
    public func decimal(_ column: Int) throws(RowFault) -> Double {
        let position = positions[column]
        guard position < text.count, let value = text.withBytes(position, NumberText.decimal) else {
            throw fault(column, "a number")
        }
        return value
    }

    /// A finite number that is not negative, times a factor, as a whole number.
    public func amount(_ column: Int, times factor: Double) throws(RowFault) -> Int64 {
        let value = try decimal(column)
        guard value >= 0, let result = NumberText.scaled(value, by: factor) else {
            throw fault(column, "a number of at least 0 and in range")
        }
        return result
    }

    /// As ``amount(_:times:)``, with 0 for an empty field.
    public func amountOrZero(_ column: Int, times factor: Double) throws(RowFault) -> Int64 {
        isMissing(column) ? 0 : try amount(column, times: factor)
    }

    /// Whether there is no value: an absent or empty field, or `NaN`, `nan`, `null`, `None`.
    public func isMissing(_ column: Int) -> Bool {
        let position = positions[column]
        let length = text.length(position)
        if length == 0 || length > 4 { return length == 0 }
        if text.firstByte(position) | 0x20 != UInt8(ascii: "n") { return false }
        return text.field(position, is: "NaN") || text.field(position, is: "nan")
            || text.field(position, is: "null") || text.field(position, is: "NULL")
            || text.field(position, is: "None")
    }

    /// A moment in seconds since the trace's zero, fractions allowed; never negative.
    public func seconds(_ column: Int) throws(RowFault) -> VirtualTime {
        try time(column, nanosecondsPerUnit: 1_000_000_000)
    }

    /// A moment in the unit given, as nanoseconds; never negative.
    public func time(_ column: Int, nanosecondsPerUnit unit: Int64) throws(RowFault) -> VirtualTime {
        let position = positions[column]
        guard position < text.count else { throw fault(column, "a time") }
        let whole = text.withBytes(position, NumberText.integer)
        if let whole {
            let (nanoseconds, overflow) = whole.multipliedReportingOverflow(by: unit)
            if whole < 0 || overflow { throw fault(column, "a time that is not negative and in range") }
            return VirtualTime(nanoseconds: nanoseconds)
        }
        guard let value = text.withBytes(position, NumberText.decimal) else { throw fault(column, "a time") }
        guard value >= 0, let nanoseconds = NumberText.scaled(value, by: Double(unit)) else {
            throw fault(column, "a time that is not negative and in range")
        }
        return VirtualTime(nanoseconds: nanoseconds)
    }

    /// As ``seconds(_:)``, with nil where the value is missing.
    public func secondsIfPresent(_ column: Int) throws(RowFault) -> VirtualTime? {
        isMissing(column) ? nil : try seconds(column)
    }

    public func fault(_ column: Int, _ expected: String) -> RowFault {
        RowFault(
            column: schema.columns[column].name, found: text.excerpt(positions[column]), expected: expected)
    }
}
