/// The probability distribution of a quantity that is never negative: a time to failure, a size, a delay.
///
/// Numbers are in the caller's unit; a model of durations uses seconds. Draws invert the distribution
/// function at one uniform number, so one draw uses up exactly one number of a stream, a draw grows with that
/// number, and two runs on common random numbers stay in step whatever their distributions. Quantile
/// functions are those of the GNU Scientific Library.
///
/// The functions give NaN, never a trap, for parameters that ``validate()`` rejects.
public enum Distribution: Equatable, Sendable {
    case constant(Double)
    case uniform(low: Double, high: Double)
    case exponential(mean: Double)
    /// Survival beyond x with probability exp(−(x ∕ scale)^shape); below shape 1 the hazard falls with age.
    case weibull(shape: Double, scale: Double)
    /// The logarithm is normal with mean `mu` and standard deviation `sigma`.
    case logNormal(mu: Double, sigma: Double)
    /// The mean is shape × scale.
    case gamma(shape: Double, scale: Double)
    /// A normal distribution of this mean and standard deviation, given that the value is not negative.
    case truncatedNormal(mean: Double, standardDeviation: Double)
    /// Survival beyond x with probability (scale ∕ x)^shape, from the scale on; the mean is finite above shape
    /// 1 only.
    case pareto(shape: Double, scale: Double)
    /// Exponential with the first mean with this probability, else with the second: more variable than one
    /// exponential.
    case hyperexponential(probability: Double, firstMean: Double, secondMean: Double)
    case empirical(EmpiricalDistribution)

    /// Draws one value, using up exactly one uniform number.
    ///
    /// A heavy tail may exceed what a `Double` holds; the draw is then infinite.
    public func sample(from stream: inout RandomStream) -> Double { quantile(stream.uniform()) }

    /// The expected value; infinite where it exceeds what a `Double` holds.
    public var mean: Double {
        switch self {
        case .constant(let value): value
        case .uniform(let low, let high): low / 2 + high / 2
        case .exponential(let mean): mean
        case .weibull(let shape, let scale): scale * GSL.gamma(1 + 1 / shape)
        case .logNormal(let mu, let sigma): GSL.exp(mu + sigma * sigma / 2)
        case .gamma(let shape, let scale): shape * scale
        case .truncatedNormal(let mean, let deviation):
            mean + deviation * GSL.normalDensity(mean / deviation) / GSL.normalQ(-mean / deviation)
        case .pareto(let shape, let scale): shape > 1 ? scale * shape / (shape - 1) : .infinity
        case .hyperexponential(let probability, let first, let second):
            probability * first + (1 - probability) * second
        case .empirical(let values): values.mean
        }
    }

    /// The smallest value that is not exceeded with probability `p`.
    ///
    /// - Returns: At 0 the lower end of the support, at 1 the upper (which may be infinite); NaN when `p` is
    ///   no probability.
    public func quantile(_ p: Double) -> Double {
        guard p >= 0 && p <= 1 else { return .nan }
        switch self {
        case .constant(let value): return value
        case .uniform(let low, let high): return min(low + (high - low) * p, high)
        case .exponential(let mean): return GSL.exponentialPinv(p, mean: mean)
        case .weibull(let shape, let scale): return GSL.weibullPinv(p, shape: shape, scale: scale)
        case .logNormal(let mu, let sigma): return GSL.logNormalPinv(p, mu: mu, sigma: sigma)
        case .gamma(let shape, let scale): return scale * Self.unitGammaQuantile(p, shape: shape)
        case .truncatedNormal(let mean, let deviation):
            // In whichever tail keeps the digits: p counts from the cut, below which lies GSL's P(−mean/dev).
            let kept = GSL.normalQ(-mean / deviation)
            let below = GSL.normalP(-mean / deviation) + p * kept
            let z = below < 0.5 ? GSL.normalPinv(below) : GSL.normalQinv((1 - p) * kept)
            return max(0, mean + deviation * z)
        case .pareto(let shape, let scale): return p == 1 ? .infinity : scale / GSL.pow(1 - p, 1 / shape)
        case .hyperexponential(_, let first, let second):
            if p == 0 || p == 1 || first == second { return GSL.exponentialPinv(p, mean: first) }
            // It lies between those of the two.
            return RootFinder.crossing(from: GSL.exponentialPinv(p, mean: min(first, second))) { x in
                p <= 0.5 ? cdf(x) - p : (1 - p) - survivalOfMixture(x)
            }
        case .empirical(let values): return values.quantile(p)
        }
    }

    /// The probability of a value of at most `x`.
    public func cdf(_ x: Double) -> Double {
        if x.isNaN { return .nan }
        switch self {
        case .constant(let value): return x >= value ? 1 : 0
        case .uniform(let low, let high):
            if x >= high { return 1 }
            return x <= low ? 0 : (x - low) / (high - low)
        case .empirical(let values): return values.cdf(x)
        default: break
        }
        if x <= 0 { return 0 }
        switch self {
        case .exponential(let mean): return GSL.exponentialP(x, mean: mean)
        case .weibull(let shape, let scale): return GSL.weibullP(x, shape: shape, scale: scale)
        case .logNormal(let mu, let sigma): return GSL.logNormalP(x, mu: mu, sigma: sigma)
        case .gamma(let shape, let scale): return GSL.gammaP(x / scale, shape: shape)
        case .pareto(let shape, let scale): return x <= scale ? 0 : 1 - GSL.pow(scale / x, shape)
        case .hyperexponential(let probability, let first, let second):
            return probability * GSL.exponentialP(x, mean: first)
                + (1 - probability) * GSL.exponentialP(x, mean: second)
        case .truncatedNormal(let mean, let deviation):
            return 1 - GSL.normalQ((x - mean) / deviation) / GSL.normalQ(-mean / deviation)
        default: return .nan
        }
    }

    /// The time left of a component that has been renewed for ever: see ``ResidualLife``.
    public var residualLife: ResidualLife { ResidualLife(of: self) }

    /// Of a hyperexponential distribution, without the cancellation of 1 − cdf in the tail.
    func survivalOfMixture(_ x: Double) -> Double {
        guard case .hyperexponential(let probability, let first, let second) = self else { return .nan }
        return probability * GSL.exp(-x / first) + (1 - probability) * GSL.exp(-x / second)
    }

    /// The quantile of the gamma distribution of scale 1.
    static func unitGammaQuantile(_ p: Double, shape: Double) -> Double {
        let direct = GSL.gammaPinv(p, shape: shape)
        guard direct.isNaN else { return direct }
        // GSL's Newton iteration gives up for small shapes; there the bracketed search does not.
        return RootFinder.crossing(from: .leastNonzeroMagnitude) { GSL.gammaP($0, shape: shape) - p }
    }
}
