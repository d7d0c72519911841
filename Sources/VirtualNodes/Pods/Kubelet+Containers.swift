import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// The start of one container: image, environment, create, start, hook.
///
/// Upstream: `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `startContainer`;
/// `pkg/kubelet/images/image_manager.go`, `EnsureImageExists` (v1.36).
extension Kubelet {
    mutating func beginStart(_ slot: Int32, _ container: Int, _ now: VirtualTime, _ out: inout Outbox) {
        let spec = pods[Int(slot)].container(container)
        let isPresent = hasImage(spec.image)
        switch spec.imagePullPolicy {
        case .never where !isPresent:
            let message = "Container image \"\(spec.image)\" is not present with pull policy of Never"
            podEvent(slot, .warning, "ErrImageNeverPull", message, container: container, &out)
            failImage(slot, container, "ErrImageNeverPull", message, now, &out)
        case .never, .ifNotPresent:
            guard isPresent else {
                requestPull(slot, container, now, &out)
                return
            }
            podEvent(
                slot, .normal, "Pulled",
                "Container image \"\(spec.image)\" already present on machine and can be accessed by the pod",
                container: container, &out)
            readEnvironment(slot, container, now, &out)
        case .always: requestPull(slot, container, now, &out)
        }
    }

    func hasImage(_ image: String) -> Bool {
        let name = ImageName.canonical(image)
        return images.contains { $0.name == name }
    }

    private mutating func failImage(
        _ slot: Int32, _ container: Int, _ reason: String, _ message: String, _ now: VirtualTime,
        _ out: inout Outbox
    ) {
        podEvent(slot, .warning, "Failed", "Error: \(reason)", container: container, &out)
        fail(slot, reason: reason, message: message, now, &out)
    }

    // MARK: Pulling

    private mutating func requestPull(
        _ slot: Int32, _ container: Int, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        let image = pods[index].container(container).image
        if let backOff = pods[index].containers[container].imageBackOff,
            backOff.isActiveSinceUpdate(at: now, maximum: timing.imageBackOffMaximum)
        {
            var message = "Back-off pulling image \"\(image)\""
            podEvent(slot, .normal, "BackOff", message, container: container, &out)
            if let failure = settings.value.images.entry(for: image).failure {
                message += ": ErrImagePull: \(failure)"
            }
            failImage(slot, container, "ImagePullBackOff", message, now, &out)
            return
        }
        podEvent(slot, .normal, "Pulling", "Pulling image \"\(image)\"", container: container, &out)
        pods[index].step = .pulling
        pods[index].stepVersion &+= 1
        puller.enqueue(
            .init(slot: slot, generation: pods[index].generation, image: image, requestedAt: now))
    }

    /// Starts as many waiting pulls as the limit lets.
    mutating func startPulls(_ now: VirtualTime, _ out: inout Outbox) {
        var hasStarted = false
        while puller.canStart {
            var pull = puller.takeNext()
            let entry = settings.value.images.entry(for: pull.image)
            pull.startedAt = now
            pull.sizeBytes = entry.sizeBytes
            pull.failure = entry.failure
            var wait = settings.value.images.resolveTime.sample(nodeStreams, "image-pull", pullCount)
            pullCount += 1
            if !registryTokens.tryTake(at: now) {
                pull.failure = "pull QPS exceeded"
                wait = .zero
            }
            pull.transferFrom = now + wait
            // What is on the disk already is not fetched again.
            pull.remainingBytes = pull.failure == nil && !hasImage(pull.image) ? Double(entry.sizeBytes) : 0
            puller.start(pull, at: now)
            hasStarted = true
        }
        if hasStarted { armPulls() }
    }

    private mutating func armPulls() {
        pullVersion &+= 1
        alarms.set(.pulls(version: pullVersion), at: puller.nextChange)
    }

    mutating func advancePulls(_ now: VirtualTime, _ out: inout Outbox) {
        for pull in puller.finished(at: now) { finishPull(pull, now, &out) }
        startPulls(now, &out)
        armPulls()
    }

