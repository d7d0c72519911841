public import KubernetesModel
public import SimulationKernel

/// All that a run folder holds about one pod's way through the scheduler.
public struct PodDecisions: Sendable {
    public struct Move: Hashable, Sendable {
        public var time: VirtualTime
        /// `active`, `backoff`, `unschedulable`, `gated`, `inFlight`; nil outside of the queue.
        public var origin: String?
        public var destination: String?
        public var event: String
        public var plugin: String
        public var message: String
        public var backoffEnd: VirtualTime?
    }

    public struct Rejection: Hashable, Sendable {
        public var plugin: String
        public var code: String
        public var reasons: [String]
        /// Places in ``nodeNames``.
        public var nodes: [Int]
    }

    public struct ScoredNode: Hashable, Sendable {
        public struct Share: Hashable, Sendable {
            public var plugin: String
            public var raw: Int64
            public var normalized: Int64
            public var weight: Int64
        }
        public var node: String
        public var total: Int64
        public var shares: [Share]
    }

    public struct Victim: Hashable, Sendable {
        public var key: ObjectKey
        public var priority: Int64
        public var startSeconds: Int64?
        public var budgets: [String]
    }

    public struct Candidate: Hashable, Sendable {
        public var node: String
        public var violations: Int
        public var highestPriority: Int64
        public var prioritySum: Int64
        public var earliestStartSeconds: Int64?
        public var lostBy: Int
        public var isChosen: Bool
        public var victims: [Victim]
    }

    public struct Attempt: Sendable {
        public var time: VirtualTime
        public var number: Int
        public var profile: String
        public var event: String
        public var nodeCount: Int
        public var visitedCount: Int
        public var feasibleCount: Int
        public var isNominatedNodeOnly: Bool
        public var isPreFilterRejection: Bool
        public var tieCount: Int
        public var isDrawn: Bool
        public var node: String?
        public var refusedBy: String
        public var isError: Bool
        public var message: String
        public var nominatedNode: String?
        public var candidateCount: Int
        public var whatIf: Int?
        public var rejections: [Rejection] = []
        public var best: [ScoredNode] = []
        public var candidates: [Candidate] = []
    }

    public struct Step: Hashable, Sendable {
        public var time: VirtualTime
        public var kind: String
        public var message: String
    }

    public struct Change: Hashable, Sendable {
        public var kind: String
        public var text: String
        public var detail: JSONValue
    }

    public struct Option: Hashable, Sendable {
        public var changes: [Change]
        public var cost: Int64
        public var rejection: Int?
        public var nodes: [Int]
    }

    public struct Analysis: Sendable {
        public var number: Int
        public var time: VirtualTime
        public var pod: ObjectKey
        public var attempt: Int
        public var isComplete: Bool
        public var options: [Option]
    }

    /// A preemption that the pod fell victim to.
    public struct Eviction: Hashable, Sendable {
        public var time: VirtualTime
        public var node: String
        public var preemptor: ObjectKey
        public var preemptorPriority: Int64
    }

    public var key: ObjectKey
    public var uid: String
    public var created: VirtualTime
    public var scheduler: String
    public var priority: Int64
    public var owner: String
    public var requests: String
    /// The node that the pod named itself.
    public var requestedNode: String?
    public var bound: VirtualTime?
    public var node: String?
    public var ended: VirtualTime?
    public var moves: [Move] = []
    public var attempts: [Attempt] = []
    public var steps: [Step] = []
    public var analyses: [Analysis] = []
    /// Attempts of other pods that chose this one as a victim.
    public var evictions: [Eviction] = []
    /// The names of the run's nodes by their numbers.
    public var nodeNames: [String] = []
    /// The `schedulerName`s that the cluster's scheduler answers to.
    public var profiles: [String] = []
    /// Which of several pods of that name it is, from 1, and how many there were.
    public var instance = 1
    public var instanceCount = 1
    /// When the run ended; nil when the folder does not say.
    public var runEnd: VirtualTime?
}

extension PodDecisions {
    /// The same as if the run had ended at a moment: what came later is left out.
    public func at(_ time: VirtualTime) -> PodDecisions {
        var past = self
        past.moves.removeAll { $0.time > time }
        past.attempts.removeAll { $0.time > time }
        past.steps.removeAll { $0.time > time }
        past.evictions.removeAll { $0.time > time }
        let known = Set(past.attempts.compactMap(\.whatIf))
        past.analyses.removeAll { !known.contains($0.number) }
        if let bound, bound > time {
            past.bound = nil
            past.node = nil
        }
        if let ended, ended > time { past.ended = nil }
        past.runEnd = min(time, runEnd ?? time)
        return past
    }
}
