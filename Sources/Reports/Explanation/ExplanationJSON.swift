public import KubernetesModel
import SimulationKernel
public import Telemetry

/// A pod's way through the scheduler as one JSON object, complete: every attempt, move, option and node.
public enum ExplanationJSON {
    /// - Parameter isPast: whether it is about a moment of the run instead of its end.
    public static func json(_ pod: PodDecisions, isPast: Bool = false) -> JSONValue {
        let times = QueueTimes(pod)
        var members: JSONValue = [
            "kind": "PodExplanation", "namespace": .string(pod.key.namespace), "name": .string(pod.key.name),
            "uid": .string(pod.uid), "instance": number(pod.instance), "instances": number(pod.instanceCount),
            "owner": .string(pod.owner), "priority": .integer(pod.priority),
            "requests": .string(pod.requests), "schedulerName": .string(pod.scheduler),
            "profiles": .array(pod.profiles.map { .string($0) }),
            "summary": .string(ExplanationReport(style: .plain, isPast: isPast).fate(pod)),
        ]
        set(&members, "created", pod.created)
        set(&members, "bound", pod.bound)
        set(&members, "ended", pod.ended)
        set(&members, "until", pod.runEnd)
        if let node = pod.requestedNode { members["requestedNode"] = .string(node) }
        if let node = pod.node { members["node"] = .string(node) }
        if let place = times.place { members["queue"] = .string(place) }
        var spent: JSONValue = [:]
        for place in QueueTimes.places {
            if let duration = times.spent[place] { spent[place] = .number(duration.fractionalSeconds) }
        }
        members["secondsIn"] = spent
        members["moves"] = .array(pod.moves.map(json))
        members["attempts"] = .array(pod.attempts.map { json($0, pod) })
        members["steps"] = .array(
            pod.steps.map { step in
                var members: JSONValue = ["kind": .string(step.kind), "message": .string(step.message)]
                set(&members, "time", step.time)
                return members
            })
        members["preemptedFor"] = .array(
            pod.evictions.map { eviction in
                var members: JSONValue = [
                    "namespace": .string(eviction.preemptor.namespace),
                    "name": .string(eviction.preemptor.name),
                    "priority": .integer(eviction.preemptorPriority), "node": .string(eviction.node),
                ]
                set(&members, "time", eviction.time)
                return members
            })
        members["whatIf"] = .array(pod.analyses.map { json($0, pod) })
        return members
    }

    private static func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    /// A moment as text and as a number.
    private static func set(_ members: inout JSONValue, _ name: String, _ time: VirtualTime?) {
        guard let time else { return }
        members[name] = .string(time.description)
        members[name + "Nanoseconds"] = .integer(time.nanoseconds)
    }

    private static func names(_ nodes: [Int], _ pod: PodDecisions) -> JSONValue {
        .array(nodes.map { .string(pod.nodeNames.indices.contains($0) ? pod.nodeNames[$0] : "") })
    }

    private static func json(_ move: PodDecisions.Move) -> JSONValue {
        var members: JSONValue = ["event": .string(move.event)]
        set(&members, "time", move.time)
        if let origin = move.origin { members["from"] = .string(origin) }
        if let destination = move.destination { members["to"] = .string(destination) }
        if !move.plugin.isEmpty { members["plugin"] = .string(move.plugin) }
        if !move.message.isEmpty { members["message"] = .string(move.message) }
        set(&members, "backoffEnd", move.backoffEnd)
        return members
    }

    private static func json(_ attempt: PodDecisions.Attempt, _ pod: PodDecisions) -> JSONValue {
        var members: JSONValue = [
            "attempt": number(attempt.number), "profile": .string(attempt.profile),
            "event": .string(attempt.event), "nodes": number(attempt.nodeCount),
            "visited": number(attempt.visitedCount), "feasible": number(attempt.feasibleCount),
            "ties": number(attempt.tieCount), "drawn": .bool(attempt.isDrawn),
            "nominatedNodeOnly": .bool(attempt.isNominatedNodeOnly),
            "rejectedByPreFilter": .bool(attempt.isPreFilterRejection), "error": .bool(attempt.isError),
            "message": .string(attempt.message),
        ]
        set(&members, "time", attempt.time)
        if let node = attempt.node { members["node"] = .string(node) }
        if !attempt.refusedBy.isEmpty { members["refusedBy"] = .string(attempt.refusedBy) }
        if let node = attempt.nominatedNode { members["nominatedNode"] = .string(node) }
        if let analysis = attempt.whatIf { members["whatIf"] = number(analysis) }
        members["rejections"] = .array(
            attempt.rejections.map { rejection in
                [
                    "plugin": .string(rejection.plugin), "code": .string(rejection.code),
                    "reasons": .array(rejection.reasons.map { .string($0) }),
                    "count": number(rejection.nodes.count), "nodes": names(rejection.nodes, pod),
                ]
            })
        members["best"] = .array(attempt.best.map(json))
        members["preemptionCandidates"] = number(attempt.candidateCount)
        members["candidates"] = .array(attempt.candidates.map(json))
        return members
    }

    private static func json(_ scored: PodDecisions.ScoredNode) -> JSONValue {
        [
            "node": .string(scored.node), "total": .integer(scored.total),
            "scores": .array(
                scored.shares.map { share in
                    [
                        "plugin": .string(share.plugin), "raw": .integer(share.raw),
                        "normalized": .integer(share.normalized), "weight": .integer(share.weight),
                        "weighted": .integer(share.normalized * share.weight),
                    ]
                }),
        ]
    }

    private static func json(_ candidate: PodDecisions.Candidate) -> JSONValue {
        var members: JSONValue = [
            "node": .string(candidate.node), "chosen": .bool(candidate.isChosen),
            "violations": number(candidate.violations),
            "highestPriority": .integer(candidate.highestPriority),
            "prioritySum": .integer(candidate.prioritySum), "lostByCriterion": number(candidate.lostBy),
        ]
        if let start = candidate.earliestStartSeconds { members["earliestStartSeconds"] = .integer(start) }
        members["victims"] = .array(
            candidate.victims.map { victim in
                var members: JSONValue = [
                    "namespace": .string(victim.key.namespace), "name": .string(victim.key.name),
                    "priority": .integer(victim.priority),
                    "violatedBudgets": .array(victim.budgets.map { .string($0) }),
                ]
                if let start = victim.startSeconds { members["startSeconds"] = .integer(start) }
                return members
            })
        return members
    }

    private static func json(_ analysis: PodDecisions.Analysis, _ pod: PodDecisions) -> JSONValue {
        var members: JSONValue = [
            "number": number(analysis.number), "namespace": .string(analysis.pod.namespace),
            "pod": .string(analysis.pod.name), "attempt": number(analysis.attempt),
            "complete": .bool(analysis.isComplete),
        ]
        set(&members, "time", analysis.time)
        members["options"] = .array(
            analysis.options.map { option in
                var members: JSONValue = ["cost": .integer(option.cost)]
                if let rejection = option.rejection { members["rejection"] = number(rejection) }
                members["changes"] = .array(
                    option.changes.map { change in
                        ["kind": .string(change.kind), "text": .string(change.text), "detail": change.detail]
                    })
                members["nodes"] = names(option.nodes, pod)
                return members
            })
        return members
    }
}
