public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// What befalls the machine. The composition root withholds watch events from a node that is off, stopped or
/// cut off, fails its calls as unreachable, and ends the renewals of its lease.
extension Kubelet {
    // MARK: Starting

    /// Starts the kubelet on a machine that has power.
    public func start(at now: VirtualTime, _ out: inout Outbox) {
        guard machine.hasPower, !machine.isKubeletRunning else { return }
        machine.isKubeletRunning = true
        machine.startedAt = now
        starts += 1
        sourcesReady = false
        isRegistered = false
        isRuntimeReady = timing.runtimeReadyDelay <= .zero
        hasReportedReboot = false
        usage.eviction = EvictionState()
        usage.eviction.gridFrom = now
        planEviction(now)
        registrationDelay = timing.registrationBackOff
        nodeEvent(.normal, "Starting", "Starting kubelet.", &out)
        nodeEvent(
            .normal, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods", &out)
        alarms.set(.register, at: now + registrationDelay)
        if !isRuntimeReady { alarms.set(.runtimeReady, at: now + timing.runtimeReadyDelay) }
        // A new node has no object yet that could own its lease: the first attempt fails, the next is a
        // period later.
        leaseRetry = .zero
        leaseResourceVersion = nil
        scheduleLease(at: wasRegistered ? now + registrationDelay : now + timing.leaseRenewalPeriod)
    }

    /// Stops the kubelet alone: containers go on, nobody reports them.
    public func kubeletStop(at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard machine.isKubeletRunning else { return }
        forgetProcess()
        note("KubeletStopped", "the kubelet on \(name) stops; its containers go on", cause: cause, &out)
    }

    /// Starts a kubelet that was stopped; it takes its containers over.
    public func kubeletStart(at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard machine.hasPower, !machine.isKubeletRunning else { return }
        note("KubeletStarted", "the kubelet on \(name) starts", cause: cause, &out)
        start(at: now, &out)
    }

    // MARK: Power

    /// Everything on the machine ends at once; nothing is reported.
    public func powerLoss(at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard machine.hasPower else { return }
        forgetProcess()
        machine.hasPower = false
        var lost = 0
        for index in pods.indices where pods[index].generation != 0 {
            if pods[index].isSandboxReady { lost += 1 }
            pods[index].isSandboxReady = false
            addresses.give(back: pods[index].address)
            pods[index].address = -1
            pods[index].volumes = []
            for container in pods[index].containers.indices {
                guard let instance = pods[index].containers[container].instance else { continue }
                if instance.startedAt == .never {
                    // Created and never started: the runtime drops it.
                    pods[index].containers[container].instance = nil
                    pods[index].containers[container].nextAttempt = instance.attempt
                } else if instance.exitAt > now {
                    // The runtime finds it gone when it comes back, and cannot say how it ended.
                    pods[index].containers[container].instance?.exitAt = .never
                    pods[index].containers[container].instance?.exitCode = 255
                    pods[index].containers[container].instance?.exitReason = .unknown
                }
            }
        }
        attachable = []
        struck = []
        endAllUsage(now)
        note("PowerLoss", "\(name) loses power with \(lost) running pods on it", cause: cause, &out)
    }

    /// The machine has power again and has booted: the kubelet starts, containers are made anew.
    public func powerReturn(at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard !machine.hasPower else { return }
        machine.hasPower = true
        machine.boots += 1
        for index in pods.indices where pods[index].generation != 0 {
            for container in pods[index].containers.indices {
                guard let instance = pods[index].containers[container].instance,
                    instance.exitReason == .unknown, instance.exitAt == .never
                else { continue }
                pods[index].containers[container].instance?.exitAt = now
            }
        }
        note("PowerReturn", "\(name) has booted, its kubelet starts", cause: cause, &out)
        start(at: now, &out)
    }

    // MARK: Network

    /// The node is cut off from the API server: the kubelet goes on with what it knows.
    public func partitionBegin(at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard machine.isConnected else { return }
        machine.isConnected = false
        // Sending again would fail each time: it waits until the network is back.
        isStatusSyncScheduled = false
        isNodeStatusScheduled = false
        nodeStatusVersion &+= 1
        leaseVersion &+= 1
        partitionedAt = now
        note(
            "Partitioned", "\(name) is cut off from the API server; its containers go on", cause: cause, &out)
    }

    /// The node reaches the API server again. The composition root lists its pods anew with
    /// ``relist(pods:node:at:_:)``.
    public func partitionEnd(at now: VirtualTime, cause: String, _ out: inout Outbox) {
        guard !machine.isConnected else { return }
        machine.isConnected = true
        note("PartitionHealed", "\(name) reaches the API server again", cause: cause, &out)
        guard machine.isKubeletRunning else { return }
        scheduleLease(at: nextLeaseAttempt(now))
        if isRegistered {
            scheduleNodeStatus(now)
        } else {
            alarms.set(.register, at: now + registrationDelay)
        }
        isNodeStatusInFlight = false
        if statusInFlight >= 0 {
            pods[Int(statusInFlight)].sentVersion = 0
            statusInFlight = -1
        }
        scheduleStatusSync(now)
        drain(now, &out)
    }

    /// When the lease controller tries again: after the first failed renewal it waits 200 ms, then twice as
    /// long each time, up to seven seconds.
    private func nextLeaseAttempt(_ now: VirtualTime) -> VirtualTime {
        var time = tick(timing.leaseRenewalPeriod, after: partitionedAt)
        var step = VirtualDuration.milliseconds(200)
        while time < now && step < timing.leaseRetryMaximum {
            time += step
            step = min(step * 2, timing.leaseRetryMaximum)
        }
        return time >= now ? time : now.roundedUp(toPeriod: timing.leaseRetryMaximum, phase: time)
    }

    // MARK: What dies with the process

    private func forgetProcess() {
        machine.isKubeletRunning = false
        alarms.removeAll()
        expansions = []
        keepUsageAlarm()
        ready = []
        statusQueue = []
        statusInFlight = -1
        isStatusSyncScheduled = false
        isNodeStatusScheduled = false
        isNodeStatusInFlight = false
        node = nil
        references = [:]
        pendingReads = []
        mountBackOffs = []
        laterEvents = []
        puller.removeAll()
        for index in pods.indices where pods[index].generation != 0 {
            let slot = Int32(index)
            if !pods[index].hasSandbox && pods[index].step != .creatingSandbox {
                // The runtime knows nothing of it.
                release(slot)
                continue
            }
            pods[index].isKnown = false
            pods[index].work = .none
            pods[index].isRuntimeOnly = false
            pods[index].step = .idle
            pods[index].isPending = false
            pods[index].isQueued = false
            pods[index].lastSync = .never
            pods[index].isFresh = false
            pods[index].stepVersion &+= 1
            pods[index].retryVersion &+= 1
            pods[index].volumeVersion &+= 1
            pods[index].gracePeriod = 0
            pods[index].evictionMessage = nil
            pods[index].startQueue = []
            pods[index].failures = []
            pods[index].status = nil
            pods[index].statusVersion = 0
            pods[index].sentVersion = 0
            pods[index].isStatusQueued = false
            pods[index].isStatusFinished = false
            pods[index].probes = []
            if pods[index].volumes.contains(where: { $0.stage != .mounted }) { pods[index].volumes = [] }
            for container in pods[index].containers.indices {
                pods[index].containers[container].backOff = nil
                pods[index].containers[container].imageBackOff = nil
            }
        }
    }
}
