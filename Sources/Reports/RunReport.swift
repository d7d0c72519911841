import ControlPlane
import KubernetesModel
public import Scenarios
public import Simulation
import SimulationKernel
import Telemetry

/// A run's report as text: what was simulated, what happened, what held, and the figures.
public struct RunReport {
    public var style: TextStyle
    /// Columns of the terminal; longer lines are not cut, only shaped.
    public var width: Int

    public init(style: TextStyle, width: Int = 110) {
        self.style = style
        self.width = width
    }

    public func header(_ summary: RunSummary) -> String {
        let zones = summary.zones == 1 ? "1 zone" : "\(summary.zones) zones"
        let nodes = summary.nodes == 1 ? "1 node" : "\(summary.nodes) nodes"
        let objects = summary.objects == 1 ? "1 object" : "\(summary.objects) objects"
        return """
            \(style.bold("simk run")) \(summary.file)
              \(summary.scenario): \(nodes) in \(zones), \(objects), seed \(summary.seed), duration \
            \(Self.duration(summary.duration))

            """
    }

    /// The lines of the story, at most `limit` of them; what is left out is said.
    public func timeline(_ story: Story, limit: Int) -> String {
        var text = style.bold("Timeline") + style.faint("  (virtual time; causes in parentheses)") + "\n"
        let lines = story.lines
        let shown = lines.prefix(limit)
        let column = shown.map { Self.time($0.time).count }.max() ?? 0
        let subjects = min(44, shown.map(\.subject.count).max() ?? 0)
        for line in shown {
            let time = Self.time(line.time)
            let subject = line.subject.padded(to: subjects)
            let message = line.isWarning ? style.yellow(line.message) : paint(line.message, line.category)
            text += "  " + style.faint(time.padded(left: column)) + "  " + subject + "  " + message
            if line.lastTime - line.time >= .milliseconds(100) {
                text += style.faint(", the last at \(Self.time(line.lastTime))")
            }
            if !line.cause.isEmpty { text += style.faint("  (\(line.cause))") }
            text += "\n"
        }
        let more = lines.count - shown.count
        if more > 0 {
            text += style.faint(
                "  … and \(more) more lines: all are in timeline.jsonl; --timeline-lines N prints more\n")
        }
        if story.omitted > 0 {
            text += style.faint(
                "  (\(story.omitted) steps of starting and stopping left out; --timeline full tells them)\n")
        }
        return text
    }

    private func paint(_ text: String, _ category: JournalEntry.Category) -> String {
        switch category {
        case .failure: style.red(text)
        case .eviction: style.yellow(text)
        case .scheduling: style.cyan(text)
        case .scenario: style.blue(text)
        default: text
        }
    }

    /// The manifests that the API server refused at the start; empty when there are none.
    public func refusedManifests(_ refused: [RunSummary.RefusedManifest]) -> String {
        guard !refused.isEmpty else { return "" }
        var text = style.bold("Refused manifests") + "\n"
        for manifest in refused {
            text += "  " + style.red("REFUSED") + "  \(manifest.object)"
            text += style.faint(" at \(Self.time(manifest.time))") + "\n"
            text += "           \(manifest.file):\(manifest.place)\n"
            for line in manifest.message.split(separator: "\n") { text += "           \(line)\n" }
        }
        return text
    }

    public func expectations(_ results: [ExpectationResult]) -> String {
        guard !results.isEmpty else { return "" }
        var text = style.bold("Expectations") + "\n"
        for result in results {
            let mark: String
            switch result.verdict {
            case .held: mark = style.green("held  ")
            case .failed: mark = style.red("FAILED")
            default: mark = style.yellow(result.verdict.rawValue.padded(to: 6))
            }
            text += "  \(mark)  \(result.name)"
            if let time = result.time { text += style.faint(" at \(Self.time(time))") }
            text += "\n"
            if result.verdict != .held { text += "          \(result.text)\n" }
            if !result.state.isEmpty && result.verdict != .held {
                text += "          it was: \(result.state)\n"
            }
            if let warning = result.warning {
                text += "          " + style.yellow("warning: \(warning)") + "\n"
            }
        }
        return text
    }

    /// What was broken of what must always hold; empty when nothing was.
    public func invariants(_ violations: [InvariantViolation]) -> String {
        guard !violations.isEmpty else { return "" }
        var text = style.bold("Invariants") + "\n"
        for violation in violations {
            text += "  \(style.red("BROKEN"))  \(violation.invariant.rawValue): \(violation.subject)"
            text += style.faint(" at \(Self.time(violation.time))") + "\n"
            text += "          \(violation.invariant.meaning)\n"
            text += "          it was: \(violation.message)\n"
            if !violation.cause.isEmpty { text += "          by: \(violation.cause)\n" }
        }
        return text
    }