    private mutating func finishPull(_ pull: ImagePuller.Pull, _ now: VirtualTime, _ out: inout Outbox) {
        if pull.failure == nil && !hasImage(pull.image) {
            images.append(NodeImage(name: ImageName.canonical(pull.image), sizeBytes: pull.sizeBytes))
            scheduleNodeStatus(now)
        }
        guard isLive(pull.slot, pull.generation), pods[Int(pull.slot)].step == .pulling,
            let first = pods[Int(pull.slot)].startQueue.first
        else { return }
        let (slot, index, container) = (pull.slot, Int(pull.slot), Int(first))
        pods[index].step = .idle
        if let failure = pull.failure {
            podEvent(
                slot, .warning, "Failed", "Failed to pull image \"\(pull.image)\": \(failure)",
                container: container, &out)
            pods[index].containers[container].imageBackOff = BackOff.after(
                pods[index].containers[container].imageBackOff, event: now, at: now,
                initial: timing.imageBackOffInitial, maximum: timing.imageBackOffMaximum)
            failImage(slot, container, "ErrImagePull", failure, now, &out)
            return
        }
        func text(_ duration: VirtualDuration) -> String {
            "\(VirtualDuration.milliseconds(duration.nanoseconds / 1_000_000))"
        }
        podEvent(
            slot, .normal, "Pulled",
            "Successfully pulled image \"\(pull.image)\" in \(text(now - pull.startedAt)) "
                + "(\(text(now - pull.requestedAt)) including waiting). Image size: \(pull.sizeBytes) bytes.",
            container: container, &out)
        readEnvironment(slot, container, now, &out)
    }

    // MARK: Create and start

    /// The environment is read: the runtime creates the container.
    mutating func createContainer(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first else { return }
        let container = Int(first)
        let old = pods[index].containers[container].instance
        let attempt = old.map { $0.attempt + 1 } ?? pods[index].containers[container].nextAttempt
        let profile = runtime(of: pods[index]) ?? settings.value.runtime
        let wait = profile.containerCreate.sample(streams(pods[index], container), "create", Int(attempt))
        pods[index].step = .creatingContainer
        arm(slot, at: now + wait)
    }

    mutating func containerCreated(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first else { return }
        let container = Int(first)
        let old = pods[index].containers[container].instance
        let attempt = old.map { $0.attempt + 1 } ?? pods[index].containers[container].nextAttempt
        pods[index].containers[container].instance = ContainerInstance(
            attempt: attempt, sandbox: pods[index].sandboxAttempt)
        pods[index].hasChanged = true
        podEvent(slot, .normal, "Created", "Container created", container: container, &out)
        let profile = runtime(of: pods[index]) ?? settings.value.runtime
        pods[index].step = .startingContainer
        let wait = profile.containerStart.sample(streams(pods[index], container), "start", Int(attempt))
        arm(slot, at: now + wait)
    }

    mutating func containerStarted(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first,
            let created = pods[index].containers[Int(first)].instance
        else { return }
        let container = Int(first)
        let instance = started(pods[index], container, created, now)
        pods[index].containers[container].instance = instance
        pods[index].failures.removeAll { Int($0.container) == container }
        podEvent(slot, .normal, "Started", "Container started", container: container, &out)
        noticeChange(slot, at: instance.exitAt)
        let spec = pods[index].container(container)
        guard let hook = spec.lifecycle?.postStart else {
            goOn(slot, now, &out)
            return
        }
        let behavior = behavior(pods[index], container)
        let duration =
            hook.sleep.map { VirtualDuration.limited(seconds: $0.seconds) }
            ?? behavior.hookDuration.sample(
                streams(pods[index], container), "post-start", Int(instance.attempt))
        pods[index].step = .postStart
        arm(slot, at: now + duration)
    }

