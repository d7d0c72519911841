public import KubernetesModel
public import SimulationKernel

/// One entry of the scheduler's record, in the order in which things happened: what explanations are made of.
public enum SchedulerRecord: Sendable {
    case move(QueueMove)
    /// An analysis to which attempts after it refer by its number.
    case whatIf(WhatIf)
    case attempt(SchedulingAttempt)
    case step(AttemptStep)
}

/// A pod's way from one part of the scheduling queue to another.
public struct QueueMove: Hashable, Sendable {
    public var time: VirtualTime
    public var pod: ObjectKey
    public var uid: UID
    /// Nil when the pod was not in the queue.
    public var origin: SchedulingQueue.Place?
    /// Nil when the pod leaves the queue.
    public var destination: SchedulingQueue.Place?
    /// The label of the cluster event behind it, as upstream names it: `AssignedPodDelete`, `BackoffComplete`.
    public var event: String
    /// The plugin whose queueing hint asked for the move, or that holds the pod back; empty for none.
    public var plugin: String
    /// What the plugin said that holds the pod back.
    public var message: String
    /// When the pod may be tried again, in the backoff queue.
    public var backoffEnd: VirtualTime?
}

/// What became of an attempt after a node was chosen, or was not.
public struct AttemptStep: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Objects that must be written before the binding, such as claims, are.
        case preBinding
        case bound
        /// The pod went back into the queue: the binding, or what comes before it, failed.
        case bindingFailed
        /// A victim's deletion was accepted.
        case victimEvicted
        case evictionFailed
    }
    public var time: VirtualTime
    public var pod: ObjectKey
    public var uid: UID
    public var attempt: Int
    public var kind: Kind
    /// The text of the event that tells it, or of the error.
    public var message: String
}

/// One attempt to find a node for a pod, with all that decided it.
public struct SchedulingAttempt: Sendable {
    /// Nodes with one verdict.
    public struct Rejection: Sendable {
        /// Empty for nodes that were not looked at, because other plugins had narrowed the search.
        public var plugin: String
        public var code: StatusCode
        public var reasons: [String]
        /// In the order of evaluation.
        public var nodes: ContiguousArray<NodeIndex>
    }

    /// A feasible node with its scores.
    public struct ScoredNode: Sendable {
        public struct Share: Sendable {
            public var plugin: String
            public var raw: Int64
            public var normalized: Int64
            public var weight: Int64
        }
        public var node: NodeIndex
        public var total: Int64
        public var shares: [Share]
    }

    public var time: VirtualTime
    public var pod: ObjectKey
    public var uid: UID
    /// From 1.
    public var number: Int
    public var profile: String
    /// What brought the pod into the active queue.
    public var event: String
    public var nodeCount: Int
    /// How many nodes were judged: fewer than there are once enough feasible ones are found.
    public var visitedCount: Int
    public var feasibleCount: Int
    /// Whether only the node that the pod was nominated to was looked at, and fits.
    public var isNominatedNodeOnly: Bool
    /// What PreFilter said when it rejected the pod on all nodes; the one of ``rejections`` then.
    public var isPreFilterRejection: Bool
    public var rejections: [Rejection]
    /// The best few feasible nodes, best first; empty when there was nothing to choose.
    public var best: [ScoredNode]
    /// How many nodes had the highest total.
    public var tieCount: Int
    /// Whether one of them was drawn.
    public var isDrawn: Bool
    /// The node that was chosen, also when Reserve or Permit refused it then; nil when there was none.
    public var chosen: NodeIndex?
    /// The plugin that refused the chosen node in Reserve or Permit; empty when none did.
    public var refusedBy: String
    /// Why the pod has no node: the event's text, uncut. Empty when it has.
    public var message: String
    public var isError: Bool
    public var preemption: PreemptionRecord?
    /// The number of the analysis of what would have made the pod fit; nil when there is none.
    public var whatIf: Int?
    /// The names of the nodes by their index.
    public var nodeNames: ContiguousArray<String>

