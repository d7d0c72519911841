public import KubernetesModel
import OrderedCollections

/// Runs golden cases of the real scheduler through simk's, and compares everything that they hold.
///
/// The format is that of the vectors in `conformance/scheduler`: a cluster, pending pods, and what the real
/// scheduler did with each.
public enum SchedulerConformance {
    /// Runs one case: one line of a file.
    public static func run(_ line: JSONValue) -> ConformanceCaseResult {
        var result = ConformanceCaseResult(name: line["name"]?.stringValue ?? "")
        var run: ConformanceRun
        do throws(ConfigurationError) {
            run = try ConformanceRun(line)
        } catch {
            result.difference = "schedulerConfig: \(error)"
            return result
        }
        let expected = line["steps"]?.arrayValue ?? []
        let found = run.steps()
        for place in 0..<max(expected.count, found.count) {
            guard place < expected.count, place < found.count else {
                result.comparisons += 1
                if result.difference.isEmpty {
                    result.difference = "expected \(expected.count) steps, found \(found.count)"
                }
                continue
            }
            var comparison = ConformanceComparison()
            comparison.compare(expected[place], found[place], at: "")
            result.comparisons += comparison.comparisons
            result.agreements += comparison.agreements
            if result.difference.isEmpty && !comparison.smallest.isEmpty {
                let pod = expected[place]["pod"]?.stringValue ?? ""
                result.difference = "step \(place + 1) (\(pod)): \(comparison.smallest)"
            }
        }
        return result
    }

    /// Runs the cases of one file.
    public static func run(category: String, lines: [JSONValue]) -> ConformanceReport {
        ConformanceReport(category: category, cases: lines.map { run($0) })
    }
}
