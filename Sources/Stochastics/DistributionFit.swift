/// How well a distribution of a family describes a sample, with the parameters that describe it best.
public struct DistributionFit: Equatable, Sendable {
    public var distribution: Distribution
    /// How many parameters were chosen.
    public var parameters: Int
    public var logLikelihood: Double
    /// The Kolmogorov–Smirnov distance, and the probability of one at least as large.
    ///
    /// The parameters come from the same sample, so the true probability is smaller than the one given:
    /// a small value speaks against the fit, a large one does not prove it.
    public var kolmogorovSmirnov: TestOutcome

    /// Akaike's information criterion; the smaller the better, comparable within one sample only.
    public var aic: Double { 2 * Double(parameters) - 2 * logLikelihood }

    /// Fits each family to a sample by maximum likelihood, the one with the smallest criterion first.
    ///
    /// - Parameter sample: Numbers above 0; others have no likelihood here and must have been taken out.
    /// - Returns: Nothing for fewer than two numbers, or when all are equal, which a constant describes.
    public static func all(_ sample: [Double]) -> [DistributionFit] {
        guard let moments = LogMoments(sample), moments.least < moments.most else { return [] }
        let candidates: [(Distribution?, Int)] = [
            (exponential(moments), 1), (logNormal(moments), 2), (weibull(sample, moments), 2),
            (gamma(moments), 2), (pareto(moments), 2), (hyperexponential(sample), 3),
        ]
        var fits: [DistributionFit] = []
        for (distribution, parameters) in candidates {
            guard let distribution, isUsable(distribution),
                let likelihood = logLikelihood(of: distribution, moments, sample), likelihood.isFinite,
                let distance = GoodnessOfFit.kolmogorovSmirnov(sample, cdf: distribution.cdf)
            else { continue }
            fits.append(
                DistributionFit(
                    distribution: distribution, parameters: parameters, logLikelihood: likelihood,
                    kolmogorovSmirnov: distance))
        }
        // Families in the order above where criteria are equal.
        return fits.enumerated().sorted {
            ($0.element.aic, $0.offset) < ($1.element.aic, $1.offset)
        }.map(\.element)
    }

    /// Whether it is a distribution; a Pareto distribution is one also where its mean is infinite.
    private static func isUsable(_ distribution: Distribution) -> Bool {
        if case .pareto(let shape, let scale) = distribution {
            return shape > 0 && shape.isFinite && scale > 0
        }
        return distribution.validate().isEmpty
    }

    /// What the likelihoods need of a sample, each summed in the sample's order.
    struct LogMoments {
        var count: Double
        var sum = 0.0
        var logSum = 0.0
        var logSquares = 0.0
        var least = Double.infinity
        var most = 0.0

        init?(_ sample: [Double]) {
            guard sample.count >= 2, sample.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
            count = Double(sample.count)
            for value in sample {
                sum += value
                logSum += GSL.log(value)
                least = min(least, value)
                most = max(most, value)
            }
            let mean = logSum / count
            for value in sample {
                let distance = GSL.log(value) - mean
                logSquares += distance * distance
            }
        }

        var mean: Double { sum / count }
        var logMean: Double { logSum / count }
    }

    private static func exponential(_ moments: LogMoments) -> Distribution {
        .exponential(mean: moments.mean)
    }

    private static func logNormal(_ moments: LogMoments) -> Distribution {
        .logNormal(mu: moments.logMean, sigma: (moments.logSquares / moments.count).squareRoot())
    }

    /// The shape k solves ln k − ψ(k) = ln(mean) − mean of logs, by Newton's method in 1/k from Minka's start
    /// ("Estimating a Gamma distribution", 2002).
    private static func gamma(_ moments: LogMoments) -> Distribution? {
        let gap = GSL.log(moments.mean) - moments.logMean
        guard gap > 0 else { return nil }
        var shape = (3 - gap + ((gap - 3) * (gap - 3) + 24 * gap).squareRoot()) / (12 * gap)
        for _ in 0..<100 {
            let error = GSL.log(shape) - GSL.digamma(shape) - gap
            let inverse = 1 / shape + error / (shape * shape * (1 / shape - GSL.trigamma(shape)))
            guard inverse > 0, inverse.isFinite else { return nil }
            let next = 1 / inverse
            if abs(next - shape) <= 1e-12 * shape { return .gamma(shape: next, scale: moments.mean / next) }
            shape = next
        }
        return .gamma(shape: shape, scale: moments.mean / shape)
    }

