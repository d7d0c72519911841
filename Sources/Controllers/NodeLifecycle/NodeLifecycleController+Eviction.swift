import ControlPlane
import KubernetesModel
import SimulationKernel

extension NodeLifecycleController {
    // MARK: One node (`processTaintBaseEviction`)

    /// Whether ``evict(_:status:now:_:)`` would do anything.
    func needsEviction(_ node: Node, _ ready: Condition?) -> Bool {
        guard let status = ready?.status else { return false }
        guard let queue = taintQueues[NodeTaints.zone(of: node)] else { return true }
        let name = node.metadata.name
        guard let taints = NodeTaints.noExecute(for: status) else {
            return queue.members.contains(name) || NodeTaints.has(NodeTaints.unreachable, node)
                || NodeTaints.has(NodeTaints.notReady, node)
        }
        if NodeTaints.has(taints.opposite, node) { return true }
        return NodeTaints.has(taints.taint, node) ? !queue.members.contains(name) : !queue.isWaiting(name)
    }

    /// Swaps the NoExecute taints of a node at once, queues it for one, or takes them off.
    mutating func evict(
        _ node: Node, status: ConditionStatus, now: VirtualTime, _ plan: inout Plan<Continuation>
    ) {
        let zone = NodeTaints.zone(of: node)
        let name = node.metadata.name
        guard let taints = NodeTaints.noExecute(for: status) else { return markReachable(node, &plan) }
        if NodeTaints.has(taints.opposite, node) {
            swap(on: node, adding: taints.taint, removing: taints.opposite, now: now, &plan)
            plan.note(
                JournalEntry(
                    .node, .node, node.key, reason: "NodeTainted",
                    message:
                        "taint \(taints.opposite.key):NoExecute replaced by \(taints.taint.key):NoExecute",
                    cause: "Ready became \(status.rawValue); a node that has one of the two taints gets the "
                        + "other at once"))
            return
        }
        if !NodeTaints.has(taints.taint, node) && taintQueues[zone]?.isWaiting(name) != true {
            taintQueues[zone]?.remove(name)
        }
        taintQueues[zone]?.add(name, at: now)
    }

    /// Takes the NoExecute taints off a node that is ready, and the node out of the queue.
    mutating func markReachable(_ node: Node, _ plan: inout Plan<Continuation>) {
        for taint in [NodeTaints.unreachable, NodeTaints.notReady] where NodeTaints.has(taint, node) {
            append(.patch(.node, node.key, .nodeTaints(adding: [], removing: [taint]), uid: nil), &plan)
            plan.note(
                JournalEntry(
                    .node, .node, node.key, reason: "NodeUntainted",
                    message: "taint \(taint.key):NoExecute removed",
                    cause: node.status.conditions.isTrue("Ready")
                        ? "the node is Ready at a pass of the monitor (every \(options.monitorPeriod))"
                        : "the controller has just met the node, or stops all evictions"))
        }
        taintQueues[NodeTaints.zone(of: node)]?.remove(node.metadata.name)
    }

    /// Upstream: `pkg/controller/util/node/controller_utils.go`, `SwapNodeControllerTaint` (v1.36): one write
    /// that adds, and one that removes if the node is known to have what is to be removed.
    private func swap(
        on node: Node, adding taint: Taint, removing opposite: Taint, now: VirtualTime,
        _ plan: inout Plan<Continuation>
    ) {
        var taint = taint
        taint.timeAdded = Timestamp(now)
        append(.patch(.node, node.key, .nodeTaints(adding: [taint], removing: []), uid: nil), &plan)
        if NodeTaints.has(opposite, node) {
            append(.patch(.node, node.key, .nodeTaints(adding: [], removing: [opposite]), uid: nil), &plan)
        }
    }

    // MARK: The tainting loop (`doNoExecuteTaintingPass`)

    func nextTaintingPass(after now: VirtualTime) -> VirtualTime {
        (now + .nanoseconds(1)).roundedUp(toPeriod: options.taintingPeriod, phase: taintingPhase)
    }

