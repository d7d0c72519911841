/// How far one golden case agrees.
public struct ConformanceCaseResult: Hashable, Sendable {
    public var name: String
    /// Single comparisons made, and how many of them agreed.
    public var comparisons = 0
    public var agreements = 0
    /// The first step in which something differs, and there the smallest difference; empty when all agrees.
    public var difference = ""
    /// What simk does not do yet and the case needs; empty when the case was run.
    public var notCovered = ""

    public init(name: String) { self.name = name }

    /// Whether the case was run.
    public var isCovered: Bool { notCovered.isEmpty }
    /// Whether the case was run and nothing differs.
    public var agrees: Bool { isCovered && difference.isEmpty }
}

/// How far the cases of one file agree.
public struct ConformanceReport: Hashable, Sendable {
    /// The file's name without its extension.
    public var category: String
    public var cases: [ConformanceCaseResult]

    public init(category: String, cases: [ConformanceCaseResult]) {
        self.category = category
        self.cases = cases
    }

    public var agreeingCases: Int { cases.count { $0.agrees } }
    /// Cases that were run.
    public var coveredCases: Int { cases.count { $0.isCovered } }
    public var agrees: Bool { agreeingCases == coveredCases }
    public var comparisons: Int { cases.reduce(0) { $0 + $1.comparisons } }
    public var agreements: Int { cases.reduce(0) { $0 + $1.agreements } }

    /// `resources: 68 of 68 cases, 12345 of 12345 comparisons agree`.
    public var summary: String {
        let rest = cases.count - coveredCases
        return "\(category): \(agreeingCases) of \(coveredCases) cases, "
            + "\(agreements) of \(comparisons) comparisons agree"
            + (rest == 0 ? "" : ", \(rest) not covered")
    }
}
