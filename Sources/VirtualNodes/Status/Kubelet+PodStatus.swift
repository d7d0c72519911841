import KubernetesModel
import SimulationKernel

/// The pod status that a kubelet computes at the beginning of each sync.
///
/// Upstream: `pkg/kubelet/kubelet_pods.go`, `generateAPIPodStatus`, `convertToAPIContainerStatuses`;
/// `pkg/kubelet/prober/prober_manager.go`, `UpdatePodStatus` (v1.36).
extension Kubelet {
    /// Computes the status from the worker's view of the runtime. Unready containers with a readiness probe
    /// are probed at once.
    func generateStatus(_ slot: Int32, isTerminal: Bool, _ now: VirtualTime) -> PodStatus {
        let record = pods[Int(slot)]
        let pod = record.pod
        let spec = pod.value.spec
        let old = record.currentStatus
        let oldReport = old.report
        var status = PodStatus()
        status.qosClass = spec.qualityOfService
        status.observedGeneration = max(old.observedGeneration, pod.value.metadata.generation)
        var report = PodStatus.Report()
        report.rest = oldReport.rest
        report.hostIP = description.internalIP
        report.podIP = spec.fields.hostNetwork ? description.internalIP : addresses.text(record.address)
        if report.podIP.isEmpty && record.hasSandbox { report.podIP = oldReport.podIP }

        let count = record.initCount
        let regular = spec.fields.containers.count
        for index in 0..<count {
            report.initContainerStatuses.append(
                containerStatus(
                    record, index, spec.fields.initContainers[index], oldReport.initContainerStatuses))
        }
        for index in 0..<regular {
            report.containerStatuses.append(
                containerStatus(
                    record, count + index, spec.fields.containers[index], oldReport.containerStatuses))
        }
        let hasInitialized = (count..<count + regular).contains {
            guard let instance = record.containers[$0].instance else { return false }
            return record.isSandboxReady && instance.sandbox == record.sandboxAttempt
        }
        status.phase = PodPhaseRules.phase(
            spec.fields, report.containerStatuses + report.initContainerStatuses, isTerminal: isTerminal,
            hasInitialized: hasInitialized)
        if !status.phase.isTerminal {
            if old.phase.isTerminal {
                status.phase = old.phase
            } else if pod.value.status.phase.isTerminal {
                status.phase = pod.value.status.phase
            }
        }
        if status.phase == old.phase {
            report.reason = oldReport.reason.isEmpty ? pod.value.status.reason : oldReport.reason
            report.message = oldReport.message.isEmpty ? pod.value.status.message : oldReport.message
        }
        if isPastDeadline(record, now) {
            status.phase = .failed
            report.reason = "DeadlineExceeded"
            report.message = "Pod was active on the node longer than the specified deadline"
        }
        if pod.value.status.phase.isTerminal { status.phase = pod.value.status.phase }

        for index in 0..<count { applyProbes(slot, index, &report.initContainerStatuses[index], now) }
        for index in 0..<regular { applyProbes(slot, count + index, &report.containerStatuses[index], now) }
        if regular > 1 { report.containerStatuses.sort { $0.name < $1.name } }
        status.conditions = conditions(
            record, report.initContainerStatuses + report.containerStatuses, status.phase, old)
        status.report = report
        return status
    }

    private func conditions(
        _ record: PodRecord, _ statuses: [ContainerStatus], _ phase: PodPhase, _ old: PodStatus
    ) -> [Condition] {
        let pod = record.pod
        let spec = pod.value.spec
        let generation = pod.value.metadata.generation
        var conditions = pod.value.status.conditions.filter { !PodConditions.isOwnedByKubelet($0.type) }
        if let target = old.conditions["DisruptionTarget"] { conditions["DisruptionTarget"] = target }
        func add(_ condition: consuming Condition) {
            condition.observedGeneration = generation
            conditions.append(condition)
        }
        add(Condition("PodReadyToStartContainers", record.needsSandbox ? .isFalse : .isTrue))
        add(PodConditions.initialized(spec.fields, before: old.conditions, statuses, phase))
        add(PodConditions.ready(spec.fields, conditions: conditions, statuses, phase))
        add(PodConditions.containersReady(spec.fields, statuses, phase))
        add(Condition("PodScheduled", .isTrue))
        return conditions
    }

    // MARK: One container

