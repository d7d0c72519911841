import KubernetesModel
import SimulationKernel
import Stochastics

/// When each of several containers gets its signal and ends, computed at the moment the kill begins.
///
/// Containers are killed at once, each after its preStop hook. Sidecars wait until the regular containers and
/// the later sidecars have ended, or their grace period is used up. SIGKILL follows when the rest of the
/// grace period has passed since SIGTERM, which is two seconds at least. Upstream:
/// `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `killContainer`; `kuberuntime_termination_order.go`
/// (v1.36).
struct TerminationPlan {
    /// What chance decides about one container's end.
    struct Draws {
        /// Nil when SIGTERM is ignored.
        var stopTime: VirtualDuration?
        var stopExitCode: Int32
        var hookDuration: VirtualDuration
        var failsHooks: Bool
        /// From the end of the process to the runtime's answer.
        var answer: VirtualDuration
    }

    struct Kill {
        var container: Int
        var message: String
        /// When its preStop hook has failed; nil when it has not.
        var hookFailedAt: VirtualTime?
        var exitAt: VirtualTime
        var exitCode: Int32
        var exitReason: ExitReason
        /// When the kubelet knows.
        var end: VirtualTime
    }

    private(set) var kills: [Kill] = []
    /// When the last container has ended.
    private(set) var end: VirtualTime

    /// - Parameters:
    ///   - running: numbers of the containers, ascending.
    ///   - draws: one element for each of them.
    init(
        _ record: PodRecord, running: [Int], message: String?, probe: ProbeKind?, graceOverride: Int64?,
        now: VirtualTime, minimum: Int64, draws: [Draws]
    ) {
        end = now
        let hasOrder = running.count > 1 && record.spec.initContainers.contains(where: \.isSidecar)
        let initCount = record.initCount
        // Regular containers first, then sidecars from the last to the first: prerequisites are known.
        let order = running.indices.sorted {
            let (a, b) = (running[$0], running[$1])
            if (a < initCount) != (b < initCount) { return a >= initCount }
            return a < initCount ? a > b : a < b
        }
        var latest = VirtualTime.start
        for place in order {
            let container = running[place]
            let isSidecar = container < initCount && record.container(container).isSidecar
            let prerequisite = hasOrder && isSidecar ? latest : .start
            let kill = Self.kill(
                record, container, message, probe, graceOverride, now, minimum, draws[place], prerequisite)
            // A sidecar waits for all regular containers and for the sidecar after it.
            if container >= initCount || isSidecar { latest = max(latest, kill.end) }
            end = max(end, kill.end)
            kills.append(kill)
        }
        kills.sort { $0.container < $1.container }
    }

    private static func kill(
        _ record: PodRecord, _ container: Int, _ message: String?, _ probe: ProbeKind?,
        _ graceOverride: Int64?, _ now: VirtualTime, _ minimum: Int64, _ draws: Draws,
        _ prerequisite: VirtualTime
    ) -> Kill {
        let spec = record.container(container)
        var grace =
            graceOverride ?? record.pod.value.metadata.deletionGracePeriodSeconds
            ?? probe.flatMap { spec.probe($0)?.terminationGracePeriodSeconds }
            ?? record.spec.terminationGracePeriodSeconds
        var time = now
        var hookFailedAt: VirtualTime?
        if let hook = spec.lifecycle?.preStop, grace > 0 {
            let full = hook.sleep.map { VirtualDuration.limited(seconds: $0.seconds) } ?? draws.hookDuration
            let took = min(full, .limited(seconds: grace))
            let isOver = full <= .limited(seconds: grace)
            time += took
            if hook.sleep == nil && draws.failsHooks && isOver { hookFailedAt = time }
            grace -= took.wholeSeconds
        }
        if prerequisite > time && grace > 0 {
            let waited = min(prerequisite - time, .limited(seconds: grace))
            time += waited
            grace -= waited.wholeSeconds
        }
        grace = max(grace, minimum)

        let instance = record.containers[container].instance
        let ownEnd = instance?.exitAt ?? now
        var kill = Kill(
            container: container, message: message ?? "Stopping container \(spec.name)",
            hookFailedAt: hookFailedAt, exitAt: ownEnd, exitCode: instance?.exitCode ?? 0,
            exitReason: instance?.exitReason ?? .completed, end: now)
        let killAt = time + .limited(seconds: grace)
        var stopped = killAt
        var (code, reason) = (Int32(137), ExitReason.error)
        if let stopTime = draws.stopTime, stopTime < .limited(seconds: grace) {
            stopped = time + stopTime
            code = draws.stopExitCode
            reason = code == 0 ? .completed : .error
        }
        if stopped < ownEnd { (kill.exitAt, kill.exitCode, kill.exitReason) = (stopped, code, reason) }
        kill.end = max(time, kill.exitAt) + draws.answer
        return kill
    }
}
