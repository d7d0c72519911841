public import KubernetesModel
import OrderedCollections
public import Scenarios

/// What several replays of one workload came to, as a table, as JSON and as curves.
public struct ReplayReport: Sendable {
    public let plan: ReplayPlan
    public let machineCount: Int
    public let taskCount: Int
    public let milliGPU: Int64
    /// By policy, then seed, in the order in which they were asked for.
    public let runs: [ReplayRun]

    public init(_ plan: ReplayPlan, _ cluster: ReplayCluster, runs: [ReplayRun]) {
        self.plan = plan
        machineCount = cluster.machines.count
        taskCount = cluster.tasks.count
        milliGPU = cluster.milliGPU
        self.runs = runs
    }

    /// The policies in the order of the runs.
    public var policies: [String] {
        var names: [String] = []
        for run in runs where !names.contains(run.policy) { names.append(run.policy) }
        return names
    }

    /// A policy's runs over all seeds, and their mean.
    public struct Mean: Hashable, Sendable {
        public var policy: String
        public var count: Int
        public var allocationPercent: Double
        /// Of the runs around their mean, with one degree of freedom less than runs; 0 for one run.
        public var allocationDeviation: Double
        public var placed: Double
        public var fragmentationPercent: Double
    }

    public var means: [Mean] {
        policies.map { policy in
            let own = runs.filter { $0.policy == policy }
            let count = Double(own.count)
            let values = own.map { run in run.samples.last.map(run.allocationPercent) ?? 0 }
            let mean = values.reduce(0, +) / count
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return Mean(
                policy: policy, count: own.count, allocationPercent: mean,
                allocationDeviation: own.count > 1 ? (squares / (count - 1)).squareRoot() : 0,
                placed: Double(own.reduce(0) { $0 + $1.placedCount }) / count,
                fragmentationPercent: own.reduce(0) { sum, run in
                    sum + (run.samples.last.map(run.fragmentationPercent) ?? 0)
                } / count)
        }
    }

    /// The mean curve of each policy, over its seeds.
    public var curves: [(policy: String, curve: ReplayCurve)] {
        policies.map { policy in
            (policy, ReplayCurve(mean: runs.filter { $0.policy == policy }.map(ReplayCurve.init)))
        }
    }

    // MARK: Text

    public var text: String {
        var text = "\(plan.metadata.name.isEmpty ? plan.file : plan.metadata.name): \(machineCount) nodes, "
        text += "\(milliGPU / 1_000) GPUs, \(taskCount) pods in the trace\n\n"
        var rows = [
            [
                "policy", "seed", "arrived", "placed", "GPU asked", "GPU given", "given %", "fragmented %",
                "first left out",
            ]
        ]
        for run in runs {
            guard let last = run.samples.last else { continue }
            rows.append([
                run.policy, String(run.seed), String(run.samples.count), String(run.placedCount),
                Self.gpus(run.arrivedMilliGPU), Self.gpus(run.allocatedMilliGPU),
                Self.decimals(run.allocationPercent(last), 2),
                Self.decimals(run.fragmentationPercent(last), 2),
                run.firstUnplaced.map(String.init) ?? "none",
            ])
        }
        text += Self.table(rows)
        if runs.count > policies.count {
            rows = [["mean", "seeds", "placed", "given %", "deviation", "fragmented %"]]
            for mean in means {
                rows.append([
                    mean.policy, String(mean.count), Self.decimals(mean.placed, 1),
                    Self.decimals(mean.allocationPercent, 2), Self.decimals(mean.allocationDeviation, 2),
                    Self.decimals(mean.fragmentationPercent, 2),
                ])
            }
            text += "\n" + Self.table(rows)
        }
        text +=
            "\nGPU amounts are in GPUs; fragmented is the share of free GPU that the trace's typical pods "
        return text + "cannot be expected to use.\n"
    }

    private static func gpus(_ milli: Int64) -> String { decimals(Double(milli) / 1_000, 3) }

    /// A number with so many digits after the point.
    static func decimals(_ value: Double, _ digits: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = (value.magnitude * Double(scale)).rounded()
        guard scaled < 9e18 else { return "\(value)" }
        let (whole, rest) = Int64(scaled).quotientAndRemainder(dividingBy: scale)
        let sign = value < 0 && scaled != 0 ? "-" : ""
        if digits == 0 { return sign + String(whole) }
        let text = String(rest)
        return "\(sign)\(whole)." + String(repeating: "0", count: digits - text.count) + text
    }

