import Foundation
public import ControlPlane
import KubernetesModel
public import SimulationKernel
public import Telemetry

/// The timeline as people read it: like lines of one moment in one, details left to `timeline.jsonl`.
public struct Story: Sendable {
    public struct Line: Sendable {
        public var time: VirtualTime
        public var category: JournalEntry.Category
        public var subject: String
        public var message: String
        public var cause: String
        public var isWarning: Bool
        /// How many lines of the timeline are in this one.
        public var count = 1
    }

    public private(set) var lines: [Line] = []
    /// Lines of the timeline that the story leaves out.
    public private(set) var omitted = 0
    private let isFull: Bool

    private struct GroupKey: Hashable {
        var reason: String
        var family: String
        var cause: String
        var message: String
    }
    private struct Group {
        var line: Int
        var last: VirtualTime
    }
    private var groups: [GroupKey: Group] = [:]
    /// What is known of a pod that is not ready yet.
    private struct StartUp {
        var created: VirtualTime?
        var pulled = ""
    }
    private var startUps: [String: StartUp] = [:]

    /// Lines of one kind that come within this span of each other are told as one.
    private static let span = VirtualDuration.seconds(1)

    /// Steps of a container's start; the line that says that the pod is ready sums them up.
    private static let details: Set<String> = [
        "Pulling", "Pulled", "Created", "Started", "SuccessfulCreate", "SuccessfulDelete", "Killing",
        "ExternalProvisioning", "Provisioning", "ProvisioningSucceeded", "SuccessfulAttachVolume",
        "WaitForFirstConsumer", "RegisteredNode", "TaintAdded", "TaintRemoved", "NodeHasSufficientMemory",
        "NodeHasNoDiskPressure", "NodeHasSufficientPID",
    ]

    /// - Parameter isFull: tells every line by itself.
    public init(isFull: Bool = false) { self.isFull = isFull }

    public mutating func add(_ record: TimelineRecord) {
        if isFull { return append(record, message: record.message) }
        remember(record)
        if Self.details.contains(record.reason) && !record.isWarning {
            omitted += 1
            return
        }
        var message = record.message
        if record.reason == "Ready", let start = startUps.removeValue(forKey: record.subject) {
            var facts: [String] = []
            if let created = start.created { facts.append("\(Self.short(record.time - created)) after its creation") }
            if !start.pulled.isEmpty { facts.append(start.pulled) }
            if !facts.isEmpty { message += " " + facts.joined(separator: ", ") }
        }
        let key = GroupKey(
            reason: record.reason, family: family(record),
            cause: record.reason == "Ready" || record.reason == "Gone" ? "" : record.cause,
            message: record.reason == "Ready" ? "" : record.message)
        if let group = groups[key], record.time - group.last <= Self.span {
            lines[group.line].count += 1
            lines[group.line].subject = "\(family(record)) ×\(lines[group.line].count)"
            if lines[group.line].cause != record.cause { lines[group.line].cause = "" }
            groups[key]?.last = record.time
            return
        }
        groups[key] = Group(line: lines.count, last: record.time)
        append(record, message: message)
    }

    private mutating func append(_ record: TimelineRecord, message: String) {
        lines.append(
            Line(
                time: record.time, category: record.category, subject: record.subject, message: message,
                cause: record.cause, isWarning: record.isWarning))
    }

    private mutating func remember(_ record: TimelineRecord) {
        guard record.kind == .pod else { return }
        switch record.reason {
        case "PodCreated": startUps[record.subject] = StartUp(created: record.time)
        case "Pulled": startUps[record.subject, default: StartUp()].pulled = Self.pullTime(record.message)
        case "Gone": startUps.removeValue(forKey: record.subject)
        default: break
        }
    }

    /// `image pulled in 1.9s`, out of the kubelet's message.
    private static func pullTime(_ message: String) -> String {
        guard let range = message.range(of: " in ") else { return "image was there" }
        let rest = message[range.upperBound...]
        return "image pulled in \(rest.prefix { $0 != " " })"
    }

    /// Objects that differ in the last part of their name only are one family.
    private func family(_ record: TimelineRecord) -> String {
        let subject = record.subject
        guard record.kind == .pod || record.kind == .node, let dash = subject.lastIndex(of: "-") else {
            return subject
        }
        return subject[..<dash] + "-*"
    }

    /// Three significant places are enough for a reader.
    static func short(_ duration: VirtualDuration) -> String {
        let milliseconds = (duration.nanoseconds + 500_000) / 1_000_000
        return VirtualDuration.milliseconds(
            duration >= .seconds(10) ? (milliseconds + 50) / 100 * 100 : milliseconds
        ).description
    }
}
