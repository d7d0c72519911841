import Simulation
public import Stochastics

/// Policies compared on one workload by paired differences: every seed is run under each policy with the same
/// arrivals, failures and draws, and each policy is set against the first.
public struct PolicyComparison: Sendable {
    /// One policy against the baseline by one measure.
    public struct Difference: Sendable {
        public var policy: String
        public var measure: PolicyMeasure
        /// Of the policy minus the baseline, over seeds; nil with a single seed.
        public var paired: PairedDifference?
        /// The policy minus the baseline.
        public var mean: Double
        /// Adjusted for all the comparisons that are made (Holm); nil with a single seed.
        public var adjustedPValue: Double?

        /// What the difference allows to say.
        public enum Verdict: String, Sendable {
            /// The policy is better, or worse, than the baseline, or has more or less where neither is better.
            case better, worse, more, less
            /// Every seed gave the same for both.
            case same
            /// Nothing can be concluded.
            case open
        }

        public func verdict(level: Double) -> Verdict {
            guard let paired, let adjustedPValue else { return .open }
            if paired.standardDeviation == 0 && paired.mean == 0 { return .same }
            guard adjustedPValue <= 1 - level, paired.excludesZero else { return .open }
            let isLower = paired.mean < 0
            switch measure.isLowerBetter {
            case true?: return isLower ? .better : .worse
            case false?: return isLower ? .worse : .better
            case nil: return isLower ? .less : .more
            }
        }
    }

    /// One measure of all policies and seeds.
    public struct Row: Sendable {
        public var measure: PolicyMeasure
        /// By policy, then by seed.
        public var values: [[Double]]

        public func mean(_ policy: Int) -> Double { MeanAccumulator(values[policy]).mean ?? .nan }
    }

    public let policies: [String]
    public let seeds: [UInt64]
    public let level: Double
    public private(set) var rows: [Row] = []
    /// In the order of measures, then of policies.
    public private(set) var differences: [Difference] = []
    /// Pods left out at the beginning of every run for the steady state; nil where there is none.
    public private(set) var warmUp: Int?
    /// Measures that some runs do not have, and that are left out.
    public private(set) var incomplete: [PolicyMeasure] = []
    /// Runs whose own account was wrong, as `policy, seed`.
    public private(set) var inconsistent: [String] = []

    /// - Parameter runs: by policy, then by seed; the first policy is the baseline.
    public init(policies: [String], seeds: [UInt64], runs: [[PolicyRun]], level: Double = 0.95) {
        precondition(runs.count == policies.count && runs.allSatisfy { $0.count == seeds.count })
        self.policies = policies
        self.seeds = seeds
        self.level = level
        for (policy, list) in zip(policies, runs) {
            for (seed, run) in zip(seeds, list) where !run.figures.isConsistent {
                inconsistent.append("\(policy), seed \(seed)")
            }
        }
        addRows(runs)
        addSteadyState(runs)
        compare()
    }

    private mutating func addRows(_ runs: [[PolicyRun]]) {
        let measured = runs.map { $0.map(\.measures) }
        var names: [PolicyMeasure] = []
        for entry in measured.joined().joined() where !names.contains(entry.measure) {
            names.append(entry.measure)
        }
        for measure in names {
            let values = measured.map { $0.map { run in run.first { $0.measure == measure }?.value } }
            let known = values.map { $0.compactMap { $0 } }
            if known.allSatisfy({ $0.count == seeds.count }) {
                // What is 0 everywhere is no news.
                if known.contains(where: { $0.contains { $0 != 0 } }) {
                    rows.append(Row(measure: measure, values: known))
                }
            } else if known.contains(where: { !$0.isEmpty }) {
                incomplete.append(measure)
            }
        }
    }

    /// The mean delay of pods that come after the warm-up.
    ///
    /// MSER-5 looks at the mean over seeds of each pod's delay, policy by policy, and the longest warm-up counts
    /// for all, so that the same pods do. Applied to single runs it would cut off whatever happened to be
    /// high (`docs/explanation/queueing-theory.md`).
    private mutating func addSteadyState(_ runs: [[PolicyRun]]) {
        var longest = 0
        for list in runs {
            let curve = Self.meanDelays(list)
            guard let truncation = WarmUp.mser(curve.map(\.delay)), truncation.isReliable else { return }
            if truncation.count > 0 { longest = max(longest, curve[truncation.count - 1].pod + 1) }
        }
        warmUp = longest
        if longest == 0 { return }
        var values: [[Double]] = []
        for list in runs {
            var means: [Double] = []
            for run in list {
                let rest = run.figures.queueingDelays.dropFirst(longest).filter { !$0.isNaN }
                guard let mean = MeanAccumulator(rest).mean else { return }
                means.append(mean)
            }
            values.append(means)
        }
        let place = rows.firstIndex { $0.measure == .delayMean }.map { $0 + 1 } ?? rows.count
        rows.insert(Row(measure: .steadyDelay, values: values), at: place)
    }

    /// The mean over runs of the delay of each pod, by the order of creation; pods that no run has bound are
    /// left out.
    private static func meanDelays(_ runs: [PolicyRun]) -> [(pod: Int, delay: Double)] {
        let count = runs.map { $0.figures.queueingDelays.count }.min() ?? 0
        return (0..<count).compactMap { pod in
            let delays = runs.map { $0.figures.queueingDelays[pod] }.filter { !$0.isNaN }
            return MeanAccumulator(delays).mean.map { (pod: pod, delay: $0) }
        }
    }

    private mutating func compare() {
        for row in rows {
            for policy in policies.indices.dropFirst() {
                differences.append(
                    Difference(
                        policy: policies[policy], measure: row.measure,
                        paired: PairedDifference(row.values[policy], minus: row.values[0], level: level),
                        mean: row.mean(policy) - row.mean(0), adjustedPValue: nil))
            }
        }
        let tested = differences.indices.filter { differences[$0].paired != nil }
        let adjusted = MultipleComparisons.holm(tested.map { differences[$0].paired?.pValue ?? 1 })
        for (place, value) in zip(tested, adjusted) { differences[place].adjustedPValue = value }
    }
}
