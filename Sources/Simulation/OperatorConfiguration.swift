public import ControlPlane
public import KubernetesModel
import SimulationKernel

/// Processes that run controllers of their own beside Kubernetes' controller manager: an operator.
///
/// One of them works at a time: they are elected as Kubernetes' own components are, with a lease.
public struct OperatorConfiguration: Sendable {
    public var name: String
    /// How many processes stand for election. One bears the operator's name; several have numbers, from 0.
    public var replicas = 1
    /// The lease that the leader holds; nil for one of the operator's name in `kube-system`.
    public var lease: ObjectKey?
    /// What each process's clients may send; each controller has one of its own.
    public var client = ClientLimits.Limit(queriesPerSecond: 20, burst: 30)
    /// Makes a process's controllers with nothing remembered, at each of its starts.
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
            var election = Election(
                lease: description.lease ?? ObjectKey(namespace: "kube-system", name: description.name),
                component: description.name)
            for replica in 0..<max(1, description.replicas) {
                let manager = description.controllers()
                election.candidates.append(ProcessID(index: UInt32(processes.count)))
                let limit = description.client
                let clients = (0...manager.controllerNames.count).map { _ in
                    TokenBucket(queriesPerSecond: limit.queriesPerSecond, burst: limit.burst)
                }
                let name = description.replicas > 1 ? "\(description.name)-\(replica)" : description.name
                processes.append(Process(.customControllers(operators.count), name: name, clients: clients))
                operators.append(manager)
                operatorPlaces.append(place)
            }
            elections.append(election)
        }
    }
}
