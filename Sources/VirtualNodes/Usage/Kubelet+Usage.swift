import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// CPU and memory that containers use, and what the kernel does about it. It goes on while the kubelet is stopped.
///
/// Nothing is sampled: at each change of what runs or of what it asks for, the CPU is divided anew, runs end at
/// moments computed from the shares, and the moments at which memory passes a limit are known in advance. One
/// alarm waits for the first of all these. Not modelled: page cache and reclaim, swap, memory of `emptyDir`, what
/// the system's own daemons use, CPU pinning.
extension Kubelet {
    // MARK: The machine

    var memoryCapacity: Int64 { description.capacity.amount(ResourceName.memory) }

    /// `memory.max` of the cgroup of all pods: what the node does not reserve for itself.
    ///
    /// Upstream: `pkg/kubelet/cm/node_container_manager_linux.go` (v1.36); the allocatable amount is that much
    /// less the hard eviction threshold.
    var podsMemoryLimit: Int64 {
        let capacity = memoryCapacity
        guard let allocatable = description.allocatable?.amount(ResourceName.memory), allocatable < capacity
        else { return capacity }
        return min(capacity, allocatable + timing.evictionHardMemoryBytes)
    }

    /// Memory of a pod's virtual machine beside its containers.
    func overheadBytes(_ record: PodRecord) -> Int64 {
        record.isSandboxReady ? runtime(of: record)?.podMemoryBytes ?? 0 : 0
    }

    /// What all pods of the node use.
    func nodeMemory() -> UsageSum {
        var sum = UsageSum()
        for load in usage.loads {
            if let memory = load.memory { sum.add(memory, from: load.startedAt) }
        }
        if hasVirtualMachines {
            for record in pods where record.generation != 0 { sum.base += Double(overheadBytes(record)) }
        }
        return sum
    }

    /// What one pod uses.
    func podMemory(_ slot: Int32) -> UsageSum {
        var sum = UsageSum()
        for load in usage.loads where load.slot == slot {
            if let memory = load.memory { sum.add(memory, from: load.startedAt) }
        }
        sum.base = Double(overheadBytes(pods[Int(slot)]))
        return sum
    }

    /// The container's start that a load is about; nil when there is another one, or none.
    private func instance(of load: ContainerLoad) -> ContainerInstance? {
        guard isLive(load.slot, load.generation) else { return nil }
        guard let instance = pods[Int(load.slot)].containers[Int(load.container)].instance,
            instance.attempt == load.attempt, instance.sandbox == load.sandbox,
            instance.startedAt == load.startedAt
        else { return nil }
        return instance
    }

    private func container(of load: ContainerLoad) -> Container {
        pods[Int(load.slot)].container(Int(load.container))
    }

    // MARK: Beginnings and ends

    /// A container has started: from now on it uses what its behaviour says.
    ///
    /// - Returns: whether it uses anything; its end is looked after here then.
    func beginUsage(
        _ slot: Int32, _ container: Int, _ now: VirtualTime, _ out: inout Outbox
    ) -> Bool {
        let record = pods[Int(slot)]
        let behavior = behavior(record, container)
        guard behavior.hasUsage, let instance = record.containers[container].instance else { return false }
        let streams = streams(record, container)
        let attempt = Int(instance.attempt)
        var load = ContainerLoad(
            slot: slot, generation: record.generation, container: Int32(container), attempt: instance.attempt,
            sandbox: instance.sandbox, startedAt: now,
            cpu: behavior.cpu?.sample(streams, "cpu-usage", attempt),
            memory: behavior.memory?.sample(streams, "memory-usage", attempt),
            processID: usage.nextProcessID)
        usage.nextProcessID &+= 1
        if behavior.cpu != nil, let runTime = behavior.runTime {
            var endless = behavior
            endless.runTime = nil
            let created = ContainerInstance(attempt: instance.attempt, sandbox: instance.sandbox)
            let other = started(record, container, created, now, endless)
            load.otherEnd = .init(time: other.exitAt, exitCode: other.exitCode, reason: other.exitReason)
            let work = runTime.sample(streams, "run-time", attempt) + readTime(record, container)
            load.workLeft = Double(work.nanoseconds)
            load.runEnd = .init(
                time: now.advancedClamping(by: work), exitCode: behavior.exitCode,
                reason: behavior.exitCode == 0 ? .completed : .error)
        }
        usage.account(to: now)
        usage.loads.append(load)
        usageChanged(now, &out)
        return true
    }

