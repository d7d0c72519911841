public import KubernetesModel

/// When a cron schedule comes up.
///
/// Upstream: `github.com/robfig/cron/v3`, `SpecSchedule.Next`, `ConstantDelaySchedule.Next`, as vendored
/// (v1.36).
public struct CronSchedule: Hashable, Sendable {
    private let times: CronExpression.Times
    private let zone: ZoneRules

    /// Reads a schedule; the zone counts unless the schedule names one itself. A zone that there is not counts
    /// as UTC.
    ///
    /// - Throws: what is wrong, in the words of upstream's parser.
    public init(_ text: String, zone name: String? = nil) throws(CronFault) {
        let expression = try CronSyntax.parse(text)
        let name = expression.zone ?? name ?? ""
        times = expression.times
        zone = ZoneRules(name: name) ?? .utc
    }

    /// The next moment after the given one; nil when there is none within five years.
    public func next(after time: CalendarTime) -> CalendarTime? {
        switch times {
        case .every(let nanoseconds):
            let delay = max(nanoseconds / 1_000_000_000, 1)
            return CalendarTime(unixSeconds: time.unixSeconds + delay)
        case .fields(let minute, let hour, let day, let month, let weekday):
            var search = Search(
                moment: time.unixSeconds + 1, zone: zone, minute: minute, hour: hour, day: day, month: month,
                weekday: weekday)
            return search.run().map { CalendarTime(unixSeconds: $0) }
        }
    }
}

/// Looks for the next match field by field, from the month down; each step back up begins anew.
private struct Search {
    /// Seconds of the Unix epoch.
    var moment: Int64
    let zone: ZoneRules
    let minute: UInt64
    let hour: UInt64
    let day: UInt64
    let month: UInt64
    let weekday: UInt64
    /// Whether a field was raised, so that all below it begin at their least.
    private var isRaised = false

    init(
        moment: Int64, zone: ZoneRules, minute: UInt64, hour: UInt64, day: UInt64, month: UInt64,
        weekday: UInt64
    ) {
        self.moment = moment
        self.zone = zone
        self.minute = minute
        self.hour = hour
        self.day = day
        self.month = month
        self.weekday = weekday
    }

    private var local: CivilTime { CivilTime(local: moment + zone.period(at: moment).offset) }

    mutating func run() -> Int64? {
        let lastYear = local.year + 5
        while local.year <= lastYear {
            if findMonth() && findDay() && findHour() && findMinute() && findSecond() { return moment }
        }
        return nil
    }

    /// Each of these goes on until its field matches; false when the field above has changed.
    private mutating func findMonth() -> Bool {
        while !Self.has(month, local.month) {
            if raise() { set(day: 1, hour: 0) }
            set(addingMonths: 1)
            if local.month == 1 { return false }
        }
        return true
    }

    private mutating func findDay() -> Bool {
        while !dayMatches {
            if raise() { set(hour: 0) }
            set(addingDays: 1)
            // Midnight may not exist.
            let hour = local.hour
            if hour != 0 { moment += (hour > 12 ? 24 - hour : -hour) * 3_600 }
            if local.day == 1 { return false }
        }
        return true
    }

    private mutating func findHour() -> Bool {
        while !Self.has(hour, local.hour) {
            if raise() { set(hour: local.hour) }
            moment += 3_600
            if local.hour == 0 { return false }
        }
        return true
    }

    private mutating func findMinute() -> Bool {
        while !Self.has(minute, local.minute) {
            if raise() { moment -= moment % 60 }
            moment += 60
            if local.minute == 0 { return false }
        }
        return true
    }

    private mutating func findSecond() -> Bool {
        while local.second != 0 {
            isRaised = true
            moment += 1
            if local.second == 0 { return false }
        }
        return true
    }

    /// Notes that a field is raised; true for the first one.
    private mutating func raise() -> Bool {
        if isRaised { return false }
        isRaised = true
        return true
    }

    private static func has(_ bits: UInt64, _ value: Int64) -> Bool { bits & 1 << UInt64(value) != 0 }

    /// Days of the month and of the week: both must match when one of them is a star, else one is enough.
    private var dayMatches: Bool {
        let local = local
        let byDate = Self.has(day, local.day)
        let byWeekday = Self.has(weekday, local.weekday)
        let isStar = (day | weekday) & CronExpression.star != 0
        return isStar ? byDate && byWeekday : byDate || byWeekday
    }

    /// Sets the local time; minutes and seconds become 0 when the hour is given.
    private mutating func set(
        day: Int64? = nil, hour: Int64? = nil, addingMonths months: Int64 = 0, addingDays days: Int64 = 0
    ) {
        let local = local
        let date = CivilTime.days(
            year: local.year, month: local.month + months, day: (day ?? local.day) + days)
        let time =
            hour.map { $0 * 3_600 } ?? local.hour * 3_600 + local.minute * 60 + local.second
        moment = zone.moment(ofLocal: date * 86_400 + time)
    }
}
