import Reports
import Simulation
import SimulationKernel
import Testing

@Suite("Comparing policies")
struct PolicyComparisonTests {
    /// A run in which pods waited so long, and were so late in all.
    private func run(_ delays: [Double], late: Double = 0) -> PolicyRun {
        var figures = WorkloadFigures()
        figures.queueingDelays = delays
        figures.created = delays.count
        var deadlines = DeadlineFigures()
        deadlines.totalTardinessSeconds = late
        return PolicyRun(
            figures: figures, deadlines: deadlines, unavailablePodSeconds: 0, evictions: 0, podsLost: 0,
            digest: "")
    }

    private func comparison(_ policies: [[[Double]]], late: [Double] = []) -> PolicyComparison {
        let names = ["default", "other", "third"].prefix(policies.count)
        return PolicyComparison(
            policies: Array(names), seeds: policies[0].indices.map(UInt64.init),
            runs: policies.enumerated().map { place, seeds in
                seeds.map { run($0, late: late.isEmpty ? 0 : late[place]) }
            })
    }

    private func row(_ comparison: PolicyComparison, _ name: String) -> PolicyComparison.Row? {
        comparison.rows.first { $0.measure.name == name }
    }

    @Test("a difference that every seed shows is told, with its interval")
    func difference() throws {
        // Seeds differ by far more than policies; pairs show the difference of about 1 nevertheless.
        let base = [[10.0, 12], [100, 102], [1_000, 1_002], [55, 57]]
        let other = [[9.1, 11.0], [98.9, 101.1], [999, 1_001], [54.1, 55.9]]
        let comparison = comparison([base, other])
        let mean = try #require(
            comparison.differences.first { $0.measure.name == "queueingDelayMean" })
        #expect(abs(mean.mean + 0.9875) < 0.03)
        #expect(mean.verdict(level: 0.95) == .better)
        let sentences = ComparisonReport(comparison, subject: "test").conclusions
        #expect(
            sentences.contains {
                $0.hasPrefix("other: queueing delay, mean, s is lower than under default by ")
                    && $0.hasSuffix(": better.")
            })
    }

    @Test("what may be chance is not concluded, and what is the same is called so")
    func open() throws {
        let base = [[10.0], [11], [12]]
        let noisy = comparison([base, [[12.0], [9], [12.5]]])
        #expect(noisy.differences.allSatisfy { $0.verdict(level: 0.95) == .open })
        #expect(
            ComparisonReport(noisy, subject: "test").conclusions[0].hasSuffix("cannot be concluded."))
        let same = comparison([base, base])
        #expect(same.differences.allSatisfy { $0.verdict(level: 0.95) == .same })
    }

    @Test("more comparisons make the same difference weaker")
    func correction() throws {
        let base = [[10.0], [11], [12], [13]]
        let other = [[9.5], [10.1], [11.2], [12.6]]
        let alone = comparison([base, other])
        let among = comparison([base, other, [[10.4], [10.7], [12.3], [12.8]]])
        func p(_ comparison: PolicyComparison) throws -> Double {
            try #require(
                comparison.differences.first {
                    $0.policy == "other" && $0.measure.name == "queueingDelayMean"
                }?
                .adjustedPValue)
        }
        #expect(try p(among) > p(alone))
    }

    @Test("one seed concludes nothing")
    func oneSeed() {
        let comparison = comparison([[[10.0]], [[5.0]]])
        #expect(comparison.differences.allSatisfy { $0.paired == nil })
        let sentences = ComparisonReport(comparison, subject: "test", caveat: "And so on.").conclusions
        #expect(sentences.count == 2)
        #expect(sentences[0].hasPrefix("Nothing beyond this one seed"))
    }

    @Test("a measure that is 0 everywhere is left out, and tardiness counts")
    func measures() throws {
        let comparison = comparison([[[10.0], [11]], [[10.5], [11]]], late: [3, 1])
        #expect(row(comparison, "preemptions") == nil)
        #expect(try #require(row(comparison, "tardinessSeconds")).values == [[3, 3], [1, 1]])
        let difference = try #require(
            comparison.differences.first { $0.measure.name == "tardinessSeconds" })
        // No seed varies: the test knows no doubt.
        #expect(difference.verdict(level: 0.95) == .better)
    }

    @Test("the warm-up is looked for in the mean over seeds, and the same pods count for all")
    func warmUp() throws {
        // The first ten pods meet an empty cluster.
        func delays(_ level: Double, _ seed: Int) -> [Double] {
            (0..<200).map { pod in
                let noise = Double((pod * 7 + seed * 3) % 5)
                return pod < 10 ? 0 : level + noise
            }
        }
        let comparison = comparison([
            (0..<5).map { delays(20, $0) }, (0..<5).map { delays(22, $0) },
        ])
        #expect(comparison.warmUp == 10)
        let steady = try #require(row(comparison, "steadyQueueingDelayMean"))
        #expect(abs(steady.mean(0) - 22) < 0.1 && abs(steady.mean(1) - 24) < 0.1)
    }

    @Test("a run whose account does not add up is named first")
    func inconsistent() {
        var bad = run([1])
        bad.figures.checks = [.init(name: "waiting", integral: 1, sum: 2)]
        let comparison = PolicyComparison(
            policies: ["default", "other"], seeds: [1, 2], runs: [[run([1]), bad], [run([1]), run([1])]])
        #expect(comparison.inconsistent == ["default, seed 2"])
        #expect(ComparisonReport(comparison, subject: "t").conclusions[0].hasPrefix("INTERNAL ERROR"))
    }

    @Test(
        "numbers are short and the same everywhere",
        arguments: [
            (0.0, "0.0000"), (1_234.5, "1,235"), (0.12346, "0.1235"), (-3.14159, "-3.142"),
            (99.999, "100.00"),
        ])
    func numbers(value: Double, text: String) {
        var figures = WorkloadFigures()
        figures.makespanSeconds = nil
        figures.jainIndex = value
        let report = WorkloadReport(figures).text(TextStyle(isColored: false))
        #expect(report.contains("Jain's index \(text) over"))
    }
}
