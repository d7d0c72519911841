public import SimulationKernel

/// A value over the time of a run, in thousandths: constant between steps, or on a straight line to the next.
public struct MetricSeries: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var at: VirtualTime
        /// In thousandths.
        public var milli: Int64
        /// How long the value takes to get here from the one before; it gets here at ``at``.
        public var ramp: VirtualDuration

        public init(at: VirtualTime, milli: Int64, ramp: VirtualDuration = .zero) {
            self.at = at
            self.milli = milli
            self.ramp = ramp
        }
    }

    /// In ascending order of their times; a ramp begins at the step before or later.
    public let steps: [Step]

    public init(steps: [Step]) { self.steps = steps }

    public init(constant milli: Int64) { steps = [Step(at: .start, milli: milli)] }

    /// The value at a moment; nil before the first step.
    public func milli(at time: VirtualTime) -> Int64? {
        guard let next = steps.firstIndex(where: { $0.at > time }) else { return steps.last?.milli }
        guard next > 0 else { return nil }
        let (from, to) = (steps[next - 1].milli, steps[next])
        let begun = to.at - to.ramp
        guard to.ramp > .zero, time > begun else { return from }
        let share = (time - begun).fractionalSeconds / to.ramp.fractionalSeconds
        return from + Int64((Double(to.milli - from) * share).rounded())
    }
}
