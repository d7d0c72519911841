public import SimulationKernel

/// A machine as a trace describes it at one moment.
public struct TraceMachine: Hashable, Sendable {
    public var id: String
    /// What it has: cores, memory, disk, and `gpuCount` devices of 1,000 milli each.
    public var capacity: TraceResources
    /// The devices' model, such as `V100M16`; empty without devices or when unknown.
    public var gpuModel: String
    /// Attributes in the trace's order: platform, failure domains, switch.
    public var labels: [TraceLabel]

    public init(id: String, capacity: TraceResources, gpuModel: String = "", labels: [TraceLabel] = []) {
        self.id = id
        self.capacity = capacity
        self.gpuModel = gpuModel
        self.labels = labels
    }
}

/// What happened to a machine at a moment.
public struct TraceMachineEvent: Hashable, Sendable {
    public enum Kind: UInt8, Hashable, Sendable {
        /// The machine became available; its capacity is in the record.
        case add
        /// The machine left: a failure, maintenance or a scale-down. Only the id is meaningful.
        case remove
        /// Capacity or labels changed; labels that the record does not have stay as they were.
        case update
        /// The machine reported an error but stayed: it takes nothing new.
        case fault
        /// The record's labels, and only those, have these values from now on. Its capacity means nothing.
        case label
        /// The record's labels, and only those, are gone. Its capacity means nothing.
        case unlabel
    }

    /// Since the trace's own zero; ``VirtualTime/start`` for machines that were there before.
    public var time: VirtualTime
    public var kind: Kind
    public var machine: TraceMachine

    public init(time: VirtualTime, kind: Kind, machine: TraceMachine) {
        self.time = time
        self.kind = kind
        self.machine = machine
    }
}
