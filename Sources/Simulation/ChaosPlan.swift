public import SimulationKernel

/// Disturbs what passes between the processes of a cluster and its API server, up to a moment.
///
/// Everything in it is what a real network and a real API server may do, so a correct controller withstands
/// it. What a user does with kubectl is not disturbed.
public struct ChaosPlan: Hashable, Sendable {
    public var seed: UInt64
    /// The moment from which nothing is disturbed any more, and from which no failure comes by chance.
    public var until: VirtualTime
    /// The mean of what is added to each way of a call; the addition is exponential.
    public var callDelay = VirtualDuration.zero
    /// The mean of what is added to the way of a watch event; exponential too. The stream of each kind to each
    /// process stays in order, but the streams overtake each other.
    public var watchDelay = VirtualDuration.zero
    /// How likely an event's stream stands still for a while.
    public var stallProbability = 0.0
    /// The mean of the time for which a stream stands still.
    public var stallDuration = VirtualDuration.zero
    /// Whether alarms of processes that fall due at one moment go off in any order.
    public var shufflesAlarms = false
    /// How likely the API server fails a call without having done anything (500).
    public var errorProbability = 0.0
    /// How likely a call is carried out but its answer is lost (504).
    ///
    /// Not of calls that upstream does not claim to repeat safely: bindings, and creations of objects to which
    /// the server gives a name.
    public var lostAnswerProbability = 0.0
    /// How likely an update is refused as if somebody else had changed the object (409).
    public var conflictProbability = 0.0

    public init(seed: UInt64, until: VirtualTime) {
        self.seed = seed
        self.until = until
    }
}
