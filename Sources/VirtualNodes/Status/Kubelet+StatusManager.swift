import ControlPlane
import KubernetesModel
import SimulationKernel

/// The status manager: one pod's status after the other goes to the API server, read first, then patched.
///
/// Upstream: `pkg/kubelet/status/status_manager.go` (v1.36).
extension Kubelet {
    /// Takes over a pod's status; sends it if it differs from the last one.
    func setStatus(_ slot: Int32, _ status: PodStatus, _ now: VirtualTime, isForced: Bool = false) {
        let index = Int(slot)
        let pod = pods[index].pod.value
        let old = pods[index].currentStatus
        var status = status
        if makesIllegalTransition(pods[index], old, status) { return }
        let stamp = Timestamp(now)
        for place in status.conditions.indices {
            let type = status.conditions[place].type
            guard PodConditions.isOwnedByKubelet(type) || type == "DisruptionTarget" else { continue }
            let before = old.conditions[type]
            let isSame = before?.status == status.conditions[place].status
            status.conditions[place].lastTransitionTime = isSame ? before?.lastTransitionTime : stamp
        }
        status.startTime = old.startTime ?? status.startTime ?? stamp
        status.observedGeneration = max(status.observedGeneration, old.observedGeneration)
        let isCached = pods[index].statusVersion > 0
        let isNews = !isCached || isForced || pod.metadata.isBeingDeleted || !isSame(old, status)
        guard isNews else { return }
        pods[index].status = Ref(status)
        pods[index].statusVersion &+= 1
        queueStatus(slot)
    }

    /// A container that has ended for good does not come back.
    private func makesIllegalTransition(_ record: PodRecord, _ old: PodStatus, _ new: PodStatus) -> Bool {
        if record.spec.restartPolicy == .always { return false }
        func isBroken(_ before: ContainerStatus, _ after: [ContainerStatus], _ containers: [Container])
            -> Bool
        {
            guard let end = before.state?.termination,
                let container = containers.first(where: { $0.name == before.name }), !container.isSidecar
            else { return false }
            switch container.restartPolicy ?? record.spec.restartPolicy {
            case .always: return false
            case .onFailure: if end.exitCode != 0 { return false }
            case .never: break
            }
            return after.contains { $0.name == before.name && $0.state?.termination == nil }
        }
        return old.containerStatuses.contains { isBroken($0, new.containerStatuses, record.spec.containers) }
            || old.initContainerStatuses.contains {
                isBroken($0, new.initContainerStatuses, record.spec.initContainers)
            }
    }

    /// Upstream: `isPodStatusByKubeletEqual`.
    private func isSame(_ old: PodStatus, _ new: PodStatus) -> Bool {
        func isOwn(_ condition: Condition) -> Bool {
            PodConditions.isOwnedByKubelet(condition.type) || condition.type == "DisruptionTarget"
        }
        guard old.conditions.count(where: isOwn) == new.conditions.count(where: isOwn) else { return false }
        for condition in new.conditions where isOwn(condition) {
            let hasSame = old.conditions.contains {
                $0.type == condition.type && $0.status == condition.status && $0.reason == condition.reason
                    && $0.message == condition.message
            }
            if !hasSame { return false }
        }
        guard
            old.phase == new.phase && old.startTime == new.startTime
                && old.observedGeneration == new.observedGeneration && old.qosClass == new.qosClass
        else { return false }
        let (before, after) = (old.report, new.report)
        return before.reason == after.reason && before.message == after.message
            && before.podIP == after.podIP && before.hostIP == after.hostIP
            && before.containerStatuses == after.containerStatuses
            && before.initContainerStatuses == after.initContainerStatuses
    }

    // MARK: Sending

    func queueOpen(_ record: PodRecord) -> Bool { record.generation != 0 && record.isKnown }

    func queueStatus(_ slot: Int32) {
        let index = Int(slot)
        guard !pods[index].isStatusQueued else { return }
        pods[index].isStatusQueued = true
        statusQueue.append(slot)
    }

    /// Sends the next status, if none is under way.
    func pumpStatuses(_ now: VirtualTime, _ out: inout Outbox) {
        guard statusInFlight < 0, !statusQueue.isEmpty else { return }
        guard machine.isConnected else {
            // Each attempt would fail; the pass after the partition finds what was not sent.
            for slot in statusQueue { pods[Int(slot)].isStatusQueued = false }
            statusQueue = []
            return
        }
        while let slot = statusQueue.first {
            statusQueue.removeFirst()
            let index = Int(slot)
            guard pods[index].isStatusQueued else { continue }
            pods[index].isStatusQueued = false
            guard queueOpen(pods[index]), pods[index].status != nil else { continue }
            statusInFlight = slot
            let metadata = pods[index].pod.value.metadata
            out.call(
                .get(.pod, metadata.key),
                token: token(.statusGet, slot: slot, number: pods[index].generation))
            return
        }
    }

