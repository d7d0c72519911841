import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// One sync of a running pod: status, volumes, sandbox, containers.
///
/// Upstream: `pkg/kubelet/kubelet.go`, `SyncPod`; `pkg/kubelet/kuberuntime/kuberuntime_manager.go`,
/// `SyncPod`, `doBackOff` (v1.36).
extension Kubelet {
    func beginSync(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        let isFirst = pods[index].currentStatus.startTime == nil
        if isPastDeadline(pods[index], now) {
            podEvent(
                slot, .normal, "DeadlineExceeded",
                "Pod was active on the node longer than the specified deadline", &out)
        }
        let status = generateStatus(slot, isTerminal: false, now)
        setStatus(slot, status, now)
        if isFirst { scheduleDeadline(slot, now) }
        if status.phase.isTerminal {
            // Nothing restarts any more: tear down what is left.
            pods[index].work = .terminating
            pods[index].gracePeriod = 0
            pods[index].isPending = true
            completeWork(slot, now, hasError: false)
            return
        }
        prepareVolumes(slot, now)
        if pods[index].step == .idle { continueSync(slot, now, &out) }
    }

    /// Volumes are mounted: on to the runtime.
    func continueSync(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        addProbes(slot, now)
        let actions = PodActions(pods[index])
        pods[index].startQueue = actions.starts.map(Int32.init)
        pods[index].recreatesSandbox = actions.createsSandbox
        if actions.createsSandbox && pods[index].hasSandbox {
            podEvent(
                slot, .normal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.",
                &out)
        }
        if actions.killsPod {
            let running = runningContainers(pods[index])
            if running.isEmpty && !pods[index].isSandboxReady {
                // A second time at one moment there is nothing new to see: that would go on for ever.
                if pods[index].hasSandbox && pods[index].lastSync != now { pods[index].hasResults = true }
                killed(slot, now, &out)
                return
            }
            pods[index].hasResults = true
            let plan = TerminationPlan(
                pods[index], running: running, message: nil, probe: nil, graceOverride: nil, now: now,
                minimum: timing.minimumGraceSeconds, draws: stopDraws(pods[index], running))
            apply(plan, slot, from: now, now, &out)
            pods[index].step = .killing
            let stop = sandboxStopTime(pods[index])
            arm(slot, at: plan.end + (pods[index].isSandboxReady ? stop : .zero))
            pods[index].isSandboxReady = false
            return
        }
        if !actions.kills.isEmpty {
            // One after the other, as upstream kills single containers.
            var end = now
            for kill in actions.kills {
                let plan = TerminationPlan(
                    pods[index], running: [kill.container], message: kill.message, probe: kill.reason,
                    graceOverride: nil, now: end, minimum: timing.minimumGraceSeconds,
                    draws: stopDraws(pods[index], [kill.container]))
                apply(plan, slot, from: end, now, &out)
                end = plan.end
            }
            pods[index].hasResults = true
            pods[index].step = .killing
            arm(slot, at: end)
            return
        }
        startNext(slot, now, &out)
    }

    func runningContainers(_ record: PodRecord) -> [Int] {
        record.containers.indices.filter { record.isRunning($0, at: record.listing) }
    }

    func sandboxStopTime(_ record: PodRecord) -> VirtualDuration {
        (runtime(of: record) ?? nodeRuntime).sandboxStop.sample(
            streams(record), "sandbox-stop", Int(max(0, record.sandboxAttempt)))
    }

    /// Containers that a sync had to kill are gone.
    func killed(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        pods[index].step = .idle
        pods[index].hasChanged = true
        guard pods[index].needsSandbox else {
            startNext(slot, now, &out)
            return
        }
        guard pods[index].recreatesSandbox else {
            finishSync(slot, now)
            return
        }
        for container in 0..<pods[index].initCount where pods[index].containers[container].instance != nil {
            pods[index].containers[container].nextAttempt =
                (pods[index].containers[container].instance?.attempt ?? -1) + 1
            pods[index].containers[container].instance = nil
        }
        createSandbox(slot, now, &out)
    }

    // MARK: Sandbox

    private func createSandbox(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        pods[index].hasResults = true
        guard let runtime = runtime(of: pods[index]) else {
            let handler = runtimeHandler(of: pods[index])
            failSandbox(slot, "no runtime for \"\(handler)\" is configured", now, &out)
            return
        }
        let attempt = Int(pods[index].sandboxAttempt) + 1
        pods[index].step = .creatingSandbox
        arm(slot, at: now + runtime.sandboxStart.sample(streams(pods[index]), "sandbox-start", attempt))
    }

