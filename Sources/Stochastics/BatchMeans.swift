/// The mean of one long run's observations, which depend on each other, with an interval by batch means.
///
/// The observations are divided into batches of equal size, one after the other; the means of long batches
/// are nearly independent and nearly normal, so Student's t holds for them. Observations that are left over at
/// the beginning are left out. Source: Law, *Simulation Modeling and Analysis*, 5th ed., 9.5.3; on 10 to 30
/// batches Schmeiser, "Batch size effects in the analysis of simulation output", Operations Research 30(3),
/// 1982.
public struct BatchMeans: Equatable, Sendable {
    public let means: [Double]
    public let batchSize: Int
    public let interval: ConfidenceInterval
    /// Of each batch's mean with the next one's; far from 0 says that batches are too short.
    public let firstAutocorrelation: Double

    public var mean: Double { interval.center }

    /// Whether the batches look independent: their first autocorrelation lies within what independent ones
    /// would show in 95 of 100 cases, 1.96 ∕ √k to either side.
    public var looksIndependent: Bool {
        firstAutocorrelation.magnitude <= 1.96 / Double(means.count).squareRoot()
    }

    /// - Parameter observations: of the steady state, in the order in which they were made.
    /// - Returns: Nil with fewer than two batches, or fewer observations than batches.
    public init?(_ observations: [Double], batches: Int = 20, level: Double = 0.95) {
        guard batches >= 2, observations.count >= batches else { return nil }
        let size = observations.count / batches
        let first = observations.count - size * batches
        means = (0..<batches).map { batch in
            let begin = first + batch * size
            return observations[begin..<begin + size].reduce(0, +) / Double(size)
        }
        batchSize = size
        let moments = MeanAccumulator(means)
        guard let interval = ConfidenceInterval(ofMean: moments, level: level) else { return nil }
        self.interval = interval
        var products = 0.0
        var squares = 0.0
        for (place, mean) in means.enumerated() {
            squares += (mean - interval.center) * (mean - interval.center)
            if place > 0 { products += (mean - interval.center) * (means[place - 1] - interval.center) }
        }
        firstAutocorrelation = squares > 0 ? products / squares : 0
    }
}
