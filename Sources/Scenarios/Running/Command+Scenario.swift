import ControlPlane
import Failures
import KubernetesModel
import Simulation
import SimulationKernel

extension TimelineAction {
    /// The commands that carry the action out, in order.
    func commands(in cluster: ClusterPlan) -> [Command] {
        switch self {
        case .apply(let objects): return objects.map { .apply($0.tree) }
        case .delete(let object, let grace, let propagation):
            let options = DeleteOptions(
                gracePeriodSeconds: grace,
                propagation: propagation.flatMap(DeleteOptions.Propagation.init(rawValue:)) ?? .background)
            return [.delete(object.kind, object.key, options)]
        case .scale(let object, let replicas): return [.scale(object.kind, object.key, replicas: replicas)]
        case .cordon(let target): return target.nodes(in: cluster).map { .cordon(node: $0, true) }
        case .uncordon(let target): return target.nodes(in: cluster).map { .cordon(node: $0, false) }
        case .drain(let target, let options):
            return target.nodes(in: cluster).map {
                .drain(node: $0, gracePeriodSeconds: options.gracePeriodSeconds, timeout: options.timeout)
            }
        case .taint(let target, let taints):
            return target.nodes(in: cluster).map { .taint(node: $0, adding: taints, removing: []) }
        case .untaint(let target, let removals):
            let taints = removals.flatMap(\.taints)
            return target.nodes(in: cluster).map { .taint(node: $0, adding: [], removing: taints) }
        case .setImage(let object, let container, let image):
            return [.setImage(object.kind, object.key, container: container, image: image)]
        case .rollback(let object, let revision): return [.rollback(object.key, revision: revision ?? 0)]
        case .restart(let object): return [.restart(object.kind, object.key)]
        case .fail(let target, let mode, let duration):
            return target.components(in: cluster).map { .fail($0, mode, for: duration) }
        case .failDisk: return []
        case .recover(let target): return target.components(in: cluster).map { .recover($0) }
        case .killLeader(let component, let duration):
            let name =
                switch component {
                case .scheduler: "kube-scheduler"
                case .controllerManager: "kube-controller-manager"
                }
            return [.killLeader(component: name, for: duration)]
        case .label(let object, let labels): return [.label(object.kind, object.key, labels)]
        case .annotate(let object, let annotations): return [.annotate(object.kind, object.key, annotations)]
        }
    }
}

extension TimelineAction.TaintRemoval {
    /// The taints that the removal names: those of every effect when it names none.
    var taints: [Taint] {
        let effects: [TaintEffect] = [.noSchedule, .preferNoSchedule, .noExecute]
        return effects.filter { effect == nil || effect == $0.rawValue }.map { Taint(key: key, effect: $0) }
    }
}

extension NodeTarget {
    /// What fails: a rack or zone as a whole, or single nodes.
    func components(in cluster: ClusterPlan) -> [FailureComponent] {
        switch self {
        case .rack(let name):
            return cluster.racks.firstIndex(of: name).map { [FailureComponent(.rack, UInt32($0))] } ?? []
        case .zone(let name):
            return cluster.zones.firstIndex { $0.name == name }.map { [FailureComponent(.zone, UInt32($0))] } ?? []
        case .nodes, .pool, .selector:
            let all = cluster.nodes.map(\.name)
            return nodes(in: cluster).compactMap { name in
                all.firstIndex(of: name).map { FailureComponent(.node, UInt32($0)) }
            }
        }
    }
}