    func completeStatus(
        _ call: KubeletCall, _ result: APIResult, _ now: VirtualTime, _ out: inout Outbox
    ) {
        guard call.slot == statusInFlight else { return }
        let slot = call.slot
        let index = Int(slot)
        guard isLive(slot, call.number) else {
            statusInFlight = -1
            return
        }
        switch (call.kind, result) {
        case (_, .failure(let error)):
            statusInFlight = -1
            // A pod that is gone needs no status; its deletion is on its way by the watch.
            if error.reason != .notFound { scheduleStatusSync(now) }
        case (.statusGet, .success(let object)):
            guard let pod = object?.pod, pod.value.metadata.uid == pods[index].pod.value.metadata.uid else {
                statusInFlight = -1
                return
            }
            sendStatus(slot, to: pod, now, &out)
        case (.statusPatch, .success(let object)):
            if let pod = object?.pod { confirmStatus(slot, pod, now, &out) } else { statusInFlight = -1 }
        default:
            // The deletion is confirmed; the watch will bring it.
            statusInFlight = -1
        }
    }

    private func sendStatus(
        _ slot: Int32, to pod: Ref<Pod>, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        pods[index].sentVersion = pods[index].statusVersion
        let merged = merge(pods[index], into: pod.value.status)
        if isSame(pod.value.status, merged) {
            confirmStatus(slot, pod, now, &out)
            return
        }
        out.call(
            .patch(.pod, pod.value.metadata.key, .podStatus(merged), uid: pod.value.metadata.uid),
            token: token(.statusPatch, slot: slot, number: pods[index].generation))
    }

    /// Upstream: `mergePodStatus`. Conditions of other writers stay as the API server has them.
    private func merge(_ record: PodRecord, into old: PodStatus) -> PodStatus {
        var merged = record.currentStatus
        let mayRun = record.work == .sync || record.work == .terminating
        let isTransition = !old.phase.isTerminal && merged.phase.isTerminal
        merged.conditions = old.conditions.filter { !PodConditions.isOwnedByKubelet($0.type) }
        for condition in record.currentStatus.conditions {
            if PodConditions.isOwnedByKubelet(condition.type)
                || condition.type == "DisruptionTarget" && isTransition && !mayRun
            {
                merged.conditions[condition.type] = condition
            }
        }
        var report = merged.report
        report.nominatedNodeName = old.nominatedNodeName
        report.rest = old.rest
        if isTransition && mayRun {
            // The phase becomes final only when no container can be running.
            merged.phase = old.phase
            report.reason = old.reason
            report.message = old.message
        }
        merged.report = report
        PodConditions.markTerminal(&merged)
        return merged
    }

    /// The API server has a pod's status.
    private func confirmStatus(
        _ slot: Int32, _ pod: Ref<Pod>, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        statusInFlight = -1
        if canBeDeleted(pods[index], pod.value) {
            statusInFlight = slot
            var options = DeleteOptions()
            options.gracePeriodSeconds = 0
            options.uid = pod.value.metadata.uid
            out.call(
                .delete(.pod, pod.value.metadata.key, options),
                token: token(.podDelete, slot: slot, number: pods[index].generation))
            return
        }
        if pods[index].statusVersion != pods[index].sentVersion {
            queueStatus(slot)
        } else if let status = pods[index].status?.value, pods[index].work == .sync,
            isSame(pods[index].pod.value.status, status)
        {
            pods[index].status = nil
        } else if pods[index].work == .finished && pods[index].status?.value.phase != pod.value.status.phase {
            scheduleStatusSync(now)
        }
        pumpStatuses(now, &out)
    }

    private func canBeDeleted(_ record: PodRecord, _ pod: Pod) -> Bool {
        pod.metadata.isBeingDeleted && pod.status.phase.isTerminal && record.isStatusFinished
    }

    // MARK: Sending again

    func scheduleStatusSync(_ now: VirtualTime) {
        guard !isStatusSyncScheduled, machine.isConnected else { return }
        isStatusSyncScheduled = true
        alarms.set(.statusSync, at: tick(timing.statusSyncPeriod, after: now))
    }

    /// The pass over all pods: what was not sent, what somebody else has overwritten, what may be deleted.
    func resendStatuses(_ now: VirtualTime, _ out: inout Outbox) {
        for index in pods.indices where queueOpen(pods[index]) {
            guard let status = pods[index].status?.value else { continue }
            let pod = pods[index].pod.value
            let isUnsent = pods[index].statusVersion != pods[index].sentVersion
            if isUnsent || canBeDeleted(pods[index], pod) || !isSame(pod.status, status) {
                queueStatus(Int32(index))
            }
        }
        pumpStatuses(now, &out)
    }

    /// The watch shows the pod: drops the own copy of the status when it is the same, or, when somebody else
    /// has changed it, keeps what was there and sends it again with the next pass.
    func reconcileStatus(_ slot: Int32, from old: Pod, to new: Pod, _ now: VirtualTime) {
        let index = Int(slot)
        guard pods[index].statusVersion > 0 else { return }
        if pods[index].status == nil {
            guard !isSame(old.status, new.status) else { return }
            pods[index].status = Ref(old.status)
            scheduleStatusSync(now)
            return
        }
        guard pods[index].statusVersion == pods[index].sentVersion, statusInFlight != slot,
            let status = pods[index].status?.value
        else { return }
        if isSame(new.status, status) {
            if !(pods[index].isStatusFinished && new.metadata.isBeingDeleted) { pods[index].status = nil }
        } else {
            scheduleStatusSync(now)
        }
    }

}
