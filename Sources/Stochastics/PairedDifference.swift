/// What two systems that were run on the same random numbers differ by, pair by pair.
///
/// With common random numbers both members of a pair have met the same arrivals and failures, so their
/// difference varies much less than either of them. Source: Law, *Simulation Modeling and Analysis*, 5th ed.,
/// 10.2.1 (paired-t confidence interval) and 11.2 (common random numbers).
public struct PairedDifference: Equatable, Sendable {
    /// How many pairs there are.
    public let count: Int
    /// The mean of first minus second.
    public let mean: Double
    public let standardDeviation: Double
    /// Of the mean difference, by Student's t with one degree of freedom less than pairs.
    public let interval: ConfidenceInterval
    /// Of Student's t against a mean difference of 0, two-sided.
    ///
    /// Where all differences are the same number the test says nothing; it is then 1 for a difference of 0,
    /// and 0 otherwise.
    public let pValue: Double
    /// The linear correlation of the pairs; nil where one side does not vary.
    ///
    /// Above 0, the common random numbers have made the interval narrower.
    public let correlation: Double?

    /// - Returns: Nil for lists of different lengths, fewer than two pairs, a value that is not finite, or a
    ///   level not strictly between 0 and 1.
    public init?(_ first: [Double], minus second: [Double], level: Double = 0.95) {
        guard first.count == second.count, (first + second).allSatisfy(\.isFinite) else { return nil }
        let differences = MeanAccumulator(zip(first, second).map { $0 - $1 })
        guard let mean = differences.mean, let deviation = differences.standardDeviation,
            let interval = ConfidenceInterval(ofMean: differences, level: level)
        else { return nil }
        count = differences.count
        self.mean = mean
        standardDeviation = deviation
        self.interval = interval
        if deviation == 0 {
            pValue = mean == 0 ? 1 : 0
        } else {
            let t = mean.magnitude / (deviation / Double(count).squareRoot())
            pValue = min(1, 2 * GSL.studentQ(t, degreesOfFreedom: Double(count - 1)))
        }
        correlation = Self.correlation(first, second)
    }

    /// Whether a difference of 0 lies outside the interval.
    public var excludesZero: Bool { !interval.contains(0) }

    /// Pearson's coefficient.
    private static func correlation(_ first: [Double], _ second: [Double]) -> Double? {
        let (left, right) = (MeanAccumulator(first), MeanAccumulator(second))
        guard let leftMean = left.mean, let rightMean = right.mean,
            let leftDeviation = left.standardDeviation,
            let rightDeviation = right.standardDeviation, leftDeviation > 0, rightDeviation > 0
        else { return nil }
        var sum = 0.0
        for (x, y) in zip(first, second) { sum += (x - leftMean) * (y - rightMean) }
        let coefficient = sum / Double(first.count - 1) / (leftDeviation * rightDeviation)
        return min(1, max(-1, coefficient))
    }
}
