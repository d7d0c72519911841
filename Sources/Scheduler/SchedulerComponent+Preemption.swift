import ControlPlane
import KubernetesModel
import SimulationKernel

/// The eviction of a pod's victims, under way.
struct Eviction {
    var preemptor: PodInfo
    var framework: Framework
    var nodeName: String
    /// The victims whose eviction has not been answered, but for the last one.
    var pending: Set<UID>
    var victims: [PodInfo]
    /// Evicted when all others are, so that the pod is not tried before there is room.
    var last: PodInfo
    var isLastStarted = false
}

/// Makes room for a pod: patches each victim's condition, then deletes it.
///
/// Upstream: `pkg/scheduler/framework/preemption/executor.go`, `prepareCandidateAsync` (v1.36).
extension SchedulerComponent {
    mutating func startEviction(
        _ plan: PreemptionPlan, for pod: PodInfo, _ framework: Framework, _ out: inout Outbox
    ) {
        let victims = plan.chosen.victims.filter { $0.value.metadata.deletionTimestamp == nil }
        guard let last = victims.last else { return }
        for other in plan.clearedNominations {
            out.call(.patch(.pod, other.key, .podConditions([], nominatedNodeName: ""), uid: other.uid))
        }
        let first = victims.dropLast()
        queue.preempting.insert(pod.uid)
        evictions[pod.uid] = Eviction(
            preemptor: pod, framework: framework, nodeName: plan.chosen.nodeName,
            pending: Set(first.map(\.uid)), victims: victims, last: last)
        for victim in first { evict(victim, for: pod, framework, &out) }
        evictLastIfDue(pod.uid, &out)
    }

    private mutating func evictLastIfDue(_ preemptor: UID, _ out: inout Outbox) {
        guard let eviction = evictions[preemptor], eviction.pending.isEmpty, !eviction.isLastStarted else {
            return
        }
        evictions[preemptor]?.isLastStarted = true
        let seen = pods[eviction.last.key]
        if seen == nil || seen?.value.metadata.deletionTimestamp != nil { queue.preempting.remove(preemptor) }
        evict(eviction.last, for: eviction.preemptor, eviction.framework, &out)
    }

    /// Lets pods be tried again whose last victim is seen to go, even before its eviction is answered: nothing
    /// else might move them afterwards.
    ///
    /// Upstream: `isRunningPreemption`, which asks the cache each time (v1.36).
    mutating func noteDeparture(of victim: ObjectKey) {
        for (preemptor, eviction) in evictions
        where eviction.isLastStarted && eviction.last.key == victim {
            queue.preempting.remove(preemptor)
        }
    }

    private mutating func evict(
        _ victim: PodInfo, for preemptor: PodInfo, _ framework: Framework, _ out: inout Outbox
    ) {
        var condition = Condition(
            "DisruptionTarget", .isTrue, reason: "PreemptionByScheduler",
            message: "\(framework.profileName): preempting to accommodate a higher priority pod",
            lastTransitionTime: Timestamp(now))
        condition.observedGeneration = victim.value.metadata.generation
        call(
            .patch(
                .pod, victim.key, .podConditions([condition], nominatedNodeName: nil), uid: victim.uid),
            .victimCondition(preemptor: preemptor.uid, victim: victim.uid), &out)
    }

    mutating func deleteVictim(
        _ uid: UID, for preemptor: UID, _ result: APIResult, _ out: inout Outbox
    ) {
        guard let victim = evictions[preemptor]?.victims.first(where: { $0.uid == uid }) else { return }
        if case .failure(let error) = result {
            settle(uid, for: preemptor, isFailed: error.reason != .notFound, &out)
            return
        }
        call(
            .delete(.pod, victim.key, DeleteOptions(uid: uid)),
            .victimDeletion(preemptor: preemptor, victim: uid), &out)
    }

    mutating func finishVictim(
        _ uid: UID, for preemptor: UID, _ result: APIResult, _ out: inout Outbox
    ) {
        guard let eviction = evictions[preemptor],
            let victim = eviction.victims.first(where: { $0.uid == uid })
        else { return }
        if case .failure(let error) = result {
            settle(uid, for: preemptor, isFailed: error.reason != .notFound, &out)
            return
        }
        report(
            victim, eviction.framework, .normal, "Preempted",
            "Preempted by pod \(preemptor) on node \(eviction.nodeName)", &out)
        out.note(
            JournalEntry(
                .scheduling, .pod, victim.key, reason: "Preempted",
                message: "evicted from \(eviction.nodeName) for \(eviction.preemptor.key)",
                cause:
                    "priority \(victim.priority) against \(eviction.preemptor.priority)"))
        record(
            .victimEvicted, eviction.preemptor, attempt: queue[preemptor]?.attempts ?? 0,
            "\(victim.key) deleted on \(eviction.nodeName)")
        settle(uid, for: preemptor, isFailed: false, &out)
    }

    private mutating func settle(
        _ uid: UID, for preemptor: UID, isFailed: Bool, _ out: inout Outbox
    ) {
        guard var eviction = evictions[preemptor] else { return }
        eviction.pending.remove(uid)
        evictions[preemptor] = eviction
        if isFailed, let victim = eviction.victims.first(where: { $0.uid == uid }) {
            record(
                .evictionFailed, eviction.preemptor, attempt: queue[preemptor]?.attempts ?? 0,
                "\(victim.key) on \(eviction.nodeName) could not be deleted")
        }
        if isFailed || (eviction.isLastStarted && uid == eviction.last.uid) {
            evictions[preemptor] = nil
            queue.preempting.remove(preemptor)
            if isFailed { queue.activate(preemptor, at: now) }
            return
        }
        evictLastIfDue(preemptor, &out)
    }
}
