public import KubernetesModel
import OrderedCollections
import Scheduler

/// The agreement of simk with golden results, for people and for programs.
public struct ConformanceText {
    public let style: TextStyle
    /// How much of a difference is shown; the rest is counted.
    static let longest = 400

    public init(style: TextStyle) { self.style = style }

    private struct Row {
        var name: String
        var agreeing = 0
        var covered = 0
        var agreements = 0
        var comparisons = 0
        var notCovered = 0

        init(name: String) { self.name = name }

        init(_ report: ConformanceReport) {
            name = report.category
            add(report)
        }

        mutating func add(_ report: ConformanceReport) {
            agreeing += report.agreeingCases
            covered += report.coveredCases
            agreements += report.agreements
            comparisons += report.comparisons
            notCovered += report.cases.count - report.coveredCases
        }
    }

    /// A line a category, the sum, what is not covered, and each failing case with its smallest difference.
    public func text(_ vectors: ConformanceVectors) -> String {
        var rows = vectors.reports.map(Row.init)
        if rows.count != 1 {
            var sum = Row(name: "all")
            for report in vectors.reports { sum.add(report) }
            rows.append(sum)
        }
        let hasGaps = rows.contains { $0.notCovered > 0 }
        let width = max("category".count, rows.map(\.name.count).max() ?? 0)
        let caseWidth = max("cases agree".count, rows.map { String($0.covered).count * 2 + 4 }.max() ?? 0)
        let comparisonWidth = max(
            "comparisons agree".count, rows.map { String($0.comparisons).count * 2 + 4 }.max() ?? 0)
        var title = pad("category", width) + "  " + pad("cases agree", caseWidth) + "  "
        title += hasGaps ? pad("comparisons agree", comparisonWidth) + "  not covered" : "comparisons agree"
        var text = style.bold(title) + "\n"
        for row in rows {
            let cases = pad("\(row.agreeing) of \(row.covered)", caseWidth)
            var line = "\(pad(row.name, width))  \(cases)  "
            let comparisons = "\(row.agreements) of \(row.comparisons)"
            line +=
                row.notCovered > 0 ? pad(comparisons, comparisonWidth) + "  \(row.notCovered)" : comparisons
            text += (row.agreeing == row.covered ? line : style.red(line)) + "\n"
        }
        if hasGaps {
            text += "\n" + style.bold("Not covered: what simk does not do yet") + "\n"
            for report in vectors.reports {
                for (reason, count) in Self.gaps(of: report) {
                    text += "  \(report.category): \(count) \(count == 1 ? "case" : "cases"): \(reason)\n"
                }
            }
        }
        let failing = vectors.reports.flatMap { report in
            report.cases.filter { $0.isCovered && !$0.agrees }.map { (report.category, $0) }
        }
        if !failing.isEmpty {
            text += "\n" + style.bold("Smallest difference of each case that does not agree") + "\n"
            for (category, result) in failing {
                text += "  \(category): \(style.yellow(result.name)): \(shortened(result.difference))\n"
            }
        }
        return text
    }

    /// How many cases need each thing that is not there, in the order in which they were met.
    private static func gaps(of report: ConformanceReport) -> OrderedDictionary<String, Int> {
        var gaps: OrderedDictionary<String, Int> = [:]
        for result in report.cases where !result.isCovered { gaps[result.notCovered, default: 0] += 1 }
        return gaps
    }

    private func shortened(_ text: String) -> String {
        guard text.count > Self.longest else { return text }
        return
            "\(text.prefix(Self.longest))… (\(text.count - Self.longest) more characters; --format json has all)"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// One object: the sums, each category with its cases that do not agree, and what was no case.
    public static func json(_ vectors: ConformanceVectors) -> JSONValue {
        func count(_ number: Int) -> JSONValue { .integer(Int64(number)) }
        let categories = vectors.reports.map { report in
            JSONValue.object([
                "category": .string(report.category), "cases": count(report.cases.count),
                "agreeingCases": count(report.agreeingCases), "comparisons": count(report.comparisons),
                "agreements": count(report.agreements),
                "notCovered": .array(
                    gaps(of: report).map { ["reason": .string($0.key), "cases": count($0.value)] }),
                "differences": .array(
                    report.cases.filter { $0.isCovered && !$0.agrees }.map {
                        [
                            "case": .string($0.name), "comparisons": count($0.comparisons),
                            "agreements": count($0.agreements), "difference": .string($0.difference),
                        ]
                    }),
            ])
        }
        return .object([
            "area": .string(vectors.area.rawValue),
            "agrees": .bool(vectors.agrees && vectors.faults.isEmpty),
            "cases": count(vectors.reports.reduce(0) { $0 + $1.cases.count }),
            "agreeingCases": count(vectors.reports.reduce(0) { $0 + $1.agreeingCases }),
            "coveredCases": count(vectors.reports.reduce(0) { $0 + $1.coveredCases }),
            "comparisons": count(vectors.reports.reduce(0) { $0 + $1.comparisons }),
            "agreements": count(vectors.reports.reduce(0) { $0 + $1.agreements }),
            "categories": .array(categories),
            "faults": .array(
                vectors.faults.map {
                    [
                        "file": .string($0.file), "line": count($0.line), "message": .string($0.message),
                    ]
                }),
        ])
    }
}
