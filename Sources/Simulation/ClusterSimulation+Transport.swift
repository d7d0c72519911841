import ControlPlane
import KubernetesModel
import Scheduler
import SimulationKernel
import VirtualNodes

extension ClusterSimulation {
    // MARK: Calls

    /// Sends what a component put into its outbox: calls through its clients, Events through its broadcaster.
    func send(from process: ProcessID) {
        let index = Int(process.index)
        for entry in outbox.journal { note(entry) }
        if case .scheduler(let place) = processes[index].role { tellDecisions(of: place) }
        for call in outbox.calls {
            let client = min(Int(call.client), processes[index].clients.count - 1)
            send(call.request, from: process, token: call.token, client: client)
        }
        for event in outbox.events {
            for observer in observers { observer.reported(event, at: now) }
            guard
                let request = processes[index].correlator.request(
                    for: event, epoch: configuration.start, at: now)
            else { continue }
            send(request, from: process, token: .none, client: processes[index].clients.count - 1)
        }
        if !outbox.events.isEmpty {
            // One other process at a time lets go of what it said long ago.
            trimmedProcess = (trimmedProcess + 1) % processes.count
            processes[trimmedProcess].correlator.trim(at: now)
        }
        outbox.removeAll()
        rearm(process)
    }

    /// Why that node: the scheduler's own account of each pod that it placed.
    private func tellDecisions(of place: Int) {
        for decision in schedulers[place].takeDecisions() where !decision.nodeName.isEmpty {
            note(
                JournalEntry(
                    .scheduling, .pod, decision.pod, reason: "Scheduled",
                    message: "scheduled on \(decision.nodeName)",
                    cause: decision.cause))
        }
        guard schedulers[place].isRecording else { return }
        for record in schedulers[place].takeRecords() {
            for observer in observers where observer.hearsScheduling { observer.recorded(record) }
        }
    }

    private func send(_ request: APIRequest, from process: ProcessID, token: CallToken, client: Int) {
        let index = Int(process.index)
        guard processes[index].isRunning else { return }
        var call = CallInFlight(
            process: process, incarnation: processes[index].incarnation, token: token, request: request)
        let sent = processes[index].clients[client].reserve(at: now)
        guard processes[index].isConnected else {
            call.request = nil
            call.result = .failure(.unreachable)
            if token != .none {
                queue.schedule(
                    .callReturns(calls.insert(call)), at: sent + configuration.timing.unreachableTimeout)
            }
            return
        }
        var arrival = sent + configuration.timing.requestLatency
        if request.isWrite { arrival += configuration.timing.commitLatency }
        if chaos.isOn, processes[index].role != .user { arrival += chaos.callDelay(at: now) }
        queue.schedule(.callExecutes(calls.insert(call)), at: arrival)
    }

    /// A call has reached the server.
    func execute(_ handle: Handle<CallInFlight>) {
        guard var call = calls[handle], let request = call.request else { return }
        counters.apiCalls += 1
        call.request = nil
        let place = Int(call.process.index)
        let role = processes[place].role
        let revision = server.store.revision
        // What was cut off on its way has not arrived.
        if !processes[place].isConnected {
            call.result = .failure(.unreachable)
        } else if case .metrics(let query) = request {
            call.result = answer(query)
        } else if workload?.hasLifetimes == true {
            let (changed, owner) = withRecordedLifetime(request)
            let result = answer(to: changed, from: role)
            if let owner, case .success = result { workload?.takeLifetime(of: owner) }
            call.result = result
        } else {
            call.result = answer(to: request, from: role)
        }
        var failure: APIError?
        if case .failure(let error) = call.result {
            counters.apiErrors += 1
            failure = error
        }
        callObserver?(counters, now)
        if !callHearers.isEmpty {
            let observed = ObservedCall(
                time: now, process: call.process, processName: processes[place].name, request: request,
                error: failure, hadEffect: server.store.revision != revision)
            for observer in callHearers { observer.called(observed) }
        }
        if call.token == .none {
            calls.remove(handle)
            return
        }
        calls[handle] = call
        var arrival = now + configuration.timing.responseLatency
        if chaos.isOn, role != .user { arrival += chaos.callDelay(at: now) }
        queue.schedule(.callReturns(handle), at: arrival)
    }