    public func summary(_ summary: RunSummary, folder: String?) -> String {
        var rows: [(String, String)] = []
        let speed = summary.wallSeconds > 0 ? summary.virtualTime.fractionalSeconds / summary.wallSeconds : 0
        rows.append(
            (
                "time",
                "\(Self.duration(summary.virtualTime)) of virtual time in \(Self.seconds(summary.wallSeconds)) s"
                    + (speed >= 1 ? " (\(Self.grouped(Int(speed))) times real time)" : "")
            ))
        rows.append(("events", Self.grouped(summary.events)))
        rows.append(("API calls", Self.grouped(summary.apiCalls)))
        rows.append(
            (
                "pods",
                "\(Self.grouped(summary.podsCreated)) created, \(Self.grouped(summary.podsScheduled)) scheduled, "
                    + "\(Self.grouped(summary.podsLost)) lost with their node, "
                    + "\(Self.grouped(summary.containerRestarts)) container restarts"
            ))
        for text in Self.unavailable(summary.workloads) { rows.append(("unavailable", text)) }
        if !summary.deadlines.isEmpty { rows.append(("deadlines", Self.text(summary.deadlines))) }
        rows.append(("digest", summary.digest))
        if let folder { rows.append(("run folder", folder)) }
        let column = rows.map(\.0.count).max() ?? 0
        var text = style.bold(summary.isInterrupted ? "Summary (interrupted)" : "Summary") + "\n"
        var last = ""
        for (name, value) in rows {
            text += "  " + (name == last ? "" : name).padded(to: column) + "  " + value + "\n"
            last = name
        }
        return text
    }

    /// A line a workload, in their order; of many only the worst, and what is left out.
    private static func unavailable(_ figures: [RunSummary.WorkloadFigure]) -> [String] {
        let shown: Set<Int>
        if figures.count <= shownWorkloads {
            shown = Set(figures.indices)
        } else {
            let worst = figures.indices.sorted {
                (figures[$1].unavailablePodSeconds, $0) < (figures[$0].unavailablePodSeconds, $1)
            }
            shown = Set(worst.prefix(shownWorkloads))
        }
        var lines = figures.indices.filter(shown.contains).map { index in
            let id = figures[index].id
            return "\(id.kind.name.lowercased())/\(id.key.name): "
                + "\(seconds(figures[index].unavailablePodSeconds)) pod-seconds"
        }
        if lines.count < figures.count {
            let rest = figures.indices.filter { !shown.contains($0) }
                .reduce(0) { $0 + figures[$1].unavailablePodSeconds }
            lines.append(
                "\(grouped(figures.count - lines.count)) more workloads: \(seconds(rest)) pod-seconds "
                    + "(all are in run.json)")
        }
        return lines
    }

    private static let shownWorkloads = 12

    /// `4 met, 2 missed by 93.2 s in all, the most default/report by 71.0 s`.
    private static func text(_ figures: DeadlineFigures) -> String {
        var text = "\(grouped(figures.met)) met, \(grouped(figures.missed)) missed"
        if let latest = figures.latest {
            text += " by \(seconds(figures.totalTardinessSeconds)) s in all, the most \(latest.pod) by "
            text += "\(seconds(latest.tardiness.fractionalSeconds)) s"
            if !latest.isFinished { text += " and more" }
        }
        if figures.withdrawn > 0 { text += ", \(grouped(figures.withdrawn)) withdrawn" }
        if figures.pending > 0 { text += ", \(grouped(figures.pending)) to come" }
        return text
    }

    // MARK: Figures

    /// Virtual time with milliseconds: `5m50.012s`.
    static func time(_ time: VirtualTime) -> String {
        let milliseconds = (time.nanoseconds + 500_000) / 1_000_000
        let whole = Int(milliseconds % 60_000) / 1_000
        let fraction = String(Int(milliseconds) % 1_000)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        let minutes = milliseconds / 60_000
        if minutes == 0 { return "\(whole).\(padded)s" }
        let two = whole < 10 ? "0\(whole)" : "\(whole)"
        if minutes < 60 { return "\(minutes)m\(two).\(padded)s" }
        let hours = minutes / 60
        let restMinutes = minutes % 60 < 10 ? "0\(minutes % 60)" : "\(minutes % 60)"
        return "\(hours)h\(restMinutes)m\(two).\(padded)s"
    }

    /// A duration without needless parts: `20m`, `30d`.
    static func duration(_ duration: VirtualDuration) -> String {
        let seconds = duration.wholeSeconds
        guard duration == .seconds(seconds), seconds > 0 else { return duration.description }
        var text = ""
        var rest = seconds
        for (unit, length) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60), ("s", 1)] where rest >= length {
            text += "\(rest / length)\(unit)"
            rest %= length
        }
        return text
    }

    /// At most three places behind the point.
    static func seconds(_ value: Double) -> String {
        let thousandths = Int((value * 1_000).rounded())
        let fraction = String(thousandths % 1_000)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        return "\(grouped(thousandths / 1_000)).\(padded)"
    }

    static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        return (value < 0 ? "-" : "") + groups.joined(separator: ",")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func padded(left width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
