public import KubernetesModel
public import SimulationKernel

/// What a running container has used: what a kubelet's `/metrics/resource` and `/stats/summary` are made of.
public struct ContainerUsage: Equatable, Sendable {
    public var name: String
    public var startedAt: VirtualTime
    /// Core-seconds since the start; the average of a window is the difference over its length.
    public var cpuSeconds: Double
    /// Cores, at the moment.
    public var cpuCores: Double
    public var workingSetBytes: Int64

    public init(
        name: String, startedAt: VirtualTime, cpuSeconds: Double, cpuCores: Double, workingSetBytes: Int64
    ) {
        self.name = name
        self.startedAt = startedAt
        self.cpuSeconds = cpuSeconds
        self.cpuCores = cpuCores
        self.workingSetBytes = workingSetBytes
    }
}

/// What everything on a node has used.
public struct NodeUsageSample: Equatable, Sendable {
    /// Core-seconds since the beginning of the run, ended containers included.
    public var cpuSeconds: Double
    public var cpuCores: Double
    public var workingSetBytes: Int64
}

extension Kubelet {
    /// The running containers of a pod whose behaviour says what they use, init containers first.
    ///
    /// - Parameter now: the present moment: it must not lie after ``nextWake`` or before the last event.
    public func containerUsage(of pod: UID, at now: VirtualTime) -> [ContainerUsage] {
        guard let slot = slots[pod] else { return [] }
        let record = pods[Int(slot)]
        return record.containers.indices.compactMap { container in
            guard let index = usage.index(of: slot, container) else { return nil }
            let load = usage.loads[index]
            return ContainerUsage(
                name: record.container(container).name, startedAt: load.startedAt,
                cpuSeconds: load.cpuSeconds + load.granted * sinceAccount(now), cpuCores: load.granted,
                workingSetBytes: OutOfMemory.wholePages(load.memoryBytes(at: now)))
        }
    }

    /// The sum over the node's pods, with the memory of their virtual machines.
    public func nodeUsage(at now: VirtualTime) -> NodeUsageSample {
        let cores = usage.loads.reduce(0) { $0 + $1.granted }
        let counted = usage.loads.reduce(usage.endedCPUSeconds) { $0 + $1.cpuSeconds }
        return NodeUsageSample(
            cpuSeconds: counted + cores * sinceAccount(now), cpuCores: cores,
            workingSetBytes: OutOfMemory.wholePages(nodeMemory().amount(at: now)))
    }

    private func sinceAccount(_ now: VirtualTime) -> Double {
        max(0, (now - usage.accountedAt).fractionalSeconds)
    }
}
