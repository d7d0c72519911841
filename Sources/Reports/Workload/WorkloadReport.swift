public import KubernetesModel
import OrderedCollections
public import Simulation
import SimulationKernel
import Stochastics
public import Workloads

/// The figures of a workload as text, as JSON and as tables: `docs/reference/replay.md` defines each.
public struct WorkloadReport: Sendable {
    public let figures: WorkloadFigures
    /// Of what came from outside; nil where all pods are the scenario's own.
    public let counts: WorkloadCounts?
    public let tally: TraceTally?
    /// Records of the trace that were read and came to nothing, by what they are.
    public let unused: [TraceTally.PassedOver]

    public init(
        _ figures: WorkloadFigures, counts: WorkloadCounts? = nil, tally: TraceTally? = nil,
        unused: [TraceTally.PassedOver] = []
    ) {
        self.figures = figures
        self.counts = counts
        self.tally = tally
        self.unused = unused
    }

    /// How many of the scheduler's last words are told.
    static let shownVerdicts = 3

    /// The points of a distribution that are told.
    static let points: [(name: String, p: Double)] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]

    // MARK: Text

    public func text(_ style: TextStyle) -> String {
        var rows: [(String, String)] = []
        if let tally {
            var text = "\(RunReport.grouped(tally.rows)) rows read"
            if tally.badRows > 0 { text += ", \(RunReport.grouped(tally.badRows)) could not be used" }
            if tally.leftOut > 0 {
                text += "; \(RunReport.grouped(tally.leftOut)) records left out by window or sample"
            }
            for passed in tally.passedOver {
                text += "; \(RunReport.grouped(passed.count)) passed over: \(passed.reason)"
            }
            rows.append(("trace", text))
            for row in tally.firstBadRows { rows.append(("", row.description)) }
            for left in unused {
                rows.append(("", "\(RunReport.grouped(left.count)) records not replayed: \(left.reason)"))
            }
        }
        if let counts {
            var text = "\(RunReport.grouped(counts.arrived)) pods have arrived"
            if !counts.isExhausted { text += ", and more would have come after the run's end" }
            if counts.heldBack > 0 {
                text += "; \(RunReport.grouped(counts.heldBack)) waited for others"
                if counts.waitingForOthers > 0 {
                    text += ", \(RunReport.grouped(counts.waitingForOthers)) still do"
                }
            }
            if counts.rejected > 0 {
                text += "; \(RunReport.grouped(counts.rejected)) rejected, first \(counts.firstRejection)"
            }
            rows.append(("arrivals", text))
        }
        rows.append(("pods", podText))
        rows += verdictRows
        rows.append(("queueing delay", Self.text(SampleQuantiles(figures.queueingDelays), " s")))
        rows.append(("slowdown", Self.text(SampleQuantiles(figures.slowdowns), "")))
        if let makespan = figures.makespanSeconds {
            rows.append(("makespan", "\(RunReport.seconds(makespan)) s"))
        }
        for resource in figures.resources where resource.allocatable > 0 && resource.allocated > 0 {
            rows.append((resource.name, Self.text(resource)))
        }
        if figures.preemptions > 0 { rows.append(("preemptions", RunReport.grouped(figures.preemptions))) }
        if figures.jainIndex == nil && figures.users.count > 1 {
            rows.append(("fairness", "Jain's index is undefined: no user received anything"))
        }
        if let jain = figures.jainIndex {
            var text = "Jain's index \(Self.short(jain)) over \(figures.users.count) users"
            if let distance = figures.shareDistance { text += ", share distance \(Self.short(distance))" }
            rows.append(("fairness", text))
        }
        if figures.imageBytes > 0 || figures.dataBytes > 0 {
            rows.append(
                (
                    "bytes moved",
                    "\(Self.bytes(figures.imageBytes)) of images, \(Self.bytes(figures.dataBytes)) of data"
                ))
        }
        if let cost = figures.clusterCost, let used = figures.usedNodesCost {
            rows.append(
                ("cost", "\(Self.short(cost)), of it \(Self.short(used)) for nodes with pods on them"))
        }
        for check in figures.checks where !check.holds {
            rows.append(
                (
                    "INTERNAL ERROR",
                    "Little's law does not hold for \(check.name) pods: the figures above are wrong. "
                        + "Integral \(check.integral), sum \(check.sum) pod-nanoseconds"
                ))
        }
        let column = rows.map(\.0.count).max() ?? 0
        var text = style.bold("Workload") + "\n"
        for (name, value) in rows { text += "  " + name.padded(to: column) + "  " + value + "\n" }
        return text
    }

    /// Why pods were never scheduled: the scheduler's commonest last words.
    private var verdictRows: [(String, String)] {
        var rows: [(String, String)] = []
        for verdict in figures.verdicts.prefix(Self.shownVerdicts) {
            let label = rows.isEmpty ? "never scheduled" : ""
            rows.append((label, "\(RunReport.grouped(verdict.pods)): \(verdict.message)"))
        }
        let rest = figures.verdicts.dropFirst(Self.shownVerdicts).reduce(0) { $0 + $1.pods }
        if rest > 0 { rows.append(("", "\(RunReport.grouped(rest)): for other reasons")) }
        return rows
    }

    private var podText: String {
        let grouped = RunReport.grouped
        var text =
            "\(grouped(figures.created)) created, \(grouped(figures.scheduled)) scheduled, "
            + "\(grouped(figures.succeeded)) succeeded, \(grouped(figures.failed)) failed, "
            + "\(grouped(figures.neverScheduled)) never scheduled"
        if figures.stillWaiting > 0 { text += " (\(grouped(figures.stillWaiting)) still waiting)" }
        if figures.stillPlaced > 0 { text += ", \(grouped(figures.stillPlaced)) still on nodes" }
        if figures.refusedByNodes > 0 { text += ", \(grouped(figures.refusedByNodes)) turned away by nodes" }
        return text
    }

    private static func text(_ sample: SampleQuantiles, _ unit: String) -> String {
        guard let mean = MeanAccumulator(sample.values).mean else { return "of no pod" }
        var text = "mean \(short(mean))\(unit)"
        for point in points {
            if let value = sample.quantile(point.p) { text += ", \(point.name) \(short(value))\(unit)" }
        }
        if let largest = sample.maximum { text += ", max \(short(largest))\(unit)" }
        return text
    }

    private static func text(_ resource: WorkloadFigures.Resource) -> String {
        var text = "\(percent(resource.allocatedShare ?? 0)) allocated on average, "
        text += "\(percent(resource.peakShare)) at most"
        if let used = resource.usedShare { text += ", \(percent(used)) used" }
        if let fragmentation = resource.fragmentation {
            text += "; \(percent(fragmentation)) of what is free is of no use to the typical pod"
        }
        return text
    }

    // MARK: Numbers

    static func percent(_ share: Double) -> String { "\(decimal(share * 100, 1)) %" }

    static func bytes(_ count: Double) -> String {
        var value = count
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if value < 1_000 { return "\(decimal(value, unit == "B" ? 0 : 1)) \(unit)" }
            value /= 1_000
        }
        return "\(decimal(value, 1)) PB"
    }

    /// A number with about four significant digits.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let size = value.magnitude
        let places = size >= 1_000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4
        return decimal(value, places)
    }

    /// A number rounded to places behind the point, in the same way everywhere.
    static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 1e18 else { return "\(value)" }
        let whole = Int(scaled)
        let sign = value < 0 && whole > 0 ? "-" : ""
        if places == 0 { return sign + RunReport.grouped(whole) }
        let unit = Int(scale)
        let digits = String(whole % unit)
        return sign + RunReport.grouped(whole / unit) + "."
            + String(repeating: "0", count: places - digits.count) + digits
    }

    // MARK: JSON

    public var json: JSONValue {
        var members: JSONObject = [
            "pods": podsJSON,
            "queueingDelaySeconds": Self.json(SampleQuantiles(figures.queueingDelays)),
            "slowdown": Self.json(SampleQuantiles(figures.slowdowns)),
            "makespanSeconds": Self.number(figures.makespanSeconds),
            "preemptions": .integer(Int64(figures.preemptions)),
            "resources": .array(figures.resources.map(Self.json)),
            "fairness": [
                "users": .integer(Int64(figures.users.count)), "jainIndex": Self.number(figures.jainIndex),
                "shareDistance": Self.number(figures.shareDistance),
            ],
            "bytesMoved": [
                "images": .number(figures.imageBytes), "data": .number(figures.dataBytes),
            ],
            "cost": [
                "cluster": Self.number(figures.clusterCost), "usedNodes": Self.number(figures.usedNodesCost),
            ],
            "littlesLaw": .bool(figures.isConsistent),
        ]
        if let counts { members["arrivals"] = Self.json(counts) }
        if let tally { members["trace"] = json(tally) }
        return .object(members)
    }

    private var podsJSON: JSONValue {
        let pairs: [(String, Int)] = [
            ("created", figures.created), ("scheduled", figures.scheduled), ("succeeded", figures.succeeded),
            ("failed", figures.failed), ("neverScheduled", figures.neverScheduled),
            ("stillWaiting", figures.stillWaiting), ("stillPlaced", figures.stillPlaced),
            ("refusedByNodes", figures.refusedByNodes),
        ]
        var members: JSONObject = [:]
        for (name, count) in pairs { members[name] = .integer(Int64(count)) }
        members["neverScheduledReasons"] = .array(
            figures.verdicts.prefix(Self.shownVerdicts).map { verdict in
                ["message": .string(verdict.message), "pods": .integer(Int64(verdict.pods))]
            })
        return .object(members)
    }

    static func number(_ value: Double?) -> JSONValue { value.map { JSONValue.number($0) } ?? .null }

    private static func json(_ sample: SampleQuantiles) -> JSONValue {
        var members: JSONObject = [
            "count": .integer(Int64(sample.values.count)),
            "mean": number(MeanAccumulator(sample.values).mean),
        ]
        for point in points { members[point.name] = number(sample.quantile(point.p)) }
        members["max"] = number(sample.maximum)
        return .object(members)
    }

    private static func json(_ resource: WorkloadFigures.Resource) -> JSONValue {
        [
            "name": .string(resource.name), "allocated": .number(resource.allocated),
            "allocatable": .number(resource.allocatable), "peakShare": .number(resource.peakShare),
            "used": number(resource.used), "fragmentation": number(resource.fragmentation),
        ]
    }

    private static func json(_ counts: WorkloadCounts) -> JSONValue {
        [
            "arrived": .integer(Int64(counts.arrived)), "heldBack": .integer(Int64(counts.heldBack)),
            "waitingForOthers": .integer(Int64(counts.waitingForOthers)),
            "rejected": .integer(Int64(counts.rejected)),
            "firstRejection": .string(counts.firstRejection), "isExhausted": .bool(counts.isExhausted),
        ]
    }

    private func json(_ tally: TraceTally) -> JSONValue {
        [
            "rows": .integer(Int64(tally.rows)), "badRows": .integer(Int64(tally.badRows)),
            "leftOut": .integer(Int64(tally.leftOut)),
            "firstBadRows": .array(tally.firstBadRows.map { .string($0.description) }),
            "passedOver": Self.json(tally.passedOver), "notReplayed": Self.json(unused),
        ]
    }

    private static func json(_ counts: [TraceTally.PassedOver]) -> JSONValue {
        .array(counts.map { ["reason": .string($0.reason), "records": .integer(Int64($0.count))] })
    }

    // MARK: Tables

    /// The state over time: one line a sample.
    public var seriesCSV: String {
        let names = figures.resources.map(\.name)
        var text = "seconds,waiting,placed"
        for name in names { text += ",allocated:\(name),allocatable:\(name),fragmentation:\(name)" }
        text += "\n"
        for sample in figures.samples {
            text += "\(sample.time.sinceStart.wholeSeconds),\(sample.waiting),\(sample.placed)"
            for place in names.indices {
                text +=
                    "," + Self.field(sample.allocated, place) + "," + Self.field(sample.allocatable, place)
                text += "," + Self.field(sample.fragmentation, place)
            }
            text += "\n"
        }
        return text
    }

    /// One line a pod, in the order of creation; a field is empty where there is no number.
    public var podsCSV: String {
        var text = "pod,namespace,queueingDelaySeconds,slowdown\n"
        for place in figures.queueingDelays.indices {
            // Names of pods and namespaces hold nothing that CSV would have to quote.
            let pod = place < figures.pods.count ? figures.pods[place] : ObjectKey(name: "")
            text += "\(pod.name),\(pod.namespace),\(Self.field(figures.queueingDelays, place)),"
            text += "\(Self.field(figures.slowdowns, place))\n"
        }
        return text
    }

    public var usersCSV: String {
        var text = "user,pods,scheduled,finished,meanQueueingDelaySeconds,received,asked\n"
        for user in figures.users {
            let delay = user.scheduled > 0 ? "\(user.queueingSeconds / Double(user.scheduled))" : ""
            text += "\(user.name),\(user.pods),\(user.scheduled),\(user.finished),\(delay),"
            text += "\(user.received),\(user.asked)\n"
        }
        return text
    }

    /// The tables by the names of their files.
    public var tables: [(name: String, text: String)] {
        [("series.csv", seriesCSV), ("pods.csv", podsCSV), ("users.csv", usersCSV)]
    }

    private static func field(_ values: [Double], _ place: Int) -> String {
        place < values.count && !values[place].isNaN ? "\(values[place])" : ""
    }
}