    /// What the server says to a call, unless chance has the call or its answer fail.
    private func answer(to request: APIRequest, from role: ProcessRole) -> APIResult {
        guard chaos.isOn, role != .user, let fault = chaos.fault(of: request, at: now) else {
            return server.handle(request, at: now)
        }
        switch fault {
        case .refused(let error): return .failure(error)
        case .answerLost(let error):
            _ = server.handle(request, at: now)
            return .failure(error)
        }
    }

    /// A call's answer has reached its process.
    func complete(_ handle: Handle<CallInFlight>) {
        guard let call = calls.remove(handle), let result = call.result else { return }
        let index = Int(call.process.index)
        guard processes[index].isRunning, processes[index].incarnation == call.incarnation else { return }
        let answer: APIResult = processes[index].isConnected ? result : .failure(.unreachable)
        switch processes[index].role {
        case .user: kubectl.complete(call.token, answer, at: now, &outbox)
        case .scheduler(let place): schedulers[place].complete(call.token, answer, at: now, &outbox)
        case .controllerManager(let place):
            controllerManagers[place].complete(call.token, answer, at: now, &outbox)
        case .storage: storage.complete(call.token, answer, at: now, &outbox)
        case .customControllers(let place): operators[place].complete(call.token, answer, at: now, &outbox)
        case .kubelet(let place): kubelets[place].complete(call.token, answer, at: now, &outbox)
        case .workload:
            workload?.complete(call.token, answer, at: now, &outbox)
            return sendWorkload()
        }
        send(from: call.process)
    }

    // MARK: Watches

    /// Passes new writes on to observers and to the watch streams that see them.
    func dispatchChanges() {
        guard dispatchedRevision < server.store.revision else { return }
        guard let changes = server.store.changes(after: dispatchedRevision) else {
            preconditionFailure("writes were compacted before they were dispatched")
        }
        dispatchedRevision = server.store.revision
        let arrival = now + configuration.timing.watchLatency
        for change in changes {
            if configuration.digestsContent { storeDigest.combine(change, into: &digest) }
            for observer in observers { observer.stored(change) }
            if change.object.kind == .horizontalPodAutoscaler { autoscalersChanged(change) }
            if metrics.pods != nil, change.object.kind == .pod { podChanged(change) }
            // No component watches Events; people and clients of the API do.
            if change.object.kind == .event { continue }
            let event = WatchEvent(change.kind, change.object)
            for process in sharedWatchers { post(event, to: process, at: arrival) }
            dispatchToNodes(change, at: arrival)
            if workload != nil {
                if concernsWorkload(change) { post(event, to: workloadProcess, at: arrival) }
                workloadPodChanged(change)
            }
        }
    }

    /// Kubelets see their own node and the pods bound to it; a pod comes into sight when it is bound.
    private func dispatchToNodes(_ change: StoreChange, at arrival: VirtualTime) {
        switch change.object {
        case .node(let node):
            if let process = kubeletProcesses[node.value.metadata.name] {
                post(WatchEvent(change.kind, change.object), to: process, at: arrival)
            }
        case .pod(let pod):
            guard !pod.value.nodeName.isEmpty, let process = kubeletProcesses[pod.value.nodeName] else {
                return
            }
            let wasSeen = change.previous?.pod.map { $0.value.nodeName == pod.value.nodeName } ?? false
            let kind = change.kind == .modified && !wasSeen ? .added : change.kind
            post(WatchEvent(kind, change.object), to: process, at: arrival)
        case .persistentVolumeClaim(let claim):
            let was = change.previous?.persistentVolumeClaim?.value.resizeStatus
            guard change.kind == .modified, claim.value.resizeStatus == .nodePending, was != .nodePending
            else { return }
            for process in kubelets(using: claim.value) {
                post(WatchEvent(.modified, change.object), to: process, at: arrival)
            }
        default: return
        }
    }

