/// One thing wrong with a parameter: the facts of an error message, without its place in a file.
public struct ParameterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The parameter's name as in the enum case, such as `shape` or `values[3]`.
    public var parameter: String
    public var found: String
    public var expected: String

    public init(parameter: String, found: String, expected: String) {
        self.parameter = parameter
        self.found = found
        self.expected = expected
    }

    public var description: String { "\(parameter): found \(found), expected \(expected)" }
}

extension Distribution {
    /// The distribution's name in scenario files.
    public var kind: String {
        switch self {
        case .constant: "constant"
        case .uniform: "uniform"
        case .exponential: "exponential"
        case .weibull: "weibull"
        case .logNormal: "logNormal"
        case .gamma: "gamma"
        case .truncatedNormal: "truncatedNormal"
        case .pareto: "pareto"
        case .hyperexponential: "hyperexponential"
        case .empirical: "empirical"
        }
    }

    /// Everything that is wrong with the parameters; empty when the distribution can be used.
    public func validate() -> [ParameterError] {
        var errors: [ParameterError] = []
        func require(_ name: String, _ value: Double, _ holds: Bool, _ expected: String) {
            if holds && value.isFinite { return }
            errors.append(ParameterError(parameter: name, found: "\(value)", expected: expected))
        }
        func requirePositive(_ name: String, _ value: Double) {
            require(name, value, value > 0, "a finite number above 0")
        }
        switch self {
        case .constant(let value):
            require("value", value, value >= 0, "a finite number of at least 0")
        case .uniform(let low, let high):
            require("low", low, low >= 0, "a finite number of at least 0")
            require("high", high, high >= low || low.isNaN, "a finite number of at least low (\(low))")
        case .exponential(let mean):
            requirePositive("mean", mean)
        case .weibull(let shape, let scale):
            requirePositive("shape", shape)
            requirePositive("scale", scale)
        case .gamma(let shape, let scale):
            // With more, the incomplete gamma function loses its digits; the deviation is 1/30,000 of the
            // mean.
            require("shape", shape, shape > 0 && shape <= 1e9, "a number above 0 and at most 1e9")
            requirePositive("scale", scale)
        case .logNormal(let mu, let sigma):
            require("mu", mu, true, "a finite number")
            requirePositive("sigma", sigma)
        case .truncatedNormal(let mean, let deviation):
            require("mean", mean, true, "a finite number")
            requirePositive("standardDeviation", deviation)
            if errors.isEmpty {
                // Beyond 37 deviations the part above zero is below the smallest Double.
                require(
                    "mean", mean, mean >= -37 * deviation,
                    "at least −37 standard deviations, as nothing is left above 0")
            }
        case .pareto(let shape, let scale):
            require("shape", shape, shape > 1, "a finite number above 1, as the mean is infinite otherwise")
            requirePositive("scale", scale)
        case .hyperexponential(let probability, let first, let second):
            require(
                "probability", probability, probability >= 0 && probability <= 1, "a number from 0 to 1")
            requirePositive("firstMean", first)
            requirePositive("secondMean", second)
        case .empirical(let values):
            return values.errors
        }
        if errors.isEmpty && !(mean.isFinite && (mean > 0 || mayHaveMeanZero)) {
            errors.append(
                ParameterError(
                    parameter: kind, found: "a mean of \(mean)",
                    expected: "parameters whose mean is a finite number above 0"))
        }
        return errors
    }

    /// True for distributions that may lie at 0 altogether; with others a mean of 0 is an underflow.
    private var mayHaveMeanZero: Bool {
        switch self {
        case .constant, .uniform: true
        default: false
        }
    }
}
