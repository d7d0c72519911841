import ControlPlane
import KubernetesModel
import Reports
import SimulationKernel
import Telemetry
import Testing

@Suite("Story")
struct StoryTests {
    private func record(
        _ second: Double, _ name: String, _ reason: String, _ message: String, cause: String = "",
        kind: ObjectKind = .pod, category: JournalEntry.Category = .pod, warning: Bool = false
    ) -> TimelineRecord {
        TimelineRecord(
            number: 0, time: .start + VirtualDuration(fractionalSeconds: second), category: category,
            kind: kind,
            key: ObjectKey(namespace: "default", name: name), reason: reason, message: message, cause: cause,
            isWarning: warning)
    }

    @Test("like lines of one moment are one, with their number; later ones are told anew")
    func groups() {
        var story = Story()
        for number in 1...3 {
            story.add(record(1, "web-\(number)", "PodCreated", "created", cause: "replicaset/web"))
        }
        story.add(record(60, "web-4", "PodCreated", "created", cause: "replicaset/web"))
        #expect(story.lines.map(\.subject) == ["pod/web-* ×3", "pod/web-4"])
        #expect(story.lines.map(\.count) == [3, 1])
        #expect(story.lines[0].cause == "replicaset/web")
    }

    @Test("a full story tells every line by itself")
    func full() {
        var story = Story(isFull: true)
        for number in 1...3 { story.add(record(1, "web-\(number)", "Pulled", "pulled")) }
        #expect(story.lines.count == 3)
        #expect(story.omitted == 0)
    }

    @Test("steps of a start are left out and counted, and the line that says ready sums them up")
    func startUp() {
        var story = Story()
        story.add(record(1, "web-1", "PodCreated", "created"))
        story.add(record(2, "web-1", "Pulling", "Pulling image"))
        story.add(
            record(3, "web-1", "Pulled", "Successfully pulled image \"x\" in 1.2s (1.2s including waiting)."))
        story.add(record(4.5, "web-1", "Ready", "ready"))
        #expect(
            story.lines.map(\.message) == ["created", "ready 3.5s after its creation, image pulled in 1.2s"])
        #expect(story.omitted == 2)
    }

    @Test("a warning that keeps coming is one line with its number and its last time")
    func repeats() {
        var story = Story()
        for minute in 0..<30 {
            story.add(record(Double(minute) * 60, "web-1", "BackOff", "Back-off", warning: true))
        }
        #expect(story.lines.count == 1)
        #expect(story.lines[0].subject == "pod/web-1 ×30")
        #expect(story.lines[0].lastTime == .start + .minutes(29))
    }

    @Test("a few decisions are told one by one, many together")
    func decisions() {
        for (count, lines) in [(6, 6), (7, 1)] {
            var story = Story()
            for number in 0..<count {
                story.add(
                    record(1, "web-\(number)", "Scheduled", "scheduled on n\(number)", category: .scheduling))
            }
            #expect(story.lines.count == lines)
        }
    }
}