    /// The kubelets whose pods use a claim, in the order of the pods' names.
    private func kubelets(using claim: PersistentVolumeClaim) -> [ProcessID] {
        var found: [ProcessID] = []
        for object in server.store.list(.pod, namespace: claim.metadata.namespace) {
            guard let pod = object.pod?.value, let process = kubeletProcesses[pod.nodeName],
                pod.claimNames.contains(claim.metadata.name), !found.contains(process)
            else { continue }
            found.append(process)
        }
        return found
    }

    /// The claims of a node's pods whose volumes wait for the node.
    private func claimsAwaitingExpansion(_ pods: [Ref<Pod>]) -> [PersistentVolumeClaim] {
        pods.flatMap { pod in
            pod.value.claimNames.compactMap { name in
                let key = ObjectKey(namespace: pod.value.metadata.namespace, name: name)
                let claim = server.store.get(PersistentVolumeClaim.self, key)?.value
                return claim?.awaitsNodeExpansion == true ? claim : nil
            }
        }
    }

    private func post(_ event: WatchEvent, to process: ProcessID, at arrival: VirtualTime) {
        let index = Int(process.index)
        switch processes[index].subscription {
        case .nothing: return
        case .everything, .node, .ownPods: break
        }
        // A process that waits for its first list gets this write with it.
        if processes[index].awaitsSnapshot { return }
        var arrival = arrival
        if chaos.isOn {
            arrival = chaos.watchArrival(arrival, process: process, kind: event.object.kind, at: now)
            // The streams of kinds are independent of each other: each is in order by itself.
            var place = processes[index].inbox.count
            while place > 0, processes[index].inbox[place - 1].time > arrival { place -= 1 }
            processes[index].inbox.insert((arrival, event), at: place)
        } else {
            processes[index].inbox.append((arrival, event))
        }
        guard processes[index].isRunning, processes[index].isConnected else { return }
        scheduleDelivery(process, at: arrival)
    }

    func scheduleDelivery(_ process: ProcessID, at time: VirtualTime) {
        let index = Int(process.index)
        guard processes[index].nextDelivery != time else { return }
        processes[index].nextDelivery = time
        queue.schedule(.watchDelivers(process), at: time)
    }

    /// Begins a watch anew: a list of everything in sight comes first.
    func subscribe(_ process: ProcessID, to subscription: Subscription) {
        let index = Int(process.index)
        processes[index].subscription = subscription
        processes[index].inbox.removeAll()
        processes[index].awaitsSnapshot = true
        let arrival = now + configuration.timing.requestLatency + configuration.timing.responseLatency
        scheduleDelivery(process, at: arrival)
    }

    /// Watch events have reached a process.
    func deliver(to process: ProcessID) {
        let index = Int(process.index)
        if processes[index].nextDelivery == now { processes[index].nextDelivery = .never }
        guard processes[index].isRunning, processes[index].isConnected else { return }
        var events: [WatchEvent] = []
        if processes[index].awaitsSnapshot {
            processes[index].awaitsSnapshot = false
            events = snapshot(for: processes[index].subscription)
            if case .kubelet(let place) = processes[index].role {
                kubelets[place].relist(
                    pods: events.compactMap(\.object.pod), node: events.lazy.compactMap(\.object.node).first,
                    at: now,
                    &outbox)
                kubelets[place].claimsAwaitExpansion(
                    claimsAwaitingExpansion(events.compactMap(\.object.pod)), at: now, &outbox)
                return send(from: process)
            }
        } else {
            var due = 0
            while due < processes[index].inbox.count, processes[index].inbox[due].time <= now {
                events.append(processes[index].inbox[due].event)
                due += 1
            }
            if due == 0 { return }
            processes[index].inbox.removeFirst(due)
        }
        switch processes[index].role {
        case .user: kubectl.deliver(events, at: now, &outbox)
        case .scheduler(let place): schedulers[place].deliver(events, at: now, &outbox)
        case .controllerManager(let place): controllerManagers[place].deliver(events, at: now, &outbox)
        case .storage: storage.deliver(events, at: now, &outbox)
        case .customControllers(let place): operators[place].deliver(events, at: now, &outbox)
        case .kubelet(let place):
            kubelets[place].deliver(events, at: now, &outbox)
            let claims = events.compactMap { $0.object.persistentVolumeClaim?.value }
            if !claims.isEmpty { kubelets[place].claimsAwaitExpansion(claims, at: now, &outbox) }
        case .workload:
            workload?.deliver(events, at: now, &outbox)
            return sendWorkload()
        }
        send(from: process)
    }

