import Foundation
public import KubernetesModel
import OrderedCollections

/// Results for people and for machines.
public enum PerfReport {
    /// The heading of the table's columns.
    public static let heading: [String] = [
        "workload", "measured", "pods", "pods/s", "pods/cpu s", "cycle p50", "p90", "p99", "attempts",
        "threshold", "ratio", "peak", "B/node", "B/pod",
    ]

    /// One row a measurement; the first column is the workload's name.
    public static func rows(of result: PerfResult) -> [[String]] {
        result.measurements.map { measurement in
            [
                result.name, measurement.name, grouped(measurement.podsScheduled),
                grouped(Int(measurement.podsPerSecond.rounded())),
                grouped(Int(measurement.podsPerProcessorSecond.rounded())),
                microseconds(measurement.cycleMilliseconds["Perc50"]),
                microseconds(measurement.cycleMilliseconds["Perc90"]),
                microseconds(measurement.cycleMilliseconds["Perc99"]), grouped(measurement.attempts),
                threshold(measurement), measurement.ratio.map(ratio) ?? "-",
                "\(result.peakBytes / 1_048_576) MiB", grouped(result.bytesPerNode),
                grouped(result.bytesPerPod),
            ]
        }
    }

    /// A table with columns of equal width, the first two to the left.
    public static func table(_ rows: [[String]]) -> String {
        let all = [heading] + rows
        let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, text in
                let pad = String(repeating: " ", count: widths[column] - text.count)
                return column < 2 ? text + pad : pad + text
            }
            .joined(separator: "  ")
        }
        .joined(separator: "\n")
    }

    /// The results as one object.
    public static func json(of results: [PerfResult]) -> JSONValue {
        [
            "workloads": .array(
                results.map { result in
                    [
                        "name": .string(result.name), "topic": .string(result.topic),
                        "labels": .array(result.labels.map { .string($0) }),
                        "nodes": number(result.nodeCount), "pods": number(result.podCount),
                        "apiCalls": number(result.apiCalls), "wallSeconds": .number(result.wallSeconds),
                        "peakResidentBytes": number(result.peakBytes),
                        "bytesPerNode": number(result.bytesPerNode),
                        "bytesPerPod": number(result.bytesPerPod),
                        "notes": .array(result.notes.map { .string($0) }),
                        "measurements": .array(result.measurements.map(json)),
                    ]
                })
        ]
    }

    private static func json(_ measurement: PerfMeasurement) -> JSONValue {
        var members: JSONObject = [
            "name": .string(measurement.name), "podsScheduled": number(measurement.podsScheduled),
            "wallSeconds": .number(measurement.wallSeconds),
            "processorSeconds": .number(measurement.processorSeconds),
            "virtualSeconds": .number(measurement.virtualSeconds),
            "wallSecondsToFirst": .number(measurement.wallSecondsToFirst),
            "podsPerSecond": .number(measurement.podsPerSecond),
            "podsPerProcessorSecond": .number(measurement.podsPerProcessorSecond),
            "attempts": number(measurement.attempts),
            "cycleMilliseconds": object(measurement.cycleMilliseconds),
            "throughput": object(measurement.throughput),
        ]
        if measurement.thresholdValue > 0 {
            members["threshold"] = [
                "metric": .string(measurement.threshold.metric),
                "dataBucket": .string(measurement.threshold.bucket),
                "expectLower": .bool(measurement.threshold.expectsLower),
                "value": .number(measurement.thresholdValue),
            ]
            if let ratio = measurement.ratio { members["ratio"] = .number(ratio) }
        }
        return .object(members)
    }

    private static func object(_ values: [String: Double]) -> JSONValue {
        .object(
            JSONObject(uniqueKeysWithValues: values.keys.sorted().map { ($0, .number(values[$0] ?? 0)) }))
    }

    private static func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    private static func threshold(_ measurement: PerfMeasurement) -> String {
        guard measurement.thresholdValue > 0 else { return "-" }
        let value = measurement.thresholdValue
        let text = value == value.rounded() ? grouped(Int(value)) : String(value)
        if measurement.threshold.metric == "SchedulingThroughput" { return text }
        return "\(measurement.threshold.expectsLower ? "<" : ">") \(text)"
    }

    private static func ratio(_ ratio: Double) -> String {
        ratio >= 100 ? "\(grouped(Int(ratio)))×" : String(format: "%.1f×", ratio)
    }

    private static func microseconds(_ milliseconds: Double?) -> String {
        guard let milliseconds else { return "-" }
        return milliseconds >= 10
            ? String(format: "%.1f ms", milliseconds) : String(format: "%.1f µs", milliseconds * 1_000)
    }

    /// A number with commas between thousands.
    static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }
}
