import Stochastics
import Testing

@Suite("Distribution fits")
struct DistributionFitTests {
    static func sample(_ distribution: Distribution, count: Int = 20_000) -> [Double] {
        var stream = RandomStream(seed: 11, name: "fit")
        return (0..<count).map { _ in distribution.sample(from: &stream) }
    }

    @Test(
        "the family that a sample was drawn from fits best, with its parameters",
        arguments: [
            Distribution.logNormal(mu: 3, sigma: 1.5), .weibull(shape: 0.6, scale: 100),
            .gamma(shape: 4, scale: 25), .weibull(shape: 3, scale: 7), .gamma(shape: 0.3, scale: 10),
            .pareto(shape: 1.6, scale: 40), .pareto(shape: 0.8, scale: 1),
            .hyperexponential(probability: 0.8, firstMean: 5, secondMean: 200),
        ])
    func recovers(_ truth: Distribution) throws {
        let best = try #require(DistributionFit.all(Self.sample(truth)).first)
        #expect(best.distribution.kind == truth.kind)
        // 20,000 numbers give each parameter to a few per cent.
        switch (best.distribution, truth) {
        case (.logNormal(let mu, let sigma), .logNormal(let trueMu, let trueSigma)):
            #expect(abs(mu - trueMu) < 0.05 && abs(sigma - trueSigma) < 0.05)
        case (.weibull(let shape, let scale), .weibull(let trueShape, let trueScale)):
            #expect(abs(shape / trueShape - 1) < 0.03 && abs(scale / trueScale - 1) < 0.05)
        case (.gamma(let shape, let scale), .gamma(let trueShape, let trueScale)):
            #expect(abs(shape / trueShape - 1) < 0.05 && abs(scale / trueScale - 1) < 0.05)
        case (.pareto(let shape, let scale), .pareto(let trueShape, let trueScale)):
            #expect(abs(shape / trueShape - 1) < 0.03 && abs(scale / trueScale - 1) < 0.001)
        case (
            .hyperexponential(let probability, let first, let second),
            .hyperexponential(let trueProbability, let trueFirst, let trueSecond)
        ):
            #expect(abs(probability - trueProbability) < 0.02)
            #expect(abs(first / trueFirst - 1) < 0.05 && abs(second / trueSecond - 1) < 0.05)
        default: Issue.record("another family")
        }
        #expect(best.kolmogorovSmirnov.statistic < 0.015)
    }

    @Test("an exponential sample is told from others by distance")
    func exponential() throws {
        let fits = DistributionFit.all(Self.sample(.exponential(mean: 42)))
        let fit = try #require(fits.first { $0.distribution.kind == "exponential" })
        guard case .exponential(let mean) = fit.distribution else { return }
        #expect(abs(mean / 42 - 1) < 0.03)
        #expect(fit.kolmogorovSmirnov.statistic < 0.015)
        // Weibull and gamma hold the exponential, so they can be no better by more than their parameter.
        let best = try #require(fits.first)
        #expect(fit.aic - best.aic < 6)
        let logNormal = try #require(fits.first { $0.distribution.kind == "logNormal" })
        #expect(logNormal.aic > fit.aic + 100)
    }

    /// Of {1, 2, 4}: mean 7/3, mean of logs ln 2, variance of logs (2 ∕ 3) ln² 2.
    @Test("closed forms by hand")
    func byHand() throws {
        let fits = DistributionFit.all([1, 2, 4])
        for fit in fits {
            switch fit.distribution {
            case .exponential(let mean):
                #expect(abs(mean - 7.0 / 3) < 1e-12)
                // −3 ln(7/3) − 3
                #expect(abs(fit.logLikelihood - (-3 * 0.847_297_860_387_203_7 - 3)) < 1e-9)
            case .logNormal(let mu, let sigma):
                #expect(abs(mu - 0.693_147_180_559_945_3) < 1e-12)
                #expect(abs(sigma * sigma - 2.0 / 3 * 0.480_453_013_918_201_4) < 1e-12)
            case .pareto(let shape, let scale):
                #expect(scale == 1 && abs(shape * 0.693_147_180_559_945_3 - 1) < 1e-12)
            default: break
            }
        }
        let kinds = Set(fits.map(\.distribution.kind))
        #expect(kinds.isSuperset(of: ["exponential", "logNormal", "weibull", "gamma", "pareto"]))
    }

    @Test(
        "what cannot be fitted gives nothing",
        arguments: [[], [1], [2, 2, 2], [1, 0, 3], [1, .infinity]] as [[Double]])
    func nothing(_ sample: [Double]) { #expect(DistributionFit.all(sample).isEmpty) }
}