    /// What a list at this moment answers, in the order of kinds and keys.
    private func snapshot(for subscription: Subscription) -> [WatchEvent] {
        switch subscription {
        case .nothing, .ownPods: return []
        case .everything:
            return ObjectKind.allCases.filter { $0 != .event }.flatMap { kind in
                server.store.list(kind).map { WatchEvent(.added, $0) }
            }
        case .node(let name):
            var events: [WatchEvent] = []
            if let node = server.store[.node, ObjectKey(name: name)] {
                events.append(WatchEvent(.added, node))
            }
            for pod in server.store.list(.pod) where pod.pod?.value.nodeName == name {
                events.append(WatchEvent(.added, pod))
            }
            return events
        }
    }

    // MARK: Alarms

    /// A process's own alarm went off.
    func wake(_ process: ProcessID) {
        let index = Int(process.index)
        processes[index].alarm = nil
        processes[index].alarmTime = .never
        switch processes[index].role {
        case .user: kubectl.wake(at: now, &outbox)
        case .scheduler(let place): schedulers[place].wake(at: now, &outbox)
        case .controllerManager(let place): controllerManagers[place].wake(at: now, &outbox)
        case .storage: storage.wake(at: now, &outbox)
        case .customControllers(let place): operators[place].wake(at: now, &outbox)
        case .kubelet(let place): kubelets[place].wake(at: now, &outbox)
        case .workload: return
        }
        send(from: process)
    }

    /// Makes the one alarm of a process agree with what the component asks for.
    func rearm(_ process: ProcessID) {
        let index = Int(process.index)
        func next(_ components: inout [some Component], _ place: Int) -> VirtualTime {
            processes[index].isRunning ? components[place].wakeInPlace() : .never
        }
        let wanted: VirtualTime
        switch processes[index].role {
        case .user: wanted = kubectl.nextWake
        case .scheduler(let place): wanted = next(&schedulers, place)
        case .controllerManager(let place): wanted = next(&controllerManagers, place)
        case .storage: wanted = storage.nextWake
        case .customControllers(let place): wanted = next(&operators, place)
        case .kubelet(let place): wanted = kubelets[place].nextWake
        case .workload: wanted = .never
        }
        guard wanted != processes[index].alarmTime else { return }
        if let alarm = processes[index].alarm { queue.cancel(alarm) }
        processes[index].alarm =
            wanted == .never ? nil : queue.schedule(.processWakes(process), at: max(wanted, now))
        processes[index].alarmTime = wanted
    }
}

extension Component {
    /// ``nextWake``, asked of the component where it is: to read it there would copy the component first.
    fileprivate mutating func wakeInPlace() -> VirtualTime { nextWake }
}

extension APIRequest {
    /// Whether the call has to be committed by the store.
    var isWrite: Bool {
        switch self {
        case .get, .metrics: false
        default: true
        }
    }
}

extension APIError {
    static let unreachable = APIError(.unreachable, "the API server cannot be reached: i/o timeout")
}

extension Pod {
    /// The claims behind the pod's volumes.
    fileprivate var claimNames: [String] {
        spec.fields.volumes.compactMap { $0.claimName(podName: metadata.name) }
    }
}
