import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// A pod and the node that was chosen for it, from the end of its scheduling cycle to the end of its binding.
///
/// It never changes: one reference is passed on where its parts hold a dozen.
final class PlacedPod {
    let pod: QueuedPod
    let framework: Framework
    let node: NodeIndex
    let nodeName: String
    let state: CycleState

    init(
        _ pod: consuming QueuedPod, _ framework: Framework, on node: NodeIndex, named nodeName: String,
        _ state: CycleState
    ) {
        self.pod = pod
        self.framework = framework
        self.node = node
        self.nodeName = nodeName
        self.state = state
    }
}

/// A pod with a node on its way to being bound: what must be written before, then the binding itself.
struct BindingCycle {
    enum Stage {
        /// Waiting for other pods to get a node.
        case permit(since: VirtualTime, deadline: VirtualTime)
        /// Objects that are still to be written, the first one under way.
        case writing([APIObject])
        /// Waiting for what was written to have its effect.
        case waiting(since: VirtualTime, deadline: VirtualTime, resume: VirtualTime)
        case binding
    }

    let placed: PlacedPod
    var stage: Stage

    var pod: QueuedPod { placed.pod }
    var framework: Framework { placed.framework }
    var nodeName: String { placed.nodeName }

    var nextWake: VirtualTime {
        switch stage {
        case .waiting(_, let deadline, let resume): return min(deadline, resume)
        case .permit(_, let deadline): return deadline
        default: return .never
        }
    }
}

/// The binding cycle.
///
/// Upstream: `pkg/scheduler/schedule_one.go`, `bindingCycle`, `handleBindingCycleError` (v1.36).
extension SchedulerComponent {
    /// How often upstream looks whether claims have been bound.
    static let volumePollPeriod = VirtualDuration.seconds(1)

    mutating func startBinding(_ placed: PlacedPod, _ out: inout Outbox) {
        if !placed.framework.permit.isEmpty {
            let uid = placed.pod.pod.uid
            bindings[uid] = BindingCycle(placed: placed, stage: .binding)
            if holdIfNeeded(uid, &out) { return }
        }
        prepareBinding(placed, &out)
    }

    /// Goes on with a pod that may be bound. From here on it cannot become unschedulable any more.
    mutating func prepareBinding(_ placed: PlacedPod, _ out: inout Outbox) {
        let pod = placed.pod.pod
        let uid = pod.uid
        queue.done(uid)
        var writes: [APIObject] = []
        // After a wait the node may not be where it was.
        let isSettled = placed.framework.permit.isEmpty
        if let node = isSettled ? placed.node : cluster.nodes.row(named: placed.nodeName) {
            for plugin in placed.framework.preBind {
                writes += plugin.preBindWrites(pod, on: node, cluster: cluster, state: placed.state)
            }
        }
        guard let first = writes.first else {
            bind(placed, &out)
            return
        }
        bindings[uid] = BindingCycle(placed: placed, stage: .writing(writes))
        record(
            .preBinding, pod, attempt: placed.pod.attempts,
            "writes " + writes.map { "\($0.kind.name) \($0.metadata.name)" }.joined(separator: ", "))
        // The pod shows where it is going while this takes its time.
        if pod.value.status.nominatedNodeName != placed.nodeName {
            out.call(
                .patch(
                    .pod, pod.key, .podConditions([], nominatedNodeName: placed.nodeName), uid: pod.uid))
        }
        call(.update(first), .preBindWrite(pod.uid), &out)
    }

    mutating func finishWrite(_ uid: UID, _ result: APIResult, _ out: inout Outbox) {
        guard let binding = bindings[uid], case .writing(var writes) = binding.stage else { return }
        if case .failure(let error) = result {
            let message = "running PreBind plugin \"\(VolumeBinding.name)\": \(error.message)"
            failBinding(binding.placed, message, &out)
            return
        }
        writes.removeFirst()
        if let next = writes.first {
            bindings[uid]?.stage = .writing(writes)
            call(.update(next), .preBindWrite(uid), &out)
            return
        }
        let timeout = binding.framework.preBind.map(\.preBindTimeout).max() ?? .zero
        bindings[uid]?.stage = .waiting(
            since: now, deadline: now.advancedClamping(by: timeout), resume: now + Self.volumePollPeriod)
        waitingBindings.append(uid)
    }

