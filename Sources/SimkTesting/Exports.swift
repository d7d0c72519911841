// What the author of a controller needs besides this module: objects, the controller's protocol, and time.
@_exported public import ControlPlane
@_exported public import KubernetesModel
@_exported public import SimulationKernel
