import KubernetesModel

/// When and by how much a time zone is ahead of UTC.
///
/// The data are compiled in, so that a run gives the same everywhere. Rules are followed as Go's `time`
/// package follows them, which matters for times that a change of the clock skips or repeats.
struct ZoneRules: Hashable, Sendable {
    static let utc = ZoneRules(first: 0, changes: [], rule: nil)

    private struct Change: Hashable, Sendable {
        /// Seconds of the Unix epoch.
        var moment: Int64
        var offset: Int64
    }

    /// What an offset is good for; moments in seconds of the Unix epoch.
    struct Period: Hashable, Sendable {
        var offset: Int64
        var start: Int64
        var end: Int64
    }

    private let first: Int64
    private let changes: [Change]
    private let rule: YearlyRule?

    private init(first: Int64, changes: [Change], rule: YearlyRule?) {
        self.first = first
        self.changes = changes
        self.rule = rule
    }

    /// The zone with an IANA name; nil when there is none.
    init?(name: String) {
        if name.isEmpty || name == "UTC" {
            self = .utc
            return
        }
        guard let line = Self.lines[name] else { return nil }
        let parts = line.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 4, let first = Int64(parts[1]) else { return nil }
        self.first = first * 60
        changes = parts[2].split(separator: " ").compactMap { change in
            let pair = change.split(separator: ":")
            guard pair.count == 2, let moment = Int64(pair[0]), let offset = Int64(pair[1]) else {
                return nil
            }
            return Change(moment: moment * 60, offset: offset * 60)
        }
        rule = YearlyRule(parts[3])
    }

    /// The lines of the table by the names in them.
    private static let lines: [String: Substring] = {
        var lines: [String: Substring] = [:]
        for line in TimeZoneTable.lines.split(separator: "\n") {
            guard let bar = line.firstIndex(of: "|") else { continue }
            for name in line[..<bar].split(separator: " ") { lines[String(name)] = line }
        }
        return lines
    }()

    /// The offset at a moment.
    func period(at moment: Int64) -> Period {
        if let next = changes.first, moment < next.moment {
            return Period(offset: first, start: .min, end: next.moment)
        }
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].moment <= moment { low = middle + 1 } else { high = middle }
        }
        if low == changes.count, let rule { return rule.period(at: moment) }
        let current = low == 0 ? first : changes[low - 1].offset
        return Period(
            offset: current, start: low == 0 ? .min : changes[low - 1].moment,
            end: low == changes.count ? .max : changes[low].moment)
    }

    /// The moment of a local time; one that the clock skips is moved, of two that it repeats it is the first.
    func moment(ofLocal seconds: Int64) -> Int64 {
        let guess = period(at: seconds)
        let moment = seconds - guess.offset
        if moment >= guess.start && moment < guess.end { return moment }
        return seconds - period(at: moment).offset
    }
}

/// A rule for every year: when daylight saving time begins and ends, as POSIX writes it.
///
/// Upstream: Go's `time/zoneinfo.go`, `tzset`.
private struct YearlyRule: Hashable, Sendable {
    private struct Switch: Hashable, Sendable {
        var month: Int64
        var week: Int64
        var day: Int64
        /// Seconds after midnight; may be negative, and more than a day.
        var time: Int64
    }
    private var standard: Int64
    private var daylight: Int64
    private var start: Switch?
    private var end: Switch?

    /// Reads `N-1N,M3.5.0,M10.5.0/3`: names are N, offsets count westwards.
    init?(_ text: Substring) {
        let parts = text.split(separator: ",")
        guard let offsets = parts.first?.split(separator: "N", omittingEmptySubsequences: false),
            offsets.count >= 2, let standard = Self.seconds(offsets[1])
        else { return nil }
        self.standard = -standard
        daylight = -standard
        guard offsets.count == 3, parts.count == 3 else { return }
        daylight = offsets[2].isEmpty ? self.standard + 3_600 : -(Self.seconds(offsets[2]) ?? 0)
        start = Self.change(parts[1])
        end = Self.change(parts[2])
    }

    private static func change(_ text: Substring) -> Switch? {
        let parts = text.split(separator: "/")
        guard let date = parts.first, date.hasPrefix("M") else { return nil }
        let numbers = date.dropFirst().split(separator: ".").compactMap { Int64($0) }
        guard numbers.count == 3 else { return nil }
        let time = parts.count > 1 ? seconds(parts[1]) ?? 7_200 : 7_200
        return Switch(month: numbers[0], week: numbers[1], day: numbers[2], time: time)
    }

    /// `-10:30` in seconds.
    private static func seconds(_ text: Substring) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text
        var total: Int64 = 0
        var unit: Int64 = 3_600
        for part in digits.split(separator: ":") {
            guard let number = Int64(part) else { return nil }
            total += number * unit
            unit /= 60
        }
        return isNegative ? -total : total
    }

    func period(at moment: Int64) -> ZoneRules.Period {
        guard let start, let end else {
            return ZoneRules.Period(offset: standard, start: .min, end: .max)
        }
        let year = CivilTime(local: moment).year
        let newYear = CivilTime.days(year: year, month: 1, day: 1) * 86_400
        var offsets = (standard, daylight)
        var (begin, finish) = (
            newYear + Self.seconds(of: start, in: year) - standard,
            newYear + Self.seconds(of: end, in: year) - daylight
        )
        if finish < begin {
            (begin, finish) = (finish, begin)
            offsets = (daylight, standard)
        }
        // Exact near the changes only, and as good as Go's elsewhere.
        if moment < begin { return ZoneRules.Period(offset: offsets.0, start: newYear, end: begin) }
        if moment >= finish {
            return ZoneRules.Period(offset: offsets.0, start: finish, end: newYear + 365 * 86_400)
        }
        return ZoneRules.Period(offset: offsets.1, start: begin, end: finish)
    }

    /// Local seconds since the beginning of the year.
    private static func seconds(of change: Switch, in year: Int64) -> Int64 {
        let newYear = CivilTime.days(year: year, month: 1, day: 1)
        let firstDay = CivilTime.days(year: year, month: change.month, day: 1)
        let length = CivilTime.days(year: year, month: change.month + 1, day: 1) - firstDay
        var day = (change.day - CivilTime.weekday(days: firstDay) + 7) % 7
        for _ in 1..<max(change.week, 1) where day + 7 < length { day += 7 }
        return (firstDay - newYear + day) * 86_400 + change.time
    }
}

/// A local time taken apart.
struct CivilTime: Hashable, Sendable {
    var year: Int64
    var month: Int64
    var day: Int64
    var hour: Int64
    var minute: Int64
    var second: Int64
    /// 0 is Sunday.
    var weekday: Int64

    /// Seconds since 1970 on the local clock.
    init(local seconds: Int64) {
        let days = Self.floor(seconds, 86_400)
        let rest = seconds - days * 86_400
        (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60)
        weekday = Self.weekday(days: days)
        let shifted = days + 719_468
        let era = Self.floor(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let index = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * index + 2) / 5 + 1
        month = index < 10 ? index + 3 : index - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970 of a date; months beyond December belong to later years, days to later months.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = year + floor(month - 1, 12)
        let month = month - 1 - floor(month - 1, 12) * 12 + 1
        let shifted = month <= 2 ? year - 1 : year
        let era = floor(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468 + day - 1
    }

    static func weekday(days: Int64) -> Int64 { (days % 7 + 11) % 7 }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }
}
