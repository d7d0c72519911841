/// The equilibrium distribution of a renewal process: the time to the next renewal, seen at a moment that has
/// nothing to do with the process.
///
/// With lives distributed as F, its distribution function is Fₑ(x) = (1 ∕ mean) ∫₀ˣ (1 − F(u)) du (Cox,
/// *Renewal Theory*, 1962, on the forward recurrence time). It is what a fleet shows that has been running
/// for long: machines of all ages. With a Weibull shape below 1, starting every machine new instead makes a
/// burst of early failures that nobody's data centre shows.
///
/// Requires a distribution that passes ``Distribution/validate()``; a mean of 0 gives a residual life of 0.
public struct ResidualLife: Equatable, Sendable {
    public let distribution: Distribution
    private let mean: Double

    public init(of distribution: Distribution) {
        self.distribution = distribution
        mean = distribution.mean
    }

    /// Draws one residual life, using up exactly one uniform number.
    public func sample(from stream: inout RandomStream) -> Double { quantile(stream.uniform()) }

    /// The probability of a residual life of at most `x`.
    public func cdf(_ x: Double) -> Double {
        if x.isNaN || mean.isNaN { return .nan }
        if mean == 0 { return x >= 0 ? 1 : 0 }
        if x <= 0 { return 0 }
        if x == .infinity { return 1 }
        switch distribution {
        case .constant(let value):
            return min(1, x / value)
        case .exponential:
            return distribution.cdf(x)
        case .uniform(let low, let high):
            if x >= high { return 1 }
            return x <= low ? x / mean : 1 - (high - x) / (high - low) * (high - x) / (high + low)
        case .empirical(let values):
            return values.limitedMean(x) / mean
        case .weibull(let shape, let scale):
            let power = GSL.pow(x / scale, shape)
            return power < Self.negligible ? min(1, x / mean) : GSL.gammaP(power, shape: 1 / shape)
        case .gamma(let shape, let scale):
            let y = x / scale
            return min(1, GSL.gammaP(y, shape: shape + 1) + y / shape * GSL.gammaQ(y, shape: shape))
        case .logNormal(let mu, let sigma):
            let z = (GSL.log(x) - mu) / sigma
            return min(1, GSL.normalP(z - sigma) + tailShare(x, GSL.normalQ(z)))
        case .truncatedNormal(let center, let deviation):
            let (cut, z) = (-center / deviation, (x - center) / deviation)
            return min(1, max(0, (Self.loss(cut) - Self.loss(z)) * deviation / mean / GSL.normalQ(cut)))
        case .pareto(_, let scale):
            return x <= scale ? x / mean : 1 - survival(x)
        case .hyperexponential:
            return mixture.cdf(x)
        }
    }

    /// The residual life that is not exceeded with probability `p`; NaN when `p` is no probability.
    ///
    /// Closed form for constant, uniform, exponential and empirical lives, through GSL's inverse of the
    /// incomplete gamma function for Weibull lives, and else by a bracketed search to a relative 10⁻¹³.
    public func quantile(_ p: Double) -> Double {
        guard p >= 0 && p <= 1 && !mean.isNaN else { return .nan }
        if p == 0 || mean == 0 { return 0 }
        switch distribution {
        case .constant(let value):
            return value * p
        case .exponential:
            return distribution.quantile(p)
        case .uniform(let low, let high):
            if p * mean <= low { return p * mean }
            // Solves 1 − p = (high − x)² ∕ (high² − low²), written so that nothing cancels for small p.
            let ratio = low / high
            let spread = (1 - ratio) * (1 + ratio)
            return high * (ratio * ratio + p * spread) / (1 + ((1 - p) * spread).squareRoot())
        case .empirical(let values):
            return values.limitedMeanInverse(p * mean)
        case .weibull(let shape, let scale):
            return weibullQuantile(p, shape: shape, scale: scale)
        case .pareto(let shape, let scale):
            // Up to the scale nothing is renewed, so that the density is constant.
            if p * mean <= scale { return p * mean }
            return p == 1 ? .infinity : scale / GSL.pow(shape * (1 - p), 1 / (shape - 1))
        case .hyperexponential:
            return mixture.quantile(p)
        case .gamma, .logNormal, .truncatedNormal:
            return p == 1 ? .infinity : searchedQuantile(p)
        }
    }

    /// The probability of a residual life above `x`, without the cancellation of 1 − cdf in the tail.
    private func survival(_ x: Double) -> Double {
        switch distribution {
        case .weibull(let shape, let scale):
            return GSL.gammaQ(GSL.pow(x / scale, shape), shape: 1 / shape)
        case .gamma(let shape, let scale):
            let y = x / scale
            return max(0, GSL.gammaQ(y, shape: shape + 1) - y / shape * GSL.gammaQ(y, shape: shape))
        case .logNormal(let mu, let sigma):
            let z = (GSL.log(x) - mu) / sigma
            return max(0, GSL.normalQ(z - sigma) - tailShare(x, GSL.normalQ(z)))
        case .truncatedNormal(let center, let deviation):
            let z = (x - center) / deviation
            return max(0, Self.loss(z) * deviation / mean / GSL.normalQ(-center / deviation))
        case .pareto(let shape, let scale) where x > scale:
            return GSL.pow(scale / x, shape - 1) / shape
        default:
            return 1 - cdf(x)
        }
    }

    /// With g gamma-distributed of shape 1 ∕ k, a Weibull of shape k has the residual life scale × g^(1 ∕ k).
    private func weibullQuantile(_ p: Double, shape: Double, scale: Double) -> Double {
        if p == 1 { return .infinity }
        let gammaShape = 1 / shape
        // For large k, g underflows though its root does not: there Fₑ(x) = x ∕ mean to the last digit.
        let logPower = (GSL.log(p) + GSL.logGamma(1 + gammaShape)) / gammaShape
        if logPower < GSL.log(Self.negligible) { return p * mean }
        let power = GSL.gammaPinv(p, shape: gammaShape)
        return power.isNaN ? searchedQuantile(p) : scale * GSL.pow(power, gammaShape)
    }

    /// The residual life of a hyperexponential life: again one, in which the longer lives weigh more.
    private var mixture: Distribution {
        guard case .hyperexponential(let probability, let first, let second) = distribution else {
            return distribution
        }
        return .hyperexponential(
            probability: probability * first / mean, firstMean: first, secondMean: second)
    }

    private func searchedQuantile(_ p: Double) -> Double {
        // Fₑ(x) ≤ x ∕ mean, so the quantile is not below p × mean.
        RootFinder.crossing(from: max(p * mean, .leastNonzeroMagnitude)) { x in
            p <= 0.5 ? cdf(x) - p : (1 - p) - survival(x)
        }
    }

    /// x × tail ∕ mean, in an order in which a tail of 0 wins over an x that is huge.
    private func tailShare(_ x: Double, _ tail: Double) -> Double { tail == 0 ? 0 : x / mean * tail }

    /// The unit normal loss integral ∫ Q from z to infinity = φ(z) − z Q(z).
    private static func loss(_ z: Double) -> Double {
        let tail = GSL.normalQ(z)
        return tail == 0 ? 0 : max(0, GSL.normalDensity(z) - z * tail)
    }

    /// (x ∕ scale)^shape below which a Weibull's survival is 1 to the last digit.
    private static let negligible = 1e-17
}
