public import Failures
public import KubernetesModel
import OrderedCollections
public import SimulationKernel

/// Something that is done to the cluster at a moment, or just the moment's name.
public struct TimelineEntry: Sendable {
    public var at: VirtualTime
    /// The moment's name, for expectations.
    public var name: String?
    public var description: String
    /// Nil for a bare named moment.
    public var action: TimelineAction?

    public init(
        at: VirtualTime, name: String? = nil, description: String = "", action: TimelineAction? = nil
    ) {
        self.at = at
        self.name = name
        self.description = description
        self.action = action
    }
}

/// One object that a user names.
public struct ObjectReference: Hashable, Sendable, CustomStringConvertible {
    public var kind: ObjectKind
    /// With the namespace filled in for kinds that live in one.
    public var key: ObjectKey

    public init(kind: ObjectKind, key: ObjectKey) {
        self.kind = kind
        self.key = key
    }

    /// `deployment/web`, with ` -n` and the namespace unless it is `default`.
    public var description: String {
        let text = "\(kind.name.lowercased())/\(key.name)"
        return key.namespace.isEmpty || key.namespace == "default" ? text : "\(text) -n \(key.namespace)"
    }
}

/// Which nodes an action is about.
public enum NodeTarget: Hashable, Sendable {
    case nodes([String])
    case rack(String)
    case zone(String)
    case pool(String)
    case selector(LabelSelector)
    /// The node to which a pod is bound at that moment; none if there is no such pod.
    case running(ObjectReference)

    /// The names of the nodes, in the cluster's order; none for ``running(_:)``, which only the run can tell.
    public func nodes(in cluster: ClusterPlan) -> [String] {
        cluster.nodes.filter { node in
            switch self {
            case .running: false
            case .nodes(let names): names.contains(node.name)
            case .rack(let name): node.rack == name
            case .zone(let name): node.zone == name
            case .pool(let name): cluster.nodePools[node.pool].name == name
            case .selector(let selector): selector.matches(Labels(node.labels))
            }
        }.map(\.name)
    }
}

/// What a user or fate does to the cluster.
public enum TimelineAction: Sendable {
    public enum LeaderComponent: String, CaseIterable, Sendable {
        case scheduler
        case controllerManager = "controller-manager"
    }

    /// What happens to the leader of a component.
    public enum LeaderFailure: String, CaseIterable, Sendable {
        case kill
        /// It does not reach the API server any more.
        case partition
    }

    public struct Drain: Hashable, Sendable {
        /// Nil leaves it to each pod.
        public var gracePeriodSeconds: Int64?
        public var ignoresDaemonSets: Bool
        public var deletesEmptyDirData: Bool
        /// Whether pods without a controller are deleted too.
        public var isForced: Bool
        /// Nil for no limit.
        public var timeout: VirtualDuration?
    }

    /// A taint to be removed; all effects of the key when the effect is nil.
    public struct TaintRemoval: Hashable, Sendable {
        public var key: String
        public var effect: String?
    }

    case apply([ManifestObject])
    /// Nil for the grace period leaves it to the object; the propagation is `Background`, `Foreground`, `Orphan`.
    case delete(ObjectReference, gracePeriodSeconds: Int64?, propagation: String?)
    case scale(ObjectReference, replicas: Int64)
    case cordon(NodeTarget)
    case uncordon(NodeTarget)
    case drain(NodeTarget, Drain)
    case taint(NodeTarget, [Taint])
    case untaint(NodeTarget, [TaintRemoval])
    /// As `kubectl set image`.
    case setImage(ObjectReference, container: String, image: String)
    /// As `kubectl rollout undo` of a Deployment; nil for the revision before the present one.
    case rollback(ObjectReference, toRevision: Int64?)
    /// As `kubectl rollout restart`.
    case restart(ObjectReference)
    /// Nil for a failure that lasts until a `recover`.
    case fail(NodeTarget, mode: FailureMode, duration: VirtualDuration?)
    /// Fails disks of this name on the nodes.
    case failDisk(NodeTarget, disk: String, duration: VirtualDuration?)
    /// Ends every failure of the nodes.
    case recover(NodeTarget)
    /// Ends the failure of disks of this name on the nodes.
    case recoverDisk(NodeTarget, disk: String)
    /// Nil for a replica that does not come back.
    case killLeader(LeaderComponent, LeaderFailure = .kill, duration: VirtualDuration?)
    /// Nil removes a label.
    case label(ObjectReference, [String: String?])
    case annotate(ObjectReference, [String: String?])

