import ControlPlane
import Failures
import KubernetesModel
import SimulationKernel
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
        queue.schedule(.failureBegins(UInt32(index)), at: max(outage.start, now))
    }

    func beginFailure(_ index: Int) {
        guard let outage = currentFailures[index], !chaos.endsFailures(at: now) else { return }
        let cause = OutageCause(UInt32(index))
        begin(outage.mode, on: outage.component, cause: cause, why: "stochastic failure")
        if outage.end != .never { queue.schedule(.failureEnds(UInt32(index)), at: max(outage.end, now)) }
    }

    func endFailure(_ index: Int) {
        guard let outage = currentFailures[index] else { return }
        end(outage.mode, on: outage.component, cause: OutageCause(UInt32(index)), why: "repaired")
        armFailure(index, after: now)
    }

    /// Fails a component as the timeline says, for a time or until it is told to recover.
    func beginScriptedOutage(_ mode: FailureMode, on target: FailureComponent, for duration: VirtualDuration?)
    {
        // Scripted causes are numbered after all stochastic ones.
        let cause = OutageCause(UInt32(failureProcesses.count + scriptedOutages.count))
        scriptedOutages.append(ScriptedOutage(target: target, mode: mode, cause: cause))
        begin(mode, on: target, cause: cause, why: "scenario timeline")
        if let duration {
            queue.schedule(
                .outageEnds(UInt32(scriptedOutages.count - 1)), at: now.advancedClamping(by: duration))
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
        if target.scope == .disk {
            guard let place = disk(target), ledger.begin(cause, mode, on: target) else { return }
            kubelets[place.node].diskFailure(place.disk, at: now, cause: why, &outbox)
            sendFromNode(place.node)
            return
        }
        for node in nodes(struckBy: target) {
            let component = FailureComponent(.node, UInt32(node))
            if ledger.begin(cause, mode, on: component) { apply(mode, to: node, reasonOf: target, why: why) }
        }
    }

    private func end(_ mode: FailureMode, on target: FailureComponent, cause: OutageCause, why: String) {
        if target.scope == .disk {
            guard let place = disk(target), ledger.end(cause, mode, on: target) else { return }
            kubelets[place.node].diskRepair(place.disk, at: now, cause: why, &outbox)
            sendFromNode(place.node)
            return
        }
        for node in nodes(struckBy: target) {
            let component = FailureComponent(.node, UInt32(node))
            if ledger.end(cause, mode, on: component) { lift(mode, from: node, why: why) }
        }
    }

    private func disk(_ target: FailureComponent) -> DiskPlace? {
        let index = Int(target.index)
        return index < disks.count ? disks[index] : nil
    }

    private func sendFromNode(_ node: Int) {
        if let process = kubeletProcesses[configuration.nodes[node].name] { send(from: process) }
    }

    private func describe(_ target: FailureComponent) -> String {
        switch target.scope {
        case .node: "node \(configuration.nodes[Int(target.index)].name)"
        case .rack: "rack \(configuration.racks[Int(target.index)])"
        case .zone: "zone \(configuration.zones[Int(target.index)])"
        case .disk:
            disk(target).map { place in
                let node = configuration.nodes[place.node].description
                return "disk \(node.disks[place.disk].name) of node \(node.name)"
            } ?? "disk"
        }
    }

    private func apply(_ mode: FailureMode, to node: Int, reasonOf target: FailureComponent, why: String) {
        let name = configuration.nodes[node].name
        guard let process = kubeletProcesses[name] else { return }
        let place = Int(process.index)
        let cause = target.scope == .node ? why : "\(why): \(describe(target))"
        switch mode {
        case .powerLoss:
            processes[place].isRunning = false
            processes[place].incarnation += 1
            processes[place].inbox.removeAll()
            kubelets[node].powerLoss(at: now, cause: cause, &outbox)
        case .kubeletStop:
            processes[place].isRunning = false
            processes[place].incarnation += 1
            processes[place].inbox.removeAll()
            kubelets[node].kubeletStop(at: now, cause: cause, &outbox)
        case .partition:
            processes[place].isConnected = false
            kubelets[node].partitionBegin(at: now, cause: cause, &outbox)
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
        switch mode {
        case .powerLoss:
            let boot = bootTime(of: node)
            note(
                JournalEntry(
                    .failure, .node, ObjectKey(name: name), reason: "PowerRestored",
                    message: "power is back; the machine boots in \(boot)", cause: why))
            queue.schedule(.nodeBoots(UInt32(node)), at: now + boot)
        case .kubeletStop:
            guard !ledger.isDown(component, by: .powerLoss) else { return }
            processes[place].isRunning = true
            kubelets[node].kubeletStart(at: now, cause: why, &outbox)
            subscribe(process, to: .node(name))
        case .partition:
            processes[place].isConnected = true
            kubelets[node].partitionEnd(at: now, cause: why, &outbox)
            if processes[place].isRunning { subscribe(process, to: .node(name)) }
        case .diskFailure: return
        }
        send(from: process)
    }

    /// A machine that got its power back has booted, unless it lost it again meanwhile.
    func bootNode(_ node: Int) {
        let name = configuration.nodes[node].name
        let component = FailureComponent(.node, UInt32(node))
        guard let process = kubeletProcesses[name], !ledger.isDown(component, by: .powerLoss),
            !kubelets[node].machine.hasPower
        else { return }
        processes[Int(process.index)].isRunning = true
        kubelets[node].powerReturn(at: now, cause: "booted", &outbox)
        if ledger.isDown(component, by: .kubeletStop) {
            // Its kubelet is meant to be stopped: it comes up and stops again at once.
            kubelets[node].kubeletStop(at: now, cause: "still stopped", &outbox)
            processes[Int(process.index)].isRunning = false
        } else {
            subscribe(process, to: .node(name))
        }
        send(from: process)
    }

    private func bootTime(of node: Int) -> VirtualDuration {
        boots[node] += 1
        let streams = RandomStreams(seed: configuration.seed)
        let name = configuration.nodes[node].name
        return configuration.nodes[node].bootTime.sample(streams, "machine/\(name)/boot", boots[node])
    }

    /// The node's lease shows its last renewal from now on.
    private func endNodeRenewals(_ name: String) {
        let key = ObjectKey(namespace: "kube-node-lease", name: name)
        let period = get(Lease.self, key)?.renewalPeriod
        server.endRenewals(of: key, at: now)
        if let period, let renewed = server.store.get(Lease.self, key)?.value.renewTime {
            note(
                JournalEntry(
                    .node, .lease, key, reason: "LastLeaseRenewal",
                    message: "the lease of \(name) was renewed for the last time at \(renewed)",
                    cause: "renewed every \(period)"))
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
