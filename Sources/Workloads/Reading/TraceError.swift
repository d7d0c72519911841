/// Why a trace cannot be read any further: the facts, with the place.
public enum TraceError: Error, Equatable, Sendable {
    /// The file is not what its format says; nothing of it was used.
    case wrongFormat(file: String, found: String, expected: String)
    case lineTooLong(file: String, line: Int, limitBytes: Int, openQuote: Bool)
    /// More rows could not be used than the policy allows.
    case tooManyBadRows(count: Int, rows: Int, first: [BadRow])
    /// The input ends in the middle of something.
    case truncated(file: String, detail: String)
    /// The bytes are damaged.
    case damaged(file: String, detail: String)
    /// Something grows with the input, and has grown to its bound.
    case limit(file: String, what: String, bound: Int)
    case unsupported(file: String, detail: String)
    case cannotOpen(file: String, detail: String)
}

extension TraceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .wrongFormat(let file, let found, let expected):
            return "\(file): found \(found), expected \(expected)"
        case .lineTooLong(let file, let line, let limit, let openQuote):
            let reason =
                openQuote
                ? "the row that begins here has a quoted field that is not closed within \(limit) bytes"
                : "the line is longer than \(limit) bytes"
            return "\(file):\(line): \(reason); this is no table of text, or a line end is missing"
        case .tooManyBadRows(let count, let rows, let first):
            let share = rows == 0 ? 100 : Double(count * 1000 / rows) / 10
            var text = "\(count) of \(rows) rows (\(share) %) cannot be used:"
            for row in first { text += "\n  \(row)" }
            return text + "\nRight the input, or go on without such rows with --on-bad-row skip."
        case .truncated(let file, let detail): return "\(file): the file ends too early: \(detail)"
        case .damaged(let file, let detail): return "\(file): \(detail)"
        case .limit(let file, let what, let bound): return "\(file): more than \(bound) \(what)"
        case .unsupported(let file, let detail): return "\(file): \(detail)"
        case .cannotOpen(let file, let detail): return "\(file): \(detail)"
        }
    }
}

/// Why one row cannot be used.
public struct RowFault: Error, Equatable, Sendable, CustomStringConvertible {
    public var column: String
    public var found: String
    public var expected: String

    public init(column: String, found: String, expected: String) {
        self.column = column
        self.found = found
        self.expected = expected
    }

    public var description: String {
        column.isEmpty
            ? "found \(found), expected \(expected)" : "\(column): found \(found), expected \(expected)"
    }
}

/// A row that was not used, with the place and the reason.
public struct BadRow: Error, Equatable, Sendable, CustomStringConvertible {
    public var file: String
    /// Counted from 1; 0 where the format has no lines.
    public var line: Int
    public var reason: String

    public init(file: String, line: Int, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    public var description: String { line > 0 ? "\(file):\(line): \(reason)" : "\(file): \(reason)" }
}

/// What to do about rows that cannot be used.
public enum BadRowPolicy: Equatable, Sendable {
    /// Stop when more than this fraction of the rows is bad; looked at from 1,000 rows on, and at the end.
    case stop(pastFraction: Double)
    /// Count them and go on.
    case skip

    public static let standard = BadRowPolicy.stop(pastFraction: 0.01)

    /// Reads `stop`, `skip` or a fraction from 0 to 1, the words of the command line and of scenarios.
    public init?(text: String) {
        switch text {
        case "stop": self = .standard
        case "skip": self = .skip
        default:
            guard let fraction = Double(text), fraction >= 0 && fraction <= 1 else { return nil }
            self = .stop(pastFraction: fraction)
        }
    }
}
