import Controllers
import KubernetesModel
import OrderedCollections

/// Cron schedules: next times and missed ones.
enum CronTable {
    static func run(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        switch vector["op"]?.stringValue {
        case "next": next(vector, &tally)
        case "missed": missed(vector, &tally)
        default: tally.check(false, "op: expected next or missed")
        }
    }

    private static func time(_ value: JSONValue?) -> CalendarTime? {
        value?.stringValue.flatMap(CalendarTime.init(rfc3339:))
    }

    private static func next(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        let zone = vector["timeZone"]?.stringValue ?? ""
        let schedule: CronSchedule
        do throws(CronFault) {
            schedule = try CronSchedule(
                vector["schedule"]?.stringValue ?? "", zone: zone.isEmpty ? nil : zone)
        } catch {
            return tally.check("error", vector["error"], .string(error.message))
        }
        tally.check("error", vector["error"], nil)
        guard var time = time(vector["after"]) else { return tally.check(false, "after: expected a time") }
        let expected = vector["next"]?.arrayValue ?? []
        for index in 0..<max(5, expected.count) {
            let found = schedule.next(after: time)
            let wanted = index < expected.count && !expected[index].isNull ? expected[index] : nil
            tally.check("next[\(index)]", wanted, found.map { .string($0.rfc3339) })
            guard let found else { break }
            time = found
        }
    }

    private static func missed(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        guard let now = time(vector["now"]), let created = time(vector["created"]),
            let schedule = try? CronSchedule(vector["schedule"]?.stringValue ?? "")
        else { return tally.check(false, "now, created: expected times; schedule: expected a schedule") }
        let last = time(vector["lastScheduleTime"])
        let missed = MissedSchedules(
            schedule: schedule, created: created, lastScheduled: last,
            deadline: vector["startingDeadlineSeconds"]?.integerValue, now: now)
        let next = MissedSchedules.next(
            schedule: schedule, created: created, lastScheduled: last, now: now)
        tally.check("earliest", vector["earliest"], .string(missed.earliest.rfc3339))
        tally.check("mostRecent", vector["mostRecent"], missed.mostRecent.map { .string($0.rfc3339) })
        tally.check("missed", vector["missed"], .string(missed.missed.rawValue))
        tally.check("error", vector["error"], missed.fault.map { .string($0) })
        // Go's least duration stands for a moment that there is not; upstream adds 100 ms on purpose.
        let wait = vector["requeueAfterSeconds"]?.doubleValue ?? 0
        let expected = wait < -9e9 ? nil : now.unixSeconds + Int64(wait.rounded(.down))
        tally.check(
            expected == next?.unixSeconds,
            "requeueAfterSeconds: expected \(wait), found \(next.map { "\($0.unixSeconds - now.unixSeconds)" } ?? "never")"
        )
    }
}

/// When the taint eviction controller deletes a pod.
enum TaintTable {
    private static let epoch = CalendarTime(unixSeconds: 0)

    static func run(_ vector: JSONValue, _ tally: inout ComparisonTally) {
        let taints = (vector["taints"]?.arrayValue ?? []).map {
            Taint(fields: $0.objectValue ?? [:], epoch: epoch)
        }
        let tolerations = Self.tolerations(vector["tolerations"])
        let matching = TaintTolerance.matching(tolerations, for: taints)
        tally.check("allTolerated", vector["allTolerated"], .bool(matching != nil))
        let used = Self.tolerations(vector["usedTolerations"])
        tally.check(
            matching ?? [] == used,
            "usedTolerations: expected \(JSONValue.shown(vector["usedTolerations"])), found others")
        var found: JSONValue?
        switch TaintTolerance(of: tolerations, for: taints) {
        case .notTolerated: found = matching == nil ? vector["evictAfterSeconds"] : "not tolerated"
        case .seconds(let seconds): found = .integer(seconds)
        case .forever: found = nil
        }
        tally.check("evictAfterSeconds", vector["evictAfterSeconds"], found)
    }

    private static func tolerations(_ value: JSONValue?) -> [Toleration] {
        (value?.arrayValue ?? []).map { Toleration(fields: $0.objectValue ?? [:], epoch: epoch) }
    }
}
