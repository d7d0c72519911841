public import KubernetesModel
import OrderedCollections

/// Results as scheduler_perf writes them for the performance dashboard.
///
/// All items have the same labels, those that do not apply saying so. Upstream:
/// `test/integration/scheduler_perf/util.go`, `DataItems`, `dataItems2JSONFile` (v1.36).
public enum DataItems {
    public static func json(of results: [PerfResult]) -> JSONValue {
        let items = results.flatMap(Self.items)
        let names = Set(items.flatMap { $0.labels.keys }).sorted()
        return [
            "version": "v1",
            "dataItems": .array(
                items.map { item in
                    var labels: JSONObject = [:]
                    for name in names { labels[name] = .string(item.labels[name] ?? "not applicable") }
                    var data: JSONObject = [:]
                    for bucket in item.data.keys.sorted() { data[bucket] = .number(item.data[bucket] ?? 0) }
                    return [
                        "data": .object(data), "unit": .string(item.unit), "labels": .object(labels),
                    ]
                }),
        ]
    }

    private struct Item {
        var data: [String: Double]
        var unit: String
        var labels: [String: String]
    }

    private static func items(of result: PerfResult) -> [Item] {
        result.measurements.flatMap { measurement -> [Item] in
            let name = "BenchmarkPerfScheduling/\(result.name)/\(measurement.name)"
            func item(_ metric: String, _ data: [String: Double], _ unit: String) -> Item {
                var data = data
                if measurement.thresholdValue > 0 && measurement.threshold.metric == metric {
                    data[measurement.threshold.bucket + "Threshold"] = measurement.thresholdValue
                }
                return Item(data: data, unit: unit, labels: ["Name": name, "Metric": metric])
            }
            var cycle = measurement.cycleMilliseconds
            cycle["Max"] = nil
            var memory = Percentiles.buckets(measurement.memorySamples)
            memory["Max"] = measurement.memorySamples.last ?? 0
            var items = [item("SchedulingThroughput", measurement.throughput, "pods/s")]
            if measurement.attempts > 0 {
                items.append(item("scheduler_scheduling_attempt_duration_seconds", cycle, "ms"))
            }
            if !measurement.memorySamples.isEmpty { items.append(item("heap_memory_usage", memory, "MB")) }
            items.append(item("SchedulingDuration", ["Duration": measurement.wallSeconds], "s"))
            return items
        }
    }
}
