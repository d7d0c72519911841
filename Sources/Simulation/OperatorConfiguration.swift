public import ControlPlane
import KubernetesModel
import SimulationKernel

/// A process that runs controllers of its own beside Kubernetes' controller manager: an operator.
///
/// It is elected as they are, with a lease of its name in `kube-system`; there is one candidate.
public struct OperatorConfiguration: Sendable {
    public var name: String
    /// What the process's clients may send; each controller has one of its own.
    public var client = ClientLimits.Limit(queriesPerSecond: 20, burst: 30)
    /// Makes the process's controllers with nothing remembered, at each of its starts.
    public var controllers: @Sendable () -> ControllerManager

    public init(name: String, controllers: @escaping @Sendable () -> ControllerManager) {
        self.name = name
        self.controllers = controllers
    }
}

extension ClusterSimulation {
    /// Makes the processes of the configuration's operators; they start with the elections.
    func addOperators() {
        for (place, description) in configuration.operators.enumerated() {
            let manager = description.controllers()
            operators.append(manager)
            elections.append(
                Election(
                    lease: ObjectKey(namespace: "kube-system", name: description.name),
                    component: description.name,
                    candidates: [ProcessID(index: UInt32(processes.count))]))
            let limit = description.client
            let clients = (0...manager.controllerNames.count).map { _ in
                TokenBucket(queriesPerSecond: limit.queriesPerSecond, burst: limit.burst)
            }
            processes.append(Process(.customControllers(place), name: description.name, clients: clients))
        }
    }
}
