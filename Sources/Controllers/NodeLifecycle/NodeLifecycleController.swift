public import ControlPlane
import KubernetesModel
public import SimulationKernel

/// Watches over the nodes: says Unknown for those that fell silent, taints them, and marks their pods not
/// ready.
///
/// Upstream looks at every node every five seconds and at the taint queues ten times a second. Here only
/// those passes are run at which something changes: the moment is computed when the last sign of life is
/// seen, so that healthy nodes cost nothing. Three loops share the state, each with a queue:
///
/// - 0: NoSchedule taints and labels of a node, after each of its changes;
/// - 1: pods that were bound to a node that is not ready;
/// - 2: the pass of the health monitor (key `monitor`);
/// - 3: the pass that adds NoExecute taints, limited by zone (key `taints`).
///
/// A typed taint patch stands for upstream's read and patch of a node. A node is silent for the grace period
/// at the pass that comes exactly then: upstream's comparison is strict, but its passes come a little later
/// than the period each. Upstream: `pkg/controller/nodelifecycle/node_lifecycle_controller.go` (v1.36).
public struct NodeLifecycleController: Controller {
    public static let name = "node-controller"

    /// What is waited for during a pass.
    public enum Continuation: Sendable {
        case statusesWritten
        case statusesReread
        case podsMarked
        case taintsRemoved
        case nodesTainted
    }

    enum Queue {
        static let nodes: UInt8 = 0
        static let pods: UInt8 = 1
        static let monitor: UInt8 = 2
        static let taints: UInt8 = 3
    }
    static let monitorKey = ObjectKey(name: "monitor")
    static let taintsKey = ObjectKey(name: "taints")
    static let leaseNamespace = "kube-node-lease"
    static let exclusionLabel = "node.kubernetes.io/exclude-disruption"

    public let options: NodeLifecycleOptions
    var clock: PassClock
    /// The moment from which the tainting loop counts its passes.
    var taintingPhase = VirtualTime.start
    /// The identities of the nodes that were announced, by name.
    var known: [String: UID] = [:]
    var health: [String: NodeHealth] = [:]
    /// Nodes at which the next pass has to look.
    var dirty: Set<String> = []
    /// Nodes that will fall silent unless they show a sign of life.
    var silent: Set<String> = []
    var zoneStates: [String: ZoneState] = [:]
    var taintQueues: [String: ZoneTaintQueue] = [:]
    /// How many nodes of a zone are ready and how many not.
    var zoneCounts: [String: (ready: Int, notReady: Int)] = [:]
    /// Nodes whose sign of life will be noticed by the pass after the running one.
    var unresolvedProbes: Set<String> = []
    /// The pass that is running.
    var pass: MonitorPass?
    /// The NoExecute taints whose writing is under way.
    var tainting: [(zone: String, item: ZoneTaintQueue.Item, calls: Int)] = []

    public init(options: NodeLifecycleOptions = NodeLifecycleOptions()) {
        self.options = options
        clock = PassClock(period: options.monitorPeriod, start: .start)
    }

    /// Upstream's numbers: 8 workers for nodes, 4 for pods, and a loop each for the rest.
    public var workers: [Int] { [8, 4, 1, 1] }

    // MARK: Watch events

    public mutating func start(view: ObjectCache, now: VirtualTime, queue: inout Enqueuer) {
        clock = PassClock(period: options.monitorPeriod, start: now)
        taintingPhase = now
        for node in view.list(Node.self) {
            dirty.insert(node.value.metadata.name)
            if needsNodePass(node.value) { queue.add(node.value.key, queue: Queue.nodes) }
        }
        arm(after: .zero, &queue)
    }