    /// The key of the action in a scenario file.
    public var name: String {
        switch self {
        case .apply: "apply"
        case .delete: "delete"
        case .scale: "scale"
        case .cordon: "cordon"
        case .uncordon: "uncordon"
        case .drain: "drain"
        case .taint: "taint"
        case .untaint: "untaint"
        case .setImage: "setImage"
        case .rollback: "rollback"
        case .restart: "restart"
        case .fail, .failDisk: "fail"
        case .recover, .recoverDisk: "recover"
        case .killLeader: "killLeader"
        case .label: "label"
        case .annotate: "annotate"
        }
    }

    /// The keys of actions in a scenario file.
    static let names = [
        "apply", "delete", "scale", "cordon", "uncordon", "drain", "taint", "untaint", "setImage", "rollback",
        "restart", "fail", "recover", "killLeader", "label", "annotate",
    ]
}

extension TimelineEntry {
    var json: JSONValue {
        var object: JSONObject = ["at": at.sinceStart.json]
        if let name { object["as"] = .string(name) }
        if !description.isEmpty { object["description"] = .string(description) }
        if let action { object[action.name] = action.json }
        return .object(object)
    }
}

extension TimelineAction {
    var json: JSONValue {
        switch self {
        case .apply(let objects): return .array(objects.map(\.resolved))
        case .delete(let reference, let grace, let propagation):
            var object = reference.members
            if let grace { object["gracePeriodSeconds"] = .integer(grace) }
            if let propagation { object["propagation"] = .string(propagation) }
            return .object(object)
        case .scale(let reference, let replicas):
            var object = reference.members
            object["replicas"] = .integer(replicas)
            return .object(object)
        case .cordon(let target), .uncordon(let target), .recover(let target): return .object(target.members)
        case .drain(let target, let drain):
            var object = target.members
            if let grace = drain.gracePeriodSeconds { object["gracePeriodSeconds"] = .integer(grace) }
            object["ignoreDaemonSets"] = .bool(drain.ignoresDaemonSets)
            object["deleteEmptyDirData"] = .bool(drain.deletesEmptyDirData)
            object["force"] = .bool(drain.isForced)
            if let timeout = drain.timeout { object["timeout"] = timeout.json }
            return .object(object)
        case .taint(let target, let taints):
            var object = target.members
            object["taints"] = .array(taints.map { .string($0.shownText) })
            return .object(object)
        case .untaint(let target, let removals):
            var object = target.members
            object["taints"] = .array(
                removals.map { .string($0.key + ($0.effect.map { ":" + $0 } ?? "")) })
            return .object(object)
        case .setImage(let reference, let container, let image):
            var object = reference.members
            object["container"] = .string(container)
            object["image"] = .string(image)
            return .object(object)
        case .rollback(let reference, let revision):
            var object = reference.members
            if let revision { object["toRevision"] = .integer(revision) }
            return .object(object)
        case .restart(let reference): return .object(reference.members)
        case .fail(let target, let mode, let duration):
            var object = target.members
            object["mode"] = .string(mode.rawValue)
            if let duration { object["for"] = duration.json }
            return .object(object)
        case .failDisk(let target, let disk, let duration):
            var object = target.members
            object["disk"] = .string(disk)
            object["mode"] = .string(FailureMode.diskFailure.rawValue)
            if let duration { object["for"] = duration.json }
            return .object(object)
        case .recoverDisk(let target, let disk):
            var object = target.members
            object["disk"] = .string(disk)
            return .object(object)
        case .killLeader(let component, let failure, let duration):
            var object: JSONObject = ["component": .string(component.rawValue)]
            if failure != .kill { object["mode"] = .string(failure.rawValue) }
            if let duration { object["for"] = duration.json }
            return .object(object)
        case .label(let reference, let changes), .annotate(let reference, let changes):
            var object = reference.members
            object["set"] = .object(changes.sortedObject)
            return .object(object)
        }
    }
}

extension ObjectReference {
    var members: JSONObject {
        var object: JSONObject = ["object": .string("\(kind.name.lowercased())/\(key.name)")]
        if !key.namespace.isEmpty { object["namespace"] = .string(key.namespace) }
        return object
    }
}

extension NodeTarget {
    var members: JSONObject {
        switch self {
        case .nodes(let names):
            names.count == 1 ? ["node": .string(names[0])] : ["nodes": .array(names.map(JSONValue.string))]
        case .rack(let name): ["rack": .string(name)]
        case .zone(let name): ["zone": .string(name)]
        case .pool(let name): ["pool": .string(name)]
        case .selector(let selector): ["selector": .object(selector.jsonObject)]
        case .running(let pod): ["nodeOf": .string(pod.description)]
        }
    }
}
