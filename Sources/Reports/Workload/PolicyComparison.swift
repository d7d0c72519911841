import Stochastics

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
    /// Pods left out at the beginning of each seed's runs for the steady state; nil where there is none.
    public private(set) var warmUps: [Int?] = []
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

    /// The mean delay of pods that come after the warm-up, the longest that MSER-5 finds under any policy, so
    /// that the same pods count for all.
    private mutating func addSteadyState(_ runs: [[PolicyRun]]) {
        warmUps = seeds.indices.map { seed in Self.warmUp(runs.map { $0[seed].figures.queueingDelays }) }
        guard !warmUps.contains(nil), warmUps.contains(where: { $0 != 0 }) else { return }
        var values: [[Double]] = []
        for list in runs {
            var means: [Double] = []
            for (run, warmUp) in zip(list, warmUps) {
                let rest = run.figures.queueingDelays.dropFirst(warmUp ?? 0).filter { !$0.isNaN }
                guard let mean = MeanAccumulator(rest).mean else { return }
                means.append(mean)
            }
            values.append(means)
        }
        let place = rows.firstIndex { $0.measure == .delayMean }.map { $0 + 1 } ?? rows.count
        rows.insert(Row(measure: .steadyDelay, values: values), at: place)
    }

    /// How many pods to leave out; nil when a run is too short to say.
    private static func warmUp(_ delays: [[Double]]) -> Int? {
        var longest = 0
        for list in delays {
            // Pods that were never bound have no delay: the place among the others is turned back into theirs.
            let places = list.indices.filter { !list[$0].isNaN }
            guard let truncation = WarmUp.mser(places.map { list[$0] }), truncation.isReliable else {
                return nil
            }
            if truncation.count > 0 { longest = max(longest, places[truncation.count - 1] + 1) }
        }
        return longest
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
