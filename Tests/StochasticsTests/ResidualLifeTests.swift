import CGSL
import Stochastics
import Testing

@Suite("Residual life")
struct ResidualLifeTests {
    /// (1 ∕ mean) ∫₀ˣ (1 − F) by GSL's adaptive quadrature, which knows nothing of closed forms.
    static func integrated(_ distribution: Distribution, to end: Double) -> Double {
        final class Context {
            let distribution: Distribution
            init(_ distribution: Distribution) { self.distribution = distribution }
        }
        let context = Context(distribution)
        return withExtendedLifetime(context) {
            var function = gsl_function(
                function: { x, pointer in
                    guard let pointer else { return .nan }
                    return 1
                        - Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue().distribution.cdf(x)
                },
                params: Unmanaged.passUnretained(context).toOpaque())
            let workspace = gsl_integration_workspace_alloc(2_000)
            defer { gsl_integration_workspace_free(workspace) }
            var (result, error) = (0.0, 0.0)
            gsl_integration_qags(&function, 0, end, 0, 1e-10, 2_000, workspace, &result, &error)
            return result / distribution.mean
        }
    }

    @Test("agrees with numerical integration of the survival function", arguments: sampleDistributions)
    func agreesWithIntegration(distribution: Distribution) {
        _ = distribution.cdf(1)  // GSL's aborting error handler is off from the first call on.
        let isStep = !DistributionTests.isContinuous(distribution)
        for p in [1e-6, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99] {
            let residual = distribution.residualLife
            let x = residual.quantile(p)
            // Quadrature of steps converges slowly.
            let tolerance = isStep ? 1e-6 : 1e-9
            #expect(
                abs(Self.integrated(distribution, to: x) - p) <= tolerance * p + 1e-12,
                "\(distribution) at \(p)")
            #expect(abs(residual.cdf(x) - p) <= 1e-11 * p + 1e-14, "\(distribution) at \(p)")
        }
    }

    @Test(
        "known quantiles",
        arguments: [
            // Exponential lives have no memory; constant lives leave a uniform rest.
            (Distribution.exponential(mean: 5), 0.5, 3.465_735_902_799_726_5),
            (.constant(8), 0.25, 2.0),
            (.weibull(shape: 1, scale: 5), 0.5, 3.465_735_902_799_726_5),
            (.gamma(shape: 1, scale: 5), 0.5, 3.465_735_902_799_726_5),
            // Shape 1/2: x = scale · g², with g the median 1.678346990016661 of a gamma of shape 2.
            (.weibull(shape: 0.5, scale: 10), 0.5, 28.16848618897984),
            // Uniform on [0, 1]: Fₑ(x) = 2x − x².
            (.uniform(low: 0, high: 1), 0.75, 0.5),
            // Half 1, half 3, mean 2: Fₑ rises by 1/2 per unit up to 1, then by 1/4.
            (.empirical(EmpiricalDistribution(values: [1, 3])), 0.25, 0.5),
            (.empirical(EmpiricalDistribution(values: [1, 3])), 0.75, 2.0),
        ])
    func knownQuantiles(distribution: Distribution, p: Double, expected: Double) {
        #expect(abs(distribution.residualLife.quantile(p) / expected - 1) < 1e-11)
    }

    @Test("quantiles grow with p and start as p × mean", arguments: sampleDistributions)
    func quantilesAreMonotone(distribution: Distribution) {
        let residual = distribution.residualLife
        var last = 0.0
        for step in 0...1_000 {
            let value = residual.quantile(Double(step) / 1_000)
            #expect(value >= last)
            last = value
        }
        if distribution.cdf(1e-12 * distribution.mean) == 0 {
            #expect(abs(residual.quantile(1e-13) / (1e-13 * distribution.mean) - 1) < 1e-3)
        }
    }

    @Test("a Weibull shape so large that the gamma variable underflows still gives p × mean")
    func largeShapes() {
        let life = Distribution.weibull(shape: 1_000, scale: 2)
        #expect(abs(life.residualLife.quantile(0.3) / (0.3 * life.mean) - 1) < 1e-12)
        #expect(abs(life.residualLife.cdf(0.3 * life.mean) - 0.3) < 1e-12)
    }

    @Test(
        "is what an inspector sees who comes at a random moment (KS at 0.1 %)",
        arguments: [
            Distribution.weibull(shape: 0.5, scale: 100), .weibull(shape: 3, scale: 10),
            .gamma(shape: 2.5, scale: 4),
            .gamma(shape: 0.3, scale: 10), .logNormal(mu: 1, sigma: 0.8), .uniform(low: 2, high: 5),
            .constant(3),
            .exponential(mean: 7), .truncatedNormal(mean: 1, standardDeviation: 1),
            .empirical(EmpiricalDistribution(values: [1, 2, 10], weights: [5, 3, 1])),
        ])
    func inspectionParadox(distribution: Distribution) throws {
        // Renewals from 0 on; the moment looked at is hundreds of mean lives later, at a random phase.
        let streams = RandomStreams(seed: 13).scoped(distribution.kind)
        var phases = streams.stream("phase")
        var sample: [Double] = []
        for replication in 0..<2_000 {
            var lives = streams.stream("life", replication)
            let moment = distribution.mean * (200 + 100 * phases.uniform())
            var renewal = 0.0
            while renewal <= moment { renewal += distribution.sample(from: &lives) }
            sample.append(renewal - moment)
        }
        let outcome = try #require(
            GoodnessOfFit.kolmogorovSmirnov(sample, cdf: distribution.residualLife.cdf))
        #expect(outcome.pValue > 0.001, "\(outcome)")
    }
}
