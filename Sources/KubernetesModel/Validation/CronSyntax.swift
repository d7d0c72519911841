/// A cron schedule as it is written, taken apart.
public struct CronExpression: Hashable, Sendable {
    /// When the schedule comes up.
    public enum Times: Hashable, Sendable {
        /// Bit n stands for the number n; the highest bit says that any number was asked for by a star.
        case fields(minute: UInt64, hour: UInt64, dayOfMonth: UInt64, month: UInt64, dayOfWeek: UInt64)
        /// Again and again after so many nanoseconds.
        case every(nanoseconds: Int64)
    }
    public static let star: UInt64 = 1 << 63

    /// The zone that the schedule itself names; nil when it names none.
    public var zone: String?
    public var times: Times
}

/// What is wrong with a cron schedule, in the parser's words.
public struct CronFault: Error, Hashable, Sendable {
    public var message: String

    public init(message: String) { self.message = message }
}

/// The syntax of cron schedules.
///
/// Upstream: `github.com/robfig/cron/v3` as vendored (v1.36).
public enum CronSyntax {
    private struct Field {
        var low: Int
        var high: Int
        var names: [String] = []
        /// The number of the first name.
        var firstName = 0
    }

    private static let fields = [
        Field(low: 0, high: 59), Field(low: 0, high: 23), Field(low: 1, high: 31),
        Field(
            low: 1, high: 12,
            names: [
                "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
            ], firstName: 1),
        Field(low: 0, high: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    /// What is wrong with a schedule; nil when nothing is.
    static func fault(_ schedule: String) -> String? {
        do throws(CronFault) {
            _ = try parse(schedule)
            return nil
        } catch {
            return error.message
        }
    }

    /// Reads a schedule of five fields or one word.
    public static func parse(_ schedule: String) throws(CronFault) -> CronExpression {
        if schedule.isEmpty { throw CronFault(message: "empty spec string") }
        var text = schedule[...]
        var named: String?
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            guard let space = text.firstIndex(of: " "), let equals = text.firstIndex(of: "=") else {
                let sign = text.firstIndex(of: "=") ?? text.startIndex
                let start = text.utf8.distance(from: text.startIndex, to: sign) + 1
                throw CronFault(
                    message: "invalid schedule format: runtime error: slice bounds out of range [\(start):-1]"
                )
            }
            let zone = String(text[text.index(after: equals)..<space])
            if !zone.isEmpty && zone != "UTC" && zone != "Local" && !TimeZoneNames.contains(zone) {
                throw CronFault(message: "provided bad location \(zone): unknown time zone \(zone)")
            }
            named = zone
            text = text[space...].drop { $0.isWhitespace }
        }
        if text.hasPrefix("@") {
            return CronExpression(zone: named, times: try descriptor(String(text)))
        }
        let parts = text.split { $0.isWhitespace }.map(String.init)
        if parts.count != 5 {
            throw CronFault(
                message:
                    "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]")
        }
        var bits: [UInt64] = []
        for (part, field) in zip(parts, fields) {
            var all: UInt64 = 0
            for expression in part.split(separator: ",") { all |= try check(String(expression), field) }
            bits.append(all)
        }
        return CronExpression(
            zone: named,
            times: .fields(
                minute: bits[0], hour: bits[1], dayOfMonth: bits[2], month: bits[3], dayOfWeek: bits[4]))
    }

    private static func descriptor(_ text: String) throws(CronFault) -> CronExpression.Times {
        func times(_ minute: String, _ hour: String, _ day: String, _ month: String, _ weekday: String)
            throws(CronFault) -> CronExpression.Times
        {
            .fields(
                minute: try check(minute, fields[0]), hour: try check(hour, fields[1]),
                dayOfMonth: try check(day, fields[2]), month: try check(month, fields[3]),
                dayOfWeek: try check(weekday, fields[4]))
        }
        switch text {
        case "@yearly", "@annually": return try times("0", "0", "1", "1", "*")
        case "@monthly": return try times("0", "0", "1", "*", "*")
        case "@weekly": return try times("0", "0", "*", "*", "0")
        case "@daily", "@midnight": return try times("0", "0", "*", "*", "*")
        case "@hourly": return try times("0", "*", "*", "*", "*")
        default: break
        }
        let every = "@every "
        guard text.hasPrefix(every) else { throw CronFault(message: "unrecognized descriptor: \(text)") }
        let duration = String(text.dropFirst(every.count))
        if let fault = GoDuration.fault(duration) {
            throw CronFault(message: "failed to parse duration \(text): \(fault)")
        }
        return .every(nanoseconds: GoDuration.nanoseconds(duration))
    }

    private static func check(_ expression: String, _ field: Field) throws(CronFault) -> UInt64 {
        let parts = expression.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var start = field.low
        var end = field.high
        var extra = CronExpression.star
        if bounds[0] != "*" && bounds[0] != "?" {
            extra = 0
            start = try number(bounds[0], field)
            switch bounds.count {
            case 1: end = start
            case 2: end = try number(bounds[1], field)
            default: throw CronFault(message: "too many hyphens: \(expression)")
            }
        }
        var step = 1
        switch parts.count {
        case 1: break
        case 2:
            step = try number(parts[1])
            if bounds.count == 1 { end = field.high }
            if step > 1 { extra = 0 }
        default: throw CronFault(message: "too many slashes: \(expression)")
        }
        if start < field.low {
            throw CronFault(
                message: "beginning of range (\(start)) below minimum (\(field.low)): \(expression)")
        }
        if end > field.high {
            throw CronFault(message: "end of range (\(end)) above maximum (\(field.high)): \(expression)")
        }
        if start > end {
            throw CronFault(
                message: "beginning of range (\(start)) beyond end of range (\(end)): \(expression)")
        }
        if step == 0 {
            throw CronFault(message: "step of range should be a positive number: \(expression)")
        }
        // A step may be longer than any range.
        var bits = extra
        var value = start
        while value <= end {
            bits |= 1 << UInt64(value)
            if step > 64 { break }
            value += step
        }
        return bits
    }

    private static func number(_ text: String, _ field: Field) throws(CronFault) -> Int {
        if let index = field.names.firstIndex(of: text.lowercased()) { return index + field.firstName }
        return try number(text)
    }

    private static func number(_ text: String) throws(CronFault) -> Int {
        guard let number = Int(text) else {
            let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
            let isTooLarge = !digits.isEmpty && digits.utf8.allSatisfy(Names.isDigit)
            let reason = isTooLarge ? "value out of range" : "invalid syntax"
            throw CronFault(
                message: "failed to parse int from \(text): strconv.Atoi: parsing \(GoText.quoted(text)): "
                    + reason)
        }
        if number < 0 { throw CronFault(message: "negative number (\(number)) not allowed: \(text)") }
        return number
    }
}

/// The syntax of Go's durations.
enum GoDuration {
    /// The length of a duration that ``fault(_:)`` finds nothing wrong with.
    static func nanoseconds(_ text: String) -> Int64 {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { Names.isDigit($0) || $0 == Names.dot }
            rest = rest[number.endIndex...]
            let unit = rest.prefix { !Names.isDigit($0) && $0 != Names.dot }
            rest = rest[unit.endIndex...]
            let scale: Double =
                switch String(Substring(unit)) {
                case "ns": 1
                case "us", "µs", "μs": 1e3
                case "ms": 1e6
                case "s": 1e9
                case "m": 60e9
                case "h": 3_600e9
                default: 0
                }
            let digits = String(Substring(number))
            total += (Double(digits.hasPrefix(".") ? "0" + digits : digits) ?? 0) * scale
        }
        let clamped = Int64(exactly: total.rounded(.down)) ?? .max
        return isNegative ? -clamped : clamped
    }

    /// What Go's `time.ParseDuration` says of a text; nil when it is right.
    static func fault(_ text: String) -> String? {
        let quoted = GoText.quoted(text)
        let invalid = "time: invalid duration \(quoted)"
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) { return nil }
        if rest.isEmpty { return invalid }
        while !rest.isEmpty {
            let whole = rest.prefix(while: Names.isDigit)
            rest = rest[whole.endIndex...]
            var hasDigits = !whole.isEmpty
            if rest.first == Names.dot {
                rest = rest.dropFirst()
                let part = rest.prefix(while: Names.isDigit)
                rest = rest[part.endIndex...]
                hasDigits = hasDigits || !part.isEmpty
            }
            if !hasDigits { return invalid }
            let unit = rest.prefix { !Names.isDigit($0) && $0 != Names.dot }
            if unit.isEmpty { return "time: missing unit in duration \(quoted)" }
            let name = String(Substring(unit))
            if !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(name) {
                return "time: unknown unit \(GoText.quoted(name)) in duration \(quoted)"
            }
            rest = rest[unit.endIndex...]
        }
        return nil
    }
}
