public import ControlPlane
public import KubernetesModel
public import SimulationKernel

/// What a recording says that a pod used over an interval: amounts, or fractions of what it requests.
public struct RecordedUsage: Hashable, Sendable {
    /// Cores; nil when not measured.
    public var cores: Double?
    /// Bytes; nil when not measured.
    public var bytes: Double?
    /// Of the requested CPU; counts where there are no ``cores``.
    public var coresFraction: Double?
    /// Of the requested memory; counts where there are no ``bytes``.
    public var bytesFraction: Double?

    public init(
        cores: Double? = nil, bytes: Double? = nil, coresFraction: Double? = nil, bytesFraction: Double? = nil
    ) {
        self.cores = cores
        self.bytes = bytes
        self.coresFraction = coresFraction
        self.bytesFraction = bytesFraction
    }
}

extension Kubelet {
    /// From now on a pod's first container that runs and uses anything uses what was recorded, until the next call.
    ///
    /// A pod that does not run here is left alone: a recording may know of other times at which it ran.
    public func setUsage(
        of pod: UID, to recorded: RecordedUsage, at now: VirtualTime, _ out: inout Outbox
    ) {
        guard let slot = slots[pod], let index = usage.loads.firstIndex(where: { $0.slot == slot }) else {
            return
        }
        let load = usage.loads[index]
        let requests = pods[Int(slot)].container(Int(load.container)).resources.requests
        func amount(_ absolute: Double?, _ fraction: Double?, of request: Double) -> Double? {
            guard let amount = absolute ?? fraction.map({ $0 * request }), amount.isFinite else { return nil }
            return max(0, amount)
        }
        let cores = amount(
            recorded.cores, recorded.coresFraction, of: Double(requests.amount(ResourceName.cpu)) / 1_000)
        let bytes = amount(
            recorded.bytes, recorded.bytesFraction, of: Double(requests.amount(ResourceName.memory)))
        let (cpu, memory) = (cores.map { UsageCurve(level: $0) }, bytes.map { UsageCurve(level: $0) })
        // What has been used up to now was granted under the former demand.
        usage.account(to: now)
        if let cpu, load.cpu != nil { usage.loads[index].cpu = cpu }
        if let memory, load.memory != nil { usage.loads[index].memory = memory }
        guard usage.loads[index].cpu != load.cpu || usage.loads[index].memory != load.memory else { return }
        usageChanged(now, &out)
    }
}
