import Testing

@testable import Stochastics

@Suite("Estimators")
struct EstimatorTests {
    @Test("mean and variance of a textbook sample")
    func meanAndVariance() {
        // Deviations from 5: squares sum to 32, over n − 1 = 7.
        let moments = MeanAccumulator([2, 4, 4, 4, 5, 5, 7, 9])
        #expect(moments.mean == 5)
        #expect(abs((moments.variance ?? 0) - 32.0 / 7) < 1e-14)
        #expect(moments.minimum == 2)
        #expect(moments.maximum == 9)
    }

    @Test("no values give no mean, and one gives no variance")
    func tooFewValues() {
        var moments = MeanAccumulator()
        #expect(moments.mean == nil)
        moments.add(3)
        #expect(moments.mean == 3)
        #expect(moments.variance == nil)
        #expect(ConfidenceInterval(ofMean: moments) == nil)
    }

    @Test("a large offset does not cancel the variance")
    func largeOffset() {
        let moments = MeanAccumulator([4, 7, 13, 16].map { $0 + 1e9 })
        #expect(abs((moments.variance ?? 0) - 30) < 1e-9)
    }

    @Test("merged parts equal the whole", arguments: [0, 1, 5, 100])
    func merging(cut: Int) {
        var stream = RandomStream(seed: 3, name: "merge")
        let values = (0..<100).map { _ in stream.uniform() }
        var merged = MeanAccumulator(values[..<cut])
        merged.merge(MeanAccumulator(values[cut...]))
        let whole = MeanAccumulator(values)
        #expect(merged.count == 100)
        #expect(merged.minimum == whole.minimum)
        #expect(merged.maximum == whole.maximum)
        #expect(abs((merged.mean ?? 0) - (whole.mean ?? 1)) < 1e-15)
        #expect(abs((merged.variance ?? 0) - (whole.variance ?? 1)) < 1e-15)
    }

    @Test("a step function's average weighs each value by how long it held")
    func timeWeightedAverage() {
        var average = TimeWeightedAverage(value: 1, fromNanoseconds: 1_000_000_000)
        #expect(average.average(untilNanoseconds: 1_000_000_000) == nil)
        average.record(4, atNanoseconds: 3_000_000_000)
        average.record(0, atNanoseconds: 4_000_000_000)
        // 2 s of 1, 1 s of 4, 1 s of 0.
        #expect(average.integral(untilNanoseconds: 5_000_000_000) == 6)
        #expect(average.average(untilNanoseconds: 5_000_000_000) == 1.5)
    }

    @Test("the interval of four values uses t with three degrees of freedom")
    func studentInterval() throws {
        // Mean 2.5, standard error √(5/3 ∕ 4) = 0.6454972243679028; t(0.975, 3) = 3.182446305284263.
        let interval = try #require(ConfidenceInterval(ofMean: MeanAccumulator([1, 2, 3, 4])))
        #expect(interval.center == 2.5)
        #expect(abs(interval.halfWidth - 2.054_260_256_760_44) < 1e-9)
        #expect(interval.contains(2.5))
        #expect(!interval.contains(5))
        #expect(ConfidenceInterval(ofMean: MeanAccumulator([1, 2]), level: 1) == nil)
        #expect(ConfidenceInterval(ofMean: MeanAccumulator([1, 2]), level: .nan) == nil)
    }

    @Test("a 90 % interval covers the mean in nine of ten samples")
    func coverage() {
        let distribution = Distribution.truncatedNormal(mean: 100, standardDeviation: 5)
        var stream = RandomStream(seed: 17, name: "coverage")
        var covered = 0
        for _ in 0..<2_000 {
            let sample = MeanAccumulator((0..<8).map { _ in distribution.sample(from: &stream) })
            if ConfidenceInterval(ofMean: sample, level: 0.9)?.contains(100) == true { covered += 1 }
        }
        // Binomial(2000, 0.9): standard deviation 13.4; 0.1 % bounds.
        #expect(abs(covered - 1_800) < 45)
    }

    @Test(
        "Kolmogorov's distribution at its tabulated points",
        arguments: [
            (1.358_098_6, 0.05), (1.627_623_6, 0.01), (0.827_573_5, 0.5), (0.571_173_3, 0.9),
        ])
    func kolmogorovTable(x: Double, tail: Double) {
        #expect(abs(GoodnessOfFit.kolmogorovTail(x) - tail) < 1e-5)
    }

    @Test("the KS statistic is the largest gap on either side of a step")
    func kolmogorovStatistic() {
        // Against the uniform: steps at 0.1, 0.2, 0.9; the gap below 0.9 is 0.9 − 2/3, the one above 0.2 is
        // 2/3 − 0.2.
        let outcome = GoodnessOfFit.kolmogorovSmirnov([0.9, 0.1, 0.2]) { $0 }
        #expect(abs((outcome?.statistic ?? 0) - (2.0 / 3 - 0.2)) < 1e-15)
        #expect(GoodnessOfFit.kolmogorovSmirnov([]) { $0 } == nil)
    }

    @Test("the KS and chi-square tests reject what is wrong")
    func testsHavePower() throws {
        let squares = (1...500).map { (Double($0) / 501) * (Double($0) / 501) }
        #expect(try #require(GoodnessOfFit.kolmogorovSmirnov(squares) { $0 }).pValue < 1e-6)
        #expect(
            try #require(GoodnessOfFit.chiSquare(observed: [60, 40], expected: [50, 50])).pValue < 0.05)
        #expect(GoodnessOfFit.chiSquare(observed: [1], expected: [1]) == nil)
        #expect(GoodnessOfFit.chiSquare(observed: [1, 2], expected: [0, 3]) == nil)
    }
}
