public import SimulationKernel

/// What a task or a machine used over an interval.
public struct TraceUsage: Hashable, Sendable {
    public enum Subject: UInt8, Hashable, Sendable {
        case task, machine
    }

    public var subject: Subject
    /// The ``TraceTask/id`` or ``TraceMachine/id``.
    public var id: String
    public var start: VirtualTime
    /// Not before the start; equal to it for a reading at a moment.
    public var end: VirtualTime
    /// Cores in thousandths; nil when not measured.
    public var milliCPU: Int64?
    public var maximumMilliCPU: Int64?
    public var memoryBytes: Int64?
    public var maximumMemoryBytes: Int64?
    /// The fraction of the request (task) or capacity (machine) where the trace gives no absolute amount.
    public var cpuFraction: Double?
    public var memoryFraction: Double?
    /// Busy thousandths of a device, summed over the devices.
    public var gpuMilli: Int64?

    public init(subject: Subject, id: String, start: VirtualTime, end: VirtualTime) {
        self.subject = subject
        self.id = id
        self.start = start
        self.end = end
    }
}