    private func containerStatus(
        _ record: PodRecord, _ index: Int, _ container: Container, _ old: [ContainerStatus]
    ) -> ContainerStatus {
        let before = old.first { $0.name == container.name }
        var status = ContainerStatus()
        status.name = container.name
        status.image = container.image
        let isInit = index < record.initCount
        let initial = record.initCount > 0 ? "PodInitializing" : "ContainerCreating"
        status.state = .waiting(reason: initial, message: "")
        if let before {
            if before.state?.termination != nil {
                status = before
                status.ready = false
            } else {
                status.restartCount = before.restartCount
                status.lastState = before.lastState
            }
        }
        let observed = record.containers[index].observed(at: record.listing)
        if let instance = record.containers[index].instance, observed != .missing {
            status = reported(record, index, container, instance, observed, before)
        } else if let before, before.state?.isRunning == true, status.lastState?.termination == nil {
            // The runtime has lost it.
            var end = ContainerState.Termination()
            end.reason = "ContainerStatusUnknown"
            end.message =
                "The container could not be located when the pod was deleted.  "
                + "The container used to be Running"
            end.exitCode = 137
            status.lastState = .terminated(end)
            if !record.pod.value.metadata.isBeingDeleted { status.restartCount += 1 }
        }
        if isInit {
            if record.hasSucceeded(index) { return status }
            if observed == .missing && !container.isSidecar && hasAnyRegular(record),
                case .waiting = status.state
            {
                var end = ContainerState.Termination()
                end.reason = "Completed"
                end.message =
                    "Unable to get init container status from container runtime and pod has been "
                    + "initialized, treat it as exited normally"
                status.state = .terminated(end)
                return status
            }
        }
        if record.shouldRestart(index),
            let failure = record.failures.first(where: { Int($0.container) == index })
        {
            if let state = status.state, state.termination != nil { status.lastState = state }
            status.state = .waiting(reason: failure.reason, message: failure.message)
        }
        return status
    }

    /// The status of a container that the runtime has.
    private func reported(
        _ record: PodRecord, _ index: Int, _ container: Container, _ instance: ContainerInstance,
        _ observed: ObservedContainer, _ before: ContainerStatus?
    ) -> ContainerStatus {
        var status = ContainerStatus()
        status.name = container.name
        let image = imageNames[container.image]
        status.image = image.canonical
        status.imageID = image.reference
        let runtime = (runtime(of: record) ?? nodeRuntime).scheme
        status.containerID = record.containerID(index, instance, runtime: runtime)
        status.restartCount = Int64(instance.attempt)
        if let before {
            status.restartCount = max(status.restartCount, before.restartCount)
            if before.containerID != status.containerID, let state = before.state, state.termination != nil {
                status.lastState = state
            } else if before.lastState?.termination != nil {
                status.lastState = before.lastState
            }
        }
        switch observed {
        case .running:
            status.state = .running(startedAt: Timestamp(instance.startedAt))
            if let before, before.state?.termination != nil, before.restartCount >= Int64(instance.attempt) {
                status.restartCount = before.restartCount + 1
            }
            if let started = before?.started { status.started = started }
        case .exited:
            var end = ContainerState.Termination()
            end.exitCode = Int64(instance.exitCode)
            end.reason = instance.exitReason.text
            end.startedAt = Timestamp(instance.startedAt)
            end.finishedAt = Timestamp(instance.exitAt)
            end.containerID = status.containerID
            status.state = .terminated(end)
        case .created, .missing:
            status.state = .waiting(reason: "", message: "")
        }
        return status
    }

    private func hasAnyRegular(_ record: PodRecord) -> Bool {
        record.spec.containers.indices.contains {
            record.containers[record.initCount + $0].observed(at: record.listing) != .missing
        }
    }

    // MARK: Probes' results

    /// Sets `started` and `ready` of one container.
    private func applyProbes(
        _ slot: Int32, _ index: Int, _ entry: inout ContainerStatus, _ now: VirtualTime
    ) {
        let record = pods[Int(slot)]
        let isInit = index < record.initCount
        let isRunning = entry.state?.isRunning == true
        let started = isRunning && isStarted(record, index, entry)
        entry.started = started
        if isInit && !record.container(index).isSidecar {
            if let end = entry.state?.termination, end.exitCode == 0 { entry.ready = true }
        } else if started {
            let result = record.probeResult(index, .readiness)
            var ready = result == .success
            if !ready {
                let worker = record.probes.firstIndex {
                    Int($0.container) == index && $0.kind == .readiness && !$0.isStopped
                }
                ready = worker == nil
                if let worker { triggerProbe(slot, worker, now) }
                // A container from before the kubelet's start keeps what was reported of it.
                if let instance = record.containers[index].instance,
                    instance.startedAt < machine.startedAt - .seconds(10)
                {
                    if !ready && result == nil { ready = true }
                    if record.container(index).readinessProbe != nil && !record.pod.value.isReady {
                        ready = false
                    }
                }
            }
            entry.ready = ready
        } else {
            entry.ready = false
        }
    }

    /// Upstream: `isContainerStarted`.
    private func isStarted(_ record: PodRecord, _ index: Int, _ entry: ContainerStatus) -> Bool {
        if let result = record.probeResult(index, .startup) { return result == .success }
        if entry.started == true { return true }
        return !record.probes.contains {
            Int($0.container) == index && $0.kind == .startup && !$0.isStopped
        }
    }

    /// Whether a readiness gate's condition has changed what Ready should be.
    func needsReadinessUpdate(_ record: PodRecord) -> Bool {
        let pod = record.pod.value
        guard !record.spec.readinessGates.isEmpty, let current = pod.status.conditions["Ready"] else {
            return false
        }
        let wanted = PodConditions.ready(
            record.spec, conditions: pod.status.conditions, pod.status.containerStatuses, pod.status.phase)
        return current.status != wanted.status || current.message != wanted.message
    }
}