    private func failSandbox(
        _ slot: Int32, _ message: String, _ now: VirtualTime, _ out: inout Outbox
    ) {
        podEvent(
            slot, .warning, "FailedCreatePodSandBox",
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: "
                + message, &out)
        pods[Int(slot)].hasError = true
        finishSync(slot, now)
    }

    func sandboxCreated(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        pods[index].step = .idle
        if !pods[index].spec.hostNetwork {
            addresses.give(back: pods[index].address)
            pods[index].address = -1
            guard let address = addresses.take() else {
                let range = description.podCIDR
                podEvent(
                    slot, .warning, "FailedCreatePodSandBox",
                    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup "
                        + "network for sandbox: plugin type=\"bridge\" failed (add): no IP addresses "
                        + "available in range set: " + range, &out)
                pods[index].hasError = true
                finishSync(slot, now)
                return
            }
            pods[index].address = address
        }
        pods[index].sandboxAttempt += 1
        pods[index].isSandboxReady = true
        pods[index].hasChanged = true
        if hasVirtualMachines { usageChanged(now, &out) }
        // The status manager hears of the sandbox at once, not at the next sync.
        var status = pods[index].currentStatus
        var condition = Condition("PodReadyToStartContainers", .isTrue)
        condition.observedGeneration = pods[index].pod.value.metadata.generation
        condition.lastTransitionTime = status.conditions["PodReadyToStartContainers"]?.lastTransitionTime
        status.conditions["PodReadyToStartContainers"] = condition
        setStatus(slot, status, now)
        startNext(slot, now, &out)
    }

    // MARK: Containers, one after the other

    /// Starts the next container of the sync, or ends the sync.
    func startNext(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        while let next = pods[index].startQueue.first {
            let container = Int(next)
            pods[index].hasResults = true
            if isBackingOff(slot, container, now, &out) {
                skip(slot)
                continue
            }
            beginStart(slot, container, now, &out)
            return
        }
        finishSync(slot, now)
    }

    /// The first container in the queue failed: go on with the next where upstream does.
    func fail(
        _ slot: Int32, reason: String, message: String, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        guard let container = pods[index].startQueue.first else { return }
        remember(slot, Int(container), reason, message)
        pods[index].step = .idle
        skip(slot)
        startNext(slot, now, &out)
    }

    /// Drops the first container of the queue; after a failed init container nothing else is started.
    private func skip(_ slot: Int32) {
        let index = Int(slot)
        let container = Int(pods[index].startQueue.removeFirst())
        if container < pods[index].initCount && !pods[index].container(container).isSidecar {
            pods[index].startQueue = []
        }
    }

    func remember(_ slot: Int32, _ container: Int, _ reason: String, _ message: String) {
        let index = Int(slot)
        pods[index].hasError = true
        let failure = StartFailure(container: Int32(container), reason: reason, message: message)
        if let place = pods[index].failures.firstIndex(where: { Int($0.container) == container }) {
            pods[index].failures[place] = failure
        } else {
            pods[index].failures.append(failure)
        }
    }

    /// Whether a container that ended must wait: its latest dead instance in the listing counts, which for one
    /// that a failed probe has just killed is the instance before.
    ///
    /// Upstream: `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `doBackOff` (v1.36).
    private func isBackingOff(
        _ slot: Int32, _ container: Int, _ now: VirtualTime, _ out: inout Outbox
    ) -> Bool {
        let index = Int(slot)
        let record = pods[index]
        let ended: VirtualTime
        if record.containers[container].observed(at: record.listing) == .exited,
            let instance = record.containers[container].instance
        {
            ended = instance.exitAt
        } else if record.containers[container].previousExitAt != .never {
            ended = record.containers[container].previousExitAt
        } else {
            return false
        }
        let maximum = timing.crashBackOffMaximum
        if let backOff = record.containers[container].backOff,
            backOff.isActive(since: ended, at: now, maximum: maximum, reset: timing.crashBackOffReset)
        {
            let name = record.container(container).name
            podEvent(
                slot, .warning, "BackOff",
                "Back-off restarting failed container \(name) in pod \(record.description)",
                container: container, &out)
            remember(
                slot, container, "CrashLoopBackOff",
                "back-off \(backOff.duration) restarting failed container=\(name) pod=\(record.description)")
            pods[index].retryAt = min(pods[index].retryAt, ended + backOff.duration)
            return true
        }
        pods[index].containers[container].backOff = BackOff.after(
            record.containers[container].backOff, event: ended, at: now, initial: timing.crashBackOffInitial,
            maximum: maximum, reset: timing.crashBackOffReset)
        return false
    }
}