    /// Columns, the first to the left, the others to the right.
    private static func table(_ rows: [[String]]) -> String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = " "
            for (column, cell) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                line += " " + (column == 0 ? cell + gap : " " + gap + cell)
            }
            return line + "\n"
        }.joined()
    }

    // MARK: JSON and CSV

    public var json: JSONValue {
        var members: JSONObject = [
            "scenario": .string(plan.metadata.name), "file": .string(plan.file),
        ]
        members["nodes"] = .integer(Int64(machineCount))
        members["pods"] = .integer(Int64(taskCount))
        members["milliGPU"] = .integer(milliGPU)
        members["runs"] = .array(runs.map(Self.json))
        members["means"] = .array(means.map(Self.json))
        return .object(members)
    }

    private static func json(_ mean: Mean) -> JSONValue {
        var members: JSONObject = [
            "policy": .string(mean.policy), "seeds": .integer(Int64(mean.count)),
        ]
        members["allocationPercent"] = .number(mean.allocationPercent)
        members["allocationDeviation"] = .number(mean.allocationDeviation)
        members["placed"] = .number(mean.placed)
        members["fragmentationPercent"] = .number(mean.fragmentationPercent)
        return .object(members)
    }

    private static func json(_ run: ReplayRun) -> JSONValue {
        var members: JSONObject = [
            "policy": .string(run.policy),
            "seed": Int64(exactly: run.seed).map(JSONValue.integer) ?? .string(String(run.seed)),
            "arrived": .integer(Int64(run.samples.count)), "placed": .integer(Int64(run.placedCount)),
            "arrivedMilliGPU": .integer(run.arrivedMilliGPU),
            "allocatedMilliGPU": .integer(run.allocatedMilliGPU),
            "allocatedMilliCPU": .integer(run.allocatedMilliCPU),
            "firstUnplacedArrival": run.firstUnplaced.map { .integer(Int64($0)) } ?? .null,
        ]
        if run.firstUnplaced != nil { members["firstUnplacedPod"] = .string(run.firstUnplacedPod) }
        if let first = run.samples.first, let last = run.samples.last {
            members["arrivedPercent"] = .number(run.arrivedPercent(last))
            members["allocationPercent"] = .number(run.allocationPercent(last))
            members["fragmentationPercent"] = .number(run.fragmentationPercent(last))
            members["fragmentedMilliGPU"] = .number(last.fragmentedMilliGPU)
            members["fragmentedMilliGPUAfterFirst"] = .number(first.fragmentedMilliGPU)
        }
        return .object(members)
    }

    /// The curve of each run: a line for each whole percent of the cluster's GPUs that was asked for.
    public var curvesCSV: String {
        var text = "policy,seed,arrived_percent,allocation_percent,fragmentation_percent,samples\n"
        for run in runs {
            for point in ReplayCurve(run).points {
                text += "\(run.policy),\(run.seed),\(point.arrivedPercent),"
                text += "\(Self.decimals(point.allocationPercent, 6)),"
                text += "\(Self.decimals(point.fragmentationPercent, 6)),\(point.count)\n"
            }
        }
        return text
    }

    /// The state after every arrival of every run.
    public var samplesCSV: String {
        var text =
            "policy,seed,arrival,arrived_milli_gpu,allocated_milli_gpu,fragmented_milli_gpu\n"
        for run in runs {
            for (number, sample) in run.samples.enumerated() {
                text += "\(run.policy),\(run.seed),\(number),\(sample.arrivedMilliGPU),"
                text += "\(sample.allocatedMilliGPU),\(Self.decimals(sample.fragmentedMilliGPU, 3))\n"
            }
        }
        return text
    }

    /// Where every pod went, in the order of arrival.
    public var placementsCSV: String {
        var text = "policy,seed,arrival,pod,node,gpus\n"
        for run in runs {
            for (number, placement) in run.placements.enumerated() {
                text += "\(run.policy),\(run.seed),\(number),\(placement.pod),\(placement.node),"
                text += "\(placement.gpus)\n"
            }
        }
        return text
    }
}
