import Testing

@testable import Stochastics

/// Expected numbers were computed with NumPy 2.4 from the formulas in the doc comments.
@Suite("Steady state")
struct SteadyStateTests {
    /// A start that fades by a tenth a step, under a pattern that repeats.
    private static let fading = (0..<200).map { place -> Double in
        let noise = Double((7 * place * place + 3 * place) % 11 - 5)
        return 10 * (0..<place).reduce(1.0) { product, _ in product * 0.9 } + noise
    }

    @Test("MSER-5 leaves out the start that fades")
    func mser() throws {
        let truncation = try #require(WarmUp.mser(Self.fading))
        #expect(truncation.count == 20)
        #expect(truncation.isReliable)
    }

    @Test("MSER-5 finds no steady state in a trend")
    func trend() throws {
        let truncation = try #require(WarmUp.mser((0..<200).map { 5 * Double($0) }))
        #expect(truncation.count == 190)
        #expect(!truncation.isReliable)
    }

    @Test("MSER-5 leaves out nothing of what is level, and needs two batches")
    func level() throws {
        #expect(WarmUp.mser(Array(repeating: 3, count: 50)) == .init(count: 0, isReliable: true))
        #expect(WarmUp.mser(Array(repeating: 3, count: 9)) == nil)
        #expect(WarmUp.mser([]) == nil)
    }

    @Test("Welch's curve averages over replications and neighbours")
    func welchCurve() {
        // Means over replications: 2, 4, 6, 8, 10, 12, 14, 16; w = 2 reaches 0, 1, 2, 2, ...
        let first = [1.0, 3, 5, 7, 9, 11, 13, 15]
        let second = [3.0, 5, 7, 9, 11, 13, 15, 17, 99]
        #expect(WarmUp.welchCurve([first, second], window: 2) == [2, 4, 6, 8, 10, 12])
        #expect(WarmUp.welchCurve([first], window: 0) == first)
        // The window is at most a quarter of the observations.
        #expect(WarmUp.welchCurve([first, second], window: 50).count == 6)
        #expect(WarmUp.welchCurve([], window: 2).isEmpty)
    }

    @Test("Welch's procedure sees where the curve has become flat")
    func welch() throws {
        // NumPy, by the rule in the doc comment.
        let truncation = try #require(WarmUp.welch([Self.fading, Self.fading], window: 11))
        #expect(truncation.count == 46)
        #expect(truncation.isReliable)
        let trend = try #require(WarmUp.welch([(0..<100).map(Double.init)], window: 5))
        #expect(trend.count > 25)
    }

    @Test("batch means of a pattern with a trend")
    func batchMeans() throws {
        let observations = (0..<103).map { place -> Double in
            let pattern = (7 * place * place + 3 * place) % 11
            return Double(pattern) + 0.01 * Double(place)
        }
        let batches = try #require(BatchMeans(observations))
        #expect(batches.batchSize == 5)
        #expect(batches.means.count == 20)
        #expect((batches.mean - 4.545000000000001).magnitude < 1e-12)
        #expect((batches.interval.halfWidth - 0.29236363710191143).magnitude < 1e-10)
        #expect((batches.firstAutocorrelation + 0.027685616022658288).magnitude < 1e-10)
        #expect(batches.looksIndependent)
        #expect(BatchMeans([1, 2, 3], batches: 4) == nil)
        #expect(BatchMeans([1, 2, 3], batches: 1) == nil)
        let trend = try #require(BatchMeans((0..<100).map(Double.init)))
        #expect(!trend.looksIndependent)
    }
}
