import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// The end of a pod: kill, unmount, confirm. Upstream: `pkg/kubelet/kubelet.go`, `SyncTerminatingPod`,
/// `SyncTerminatedPod` (v1.36).
extension Kubelet {
    func stopDraws(_ record: PodRecord, _ running: [Int]) -> [TerminationPlan.Draws] {
        let profile = runtime(of: record) ?? nodeRuntime
        return running.map { container in
            let behavior = behavior(record, container)
            let streams = streams(record, container)
            let attempt = Int(record.containers[container].instance?.attempt ?? 0)
            return TerminationPlan.Draws(
                stopTime: behavior.stopTime?.sample(streams, "stop", attempt),
                stopExitCode: behavior.stopExitCode,
                hookDuration: behavior.hookDuration.sample(streams, "pre-stop", attempt),
                failsHooks: behavior.failsHooks,
                answer: profile.containerStop.sample(streams, "stop-answer", attempt))
        }
    }

    /// Enters the ends of a plan that begins at `start` into the runtime's records, and reports the kills.
    func apply(
        _ plan: TerminationPlan, _ slot: Int32, from start: VirtualTime, _ now: VirtualTime,
        _ out: inout Outbox
    ) {
        let index = Int(slot)
        for kill in plan.kills {
            if start <= now {
                podEvent(slot, .normal, "Killing", kill.message, container: kill.container, &out)
            } else {
                podEventLater(slot, .normal, "Killing", kill.message, container: kill.container, at: start)
            }
            if let failedAt = kill.hookFailedAt {
                podEventLater(
                    slot, .warning, "FailedPreStopHook", "PreStopHook failed", container: kill.container,
                    at: failedAt)
            }
            pods[index].containers[kill.container].instance?.exitAt = kill.exitAt
            pods[index].containers[kill.container].instance?.exitCode = kill.exitCode
            pods[index].containers[kill.container].instance?.exitReason = kill.exitReason
            // A listing may show the end while others are still being killed.
            if usage.index(of: slot, kill.container) == nil {
                noticeChange(slot, at: kill.exitAt)
            } else {
                fixEnd(slot, kill.container, now)
            }
        }
    }

    func beginTerminating(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        if pods[index].isKnown && !pods[index].isRuntimeOnly {
            var status = generateStatus(slot, isTerminal: false, now)
            applyEviction(slot, to: &status)
            setStatus(slot, status, now)
        }
        stopProbes(slot, [.liveness, .startup])
        let running = runningContainers(pods[index])
        let grace = pods[index].gracePeriod == 0 ? nil : Optional(pods[index].gracePeriod)
        let plan = TerminationPlan(
            pods[index], running: running, message: nil, probe: nil, graceOverride: grace, now: now,
            minimum: timing.minimumGraceSeconds, draws: stopDraws(pods[index], running))
        apply(plan, slot, from: now, now, &out)
        if running.isEmpty {
            containersTerminated(slot, now, &out)
        } else {
            pods[index].step = .terminating
            arm(slot, at: plan.end)
        }
    }

    func containersTerminated(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard pods[index].isSandboxReady else {
            podTerminated(slot, now, &out)
            return
        }
        pods[index].step = .stoppingSandbox
        arm(slot, at: now + sandboxStopTime(pods[index]))
    }

    /// Nothing of the pod runs any more.
    func podTerminated(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        pods[index].isSandboxReady = false
        pods[index].listing = now
        if hasVirtualMachines { usageChanged(now, &out) }
        evictionSees(terminated: slot, now)
        stopProbes(slot, [.startup, .readiness, .liveness])
        if pods[index].isRuntimeOnly {
            pods[index].isRuntimeOnly = false
            pods[index].step = .idle
            pods[index].isPending = false
            pods[index].work = .none
            if !pods[index].isKnown { release(slot) }
            return
        }
        let address = pods[index].address
        setStatus(slot, generateStatus(slot, isTerminal: true, now), now)
        addresses.give(back: address)
        pods[index].address = -1
        pods[index].work = .terminated
        pods[index].isPending = true
        completeWork(slot, now, hasError: false)
    }

    func beginTerminated(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        pods[index].listing = now
        setStatus(slot, generateStatus(slot, isTerminal: true, now), now)
        unmountVolumes(slot, now)
        if pods[index].volumes.isEmpty {
            finishPod(slot, now)
        } else {
            pods[index].step = .unmounting
            arm(slot, at: now + timing.volumePollPeriod)
        }
    }

    /// Volumes are gone: the last status, after which the API server may remove the pod.
    func finishPod(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        var status = pods[index].currentStatus
        func lost(_ entry: inout ContainerStatus) {
            guard entry.state?.termination == nil else { return }
            var end = ContainerState.Termination()
            end.reason = "ContainerStatusUnknown"
            end.message = "The container could not be located when the pod was terminated"
            end.exitCode = 137
            entry.state = .terminated(end)
        }
        if hasInitialized(pods[index]) {
            for place in status.containerStatuses.indices { lost(&status.containerStatuses[place]) }
        }
        let last = status.initContainerStatuses.lastIndex {
            if case .waiting = $0.state { return $0.lastState?.termination != nil }
            return true
        }
        if !status.initContainerStatuses.isEmpty {
            for place in 0...(last ?? 0) { lost(&status.initContainerStatuses[place]) }
        }
        if !status.phase.isTerminal { status.phase = .failed }
        pods[index].isStatusFinished = true
        setStatus(slot, status, now, isForced: true)
        pods[index].step = .idle
        pods[index].stepVersion &+= 1
        pods[index].work = .finished
        pods[index].isPending = false
        pods[index].probes = []
        evictionSees(finished: slot, now)
        if !pods[index].isKnown { release(slot) }
    }

    /// Upstream: `hasPodInitialized` of the status manager, on the pod as the watch has it.
    private func hasInitialized(_ record: PodRecord) -> Bool {
        let spec = record.spec
        if spec.initContainers.isEmpty { return true }
        let status = record.pod.value.status
        for entry in status.containerStatuses {
            if entry.lastState?.termination != nil { return true }
            if case .waiting = entry.state { continue }
            return true
        }
        guard let last = status.initContainerStatuses.last, let container = spec.initContainers.last else {
            return false
        }
        if container.isSidecar { return last.state?.isRunning == true && last.started == true }
        return last.state?.termination?.exitCode == 0 || last.lastState?.termination?.exitCode == 0
    }
}
