import ControlPlane
import KubernetesModel
import SimulationKernel

/// One sync of one DaemonSet, from its history to its status.
///
/// Upstream: `pkg/controller/daemon/daemon_controller.go`, `syncDaemonSet` and below (v1.36).
struct DaemonSetSync {
    /// The most pods that one sync creates, and deletes.
    static let burst = 250

    let reference: Ref<DaemonSet>
    let set: DaemonSet
    let placement: DaemonPodPlacement

    init(_ reference: Ref<DaemonSet>) {
        self.reference = reference
        set = reference.value
        placement = DaemonPodPlacement(reference.value.spec.template)
    }

    func run(
        _ session: inout SyncSession, _ memory: inout DaemonSetController.Memory
    ) throws(SyncStop) {
        let nodes = session.list(Node.self) { $0.list(Node.self) }.map(\.value)
        if set.spec.selector.isEmpty {
            record(
                .warning, "SelectingAll",
                "This daemon set is selecting all pods. A non-empty selector is required.", &session)
            return
        }
        if set.metadata.isBeingDeleted { return }
        let history = try constructHistory(&session)
        let hash = history.current.metadata.labels[Self.hashLabel] ?? ""
        let now = session.now
        guard session.flag({ memory.expectations.isSatisfied(set.key, at: now) }) else {
            return try updateStatus(nodes, hash, observesGeneration: false, &session, &memory)
        }

        var failure: SyncFailure?
        do {
            try update(nodes, hash, history.old, &session, &memory)
        } catch {
            guard case .failed(let cause) = error else { throw error }
            failure = cause
        }
        do {
            try updateStatus(nodes, hash, observesGeneration: true, &session, &memory)
        } catch {
            guard case .failed(let cause) = error else { throw error }
            failure = failure ?? cause
        }
        if let failure { throw .failed(failure) }
    }

    private func update(
        _ nodes: [Node], _ hash: String, _ old: [ControllerRevision], _ session: inout SyncSession,
        _ memory: inout DaemonSetController.Memory
    ) throws(SyncStop) {
        try manage(nodes, hash, &session, &memory)
        let now = session.now
        if session.flag({ memory.expectations.isSatisfied(set.key, at: now) }),
            set.spec.updateStrategy.type == "RollingUpdate"
        {
            try roll(nodes, hash, &session, &memory)
        }
        try cleanUp(old, &session)
    }

    // MARK: Pods and their nodes

    /// The set's pods by the nodes that they are on or made for, adopting and releasing on the way.
    ///
    /// Nodes are in the order in which they joined; then come names of nodes that there are none of.
    func podsByNode(
        _ nodes: [Node], includingDeletedTerminal: Bool = false, _ session: inout SyncSession
    ) throws(SyncStop) -> DaemonPods {
        var pods = DaemonPods(nodes)
        for pod in try claimPods(&session) {
            if !includingDeletedTerminal && pod.value.status.phase.isTerminal
                && pod.value.metadata.isBeingDeleted
            {
                continue
            }
            if let node = DaemonPodPlacement.node(of: pod.value) { pods.add(pod.value, on: node) }
        }
        return pods
    }

    func claimPods(_ session: inout SyncSession) throws(SyncStop) -> [Ref<Pod>] {
        let claim = OwnerClaim(reference)
        let selector = set.spec.selector
        let candidates = session.list(Pod.self) { view in
            (view.list(Pod.self, controlledBy: set.uid)
                + view.orphanPods(namespace: set.metadata.namespace)).filter {
                    claim.verdict(on: $0.value.metadata, matches: selector.matches($0.value.metadata.labels))
                        != .ignore
                }
        }
        return try claim.claim(candidates, &session) { selector.matches($0.labels) }
    }

    /// Makes pods that are missing, deletes those that should not be there.
    private func manage(
        _ nodes: [Node], _ hash: String, _ session: inout SyncSession,
        _ memory: inout DaemonSetController.Memory
    ) throws(SyncStop) {
        let pods = try podsByNode(nodes, &session)
        var needing: [String] = []
        var surplus: [String] = []
        for node in nodes {
            decide(node, pods[node.metadata.name], hash, &needing, &surplus, &session, &memory)
        }
        // No scheduler and no collector of pods would ever come upon these.
        for entry in pods.onMissingNodes {
            surplus += entry.pods.filter(\.nodeName.isEmpty).map(\.metadata.name)
        }
        try synchronize(deleting: surplus, creatingOn: needing, hash, &session, &memory)
    }