    public mutating func observe(
        _ change: CacheChange, view: ObjectCache, now: VirtualTime, queue: inout Enqueuer
    ) {
        switch change.object {
        case .node(let node):
            observe(node.value, kind: change.kind, old: change.old?.node?.value, now: now, &queue)
        case .lease(let lease) where lease.value.metadata.namespace == Self.leaseNamespace:
            let name = lease.value.metadata.name
            guard health[name] != nil else { return }
            if change.kind == .deleted {
                health[name]?.isRenewing = false
            } else {
                noteLease(lease.value, now: now)
            }
            watchSilence(name, view: view)
            armExpiry(of: name, view: view, now: now, &queue)
        case .pod(let pod):
            guard change.kind != .deleted, !pod.value.nodeName.isEmpty,
                change.old?.pod?.value.nodeName != pod.value.nodeName,
                let ready = health[pod.value.nodeName]?.ready, ready != .isTrue
            else { return }
            queue.add(pod.value.key, queue: Queue.pods)
        default: break
        }
    }

    private mutating func observe(
        _ node: Node, kind: WatchEvent.Kind, old: Node?, now: VirtualTime, _ queue: inout Enqueuer
    ) {
        let name = node.metadata.name
        if kind == .deleted {
            health[name]?.retriesPods = false
            silent.remove(name)
            dirty.insert(name)
            armPass(now: now, &queue)
            return
        }
        if needsNodePass(node) { queue.add(node.key, queue: Queue.nodes) }
        let ready = node.status.conditions["Ready"]
        if known[name] == nil || health[name] == nil || hasChanged(node, ready) || needsEviction(node, ready)
        {
            dirty.insert(name)
        }
        if let ready, let before = health[name], before.ready != nil,
            before.heartbeat != ready.lastHeartbeatTime
        {
            health[name]?.heartbeat = ready.lastHeartbeatTime
            setProbe(name, clock.firstPass(atOrAfter: now).map { $0 + leaseRecount(before) })
        }
        if dirty.contains(name) {
            armPass(now: now, &queue)
        } else if silent.contains(name) {
            armMoment(expiry(name, hasStatus: ready != nil), now: now, &queue)
        }
    }

    /// Whether the monitor would see anything but a newer heartbeat.
    private func hasChanged(_ node: Node, _ ready: Condition?) -> Bool {
        guard let health = health[node.metadata.name] else { return true }
        if health.ready != ready?.status { return true }
        let isExcluded = node.metadata.labels.contains(Self.exclusionLabel)
        guard let counted = health.counted else { return !isExcluded }
        return isExcluded || counted.zone != NodeTaints.zone(of: node)
            || counted.isReady != (ready?.status == .isTrue)
    }

    private func needsNodePass(_ node: Node) -> Bool {
        let changes = NodeTaints.noScheduleChanges(node)
        return !changes.adding.isEmpty || !changes.removing.isEmpty
            || !NodeTaints.labelChanges(node.metadata.labels).isEmpty
    }

    // MARK: Work

    public mutating func reconcile(
        _ key: WorkKey, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        switch key.queue {
        case Queue.nodes: return nodePass(key.key, view: view, now: now)
        case Queue.pods: return podPass(key.key, view: view, now: now)
        case Queue.monitor: return monitor(view: view, now: now)
        default: return taintingPass(view: view, now: now)
        }
    }

    public mutating func resume(
        _ continuation: Continuation, key: WorkKey, outcomes: [CallOutcome], view: ObjectCache,
        now: VirtualTime
    ) -> Plan<Continuation> {
        switch continuation {
        case .statusesWritten: return statusesWritten(outcomes, view: view, now: now)
        case .statusesReread: return statusesReread(outcomes, view: view, now: now)
        case .podsMarked: return podsMarked(outcomes, view: view, now: now)
        case .taintsRemoved: return taintsRemoved(outcomes, view: view, now: now)
        case .nodesTainted: return nodesTainted(outcomes, now: now)
        }
    }