    /// Somebody has set another end of a container: no lack of CPU moves it any more.
    func fixEnd(_ slot: Int32, _ container: Int, _ now: VirtualTime) {
        guard let index = usage.index(of: slot, container) else { return }
        usage.account(to: now)
        usage.loads[index].workLeft = nil
        armUsage(now)
    }

    /// A container whose run lasts as its share of the CPU allows gets another end of its own accord.
    ///
    /// - Returns: the end that it had, besides that of its run; nil when the container has no such run, and is left
    ///   alone.
    func replaceOtherEnd(
        _ slot: Int32, _ container: Int, with end: ContainerLoad.End, _ now: VirtualTime
    ) -> ContainerLoad.End? {
        guard let index = usage.index(of: slot, container), usage.loads[index].workLeft != nil else {
            return nil
        }
        let before = usage.loads[index].otherEnd
        usage.loads[index].otherEnd = end
        setEnd(of: usage.loads[index])
        armUsage(now)
        return before
    }

    /// The earlier of the end of the run and the others.
    private func setEnd(of load: ContainerLoad) {
        let end = load.runEnd.time < load.otherEnd.time ? load.runEnd : load.otherEnd
        let (slot, container) = (Int(load.slot), Int(load.container))
        pods[slot].containers[container].instance?.exitAt = end.time
        pods[slot].containers[container].instance?.exitCode = end.exitCode
        pods[slot].containers[container].instance?.exitReason = end.reason
    }

    /// What runs on the node, or what it asks for, has changed.
    func usageChanged(_ now: VirtualTime, _ out: inout Outbox) {
        usage.account(to: now)
        dropEnded(now)
        while killOne(now, &out) { dropEnded(now) }
        shareCPU(now)
        armUsage(now)
        planEviction(now)
    }

    private func dropEnded(_ now: VirtualTime) {
        var kept: [ContainerLoad] = []
        for load in usage.loads {
            let instance = instance(of: load)
            if let instance, instance.exitAt > now {
                kept.append(load)
                continue
            }
            usage.endedCPUSeconds += load.cpuSeconds
            if let instance, machine.isKubeletRunning { noticeChange(load.slot, at: instance.exitAt) }
        }
        if kept.count != usage.loads.count { usage.loads = kept }
    }

    /// The one alarm: the next end of a container, change of a demand, or passing of a limit.
    private func armUsage(_ now: VirtualTime) {
        var next = VirtualTime.never
        var isMemoryUsed = false
        for load in usage.loads {
            guard let instance = instance(of: load) else {
                next = now
                continue
            }
            next = min(next, instance.exitAt)
            if let piece = load.cpu?.nextPiece(after: (now - load.startedAt).nanoseconds) {
                next = min(next, load.startedAt + .nanoseconds(piece))
            }
            guard let memory = load.memory else { continue }
            isMemoryUsed = true
            let limit = container(of: load).resources.limits.amount(ResourceName.memory)
            if limit > 0 {
                var sum = UsageSum()
                sum.add(memory, from: load.startedAt)
                next = min(next, sum.firstAbove(Double(limit), from: now))
            }
            if let limit = podLimit(load.slot) {
                next = min(next, passing(of: limit, podMemory(load.slot), after: now))
            }
        }
        if isMemoryUsed, memoryCapacity > 0 {
            next = min(next, passing(of: podsMemoryLimit, nodeMemory(), after: now))
        }
        if next != .never { next = max(next, now + .nanoseconds(1)) }
        guard next != usage.alarmAt else { return }
        usage.alarmAt = next
        usage.version &+= 1
        alarms.set(.usage(version: usage.version), at: next)
    }

    /// When a sum passes a limit; `never` when it is above already, and there was nobody to kill.
    private func passing(of limit: Int64, _ sum: UsageSum, after now: VirtualTime) -> VirtualTime {
        sum.amount(at: now) > Double(limit) ? .never : sum.firstAbove(Double(limit), from: now)
    }

    /// Sets the alarm again after all alarms have gone with the kubelet's process.
    func keepUsageAlarm() {
        if usage.alarmAt != .never { alarms.set(.usage(version: usage.version), at: usage.alarmAt) }
        usage.eviction = EvictionState()
    }

    /// The machine has lost power.
    func endAllUsage(_ now: VirtualTime) {
        usage.account(to: now)
        usage.endedCPUSeconds += usage.loads.reduce(0) { $0 + $1.cpuSeconds }
        usage.loads = []
        usage.alarmAt = .never
        usage.version &+= 1
    }