    private func decide(
        _ node: Node, _ pods: [Pod]?, _ hash: String, _ needing: inout [String], _ surplus: inout [String],
        _ session: inout SyncSession, _ memory: inout DaemonSetController.Memory
    ) {
        let name = node.metadata.name
        let verdict = placement.verdict(on: node)
        guard let pods else {
            if verdict.shouldRun { needing.append(name) }
            return
        }
        guard verdict.shouldContinueRunning else {
            surplus += pods.filter { !$0.metadata.isBeingDeleted }.map(\.metadata.name)
            return
        }
        var running: [Pod] = []
        for pod in pods where !pod.metadata.isBeingDeleted {
            switch pod.status.phase {
            case .failed:
                if mayReplaceFailedPod(on: name, &session, &memory) {
                    record(
                        .warning, "FailedDaemonPod",
                        "Found failed daemon pod \(pod.key) on node \(name), will try to kill it", &session)
                    surplus.append(pod.metadata.name)
                }
            case .succeeded:
                record(
                    .normal, "SucceededDaemonPod",
                    "Found succeeded daemon pod \(pod.key) on node \(name), will try to delete it", &session)
                surplus.append(pod.metadata.name)
            default: running.append(pod)
            }
        }
        running.sort(by: Self.isOlder)
        guard allowsSurge else {
            surplus += running.dropFirst().map(\.metadata.name)
            return
        }
        if running.count <= 1 {
            if running.isEmpty && verdict.shouldRun { needing.append(name) }
            return
        }
        surplus += surplusWhileSurging(running, hash, session.startedAt)
    }

    /// An old and a new pod may both stay as long as the old one is ready and the new one not available.
    private func surplusWhileSurging(_ running: [Pod], _ hash: String, _ now: VirtualTime) -> [String] {
        var newest: Pod?
        var oldest: Pod?
        var surplus: [String] = []
        for pod in running {
            if pod.revisionHash == hash, newest == nil {
                newest = pod
            } else if pod.revisionHash != hash, oldest == nil {
                oldest = pod
            } else {
                surplus.append(pod.metadata.name)
            }
        }
        if let newest, let oldest, !oldest.isReady || isAvailable(newest, now) {
            surplus.append(oldest.metadata.name)
        }
        return surplus
    }

    private func mayReplaceFailedPod(
        on node: String, _ session: inout SyncSession, _ memory: inout DaemonSetController.Memory
    ) -> Bool {
        let key = "\(set.uid)/\(set.status.observedGeneration)/\(node)"
        let now = session.now
        let mayReplace = session.flag { memory.backoff.delay(key, at: now) == nil }
        session.once {
            if mayReplace {
                memory.backoff.next(key, at: now)
                memory.backoff.collect(at: now)
            } else if let delay = memory.backoff.delay(key, at: now) {
                memory.requeue(set.key, after: delay)
            }
        }
        return mayReplace
    }

    /// Pods with a node first, then by age, then by name.
    static func isOlder(_ left: Pod, _ right: Pod) -> Bool {
        if left.nodeName.isEmpty != right.nodeName.isEmpty { return right.nodeName.isEmpty }
        let (first, second) = (left.metadata.creationTimestamp, right.metadata.creationTimestamp)
        if first == second { return left.metadata.name < right.metadata.name }
        return (first?.seconds ?? .min) < (second?.seconds ?? .min)
    }

    func isAvailable(_ pod: Pod, _ now: VirtualTime) -> Bool {
        pod.isAvailable(minReadySeconds: set.spec.minReadySeconds, at: Timestamp(now))
    }

    // MARK: Acting

    /// Creates and deletes pods, up to the burst of each.
    func synchronize(
        deleting surplus: [String], creatingOn nodes: [String], _ hash: String,
        _ session: inout SyncSession, _ memory: inout DaemonSetController.Memory
    ) throws(SyncStop) {
        let nodes = Array(nodes.prefix(Self.burst))
        let victims = surplus.prefix(Self.burst).map {
            ObjectKey(namespace: set.metadata.namespace, name: $0)
        }
        let now = session.now
        session.once {
            memory.expectations.expect(
                creations: nodes.count, deletions: victims.count, for: set.key, at: now)
        }
        var failures: [SyncFailure] = []
        if !nodes.isEmpty {
            let requests = creations(on: nodes, hash)
            let outcomes = try session.slowStart(requests) { !$0.isNamespaceTerminating }
            failures += outcomes.compactMap(\.error).filter { !$0.isNamespaceTerminating }.map {
                SyncFailure($0)
            }
            session.once {
                memory.expectations.creationsObserved(requests.count - outcomes.count, for: set.key)
            }
        }
        let outcomes = try session.calls(victims.map { .delete(.pod, $0, DeleteOptions()) })
        failures += outcomes.compactMap(\.error).filter { $0.reason != .notFound }.map {
            SyncFailure("unable to delete pods: \($0.message)", reason: $0.reason)
        }
        if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
    }

