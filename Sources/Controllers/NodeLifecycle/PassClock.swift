import SimulationKernel

/// The moments at which a loop that sleeps for a fixed time between its passes comes round.
///
/// A pass that has nothing to do takes no time and is not run at all; one that is run is followed by the next
/// a period after its end, as `wait.UntilWithContext` does it.
struct PassClock: Sendable {
    private struct Run: Sendable {
        var start: VirtualTime
        var end: VirtualTime?
    }

    let period: VirtualDuration
    /// Passes that were run, the latest last; old ones are forgotten.
    private var runs: [Run] = []

    /// - Parameter start: the moment of the first pass.
    init(period: VirtualDuration, start: VirtualTime) {
        self.period = period
        // Stands for a pass before the first one, so that the first comes at `start`.
        runs = [Run(start: start - period, end: start - period)]
    }

    var isRunning: Bool { runs[runs.count - 1].end == nil }

    mutating func begin(at now: VirtualTime) {
        if runs.count >= 64 { runs.removeFirst(32) }
        runs.append(Run(start: now, end: nil))
    }

    mutating func end(at now: VirtualTime) { runs[runs.count - 1].end = now }

    /// The first pass that starts at or after a moment; nil while one is running that such a pass would
    /// follow.
    func firstPass(atOrAfter moment: VirtualTime) -> VirtualTime? {
        var index = runs.count - 1
        while index > 0 && runs[index].start >= moment { index -= 1 }
        // Now this run began before the moment (or is the oldest known), and the next one at or after it.
        let next = index + 1 < runs.count ? runs[index + 1].start : nil
        guard let end = runs[index].end else { return next }
        let idle = max(moment, end + period).roundedUp(toPeriod: period, phase: end)
        if let next { return min(idle, next) }
        return idle
    }

    /// The first pass that starts after a moment.
    func firstPass(after moment: VirtualTime) -> VirtualTime? {
        firstPass(atOrAfter: moment + .nanoseconds(1))
    }
}
