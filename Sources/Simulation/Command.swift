public import ControlPlane
public import Failures
public import KubernetesModel
public import SimulationKernel

/// Something that a scenario's timeline does at a moment: what a person with kubectl and physical access can.
public enum Command: Sendable {
    /// `kubectl apply` of one manifest.
    case apply(JSONValue)
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
    case cordon(node: String, Bool)
    /// `kubectl drain --ignore-daemonsets --delete-emptydir-data`.
    ///
    /// A grace period of nil leaves it to the pods; a timeout of nil waits for ever.
    case drain(node: String, gracePeriodSeconds: Int64?, timeout: VirtualDuration?)
    case taint(node: String, adding: [Taint], removing: [Taint])
    case fail(FailureComponent, FailureMode, for: VirtualDuration?)
    case recover(FailureComponent)
    /// `kube-scheduler` or `kube-controller-manager`.
    case killLeader(component: String, for: VirtualDuration?)
    /// A named moment, for the timeline.
    case mark(String)
}

extension ClusterSimulation {
    /// Adds a command to be carried out at a moment; those of one moment in the order of these calls.
    public func schedule(_ command: Command, at time: VirtualTime) {
        commands.append(command)
        queue.schedule(.command(UInt32(commands.count - 1)), at: max(time, now))
    }

    func perform(_ command: Command) {
        switch command {
        case .fail(let component, let mode, let duration): beginScriptedOutage(mode, on: component, for: duration)
        case .recover(let component): recover(component)
        case .killLeader(let component, let duration): killLeader(of: component, for: duration)
        case .mark(let name):
            note(JournalEntry(.scenario, nil, ObjectKey(name: name), reason: "Moment", message: "moment \(name)"))
        default:
            kubectl.perform(command, view: server.store, epoch: configuration.start, at: now, &outbox)
            send(from: ProcessID(index: 0))
        }
    }
}
