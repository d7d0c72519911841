import ControlPlane
import KubernetesModel
import SimulationKernel

/// Node-pressure eviction for memory: the hard threshold, one pod at a time.
///
/// Looks at memory on upstream's grid, but only at those moments of it that can find the threshold crossed or the
/// pressure over. While memory is low and no pod may be evicted, it looks each time, as upstream does. Statistics
/// are those of the moment, where upstream's may be some seconds old. Not modelled: soft thresholds, disk and
/// process pressure, minimum reclaim. Upstream: `pkg/kubelet/eviction/eviction_manager.go` (v1.36).
extension Kubelet {
    private var threshold: Int64 { timing.evictionHardMemoryBytes }

    /// Above so many bytes in use the threshold is crossed.
    private var pressureLevel: Double { Double(podsMemoryLimit - threshold) }

    /// The first look of the loop at or after a moment; never one that has been taken.
    private func look(from time: VirtualTime) -> VirtualTime {
        let period = timing.evictionMonitoringPeriod
        let next = time.roundedUp(toPeriod: period, phase: usage.eviction.gridFrom)
        return next == usage.eviction.lookedAt ? next + period : next
    }

    /// Sets the alarm for the next look that matters.
    func planEviction(_ now: VirtualTime) {
        guard machine.isKubeletRunning, case .monitoring = usage.eviction.phase, memoryCapacity > 0 else {
            return
        }
        var next = VirtualTime.never
        if !usage.loads.isEmpty || hasVirtualMachines {
            let crossing = nodeMemory().firstAbove(pressureLevel, from: now)
            if crossing != .never { next = look(from: crossing) }
        }
        if usage.eviction.hasMemoryPressure {
            let over = usage.eviction.pressureSeenAt + timing.evictionPressureTransitionPeriod
            next = min(next, look(from: max(now, over)))
        }
        armEviction(next)
    }

    private func armEviction(_ time: VirtualTime) {
        guard time != usage.eviction.alarmAt else { return }
        usage.eviction.alarmAt = time
        usage.eviction.version &+= 1
        alarms.set(.eviction(version: usage.eviction.version), at: time)
    }

    /// The alarm.
    func continueEviction(_ now: VirtualTime, _ out: inout Outbox) {
        usage.eviction.alarmAt = .never
        switch usage.eviction.phase {
        case .monitoring: lookAtMemory(now, &out)
        case .killing(let slot, let generation, _):
            if isLive(slot, generation) {
                podEvent(
                    slot, .warning, "ExceededGracePeriod",
                    "Container runtime did not kill the pod within specified grace period.", &out)
            }
            beginCleaning(slot, generation, now)
        case .cleaning:
            usage.eviction.phase = .monitoring
            lookAtMemory(now, &out)
        }
    }

    // MARK: Looking

    /// Upstream: `synchronize`.
    private func lookAtMemory(_ now: VirtualTime, _ out: inout Outbox) {
        usage.eviction.lookedAt = now
        let amount = nodeMemory().amount(at: now)
        let isLow = amount > pressureLevel
        let used = OutOfMemory.wholePages(amount)
        let availableOfNode = memoryCapacity - used
        let availableToPods = podsMemoryLimit - used
        let hadPressure = usage.eviction.hasMemoryPressure
        if isLow {
            usage.eviction.pressureSeenAt = now
            usage.eviction.hasMemoryPressure = true
        } else if now - usage.eviction.pressureSeenAt >= timing.evictionPressureTransitionPeriod {
            usage.eviction.hasMemoryPressure = false
        }
        if usage.eviction.hasMemoryPressure != hadPressure { scheduleNodeStatus(now) }
        if isLow {
            nodeEvent(.warning, "EvictionThresholdMet", "Attempting to reclaim memory", &out)
            let available = availableOfNode < threshold ? availableOfNode : availableToPods
            if evictOne(available: available, now, &out) { return }
        }
        usage.eviction.gridFrom = now
        planEviction(now)
    }

