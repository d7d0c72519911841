public import ControlPlane
import KubernetesModel
public import SimulationKernel
public import Telemetry

/// The timeline as people read it: like lines of one moment in one, details left to `timeline.jsonl`.
public struct Story: Sendable {
    public struct Line: Sendable {
        public var time: VirtualTime
        /// When the last of several like lines came.
        public var lastTime: VirtualTime
        public var category: JournalEntry.Category
        public var subject: String
        public var message: String
        public var cause: String
        public var isWarning: Bool
        /// How many lines of the timeline are in this one.
        public var count = 1
    }

    /// Lines that may be told as one.
    private struct GroupKey: Hashable {
        var reason: String
        var family: String
        var cause: String
    }
    private struct Group {
        var lines: [Int]
        var last: VirtualTime
        var family: String
        /// Groups of at most so many are told line by line.
        var limit: Int
    }
    /// What is known of a pod that is not ready yet.
    private struct StartUp {
        var created: VirtualTime?
        var pulled = ""
    }

    private var all: [Line] = []
    private var groups: [Group] = []
    /// The group that a new line of a kind may still join.
    private var open: [GroupKey: Int] = [:]
    /// The group in which a warning about an object was told first: repeats join it whenever they come.
    private var repeats: [GroupKey: Int] = [:]
    private var startUps: [String: StartUp] = [:]
    /// Lines of the timeline that the story leaves out.
    public private(set) var omitted = 0
    private let isFull: Bool

    /// Lines of one kind that come within this span of each other are told as one.
    private static let span = VirtualDuration.seconds(2)

    /// Steps of a container's start; the line that says that the pod is ready sums them up.
    private static let details: Set<String> = [
        "Pulling", "Pulled", "Created", "Started", "SuccessfulCreate", "SuccessfulDelete", "Killing",
        "ExternalProvisioning", "Provisioning", "ProvisioningSucceeded", "SuccessfulAttachVolume",
        "WaitForFirstConsumer", "RegisteredNode", "TaintAdded", "TaintRemoved", "NodeHasSufficientMemory",
        "NodeHasNoDiskPressure", "NodeHasSufficientPID", "Provisioned",
    ]

    /// - Parameter isFull: tells every line by itself.
    public init(isFull: Bool = false) { self.isFull = isFull }

    /// The story's lines, in the order of time.
    public var lines: [Line] {
        if isFull { return all }
        var merged = all
        var isHidden = [Bool](repeating: false, count: all.count)
        for group in groups where group.lines.count > group.limit {
            let first = group.lines[0]
            merged[first].count = group.lines.count
            let isOne = !group.lines.contains { all[$0].subject != all[first].subject }
            merged[first].subject = "\(isOne ? all[first].subject : group.family) ×\(group.lines.count)"
            if merged[first].category == .scheduling && !merged[first].isWarning {
                merged[first].message = "scheduled; --timeline full tells where and why"
            }
            merged[first].lastTime = all[group.lines.last ?? first].time
            if group.lines.contains(where: { all[$0].cause != all[first].cause }) { merged[first].cause = "" }
            for index in group.lines.dropFirst() { isHidden[index] = true }
        }
        return merged.indices.filter { !isHidden[$0] }.map { merged[$0] }
    }

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
            if let created = start.created {
                facts.append("\(Self.short(record.time - created)) after its creation")
            }
            if !start.pulled.isEmpty { facts.append(start.pulled) }
            if !facts.isEmpty {
                message += (start.created == nil ? ", " : " ") + facts.joined(separator: ", ")
            }
        }
        let key = groupKey(record)
        let own = GroupKey(reason: record.reason, family: record.subject, cause: "")
        if record.isWarning, record.kind == .pod, let group = repeats[own] {
            groups[group].lines.append(all.count)
        } else if let group = open[key], record.time - groups[group].last <= Self.span {
            groups[group].lines.append(all.count)
            groups[group].last = record.time
        } else {
            open[key] = groups.count
            groups.append(
                Group(lines: [all.count], last: record.time, family: key.family, limit: Self.limit(record)))
        }
        if record.isWarning, record.kind == .pod, let group = open[key] {
            repeats[own] = repeats[own] ?? group
        }
        append(record, message: message)
    }

    /// Decisions are told one by one unless they are many; the rest is told together from two lines on.
    private static func limit(_ record: TimelineRecord) -> Int {
        switch record.category {
        case .scheduling where record.isWarning: 1
        case .scheduling, .eviction, .volume: 6
        case .failure: 10
        default: record.reason == "Ready" ? 4 : 1
        }
    }

    private func groupKey(_ record: TimelineRecord) -> GroupKey {
        if record.reason == "Command" {
            return GroupKey(reason: record.message, family: "objects", cause: "")
        }
        // Pods of one family are alike though their messages name addresses and other things of their own.
        return GroupKey(
            reason: record.kind == .pod ? record.reason : record.reason + record.message,
            family: family(record),
            cause: record.reason == "PodCreated" ? record.cause : "")
    }

    private mutating func append(_ record: TimelineRecord, message: String) {
        all.append(
            Line(
                time: record.time, lastTime: record.time, category: record.category, subject: record.subject,
                message: message, cause: record.cause, isWarning: record.isWarning))
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
        let words = message.split(separator: " ")
        guard let place = words.lastIndex(of: "in"), place + 1 < words.count else { return "image was there" }
        return "image pulled in \(words[place + 1])"
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
