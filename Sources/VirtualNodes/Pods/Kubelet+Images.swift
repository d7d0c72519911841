import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// Image pulls and their back-off. Upstream: `pkg/kubelet/images/image_manager.go`, `pullImage` (v1.36).
extension Kubelet {
    func requestPull(
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
    func startPulls(_ now: VirtualTime, _ out: inout Outbox) {
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

    func armPulls() {
        pullVersion &+= 1
        alarms.set(.pulls(version: pullVersion), at: puller.nextChange)
    }

    func advancePulls(_ now: VirtualTime, _ out: inout Outbox) {
        for pull in puller.finished(at: now) { finishPull(pull, now, &out) }
        startPulls(now, &out)
        armPulls()
    }

    func finishPull(_ pull: ImagePuller.Pull, _ now: VirtualTime, _ out: inout Outbox) {
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
}
