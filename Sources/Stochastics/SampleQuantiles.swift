/// The quantiles of a sample, by one stated definition.
///
/// With n values in order, x₁ to xₙ, the p-quantile lies at position h = (n − 1) p + 1 and is interpolated
/// linearly between the values around it: definition 7 of Hyndman and Fan, "Sample quantiles in statistical
/// packages", The American Statistician 50(4), 1996, which R and NumPy take by default. So p = 0 is the
/// smallest value, p = 1 the largest, and p = 0.5 the median.
public struct SampleQuantiles: Equatable, Sendable {
    /// In ascending order.
    public let values: [Double]

    /// - Parameter values: in any order; what is not a number is left out.
    public init(_ values: [Double]) {
        self.values = values.filter { !$0.isNaN }.sorted()
    }

    /// The value that a fraction `p` of the sample does not exceed; nil for an empty sample, or where `p` is
    /// no fraction.
    public func quantile(_ p: Double) -> Double? {
        guard let last = values.indices.last, p >= 0 && p <= 1 else { return nil }
        let position = Double(last) * p
        let below = min(last, Int(position))
        let share = position - Double(below)
        guard share > 0, below < last else { return values[below] }
        return values[below] + share * (values[below + 1] - values[below])
    }

    public var maximum: Double? { values.last }
    public var minimum: Double? { values.first }
}
