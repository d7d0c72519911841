import KubernetesModel
import SimulationKernel

/// What the controller remembers of a node's signs of life.
struct NodeHealth: Sendable {
    /// The pass at which the last sign of life was noticed; nil stands for the pass after the running one.
    var probe: VirtualTime?
    /// What the node's Ready condition said at the last pass that looked; nil when it had none.
    var ready: ConditionStatus?
    /// The heartbeat of that condition.
    var heartbeat: Timestamp?
    /// The latest lease renewal that was noticed.
    var renewTime: VirtualTime?
    /// The lease is renewed at regular times, so that the node stays healthy without anybody looking.
    var isRenewing = false
    /// The node counts in its zone as ready or not; nil when it is not counted.
    var counted: (zone: String, isReady: Bool)?
    /// Marking the node's pods failed and is to be repeated.
    var retriesPods = false
}
