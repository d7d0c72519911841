public import KubernetesModel

/// What plugins beyond upstream's know of the run that they take part in, besides their arguments.
public struct PluginEnvironment: Sendable {
    /// Of the run; plugins draw from streams below `scheduler/`.
    public var seed: UInt64
    /// The calendar time of the run's start.
    public var epoch: CalendarTime
    /// Bytes a second from the registry to one node; a default for estimates of start times.
    public var imageBytesPerSecond: Int64
    /// The size of an image that no node lists; a default for estimates of start times.
    public var unknownImageBytes: Int64
    /// The data sets on the nodes' disks.
    public var data = DataCatalog()
    /// The pods that FGD reckons with, where its arguments name none.
    public var targetWorkload = TargetWorkload(tasks: [])
    /// Whether nodes have GPUs that are shared: every profile then has GPUShare, unless it disables it.
    public var sharesGPUs = false

    /// The defaults are those of scenarios: 125 MB/s (1 Gbit/s) and 100 MB.
    public init(
        seed: UInt64 = 0, epoch: CalendarTime = CalendarTime(unixSeconds: 0),
        imageBytesPerSecond: Int64 = 125_000_000, unknownImageBytes: Int64 = 100_000_000
    ) {
        self.seed = seed
        self.epoch = epoch
        self.imageBytesPerSecond = imageBytesPerSecond
        self.unknownImageBytes = unknownImageBytes
    }
}
