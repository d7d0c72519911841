public import ControlPlane
public import Failures
public import KubernetesModel
public import SimulationKernel
import VirtualNodes

/// Something done to one node.
public enum NodeAction: Sendable {
    case cordon(Bool)
    /// `kubectl drain --ignore-daemonsets --delete-emptydir-data`.
    ///
    /// A grace period of nil leaves it to the pods; a timeout of nil waits for ever.
    case drain(gracePeriodSeconds: Int64?, timeout: VirtualDuration?)
    case taint(adding: [Taint], removing: [Taint])
    case fail(FailureMode, for: VirtualDuration?)
    /// Ends what the timeline has done to the node, to its disks too.
    case recover
    /// Fails the node's disk of this name.
    case failDisk(String, for: VirtualDuration?)
    case recoverDisk(String)
}

/// Something that a scenario's timeline does at a moment: what a person with kubectl and physical access can.
public enum Command: Sendable {
    /// `kubectl apply` of manifests, one after the other.
    case apply([AppliedManifest])
    case delete(ObjectKind, ObjectKey, DeleteOptions)
    case scale(ObjectKind, ObjectKey, replicas: Int64)
    /// `kubectl set image`: container name to image.
    case setImage(ObjectKind, ObjectKey, container: String, image: String)
    /// `kubectl rollout undo`; revision 0 is the one before.
    case rollback(ObjectKey, revision: Int64)
    /// `kubectl rollout restart`.
    case restart(ObjectKind, ObjectKey)
    /// `kubectl rollout pause` and `resume`.
    case pause(ObjectKey, Bool)
    case label(ObjectKind, ObjectKey, [String: String?])
    case annotate(ObjectKind, ObjectKey, [String: String?])
    case node(String, NodeAction)
    /// The same to the node on which a pod is at that moment.
    case nodeOf(pod: ObjectKey, NodeAction)
    /// Fails a rack, a zone, a node or a disk.
    case fail(FailureComponent, FailureMode, for: VirtualDuration?)
    case recover(FailureComponent)
    /// `kube-scheduler` or `kube-controller-manager`.
    case killLeader(component: String, for: VirtualDuration?)
    /// Cuts the leader off from the API server, for a time or for good: it gives up when it could not renew
    /// its lease for long enough.
    case cutOffLeader(component: String, for: VirtualDuration?)
    /// A named moment, for the timeline.
    case mark(String, description: String)
}

extension ClusterSimulation {
    /// Adds a command to be carried out at a moment; those of one moment in the order of these calls.
    public func schedule(_ command: Command, at time: VirtualTime) {
        commands.append(command)
        if case .apply(let manifests) = command { expectAutoscalers(in: manifests, at: max(time, now)) }
        queue.schedule(.command(UInt32(commands.count - 1)), at: max(time, now))
    }

    func perform(_ command: Command) {
        switch command {
        case .fail(let component, let mode, let duration):
            beginScriptedOutage(mode, on: component, for: duration)
        case .recover(let component): recover(component)
        case .killLeader(let component, let duration): killLeader(of: component, for: duration)
        case .cutOffLeader(let component, let duration): cutOffLeader(of: component, for: duration)
        case .mark(let name, let description):
            note(
                JournalEntry(
                    .scenario, nil, ObjectKey(name: name), reason: "Moment",
                    message: description.isEmpty ? "(a named moment)" : description))
        case .node(let name, let action): perform(action, on: name)
        case .nodeOf(let pod, let action):
            guard let name = get(Pod.self, pod)?.nodeName, !name.isEmpty else {
                return note(
                    JournalEntry(
                        .scenario, .pod, pod, reason: "CommandFailed",
                        message: "the pod is on no node, so nothing was done to its node",
                        cause: "scenario timeline"))
            }
            perform(action, on: name)
        default:
            kubectl.perform(command, view: server.store, at: now, &outbox)
            send(from: ProcessID(index: 0))
        }
    }

    /// A disk by its name; says so when the node has none of that name.
    private func diskComponent(_ disk: String, of node: String) -> FailureComponent? {
        let index = disks.firstIndex { place in
            let description = configuration.nodes[place.node].description
            return description.name == node && description.disks[place.disk].name == disk
        }
        if let index { return FailureComponent(.disk, UInt32(index)) }
        note(
            JournalEntry(
                .scenario, .node, ObjectKey(name: node), reason: "CommandFailed",
                message: "the node has no disk \(disk), so nothing was done", cause: "scenario timeline"))
        return nil
    }

    private func perform(_ action: NodeAction, on name: String) {
        let component = nodeIndex(name).map { FailureComponent(.node, UInt32($0)) }
        switch (action, component) {
        case (.fail(let mode, let duration), let component?):
            beginScriptedOutage(mode, on: component, for: duration)
        case (.recover, let component?):
            recover(component)
            for index in disks.indices where disks[index].node == Int(component.index) {
                recover(FailureComponent(.disk, UInt32(index)))
            }
        case (.failDisk(let disk, let duration), _):
            guard let disk = diskComponent(disk, of: name) else { return }
            beginScriptedOutage(.diskFailure, on: disk, for: duration)
        case (.recoverDisk(let disk), _):
            guard let disk = diskComponent(disk, of: name) else { return }
            recover(disk)
        default:
            kubectl.perform(action, on: name, view: server.store, at: now, &outbox)
            send(from: ProcessID(index: 0))
        }
    }
}