    /// The moment a status is stored its node stands in the taint queue, while the pass still marks pods;
    /// events about pods follow the answers.
    public mutating func completed(
        _ outcome: CallOutcome, key: WorkKey, now: VirtualTime, queue: inout Enqueuer,
        events: inout [EventRecord]
    ) {
        guard case .updateStatus(let object) = outcome.request else { return }
        switch object {
        case .node where outcome.error == nil:
            queue.add(Self.taintsKey, queue: Queue.taints, after: nextTaintingPass(after: now) - now)
        case .pod(let pod):
            if case .skipped = outcome.result { return }
            if outcome.error?.reason != .notFound { events.append(Self.notReadyEvent(pod.value)) }
        default: break
        }
    }

    /// Brings a node's NoSchedule taints and labels in line with its conditions.
    private func nodePass(_ key: ObjectKey, view: ObjectCache, now: VirtualTime) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let node = view.get(Node.self, key)?.value else { return plan }
        let changes = NodeTaints.noScheduleChanges(node)
        if !changes.adding.isEmpty {
            plan.call(
                .patch(
                    .node, key,
                    .nodeTaints(
                        adding: changes.adding.map { taint in
                            var taint = taint
                            taint.timeAdded = Timestamp(now)
                            return taint
                        }, removing: []), uid: nil), tolerating: .notFound)
            for taint in changes.adding {
                plan.note(
                    JournalEntry(
                        .node, .node, key, reason: "NodeTainted",
                        message: "tainted \(taint.key):NoSchedule, so that no new pods come",
                        cause: Self.cause(of: taint, node)))
            }
        }
        if !changes.removing.isEmpty {
            plan.call(
                .patch(.node, key, .nodeTaints(adding: [], removing: changes.removing), uid: nil),
                tolerating: .notFound)
            for taint in changes.removing {
                plan.note(
                    JournalEntry(
                        .node, .node, key, reason: "NodeUntainted",
                        message: "taint \(taint.key):NoSchedule removed",
                        cause: taint.key == WellKnown.unschedulableTaint
                            ? "the node was uncordoned" : "no condition of the node asks for it any more"))
            }
        }
        let labels = NodeTaints.labelChanges(node.metadata.labels)
        if !labels.isEmpty {
            plan.call(
                .patch(.node, key, .metadata(labels: labels, annotations: [:]), uid: nil),
                tolerating: .notFound)
        }
        return plan
    }

    private static func cause(of taint: Taint, _ node: Node) -> String {
        if taint.key == WellKnown.unschedulableTaint { return "spec.unschedulable is true" }
        let condition = node.status.conditions.first { NodeTaints.key(of: $0) == taint.key }
        guard let condition else { return "" }
        return "condition \(condition.type) is \(condition.status.rawValue)"
            + (condition.reason.isEmpty ? "" : " (\(condition.reason))")
    }

    /// Marks a pod not ready that was bound to a node after the node had failed.
    private func podPass(_ key: ObjectKey, view: ObjectCache, now: VirtualTime) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard let pod = view.get(Pod.self, key)?.value, let ready = health[pod.nodeName]?.ready,
            ready != .isTrue, view.get(Node.self, ObjectKey(name: pod.nodeName)) != nil,
            let marked = Self.notReady(pod, at: now)
        else { return plan }
        plan.call(.updateStatus(APIObject(marked)), tolerating: .notFound)
        return plan
    }

    /// The pod with its Ready condition false; nil when there is nothing to change.
    static func notReady(_ pod: Pod, at now: VirtualTime) -> Pod? {
        guard var condition = pod.status.conditions["Ready"], condition.status != .isFalse else { return nil }
        condition.status = .isFalse
        condition.lastTransitionTime = Timestamp(now)
        return pod.with { $0.status.conditions["Ready"] = condition }
    }

    static func notReadyEvent(_ pod: Pod) -> EventRecord {
        EventRecord(
            kind: .pod, key: pod.key, uid: pod.uid, .warning, reason: "NodeNotReady",
            message: "Node is not ready", component: name)
    }

    // MARK: Timers

    /// Queues the next pass of the monitor, and the tainting pass after it.
    mutating func armPass(now: VirtualTime, _ queue: inout Enqueuer) {
        guard let next = clock.firstPass(atOrAfter: now) else {
            // The end of the running pass looks at what is left to do.
            queue.add(Self.taintsKey, queue: Queue.taints, after: nextTaintingPass(after: now) - now)
            return
        }
        arm(after: next - now, &queue)
    }

    private mutating func arm(after delay: VirtualDuration, _ queue: inout Enqueuer) {
        queue.add(Self.monitorKey, queue: Queue.monitor, after: delay)
        queue.add(Self.taintsKey, queue: Queue.taints, after: delay + .nanoseconds(1))
    }

    private func armMoment(_ moment: VirtualTime?, now: VirtualTime, _ queue: inout Enqueuer) {
        guard let moment, moment != .never else { return }
        queue.add(Self.monitorKey, queue: Queue.monitor, after: max(.zero, moment - now))
    }

    private mutating func armExpiry(
        of name: String, view: ObjectCache, now: VirtualTime, _ queue: inout Enqueuer
    ) {
        guard silent.contains(name), let node = view.get(Node.self, ObjectKey(name: name)) else { return }
        armMoment(expiry(name, hasStatus: node.value.status.conditions["Ready"] != nil), now: now, &queue)
    }

    /// The pass at which the node counts as silent; nil while that cannot be said.
    func expiry(_ name: String, hasStatus: Bool) -> VirtualTime? {
        guard let health = health[name], !health.isRenewing, let probe = health.probe else { return nil }
        let grace = hasStatus ? options.monitorGracePeriod : options.startupGracePeriod
        return clock.firstPass(atOrAfter: probe.advancedClamping(by: grace))
    }

    /// Keeps ``silent`` true: nodes without regular renewals whose Ready condition is not Unknown yet.
    mutating func watchSilence(_ name: String, view: ObjectCache) {
        guard let health = health[name], !health.isRenewing,
            let node = view.get(Node.self, ObjectKey(name: name)),
            node.value.status.conditions["Ready"]?.status != .unknown
        else {
            silent.remove(name)
            return
        }
        silent.insert(name)
    }

    /// Takes in a lease: its holder was alive at the pass after the renewal.
    mutating func noteLease(_ lease: Lease, now: VirtualTime) {
        let name = lease.metadata.name
        guard var health = health[name], let renewTime = lease.renewTime else { return }
        let wasRenewing = health.isRenewing
        health.isRenewing = lease.renewalPeriod != nil
        var seen: VirtualTime??
        if wasRenewing && !health.isRenewing {
            // The passes that saw the renewals were not run; the one that saw the last is computed.
            let pass = clock.firstPass(after: renewTime + options.renewalDelay)
            seen = .some(pass.map { pass in clock.firstPass(atOrAfter: now).map { min(pass, $0) } ?? pass })
        } else if health.renewTime.map({ $0 < renewTime }) ?? true {
            seen = .some(clock.firstPass(atOrAfter: now))
        }
        health.renewTime = lease.materialized(at: now).renewTime
        self.health[name] = health
        if let seen { setProbe(name, seen) }
    }

    /// Notes at which pass a sign of life is noticed; nil for the one after the running pass.
    mutating func setProbe(_ name: String, _ pass: VirtualTime?) {
        guard let pass else {
            health[name]?.probe = nil
            unresolvedProbes.insert(name)
            return
        }
        if let before = health[name]?.probe, before > pass { return }
        health[name]?.probe = pass
        unresolvedProbes.remove(name)
    }

    /// How much later than a status a node counts as alive on the strength of its unchanged lease: upstream
    /// forgets the lease when it takes in a status, and takes it for a new one at the next pass.
    func leaseRecount(_ health: NodeHealth) -> VirtualDuration {
        health.renewTime == nil ? .zero : options.monitorPeriod
    }
}
