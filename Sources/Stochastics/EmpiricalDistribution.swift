/// The distribution that takes each of some observed values, with probabilities in proportion to weights.
public struct EmpiricalDistribution: Equatable, Sendable {
    /// The values that have a weight, in ascending order; empty when the input had errors.
    public let values: [Double]
    /// The probability of at most the value at the same index; the last is exactly 1.
    private let cumulative: [Double]
    /// The expectation of the smaller of a draw and the value at the same index; the last is the mean.
    private let limitedMeans: [Double]
    /// What was wrong with the input.
    let errors: [ParameterError]

    /// Makes a distribution from values in any order.
    ///
    /// Errors in the input are kept, for ``Distribution/validate()`` to report all at once.
    ///
    /// - Parameter weights: One per value, each at least 0; nil gives each value the same weight.
    public init(values: [Double], weights: [Double]? = nil) {
        errors = Self.check(values: values, weights: weights)
        guard errors.isEmpty else {
            (self.values, cumulative, limitedMeans) = ([], [], [])
            return
        }
        let pairs = values.indices
            .map { (value: values[$0], weight: weights?[$0] ?? 1) }
            .filter { $0.weight > 0 }
            .sorted { ($0.value, $0.weight) < ($1.value, $1.weight) }
        // In units of the heaviest, so that the sum cannot overflow.
        let heaviest = pairs.reduce(0) { max($0, $1.weight) }
        let total = pairs.reduce(0) { $0 + $1.weight / heaviest }

        self.values = pairs.map(\.value)
        var cumulative: [Double] = []
        var limitedMeans: [Double] = []
        var (sum, previous, limitedMean) = (0.0, 0.0, 0.0)
        for (position, pair) in pairs.enumerated() {
            limitedMean += (pair.value - previous) * max(0, 1 - sum / total)
            sum += pair.weight / heaviest
            previous = pair.value
            limitedMeans.append(limitedMean)
            cumulative.append(position == pairs.count - 1 ? 1 : min(1, sum / total))
        }
        self.cumulative = cumulative
        self.limitedMeans = limitedMeans
    }

    var mean: Double { limitedMeans.last ?? .nan }

    func quantile(_ p: Double) -> Double {
        values.isEmpty ? .nan : values[Self.firstIndex(in: cumulative, atLeast: p)]
    }

    func cdf(_ x: Double) -> Double {
        if values.isEmpty { return .nan }
        let above = values.partitioningIndex { $0 > x }
        return above == 0 ? 0 : cumulative[above - 1]
    }

    /// The integral of the survival function from 0 to `x`.
    func limitedMean(_ x: Double) -> Double {
        if values.isEmpty { return .nan }
        if x <= 0 { return 0 }
        let above = values.partitioningIndex { $0 > x }
        if above == values.count { return mean }
        if above == 0 { return x }
        return limitedMeans[above - 1] + (x - values[above - 1]) * (1 - cumulative[above - 1])
    }

    /// The x at which ``limitedMean(_:)`` reaches a target of at most the mean.
    func limitedMeanInverse(_ target: Double) -> Double {
        if values.isEmpty { return .nan }
        let index = Self.firstIndex(in: limitedMeans, atLeast: target)
        if index == 0 { return min(target, values[0]) }
        let survival = 1 - cumulative[index - 1]
        let inside = values[index - 1] + (target - limitedMeans[index - 1]) / survival
        return min(inside, values[index])
    }

    /// The first index whose element is at least the target, or the last index.
    private static func firstIndex(in ascending: [Double], atLeast target: Double) -> Int {
        min(ascending.partitioningIndex { $0 >= target }, ascending.count - 1)
    }

    private static func check(values: [Double], weights: [Double]?) -> [ParameterError] {
        var errors: [ParameterError] = []
        func report(_ parameter: String, _ found: String, _ expected: String) {
            errors.append(ParameterError(parameter: parameter, found: found, expected: expected))
        }
        if values.isEmpty { report("values", "none", "at least one") }
        for (index, value) in values.enumerated() where !(value.isFinite && value >= 0) {
            report("values[\(index)]", "\(value)", "a finite number of at least 0")
        }
        guard let weights else { return errors }
        if weights.count != values.count {
            report("weights", "\(weights.count)", "as many as there are values (\(values.count))")
        }
        for (index, weight) in weights.enumerated() where !(weight.isFinite && weight >= 0) {
            report("weights[\(index)]", "\(weight)", "a finite number of at least 0")
        }
        if !values.isEmpty && !weights.contains(where: { $0 > 0 }) {
            report("weights", "none above 0", "at least one above 0")
        }
        return errors
    }
}

extension Array {
    /// The first index whose element satisfies a condition that, once true, stays true; else `endIndex`.
    func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
