import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// Pod workers: one piece of work at a time for each pod. Upstream: `pkg/kubelet/pod_workers.go` (v1.36).
extension Kubelet {
    /// Has the worker look at the pod, at once or after its present work.
    func requestSync(_ slot: Int32) {
        let index = Int(slot)
        guard pods[index].work != .none, pods[index].work != .finished else { return }
        pods[index].isPending = true
        guard pods[index].step == .idle, !pods[index].isQueued else { return }
        pods[index].isQueued = true
        ready.append(slot)
    }

    /// Lets every worker that has something to do begin.
    func drain(_ now: VirtualTime, _ out: inout Outbox) {
        var next = 0
        while next < ready.count {
            let slot = ready[next]
            next += 1
            let index = Int(slot)
            guard pods[index].isQueued, pods[index].generation != 0 else { continue }
            pods[index].isQueued = false
            guard pods[index].isPending, pods[index].step == .idle else { continue }
            startWork(slot, now, &out)
        }
        ready.removeAll(keepingCapacity: true)
        pumpStatuses(now, &out)
        startPulls(now, &out)
    }

    /// Begins the next piece of work, as soon as a listing of the runtime is newer than the last one.
    private func startWork(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        // Syncs wait while the runtime or the network is not ready: upstream would report each attempt.
        guard isRuntimeReady else { return }
        let last = pods[index].lastSync
        if last != .never && !pods[index].isFresh && lastListing(now) <= last {
            pods[index].step = .listing
            arm(slot, at: tick(timing.relistPeriod, after: max(now, last)))
            return
        }
        pods[index].isPending = false
        pods[index].listing = pods[index].isFresh ? max(lastListing(now), last) : lastListing(now)
        if last == .never { pods[index].listing = now }
        pods[index].isFresh = false
        pods[index].hasResults = false
        pods[index].hasError = false
        pods[index].retryAt = .never
        switch pods[index].work {
        case .sync: beginSync(slot, now, &out)
        case .terminating: beginTerminating(slot, now, &out)
        case .terminated: beginTerminated(slot, now, &out)
        case .none, .finished: break
        }
    }

    /// The present step is over.
    func advance(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        switch pods[Int(slot)].step {
        case .idle: break
        case .listing:
            pods[Int(slot)].step = .idle
            startWork(slot, now, &out)
        case .volumes: pollVolumes(slot, now, &out)
        case .killing: killed(slot, now, &out)
        case .creatingSandbox: sandboxCreated(slot, now, &out)
        case .environment, .pulling: break  // Ended by answers and by the puller.
        case .creatingContainer: containerCreated(slot, now, &out)
        case .startingContainer: containerStarted(slot, now, &out)
        case .postStart: hookDone(slot, now, &out)
        case .killingAfterHook: killedAfterHook(slot, now, &out)
        case .terminating: containersTerminated(slot, now, &out)
        case .stoppingSandbox: podTerminated(slot, now, &out)
        case .unmounting: pollUnmount(slot, now, &out)
        }
    }

    /// Arms the alarm that ends the present step.
    func arm(_ slot: Int32, at time: VirtualTime) {
        let index = Int(slot)
        pods[index].stepVersion &+= 1
        alarms.set(
            .step(slot: slot, generation: pods[index].generation, version: pods[index].stepVersion), at: time)
    }

    /// Ends the present work and says when the worker looks again (`completeWork`).
    ///
    /// A sync without an error is followed by another one a minute later; as long as nothing has changed that
    /// one would do nothing, so it is left out.
    func completeWork(_ slot: Int32, _ now: VirtualTime, hasError: Bool) {
        let index = Int(slot)
        pods[index].step = .idle
        pods[index].stepVersion &+= 1
        pods[index].lastSync = now
        pods[index].retryVersion &+= 1
        if hasError {
            var wait = timing.syncBackOff
            if pods[index].retryAt != .never { wait = pods[index].retryAt - now }
            wait = max(.zero, min(wait, timing.syncFrequency))
            let chance = streams(pods[index]).uniform("sync-back-off", Int(pods[index].retries))
            pods[index].retries += 1
            let jitter = VirtualDuration(
                fractionalSeconds: wait.fractionalSeconds * timing.syncBackOffJitter * chance)
            alarms.set(
                .retry(
                    slot: slot, generation: pods[index].generation, version: pods[index].retryVersion),
                at: tick(timing.syncTick, from: now + wait + jitter))
        }
        if pods[index].isPending { requestSync(slot) }
    }

    /// Ends a sync: keeps what could not be started, lists the pod at once where all went well.
    func finishSync(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        pods[index].startQueue = []
        let hasError = pods[index].hasError
        if !hasError && pods[index].hasResults {
            // The listing shows the change, which is a reason to sync again.
            pods[index].isFresh = true
            pods[index].hasChanged = false
            pods[index].isPending = true
        } else if pods[index].hasChanged {
            noticeChange(slot, at: tick(timing.relistPeriod, after: now))
        }
        completeWork(slot, now, hasError: hasError)
    }

    /// Ends a sync that waited for volumes, without a result.
    func abortSync(_ slot: Int32, _ now: VirtualTime) {
        pods[Int(slot)].step = .idle
        pods[Int(slot)].lastSync = now
        pods[Int(slot)].stepVersion &+= 1
        // Upstream's worker goes on at once: its cache is newer than a sync that took time.
        pods[Int(slot)].isFresh = true
    }

    /// A listing of the runtime at which something of the pod was to change: alarms of ends that a kill has
    /// brought forward find nothing.
    func listed(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        let since = now - timing.relistPeriod
        let hasEnded = pods[index].containers.contains {
            guard let instance = $0.instance else { return false }
            return instance.exitAt <= now && instance.exitAt > since
        }
        guard hasEnded || pods[index].hasChanged else { return }
        pods[index].hasChanged = false
        requestSync(slot)
    }

    /// The listing at or after `time` will show a change of the pod.
    func noticeChange(_ slot: Int32, at time: VirtualTime) {
        guard time != .never else { return }
        alarms.set(
            .listing(slot: slot, generation: pods[Int(slot)].generation), at: listingTick(from: time))
    }
}
