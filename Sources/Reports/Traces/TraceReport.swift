public import KubernetesModel
import OrderedCollections
import SimulationKernel
public import Workloads

/// What is in a trace, for people and for programs.
public struct TraceReport: Sendable {
    public var format: String
    /// Each file's path with the table that it holds.
    public var files: [(path: String, table: String)]
    public var passedOver: [String]
    public var tally: TraceTally
    public var summary: TraceSummary

    public init(
        format: String, files: [(path: String, table: String)], passedOver: [String], tally: TraceTally,
        summary: TraceSummary
    ) {
        self.format = format
        self.files = files
        self.passedOver = passedOver
        self.tally = tally
        self.summary = summary
    }

    // MARK: Text

    public var text: String {
        var lines = ["format     \(format)"]
        for (index, file) in files.enumerated() {
            lines.append((index == 0 ? "files      " : "           ") + "\(file.path) (\(file.table))")
        }
        if !passedOver.isEmpty {
            lines.append("not read   \(passedOver.count) files of no known format, such as \(passedOver[0])")
        }
        lines.append(
            "rows       \(tally.rows)"
                + (tally.badRows > 0 ? ", of which \(tally.badRows) cannot be used" : ""))
        if let first = summary.firstTime, let last = summary.lastTime {
            lines.append("span       \(Self.time(first)) to \(Self.time(last))")
        }
        lines += machineLines + taskLines + objectLines
        if summary.usageSamples > 0 { lines.append("usage      \(summary.usageSamples) samples") }
        if tally.leftOut > 0 {
            lines.append("left out   \(tally.leftOut) records, by the window or the sample")
        }
        for (index, entry) in tally.passedOver.enumerated() {
            lines.append((index == 0 ? "passed over " : "            ") + "\(entry.count): \(entry.reason)")
        }
        if !tally.checkedAllIDs {
            lines.append("note       too many ids to look for repeats among all of them")
        }
        if tally.badRows > 0 {
            lines.append("bad rows   the first of \(tally.badRows):")
            lines += tally.firstBadRows.map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var machineLines: [String] {
        guard summary.machinesAdded + summary.machinesUpdated + summary.machineFaults > 0 else { return [] }
        let capacity = summary.capacity
        var text = "machines   \(summary.machinesAdded) added, \(summary.machinesRemoved) removed, "
        text += "\(summary.machinesUpdated) updated, \(summary.machineFaults) faults"
        var lines = [text]
        var amounts = ["\(Self.number(Double(capacity.milliCPU) / 1_000)) cores"]
        amounts.append(Self.bytes(Double(capacity.memoryBytes)))
        if capacity.gpuCount > 0 { amounts.append("\(capacity.gpuCount) GPUs") }
        lines.append("capacity   " + amounts.joined(separator: ", "))
        if !summary.gpuModels.isEmpty { lines.append("GPU models " + Self.list(summary.gpuModels)) }
        return lines
    }

    private var taskLines: [String] {
        guard summary.tasks > 0 else { return [] }
        let jobs = (summary.jobsAreBound ? "at least " : "") + "\(summary.jobs) jobs"
        let users = (summary.usersAreBound ? "at least " : "") + "\(summary.users) users"
        var lines = [
            "tasks      \(summary.tasks), standing for \(summary.instances) instances of \(jobs) and \(users)"
        ]
        lines.append("ends       " + Self.list(summary.outcomes))
        lines.append("classes    " + Self.list(summary.qos))
        let further = [
            (summary.gangs, "gangs"), (summary.withDependencies, "with dependencies"),
            (summary.withConstraints, "with constraints"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        if !further.isEmpty { lines.append("of them    " + further.joined(separator: ", ")) }
        lines.append("           least / mean / most")
        func spread(_ name: String, _ values: TraceSummary.Spread, _ show: (Double) -> String) {
            guard values.count > 0, values.most > 0 else { return }
            lines.append("\(name) \(show(values.least)) / \(show(values.mean)) / \(show(values.most))")
        }
        spread("  cpu     ", summary.milliCPU) { Self.number($0 / 1_000) + " cores" }
        spread("  memory  ", summary.memoryBytes, Self.bytes)
        spread("  gpu     ", summary.gpuMilli) { Self.number($0 / 1_000) }
        spread("  runs for", summary.durationSeconds, Self.seconds)
        spread("  waits   ", summary.waitSeconds, Self.seconds)
        lines.append(
            "order      " + (summary.isSorted ? "by submission" : "not by submission: simk import sorts"))
        return lines
    }

    private var objectLines: [String] {
        guard !summary.objectsApplied.isEmpty || summary.objectsDeleted > 0 else { return [] }
        return [
            "objects    applied: \(Self.list(summary.objectsApplied)); deleted: \(summary.objectsDeleted); "
                + "lifetimes of \(summary.podLifetimes) pods"
        ]
    }

    private static func list(_ shares: [TraceSummary.Share]) -> String {
        if shares.isEmpty { return "none given" }
        let shown = shares.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        let text = shown.prefix(8).map { "\($0.name) \($0.count)" }.joined(separator: ", ")
        return text + (shown.count > 8 ? " and \(shown.count - 8) more" : "")
    }

    private static func time(_ time: VirtualTime) -> String { "\(time)" }

    static func seconds(_ value: Double) -> String {
        "\(VirtualDuration(fractionalSeconds: (value * 1_000).rounded() / 1_000))"
    }

    /// At most three digits after the point, none that are zero.
    static func number(_ value: Double) -> String {
        let rounded = (value * 1_000).rounded() / 1_000
        if let whole = Int64(exactly: rounded) { return String(whole) }
        return "\(rounded)"
    }

    static func bytes(_ value: Double) -> String {
        for (unit, name) in [
            (0x1p50, "PiB"), (0x1p40, "TiB"), (0x1p30, "GiB"), (0x1p20, "MiB"), (0x1p10, "KiB"),
        ]
        where value >= unit {
            return "\(number((value / unit * 10).rounded() / 10)) \(name)"
        }
        return "\(number(value)) B"
    }

    // MARK: JSON

    public var json: JSONValue {
        var members: JSONObject = [
            "format": .string(format),
            "files": .array(files.map { ["path": .string($0.path), "table": .string($0.table)] }),
            "notRead": .array(passedOver.map { .string($0) }),
            "rows": .integer(Int64(tally.rows)), "badRows": .integer(Int64(tally.badRows)),
            "firstBadRows": .array(
                tally.firstBadRows.map {
                    [
                        "file": .string($0.file), "line": .integer(Int64($0.line)),
                        "reason": .string($0.reason),
                    ]
                }),
            "passedOver": .array(
                tally.passedOver.map { ["reason": .string($0.reason), "count": .integer(Int64($0.count))] }),
            "leftOut": .integer(Int64(tally.leftOut)), "repeatsFound": .bool(tally.checkedAllIDs),
        ]
        if let first = summary.firstTime, let last = summary.lastTime {
            members["firstNanoseconds"] = .integer(first.nanoseconds)
            members["lastNanoseconds"] = .integer(last.nanoseconds)
        }
        members["machines"] = [
            "added": .integer(Int64(summary.machinesAdded)),
            "removed": .integer(Int64(summary.machinesRemoved)),
            "updated": .integer(Int64(summary.machinesUpdated)),
            "faults": .integer(Int64(summary.machineFaults)),
            "milliCPU": .integer(summary.capacity.milliCPU),
            "memoryBytes": .integer(summary.capacity.memoryBytes),
            "diskBytes": .integer(summary.capacity.diskBytes), "gpus": .integer(summary.capacity.gpuCount),
            "gpuModels": Self.shares(summary.gpuModels),
        ]
        members["tasks"] = [
            "records": .integer(Int64(summary.tasks)), "instances": .integer(summary.instances),
            "jobs": .integer(Int64(summary.jobs)), "users": .integer(Int64(summary.users)),
            "jobsAreBound": .bool(summary.jobsAreBound), "usersAreBound": .bool(summary.usersAreBound),
            "gangs": .integer(Int64(summary.gangs)),
            "withDependencies": .integer(Int64(summary.withDependencies)),
            "withConstraints": .integer(Int64(summary.withConstraints)),
            "sortedBySubmission": .bool(summary.isSorted), "outcomes": Self.shares(summary.outcomes),
            "qos": Self.shares(summary.qos), "milliCPU": Self.spread(summary.milliCPU),
            "memoryBytes": Self.spread(summary.memoryBytes), "gpuMilli": Self.spread(summary.gpuMilli),
            "durationSeconds": Self.spread(summary.durationSeconds),
            "waitSeconds": Self.spread(summary.waitSeconds),
        ]
        members["objects"] = [
            "applied": Self.shares(summary.objectsApplied),
            "deleted": .integer(Int64(summary.objectsDeleted)),
            "podLifetimes": .integer(Int64(summary.podLifetimes)),
        ]
        members["usageSamples"] = .integer(Int64(summary.usageSamples))
        return .object(members)
    }

    private static func shares(_ shares: [TraceSummary.Share]) -> JSONValue {
        var members = JSONObject()
        for share in shares { members[share.name] = .integer(share.count) }
        return .object(members)
    }

    private static func spread(_ spread: TraceSummary.Spread) -> JSONValue {
        [
            "count": .integer(spread.count), "least": .number(spread.least), "mean": .number(spread.mean),
            "most": .number(spread.most), "sum": .number(spread.sum),
        ]
    }
}
