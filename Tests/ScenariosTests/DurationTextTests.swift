import SimulationKernel
import Testing

@testable import Scenarios

@Suite("Durations in scenarios")
struct DurationTextTests {
    @Test(
        "Go's spelling and days are read",
        arguments: [
            ("5m30s", Int64(330_000_000_000)), ("300s", 300_000_000_000), ("30d", 2_592_000_000_000_000),
            ("1d12h", 129_600_000_000_000), ("1.5h", 5_400_000_000_000), ("250ms", 250_000_000),
            (".5s", 500_000_000),
            ("10us", 10_000), ("10µs", 10_000), ("7ns", 7), ("0", 0), ("0s", 0), ("-5s", -5_000_000_000),
        ])
    func reads(text: String, nanoseconds: Int64) {
        #expect(DurationText.parse(text) == .success(VirtualDuration(nanoseconds: nanoseconds)))
    }

    @Test(
        "what is no duration is refused with the reason",
        arguments: [
            ("", DurationText.Fault.empty), ("5", .noUnit), ("5x", .unknownUnit("x")), ("m", .notANumber),
            ("5 m", .unknownUnit(" m")), ("PT5M", .notANumber), ("1y", .unknownUnit("y")),
            ("999999999h", .outOfRange), ("99999999999999999999s", .outOfRange),
        ])
    func refuses(text: String, fault: DurationText.Fault) {
        #expect(DurationText.parse(text) == .failure(fault))
    }

    @Test("what is written reads back", arguments: ["30d", "5m30s", "36h0m0s", "1.5s", "250ms", "0s"])
    func writes(text: String) throws {
        let duration = try DurationText.parse(text).get()
        #expect(try DurationText.parse(DurationText.text(duration)).get() == duration)
    }
}
