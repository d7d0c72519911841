/// The syntax of cron schedules, with the parser's words for what is wrong.
///
/// Upstream: `github.com/robfig/cron/v3` as vendored (v1.36).
enum CronSyntax {
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

    private struct Fault: Error {
        var message: String
    }

    /// What is wrong with a schedule; nil when nothing is.
    static func fault(_ schedule: String) -> String? {
        if schedule.isEmpty { return "empty spec string" }
        var text = schedule[...]
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            guard let space = text.firstIndex(of: " "), let equals = text.firstIndex(of: "=") else {
                let sign = text.firstIndex(of: "=") ?? text.startIndex
                let start = text.utf8.distance(from: text.startIndex, to: sign) + 1
                return "invalid schedule format: runtime error: slice bounds out of range [\(start):-1]"
            }
            let zone = String(text[text.index(after: equals)..<space])
            if !zone.isEmpty && zone != "UTC" && zone != "Local" && !TimeZoneNames.contains(zone) {
                return "provided bad location \(zone): unknown time zone \(zone)"
            }
            text = text[space...].drop { $0.isWhitespace }
        }
        if text.hasPrefix("@") { return descriptorFault(String(text)) }
        let parts = text.split { $0.isWhitespace }.map(String.init)
        if parts.count != 5 {
            return "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]"
        }
        for (part, field) in zip(parts, fields) {
            for expression in part.split(separator: ",") {
                do throws(Fault) {
                    try check(String(expression), field)
                } catch {
                    return error.message
                }
            }
        }
        return nil
    }

    private static func descriptorFault(_ text: String) -> String? {
        switch text {
        case "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly": return nil
        default: break
        }
        let every = "@every "
        guard text.hasPrefix(every) else { return "unrecognized descriptor: \(text)" }
        let duration = String(text.dropFirst(every.count))
        guard let fault = GoDuration.fault(duration) else { return nil }
        return "failed to parse duration \(text): \(fault)"
    }

    private static func check(_ expression: String, _ field: Field) throws(Fault) {
        let parts = expression.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var start = field.low
        var end = field.high
        if bounds[0] != "*" && bounds[0] != "?" {
            start = try number(bounds[0], field)
            switch bounds.count {
            case 1: end = start
            case 2: end = try number(bounds[1], field)
            default: throw Fault(message: "too many hyphens: \(expression)")
            }
        }
        var step = 1
        switch parts.count {
        case 1: break
        case 2:
            step = try number(parts[1])
            if bounds.count == 1 { end = field.high }
        default: throw Fault(message: "too many slashes: \(expression)")
        }
        if start < field.low {
            throw Fault(
                message: "beginning of range (\(start)) below minimum (\(field.low)): \(expression)")
        }
        if end > field.high {
            throw Fault(message: "end of range (\(end)) above maximum (\(field.high)): \(expression)")
        }
        if start > end {
            throw Fault(
                message: "beginning of range (\(start)) beyond end of range (\(end)): \(expression)")
        }
        if step == 0 {
            throw Fault(message: "step of range should be a positive number: \(expression)")
        }
    }

    private static func number(_ text: String, _ field: Field) throws(Fault) -> Int {
        if let index = field.names.firstIndex(of: text.lowercased()) { return index + field.firstName }
        return try number(text)
    }

    private static func number(_ text: String) throws(Fault) -> Int {
        guard let number = Int(text) else {
            let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
            let isTooLarge = !digits.isEmpty && digits.utf8.allSatisfy(Names.isDigit)
            let reason = isTooLarge ? "value out of range" : "invalid syntax"
            throw Fault(
                message: "failed to parse int from \(text): strconv.Atoi: parsing \(GoText.quoted(text)): "
                    + reason)
        }
        if number < 0 { throw Fault(message: "negative number (\(number)) not allowed: \(text)") }
        return number
    }
}

/// The syntax of Go's durations.
enum GoDuration {
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
