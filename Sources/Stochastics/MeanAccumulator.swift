/// A running mean and variance, in one pass and without cancellation.
///
/// Source: Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics
/// 4(3), 1962; merging after Chan, Golub and LeVeque, 1979.
public struct MeanAccumulator: BitwiseCopyable, Equatable, Sendable {
    public private(set) var count = 0
    /// The smallest value so far; infinite before the first.
    public private(set) var minimum = Double.infinity
    /// The largest value so far; minus infinity before the first.
    public private(set) var maximum = -Double.infinity
    private var runningMean = 0.0
    private var squares = 0.0

    public init() {}

    public init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    public mutating func add(_ value: Double) {
        count += 1
        let difference = value - runningMean
        runningMean += difference / Double(count)
        squares += difference * (value - runningMean)
        minimum = min(minimum, value)
        maximum = max(maximum, value)
    }

    /// Adds all that another accumulator has seen.
    ///
    /// The last digits depend on how values were divided: merge in a fixed order, such as replication number.
    public mutating func merge(_ other: MeanAccumulator) {
        guard other.count > 0 else { return }
        let total = Double(count) + Double(other.count)
        let difference = other.runningMean - runningMean
        runningMean += difference * (Double(other.count) / total)
        squares += other.squares + difference * difference * (Double(count) * Double(other.count) / total)
        count += other.count
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// The mean; nil without values.
    public var mean: Double? { count > 0 ? runningMean : nil }

    /// The unbiased sample variance; nil with fewer than two values.
    public var variance: Double? { count > 1 ? squares / Double(count - 1) : nil }

    public var standardDeviation: Double? { variance?.squareRoot() }
}
