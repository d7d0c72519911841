import ControlPlane
import KubernetesModel
public import SimulationKernel
import VirtualNodes

extension ClusterSimulation {
    /// Brings a workload into the cluster while the run goes on; at most one, before the run begins.
    ///
    /// - Parameter retention: how long the object of a pod stays that has ended.
    /// - Parameter recordsUsage: whether the source says what pods use while they run.
    public func attach(
        _ source: any WorkloadSource, retention: VirtualDuration, recordsUsage: Bool = false
    ) {
        precondition(workload == nil && counters.events == 0, "a workload is attached once, at the start")
        let driver = WorkloadDriver(source, retention: retention, recordsUsage: recordsUsage)
        workloadProcess = ProcessID(index: UInt32(processes.count))
        processes.append(
            Process(
                .workload, name: "workload",
                clients: [
                    TokenBucket(queriesPerSecond: 0, burst: 0), TokenBucket(queriesPerSecond: 0, burst: 0),
                ]))
        // It begins with an empty cluster, so there is no list to get.
        processes[processes.count - 1].subscription = .ownPods
        workload = driver
        scheduleArrival()
    }

    /// What became of the workload's pods; nil without a workload.
    public var workloadCounts: WorkloadCounts? { workload?.counts }

    /// What the machines have used of CPU since the start, in core-seconds, and the memory in use now, in bytes.
    public var usage: (cpuSeconds: Double, memoryBytes: Double) {
        var sum = (cpuSeconds: 0.0, memoryBytes: 0.0)
        for kubelet in kubelets {
            let sample = kubelet.nodeUsage(at: now)
            sum.cpuSeconds += sample.cpuSeconds
            sum.memoryBytes += Double(sample.workingSetBytes)
        }
        return sum
    }

    private func scheduleArrival() {
        guard let arrival = workload?.nextArrival else { return }
        queue.schedule(.workloadArrives, at: max(arrival.time, now))
    }

    /// The next pods of the workload are due.
    func arriveWorkload() {
        let commands = workload?.arrive(at: now, &outbox) ?? []
        sendWorkload()
        for command in commands { perform(command) }
        passUsageOn()
        scheduleArrival()
    }

    /// Something that the workload put off is due.
    func resumeWorkload(_ handle: Handle<WorkloadDelay>) {
        workload?.resume(handle, at: now, &outbox)
        sendWorkload()
        passUsageOn()
    }

    private func passUsageOn() {
        for key in workload?.takeNewUsage() ?? [] {
            if let pod = server.store.get(Pod.self, key) { tellUsage(pod.value) }
        }
    }

    /// A pod of the workload is to go.
    func deleteWorkloadPod(_ handle: Handle<ObjectKey>) {
        workload?.delete(handle, &outbox)
        sendWorkload()
    }

    /// Sends what the driver wants sent, and arms what it wants to do later.
    func sendWorkload() {
        for deletion in workload?.takeNewDeletions() ?? [] {
            queue.schedule(.workloadDeletes(deletion.handle), at: deletion.time)
        }
        scheduleDelays()
        send(from: workloadProcess)
    }

    private func scheduleDelays() {
        for delay in workload?.takeNewDelays() ?? [] {
            queue.schedule(.workloadResumes(delay.handle), at: delay.time)
        }
    }

    /// A controller's pod with the lifetime that was recorded for it: what a mutating webhook would do.
    ///
    /// Pods that are restarted for ever end when their owner removes them, as in the recording.
    func withRecordedLifetime(_ request: APIRequest) -> (request: APIRequest, owner: WorkloadOwner?) {
        guard case .create(.pod(let created)) = request, let owner = recordedOwner(of: created.value.metadata)
        else { return (request, nil) }
        guard let lifetime = workload?.nextLifetime(of: owner), created.value.spec.restartPolicy != .always
        else { return (request, owner) }
        var pod = created.value
        pod.metadata.annotations = pod.metadata.annotations.merging(
            StringMap([("simk.dev/run-time", "\(lifetime.nanoseconds)ns")]))
        return (.create(APIObject(pod)), owner)
    }

    /// The object, among those of which lifetimes were recorded, that a pod belongs to.
    private func recordedOwner(of metadata: ObjectMeta) -> WorkloadOwner? {
        var metadata = metadata
        // Deployments have ReplicaSets and CronJobs Jobs; nothing is owned through more.
        for _ in 0..<4 {
            guard let reference = metadata.controllerReference,
                let kind = ObjectKind(apiVersion: reference.apiVersion, kind: reference.kind)
            else { return nil }
            let owner = WorkloadOwner(
                kind: kind, key: ObjectKey(namespace: metadata.namespace, name: reference.name))
            if workload?.knowsLifetimes(of: owner) == true { return owner }
            guard let object = server.store[kind, owner.key] else { return nil }
            metadata = object.metadata
        }
        return nil
    }

    /// Tells the kubelet of a pod that runs what it was recorded to use.
    private func tellUsage(_ pod: Pod) {
        guard pod.status.phase == .running, let usage = workload?.usage(of: pod.metadata.key),
            let process = kubeletProcesses[pod.nodeName],
            case .kubelet(let place) = processes[Int(process.index)].role
        else { return }
        kubelets[place].setUsage(of: pod.metadata.uid, to: usage, at: now, &outbox)
        send(from: process)
    }

    /// A pod that has begun to run uses what was recorded of it.
    func workloadPodChanged(_ change: StoreChange) {
        guard case .pod(let pod) = change.object, change.kind != .deleted else { return }
        if pod.value.status.phase == .running {
            workload?.begin(pod.value.metadata.key, at: now)
            scheduleDelays()
        }
        tellUsage(pod.value)
    }

    /// Whether a change is for the workload's driver: the end of one of its pods.
    func concernsWorkload(_ change: StoreChange) -> Bool {
        guard case .pod(let pod) = change.object,
            change.kind == .deleted || pod.value.status.phase.isTerminal
        else { return false }
        return workload?.isInterested(in: pod.value.metadata.key) == true
    }
}
