import ControlPlane
import Controllers
import Failures
import KubernetesModel
import Scheduler
import SimulationKernel
import Stochastics
import VirtualNodes

extension ClusterSimulation {
    /// Makes the processes of the control plane and of the nodes, and starts them.
    func addProcesses() {
        let limits = configuration.clients
        func buckets(_ limit: ClientLimits.Limit, _ count: Int) -> [TokenBucket] {
            (0..<count).map { _ in
                TokenBucket(queriesPerSecond: limit.queriesPerSecond, burst: limit.burst)
            }
        }
        let unlimited = ClientLimits.Limit(queriesPerSecond: 0, burst: 0)
        processes.append(Process(.user, name: "kubectl", clients: buckets(unlimited, 2)))

        var schedulerElection = Election(
            lease: ObjectKey(namespace: "kube-system", name: "kube-scheduler"), component: "kube-scheduler")
        for place in 0..<configuration.schedulers {
            schedulers.append(newScheduler())
            schedulerElection.candidates.append(ProcessID(index: UInt32(processes.count)))
            processes.append(
                Process(
                    .scheduler(place), name: "kube-scheduler-\(place)", clients: buckets(limits.scheduler, 2))
            )
        }
        var managerElection = Election(
            lease: ObjectKey(namespace: "kube-system", name: "kube-controller-manager"),
            component: "kube-controller-manager")
        for place in 0..<configuration.controllerManagers {
            let manager = newControllerManager()
            controllerManagers.append(manager)
            managerElection.candidates.append(ProcessID(index: UInt32(processes.count)))
            processes.append(
                Process(
                    .controllerManager(place), name: "kube-controller-manager-\(place)",
                    clients: manager.controllerNames.map { limits.controllerManager(client: $0) }
                        + buckets(limits.controllerManager, 1)))
        }
        elections = [schedulerElection, managerElection]

        storage = newStorageSidecars()
        let storageProcess = ProcessID(index: UInt32(processes.count))
        sharedWatchers.append(storageProcess)
        processes.append(
            Process(
                .storage, name: "csi-sidecars", clients: buckets(unlimited, storage.controllerNames.count + 1)
            ))
        subscribe(storageProcess, to: .everything)

        addOperators()
        let settings = Ref(configuration.kubelet)
        let imageNames = ImageNames()
        for place in configuration.nodes.indices {
            addKubelet(place, settings: settings, imageNames: imageNames, limits: limits)
        }
        for index in elections.indices { startElection(index) }
        addFailures()
    }

    private func addKubelet(
        _ place: Int, settings: Ref<KubeletSettings>, imageNames: ImageNames, limits: ClientLimits
    ) {
        let node = configuration.nodes[place]
        let process = ProcessID(index: UInt32(processes.count))
        kubeletProcesses[node.name] = process
        kubelets.append(Kubelet(node.description, settings: settings, imageNames: imageNames))
        processes.append(
            Process(
                .kubelet(place), name: "kubelet \(node.name)",
                clients: [
                    TokenBucket(
                        queriesPerSecond: limits.kubelet.queriesPerSecond, burst: limits.kubelet.burst),
                    TokenBucket(
                        queriesPerSecond: limits.kubelet.queriesPerSecond, burst: limits.kubelet.burst),
                ], host: node.name))
        subscribe(process, to: .node(node.name))
        kubelets[place].start(at: now, &outbox)
        send(from: process)
    }

    // MARK: Elections

    /// A first candidate takes the free lease at once; the others stand by.
    func startElection(_ index: Int) {
        guard let first = elections[index].candidates.first else { return }
        lead(index, by: first)
    }