    /// How many nodes ``best`` holds at most.
    public static let bestCount = 5
}

/// The choice of victims.
public struct PreemptionRecord: Sendable {
    public struct Victim: Hashable, Sendable {
        public var pod: ObjectKey
        public var priority: Int64
        /// Seconds since the run's start; nil when it has not started.
        public var startSeconds: Int64?
        /// The budgets that forbid its eviction.
        public var violatedBudgets: [String]
    }

    /// A node on which preemption would help, with what the five criteria make of it.
    public struct Candidate: Hashable, Sendable {
        public var nodeName: String
        public var victims: [Victim]
        /// The criteria in their order; smaller is better but for the last.
        public var violations: Int
        public var highestPriority: Int64
        /// The sum of priorities, each raised by 2³¹.
        public var prioritySum: Int64
        /// The earliest start among the victims of the highest priority, in seconds; nil when one has none.
        public var earliestStartSeconds: Int64?
        /// The criterion, from 1, by which it lost; 0 when it is among the last.
        public var lostBy: Int
        public var isChosen: Bool
    }

    /// In the order of their names.
    public var candidates: [Candidate]
    public var nominatedNodeName: String

    init(_ plan: PreemptionPlan, budgets: ObjectIndex<PodDisruptionBudget>) {
        nominatedNodeName = plan.chosen.nodeName
        candidates = plan.candidates.map { candidate in
            let start = VictimOrder.earliestStart(candidate: candidate)
            return Candidate(
                nodeName: candidate.nodeName,
                victims: candidate.victims.map { victim in
                    let start = VictimOrder.start(victim)
                    return Victim(
                        pod: victim.key, priority: victim.priority, startSeconds: start == .max ? nil : start,
                        violatedBudgets: Self.forbidding(victim, budgets))
                },
                violations: candidate.violations, highestPriority: candidate.victims.first?.priority ?? 0,
                prioritySum: candidate.victims.reduce(0) { $0 + $1.priority + (1 << 31) },
                earliestStartSeconds: start == .max || start == .min ? nil : start, lostBy: 0,
                isChosen: candidate.nodeName == plan.chosen.nodeName)
        }
        rank(plan.candidates)
    }

    /// Notes by which criterion each candidate lost, in upstream's order of the criteria.
    ///
    /// Upstream: `pkg/scheduler/framework/preemption/preemption.go`, `pickOneNodeForPreemption` (v1.36).
    private mutating func rank(_ all: [PreemptionPlan.Candidate]) {
        var rest = Array(all.indices)
        let criteria: [(Int) -> Int64] = [
            { [candidates] in -Int64(candidates[$0].violations) },
            { [candidates] in -candidates[$0].highestPriority },
            { [candidates] in -candidates[$0].prioritySum },
            { [candidates] in -Int64(candidates[$0].victims.count) },
            { VictimOrder.earliestStart(candidate: all[$0]) },
        ]
        for (number, criterion) in criteria.enumerated() where rest.count > 1 {
            let highest = rest.map(criterion).max() ?? 0
            for place in rest where criterion(place) != highest { candidates[place].lostBy = number + 1 }
            rest.removeAll { criterion($0) != highest }
        }
    }

    /// The budgets that allow no eviction of a pod now.
    static func forbidding(_ pod: PodInfo, _ budgets: ObjectIndex<PodDisruptionBudget>) -> [String] {
        if pod.labels.isEmpty { return [] }
        return budgets.elements(inNamespace: pod.namespace).compactMap { budget in
            guard let selector = budget.value.spec.selector, !selector.isEmpty, selector.matches(pod.labels),
                budget.value.status.disruptedPods[pod.value.metadata.name] == nil,
                budget.value.status.disruptionsAllowed <= 0
            else { return nil }
            return budget.value.metadata.name
        }
    }
}
