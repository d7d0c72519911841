import Stochastics
import Testing

/// Distributions of all kinds and of many shapes, with means from 10⁻³ to 10⁹.
let sampleDistributions: [Distribution] = [
    .constant(5), .constant(1e-3),
    .uniform(low: 0, high: 10), .uniform(low: 2, high: 3), .uniform(low: 4, high: 4),
    .exponential(mean: 0.25), .exponential(mean: 1e9),
    .weibull(shape: 0.5, scale: 100), .weibull(shape: 1, scale: 3), .weibull(shape: 3.5, scale: 1e6),
    .weibull(shape: 0.2, scale: 1), .weibull(shape: 50, scale: 2),
    .logNormal(mu: 0, sigma: 1), .logNormal(mu: 5, sigma: 0.1), .logNormal(mu: -2, sigma: 3),
    .gamma(shape: 0.3, scale: 10), .gamma(shape: 1, scale: 2), .gamma(shape: 2.5, scale: 40),
    .gamma(shape: 200, scale: 0.01),
    .truncatedNormal(mean: 10, standardDeviation: 2), .truncatedNormal(mean: 1, standardDeviation: 1),
    .truncatedNormal(mean: -3, standardDeviation: 1),
    .pareto(shape: 3.5, scale: 2), .pareto(shape: 12, scale: 1e4),
    .hyperexponential(probability: 0.9, firstMean: 1, secondMean: 50),
    .hyperexponential(probability: 0.3, firstMean: 40, secondMean: 1),
    .empirical(EmpiricalDistribution(values: [3, 1, 4, 1, 5, 9, 2, 6])),
    .empirical(EmpiricalDistribution(values: [10, 0, 20], weights: [1, 2, 0.5])),
]

@Suite("Distributions")
struct DistributionTests {
    static let probabilities = [0x1p-53, 1e-9, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.96, 0.999, 1 - 1e-9]

    static func isContinuous(_ distribution: Distribution) -> Bool {
        switch distribution {
        case .constant, .empirical, .uniform(low: 4, high: 4): false
        default: true
        }
    }

    @Test(
        "known quantiles",
        arguments: [
            // Closed forms: −m ln(1 − p), s (−ln(1 − p))^(1 ∕ k), exp(mu + sigma z); z(0.975) =
            // 1.959963984540054.
            (Distribution.exponential(mean: 2), 0.5, 1.386_294_361_119_890_6),
            (.weibull(shape: 2, scale: 3), 1 - 0.367_879_441_171_442_3, 3),
            (.logNormal(mu: 1, sigma: 0.5), 0.975, 7.242_612_560_975_397),
            // Gamma of shape 2 and scale 1 has its median where (1 + x) e⁻ˣ = 1/2.
            (.gamma(shape: 2, scale: 10), 0.5, 16.783_469_900_166_61),
            (.uniform(low: 2, high: 6), 0.25, 3),
            (.constant(7), 0.9, 7),
            // s ∕ (1 − p)^(1 ∕ k); 1 − (1 ∕ 2)(e^(−x) + e^(−2x)) is 1/2 where e^(−x) is the golden ratio's inverse.
            (.pareto(shape: 2, scale: 3), 0.75, 6),
            (
                .hyperexponential(probability: 0.5, firstMean: 1, secondMean: 0.5), 0.5,
                0.481_211_825_059_603_4
            ),
            // Half a normal: its median is z(0.75).
            (.truncatedNormal(mean: 0, standardDeviation: 1), 0.5, 0.674_489_750_196_081_7),
        ])
    func knownQuantiles(distribution: Distribution, p: Double, expected: Double) {
        #expect(abs(distribution.quantile(p) / expected - 1) < 1e-12)
    }

    @Test("the distribution function undoes the quantile function", arguments: sampleDistributions)
    func quantileInvertsCDF(distribution: Distribution) {
        #expect(distribution.validate() == [])
        for p in Self.probabilities {
            let value = distribution.quantile(p)
            let back = distribution.cdf(value)
            #expect(value >= 0 && value.isFinite, "\(distribution) at \(p)")
            if Self.isContinuous(distribution) {
                // A value has 53 bits, so steep functions cannot come back closer than this.
                #expect(abs(back - p) <= 1e-13 + 1e-9 * min(p, 1 - p), "\(distribution) at \(p): \(back)")
            } else {
                #expect(back >= p, "\(distribution) at \(p)")
                #expect(distribution.cdf(value.nextDown) < p, "\(distribution) at \(p)")
            }
        }
    }

    @Test("quantiles grow with p, and p outside [0, 1] gives NaN", arguments: sampleDistributions)
    func quantilesAreMonotone(distribution: Distribution) {
        var last = distribution.quantile(0)
        #expect(last >= 0)
        for step in 1...1_000 {
            let value = distribution.quantile(Double(step) / 1_000)
            #expect(value >= last)
            last = value
        }
        for p in [-0.1, 1.1, .nan, .infinity] {
            #expect(distribution.quantile(p).isNaN)
            #expect(distribution.residualLife.quantile(p).isNaN)
        }
        #expect(distribution.cdf(.nan).isNaN)
        #expect(distribution.cdf(-1) == 0)
        #expect(distribution.cdf(.infinity) == 1)
    }