    /// A candidate holds the lease from now on and begins to work.
    private func lead(_ index: Int, by process: ProcessID) {
        let election = elections[index]
        let place = Int(process.index)
        var lease =
            get(Lease.self, election.lease)
            ?? {
                var lease = Lease()
                lease.metadata = ObjectMeta(namespace: election.lease.namespace, name: election.lease.name)
                return lease
            }()
        let isNew = lease.metadata.uid.isEmpty
        lease.holderIdentity = processes[place].name
        lease.leaseDurationSeconds = configuration.election.leaseDuration.wholeSeconds
        lease.acquireTime = now
        lease.renewTime = now
        lease.renewalPeriod = configuration.election.retryPeriod
        lease.leaseTransitions = isNew ? 0 : (lease.leaseTransitions ?? 0) + 1
        _ = server.handle(isNew ? .create(APIObject(lease)) : .update(APIObject(lease)), at: now)
        counters.apiCalls += 1
        elections[index].leader = process
        if !sharedWatchers.contains(process) { sharedWatchers.append(process) }
        subscribe(process, to: .everything)
        note(
            JournalEntry(
                .controlPlane, .lease, election.lease, reason: "LeaderElection",
                message: "\(processes[place].name) became leader of \(election.component)",
                cause: isNew
                    ? "the lease was free"
                    : "the lease had not been renewed for \(configuration.election.leaseDuration) (leaseDuration)"
            ))
    }

    /// The standbys will notice that the leader no longer renews; this says when each first may try.
    func standbysNotice(_ index: Int) {
        guard let lease = get(Lease.self, elections[index].lease), let renewed = lease.renewTime else {
            return
        }
        for candidate in elections[index].candidates where candidate != elections[index].leader {
            let place = Int(candidate.index)
            guard processes[place].isRunning, processes[place].isConnected else { continue }
            // A standby polls every 2 to 4.4 s. The poll that shows it the last renewal lies within one such
            // pause after that renewal; its phase is drawn from the candidate's own stream.
            var stream = RandomStream(
                seed: configuration.seed,
                name: "election/\(elections[index].component)/\(processes[place].name)",
                index: Int(lease.leaseTransitions ?? 0))
            let observed = renewed + electionPause(&stream).scaled(by: stream.uniform())
            let free = observed + configuration.election.leaseDuration
            var poll = observed
            while poll <= free || poll < now { poll += electionPause(&stream) }
            queue.schedule(.electionPoll(candidate), at: poll)
        }
    }

    private func electionPause(_ stream: inout RandomStream) -> VirtualDuration {
        let factor = 1 + configuration.election.jitterFactor * stream.uniform()
        return configuration.election.retryPeriod.scaled(by: factor)
    }

    /// A standby tries to take the lease: the first one to come gets it.
    func pollElection(_ process: ProcessID) {
        guard let index = elections.firstIndex(where: { $0.candidates.contains(process) }) else { return }
        let place = Int(process.index)
        if elections[index].leader == process { return giveUpLease(index) }
        // A leader that is cut off does not keep others from a lease that has run out.
        let isFree = elections[index].leader.map { !processes[Int($0.index)].isConnected } ?? true
        guard isFree, processes[place].isRunning, processes[place].isConnected else { return }
        lead(index, by: process)
    }

    // MARK: Life and death

    /// Kills the process that leads a component; it comes back as a standby after a time.
    func killLeader(of component: String, for duration: VirtualDuration?) {
        guard let index = elections.firstIndex(where: { $0.component == component }),
            let leader = elections[index].leader
        else { return }
        let place = Int(leader.index)
        note(
            JournalEntry(
                .failure, .lease, elections[index].lease, reason: "LeaderKilled",
                message: "\(processes[place].name) was killed", cause: "scenario timeline"))
        stop(leader)
        server.endRenewals(of: elections[index].lease, at: now)
        elections[index].leader = nil
        standbysNotice(index)
        if let duration { queue.schedule(.processReturns(leader), at: now + duration) }
    }