    /// Lets waiting bindings look at their objects again at their next poll, after the cache has changed.
    mutating func checkBindings() {
        for uid in waitingBindings {
            guard let binding = bindings[uid],
                case .waiting(let since, let deadline, let resume) = binding.stage, resume == .never
            else { continue }
            if case .waiting = progress(of: binding) { continue }
            bindings[uid]?.stage = .waiting(
                since: since, deadline: deadline,
                resume: now.roundedUp(toPeriod: Self.volumePollPeriod, phase: since))
        }
    }

    /// Goes on with the bindings whose poll, or deadline, has come.
    mutating func resumeBindings(_ out: inout Outbox) {
        for uid in waitingBindings {
            guard let binding = bindings[uid],
                case .waiting(let since, let deadline, let resume) = binding.stage,
                min(deadline, resume) <= now
            else { continue }
            switch progress(of: binding) {
            case .done:
                bindings[uid]?.stage = .binding
                waitingBindings.removeAll { $0 == uid }
                bind(binding.placed, &out)
            case .failed(let message):
                let message = "running PreBind plugin \"\(VolumeBinding.name)\": \(message)"
                failBinding(binding.placed, message, &out)
            case .waiting:
                if deadline <= now {
                    let message = "binding volumes: context deadline exceeded"
                    failBinding(
                        binding.placed, "running PreBind plugin \"\(VolumeBinding.name)\": \(message)", &out)
                } else {
                    bindings[uid]?.stage = .waiting(since: since, deadline: deadline, resume: .never)
                }
            }
        }
    }

    private func progress(of binding: BindingCycle) -> PreBindProgress {
        for plugin in binding.framework.preBind {
            let progress = plugin.preBindProgress(
                binding.pod.pod, onNodeNamed: binding.nodeName, cluster: cluster, state: binding.placed.state)
            if case .done = progress { continue }
            return progress
        }
        return .done
    }

    private mutating func bind(_ placed: PlacedPod, _ out: inout Outbox) {
        let pod = placed.pod.pod
        guard placed.framework.bind.contains(where: { $0.binds(pod, toNodeNamed: placed.nodeName) }) else {
            failBinding(placed, "no bind plugin took the pod", &out)
            return
        }
        // The first extender that binds does it; what it would ask of the API server is asked for it.
        let binder = placed.framework.extenders.first {
            !$0.configuration.bindVerb.isEmpty && $0.configuration.isInterested(in: pod.spec)
        }
        if let binder, let failure = binder.bind(pod, toNodeNamed: placed.nodeName),
            !binder.configuration.isIgnorable
        {
            failBinding(placed, failure.message, &out)
            return
        }
        var annotations = StringMap()
        if pod.podClass.gpu != nil, let gpus = cluster.gpus(of: pod.uid) {
            annotations[GPURequest.indexAnnotation] = gpus.description
        }
        call(
            .bind(pod: pod.key, uid: pod.uid, node: placed.nodeName, annotations: annotations),
            .bind(placed), &out)
    }

    mutating func finishBind(_ placed: PlacedPod, _ result: APIResult, _ out: inout Outbox) {
        if case .failure(let error) = result {
            let plugin = placed.framework.bind.first {
                $0.binds(placed.pod.pod, toNodeNamed: placed.nodeName)
            }
            failBinding(placed, "running Bind plugin \"\(plugin?.name ?? "")\": \(error.message)", &out)
            return
        }
        if !bindings.isEmpty { bindings[placed.pod.pod.uid] = nil }
        let pod = placed.pod.pod
        let text = String(
            joining: "Successfully assigned ", pod.namespace, "/", pod.pod.value.metadata.name, " to ",
            placed.nodeName)
        record(.bound, pod, attempt: placed.pod.attempts, text)
        report(pod, placed.framework, .normal, "Scheduled", text, &out)
        for plugin in placed.framework.postBind { plugin.postBind(pod, toNodeNamed: placed.nodeName) }
    }

    /// Takes the pod off its node again, and puts it back into the queue.
    private mutating func failBinding(_ placed: PlacedPod, _ message: String, _ out: inout Outbox) {
        let pod = placed.pod.pod
        bindings[pod.uid] = nil
        waitingBindings.removeAll { $0 == pod.uid }
        var state = placed.state
        unreserve(pod, placed.framework, nodeNamed: placed.nodeName, state: &state)
        record(.bindingFailed, pod, attempt: placed.pod.attempts, message)
        moveAfterDeletion(of: pod.value.with { $0.nodeName = placed.nodeName })
        var queued = placed.pod
        queued.unschedulablePlugins = []
        handleFailure(
            queued, placed.framework, isRejected: false, message: message, nomination: "", &out)
        rejectTied(to: pod, placed.framework, message: "rejection in Unreserve", &out)
    }
}
