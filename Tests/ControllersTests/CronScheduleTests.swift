import Controllers
import KubernetesModel
import Testing

@Suite("Cron schedules")
struct CronScheduleTests {
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
