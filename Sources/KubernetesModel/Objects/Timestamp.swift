public import SimulationKernel

/// A moment as API objects hold it (`metav1.Time`): whole seconds since the scenario's start.
///
/// Upstream keeps seconds only (RFC 3339 without a fraction), which decides comparisons such as a pod's age
/// or `minReadySeconds`; simk keeps the same granularity. Negative before the start.
public struct Timestamp: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var seconds: Int64

    @inlinable
    public init(seconds: Int64) { self.seconds = seconds }

    /// The moment, truncated to the second before it, as an encoder of `metav1.Time` truncates it.
    @inlinable
    public init(_ time: VirtualTime) {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        seconds = remainder < 0 ? quotient - 1 : quotient
    }

    /// The first moment of the second.
    @inlinable
    public var time: VirtualTime { VirtualTime(nanoseconds: seconds * 1_000_000_000) }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}

/// Calendar time, at the edges only: seconds of the Unix epoch to and from RFC 3339.
///
/// The arithmetic is the proleptic Gregorian calendar's (Hinnant, "chrono-compatible low-level date
/// algorithms", 2013), good for years 0 to 9999.
public struct CalendarTime: Hashable, Comparable, BitwiseCopyable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var unixSeconds: Int64
    /// Nanoseconds within the second.
    public var nanoseconds: Int32

    public init(unixSeconds: Int64, nanoseconds: Int32 = 0) {
        self.unixSeconds = unixSeconds
        self.nanoseconds = nanoseconds
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.unixSeconds, left.nanoseconds) < (right.unixSeconds, right.nanoseconds)
    }

    /// Parses RFC 3339: `2026-01-01T00:00:00Z`, with an optional fraction and offset. Nil when it is not.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return nil }
        func number(_ start: Int, _ length: Int) -> Int64? {
            guard start + length <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[start..<(start + length)] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        func has(_ character: Unicode.Scalar, at index: Int) -> Bool {
            index < bytes.count && bytes[index] == UInt8(ascii: character)
        }
        guard let year = number(0, 4), has("-", at: 4), let month = number(5, 2), has("-", at: 7),
            let day = number(8, 2), has("T", at: 10), let hour = number(11, 2), has(":", at: 13),
            let minute = number(14, 2), has(":", at: 16), let second = number(17, 2),
            (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year), hour < 24,
            minute < 60, second < 60
        else { return nil }
        var index = 19
        var fraction: Int32 = 0
        if has(".", at: index) {
            index += 1
            var digits = 0
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
                if digits < 9 { fraction = fraction * 10 + Int32(bytes[index] - 0x30) }
                digits += 1
                index += 1
            }
            if digits == 0 { return nil }
            for _ in 0..<max(0, 9 - digits) { fraction *= 10 }
        }
        var offset: Int64 = 0
        if has("Z", at: index) {
            index += 1
        } else if has("+", at: index) || has("-", at: index) {
            guard let hours = number(index + 1, 2), has(":", at: index + 3),
                let minutes = number(index + 4, 2),
                hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (has("+", at: index) ? 60 : -60)
            index += 6
        } else {
            return nil
        }
        guard index == bytes.count else { return nil }
        let seconds = Self.daysSinceEpoch(year: year, month: month, day: day) * 86_400
        unixSeconds = seconds + hour * 3_600 + minute * 60 + second - offset
        nanoseconds = fraction
    }

    /// `2026-01-01T00:00:00Z`: the second, in UTC.
    public var rfc3339: String { rfc3339(fractionDigits: 0) }

    /// RFC 3339 in UTC with a fixed number of fractional digits, truncated.
    public func rfc3339(fractionDigits: Int) -> String {
        var days = unixSeconds / 86_400
        var rest = unixSeconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let (year, month, day) = Self.civil(daysSinceEpoch: days)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let yearText = String(year)
        let padded = String(repeating: "0", count: max(0, 4 - yearText.count)) + yearText
        var text = "\(padded)-\(two(month))-\(two(day))T"
        text += "\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        if fractionDigits > 0 {
            let digits = String(nanoseconds)
            let all = String(repeating: "0", count: 9 - digits.count) + digits
            text += "." + all.prefix(fractionDigits)
        }
        return text + "Z"
    }

    /// The moment of a virtual time in a run that starts at this calendar time.
    public func advanced(by duration: VirtualDuration) -> CalendarTime {
        var seconds = unixSeconds + duration.nanoseconds / 1_000_000_000
        var nanoseconds = Int64(nanoseconds) + duration.nanoseconds % 1_000_000_000
        if nanoseconds < 0 {
            nanoseconds += 1_000_000_000
            seconds -= 1
        } else if nanoseconds >= 1_000_000_000 {
            nanoseconds -= 1_000_000_000
            seconds += 1
        }
        return CalendarTime(unixSeconds: seconds, nanoseconds: Int32(nanoseconds))
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func civil(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
