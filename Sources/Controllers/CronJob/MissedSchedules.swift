public import KubernetesModel

/// Which starts of a CronJob are due, and when to look at it again.
///
/// Upstream: `pkg/controller/cronjob/utils.go` (v1.36).
public struct MissedSchedules: Hashable, Sendable {
    public enum Count: String, Hashable, Sendable {
        case none, few, many
    }

    /// From when on starts count.
    public var earliest: CalendarTime
    /// The start to be made now; nil when none is due.
    public var mostRecent: CalendarTime?
    public var missed = Count.none
    /// What is wrong with a schedule that is well written but never comes up twice.
    public var fault: String?

    /// - Parameter deadline: how many seconds late a start may be; nil for any.
    public init(
        schedule: CronSchedule, created: CalendarTime, lastScheduled: CalendarTime?, deadline: Int64?,
        now: CalendarTime
    ) {
        earliest = lastScheduled ?? created
        if let deadline {
            var limit = now
            limit.unixSeconds -= min(deadline, 315_576_000_000)
            earliest = max(earliest, limit)
        }
        guard let first = schedule.next(after: earliest) else {
            fault = Self.tooShort
            return
        }
        if now < first { return }
        guard let second = schedule.next(after: first), second > first else {
            fault = Self.tooShort
            return
        }
        if now < second {
            mostRecent = first
            return
        }
        let interval = second.unixSeconds - first.unixSeconds
        // A rough count, from which the exact last one is found.
        let count = (now.unixSeconds - first.unixSeconds) / interval + 1
        var time = CalendarTime(unixSeconds: first.unixSeconds + (count - 2) * interval)
        while let next = schedule.next(after: time), next <= now {
            mostRecent = next
            time = next
        }
        missed = count > 100 ? .many : count > 0 ? .few : .none
    }

    /// The next start after those that are due or were missed; nil when the schedule never comes up again.
    public static func next(
        schedule: CronSchedule, created: CalendarTime, lastScheduled: CalendarTime?, now: CalendarTime
    ) -> CalendarTime? {
        let missed = MissedSchedules(
            schedule: schedule, created: created, lastScheduled: lastScheduled, deadline: nil, now: now)
        if missed.fault != nil { return schedule.next(after: now) }
        return schedule.next(after: missed.mostRecent ?? (missed.missed == .none ? missed.earliest : now))
    }

    private static let tooShort = "time difference between two schedules is less than 1 second"
}
