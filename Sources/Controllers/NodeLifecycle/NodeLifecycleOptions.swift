public import SimulationKernel

/// The node lifecycle controller's flags, with kube-controller-manager's defaults.
///
/// Upstream: `pkg/controller/nodelifecycle/config/v1alpha1/defaults.go`,
/// `cmd/kube-controller-manager/app/options/nodelifecyclecontroller.go` (v1.36).
public struct NodeLifecycleOptions: Hashable, Sendable {
    /// `--node-monitor-period`: the time between two looks at every node's health.
    public var monitorPeriod = VirtualDuration.seconds(5)
    /// `--node-monitor-grace-period`: how long a node may be silent before it counts as unreachable.
    public var monitorGracePeriod = VirtualDuration.seconds(50)
    /// `--node-startup-grace-period`: the same for a node that never posted a status.
    public var startupGracePeriod = VirtualDuration.seconds(60)
    /// `--node-eviction-rate`: nodes a second, in a zone, that get a NoExecute taint.
    public var evictionRate: Float = 0.1
    /// `--secondary-node-eviction-rate`: the same in a large zone that is partly disrupted.
    public var secondaryEvictionRate: Float = 0.01
    /// `--large-cluster-size-threshold`: zones of at most so many nodes stop tainting when partly disrupted.
    public var largeClusterThreshold = 50
    /// `--unhealthy-zone-threshold`: the share of nodes not ready that makes a zone partly disrupted.
    public var unhealthyZoneThreshold: Float = 0.55
    /// The time between two passes of the loop that adds NoExecute taints (`NodeEvictionPeriod`; no flag).
    public var taintingPeriod = VirtualDuration.milliseconds(100)
    /// How long a lease renewal takes to reach the controller's cache, where renewals are not delivered one by
    /// one: the call's and the watch's latency. It matters only for a renewal just before a pass.
    public var renewalDelay = VirtualDuration.zero
    /// Whether, of nodes of a zone that wait for a NoExecute taint, the last gets it first. Upstream takes all that
    /// wait out of the queue and in again at every pass, in the order of a hash table, so either may be first.
    public var taintsLastFirst = false

    public init() {}
}

/// What share of a zone's nodes is ready; it decides how fast nodes of the zone are tainted.
public enum ZoneState: String, Hashable, Sendable {
    case initial = "Initial"
    case normal = "Normal"
    case fullDisruption = "FullDisruption"
    case partialDisruption = "PartialDisruption"

    /// Upstream: `nodelifecycle`, `ComputeZoneState` (v1.36).
    public static func of(ready: Int, notReady: Int, threshold: Float) -> ZoneState {
        if ready == 0 && notReady > 0 { return .fullDisruption }
        if notReady > 2 && Float(notReady) / Float(notReady + ready) >= threshold {
            return .partialDisruption
        }
        return .normal
    }
}
