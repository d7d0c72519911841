public import KubernetesModel
import OrderedCollections
import Scheduler

/// The agreement of simk with golden results, for people and for programs.
public struct ConformanceText {
    public let style: TextStyle
    /// How much of a difference is shown; the rest is counted.
    static let longest = 400

    public init(style: TextStyle) { self.style = style }

    /// A line a category, the sum, and each failing case with its smallest difference.
    public func text(_ vectors: ConformanceVectors) -> String {
        var rows: [(String, Int, Int, Int, Int)] = vectors.reports.map {
            ($0.category, $0.agreeingCases, $0.cases.count, $0.agreements, $0.comparisons)
        }
        if rows.count != 1 {
            let sum = rows.reduce((0, 0, 0, 0)) {
                ($0.0 + $1.1, $0.1 + $1.2, $0.2 + $1.3, $0.3 + $1.4)
            }
            rows.append(("all", sum.0, sum.1, sum.2, sum.3))
        }
        let width = max("category".count, rows.map(\.0.count).max() ?? 0)
        let caseWidth = max("cases".count, rows.map { String($0.2).count * 2 + 4 }.max() ?? 0)
        var text =
            style.bold(
                pad("category", width) + "  " + pad("cases agree", max(caseWidth, 11)) + "  comparisons agree"
            )
            + "\n"
        for row in rows {
            let cases = pad("\(row.1) of \(row.2)", max(caseWidth, 11))
            let line = "\(pad(row.0, width))  \(cases)  \(row.3) of \(row.4)"
            text += (row.1 == row.2 ? line : style.red(line)) + "\n"
        }
        let failing = vectors.reports.flatMap { report in
            report.cases.filter { !$0.agrees }.map { (report.category, $0) }
        }
        if !failing.isEmpty {
            text += "\n" + style.bold("Smallest difference of each case that does not agree") + "\n"
            for (category, result) in failing {
                text += "  \(category): \(style.yellow(result.name)): \(shortened(result.difference))\n"
            }
        }
        return text
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
                "differences": .array(
                    report.cases.filter { !$0.agrees }.map {
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