    private func evictOne(available: Int64, _ now: VirtualTime, _ out: inout Outbox) -> Bool {
        var candidates: [EvictionRanking.Candidate] = []
        for (index, record) in pods.enumerated()
        where record.generation != 0 && record.isKnown && isActive(record) {
            let slot = Int32(index)
            let spec = record.pod.value.spec
            // Critical pods stay, whatever they use.
            if OutOfMemory.isCritical(spec) { continue }
            let used = OutOfMemory.wholePages(podMemory(slot).amount(at: now))
            candidates.append(
                EvictionRanking.Candidate(
                    slot: slot, key: record.pod.value.metadata.key, priority: spec.priorityValue,
                    usageBytes: record.isSandboxReady ? used : nil,
                    requestBytes: EvictionRanking.requestBytes(spec)))
        }
        guard let first = EvictionRanking.sorted(candidates).first else { return false }
        evict(first.slot, available: available, now, &out)
        return true
    }

    // MARK: Evicting

    private func evict(
        _ slot: Int32, available: Int64, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        let message = EvictionRanking.message(
            threshold: threshold, available: available, containers: containerUse(slot, now))
        podEvent(slot, .warning, "Evicted", message, &out)
        let deadline = now + timing.evictionKillTimeout
        usage.eviction.phase = .killing(slot: slot, generation: pods[index].generation, deadline: deadline)
        armEviction(deadline)
        if pods[index].work == .sync || pods[index].work == .terminating {
            pods[index].evictionMessage = message
            pods[index].gracePeriod = 1
            requestTermination(slot, now)
        }
    }

    /// Regular containers first, then init containers.
    private func containerUse(_ slot: Int32, _ now: VirtualTime) -> [EvictionRanking.ContainerUse] {
        let record = pods[Int(slot)]
        guard record.isSandboxReady else { return [] }
        let order = Array(record.initCount..<record.containers.count) + Array(0..<record.initCount)
        return order.compactMap { container in
            guard let load = usage.index(of: slot, container) else { return nil }
            let spec = record.container(container)
            return EvictionRanking.ContainerUse(
                name: spec.name,
                usageBytes: OutOfMemory.wholePages(usage.loads[load].memoryBytes(at: now)),
                request: spec.resources.requests[ResourceName.memory])
        }
    }

    /// What an eviction writes into the status of a pod that begins to terminate.
    func applyEviction(_ slot: Int32, to status: inout PodStatus) {
        let index = Int(slot)
        guard let message = pods[index].evictionMessage else { return }
        pods[index].evictionMessage = nil
        status.phase = .failed
        status.reason = "Evicted"
        status.message = message
        var condition = Condition(
            "DisruptionTarget", .isTrue, reason: "TerminationByKubelet", message: message)
        condition.observedGeneration = pods[index].pod.value.metadata.generation
        status.conditions["DisruptionTarget"] = condition
    }

    /// A pod's containers have ended.
    func evictionSees(terminated slot: Int32, _ now: VirtualTime) {
        guard case .killing(slot, let generation, _) = usage.eviction.phase, isLive(slot, generation) else {
            return
        }
        beginCleaning(slot, generation, now)
    }

    private func beginCleaning(_ slot: Int32, _ generation: UInt32, _ now: VirtualTime) {
        let deadline = now + timing.evictionCleanupTimeout
        usage.eviction.phase = .cleaning(slot: slot, generation: generation, from: now, deadline: deadline)
        armEviction(deadline)
        if !isLive(slot, generation) || pods[Int(slot)].work == .finished {
            evictionSees(finished: slot, now)
        }
    }

    /// A pod's worker is done: the next look at it sees that, and memory is looked at again at once.
    func evictionSees(finished slot: Int32, _ now: VirtualTime) {
        guard case .cleaning(slot, _, let from, let deadline) = usage.eviction.phase else { return }
        let poll = max(now, from + .nanoseconds(1)).roundedUp(
            toPeriod: timing.evictionCleanupPollPeriod, phase: from)
        armEviction(min(poll, deadline))
    }

    // MARK: Admission

    /// Best-effort pods are refused while memory is low. Upstream: `Admit`.
    func evictionAdmission(_ pod: Pod) -> AdmissionFailure? {
        guard usage.eviction.hasMemoryPressure, pod.spec.qualityOfService == .bestEffort,
            !OutOfMemory.isCritical(pod.spec)
        else { return nil }
        let taint = Taint(key: WellKnown.memoryPressureTaint, effect: .noSchedule)
        if pod.spec.tolerations.contains(where: { $0.tolerates(taint) }) { return nil }
        return AdmissionFailure(
            reason: "Evicted", message: "The node had condition: [MemoryPressure]. ")
    }
}
