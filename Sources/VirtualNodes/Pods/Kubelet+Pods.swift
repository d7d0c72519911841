import ControlPlane
import KubernetesModel
import SimulationKernel

/// What the watch of the node's pods brings. Upstream: `pkg/kubelet/kubelet.go`, `HandlePodAdditions`,
/// `HandlePodUpdates`, `HandlePodReconcile`, `HandlePodRemoves`; `pkg/kubelet/config/config.go` (v1.36).
extension Kubelet {
    func addOrUpdatePod(_ pod: Ref<Pod>, _ now: VirtualTime, _ out: inout Outbox) {
        guard pod.value.nodeName == name else { return }
        guard let slot = slots[pod.value.metadata.uid] else {
            addPod(insertRecord(pod), now, &out)
            return
        }
        let index = Int(slot)
        if !pods[index].isKnown {
            // The runtime has it from before this process of the kubelet.
            pods[index].pod = pod
            pods[index].isKnown = true
            addPod(slot, now, &out)
        } else {
            updatePod(slot, pod, now, &out)
        }
    }

    private func insertRecord(_ pod: Ref<Pod>) -> Int32 {
        let record = PodRecord(pod: pod, generation: nextGeneration)
        nextGeneration &+= 1
        if nextGeneration == 0 { nextGeneration = 1 }
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
            pods[Int(slot)] = record
        } else {
            slot = Int32(pods.count)
            pods.append(record)
        }
        slots[pod.value.metadata.uid] = slot
        return slot
    }

    func release(_ slot: Int32) {
        let index = Int(slot)
        slots.removeValue(forKey: pods[index].pod.value.metadata.uid)
        addresses.give(back: pods[index].address)
        pods[index].generation = 0
        pods[index].work = .none
        pods[index].containers = []
        pods[index].volumes = []
        pods[index].probes = []
        pods[index].failures = []
        pods[index].startQueue = []
        pods[index].status = nil
        pods[index].isQueued = false
        freeSlots.append(slot)
    }

    private func addPod(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        let pod = pods[index].pod.value
        if !pod.status.phase.isTerminal && !pod.metadata.isBeingDeleted {
            if let failure = admissionFailure(slot, now) {
                reject(slot, failure, now, &out)
                return
            }
        }
        startWorker(slot, isNew: true, now)
        scheduleDeadline(slot, now)
    }

    private func admissionFailure(_ slot: Int32, _ now: VirtualTime) -> AdmissionFailure? {
        var others: [Ref<Pod>] = []
        for index in pods.indices where index != Int(slot) && pods[index].generation != 0 {
            guard pods[index].isKnown else { continue }
            // As `isActive` says, without a copy of the whole record.
            switch pods[index].work {
            case .terminated, .finished: continue
            case .terminating: break
            case .none, .sync:
                let phase = pods[index].status?.value.phase ?? pods[index].pod.value.status.phase
                if phase.isTerminal { continue }
            }
            others.append(pods[index].pod)
        }
        // Before the watch has shown the node, the kubelet uses what it will register.
        let admission = PodAdmission(node: node?.value ?? initialNode(now), others: others)
        return evictionAdmission(pods[Int(slot)].pod.value) ?? admission.check(pods[Int(slot)].pod.value)
    }

    func isActive(_ record: PodRecord) -> Bool { record.isActive }

    private func reject(
        _ slot: Int32, _ failure: AdmissionFailure, _ now: VirtualTime, _ out: inout Outbox
    ) {
        podEvent(slot, .warning, failure.reason, failure.message, &out)
        var status = PodStatus()
        status.qosClass = pods[Int(slot)].pod.value.spec.qualityOfService
        status.phase = .failed
        status.reason = failure.reason
        status.message = "Pod was rejected: " + failure.message
        setStatus(slot, status, now)
        pumpStatuses(now, &out)
        // An earlier process may have run it.
        if hasRunningParts(pods[Int(slot)], now) { scheduleHousekeeping(now) }
    }

    private func updatePod(_ slot: Int32, _ pod: Ref<Pod>, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        let old = pods[index].pod
        if old.value.metadata.resourceVersion > pod.value.metadata.resourceVersion { return }
        reconcileStatus(slot, from: old.value, to: pod.value, now)
        pods[index].pod = pod
        let (before, after) = (old.value.metadata, pod.value.metadata)
        let isChanged =
            before.deletionTimestamp != after.deletionTimestamp
            || before.deletionGracePeriodSeconds != after.deletionGracePeriodSeconds
            || before.labels != after.labels || before.annotations != after.annotations
            || old.value.spec !== pod.value.spec && old.value.spec != pod.value.spec
        if isChanged {
            startWorker(slot, isNew: false, now)
            if pods[index].work == .finished && after.isBeingDeleted { scheduleStatusSync(now) }
        } else if needsReadinessUpdate(pods[index]) {
            requestSync(slot)
        }
    }

    func removePod(_ pod: Ref<Pod>, _ now: VirtualTime, _ out: inout Outbox) {
        guard let slot = slots[pod.value.metadata.uid] else { return }
        let index = Int(slot)
        if pods[index].isKnown
            && pod.value.metadata.resourceVersion >= pods[index].pod.value.metadata.resourceVersion
        {
            pods[index].pod = pod
        }
        pods[index].isKnown = false
        switch pods[index].work {
        case .finished: release(slot)
        case .none:
            if pods[index].hasSandbox { scheduleHousekeeping(now) } else { release(slot) }
        default: requestTermination(slot, now)
        }
    }

    /// Tells the worker that the pod is new or has changed (`podWorkers.UpdatePod`).
    private func startWorker(_ slot: Int32, isNew: Bool, _ now: VirtualTime) {
        let index = Int(slot)
        let pod = pods[index].pod.value
        if isNew {
            pods[index].work = .sync
            // Containers from before this process of the kubelet may have an end ahead of them.
            for container in pods[index].containers.indices where usage.index(of: slot, container) == nil {
                let end = pods[index].containers[container].instance?.exitAt
                if let end, end > now { noticeChange(slot, at: end) }
            }
            if pod.status.phase.isTerminal && !hasRunningParts(pods[index], now) {
                // A finished pod that an earlier process has torn down.
                pods[index].work = .terminated
            }
        }
        if pod.metadata.isBeingDeleted || pod.status.phase.isTerminal {
            // A rejected pod gets its worker for the end only.
            if pods[index].work == .none { pods[index].work = .sync }
            requestTermination(slot, now)
        } else {
            requestSync(slot)
        }
    }

    private func hasRunningParts(_ record: PodRecord, _ now: VirtualTime) -> Bool {
        record.isSandboxReady || record.containers.indices.contains { record.isRunning($0, at: now) }
    }

    func requestTermination(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        let work = pods[index].work
        guard work != .finished, work != .terminated else {
            if work == .terminated { requestSync(slot) }
            return
        }
        pods[index].gracePeriod = effectiveGrace(pods[index])
        if work == .sync {
            pods[index].work = .terminating
            if pods[index].step == .volumes {
                // The one wait of a sync that ends early when the pod is to go.
                abortSync(slot, now)
            }
        }
        requestSync(slot)
    }

    /// Upstream: `calculateEffectiveGracePeriod`.
    private func effectiveGrace(_ record: PodRecord) -> Int64 {
        var grace = record.gracePeriod
        var isOverridden = false
        if let seconds = record.pod.value.metadata.deletionGracePeriodSeconds, grace == 0 || seconds < grace {
            grace = seconds
            isOverridden = true
        }
        if !isOverridden && grace == 0 { grace = record.spec.terminationGracePeriodSeconds }
        return max(1, grace)
    }

    // MARK: Active deadline

    func scheduleDeadline(_ slot: Int32, _ now: VirtualTime) {
        let record = pods[Int(slot)]
        guard let seconds = record.spec.activeDeadlineSeconds else { return }
        let start = record.currentStatus.startTime ?? Timestamp(now)
        let due = start.time.advancedClamping(by: VirtualDuration.seconds(1).multipliedClamping(by: seconds))
        guard due != .never else { return }
        alarms.set(
            .deadline(slot: slot, generation: record.generation),
            at: tick(timing.syncTick, from: max(now, due)))
    }

    func isPastDeadline(_ record: PodRecord, _ now: VirtualTime) -> Bool {
        guard let seconds = record.spec.activeDeadlineSeconds, let start = record.currentStatus.startTime
        else {
            return false
        }
        return now
            >= start.time.advancedClamping(by: VirtualDuration.seconds(1).multipliedClamping(by: seconds))
    }

    // MARK: Housekeeping

    func scheduleHousekeeping(_ now: VirtualTime) {
        alarms.set(.housekeeping, at: tick(timing.housekeepingPeriod, after: now))
    }

    /// Tears down what the runtime runs and no worker works on: pods that the API server does not have, and
    /// rejected ones (`HandlePodCleanups`).
    func housekeep(_ now: VirtualTime, _ out: inout Outbox) {
        guard sourcesReady else {
            scheduleHousekeeping(now)
            return
        }
        for index in pods.indices
        where pods[index].generation != 0 && pods[index].work == .none {
            let slot = Int32(index)
            if hasRunningParts(pods[index], now) {
                pods[index].work = .terminating
                pods[index].isRuntimeOnly = true
                pods[index].gracePeriod = 1
                requestSync(slot)
            } else if !pods[index].isKnown {
                release(slot)
            }
        }
    }
}
