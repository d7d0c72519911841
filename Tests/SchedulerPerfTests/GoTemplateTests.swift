import SimulationKernel
import Testing

@testable import SchedulerPerf

@Suite("Go templates")
struct GoTemplateTests {
    @Test(
        "actions give what Go's templates give",
        arguments: [
            ("a{{.Index}}b", "a7b"), ("{{ .Count }}", "20"), ("{{Mod .Index 4}}", "3"),
            ("{{ DivideInt 30000 .Count }}Mi", "1500Mi"), ("{{DivideFloat .Index 2}}", "3.5"),
            ("{{AddInt .Index 1 2}}", "10"), ("{{ .Index | Mod 15 }}", "1"),
            ("{{ MultiplyInt (AddInt .Index 1) 2 }}", "16"), ("{{SubtractInt .Index \"2\"}}", "5"),
            ("x {{- .Index -}} y", "x7y"), ("{{/* a comment */}}z", "z"),
            ("{{MultiplyFloat .Index 2}}", "14"),
        ])
    func actions(source: String, expected: String) throws {
        #expect(try GoTemplate(source).text(.init(index: 7, count: 20)) == expected)
    }

    @Test(
        "what cannot be carried out is refused",
        arguments: [
            "{{.Index", "{{range .Index}}", "{{Foo .Index}}", "{{.Name}}", "{{Mod .Index 0}}", "{{}}",
            "{{Mod .Index}}", "{{DivideInt 1 0}}", "{{(AddInt 1 2}}",
        ])
    func refusals(source: String) {
        #expect(throws: GoTemplate.Failure.self) {
            try GoTemplate(source).text(.init(index: 0, count: 1))
        }
    }

    @Test(
        "durations are read as Go writes them",
        arguments: [("10s", 10_000), ("1m30s", 90_000), ("1.5s", 1_500), ("250ms", 250), ("0", 0)])
    func durations(text: String, milliseconds: Int64) {
        #expect(GoDuration.parse(text) == .milliseconds(milliseconds))
    }

    @Test("texts that are no durations", arguments: ["", "10", "s", "1x", "-1s"])
    func badDurations(text: String) { #expect(GoDuration.parse(text) == nil) }
}
