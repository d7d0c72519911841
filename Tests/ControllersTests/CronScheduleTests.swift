import Controllers
import KubernetesModel
import TestSupport
import Testing

@Suite("Cron schedules")
struct CronScheduleTests {
    private static func time(_ value: JSONValue?) -> CalendarTime? {
        value?.stringValue.flatMap(CalendarTime.init(rfc3339:))
    }

    @Test(
        "vectors of the real library and controller",
        .enabled(
            if: SharedFiles.exists("conformance/controllers/cron.jsonl"),
            Comment(rawValue: SharedFiles.missing)))
    func vectors() throws {
        var agreed = 0
        for line in try SharedFiles.lines("conformance/controllers/cron.jsonl") {
            let vector = try JSONParser.parse(line)
            let id = vector["id"]?.stringValue ?? ""
            let differences =
                vector["op"] == "next" ? try next(vector) : try missed(vector)
            #expect(differences == nil, "\(id): \(differences ?? "")")
            if differences == nil { agreed += 1 }
        }
        #expect(agreed == 521)
    }

    private func next(_ vector: JSONValue) throws -> String? {
        let zone = vector["timeZone"]?.stringValue
        let schedule: CronSchedule
        do throws(CronFault) {
            schedule = try CronSchedule(
                vector["schedule"]?.stringValue ?? "", zone: zone?.isEmpty == true ? nil : zone)
        } catch {
            let expected = vector["error"]?.stringValue
            return expected == error.message ? nil : "expected \(expected ?? "none"), found \(error.message)"
        }
        var time = try #require(Self.time(vector["after"]))
        var found: [JSONValue] = []
        for _ in 0..<5 {
            guard let next = schedule.next(after: time) else { break }
            time = next
            found.append(.string(next.rfc3339))
        }
        let expected = (vector["next"]?.arrayValue ?? []).filter { !$0.isNull }
        return found == expected ? nil : "expected \(expected), found \(found)"
    }

    private func missed(_ vector: JSONValue) throws -> String? {
        let schedule = try CronSchedule(vector["schedule"]?.stringValue ?? "")
        let now = try #require(Self.time(vector["now"]))
        let created = try #require(Self.time(vector["created"]))
        let last = Self.time(vector["lastScheduleTime"])
        let missed = MissedSchedules(
            schedule: schedule, created: created, lastScheduled: last,
            deadline: vector["startingDeadlineSeconds"]?.integerValue, now: now)
        let next = MissedSchedules.next(
            schedule: schedule, created: created, lastScheduled: last, now: now)
        // Go's least duration stands for a moment that there is not.
        let wait = vector["requeueAfterSeconds"]?.doubleValue ?? 0
        let expectedNext = wait < -9e9 ? nil : now.unixSeconds + Int64(wait.rounded(.down))
        let expected: [String?] = [
            vector["earliest"]?.stringValue, vector["mostRecent"]?.stringValue, vector["missed"]?.stringValue,
            vector["error"]?.stringValue, expectedNext.map { String($0) },
        ]
        let found: [String?] = [
            missed.earliest.rfc3339, missed.mostRecent?.rfc3339, missed.missed.rawValue, missed.fault,
            next.map { String($0.unixSeconds) },
        ]
        return expected == found ? nil : "expected \(expected), found \(found)"
    }

    @Test("every zone that the API server takes has rules")
    func zones() throws {
        let noon = CalendarTime(unixSeconds: 1_800_014_400)
        for (zone, hour) in [
            ("Europe/Berlin", "11:00"), ("America/New_York", "17:00"), ("Asia/Kathmandu", "06:15"),
        ] {
            let next = try #require(try CronSchedule("0 12 * * *", zone: zone).next(after: noon))
            #expect(next.rfc3339.dropFirst(11).hasPrefix(hour), "\(zone) \(next.rfc3339)")
        }
        #expect(throws: CronFault(message: "provided bad location Mars/Base: unknown time zone Mars/Base")) {
            try CronSchedule("TZ=Mars/Base 0 12 * * *")
        }
    }
}
