import ControlPlane
import KubernetesModel
import SimulationKernel

/// One pass of the health monitor while its calls are under way.
struct MonitorPass: Sendable {
    struct Silent: Sendable {
        /// The node as it is to be written, its conditions Unknown.
        var node: Node
        /// What Ready said before; nil when there was no such condition.
        var observed: ConditionStatus?
        var cause: String
    }

    /// Nodes whose status is being written.
    var writing: [Silent] = []
    /// How often that was tried.
    var attempts = 0
    /// For each node, the pods that are still to be marked, the next one last.
    var marking: [(node: String, pods: [Pod])] = []
    /// The node of each call of the current round.
    var round: [String] = []
}

extension NodeLifecycleController {
    /// `NodeHealthUpdateRetry`.
    private static let writeAttempts = 5
    private static let conditionTypes = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]

    /// The monitor's pass, when one is due; otherwise the time until one is.
    mutating func monitor(view: ObjectCache, now: VirtualTime) -> Plan<Continuation> {
        guard !clock.isRunning, clock.firstPass(atOrAfter: now) == now else {
            return sleep(view: view, now: now)
        }
        let due = silent.filter { name in
            guard let node = view.get(Node.self, ObjectKey(name: name)) else { return false }
            return expiry(name, hasStatus: node.value.status.conditions["Ready"] != nil).map { $0 <= now }
                ?? false
        }
        guard !dirty.isEmpty || !due.isEmpty else { return sleep(view: view, now: now) }

        clock.begin(at: now)
        pass = MonitorPass()
        let names = dirty.union(due).sorted()
        dirty = []
        var plan = Plan<Continuation>()
        for name in names { classify(name, view: view, now: now, &plan) }
        for name in names {
            guard let node = view.get(Node.self, ObjectKey(name: name))?.value else { continue }
            look(at: node, view: view, now: now, &plan)
        }
        let writes = (pass?.writing ?? []).map { APIRequest.updateStatus(APIObject($0.node)) }
        pass?.attempts = 1
        plan.batch(writes)
        plan.ending = .resume(.statusesWritten)
        return plan
    }

    /// Announces nodes that are new or gone, and makes queues for new zones.
    private mutating func classify(
        _ name: String, view: ObjectCache, now: VirtualTime, _ plan: inout Plan<Continuation>
    ) {
        let key = ObjectKey(name: name)
        guard let node = view.get(Node.self, key)?.value else {
            if let uid = known.removeValue(forKey: name) {
                record("RemovingNode", "Removing Node \(name) from Controller", key, uid, &plan)
            }
            count(name, zone: nil, isReady: false)
            return
        }
        let zone = NodeTaints.zone(of: node)
        let isNew = known[name] == nil
        if isNew {
            record("RegisteredNode", "Registered Node \(name) in Controller", key, node.uid, &plan)
            known[name] = node.uid
        }
        if zoneStates[zone] == nil {
            zoneStates[zone] = .initial
            taintQueues[zone] = ZoneTaintQueue(
                rate: options.evictionRate, takesLast: options.taintsLastFirst, at: now)
        }
        if isNew { markReachable(node, &plan) }
    }

    private func record(
        _ reason: String, _ text: String, _ key: ObjectKey, _ uid: UID, _ plan: inout Plan<Continuation>
    ) {
        plan.record(
            EventRecord(
                kind: .node, key: key, uid: uid, .normal, reason: reason,
                message: "Node \(key.name) event: \(text)", component: Self.name))
    }

    /// Brings the node's health up to date, and prepares the write that says Unknown when it was silent too
    /// long.
    private mutating func look(
        at node: Node, view: ObjectCache, now: VirtualTime, _ plan: inout Plan<Continuation>
    ) {
        let name = node.metadata.name
        let ready = node.status.conditions["Ready"]
        takeIn(node, ready, view: view, now: now)
        let grace = ready == nil ? options.startupGracePeriod : options.monitorGracePeriod
        let isSilent =
            health[name].map { health in
                !health.isRenewing && health.probe.map { now >= $0.advancedClamping(by: grace) } ?? false
            } ?? false
        if isSilent && ready?.status != .unknown {
            let cause = causeOfSilence(name, ready: ready, grace: grace, now: now)
            pass?.writing.append(
                MonitorPass.Silent(node: Self.unknown(node, now: now), observed: ready?.status, cause: cause))
            return
        }
        settle(node, status: ready?.status, now: now, &plan)
        if health[name]?.retriesPods == true && ready?.status != .isTrue { collectPods(of: name, view: view) }
        watchSilence(name, view: view)
    }

    /// Compares what the node shows with what was saved (the first half of `tryUpdateNodeHealth`).
    private mutating func takeIn(_ node: Node, _ ready: Condition?, view: ObjectCache, now: VirtualTime) {
        let name = node.metadata.name
        let before = health[name]
        if before == nil && ready == nil {
            health[name] = NodeHealth(probe: node.metadata.creationTimestamp?.time ?? now)
        } else if before == nil || (before?.ready == nil) != (ready == nil) {
            var new = NodeHealth(probe: now)
            if let before {
                new.probe = now + leaseRecount(before)
                new.renewTime = before.renewTime
                new.isRenewing = before.isRenewing
                new.counted = before.counted
                new.retriesPods = before.retriesPods
            }
            health[name] = new
        }
        health[name]?.ready = ready?.status
        health[name]?.heartbeat = ready?.lastHeartbeatTime
        let leaseKey = ObjectKey(namespace: Self.leaseNamespace, name: name)
        if let lease = view.get(Lease.self, leaseKey)?.value, let renewTime = lease.renewTime,
            health[name]?.renewTime.map({ $0 < renewTime }) ?? true
        {
            health[name]?.renewTime = lease.materialized(at: now).renewTime
            health[name]?.isRenewing = lease.renewalPeriod != nil
            setProbe(name, now)
        }
    }

    /// The node with the four conditions that the kubelet reports set to Unknown.
    static func unknown(_ node: Node, now: VirtualTime) -> Node {
        node.with { node in
            for type in conditionTypes {
                guard var condition = node.status.conditions[type] else {
                    var condition = Condition(
                        type, .unknown, reason: "NodeStatusNeverUpdated",
                        message: "Kubelet never posted node status.", lastTransitionTime: Timestamp(now))
                    condition.lastHeartbeatTime = node.metadata.creationTimestamp
                    node.status.conditions.append(condition)
                    continue
                }
                guard condition.status != .unknown else { continue }
                condition.status = .unknown
                condition.reason = "NodeStatusUnknown"
                condition.message = "Kubelet stopped posting node status."
                condition.lastTransitionTime = Timestamp(now)
                node.status.conditions[type] = condition
            }
        }
    }

    private func causeOfSilence(
        _ name: String, ready: Condition?, grace: VirtualDuration, now: VirtualTime
    ) -> String {
        let probe = health[name]?.probe ?? now
        if ready == nil { return "node-startup-grace-period \(grace) without any status since \(probe)" }
        guard let renewTime = health[name]?.renewTime else {
            return "node-monitor-grace-period \(grace) after the last status was noticed at \(probe)"
        }
        return
            "node-monitor-grace-period \(grace) after the last observed renewal at \(renewTime), noticed by "
            + "the pass of \(probe) (node-monitor-period \(options.monitorPeriod))"
    }

    // MARK: After the statuses were written

    mutating func statusesWritten(
        _ outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        lookAgainAtFailures(outcomes)
        var plan = Plan<Continuation>()
        var failed: [MonitorPass.Silent] = []
        let writing = pass?.writing ?? []
        for silentNode in writing {
            let key = silentNode.node.key
            let outcome = outcomes.last { outcome in
                if case .updateStatus(let object) = outcome.request {
                    object.kind == .node && object.key == key
                } else {
                    false
                }
            }
            guard let outcome, outcome.error == nil, case .success(let object) = outcome.result else {
                failed.append(silentNode)
                continue
            }
            hasFallenSilent(silentNode, written: object?.node?.value, view: view, now: now, &plan)
        }
        pass?.writing = failed
        if !failed.isEmpty && (pass?.attempts ?? 0) < Self.writeAttempts {
            for silentNode in failed { append(.get(.node, silentNode.node.key), &plan) }
            plan.ending = .resume(.statusesReread)
            return plan
        }
        for silentNode in failed { dirty.insert(silentNode.node.metadata.name) }
        return markPods(plan, now: now, view: view)
    }

    /// Tries once more with what the API server holds now.
    mutating func statusesReread(
        _ outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        let before = pass?.writing ?? []
        pass?.writing = []
        pass?.attempts += 1
        for silentNode in before {
            let outcome = outcomes.last { $0.request == .get(.node, silentNode.node.key) }
            guard let node = outcome?.object?.node?.value else { continue }
            let status = node.status.conditions["Ready"]
            if status?.lastHeartbeatTime != health[node.metadata.name]?.heartbeat
                && status?.status != .unknown
            {
                // The kubelet has just reported: the next pass sees it.
                dirty.insert(node.metadata.name)
                continue
            }
            pass?.writing.append(
                MonitorPass.Silent(
                    node: Self.unknown(node, now: now), observed: status?.status, cause: silentNode.cause))
        }
        plan.batch((pass?.writing ?? []).map { .updateStatus(APIObject($0.node)) })
        plan.ending = .resume(.statusesWritten)
        return plan
    }

    private mutating func hasFallenSilent(
        _ silentNode: MonitorPass.Silent, written: Node?, view: ObjectCache, now: VirtualTime,
        _ plan: inout Plan<Continuation>
    ) {
        let node = written ?? silentNode.node
        let name = node.metadata.name
        health[name]?.ready = .unknown
        health[name]?.heartbeat = node.status.conditions["Ready"]?.lastHeartbeatTime
        silent.remove(name)
        plan.note(
            JournalEntry(
                .node, .node, node.key,
                reason: silentNode.observed == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
                message: "Ready is Unknown (it was \(silentNode.observed?.rawValue ?? "never posted"))",
                cause: silentNode.cause))
        settle(node, status: .unknown, now: now, &plan)
        guard silentNode.observed == .isTrue else { return }
        plan.record(
            EventRecord(
                kind: .node, key: node.key, uid: node.uid, .normal, reason: "NodeNotReady",
                message: "Node \(name) status is now: NodeNotReady", component: Self.name))
        let count = view.pods(onNode: name).filter { Self.notReady($0.value, at: now) != nil }.count
        if count > 0 {
            plan.note(
                JournalEntry(
                    .node, .node, node.key, reason: "PodsNotReady",
                    message:
                        "\(count) pod\(count == 1 ? "" : "s") marked not ready, so that Services leave them out",
                    cause: "the node's Ready condition went from True to Unknown"))
        }
        collectPods(of: name, view: view)
    }

    /// Counts the node in its zone and does what its readiness asks for in taints.
    private mutating func settle(
        _ node: Node, status: ConditionStatus?, now: VirtualTime, _ plan: inout Plan<Continuation>
    ) {
        let isExcluded = node.metadata.labels.contains(Self.exclusionLabel)
        count(
            node.metadata.name, zone: isExcluded ? nil : NodeTaints.zone(of: node), isReady: status == .isTrue
        )
        if let status { evict(node, status: status, now: now, &plan) }
    }

    private mutating func count(_ name: String, zone: String?, isReady: Bool) {
        func add(_ zone: String, _ isReady: Bool, _ amount: Int) {
            var counts = zoneCounts[zone] ?? (0, 0)
            if isReady { counts.ready += amount } else { counts.notReady += amount }
            zoneCounts[zone] = counts.ready + counts.notReady == 0 ? nil : counts
        }
        if let old = health[name]?.counted { add(old.zone, old.isReady, -1) }
        health[name]?.counted = zone.map { ($0, isReady) }
        if let zone { add(zone, isReady, 1) }
    }

    // MARK: Pods

    private mutating func collectPods(of name: String, view: ObjectCache) {
        health[name]?.retriesPods = false
        let pods = view.pods(onNode: name).map(\.value)
        if !pods.isEmpty { pass?.marking.append((name, pods.reversed())) }
    }

    /// The next pod of each of the first eight nodes, as eight workers take one node each.
    private mutating func markPods(
        _ plan: Plan<Continuation>, now: VirtualTime, view: ObjectCache
    ) -> Plan<Continuation> {
        var plan = plan
        var requests: [APIRequest] = []
        pass?.round = []
        var index = 0
        while var marking = pass?.marking, index < min(8, marking.count) {
            var marked: Pod?
            while marked == nil, let pod = marking[index].pods.popLast() {
                marked = Self.notReady(pod, at: now)
            }
            if let marked {
                requests.append(.updateStatus(APIObject(marked)))
                pass?.round.append(marking[index].node)
                index += 1
            } else {
                marking.remove(at: index)
            }
            pass?.marking = marking
        }
        if requests.isEmpty { return handleDisruption(plan, view: view, now: now) }
        plan.batch(requests)
        plan.ending = .resume(.podsMarked)
        return plan
    }

    mutating func podsMarked(
        _ outcomes: [CallOutcome], view: ObjectCache, now: VirtualTime
    ) -> Plan<Continuation> {
        lookAgainAtFailures(outcomes)
        for outcome in outcomes {
            guard case .updateStatus(let object) = outcome.request, let pod = object.pod?.value,
                let error = outcome.error, error.reason != .notFound
            else { continue }
            health[pod.nodeName]?.retriesPods = true
            dirty.insert(pod.nodeName)
        }
        return markPods(Plan(), now: now, view: view)
    }

    /// Nodes whose taints could not be changed are looked at again by the next pass.
    func failedNodes(_ outcomes: [CallOutcome]) -> [String] {
        outcomes.compactMap { outcome in
            guard case .patch(.node, let key, _, _) = outcome.request, let error = outcome.error,
                error.reason != .notFound
            else { return nil }
            return key.name
        }
    }

    mutating func lookAgainAtFailures(_ outcomes: [CallOutcome]) { dirty.formUnion(failedNodes(outcomes)) }

    func append(_ request: APIRequest, _ plan: inout Plan<Continuation>) {
        plan.steps.append(.call(request, tolerating: APIError.Reason.all))
    }

    // MARK: The end of a pass

    /// Ends the pass and sleeps until there is something to do.
    mutating func finishPass(_ plan: Plan<Continuation>, view: ObjectCache, now: VirtualTime) -> Plan<
        Continuation
    > {
        var plan = plan
        pass = nil
        clock.end(at: now)
        let next = clock.firstPass(atOrAfter: now)
        for name in unresolvedProbes { health[name]?.probe = next }
        unresolvedProbes = []
        plan.ending = sleep(view: view, now: now).ending
        return plan
    }

    private func sleep(view: ObjectCache, now: VirtualTime) -> Plan<Continuation> {
        var plan = Plan<Continuation>()
        var next = dirty.isEmpty ? VirtualTime.never : clock.firstPass(atOrAfter: now) ?? .never
        for name in silent {
            guard let node = view.get(Node.self, ObjectKey(name: name))?.value else { continue }
            if let moment = expiry(name, hasStatus: node.status.conditions["Ready"] != nil) {
                // A pass that is due is not the one that has just ended.
                next = min(next, max(moment, clock.firstPass(atOrAfter: now) ?? moment))
            }
        }
        if next != .never { plan.ending = .requeueAfter(max(next - now, .nanoseconds(1))) }
        return plan
    }
}
