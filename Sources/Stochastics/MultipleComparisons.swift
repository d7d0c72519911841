/// Corrections for looking at several comparisons at once: the more there are, the likelier one of them is
/// striking by chance.
public enum MultipleComparisons {
    /// Holm's step-down adjusted p-values, in the order given.
    ///
    /// Rejecting where the adjusted value is at most α keeps the probability of any wrong rejection at α,
    /// whatever the dependence between the tests. Source: Holm, "A simple sequentially rejective multiple
    /// test procedure", Scandinavian Journal of Statistics 6(2), 1979.
    public static func holm(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted {
            (pValues[$0], $0) < (pValues[$1], $1)
        }
        var adjusted = pValues
        var largest = 0.0
        for (rank, index) in order.enumerated() {
            largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
            adjusted[index] = largest
        }
        return adjusted
    }

    /// Bonferroni's adjusted p-values: each times their number.
    public static func bonferroni(_ pValues: [Double]) -> [Double] {
        pValues.map { min(1, $0 * Double(pValues.count)) }
    }

    /// The level of each of several intervals so that all of them cover at once with at least `level`.
    public static func simultaneousLevel(_ level: Double, count: Int) -> Double {
        1 - (1 - level) / Double(max(1, count))
    }
}