    // MARK: CPU

    /// Divides the CPU and moves the ends of runs.
    private func shareCPU(_ now: VirtualTime) {
        guard usage.loads.contains(where: { $0.cpu != nil }) else { return }
        let demands = usage.loads.map { $0.demandedCores(at: now) }
        var grants = demands
        let root = cpuGroups(demands)
        let capacity = Double(description.capacity.amount(ResourceName.cpu)) / 1_000
        root.divide(capacity > 0 ? capacity : .infinity, into: &grants)
        for index in usage.loads.indices where usage.loads[index].cpu != nil {
            usage.loads[index].granted = grants[index]
            let rate = demands[index] > 0 ? grants[index] / demands[index] : 1
            guard rate != usage.loads[index].rate else { continue }
            usage.loads[index].rate = rate
            guard let left = usage.loads[index].workLeft, rate > 0 else { continue }
            let wait = (left / rate).rounded(.up)
            let time =
                wait < 9e18 ? now.advancedClamping(by: .nanoseconds(Int64(wait))) : VirtualTime.never
            usage.loads[index].runEnd.time = time
            setEnd(of: usage.loads[index])
        }
    }

    /// The cgroups of what runs: guaranteed pods beside one group for burstable and one for best-effort pods.
    ///
    /// Upstream: `pkg/kubelet/cm/qos_container_manager_linux.go`, `setCPUCgroupConfig`; `helpers_linux.go`,
    /// `ResourceConfigForPod`; `pkg/kubelet/kuberuntime/kuberuntime_container_linux.go` (v1.36).
    private func cpuGroups(_ demands: [Double]) -> CPUGroup {
        var root = CPUGroup(weight: 1)
        var burstable = CPUGroup(weight: 1)
        var bestEffort = CPUGroup(weight: Double(FairShare.podWeight(shares: 2)))
        var done: [Int32] = []
        for load in usage.loads where load.cpu != nil && !done.contains(load.slot) {
            done.append(load.slot)
            let spec = pods[Int(load.slot)].pod.value.spec
            let quality = spec.qualityOfService
            let request = quality == .bestEffort ? 0 : spec.requests.amount(ResourceName.cpu)
            var group = CPUGroup(
                weight: Double(FairShare.podWeight(shares: FairShare.shares(milliCPU: request))),
                cap: spec.fields.resources.flatMap {
                    FairShare.cores(limitMilliCPU: $0.limits.amount(ResourceName.cpu))
                })
            for (index, member) in usage.loads.enumerated()
            where member.slot == load.slot && member.cpu != nil {
                let resources = container(of: member).resources
                let limit = resources.limits.amount(ResourceName.cpu)
                let own =
                    resources.requests[ResourceName.cpu] == nil
                    ? limit : resources.requests.amount(ResourceName.cpu)
                let weight = FairShare.containerWeight(shares: FairShare.shares(milliCPU: own))
                group.children.append(
                    CPUGroup(
                        weight: Double(weight), cap: FairShare.cores(limitMilliCPU: limit),
                        demand: demands[index], leaf: index))
            }
            switch quality {
            case .guaranteed: root.children.append(group)
            case .burstable: burstable.children.append(group)
            case .bestEffort: bestEffort.children.append(group)
            }
        }
        if !burstable.children.isEmpty {
            var requests: Int64 = 0
            for record in pods
            where record.generation != 0 && record.isKnown && isActive(record)
                && record.pod.value.spec.qualityOfService == .burstable
            { requests += record.pod.value.spec.requests.amount(ResourceName.cpu) }
            burstable.weight = Double(FairShare.podWeight(shares: FairShare.shares(milliCPU: requests)))
            root.children.append(burstable)
        }
        if !bestEffort.children.isEmpty { root.children.append(bestEffort) }
        return root
    }

    // MARK: Memory

    /// A pod's own memory limit, with its overhead; nil when it has none.
    private func podLimit(_ slot: Int32) -> Int64? {
        let spec = pods[Int(slot)].spec
        guard let limit = spec.resources?.limits.amount(ResourceName.memory), limit > 0 else { return nil }
        return limit + spec.overhead.amount(ResourceName.memory)
    }