    /// The container runs, and its hook is done: on to the next.
    private mutating func goOn(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        pods[Int(slot)].step = .idle
        pods[Int(slot)].startQueue.removeFirst()
        startNext(slot, now, &out)
    }

    mutating func hookDone(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first else { return }
        let container = Int(first)
        let hook = pods[index].container(container).lifecycle?.postStart
        guard hook?.sleep == nil, behavior(pods[index], container).failsHooks else {
            goOn(slot, now, &out)
            return
        }
        podEvent(slot, .warning, "FailedPostStartHook", "PostStartHook failed", container: container, &out)
        let plan = TerminationPlan(
            pods[index], running: [container], message: "FailedPostStartHook", probe: nil, graceOverride: nil,
            now: now, minimum: timing.minimumGraceSeconds, draws: stopDraws(pods[index], [container]))
        apply(plan, slot, now, &out)
        pods[index].step = .killingAfterHook
        arm(slot, at: plan.end)
    }

    mutating func killedAfterHook(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first else { return }
        let container = pods[index].container(Int(first))
        let hook = container.lifecycle?.postStart
        let target = "for Container \"\(container.name)\" in Pod \"\(pods[index].description)\" failed"
        let message: String
        if let http = hook?.httpGet {
            message =
                "HTTP lifecycle hook (\(http["path"]?.stringValue ?? "")) \(target) - error: "
                + "HTTP probe failed with statuscode: 500"
        } else {
            let command =
                hook?.exec?["command"]?.arrayValue?.compactMap(\.stringValue).joined(separator: " ") ?? ""
            message =
                "Exec lifecycle hook ([\(command)]) \(target) - error: "
                + "command '\(command)' exited with 1: , message: \"\""
        }
        fail(slot, reason: "PostStartHookError", message: message, now, &out)
    }

    // MARK: What the container will do

    func behavior(_ record: PodRecord, _ container: Int) -> ContainerBehavior {
        settings.value.behaviors.behavior(
            of: record.container(container), isInit: container < record.initCount,
            in: record.pod.value.metadata)
    }

    /// Draws the whole course of one start, from the streams of the pod and container.
    private func started(
        _ record: PodRecord, _ container: Int, _ created: ContainerInstance, _ now: VirtualTime
    ) -> ContainerInstance {
        let behavior = behavior(record, container)
        let streams = streams(record, container)
        let attempt = Int(created.attempt)
        var instance = created
        instance.startedAt = now
        instance.listensAt = now.advancedClamping(
            by: behavior.startupTime.sample(streams, "startup", attempt))
        instance.readyAt = instance.listensAt.advancedClamping(
            by: behavior.readinessDelay.sample(streams, "readiness", attempt))
        if let failure = behavior.livenessFailure {
            instance.failsAt = now.advancedClamping(by: failure.sample(streams, "liveness", attempt))
        }
        func end(after draw: Draw, _ name: String, _ code: Int32, _ reason: ExitReason) {
            let time = now.advancedClamping(by: draw.sample(streams, name, attempt))
            guard time != .never, time <= instance.exitAt else { return }
            instance.exitAt = time
            instance.exitCode = code
            instance.exitReason = reason
        }
        func reason(_ code: Int32) -> ExitReason { code == 0 ? .completed : .error }
        if let runTime = behavior.runTime {
            end(after: runTime, "run-time", behavior.exitCode, reason(behavior.exitCode))
        }
        let crash = behavior.crashExitCode
        switch behavior.crashes {
        case .none: break
        case .runTimes(let times):
            if attempt < times.count { end(after: times[attempt], "crash", crash, reason(crash)) }
        case .probability(let chance, let after):
            if streams.uniform("crash-chance", attempt) < chance {
                end(after: after, "crash", crash, reason(crash))
            }
        case .always(let after): end(after: after, "crash", crash, reason(crash))
        }
        if let after = behavior.outOfMemory { end(after: after, "out-of-memory", 137, .outOfMemory) }
        return instance
    }
}
