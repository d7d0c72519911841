/// Which workloads are wanted by their labels: `performance,-short`.
///
/// Labels with `+` or without a sign must be there, those with `-` must not. Upstream:
/// `test/integration/scheduler_perf/label_selector.go` (v1.36).
public struct LabelFilter: Sendable {
    private let terms: [(label: String, isWanted: Bool)]

    public init(_ text: String) {
        terms = text.split(separator: ",", omittingEmptySubsequences: true).map { term in
            let hasSign = term.first == "-" || term.first == "+"
            return (String(hasSign ? term.dropFirst() : term), term.first != "-")
        }
    }

    public func accepts(_ labels: [String]) -> Bool {
        terms.allSatisfy { labels.contains($0.label) == $0.isWanted }
    }
}
