public import Autoscalers
public import ControlPlane
public import Controllers
public import SimulationKernel

/// Options of the controllers that a scenario may change.
public struct ControllerOptions: Sendable {
    public var nodeLifecycle = NodeLifecycleOptions()
    public var attachDetach = AttachDetachController.Options()
    public var volumes = VolumeOperationTiming()
    public var horizontal = HorizontalOptions()
    /// How often the pod garbage collector passes over all pods, and how long a node must be missing.
    public var podGCPeriod = PodGCController.period
    public var podGCQuarantine = PodGCController.quarantine
    /// How often the volume binder looks at every claim.
    public var claimBinderSyncPeriod = PersistentVolumeController.resyncPeriod
    /// How often the quota controller measures every quota anew.
    public var quotaSyncPeriod = ResourceQuotaController.syncPeriod

    /// Stands between the controller manager and its controllers; for tests that plant a fault. A scenario
    /// cannot ask for it.
    public var wrapping: (any ControllerWrapping)?

    public init() {}
}
