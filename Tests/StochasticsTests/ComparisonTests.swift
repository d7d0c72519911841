import Testing

@testable import Stochastics

/// Expected numbers were computed with SciPy 1.17 and NumPy 2.4; those of Student's data stand in R's manual.
@Suite("Comparisons")
struct ComparisonTests {
    private func isNear(_ value: Double?, _ expected: Double, _ tolerance: Double = 1e-12) -> Bool {
        guard let value else { return false }
        return (value - expected).magnitude <= tolerance * max(1, expected.magnitude)
    }

    @Test("Student's own data: two drugs, ten patients")
    func sleep() throws {
        // R: t.test(extra ~ group, data = sleep, paired = TRUE): p 0.002833, interval −2.4598858 to −0.7001142.
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
        let difference = try #require(PairedDifference(first, minus: second))
        #expect(isNear(difference.mean, -1.58))
        #expect(isNear(difference.pValue, 0.002832890197384273, 1e-10))
        #expect(isNear(difference.interval.lower, -2.459885763276983, 1e-10))
        #expect(isNear(difference.interval.upper, -0.7001142367230175, 1e-10))
        #expect(difference.excludesZero)
        #expect(difference.count == 10)
    }

    @Test("another level, and the correlation that makes pairs worth while")
    func pairs() throws {
        let first = [12.1, 9.8, 11.4, 13.0, 10.2, 12.7, 11.9, 10.8]
        let second = [11.0, 9.9, 10.1, 12.2, 9.7, 11.2, 11.5, 9.9]
        let difference = try #require(PairedDifference(first, minus: second, level: 0.99))
        #expect(isNear(difference.mean, 0.8))
        #expect(isNear(difference.standardDeviation, 0.5209880722517276))
        #expect(isNear(difference.pValue, 0.0033829303222756356, 1e-10))
        #expect(isNear(difference.interval.lower, 0.15540532721791223, 1e-10))
        #expect(isNear(difference.interval.upper, 1.4445946727820882, 1e-10))
        #expect(isNear(difference.correlation, 0.8978012343604985))
    }

    @Test("differences that do not vary, and pairs that are none")
    func degenerate() throws {
        let same = try #require(PairedDifference([1, 2, 3], minus: [1, 2, 3]))
        #expect(same.pValue == 1 && !same.excludesZero && same.interval.halfWidth == 0)
        let shifted = try #require(PairedDifference([2, 3, 4], minus: [1, 2, 3]))
        #expect(shifted.pValue == 0 && shifted.excludesZero)
        #expect(PairedDifference([1], minus: [2]) == nil)
        #expect(PairedDifference([1, 2], minus: [2]) == nil)
        #expect(PairedDifference([1, .nan], minus: [2, 3]) == nil)
        #expect(PairedDifference([1, 2], minus: [2, 4], level: 1) == nil)
        #expect(try #require(PairedDifference([1, 1], minus: [2, 4])).correlation == nil)
    }

    @Test("adjusted p-values are those of R's p.adjust")
    func adjustments() {
        let pValues = [0.01, 0.04, 0.03, 0.005, 0.2]
        for (value, expected) in zip(MultipleComparisons.holm(pValues), [0.04, 0.09, 0.09, 0.025, 0.2]) {
            #expect(isNear(value, expected))
        }
        for (value, expected) in zip(MultipleComparisons.bonferroni(pValues), [0.05, 0.2, 0.15, 0.025, 1]) {
            #expect(isNear(value, expected))
        }
        #expect(MultipleComparisons.holm([]).isEmpty)
        #expect(isNear(MultipleComparisons.simultaneousLevel(0.95, count: 5), 0.99))
        #expect(MultipleComparisons.simultaneousLevel(0.95, count: 1) == 0.95)
    }

    @Test(
        "quantiles are those of definition 7",
        arguments: [
            (0, 0.4), (0.1, 1.21), (0.25, 2.425), (0.5, 4.8), (0.75, 8.75), (0.95, 19.215), (0.99, 21.843),
            (1, 22.5),
        ])
    func quantiles(p: Double, expected: Double) {
        let sample = SampleQuantiles([3.1, 0.4, 15.2, 7.7, 2.2, 9.1, 4.6, 1.3, 22.5, 5.0])
        #expect(isNear(sample.quantile(p), expected))
    }

    @Test("quantiles of one value, of none, and of no fraction")
    func quantileEdges() {
        #expect(SampleQuantiles([]).quantile(0.5) == nil)
        #expect(SampleQuantiles([7]).quantile(0.99) == 7)
        #expect(SampleQuantiles([7, .nan]).values == [7])
        #expect(SampleQuantiles([7]).quantile(1.5) == nil)
        #expect(SampleQuantiles([7]).quantile(.nan) == nil)
    }

    @Test("Jain's index of even, uneven and absurd amounts")
    func jain() {
        #expect(Fairness.jainIndex([5, 5, 5]) == 1)
        #expect(isNear(Fairness.jainIndex([0, 0, 0, 8]), 0.25))
        #expect(isNear(Fairness.jainIndex([1, 2, 3, 10]), 0.5614035087719298))
        #expect(isNear(Fairness.jainIndex([1e300, 1e300]), 1))
        #expect(Fairness.jainIndex([0, 0]) == 1)
        #expect(Fairness.jainIndex([]) == nil)
        #expect(Fairness.jainIndex([1, -1]) == nil)
    }

    @Test("the share distance is what would have to change hands")
    func shareDistance() {
        #expect(Fairness.shareDistance(received: [2, 2], due: [1, 1]) == 0)
        #expect(isNear(Fairness.shareDistance(received: [6, 2], due: [1, 1]), 0.25))
        #expect(Fairness.shareDistance(received: [1, 0], due: [0, 1]) == 1)
        #expect(Fairness.shareDistance(received: [0, 0], due: [0, 1]) == nil)
        #expect(Fairness.shareDistance(received: [1], due: [0, 1]) == nil)
    }

    @Test("max-min fair shares fill up those who want little")
    func maxMin() {
        // Bertsekas and Gallager's way: 2 is granted, then (10 − 2) ∕ 3 = 2.67 > 2.6, then 2.7 each.
        let shares = Fairness.maxMinShares(wanted: [2, 2.6, 4, 5], of: 10)
        for (share, expected) in zip(shares, [2, 2.6, 2.7, 2.7]) { #expect(isNear(share, expected)) }
        #expect(Fairness.maxMinShares(wanted: [1, 2], of: 10) == [1, 2])
        #expect(Fairness.maxMinShares(wanted: [5, 5], of: 0) == [0, 0])
    }
}
