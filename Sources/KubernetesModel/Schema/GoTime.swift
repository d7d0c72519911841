/// Reads and writes times as Go's API types do.
///
/// Upstream: `apimachinery/pkg/apis/meta/v1/time.go` and `micro_time.go` (v1.36), on Go's `time.Parse`.
enum GoTime {
    static let layout = "2006-01-02T15:04:05Z07:00"
    static let microLayout = "2006-01-02T15:04:05.000000Z07:00"

    /// A text that is no time of the layout, with what could not be read and where.
    struct Failure: Error {
        var message: String
    }

    /// The time in UTC as the API writes it: whole seconds, or microseconds; nil for the zero time.
    static func normalized(_ text: String, micro: Bool) throws(Failure) -> String? {
        var scanner = Scanner(text: text, layout: micro ? microLayout : layout)
        let year = try scanner.number(4, "2006")
        try scanner.literal("-")
        let month = try scanner.number(2, "01")
        if !(1...12).contains(month) { throw scanner.outOfRange("month") }
        try scanner.literal("-")
        let day = try scanner.number(2, "02")
        try scanner.literal("T")
        let hour = try scanner.hour()
        if hour > 23 { throw scanner.outOfRange("hour") }
        try scanner.literal(":")
        let minute = try scanner.number(2, "04")
        if minute > 59 { throw scanner.outOfRange("minute") }
        try scanner.literal(":")
        let second = try scanner.number(2, "05")
        if second > 59 { throw scanner.outOfRange("second") }
        let microseconds = try scanner.fraction(required: micro)
        let offset = try scanner.zone()
        if !scanner.isAtEnd { throw scanner.extraText() }
        if day < 1 || day > daysOf(month: month, year: year) { throw scanner.outOfRange("day") }
        let local = (daysSince1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
        let seconds = local - offset
        if seconds == daysSince1970(1, 1, 1) * 86_400, microseconds == 0 { return nil }
        return format(seconds: seconds, microseconds: micro ? microseconds : nil)
    }

    /// `2026-01-02T03:04:05Z`, or with six digits of fraction.
    static func format(seconds: Int, microseconds: Int?) -> String {
        let days = seconds.quotientRoundedDown(by: 86_400)
        let rest = seconds - days * 86_400
        let (year, month, day) = civil(days)
        var text = "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
        text += "\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))"
        if let microseconds { text += ".\(pad(microseconds, 6))" }
        return text + "Z"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    static func daysOf(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days of the Gregorian calendar before or after 1970-01-01 (Hinnant's algorithm).
    static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year.quotientRoundedDown(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.quotientRoundedDown(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }

    /// Walks through a text and tells failures as Go does.
    private struct Scanner {
        let text: String
        let layout: String
        var rest: Substring

        init(text: String, layout: String) {
            self.text = text
            self.layout = layout
            rest = text[...]
        }

        var isAtEnd: Bool { rest.isEmpty }
        private var head: String { "parsing time \(goQuoted(text))" }

        func cannotParse(_ part: String) -> Failure {
            Failure(
                message: "\(head) as \(goQuoted(layout)): cannot parse \(goQuoted(rest)) as \(goQuoted(part))"
            )
        }
        func outOfRange(_ what: String) -> Failure { Failure(message: "\(head): \(what) out of range") }
        func extraText() -> Failure { Failure(message: "\(head): extra text: \(goQuoted(rest))") }

        mutating func number(_ width: Int, _ part: String) throws(Failure) -> Int {
            let digits = rest.utf8.prefix(width)
            guard digits.count == width, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw cannotParse(part)
            }
            rest = rest.dropFirst(width)
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        /// One digit or two: Go reads hours of one digit.
        mutating func hour() throws(Failure) -> Int {
            let digits = rest.utf8.prefix(2).prefix { (0x30...0x39).contains($0) }
            if digits.isEmpty { throw cannotParse("15") }
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        mutating func literal(_ character: Character) throws(Failure) {
            guard rest.first == character else { throw cannotParse(String(character)) }
            rest = rest.dropFirst()
        }

        /// Microseconds; the layout with six digits wants exactly these, the other takes any number.
        mutating func fraction(required: Bool) throws(Failure) -> Int {
            let hasPoint = rest.first == "." || rest.first == ","
            var digits = hasPoint ? rest.dropFirst().prefix { ("0"..."9").contains($0) } : ""
            if required {
                guard digits.utf8.count >= 6 else { throw cannotParse(".000000") }
                digits = digits.prefix(6)
            } else if digits.isEmpty {
                return 0
            }
            rest = rest.dropFirst(1 + digits.utf8.count)
            let six = digits.prefix(6)
            return (Int(six) ?? 0) * Int(powerOfTen(6 - six.utf8.count))
        }

        /// Seconds east of Greenwich.
        mutating func zone() throws(Failure) -> Int {
            if rest.first == "Z" {
                rest = rest.dropFirst()
                return 0
            }
            let part = Array(rest.utf8.prefix(6))
            guard part.count == 6, part[0] == 0x2B || part[0] == 0x2D, part[3] == 0x3A,
                let hours = Int(String(decoding: part[1...2], as: UTF8.self)), hours <= 24,
                let minutes = Int(String(decoding: part[4...5], as: UTF8.self)), minutes <= 60
            else { throw cannotParse("Z07:00") }
            rest = rest.dropFirst(6)
            return (hours * 3600 + minutes * 60) * (part[0] == 0x2D ? -1 : 1)
        }
    }
}

extension Int {
    func quotientRoundedDown(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// A text in double quotes with Go's escapes, as `strconv.Quote` writes it.
func goQuoted(_ text: some StringProtocol) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\u{7}": result += "\\a"
        case "\u{8}": result += "\\b"
        case "\u{B}": result += "\\v"
        case "\u{C}": result += "\\f"
        default:
            if scalar.value < 0x20 || scalar.value == 0x7F {
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
    return result + "\""
}
