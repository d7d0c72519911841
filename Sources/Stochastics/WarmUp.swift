/// How much of the beginning of a run to leave out, so that what is left speaks of the steady state.
public enum WarmUp {
    /// What a rule for the warm-up came to.
    public struct Truncation: Equatable, Sendable {
        /// Observations to leave out.
        public var count: Int
        /// Whether the rule says that the run is long enough. When it is not, no truncation helps: the run
        /// has to be longer.
        public var isReliable: Bool
    }

    /// MSER-5: leaves out as many batches of five observations as makes the standard error of the mean of the
    /// rest smallest.
    ///
    /// MSER(d) = Σ (Yᵢ − Ȳ)² ∕ (k − d)² over the batch means i > d of k. A minimum in the second half says that
    /// the run is too short, and the rule is then not reliable. Observations beyond the last whole batch take
    /// no part in the choice. Source: White, Cobb and Spratt, "A comparison of five steady-state truncation
    /// heuristics for simulation", Winter Simulation Conference 2000.
    ///
    /// - Parameter observations: in the order in which they were made.
    /// - Returns: Nil with fewer than ten observations, for there are no two batches.
    public static func mser(_ observations: [Double], batchSize: Int = 5) -> Truncation? {
        precondition(batchSize > 0, "a batch has observations")
        let batches = observations.count / batchSize
        guard batches >= 2 else { return nil }
        let means = (0..<batches).map { batch in
            observations[batch * batchSize..<(batch + 1) * batchSize].reduce(0, +) / Double(batchSize)
        }
        // From the end to the beginning, for the sums over the rest then grow by one batch each.
        var rest = MeanAccumulator()
        var best = (batch: 0, value: Double.infinity)
        for batch in means.indices.reversed() {
            rest.add(means[batch])
            let size = Double(rest.count)
            guard let variance = rest.variance else { continue }
            let value = variance * (size - 1) / (size * size)
            // At equal errors the shorter truncation wins.
            if value <= best.value { best = (batch, value) }
        }
        return Truncation(count: best.batch * batchSize, isReliable: best.batch <= batches / 2)
    }

    /// Welch's procedure: the mean over replications of each observation, smoothed over a window.
    ///
    /// At place i the average runs over i − w to i + w, and near the beginning over as many as there are on
    /// the left side; the last w places are left out. One looks where the curve has become flat. Source:
    /// Welch, in *The Computer Performance Modeling Handbook*, 1983; Law, 5th ed., 9.5.1.
    ///
    /// - Parameter replications: one list each; only as many observations as the shortest has are looked at.
    /// - Parameter window: w, how many neighbours on each side; at most a quarter of the observations.
    public static func welchCurve(_ replications: [[Double]], window: Int) -> [Double] {
        guard let length = replications.map(\.count).min(), length > 0 else { return [] }
        let means = (0..<length).map { place in
            replications.reduce(0) { $0 + $1[place] } / Double(replications.count)
        }
        let width = max(0, min(window, length / 4))
        return (0..<(length - width)).map { place in
            let reach = min(place, width)
            return means[(place - reach)...(place + reach)].reduce(0, +) / Double(2 * reach + 1)
        }
    }

    /// Reads Welch's curve as a person would: the first place from which on it stays in the band in which it
    /// moves during its second half, one and a half times as wide.
    ///
    /// The procedure leaves the reading to the eye; this rule is ours.
    ///
    /// - Returns: Nil without observations; not reliable when the curve settles only in its second half.
    public static func welch(_ replications: [[Double]], window: Int) -> Truncation? {
        let curve = welchCurve(replications, window: window)
        guard curve.count >= 4 else { return nil }
        let half = curve.count / 2
        let later = MeanAccumulator(curve[half...])
        let middle = (later.maximum + later.minimum) / 2
        let reach = (later.maximum - later.minimum) / 2 * 1.5
        var settled = half
        while settled > 0, (curve[settled - 1] - middle).magnitude <= reach { settled -= 1 }
        return Truncation(count: settled, isReliable: settled < half)
    }
}
