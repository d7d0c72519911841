public import KubernetesModel
import OrderedCollections

/// Runs golden cases of the real scheduler through simk's, and compares everything that they hold.
///
/// The format: a cluster, pending pods, and what the real scheduler did with each
/// (`docs/reference/conformance.md`).
public enum SchedulerConformance {
    /// What keeps a value from being a case of this format; nil when it is one.
    public static func fault(in line: JSONValue) -> String? {
        guard line.objectValue != nil else { return "expected a case, found \(line.kindName)" }
        guard let name = line["name"]?.stringValue, !name.isEmpty else {
            return "name: expected the case's name, found \(line["name"]?.kindName ?? "nothing")"
        }
        for member in ["objects", "pods", "steps"] {
            guard let list = line[member]?.arrayValue else {
                return "\(member): expected an array, found \(line[member]?.kindName ?? "nothing")"
            }
            for (place, element) in list.enumerated() {
                guard element.objectValue != nil else {
                    return "\(member)[\(place)]: expected an object, found \(element.kindName)"
                }
                if member == "steps" { continue }
                for text in ["apiVersion", "kind"] where element[text]?.stringValue == nil {
                    return "\(member)[\(place)].\(text): expected a text, found "
                        + (element[text]?.kindName ?? "nothing")
                }
                guard element["metadata"]?["name"]?.stringValue?.isEmpty == false else {
                    return "\(member)[\(place)].metadata.name: expected a name"
                }
                if member == "pods" && element["kind"]?.stringValue != "Pod" {
                    return "pods[\(place)].kind: expected Pod, found \(element["kind"]?.stringValue ?? "")"
                }
            }
        }
        for member in ["schedulerConfig", "weights"] {
            if let value = line[member], !value.isNull, value.objectValue == nil {
                return "\(member): expected an object or null, found \(value.kindName)"
            }
        }
        return nil
    }

    /// Runs one case: one line of a file.
    public static func run(_ line: JSONValue) -> ConformanceCaseResult {
        var result = ConformanceCaseResult(name: line["name"]?.stringValue ?? "")
        if let fault = fault(in: line) {
            result.comparisons = 1
            result.difference = "not a case: \(fault)"
            return result
        }
        var run: ConformanceRun
        do throws(ConfigurationError) {
            run = try ConformanceRun(line)
        } catch {
            result.comparisons = 1
            result.difference = "schedulerConfig: \(error)"
            return result
        }
        var weights = ConformanceComparison()
        let ownWeights = run.weights
        if let expected = line["weights"], !expected.isNull {
            for profile in expected.objectValue?.keys.elements ?? [] {
                let (left, right) = (expected[profile] ?? .null, ownWeights[profile] ?? .null)
                let plugins = left.objectValue?.keys.elements ?? []
                let others = (right.objectValue?.keys.elements ?? []).filter { left[$0] == nil }
                for plugin in plugins + others {
                    weights.check(
                        left[plugin] ?? .null, right[plugin] ?? .null, at: "weights.\(profile).\(plugin)")
                }
            }
        }
        result.add(weights, at: "")
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
            let key = expected[place]["pod"]?.stringValue ?? ""
            let pod = (line["pods"]?.arrayValue ?? []).first { pod in
                let namespace = pod["metadata"]?["namespace"]?.stringValue ?? "default"
                return "\(namespace)/\(pod["metadata"]?["name"]?.stringValue ?? "")" == key
            }
            let profile = pod?["spec"]?["schedulerName"]?.stringValue ?? "default-scheduler"
            var comparison = ConformanceComparison()
            let own = ownWeights[profile] ?? .null
            comparison.weights = (line["weights"]?[profile] ?? own, own)
            comparison.compare(expected[place], found[place])
            result.add(comparison, at: "step \(place + 1) (\(key)): ")
        }
        return result
    }

    /// The steps that simk takes in a case, in the format's own form: what a golden result would hold.
    public static func steps(of line: JSONValue) throws(ConfigurationError) -> JSONValue {
        if let fault = fault(in: line) { throw ConfigurationError(path: "", message: fault) }
        var run = try ConformanceRun(line)
        return .array(run.steps())
    }

    /// Runs the cases of one file.
    public static func run(category: String, lines: [JSONValue]) -> ConformanceReport {
        ConformanceReport(category: category, cases: lines.map { run($0) })
    }
}

extension ConformanceCaseResult {
    mutating fileprivate func add(_ comparison: ConformanceComparison, at place: String) {
        comparisons += comparison.comparisons
        agreements += comparison.agreements
        if difference.isEmpty && !comparison.smallest.isEmpty {
            difference = place + comparison.smallest
        }
    }
}
