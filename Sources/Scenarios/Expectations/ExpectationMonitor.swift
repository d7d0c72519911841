public import KubernetesModel
public import SimulationKernel

/// Watches a run and says of each expectation whether it held.
///
/// It is told of changes in the order of time, and otherwise only has to be woken at ``nextDeadline``. States
/// within one instant do not count: what holds at a moment is what holds after all of that moment's changes.
///
/// Whether a test holds:
/// - A named object that does not exist fails every test but `absent` and `count`.
/// - A selection without objects neither holds nor fails: it does not satisfy `within`, `eventually` and `atEnd`
///   (as `kubectl wait` reports "no matching resources"), and does not violate `always` or `never`. If it was
///   empty throughout, the result carries a warning.
/// - A field that is absent counts as 0 for numbers, as the API leaves zeros out.
public struct ExpectationMonitor: Sendable {
    private var states: [ExpectationState]
    /// The moment of the changes last taken in.
    private var now = VirtualTime.start
    private var observers: [[Int]] = Array(repeating: [], count: ObjectKind.allCases.count)
    private var metricObservers: [Expectation.Metric: [Int]] = [:]
    private var decided: [Int] = []
    private let end: VirtualTime

    /// - Parameter end: The last moment of the run, at which `eventually` and `atEnd` are decided.
    public init(_ expectations: [Expectation], end: VirtualTime) {
        self.end = end
        states = expectations.map { ExpectationState($0, end: end) }
        for (index, expectation) in expectations.enumerated() {
            switch expectation.subject {
            case .objects(let selection): observers[Int(selection.kind.rawValue)].append(index)
            case .metric(let metric): metricObservers[metric, default: []].append(index)
            }
        }
    }

    public init(_ scenario: Scenario) { self.init(scenario.expectations, end: scenario.end) }

    // MARK: What to tell it of

    /// The kinds of which changes matter, in the order of their raw values.
    public var watchedKinds: [ObjectKind] {
        ObjectKind.allCases.filter { !observers[Int($0.rawValue)].isEmpty }
    }

    /// Whether a change of this object can matter, as far as kind and key tell.
    public func isInterested(in kind: ObjectKind, _ key: ObjectKey) -> Bool {
        observers[Int(kind.rawValue)].contains { states[$0].isOpen && states[$0].covers(key) }
    }

    /// Takes in an object's new state; nil once it is gone.
    public mutating func observe(
        _ kind: ObjectKind, _ key: ObjectKey, _ tree: JSONValue?, at time: VirtualTime
    ) {
        advance(to: time)
        for index in observers[Int(kind.rawValue)] where states[index].isOpen {
            states[index].observe(key, tree, at: time)
        }
    }

    /// Whether an expectation is about this metric.
    public func isInterested(in metric: Expectation.Metric) -> Bool { metricObservers[metric] != nil }

    /// Takes in a metric's new value, and by how much it grows in a second from now on.
    public mutating func observe(
        _ metric: Expectation.Metric, _ value: Double, rate: Double = 0, at time: VirtualTime
    ) {
        advance(to: time)
        for index in metricObservers[metric] ?? [] where states[index].isOpen {
            states[index].observe(metric: GrowingValue(value, rate: rate, at: time))
        }
    }

    // MARK: Time

    /// When to call ``advance(to:)`` next if nothing changes before: just after the next moment at which an
    /// expectation is decided by time alone.
    public var nextDeadline: VirtualTime {
        states.reduce(VirtualTime.never) { min($0, $1.nextDeadline(after: now)) }
    }

    /// Decides everything that follows from the present state lasting until just before a moment.
    public mutating func advance(to time: VirtualTime) {
        guard time > now else { return }
        for index in states.indices where states[index].isOpen {
            states[index].elapse(from: now, until: time)
            if !states[index].isOpen { decided.append(index) }
        }
        now = time
    }

    /// Ends the run, at its last moment or earlier when it was interrupted; then nothing is open any more.
    public mutating func finish(at time: VirtualTime) {
        let last = min(max(time, now), end)
        advance(to: last.advancedClamping(by: .nanoseconds(1)))
        for index in states.indices where states[index].isOpen {
            states[index].finish(at: last, isComplete: last >= end)
            decided.append(index)
        }
    }

    // MARK: Results

    /// The expectations that were decided since the last call, by their numbers.
    public mutating func takeDecided() -> [Int] {
        defer { decided = [] }
        return decided
    }

    /// One result an expectation, in their order; open ones count as not evaluated.
    public var results: [ExpectationResult] { states.map(\.result) }
}

/// What became of one expectation.
public struct ExpectationResult: Hashable, Sendable {
    public enum Verdict: String, Hashable, Sendable {
        case held
        case failed
        /// The run ended before it could be told.
        case notEvaluated = "not evaluated"
    }

    public var name: String
    /// The expectation in words.
    public var text: String
    public var verdict: Verdict
    /// When it was met, or first violated; nil where time did not decide.
    public var time: VirtualTime?
    /// What met it, or what the state was instead.
    public var state: String
    /// Something suspicious about a verdict of `held`.
    public var warning: String?
}
