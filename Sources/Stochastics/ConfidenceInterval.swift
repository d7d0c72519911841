/// An interval that covers the true mean with a stated probability.
public struct ConfidenceInterval: Equatable, Sendable {
    /// The estimate, in the middle of the interval.
    public var center: Double
    public var halfWidth: Double
    /// The probability of covering, between 0 and 1.
    public var level: Double

    public var lower: Double { center - halfWidth }
    public var upper: Double { center + halfWidth }

    public func contains(_ value: Double) -> Bool { value >= lower && value <= upper }

    public init(center: Double, halfWidth: Double, level: Double) {
        self.center = center
        self.halfWidth = halfWidth
        self.level = level
    }

    /// Makes the interval of the mean of independent observations by Student's t.
    ///
    /// Exact for normal observations, and good for means of replications; observations within one run are
    /// not independent. Nil with fewer than two observations or a level not strictly between 0 and 1.
    public init?(ofMean observations: MeanAccumulator, level: Double = 0.95) {
        guard let mean = observations.mean, let variance = observations.variance, level > 0 && level < 1
        else { return nil }
        let freedom = Double(observations.count - 1)
        center = mean
        halfWidth =
            GSL.studentPinv(0.5 + level / 2, degreesOfFreedom: freedom)
            * (variance / Double(observations.count)).squareRoot()
        self.level = level
    }
}
