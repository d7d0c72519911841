public import SimulationKernel

/// Options of the horizontal pod autoscaler: the controller manager's `--horizontal-pod-autoscaler-…`.
///
/// Upstream: `pkg/controller/podautoscaler/config/v1alpha1/defaults.go` (v1.36).
public struct HorizontalOptions: Hashable, Sendable {
    /// How long after one look at an autoscaler the next comes.
    public var syncPeriod = VirtualDuration.seconds(15)
    /// For how long the highest recommendation holds, where an autoscaler does not say otherwise.
    public var downscaleStabilization = VirtualDuration.minutes(5)
    /// By which part a metric may differ from its target.
    public var tolerance = 0.1
    /// For how long after a pod's start its CPU counts only from one window after it became ready.
    public var cpuInitializationPeriod = VirtualDuration.minutes(5)
    /// Changes of readiness up to here after a pod's start count as its first.
    public var initialReadinessDelay = VirtualDuration.seconds(30)

    public init() {}
}
