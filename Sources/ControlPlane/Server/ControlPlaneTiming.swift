public import SimulationKernel

/// How long calls and watch events take between a component and the API server.
public struct ControlPlaneTiming: Hashable, Sendable {
    /// From the moment a client sends a call to the moment the API server works on it: half of a round trip
    /// in one zone (about 0.5 ms), TLS and decoding. An assumption; see `docs/reference/timing.md`.
    public var requestLatency = VirtualDuration.milliseconds(1)
    /// What a write costs in etcd before it counts: the quorum's fsync. etcd's documentation asks for a 99th
    /// percentile of its write-ahead log's fsync below 10 ms; 4 ms is a healthy disk's typical figure.
    public var commitLatency = VirtualDuration.milliseconds(4)
    /// From the end of the server's work to the moment the client has the answer.
    public var responseLatency = VirtualDuration.milliseconds(1)
    /// From a write's commit to its arrival in a watching component's cache.
    public var watchLatency = VirtualDuration.milliseconds(2)
    /// How long a client waits for a server that it cannot reach. Upstream's clients set no limit of their
    /// own but for leader election and leases; kubelet's heartbeat client waits 10 s.
    public var unreachableTimeout = VirtualDuration.seconds(10)

    public init() {}
}