    @Test("a draw is the quantile of exactly one uniform number", arguments: sampleDistributions)
    func drawsUseOneUniform(distribution: Distribution) {
        var drawing = RandomStream(seed: 1, name: "draw")
        var counting = RandomStream(seed: 1, name: "draw")
        for _ in 0..<10 {
            let (drawn, expected) = (
                distribution.sample(from: &drawing), distribution.quantile(counting.uniform())
            )
            #expect(drawn == expected)
        }
        let (one, other) = (drawing.snapshot, counting.snapshot)
        #expect(one == other)
    }

    @Test(
        "samples have the distribution (KS at 0.1 %) and its mean (within four standard errors)",
        arguments: sampleDistributions)
    func samplesFit(distribution: Distribution) throws {
        var stream = RandomStream(seed: 21, name: distribution.kind)
        let sample = (0..<20_000).map { _ in distribution.sample(from: &stream) }
        if Self.isContinuous(distribution) {
            let outcome = try #require(GoodnessOfFit.kolmogorovSmirnov(sample, cdf: distribution.cdf))
            #expect(outcome.pValue > 0.001)
        }
        // Heavy tails have standard errors that a sample underestimates; the KS test covers those.
        if case .logNormal(_, sigma: 3) = distribution { return }
        if case .weibull(shape: 0.2, _) = distribution { return }
        let moments = MeanAccumulator(sample)
        let (mean, variance) = try #require(
            moments.mean.flatMap { mean in moments.variance.map { (mean, $0) } })
        let error = 4 * (variance / 20_000).squareRoot() + 1e-12 * mean
        #expect(abs(mean - distribution.mean) <= error)
    }

    @Test("weights count as repetitions, in any order of input")
    func weightsRepeat() {
        let weighted = Distribution.empirical(EmpiricalDistribution(values: [9, 1, 4], weights: [1, 3, 0]))
        let repeated = Distribution.empirical(EmpiricalDistribution(values: [1, 1, 9, 1]))
        #expect(weighted.mean == 3)
        #expect(repeated.mean == 3)
        for p in Self.probabilities + [0, 1, 0.75] {
            #expect(weighted.quantile(p) == repeated.quantile(p))
            #expect(weighted.residualLife.quantile(p) == repeated.residualLife.quantile(p))
        }
        #expect(weighted.quantile(0.75) == 1)
        #expect(weighted.quantile(0.7500001) == 9)
    }

    @Test("every wrong parameter is reported, with what was found and expected")
    func validationReportsAll() {
        func texts(_ distribution: Distribution) -> [String] { distribution.validate().map(\.description) }
        #expect(texts(.exponential(mean: 0)) == ["mean: found 0.0, expected a finite number above 0"])
        #expect(
            texts(.weibull(shape: -1, scale: .nan)) == [
                "shape: found -1.0, expected a finite number above 0",
                "scale: found nan, expected a finite number above 0",
            ])
        #expect(
            texts(.uniform(low: 3, high: 2)) == [
                "high: found 2.0, expected a finite number of at least low (3.0)"
            ])
        #expect(texts(.constant(-.infinity)) == ["value: found -inf, expected a finite number of at least 0"])
        #expect(
            texts(.weibull(shape: 0.001, scale: 1)) == [
                "weibull: found a mean of inf, expected parameters whose mean is a finite number above 0"
            ])
        #expect(
            texts(.empirical(EmpiricalDistribution(values: [1, -2, .nan], weights: [0, -1]))) == [
                "values[1]: found -2.0, expected a finite number of at least 0",
                "values[2]: found nan, expected a finite number of at least 0",
                "weights: found 2, expected as many as there are values (3)",
                "weights[1]: found -1.0, expected a finite number of at least 0",
                "weights: found none above 0, expected at least one above 0",
            ])
        #expect(
            texts(.empirical(EmpiricalDistribution(values: []))) == [
                "values: found none, expected at least one"
            ])
        #expect(texts(.truncatedNormal(mean: -100, standardDeviation: 1)).count == 1)
    }

    static let extremes: [Double] = [
        .nan, -.infinity, .infinity, 0, -1, .leastNonzeroMagnitude, 1e-300, 1e-30, 1e-3, 1, 30, 1e3, 1e15,
        1e300,
        .greatestFiniteMagnitude,
    ]

    @Test("no parameters trap, and those that pass validation give no NaN", arguments: extremes)
    func extremeParametersDoNotTrap(first: Double) {
        for second in Self.extremes {
            let distributions: [Distribution] = [
                .constant(first), .uniform(low: first, high: second), .exponential(mean: first),
                .weibull(shape: first, scale: second), .logNormal(mu: first, sigma: second),
                .gamma(shape: first, scale: second),
                .truncatedNormal(mean: first, standardDeviation: second),
                .empirical(EmpiricalDistribution(values: [first, second], weights: [second, first])),
            ]
            for distribution in distributions {
                let isValid = distribution.validate().isEmpty
                for p in [0, 0x1p-53, 0.01, 0.5, 0.97, 1 - 0x1p-53, 1] {
                    let (life, residual) = (distribution.quantile(p), distribution.residualLife.quantile(p))
                    let probabilities = [
                        distribution.cdf(life), distribution.residualLife.cdf(residual),
                        distribution.residualLife.cdf(life),
                    ]
                    guard isValid else { continue }
                    #expect(life >= 0, "\(distribution) at \(p)")
                    #expect(residual >= 0, "residual of \(distribution) at \(p)")
                    #expect(probabilities.allSatisfy { $0 >= 0 && $0 <= 1 }, "\(distribution) at \(p)")
                }
            }
        }
    }
}
