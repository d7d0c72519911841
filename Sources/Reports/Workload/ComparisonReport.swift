public import KubernetesModel
import OrderedCollections
import Stochastics

/// A comparison of policies as a table with plain sentences, as JSON and as CSV.
public struct ComparisonReport: Sendable {
    public let comparison: PolicyComparison
    /// What was run, as the user named it.
    public let subject: String
    /// What the seeds change, and what they do not: a trace arrives as it was recorded.
    public let caveat: String

    public init(_ comparison: PolicyComparison, subject: String, caveat: String = "") {
        self.comparison = comparison
        self.subject = subject
        self.caveat = caveat
    }

    private var percent: String { WorkloadReport.decimal(comparison.level * 100, 0) + " %" }

    // MARK: Text

    public func text(_ style: TextStyle) -> String {
        var text = style.bold("Comparison") + " on \(subject): \(comparison.policies.count) policies, "
        text += comparison.seeds.count == 1 ? "1 seed" : "\(comparison.seeds.count) seeds"
        text += ", each with the same arrivals, failures and draws under every policy\n\n"
        text += table(style) + "\n"
        text += style.bold("What can be concluded") + "\n"
        for sentence in conclusions { text += "  " + sentence + "\n" }
        return text
    }

    private func table(_ style: TextStyle) -> String {
        let header = ["measure", "policy", "mean", "difference", "\(percent) interval", "p (Holm)"]
        var rows: [[String]] = []
        for row in comparison.rows {
            for (place, policy) in comparison.policies.enumerated() {
                var cells = [
                    place == 0 ? row.measure.title : "", policy, WorkloadReport.short(row.mean(place)),
                ]
                if place == 0 {
                    cells += ["", "", ""]
                } else {
                    cells += self.cells(policy, row.measure)
                }
                rows.append(cells)
            }
        }
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var text = "  "
            for (column, cell) in cells.enumerated() {
                let isNumber = column == 2 || column == 3 || column == 5
                text += isNumber ? cell.padded(left: widths[column]) : cell.padded(to: widths[column])
                if column < cells.count - 1 { text += "  " }
            }
            while text.hasSuffix(" ") { text.removeLast() }
            return text + "\n"
        }
        return style.faint(line(header)) + rows.map(line).joined()
    }

    private func cells(_ policy: String, _ measure: PolicyMeasure) -> [String] {
        guard
            let difference = comparison.differences.first(where: {
                $0.policy == policy && $0.measure == measure
            })
        else { return ["", "", ""] }
        let mean = Self.signed(difference.mean)
        guard let paired = difference.paired, let p = difference.adjustedPValue else {
            return [mean, "", ""]
        }
        return [mean, interval(paired), p < 0.0001 ? "<0.0001" : WorkloadReport.decimal(p, 4)]
    }

    private func interval(_ paired: PairedDifference) -> String {
        "\(Self.signed(paired.interval.lower)) to \(Self.signed(paired.interval.upper))"
    }

    private static func signed(_ value: Double) -> String {
        value > 0 ? "+" + WorkloadReport.short(value) : WorkloadReport.short(value)
    }

    // MARK: Sentences

    /// What follows from the differences, in words, and what does not.
    public var conclusions: [String] {
        var sentences: [String] = []
        for run in comparison.inconsistent {
            sentences.append(
                "INTERNAL ERROR: Little's law does not hold in the run of \(run): do not use these figures.")
        }
        guard comparison.seeds.count > 1 else {
            sentences.append(
                "Nothing beyond this one seed: one run of each policy tells what happened in it, not what would "
                    + "happen in others. Give --seeds 10 or more.")
            return sentences + [caveat].filter { !$0.isEmpty }
        }
        let baseline = comparison.policies[0]
        for policy in comparison.policies.dropFirst() {
            let own = comparison.differences.filter { $0.policy == policy }
            for difference in own { if let text = sentence(difference, baseline) { sentences.append(text) } }
            let open = own.filter { $0.verdict(level: comparison.level) == .open }
            if !open.isEmpty {
                sentences.append(
                    "\(policy): whether it differs from \(baseline) in "
                        + Self.list(open.map(\.measure.title)) + " cannot be concluded.")
            }
            let same = own.filter { $0.verdict(level: comparison.level) == .same }
            if !same.isEmpty {
                sentences.append(
                    "\(policy): the same as \(baseline) in every seed in "
                        + Self.list(same.map(\.measure.title)) + ".")
            }
        }
        let tests = comparison.differences.count
        if tests > 0 {
            sentences.append(
                "Of all these statements together, that any is wrong by chance has a probability of at most "
                    + "\(WorkloadReport.decimal((1 - comparison.level) * 100, 0)) % (\(tests) comparisons, paired "
                    + "t-tests, Holm's correction); each interval by itself covers with \(percent).")
        }
        switch comparison.warmUp {
        case nil:
            sentences.append(
                "No steady state was compared: MSER-5 finds none in the mean over seeds, so the runs are too "
                    + "short for it or have none.")
        case 0: break
        case let count?:
            sentences.append(
                "After the warm-up means without the first \(count) pods (MSER-5 on the mean over seeds).")
        }
        if !comparison.incomplete.isEmpty {
            sentences.append(
                "Not every run has " + Self.list(comparison.incomplete.map(\.title)) + ": not compared.")
        }
        return sentences + [caveat].filter { !$0.isEmpty }
    }

    private func sentence(_ difference: PolicyComparison.Difference, _ baseline: String) -> String? {
        guard let paired = difference.paired else { return nil }
        let verdict = difference.verdict(level: comparison.level)
        let judgement: String
        switch verdict {
        case .better: judgement = ": better"
        case .worse: judgement = ": worse"
        case .more, .less: judgement = ""
        case .same, .open: return nil
        }
        let low = min(paired.interval.lower.magnitude, paired.interval.upper.magnitude)
        let high = max(paired.interval.lower.magnitude, paired.interval.upper.magnitude)
        var text = "\(difference.policy): \(difference.measure.title) is "
        text += paired.mean < 0 ? "lower" : "higher"
        text += " than under \(baseline) by \(WorkloadReport.short(paired.mean.magnitude))"
        if paired.standardDeviation > 0 {
            text += " (\(WorkloadReport.short(low)) to \(WorkloadReport.short(high)))"
        } else {
            text += " in every seed"
        }
        return text + judgement + "."
    }

    private static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: "; ") + " and " + last
    }

    // MARK: JSON

    public var json: JSONValue {
        [
            "apiVersion": "simk.dev/v1", "kind": "Comparison", "subject": .string(subject),
            "baseline": .string(comparison.policies[0]),
            "policies": .array(comparison.policies.map(JSONValue.string)),
            "seeds": .array(
                comparison.seeds.map { Int64(exactly: $0).map(JSONValue.integer) ?? .string(String($0)) }),
            "level": .number(comparison.level),
            "measures": .array(comparison.rows.map(json)),
            "warmUpPods": comparison.warmUp.map { .integer(Int64($0)) } ?? .null,
            "conclusions": .array(conclusions.map(JSONValue.string)),
        ]
    }

    private func json(_ row: PolicyComparison.Row) -> JSONValue {
        var policies: [JSONValue] = []
        for (place, policy) in comparison.policies.enumerated() {
            var members: JSONObject = [
                "policy": .string(policy), "mean": .number(row.mean(place)),
                "values": .array(row.values[place].map(JSONValue.number)),
            ]
            let difference = comparison.differences.first {
                $0.policy == policy && $0.measure == row.measure
            }
            if let difference {
                members["difference"] = .number(difference.mean)
                if let paired = difference.paired {
                    members["interval"] = [.number(paired.interval.lower), .number(paired.interval.upper)]
                    members["pValue"] = .number(paired.pValue)
                    members["adjustedPValue"] = WorkloadReport.number(difference.adjustedPValue)
                    members["correlation"] = WorkloadReport.number(paired.correlation)
                }
                members["verdict"] = .string(difference.verdict(level: comparison.level).rawValue)
            }
            policies.append(.object(members))
        }
        return [
            "name": .string(row.measure.name), "title": .string(row.measure.title),
            "lowerIsBetter": row.measure.isLowerBetter.map { .bool($0) } ?? .null,
            "policies": .array(policies),
        ]
    }

    // MARK: CSV

    /// One line a measure, policy and seed.
    public var valuesCSV: String {
        var text = "measure,policy,seed,value\n"
        for row in comparison.rows {
            for (policy, values) in zip(comparison.policies, row.values) {
                for (seed, value) in zip(comparison.seeds, values) {
                    text += "\(row.measure.name),\(policy),\(seed),\(value)\n"
                }
            }
        }
        return text
    }

    /// One line a measure and policy but the baseline.
    public var differencesCSV: String {
        var text = "measure,policy,baseline,difference,lower,upper,p,adjustedP,verdict\n"
        for difference in comparison.differences {
            text += "\(difference.measure.name),\(difference.policy),\(comparison.policies[0]),"
            text += "\(difference.mean),"
            if let paired = difference.paired {
                text += "\(paired.interval.lower),\(paired.interval.upper),\(paired.pValue),"
                text += "\(difference.adjustedPValue ?? 1),"
            } else {
                text += ",,,,"
            }
            text += "\(difference.verdict(level: comparison.level).rawValue)\n"
        }
        return text
    }
}