    private func creations(on nodes: [String], _ hash: String) -> [APIRequest] {
        var template = set.spec.template
        if let generation = templateGeneration {
            template.metadata.labels["pod-template-generation"] = String(generation)
        }
        if !hash.isEmpty { template.metadata.labels[Self.hashLabel] = hash }
        let prototype = PodCreation.prototype(from: template, owner: set.metadata, kind: DaemonSet.kind)
        let source = placement.tolerantSource(template)
        return nodes.map { node in
            .create(APIObject(prototype.with { $0.spec = DaemonPodPlacement.spec(source, for: node) }))
        }
    }

    // MARK: Status

    private func updateStatus(
        _ nodes: [Node], _ hash: String, observesGeneration: Bool, _ session: inout SyncSession,
        _ memory: inout DaemonSetController.Memory
    ) throws(SyncStop) {
        let pods = try podsByNode(nodes, &session)
        let now = session.moment()
        var status = set.status
        status.desiredNumberScheduled = 0
        status.currentNumberScheduled = 0
        status.numberMisscheduled = 0
        status.numberReady = 0
        status.updatedNumberScheduled = 0
        status.numberAvailable = 0
        for node in nodes {
            let here = pods[node.metadata.name] ?? []
            guard placement.verdict(on: node).shouldRun else {
                if !here.isEmpty { status.numberMisscheduled += 1 }
                continue
            }
            status.desiredNumberScheduled += 1
            guard let pod = here.min(by: Self.isOlder) else { continue }
            status.currentNumberScheduled += 1
            if pod.isReady {
                status.numberReady += 1
                if isAvailable(pod, now) { status.numberAvailable += 1 }
            }
            if isUpdated(pod, hash) { status.updatedNumberScheduled += 1 }
        }
        status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable
        if status != set.status || set.status.observedGeneration < set.metadata.generation {
            if observesGeneration { status.observedGeneration = set.metadata.generation }
            try store(status, &session)
        }
        if set.spec.minReadySeconds > 0 && status.numberReady != status.numberAvailable {
            memory.requeue(set.key, after: .seconds(set.spec.minReadySeconds))
        }
    }

    /// Writes the status; a refusal is answered by one more try on the newest version.
    private func store(_ status: DaemonSetStatus, _ session: inout SyncSession) throws(SyncStop) {
        let first = try session.call(.updateStatus(APIObject(set.with { $0.status = status })))
        if first.failure == nil { return }
        guard let fresh = try session.require(.get(.daemonSet, set.key))?.daemonSet?.value else { return }
        // Counts are this sync's; what else the status holds is the newest.
        let merged = fresh.with {
            let collisions = $0.status.collisionCount
            let conditions = $0.status.conditions
            let generation = $0.status.observedGeneration
            let observes = status.observedGeneration == set.metadata.generation
            $0.status = status
            $0.status.collisionCount = collisions
            $0.status.conditions = conditions
            $0.status.observedGeneration = observes ? status.observedGeneration : generation
        }
        try session.require(.updateStatus(APIObject(merged)))
    }

    func record(
        _ severity: EventRecord.Severity, _ reason: String, _ message: String, _ session: inout SyncSession
    ) {
        session.record(
            EventRecord(
                kind: DaemonSet.kind, key: set.key, uid: set.uid, severity, reason: reason, message: message,
                component: DaemonSetController.name))
    }
}

/// Pods by node, in the order of the nodes.
struct DaemonPods {
    struct Entry {
        var node: String
        /// Nil when there is no pod; upstream tells that from a node whose pods are not looked at.
        var pods: [Pod]
        var exists: Bool
    }
    private(set) var entries: [Entry]
    private var indices: [String: Int] = [:]
    private let nodeCount: Int

    init(_ nodes: [Node]) {
        entries = nodes.map { Entry(node: $0.metadata.name, pods: [], exists: false) }
        nodeCount = nodes.count
        for (index, entry) in entries.enumerated() { indices[entry.node] = index }
    }

    mutating func add(_ pod: Pod, on node: String) {
        let index = indices[node] ?? entries.count
        if index == entries.count {
            entries.append(Entry(node: node, pods: [], exists: false))
            indices[node] = index
        }
        entries[index].pods.append(pod)
        entries[index].exists = true
    }

    /// Makes the node one whose pods count, even if there are none.
    mutating func include(_ node: String) {
        if let index = indices[node] { entries[index].exists = true }
    }

    subscript(node: String) -> [Pod]? {
        guard let index = indices[node], entries[index].exists else { return nil }
        return entries[index].pods
    }

    /// The nodes with pods and those that were included.
    var existing: [Entry] { entries.filter(\.exists) }
    var onMissingNodes: ArraySlice<Entry> { entries[nodeCount...] }
}
