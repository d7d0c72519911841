import KubernetesModel
import SimulationKernel

/// How long a Job waits before it replaces failed pods: 10 s after the first failure since a success, then
/// twice as long each time, up to 10 min.
///
/// Upstream: `pkg/controller/job/backoff_utils.go` (v1.36).
struct JobBackoff: Hashable, Sendable {
    static let initial = VirtualDuration.seconds(10)
    static let maximum = VirtualDuration.minutes(10)

    var failuresAfterLastSuccess: Int64
    var lastFailure: Timestamp?

    /// The record after more pods have ended.
    func counting(succeeded: [Pod], failed: [Pod]) -> JobBackoff {
        if succeeded.isEmpty && failed.isEmpty { return self }
        let failures = failed.map(\.finishTime).sorted()
        guard let success = succeeded.map(\.finishTime).max() else {
            return JobBackoff(
                failuresAfterLastSuccess: failuresAfterLastSuccess + Int64(failures.count),
                lastFailure: failures.last)
        }
        let later = failures.filter { $0 > success }
        return JobBackoff(failuresAfterLastSuccess: Int64(later.count), lastFailure: later.last)
    }

    /// The record as a transcript keeps it.
    var texts: [String] {
        [String(failuresAfterLastSuccess)] + (lastFailure.map { [String($0.seconds)] } ?? [])
    }

    init(failuresAfterLastSuccess: Int64 = 0, lastFailure: Timestamp? = nil) {
        self.failuresAfterLastSuccess = failuresAfterLastSuccess
        self.lastFailure = lastFailure
    }

    init(texts: [String]) {
        failuresAfterLastSuccess = texts.first.flatMap { Int64($0) } ?? 0
        lastFailure = texts.dropFirst().first.flatMap { Int64($0) }.map { Timestamp(seconds: $0) }
    }

    /// How long new pods must still wait.
    func remaining(at now: VirtualTime) -> VirtualDuration {
        Self.remaining(failures: failuresAfterLastSuccess, last: lastFailure, at: now)
    }

    /// How long the successor of an index' last failed pod must still wait.
    static func remaining(after pod: Pod?, at now: VirtualTime) -> VirtualDuration {
        guard let pod else { return .zero }
        return remaining(failures: pod.indexAbsoluteFailureCount + 1, last: pod.finishTime, at: now)
    }

    private static func remaining(failures: Int64, last: Timestamp?, at now: VirtualTime) -> VirtualDuration {
        guard failures > 0, let last else { return .zero }
        var delay = initial
        for _ in 1..<max(failures, 1) {
            delay = delay + delay
            if delay >= maximum {
                delay = maximum
                break
            }
        }
        let elapsed = now - last.time
        return delay < elapsed ? .zero : delay - elapsed
    }
}

extension Pod {
    /// When the pod ended: by its containers, else by its Ready condition, else by its deletion, else when it
    /// was made.
    var finishTime: Timestamp {
        if let time = containersFinishTime { return time }
        if let ready = status.conditions["Ready"], ready.status == .isFalse,
            let time = ready.lastTransitionTime
        {
            return time
        }
        if let deletion = metadata.deletionTimestamp {
            return Timestamp(seconds: deletion.seconds - (metadata.deletionGracePeriodSeconds ?? 0))
        }
        return metadata.creationTimestamp ?? Timestamp(seconds: 0)
    }

    /// When the last container and sidecar ended.
    private var containersFinishTime: Timestamp? {
        var latest: Timestamp?
        for container in status.containerStatuses {
            guard let time = container.state?.termination?.finishedAt else {
                latest = nil
                break
            }
            latest = max(latest ?? time, time)
        }
        let sidecars = spec.fields.initContainers.filter(\.isSidecar).map(\.name)
        for container in status.initContainerStatuses where sidecars.contains(container.name) {
            guard let time = container.state?.termination?.finishedAt else { return nil }
            latest = max(latest ?? time, time)
        }
        return latest
    }
}