    /// The shape k solves Σ xᵏ ln x ∕ Σ xᵏ − 1 ∕ k = mean of logs, whose left side grows with k: by bisection
    /// of its logarithm, with x measured in the largest so that powers do not overflow.
    private static func weibull(_ sample: [Double], _ moments: LogMoments) -> Distribution? {
        let logs = sample.map { GSL.log($0 / moments.most) }
        let logMean = moments.logMean - GSL.log(moments.most)
        func excess(_ shape: Double) -> Double {
            var powers = 0.0
            var weighted = 0.0
            for log in logs {
                let power = GSL.exp(shape * log)
                powers += power
                weighted += power * log
            }
            return weighted / powers - 1 / shape - logMean
        }
        var (low, high) = (1e-3, 1e3)
        guard excess(low) < 0, excess(high) > 0 else { return nil }
        for _ in 0..<60 {
            let middle = (low * high).squareRoot()
            if excess(middle) > 0 { high = middle } else { low = middle }
            if high / low - 1 < 1e-10 { break }
        }
        let shape = (low * high).squareRoot()
        var powers = 0.0
        for log in logs { powers += GSL.exp(shape * log) }
        return .weibull(shape: shape, scale: moments.most * GSL.pow(powers / moments.count, 1 / shape))
    }

    /// The scale is the least value; the shape follows from the mean of the logarithms.
    private static func pareto(_ moments: LogMoments) -> Distribution? {
        let excess = moments.logMean - GSL.log(moments.least)
        return excess > 0 ? .pareto(shape: 1 / excess, scale: moments.least) : nil
    }

    /// How many values the two exponentials are fitted to: so many quantiles of the sample.
    private static let mixtureValues = 10_000

    /// By expectation and maximisation (Dempster, Laird and Rubin, Journal of the Royal Statistical Society B
    /// 39(1), 1977), from the means of the smaller and of the larger half.
    private static func hyperexponential(_ sample: [Double]) -> Distribution? {
        let sorted = sample.sorted()
        let count = min(sorted.count, mixtureValues)
        let values = (0..<count).map { sorted[(2 * $0 + 1) * sorted.count / (2 * count)] }
        let half = max(1, count / 2)
        var first = values[..<half].reduce(0, +) / Double(half)
        var second = values[half...].reduce(0, +) / Double(max(1, count - half))
        var probability = 0.5
        guard first > 0, second > first else { return nil }
        for _ in 0..<500 {
            var (weight, firstSum, secondSum) = (0.0, 0.0, 0.0)
            for value in values {
                let short = probability / first * GSL.exp(-value / first)
                let long = (1 - probability) / second * GSL.exp(-value / second)
                let share = short + long > 0 ? short / (short + long) : 0
                weight += share
                firstSum += share * value
                secondSum += (1 - share) * value
            }
            let rest = Double(count) - weight
            guard weight > 0, rest > 0, firstSum > 0, secondSum > 0 else { return nil }
            let next = (weight / Double(count), firstSum / weight, secondSum / rest)
            let change = max(
                abs(next.0 - probability), abs(next.1 - first) / first, abs(next.2 - second) / second)
            (probability, first, second) = next
            if change < 1e-8 { break }
        }
        // Of one mean, or with next to nothing of the other, it is a plain exponential.
        guard probability > 1e-6, probability < 1 - 1e-6, abs(second / first - 1) > 1e-3 else { return nil }
        return .hyperexponential(probability: probability, firstMean: first, secondMean: second)
    }

    private static func logLikelihood(
        of distribution: Distribution, _ moments: LogMoments, _ sample: [Double]
    ) -> Double? {
        let count = moments.count
        switch distribution {
        case .exponential(let mean):
            return -count * GSL.log(mean) - moments.sum / mean
        case .logNormal(_, let sigma):
            // At the best parameters the squares sum up to the count.
            return -moments.logSum - count * (GSL.log(sigma) + 0.5 * GSL.log(2 * Double.pi) + 0.5)
        case .gamma(let shape, let scale):
            return (shape - 1) * moments.logSum - moments.sum / scale
                - count * (shape * GSL.log(scale) + GSL.logGamma(shape))
        case .weibull(let shape, let scale):
            var powers = 0.0
            for value in sample { powers += GSL.pow(value / scale, shape) }
            return count * (GSL.log(shape) - shape * GSL.log(scale)) + (shape - 1) * moments.logSum - powers
        case .pareto(let shape, let scale):
            return count * (GSL.log(shape) + shape * GSL.log(scale)) - (shape + 1) * moments.logSum
        case .hyperexponential(let probability, let first, let second):
            var sum = 0.0
            for value in sample {
                sum += GSL.log(
                    probability / first * GSL.exp(-value / first)
                        + (1 - probability) / second * GSL.exp(-value / second))
            }
            return sum
        default: return nil
        }
    }
}
