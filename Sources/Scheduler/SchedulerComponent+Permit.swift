import ControlPlane
import KubernetesModel
import SimulationKernel

/// Pods that have a node and wait for others before they are bound.
///
/// Upstream: `pkg/scheduler/framework/runtime/waiting_pods_map.go`, `schedule_one.go`,
/// `handleBindingCycleError` (v1.36).
extension SchedulerComponent {
    /// A pod to reject from among the waiting ones, once that can be told.
    struct PermitRejection: Sendable {
        var uid: UID
        var plugin: String
        var message: String
    }

    func waitingPlugins(_ framework: Framework) -> [any WaitingPermitPlugin] {
        framework.permit.compactMap(\.asWaitingPermit)
    }

    /// Lets a pod that has just got its node wait, where a plugin says so, and then those go on that waited
    /// for it.
    ///
    /// - Returns: whether the pod waits.
    mutating func holdIfNeeded(_ uid: UID, _ out: inout Outbox) -> Bool {
        guard let binding = bindings[uid] else { return false }
        let pod = binding.pod.pod
        var wait: PermitWait?
        for plugin in waitingPlugins(binding.framework) {
            guard let own = plugin.permitWait(pod, cluster: cluster) else { continue }
            let timeout = min(own.timeout, PermitWait.longest, wait?.timeout ?? PermitWait.longest)
            let name = timeout == wait?.timeout ? "" : plugin.name
            if !name.isEmpty { permitPlugins[uid] = name }
            wait = PermitWait(timeout: timeout, cause: wait?.cause ?? own.cause)
        }
        guard let wait else {
            allowWaiting(&out)
            return false
        }
        bindings[uid]?.stage = .permit(since: now, deadline: now.advancedClamping(by: wait.timeout))
        waitingPermits.append(uid)
        out.note(
            JournalEntry(
                .scheduling, .pod, pod.key, reason: "WaitingOnPermit",
                message: "holds its place on \(binding.nodeName) for up to \(wait.timeout)", cause: wait.cause
            ))
        for plugin in waitingPlugins(binding.framework) {
            guard let gang = plugin.gang(of: pod) else { continue }
            for member in queuedMembers(of: gang) {
                queue.retry(member.pod.uid, label: "ForceActivate", at: now)
            }
        }
        return true
    }

    /// The members of a gang that are in the queue, in the order of their names.
    private func queuedMembers(of gang: ObjectKey) -> [QueuedPod] {
        cluster.gangs.members(of: gang).compactMap { queue[$0] }.sorted { $0.pod.key < $1.pod.key }
    }

    /// Has the pods tried again that were rejected for lack of members, when a member has come.
    mutating func retryGang(of pod: PodInfo) {
        guard let framework = configuration.profile(named: pod.podClass.schedulerName) else { return }
        for plugin in waitingPlugins(framework) {
            guard let gang = plugin.gang(of: pod) else { continue }
            for member in queuedMembers(of: gang) where member.unschedulablePlugins.contains(plugin.name) {
                queue.activate(member.pod.uid, at: now)
            }
            // The one that is being tried may be about to fail for lack of this member.
            if let uid = running?.pod.pod.uid, cluster.gangs.members(of: gang).contains(uid) {
                queue.activate(uid, at: now)
            }
        }
    }

    /// Binds the waiting pods that have nothing to wait for any more.
    mutating func allowWaiting(_ out: inout Outbox) {
        for uid in waitingPermits {
            guard let binding = bindings[uid],
                waitingPlugins(binding.framework).allSatisfy({
                    $0.permitWait(binding.pod.pod, cluster: cluster) == nil
                })
            else { continue }
            endWait(uid)
            bindings[uid]?.stage = .binding
            prepareBinding(binding.placed, &out)
        }
    }

    /// Rejects the waiting pods whose time is up.
    mutating func expirePermits(_ out: inout Outbox) {
        for uid in waitingPermits {
            guard let binding = bindings[uid], case .permit(let since, let deadline) = binding.stage,
                deadline <= now
            else { continue }
            let plugin = permitPlugins[uid] ?? ""
            rejectWaiting(
                PermitRejection(
                    uid: uid, plugin: plugin,
                    message: "rejected due to timeout after waiting \(deadline - since) at plugin \(plugin)"),
                &out)
        }
    }

    /// Rejects the waiting pods that were deleted.
    mutating func rejectRemoved(_ out: inout Outbox) {
        let removed = removedWaiting
        removedWaiting = []
        for uid in removed {
            rejectWaiting(PermitRejection(uid: uid, plugin: "", message: "removed"), &out)
        }
    }

    /// Rejects the waiting pods that are tied to one that fits nowhere, or was not bound after all.
    mutating func rejectTied(
        to pod: PodInfo, _ framework: Framework, message: String? = nil, _ out: inout Outbox
    ) {
        if waitingPermits.isEmpty { return }
        for plugin in waitingPlugins(framework) {
            guard let text = message ?? plugin.rejectionOfTied(after: pod, cluster: cluster) else { continue }
            for uid in waitingPermits {
                guard let gang = plugin.gang(of: pod), let other = bindings[uid]?.pod.pod,
                    plugin.gang(of: other) == gang
                else { continue }
                rejectWaiting(PermitRejection(uid: uid, plugin: plugin.name, message: text), &out)
            }
        }
    }

    private mutating func endWait(_ uid: UID) {
        waitingPermits.removeAll { $0 == uid }
        permitPlugins[uid] = nil
    }

    private mutating func rejectWaiting(_ rejection: PermitRejection, _ out: inout Outbox) {
        let uid = rejection.uid
        guard let binding = bindings[uid], case .permit = binding.stage else { return }
        bindings[uid] = nil
        endWait(uid)
        let pod = binding.pod.pod
        var state = binding.placed.state
        unreserve(pod, binding.framework, nodeNamed: binding.nodeName, state: &state)
        record(.bindingFailed, pod, attempt: binding.pod.attempts, rejection.message)
        var queued = binding.pod
        queued.unschedulablePlugins = rejection.plugin.isEmpty ? [] : [rejection.plugin]
        var diagnosis = Diagnosis()
        diagnosis.nodeCount = 1
        diagnosis.absentStatus = .unschedulable(rejection.message)
        handleFailure(
            queued, binding.framework, isRejected: true, message: diagnosis.message, nomination: "", &out)
        let placed = pod.value.with { $0.nodeName = binding.nodeName }
        // What a gang gives back is nothing that it did not have.
        let plugins = waitingPlugins(binding.framework)
        let gangs = plugins.compactMap { $0.gang(of: pod) }
        moveAfterDeletion(of: placed) { other in
            other.uid != uid
                && !plugins.contains { plugin in plugin.gang(of: other).map(gangs.contains) ?? false }
        }
        rejectTied(to: pod, binding.framework, message: "rejection in Unreserve", &out)
    }
}
