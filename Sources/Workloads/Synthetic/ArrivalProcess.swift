public import SimulationKernel
public import Stochastics

/// How jobs arrive: a point process on the virtual clock.
///
/// Source of the processes: Law, "Simulation Modeling and Analysis" (5th edition, 2015), chapter 6 and section
/// 8.6; thinning is Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", Naval
/// Research Logistics Quarterly 26(3), 1979.
public enum ArrivalProcess: Equatable, Sendable {
    /// Independent times between arrivals of one distribution, in seconds; exponential ones make a Poisson
    /// process.
    case renewal(Distribution)
    /// Poisson arrivals whose rate follows a hidden state: it stays in each for an exponential time, then goes
    /// to the next, the last's next being the first.
    case markovModulated([ModulatedState])
    /// Poisson arrivals whose rate is `ratePerSecond * (1 + amplitude * cos(2π (t − peak) ∕ period))`.
    case diurnal(ratePerSecond: Double, amplitude: Double, period: VirtualDuration, peak: VirtualDuration)
    /// Bursts at Poisson times, each of a number of arrivals (a distribution, rounded, at least 1) that lie a
    /// time apart (a distribution, in seconds).
    case bursts(ratePerSecond: Double, size: Distribution, spacing: Distribution)

    /// A state of a Markov-modulated Poisson process.
    public struct ModulatedState: Equatable, Sendable {
        public var ratePerSecond: Double
        public var meanSeconds: Double

        public init(ratePerSecond: Double, meanSeconds: Double) {
            self.ratePerSecond = ratePerSecond
            self.meanSeconds = meanSeconds
        }
    }

    /// A Poisson process.
    public static func poisson(ratePerSecond: Double) -> ArrivalProcess {
        .renewal(.exponential(mean: 1 / ratePerSecond))
    }

    /// Everything that is wrong with the parameters; empty when the process can be used.
    public func validate() -> [ParameterError] {
        func positive(_ name: String, _ value: Double) -> [ParameterError] {
            value > 0 && value.isFinite
                ? []
                : [ParameterError(parameter: name, found: "\(value)", expected: "a finite number above 0")]
        }
        switch self {
        case .renewal(let gap):
            let errors = gap.validate()
            return errors.isEmpty ? positive("mean", gap.mean) : errors
        case .markovModulated(let states):
            if states.isEmpty {
                return [ParameterError(parameter: "states", found: "none", expected: "one state or more")]
            }
            var errors: [ParameterError] = []
            for (index, state) in states.enumerated() {
                // A state without arrivals is a pause.
                if !(state.ratePerSecond >= 0 && state.ratePerSecond.isFinite) {
                    errors += positive("states[\(index)].ratePerSecond", state.ratePerSecond)
                }
                errors += positive("states[\(index)].meanSeconds", state.meanSeconds)
            }
            if errors.isEmpty && states.allSatisfy({ $0.ratePerSecond == 0 }) {
                errors += positive("states[0].ratePerSecond", 0)
            }
            return errors
        case .diurnal(let rate, let amplitude, let period, _):
            var errors = positive("ratePerSecond", rate)
            if !(amplitude >= 0 && amplitude <= 1) {
                errors.append(
                    ParameterError(
                        parameter: "amplitude", found: "\(amplitude)", expected: "a number from 0 to 1"))
            }
            if period <= .zero {
                errors.append(
                    ParameterError(parameter: "period", found: "\(period)", expected: "a duration above 0"))
            }
            return errors
        case .bursts(let rate, let size, let spacing):
            return positive("ratePerSecond", rate) + size.validate() + spacing.validate()
        }
    }

    /// Arrivals a second in the long run; for bursts the size's rounding is not looked at.
    public var meanRatePerSecond: Double {
        switch self {
        case .renewal(let gap): 1 / gap.mean
        case .markovModulated(let states):
            states.reduce(0) { $0 + $1.ratePerSecond * $1.meanSeconds }
                / states.reduce(0) { $0 + $1.meanSeconds }
        case .diurnal(let rate, _, _, _): rate
        case .bursts(let rate, let size, _): rate * size.mean
        }
    }
}

