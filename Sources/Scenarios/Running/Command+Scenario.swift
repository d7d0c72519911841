import ControlPlane
import Failures
import KubernetesModel
public import Simulation
import SimulationKernel

extension TimelineAction {
    /// The commands that carry the action out, in order.
    func commands(in cluster: ClusterPlan) -> [Command] {
        switch self {
        case .apply(let objects): return [.apply(objects.map { AppliedManifest($0) })]
        case .delete(let object, let grace, let propagation):
            let options = DeleteOptions(
                gracePeriodSeconds: grace,
                propagation: propagation.flatMap(DeleteOptions.Propagation.init(rawValue:)) ?? .background)
            return [.delete(object.kind, object.key, options)]
        case .scale(let object, let replicas): return [.scale(object.kind, object.key, replicas: replicas)]
        case .cordon(let target): return target.commands(.cordon(true), in: cluster)
        case .uncordon(let target): return target.commands(.cordon(false), in: cluster)
        case .drain(let target, let options):
            let drain = NodeAction.drain(
                gracePeriodSeconds: options.gracePeriodSeconds, timeout: options.timeout)
            return target.commands(drain, in: cluster)
        case .taint(let target, let taints):
            return target.commands(.taint(adding: taints, removing: []), in: cluster)
        case .untaint(let target, let removals):
            return target.commands(.taint(adding: [], removing: removals.flatMap(\.taints)), in: cluster)
        case .setImage(let object, let container, let image):
            return [.setImage(object.kind, object.key, container: container, image: image)]
        case .rollback(let object, let revision): return [.rollback(object.key, revision: revision ?? 0)]
        case .restart(let object): return [.restart(object.kind, object.key)]
        case .fail(let target, let mode, let duration):
            return target.component(in: cluster).map { [.fail($0, mode, for: duration)] }
                ?? target.commands(.fail(mode, for: duration), in: cluster)
        case .failDisk(let target, let disk, let duration):
            return target.with(disk: disk, in: cluster).commands(
                .failDisk(disk, for: duration), in: cluster)
        case .recoverDisk(let target, let disk):
            return target.with(disk: disk, in: cluster).commands(.recoverDisk(disk), in: cluster)
        case .recover(let target):
            return target.component(in: cluster).map { [.recover($0)] }
                ?? target.commands(.recover, in: cluster)
        case .killLeader(let component, let failure, let duration):
            let name =
                switch component {
                case .scheduler: "kube-scheduler"
                case .controllerManager: "kube-controller-manager"
                }
            switch failure {
            case .kill: return [.killLeader(component: name, for: duration)]
            case .partition: return [.cutOffLeader(component: name, for: duration)]
            }
        case .label(let object, let labels): return [.label(object.kind, object.key, labels)]
        case .annotate(let object, let annotations): return [.annotate(object.kind, object.key, annotations)]
        }
    }
}

extension AppliedManifest {
    public init(_ object: ManifestObject, isInitial: Bool = false) {
        self.init(
            object.tree, source: object.file,
            place: "\(object.position.line):\(object.position.column)", isInitial: isInitial)
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
    /// The rack or zone that fails as a whole; nil for single nodes.
    func component(in cluster: ClusterPlan) -> FailureComponent? {
        switch self {
        case .rack(let name):
            return cluster.racks.firstIndex(of: name).map { FailureComponent(.rack, UInt32($0)) }
        case .zone(let name):
            return cluster.zones.firstIndex { $0.name == name }.map { FailureComponent(.zone, UInt32($0)) }
        case .nodes, .pool, .selector, .running: return nil
        }
    }

    /// Those of the nodes that have a disk of this name.
    func with(disk: String, in cluster: ClusterPlan) -> NodeTarget {
        if case .running = self { return self }
        let names = nodes(in: cluster)
        return .nodes(
            cluster.nodes.filter { node in
                names.contains(node.name)
                    && cluster.nodePools[node.pool].disks.contains { $0.name == disk }
            }.map(\.name))
    }

    /// The same action for each of the nodes.
    func commands(_ action: NodeAction, in cluster: ClusterPlan) -> [Command] {
        if case .running(let pod) = self { return [.nodeOf(pod: pod.key, action)] }
        return nodes(in: cluster).map { .node($0, action) }
    }
}
