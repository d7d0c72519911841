public import ControlPlane
public import Failures
import KubernetesModel
public import SimulationKernel
import Stochastics
import VirtualNodes

/// An outage that the scenario's timeline asked for.
struct ScriptedOutage {
    var target: FailureComponent
    var mode: FailureMode
    var cause: OutageCause
    var isOver = false
}

extension ClusterSimulation {
    /// Makes a process for every component that a failure model is about.
    func addFailures() {
        let streams = RandomStreams(seed: configuration.seed)
        for plan in configuration.failures {
            for target in plan.targets {
                failureProcesses.append(
                    plan.model.process(for: target.component, named: target.name, streams: streams))
                currentFailures.append(nil)
                armFailure(failureProcesses.count - 1, after: .start)
            }
        }
    }

    private func armFailure(_ index: Int, after time: VirtualTime) {
        guard let outage = failureProcesses[index].next(after: time) else { return }
        currentFailures[index] = outage
        queue.schedule(.failureBegins(UInt32(index)), at: max(outage.from, now))
    }

    func beginFailure(_ index: Int) {
        guard let outage = currentFailures[index] else { return }
        let cause = OutageCause(UInt64(index))
        begin(outage.mode, on: outage.component, cause: cause, why: "stochastic failure")
        if outage.to != .never { queue.schedule(.failureEnds(UInt32(index)), at: max(outage.to, now)) }
    }

    func endFailure(_ index: Int) {
        guard let outage = currentFailures[index] else { return }
        end(outage.mode, on: outage.component, cause: OutageCause(UInt64(index)), why: "repaired")
        armFailure(index, after: now)
    }

    /// Fails a component as the timeline says, for a time or until it is told to recover.
    func beginScriptedOutage(_ mode: FailureMode, on target: FailureComponent, for duration: VirtualDuration?) {
        // Scripted causes are numbered after all stochastic ones.
        let cause = OutageCause(UInt64(failureProcesses.count + scriptedOutages.count))
        scriptedOutages.append(ScriptedOutage(target: target, mode: mode, cause: cause))
        begin(mode, on: target, cause: cause, why: "scenario timeline")
        if let duration {
            queue.schedule(.outageEnds(UInt32(scriptedOutages.count - 1)), at: now.advancedClamping(by: duration))
        }
    }

    func endScriptedOutage(_ index: Int) {
        guard !scriptedOutages[index].isOver else { return }
        scriptedOutages[index].isOver = true
        let outage = scriptedOutages[index]
        end(outage.mode, on: outage.target, cause: outage.cause, why: "scenario timeline")
    }

    /// Ends every scripted outage of a component.
    func recover(_ target: FailureComponent) {
        for index in scriptedOutages.indices where scriptedOutages[index].target == target {
            endScriptedOutage(index)
        }
    }

    private func nodes(struckBy target: FailureComponent) -> [Int] {
        target.scope == .node ? [Int(target.index)] : topology.nodes(struckBy: target).map(Int.init)
    }

    private func begin(_ mode: FailureMode, on target: FailureComponent, cause: OutageCause, why: String) {
        for node in nodes(struckBy: target) {
            let component = FailureComponent(.node, UInt32(node))
            if ledger.begin(cause, mode, on: component) { apply(mode, to: node, reasonOf: target, why: why) }
        }
    }

    private func end(_ mode: FailureMode, on target: FailureComponent, cause: OutageCause, why: String) {
        for node in nodes(struckBy: target) {
            let component = FailureComponent(.node, UInt32(node))
            if ledger.end(cause, mode, on: component) { lift(mode, from: node, why: why) }
        }
    }

    private func describe(_ target: FailureComponent) -> String {
        switch target.scope {
        case .node: "node \(configuration.nodes[Int(target.index)].name)"
        case .rack: "rack \(configuration.racks[Int(target.index)])"
        case .zone: "zone \(configuration.zones[Int(target.index)])"
        case .disk: "disk"
        }
    }

