public import Controllers

/// Options of the controllers that a scenario may change.
public struct ControllerOptions: Sendable {
    public var nodeLifecycle = NodeLifecycleOptions()
    public var attachDetach = AttachDetachController.Options()
    public var volumes = VolumeOperationTiming()

    public init() {}
}
