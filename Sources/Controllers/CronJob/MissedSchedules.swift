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

    /// A schedule that is well written but never comes up twice.
    public struct Invalid: Error {
        public let message = "time difference between two schedules is less than 1 second"
    }

    /// - Parameter deadline: how many seconds late a start may be; nil for any.
    public init(
        schedule: CronSchedule, created: CalendarTime, lastScheduled: CalendarTime?, deadline: Int64?,
        now: CalendarTime
    ) throws(Invalid) {
        earliest = lastScheduled ?? created
        if let deadline {
            var limit = now
            limit.unixSeconds -= deadline
            earliest = max(earliest, limit)
        }
        guard let first = schedule.next(after: earliest) else { throw Invalid() }
        if now < first { return }
        guard let second = schedule.next(after: first) else { throw Invalid() }
        if now < second {
            mostRecent = first
            return
        }
        let interval = second.unixSeconds - first.unixSeconds
        if interval < 1 { throw Invalid() }
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
        do throws(Invalid) {
            let missed = try MissedSchedules(
                schedule: schedule, created: created, lastScheduled: lastScheduled, deadline: nil, now: now)
            return schedule.next(
                after: missed.mostRecent ?? (missed.missed == .none ? missed.earliest : now))
        } catch {
            return schedule.next(after: now)
        }
    }
}
