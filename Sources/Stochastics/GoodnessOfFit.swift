/// The outcome of a statistical test.
public struct TestOutcome: Equatable, Sendable {
    public var statistic: Double
    /// The probability of a statistic at least as large if the hypothesis is true.
    public var pValue: Double
}

/// Tests of whether observations come from a distribution.
public enum GoodnessOfFit {
    /// The Kolmogorov–Smirnov test of a sample against a continuous distribution.
    ///
    /// The p-value is the limiting distribution's at (√n + 0.12 + 0.11 ∕ √n) D, good from n = 5 on (Stephens,
    /// "Use of the Kolmogorov–Smirnov, Cramér–von Mises and related statistics without extensive tables",
    /// Journal of the Royal Statistical Society B 32(1), 1970).
    ///
    /// - Returns: Nil for an empty sample.
    public static func kolmogorovSmirnov(_ sample: [Double], cdf: (Double) -> Double) -> TestOutcome? {
        if sample.isEmpty { return nil }
        let count = Double(sample.count)
        var distance = 0.0
        for (rank, value) in sample.sorted().enumerated() {
            let probability = cdf(value)
            distance = max(
                distance, probability - Double(rank) / count, Double(rank + 1) / count - probability)
        }
        let root = count.squareRoot()
        return TestOutcome(
            statistic: distance, pValue: kolmogorovTail((root + 0.12 + 0.11 / root) * distance))
    }

    /// Pearson's chi-square test of counts against expected counts.
    ///
    /// - Parameter estimatedParameters: How many parameters the expected counts were fitted with.
    /// - Returns: Nil unless there are as many expected counts, each above 0, and a degree of freedom is
    ///   left.
    public static func chiSquare(
        observed: [Int], expected: [Double], estimatedParameters: Int = 0
    ) -> TestOutcome? {
        let freedom = observed.count - 1 - estimatedParameters
        guard observed.count == expected.count && freedom > 0 && expected.allSatisfy({ $0 > 0 }) else {
            return nil
        }
        var statistic = 0.0
        for (count, expectation) in zip(observed, expected) {
            let difference = Double(count) - expectation
            statistic += difference * difference / expectation
        }
        return TestOutcome(
            statistic: statistic, pValue: GSL.chiSquareQ(statistic, degreesOfFreedom: Double(freedom)))
    }

    /// The probability that Kolmogorov's limiting variable exceeds x.
    static func kolmogorovTail(_ x: Double) -> Double {
        if x <= 0 { return 1 }
        if x < 1.18 {
            // The theta function's other series, which converges fast for small x.
            let exponent = -Double.pi * Double.pi / (8 * x * x)
            let sum = [1.0, 9, 25, 49].reduce(0) { $0 + GSL.exp(exponent * $1) }
            return min(1, max(0, 1 - (2 * Double.pi).squareRoot() / x * sum))
        }
        let sum = [1.0, 4, 9, 16].enumerated().reduce(0) {
            $0 + ($1.offset.isMultiple(of: 2) ? 1 : -1) * GSL.exp(-2 * $1.element * x * x)
        }
        return min(1, max(0, 2 * sum))
    }
}
