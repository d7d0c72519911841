/// Amounts of the resources that traces speak of: a request, a limit or a machine's capacity.
///
/// A resource that the trace does not give is 0 in a request or limit (nothing asked for, no cap).
public struct TraceResources: Hashable, Sendable {
    /// Thousandths of a core.
    public var milliCPU: Int64 = 0
    public var memoryBytes: Int64 = 0
    public var diskBytes: Int64 = 0
    /// Whole devices; those of a request are all on one node.
    public var gpuCount: Int64 = 0
    /// Thousandths of each of those devices: below 1,000 only where one device is shared.
    public var gpuMilli: Int64 = 0
    /// What has no field here, such as `rdma`, by the trace's own name, sorted by name.
    public var others: [NamedAmount] = []

    public init(
        milliCPU: Int64 = 0, memoryBytes: Int64 = 0, diskBytes: Int64 = 0, gpuCount: Int64 = 0,
        gpuMilli: Int64 = 0, others: [NamedAmount] = []
    ) {
        self.milliCPU = milliCPU
        self.memoryBytes = memoryBytes
        self.diskBytes = diskBytes
        self.gpuCount = gpuCount
        self.gpuMilli = gpuMilli
        self.others = others
    }

    /// The sum over the devices, in thousandths of one; held at the largest number instead of overflowing.
    public var totalGPUMilli: Int64 {
        let (product, overflow) = gpuCount.multipliedReportingOverflow(by: gpuMilli)
        return overflow ? .max : product
    }

    /// The amount of a resource that has no field.
    public func other(_ name: String) -> Int64 { others.first { $0.name == name }?.amount ?? 0 }
}

/// An amount of a resource that only some traces know.
public struct NamedAmount: Hashable, Sendable {
    public var name: String
    public var amount: Int64

    public init(name: String, amount: Int64) {
        self.name = name
        self.amount = amount
    }
}

/// A name with a value: a machine's attribute or a task's label.
public struct TraceLabel: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