/// The arrivals of a process, one after the other, from its own random streams.
public struct ArrivalSequence: Sendable {
    private let process: ArrivalProcess
    /// Where the next candidate lies, in seconds; times add up in seconds and are rounded once.
    private var seconds = 0.0
    private var gaps: RandomStream.Snapshot
    private var states: RandomStream.Snapshot
    private var sizes: RandomStream.Snapshot
    private var state = 0
    private var stateEnd = 0.0
    private var nextBurst = 0.0
    /// Arrivals of bursts that overlap must come out in order: the times of those begun.
    private var waiting: [Double] = []

    /// - Parameter streams: The streams below which those of the process lie.
    public init(_ process: ArrivalProcess, streams: RandomStreams) {
        self.process = process
        gaps = streams.stream("gaps").snapshot
        states = streams.stream("states").snapshot
        sizes = streams.stream("sizes").snapshot
        if case .markovModulated(let list) = process, let first = list.first {
            stateEnd = Self.exponential(&states, rate: 1 / first.meanSeconds)
        }
        if case .bursts(let rate, _, _) = process { nextBurst = Self.exponential(&gaps, rate: rate) }
    }

    /// The next arrival, not before the last; ``VirtualTime/never`` when the clock cannot hold it.
    public mutating func next() -> VirtualTime {
        switch process {
        case .renewal(let gap):
            seconds += gaps.withStream { gap.sample(from: &$0) }
        case .markovModulated(let list):
            while true {
                let rate = list[state].ratePerSecond
                let candidate =
                    rate > 0 ? seconds + Self.exponential(&gaps, rate: rate) : Double.infinity
                if candidate <= stateEnd {
                    seconds = candidate
                    break
                }
                // The exponential has no memory, so in the next state the draw begins anew.
                seconds = stateEnd
                state = (state + 1) % list.count
                stateEnd += Self.exponential(&states, rate: 1 / list[state].meanSeconds)
                if !stateEnd.isFinite || seconds > 1e10 { return .never }
            }
        case .diurnal(let rate, let amplitude, let period, let peak):
            let most = rate * (1 + amplitude)
            while true {
                seconds += Self.exponential(&gaps, rate: most)
                let phase = (seconds - peak.fractionalSeconds) / period.fractionalSeconds
                let now = rate * (1 + amplitude * Self.cosine(turns: phase))
                if gaps.withStream({ $0.uniform() }) * most < now { break }
                if seconds > 1e10 { return .never }
            }
        case .bursts(let rate, let size, let spacing):
            // Bursts that begin before the earliest waiting arrival are laid out first.
            while waiting.isEmpty || nextBurst <= (waiting.last ?? 0) {
                var time = nextBurst
                let drawn = sizes.withStream { size.sample(from: &$0) }
                let count = max(1, Int(min(1e6, drawn.rounded())))
                for index in 0..<count {
                    if index > 0 { time += gaps.withStream { spacing.sample(from: &$0) } }
                    waiting.append(time)
                }
                // The latest first, so that the earliest is taken from the end.
                waiting.sort(by: >)
                nextBurst += Self.exponential(&gaps, rate: rate)
                if nextBurst > 1e10 { break }
            }
            guard let earliest = waiting.popLast() else { return .never }
            seconds = earliest
        }
        guard seconds.isFinite, seconds < 9e9 else { return .never }
        return VirtualTime(nanoseconds: VirtualDuration(fractionalSeconds: seconds).nanoseconds)
    }

    private static func exponential(_ stream: inout RandomStream.Snapshot, rate: Double) -> Double {
        stream.withStream { Distribution.exponential(mean: 1 / rate).sample(from: &$0) }
    }

    /// cos(2π x), from its own reduction and series, so that it is the same on every machine.
    static func cosine(turns: Double) -> Double {
        var x = turns - turns.rounded(.down)
        // To the first quarter: cos is even about 1/2 and odd about 1/4.
        if x > 0.5 { x = 1 - x }
        var sign = 1.0
        if x > 0.25 {
            x = 0.5 - x
            sign = -1
        }
        let angle = 2 * Double.pi * x
        let square = angle * angle
        var term = 1.0
        var sum = 1.0
        for order in 1...12 {
            term *= -square / Double((2 * order - 1) * (2 * order))
            sum += term
        }
        return sign * sum
    }
}