    mutating func taintingPass(view: ObjectCache, now: VirtualTime) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        guard now.roundedUp(toPeriod: options.taintingPeriod, phase: taintingPhase) == now else {
            plan.ending = .requeueAfter(nextTaintingPass(after: now) - now)
            return plan
        }
        tainting = []
        for zone in taintQueues.keys.sorted() {
            while let item = taintQueues[zone]?.take(at: now) {
                taint(item, zone: zone, view: view, now: now, &plan)
            }
        }
        plan.ending = tainting.isEmpty ? afterTainting(now) : .resume(.nodesTainted)
        return plan
    }

    private mutating func taint(
        _ item: ZoneTaintQueue.Item, zone: String, view: ObjectCache, now: VirtualTime,
        _ plan: inout Plan<Continuation>
    ) {
        guard let node = view.get(Node.self, ObjectKey(name: item.node))?.value else { return }
        let known = health[item.node]?.ready
        guard let shown = node.status.conditions["Ready"]?.status else {
            taintQueues[zone]?.putBack(item, processAt: now + .milliseconds(50) + .nanoseconds(1))
            return
        }
        // What the controller has just written may not have come back to its cache yet.
        let status = shown == .isTrue && known == .unknown ? .unknown : shown
        guard let taints = NodeTaints.noExecute(for: status) else { return }
        let before = plan.steps.count
        swap(on: node, adding: taints.taint, removing: taints.opposite, now: now, &plan)
        tainting.append((zone, item, plan.steps.count - before))
        let rate = taintQueues[zone]?.limiter.rate ?? 0
        let waited = now - item.addedAt
        plan.note(
            JournalEntry(
                .eviction, .node, node.key, reason: "NodeTainted",
                message: "tainted \(taints.taint.key):NoExecute, so that pods leave",
                cause: "Ready is \(status.rawValue); node-eviction-rate \(rate)/s in zone "
                    + "\(NodeTaints.zoneName(zone)) (\(zoneStates[zone]?.rawValue ?? "")) "
                    + (waited < .seconds(1) ? "had a token free" : "made it wait \(waited)")))
    }

    mutating func nodesTainted(_ outcomes: [CallOutcome], now: VirtualTime) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        var index = 0
        for (zone, item, calls) in tainting {
            let own = outcomes[min(index, outcomes.count)..<min(index + calls, outcomes.count)]
            index += calls
            if own.contains(where: { $0.error != nil }) {
                taintQueues[zone]?.putBack(item, processAt: now + .nanoseconds(1))
            }
        }
        tainting = []
        plan.ending = afterTainting(now)
        return plan
    }

    /// Sleeps until a node can be taken, or until the monitor may have added one.
    private func afterTainting(_ now: VirtualTime) -> Plan<Continuation>.Ending {
        if clock.isRunning { return .requeueAfter(nextTaintingPass(after: now) - now) }
        var next = VirtualTime.never
        for queue in taintQueues.values { next = min(next, queue.nextTake(notBefore: now + .nanoseconds(1))) }
        if !dirty.isEmpty, let pass = clock.firstPass(atOrAfter: now) {
            next = min(next, pass + .nanoseconds(1))
        }
        guard next != .never else { return .done }
        return .requeueAfter(next.roundedUp(toPeriod: options.taintingPeriod, phase: taintingPhase) - now)
    }

    // MARK: Zones (`handleDisruption`)

    mutating func handleDisruption(
        _ plan: Plan<Continuation>, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = plan
        var states: [String: ZoneState] = [:]
        for (zone, counts) in zoneCounts {
            states[zone] = .of(
                ready: counts.ready, notReady: counts.notReady, threshold: options.unhealthyZoneThreshold)
            if zoneStates[zone] == nil { zoneStates[zone] = .initial }
        }
        zoneStates = zoneStates.filter { states[$0.key] != nil }
        let allAreDisrupted = states.values.allSatisfy { $0 == .fullDisruption }
        let allWereDisrupted = zoneStates.values.allSatisfy { $0 == .fullDisruption }
        if allAreDisrupted && allWereDisrupted { return finishPass(plan, view: view, now: now) }
        if allAreDisrupted { return stopEvictions(plan, view: view, now: now) }
        if allWereDisrupted {
            for name in health.keys {
                health[name]?.probe = now
                watchSilence(name, view: view)
            }
            plan.note(
                JournalEntry(
                    .node, nil, ObjectKey(name: "cluster"), reason: "ExitingMasterDisruption",
                    message: "evictions go on, every node's grace period begins anew",
                    cause: "some nodes are Ready again after none was"))
        }
        for zone in zoneStates.keys.sorted() {
            guard let new = states[zone], allWereDisrupted || zoneStates[zone] != new else { continue }
            let size = zoneCounts[zone].map { $0.ready + $0.notReady } ?? 0
            let rate = self.rate(for: new, size: size)
            taintQueues[zone]?.setRate(rate, at: now)
            if zoneStates[zone] != .initial || new != .normal {
                plan.note(zoneEntry(zone, new, rate: rate, size: size))
            }
            zoneStates[zone] = new
        }
        return finishPass(plan, view: view, now: now)
    }

    private func rate(for state: ZoneState, size: Int) -> Float {
        guard state == .partialDisruption else { return options.evictionRate }
        return size > options.largeClusterThreshold ? options.secondaryEvictionRate : 0
    }

    private func zoneEntry(_ zone: String, _ state: ZoneState, rate: Float, size: Int) -> JournalEntry {
        let counts = zoneCounts[zone] ?? (0, 0)
        var cause = "\(counts.notReady) of \(size) nodes are not Ready"
        if state == .partialDisruption {
            cause +=
                " (unhealthy-zone-threshold \(options.unhealthyZoneThreshold)); the zone has "
                + (size > options.largeClusterThreshold ? "more than " : "at most ")
                + "\(options.largeClusterThreshold) nodes (large-cluster-size-threshold)"
        }
        return JournalEntry(
            .node, nil, ObjectKey(name: NodeTaints.zoneName(zone)), reason: state.rawValue,
            message: rate > 0
                ? "zone is in state \(state.rawValue): \(rate) nodes a second are tainted"
                : "zone is in state \(state.rawValue): no node is tainted",
            cause: cause)
    }

    /// No node anywhere is ready: more likely it is the control plane that is cut off.
    private mutating func stopEvictions(
        _ plan: Plan<Continuation>, view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = plan
        plan.note(
            JournalEntry(
                .node, nil, ObjectKey(name: "cluster"), reason: "EnteringMasterDisruption",
                message: "no node is evicted, NoExecute taints are taken off",
                cause: "no node of any zone is Ready"))
        for node in view.list(Node.self) { markReachable(node.value, &plan) }
        for zone in zoneStates.keys.sorted() {
            taintQueues[zone]?.setRate(0, at: now)
            zoneStates[zone] = .fullDisruption
        }
        plan.ending = .resume(.taintsRemoved)
        return plan
    }

    mutating func taintsRemoved(
        _ outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        lookAgainAtFailures(outcomes)
        for node in view.list(Node.self)
        where needsEviction(node.value, node.value.status.conditions["Ready"]) {
            dirty.insert(node.value.metadata.name)
        }
        return finishPass(Plan(), view: view, now: now)
    }
}
