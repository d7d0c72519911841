public import KubernetesModel
public import Scheduler

/// Runs golden cases of the real controllers through simk's, and compares everything that they hold.
///
/// A case is a recording, which is played step by step, or a vector of one of the controllers' functions. Its
/// `category` says which (`docs/reference/conformance.md`).
public enum ControllerConformance {
    /// What a category needs of a case, and how a case of it is run.
    private enum Format {
        case recording
        case table((JSONValue, inout ComparisonTally) -> Void)

        init?(_ category: String) {
            switch category {
            case "deployment", "replicaset", "statefulset", "daemonset", "job", "pdb", "nodelifecycle",
                "endpoints", "gc", "namespace", "quota", "limitrange", "volume":
                self = .recording
            case "cron": self = .table(CronTable.run)
            case "deploymath": self = .table(DeploymentTable.run)
            case "podrank": self = .table(PodRankTable.run)
            case "dsnode": self = .table(DaemonNodeTable.run)
            case "taintmath": self = .table(TaintTable.run)
            case "hash": self = .table(HashTable.run)
            case "hpa": self = .table(AutoscalerTable.run)
            default: return nil
            }
        }
    }

    /// What keeps a value from being a case of this format; nil when it is one.
    public static func fault(in line: JSONValue) -> String? {
        guard line.objectValue != nil else { return "expected a case, found \(line.kindName)" }
        for member in ["id", "category"] {
            guard let text = line[member]?.stringValue, !text.isEmpty else {
                return "\(member): expected a text, found \(line[member]?.kindName ?? "nothing")"
            }
        }
        guard let format = Format(line["category"]?.stringValue ?? "") else {
            return "category: '\(line["category"]?.stringValue ?? "")' is none"
        }
        if case .recording = format {
            guard let steps = line["steps"]?.arrayValue else {
                return "steps: expected an array, found \(line["steps"]?.kindName ?? "nothing")"
            }
            for (index, step) in steps.enumerated() {
                guard step["do"]?.stringValue != nil else {
                    return "steps[\(index)].do: expected a text, found \(step["do"]?.kindName ?? "nothing")"
                }
                guard step["t"]?.doubleValue != nil else {
                    return "steps[\(index)].t: expected a number, found \(step["t"]?.kindName ?? "nothing")"
                }
            }
        }
        return nil
    }

    /// Runs one case: one line of a file.
    public static func run(_ line: JSONValue) -> ConformanceCaseResult {
        var result = ConformanceCaseResult(name: line["id"]?.stringValue ?? "")
        if let fault = fault(in: line) {
            result.comparisons = 1
            result.difference = "not a case: \(fault)"
            return result
        }
        switch Format(line["category"]?.stringValue ?? "") {
        case .recording: play(line, &result)
        case .table(let run):
            var tally = ComparisonTally()
            run(line, &tally)
            result.take(tally, tally.smallest)
        case nil: break
        }
        return result
    }

    /// Plays a recording under its variants, until it agrees under one.
    private static func play(_ recording: JSONValue, _ result: inout ConformanceCaseResult) {
        if let gap = ReplayControllers.gap(of: recording) {
            result.notCovered = gap
            return
        }
        var best: ComparisonTally?
        for variant in ReplayVariant.all(for: recording) {
            var replay = RecordingReplay(recording, variant: variant)
            replay.play()
            if let gap = replay.unsupported.first {
                result.notCovered = gap
                return
            }
            if best == nil || replay.tally.differences.count < (best?.differences.count ?? 0) {
                best = replay.tally
            }
            if best?.differences.isEmpty == true { break }
        }
        guard let best else { return }
        // What went wrong first says more than what followed from it.
        let step = best.differences.first?.prefix { $0 != ":" } ?? ""
        let first = best.differences.filter { $0.hasPrefix(step) }
        result.take(best, first.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) } ?? "")
    }
}

extension ConformanceCaseResult {
    mutating func take(_ tally: ComparisonTally, _ difference: String) {
        comparisons = tally.comparisons
        agreements = tally.agreements
        self.difference = difference
    }
}