    private func apply(_ mode: FailureMode, to node: Int, reasonOf target: FailureComponent, why: String) {
        let name = configuration.nodes[node].name
        guard let process = kubeletProcesses[name] else { return }
        let place = Int(process.index)
        let scope = target.scope == .node ? "" : " of \(describe(target))"
        switch mode {
        case .powerLoss:
            note(
                JournalEntry(
                    .failure, .node, ObjectKey(name: name), reason: "PowerLoss", message: "power loss\(scope)",
                    cause: why))
            countLostPods(on: name)
            processes[place].isRunning = false
            processes[place].incarnation += 1
            processes[place].inbox.removeAll()
            kubelets[node].powerLoss(at: now, &outbox)
        case .kubeletStop:
            note(
                JournalEntry(
                    .failure, .node, ObjectKey(name: name), reason: "KubeletStopped",
                    message: "the kubelet stopped\(scope); containers go on", cause: why))
            processes[place].isRunning = false
            processes[place].incarnation += 1
            kubelets[node].kubeletStop(at: now, &outbox)
        case .partition:
            note(
                JournalEntry(
                    .failure, .node, ObjectKey(name: name), reason: "Partitioned",
                    message: "cut off from the API server\(scope); containers go on", cause: why))
            processes[place].isConnected = false
            kubelets[node].partitionBegin(at: now, &outbox)
        case .diskFailure: return
        }
        endNodeRenewals(name)
        outbox.dropCalls()
        send(from: process)
    }

    private func lift(_ mode: FailureMode, from node: Int, why: String) {
        let name = configuration.nodes[node].name
        guard let process = kubeletProcesses[name] else { return }
        let place = Int(process.index)
        let component = FailureComponent(.node, UInt32(node))
        let isPowered = !ledger.isDown(component, by: .powerLoss)
        let isStopped = ledger.isDown(component, by: .kubeletStop)
        switch mode {
        case .powerLoss:
            note(
                JournalEntry(
                    .failure, .node, ObjectKey(name: name), reason: "PowerRestored",
                    message: "power is back; the machine boots in \(configuration.nodes[node].bootTime)", cause: why))
            processes[place].isRunning = true
            kubelets[node].powerReturn(at: now, &outbox)
            subscribe(process, to: .node(name))
        case .kubeletStop:
            note(
                JournalEntry(
                    .failure, .node, ObjectKey(name: name), reason: "KubeletStarted",
                    message: "the kubelet runs again", cause: why))
            guard isPowered else { return }
            processes[place].isRunning = true
            kubelets[node].kubeletStart(at: now, &outbox)
            subscribe(process, to: .node(name))
        case .partition:
            note(
                JournalEntry(
                    .failure, .node, ObjectKey(name: name), reason: "PartitionHealed",
                    message: "the API server can be reached again", cause: why))
            processes[place].isConnected = true
            guard isPowered && !isStopped else { return }
            kubelets[node].partitionEnd(at: now, &outbox)
            resumeWatch(process)
        case .diskFailure: return
        }
        send(from: process)
    }

    /// The node's lease shows its last renewal from now on.
    private func endNodeRenewals(_ name: String) {
        let key = ObjectKey(namespace: "kube-node-lease", name: name)
        if let lease = get(Lease.self, key), lease.renewalPeriod != nil, let renewed = lease.renewTime {
            note(
                JournalEntry(
                    .node, .lease, key, reason: "LastLeaseRenewal",
                    message: "the lease of \(name) was renewed for the last time at \(renewed)",
                    cause: "renewed every \(lease.renewalPeriod ?? .zero)"))
        }
        server.endRenewals(of: key, at: now)
    }

    private func countLostPods(on node: String) {
        for object in server.store.list(.pod) {
            guard let pod = object.pod?.value, pod.nodeName == node, !pod.status.phase.isTerminal else { continue }
            counters.podsLost += 1
        }
    }
}

extension Outbox {
    /// What a machine that just died or was cut off wanted to send does not leave it.
    fileprivate mutating func dropCalls() {
        let notes = journal
        removeAll()
        for entry in notes { note(entry) }
    }
}