    /// Kills one container, or one pod in a virtual machine, where memory has run out.
    private func killOne(_ now: VirtualTime, _ out: inout Outbox) -> Bool {
        for load in usage.loads where load.memory != nil {
            let limit = container(of: load).resources.limits
            let bytes = limit.amount(ResourceName.memory)
            if bytes > 0, load.memoryBytes(at: now) > Double(bytes) {
                kill(
                    load,
                    "it has used up its memory limit of "
                        + (limit[ResourceName.memory]?.description ?? "\(bytes)"), now, &out)
                return true
            }
        }
        for load in usage.loads where load.memory != nil {
            guard let limit = podLimit(load.slot), podMemory(load.slot).amount(at: now) > Double(limit),
                let victim = victim(among: { $0.slot == load.slot }, limit: limit, now)
            else { continue }
            kill(victim, "its pod has used up its memory limit of \(limit) bytes", now, &out)
            return true
        }
        let limit = podsMemoryLimit
        guard limit > 0, nodeMemory().amount(at: now) > Double(limit),
            let victim = victim(among: { _ in true }, limit: limit, now)
        else { return false }
        let isWholeMachine = limit == memoryCapacity
        if isWholeMachine, machine.isKubeletRunning {
            let process = container(of: victim).name.prefix(15)
            nodeEvent(
                .warning, "SystemOOM",
                "System OOM encountered, victim process: \(process), pid: \(victim.processID)", &out)
        }
        let cause =
            isWholeMachine
            ? "the node's memory is used up" : "the memory that the node leaves to pods is used up"
        if runtime(of: pods[Int(victim.slot)])?.isolation == .virtualMachine {
            killMachine(victim.slot, cause, now, &out)
        } else {
            kill(victim, cause, now, &out)
        }
        return true
    }

    /// The load with the most badness; the one that started last of equal ones, as in the kernel's list.
    private func victim(
        among isCandidate: (ContainerLoad) -> Bool, limit: Int64, _ now: VirtualTime
    ) -> ContainerLoad? {
        var worst: (load: ContainerLoad, badness: Int64)?
        for load in usage.loads where isCandidate(load) {
            let record = pods[Int(load.slot)]
            var bytes = load.memoryBytes(at: now)
            if runtime(of: record)?.isolation == .virtualMachine {
                // One process holds the memory of the whole pod.
                bytes = podMemory(load.slot).amount(at: now)
            }
            guard bytes > 0 else { continue }
            let adjust = OutOfMemory.scoreAdjust(
                record.pod.value.spec, container(of: load),
                isSidecar: Int(load.container) < record.initCount
                    && container(of: load).isSidecar, capacity: memoryCapacity)
            let badness = OutOfMemory.badness(
                usage: Int64(bytes.rounded(.down)), scoreAdjust: adjust, limit: limit)
            if badness >= worst?.badness ?? .min { worst = (load, badness) }
        }
        return worst?.load
    }

    private func kill(
        _ load: ContainerLoad, _ cause: String, _ now: VirtualTime, _ out: inout Outbox
    ) {
        end(load.slot, Int(load.container), .outOfMemory, now)
        let record = pods[Int(load.slot)]
        out.note(
            JournalEntry(
                .pod, .pod, record.pod.value.metadata.key, reason: "OOMKilled",
                message: "the kernel kills container \(container(of: load).name)", cause: cause))
    }

    /// The machine's process dies, and the pod's containers with it; the runtime cannot say why.
    private func killMachine(
        _ slot: Int32, _ cause: String, _ now: VirtualTime, _ out: inout Outbox
    ) {
        let index = Int(slot)
        for container in pods[index].containers.indices {
            guard let instance = pods[index].containers[container].instance, instance.startedAt != .never,
                instance.exitAt > now
            else { continue }
            end(slot, container, .error, now)
            if usage.index(of: slot, container) == nil, machine.isKubeletRunning {
                noticeChange(slot, at: now)
            }
        }
        pods[index].isSandboxReady = false
        pods[index].hasChanged = true
        out.note(
            JournalEntry(
                .pod, .pod, pods[index].pod.value.metadata.key, reason: "OOMKilled",
                message: "the kernel kills the pod's virtual machine", cause: cause))
    }

    private func end(_ slot: Int32, _ container: Int, _ reason: ExitReason, _ now: VirtualTime) {
        pods[Int(slot)].containers[container].instance?.exitAt = now
        pods[Int(slot)].containers[container].instance?.exitCode = 137
        pods[Int(slot)].containers[container].instance?.exitReason = reason
    }
}