    /// Cuts the leader off from the API server. It goes on in vain, tries to renew its lease, and exits when it
    /// could not for the renew deadline: the next try comes a retry period after the last success.
    ///
    /// Upstream: `client-go/tools/leaderelection/leaderelection.go`, `renew` (v1.36).
    func cutOffLeader(of component: String, for duration: VirtualDuration?) {
        guard let index = elections.firstIndex(where: { $0.component == component }),
            let leader = elections[index].leader, processes[Int(leader.index)].isConnected
        else { return }
        let name = processes[Int(leader.index)].name
        note(
            JournalEntry(
                .failure, .lease, elections[index].lease, reason: "LeaderCutOff",
                message: "\(name) does not reach the API server any more", cause: "scenario timeline"))
        processes[Int(leader.index)].isConnected = false
        server.endRenewals(of: elections[index].lease, at: now)
        standbysNotice(index)
        let renewed = get(Lease.self, elections[index].lease)?.renewTime ?? now
        let timing = configuration.election
        queue.schedule(
            .electionPoll(leader), at: max(now, renewed + timing.retryPeriod + timing.renewDeadline))
        if let duration { queue.schedule(.processReturns(leader), at: now + duration) }
    }

    /// A leader that could not renew its lease in time exits.
    private func giveUpLease(_ index: Int) {
        guard let leader = elections[index].leader, !processes[Int(leader.index)].isConnected else { return }
        elections[index].leader = nil
        exit(leader, of: index)
    }

    private func exit(_ process: ProcessID, of index: Int) {
        note(
            JournalEntry(
                .failure, .lease, elections[index].lease, reason: "LeaderElectionLost",
                message: "\(processes[Int(process.index)].name) exits: leader election lost",
                cause: "no renewal for \(configuration.election.renewDeadline) (renewDeadline)"))
        stop(process)
    }

    /// A process that was cut off reaches the API server again.
    private func reconnect(_ process: ProcessID) {
        let place = Int(process.index)
        processes[place].isConnected = true
        guard let index = elections.firstIndex(where: { $0.candidates.contains(process) }) else { return }
        guard elections[index].leader == process else {
            // Somebody else has taken the lease, and the next try to renew it shows that.
            exit(process, of: index)
            return restart(process)
        }
        note(
            JournalEntry(
                .controlPlane, .lease, elections[index].lease, reason: "LeaderReconnected",
                message: "\(processes[place].name) reaches the API server again and keeps its lease",
                cause: "scenario timeline"))
        if var lease = get(Lease.self, elections[index].lease) {
            lease.renewTime = now
            lease.renewalPeriod = configuration.election.retryPeriod
            _ = server.handle(.update(APIObject(lease)), at: now)
            counters.apiCalls += 1
        }
        // The watch goes on where it was.
        if !processes[place].inbox.isEmpty {
            scheduleDelivery(process, at: now + configuration.timing.watchLatency)
        }
    }

    private func stop(_ process: ProcessID) {
        let place = Int(process.index)
        processes[place].isRunning = false
        processes[place].incarnation += 1
        processes[place].inbox.removeAll()
        processes[place].subscription = .nothing
        sharedWatchers.removeAll { $0 == process }
        rearm(process)
    }

    /// A process that was killed runs again, with nothing remembered.
    func restart(_ process: ProcessID) {
        let place = Int(process.index)
        if processes[place].isRunning {
            if !processes[place].isConnected { reconnect(process) }
            return
        }
        processes[place].isRunning = true
        processes[place].isConnected = true
        switch processes[place].role {
        case .scheduler(let index): schedulers[index] = newScheduler()
        case .controllerManager(let index): controllerManagers[index] = newControllerManager()
        case .customControllers(let index):
            operators[index] = configuration.operators[operatorPlaces[index]].controllers()
        case .user, .storage, .kubelet, .workload: return
        }
        note(
            JournalEntry(
                .controlPlane, nil, ObjectKey(name: processes[place].name), reason: "ProcessStarted",
                message: "\(processes[place].name) is back as a standby", cause: "restart"))
        if let index = elections.firstIndex(where: { $0.candidates.contains(process) }),
            elections[index].leader == nil
        {
            // Its first try comes at once; it must have seen the lease stand still for a whole duration.
            standbysNotice(index)
        }
    }
}

/// One component's leadership.
struct Election {
    let lease: ObjectKey
    let component: String
    var candidates: [ProcessID] = []
    var leader: ProcessID?
}

extension VirtualDuration {
    /// The duration times a factor, to the nearest nanosecond.
    func scaled(by factor: Double) -> VirtualDuration {
        VirtualDuration(fractionalSeconds: fractionalSeconds * factor)
    }
}
