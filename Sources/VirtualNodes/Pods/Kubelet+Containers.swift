import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// The start of one container: image, environment, create, start, hook.
///
/// Upstream: `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `startContainer`;
/// `pkg/kubelet/images/image_manager.go`, `EnsureImageExists` (v1.36).
extension Kubelet {
    func beginStart(_ slot: Int32, _ container: Int, _ now: VirtualTime, _ out: inout Outbox) {
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

    func failImage(
        _ slot: Int32, _ container: Int, _ reason: String, _ message: String, _ now: VirtualTime,
        _ out: inout Outbox
    ) {
        podEvent(slot, .warning, "Failed", "Error: \(reason)", container: container, &out)
        fail(slot, reason: reason, message: message, now, &out)
    }

    // MARK: Create and start

    /// The environment is read: the runtime creates the container.
    func createContainer(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first else { return }
        let container = Int(first)
        let old = pods[index].containers[container].instance
        let attempt = old.map { $0.attempt + 1 } ?? pods[index].containers[container].nextAttempt
        let profile = runtime(of: pods[index]) ?? nodeRuntime
        let wait = profile.containerCreate.sample(streams(pods[index], container), "create", Int(attempt))
        pods[index].step = .creatingContainer
        arm(slot, at: now + wait)
    }

    func containerCreated(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first else { return }
        let container = Int(first)
        if let fault = diskFault(slot, container, now) {
            podEvent(slot, .warning, "Failed", "Error: \(fault.message)", container: container, &out)
            fail(slot, reason: fault.reason, message: fault.message, now, &out)
            return
        }
        let old = pods[index].containers[container].instance
        let attempt = old.map { $0.attempt + 1 } ?? pods[index].containers[container].nextAttempt
        if let old, old.startedAt != .never {
            pods[index].containers[container].previousExitAt = min(old.exitAt, now)
        }
        pods[index].containers[container].instance = ContainerInstance(
            attempt: attempt, sandbox: pods[index].sandboxAttempt)
        pods[index].hasChanged = true
        podEvent(slot, .normal, "Created", "Container created", container: container, &out)
        let profile = runtime(of: pods[index]) ?? nodeRuntime
        pods[index].step = .startingContainer
        let wait = profile.containerStart.sample(streams(pods[index], container), "start", Int(attempt))
        arm(slot, at: now + wait)
    }

    func containerStarted(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard let first = pods[index].startQueue.first,
            let created = pods[index].containers[Int(first)].instance
        else { return }
        let container = Int(first)
        let instance = started(
            pods[index], container, created, now, behavior(pods[index], container))
        pods[index].containers[container].instance = instance
        pods[index].failures.removeAll { Int($0.container) == container }
        podEvent(slot, .normal, "Started", "Container started", container: container, &out)
        if !beginUsage(slot, container, now, &out) { noticeChange(slot, at: instance.exitAt) }
        strikeByFailedDisks(slot, container, now, &out)
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
    func goOn(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        pods[Int(slot)].step = .idle
        pods[Int(slot)].startQueue.removeFirst()
        startNext(slot, now, &out)
    }

    func hookDone(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
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
        apply(plan, slot, from: now, now, &out)
        pods[index].step = .killingAfterHook
        arm(slot, at: plan.end)
    }

    func killedAfterHook(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
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

    /// How long a container reads data before it does anything else: the first one that is not for preparation.
    func readTime(_ record: PodRecord, _ container: Int) -> VirtualDuration {
        guard container == record.initCount, let readTime = settings.value.readTime else { return .zero }
        return readTime(record.pod.value.metadata, name)
    }

    /// Draws the whole course of one start, from the streams of the pod and container.
    func started(
        _ record: PodRecord, _ container: Int, _ created: ContainerInstance, _ now: VirtualTime,
        _ behavior: ContainerBehavior
    ) -> ContainerInstance {
        let streams = streams(record, container)
        let attempt = Int(created.attempt)
        var instance = created
        instance.startedAt = now
        let reading = readTime(record, container)
        instance.listensAt = now.advancedClamping(by: reading).advancedClamping(
            by: behavior.startupTime.sample(streams, "startup", attempt))
        instance.readyAt = instance.listensAt.advancedClamping(
            by: behavior.readinessDelay.sample(streams, "readiness", attempt))
        if let failure = behavior.livenessFailure {
            instance.failsAt = now.advancedClamping(by: failure.sample(streams, "liveness", attempt))
        }
        func end(
            after draw: Draw, _ name: String, _ code: Int32, _ reason: ExitReason, from start: VirtualTime
        ) {
            let time = start.advancedClamping(by: draw.sample(streams, name, attempt))
            guard time != .never, time <= instance.exitAt else { return }
            instance.exitAt = time
            instance.exitCode = code
            instance.exitReason = reason
        }
        func reason(_ code: Int32) -> ExitReason { code == 0 ? .completed : .error }
        if let runTime = behavior.runTime {
            end(
                after: runTime, "run-time", behavior.exitCode, reason(behavior.exitCode),
                from: now.advancedClamping(by: reading))
        }
        let crash = behavior.crashExitCode
        switch behavior.crashes {
        case .none: break
        case .runTimes(let times):
            if attempt < times.count { end(after: times[attempt], "crash", crash, reason(crash), from: now) }
        case .probability(let chance, let after):
            if streams.uniform("crash-chance", attempt) < chance {
                end(after: after, "crash", crash, reason(crash), from: now)
            }
        case .always(let after): end(after: after, "crash", crash, reason(crash), from: now)
        }
        if let after = behavior.outOfMemory {
            end(after: after, "out-of-memory", 137, .outOfMemory, from: now)
        }
        return instance
    }
}
