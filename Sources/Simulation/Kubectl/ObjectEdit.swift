import ControlPlane
import Controllers
import KubernetesModel
import OrderedCollections

/// A change that kubectl makes to an object after it has read it.
///
/// Upstream: `kubectl/pkg/cmd/{scale,set,rollout,label,annotate,taint}`, `kubectl/pkg/drain/cordon.go`,
/// `kubectl/pkg/polymorphichelpers` (v1.36).
enum ObjectEdit: Sendable {
    case scale(Int64)
    case setImage(container: String, image: String)
    /// The time is that of the command, as an annotation has it.
    case restart(time: String)
    case pause(Bool)
    /// To a revision, 0 for the one before; with the ReplicaSets of the Deployment's namespace.
    case rollBack(Int64, [ReplicaSet])
    case label([String: String?])
    case annotate([String: String?])
    case cordon(Bool)
    case taint(adding: [Taint], removing: [Taint])

    /// Why kubectl makes no request.
    struct Refusal: Error { var message: String }

    /// The command's name and arguments, for the journal.
    var description: String {
        switch self {
        case .scale(let replicas): "scale to \(replicas)"
        case .setImage(let container, let image): "set image \(container)=\(image)"
        case .restart: "rollout restart"
        case .pause(let flag): "rollout \(flag ? "pause" : "resume")"
        case .rollBack(0, _): "rollout undo"
        case .rollBack(let revision, _): "rollout undo --to-revision=\(revision)"
        case .label: "label"
        case .annotate: "annotate"
        case .cordon(let flag): flag ? "cordon" : "uncordon"
        case .taint: "taint"
        }
    }

    /// The patch for the object as it is; nil when there is nothing to change.
    func patch(for object: APIObject, epoch: CalendarTime) throws(Refusal) -> ObjectPatch? {
        let tree = object.tree(epoch: epoch)
        switch self {
        case .scale(let replicas): return .scale(.merge(["spec": ["replicas": .integer(replicas)]]))
        case .setImage(let container, let image):
            return try strategic(tree, settingImage(tree, container, image), object.kind)
        case .restart(let time):
            if tree["spec"]?["paused"] == true {
                throw Refusal(message: "can't restart paused deployment (run rollout resume first)")
            }
            var changed = tree
            var spec = tree["spec"] ?? [:]
            var template = spec["template"] ?? [:]
            var metadata = template["metadata"] ?? [:]
            var annotations = metadata["annotations"] ?? [:]
            annotations["kubectl.kubernetes.io/restartedAt"] = .string(time)
            metadata["annotations"] = annotations
            template["metadata"] = metadata
            spec["template"] = template
            changed["spec"] = spec
            return try strategic(tree, changed, object.kind)
        case .pause(let flag):
            let isPaused = tree["spec"]?["paused"]?.boolValue ?? false
            if isPaused == flag { throw Refusal(message: flag ? "is already paused" : "is not paused") }
            return .strategicMerge(["spec": ["paused": flag ? .bool(true) : .null]])
        case .rollBack(let revision, let sets):
            return try rollingBack(object, to: revision, sets, epoch: epoch)
        case .label(let labels): return Self.metadata("labels", labels, tree)
        case .annotate(let annotations): return Self.metadata("annotations", annotations, tree)
        case .cordon(let flag):
            guard (tree["spec"]?["unschedulable"]?.boolValue ?? false) != flag else { return nil }
            return .strategicMerge(["spec": ["unschedulable": flag ? .bool(true) : .null]])
        case .taint(let adding, let removing): return try tainting(object, adding, removing, epoch: epoch)
        }
    }

    private func strategic(_ old: JSONValue, _ new: JSONValue, _ kind: ObjectKind) throws(Refusal)
        -> ObjectPatch?
    {
        let versioned = GroupVersionKind(apiVersion: kind.info.apiVersion, kind: kind.name)
        do throws(PatchFailure) {
            let patch = try StrategicMergePatch.twoWay(
                original: old, modified: new, as: versioned ?? GroupVersionKind(kind: kind.name))
            return patch == [:] ? nil : .strategicMerge(patch)
        } catch {
            throw Refusal(message: error.description)
        }
    }

    private static func metadata(_ field: String, _ changes: [String: String?], _ tree: JSONValue)
        -> ObjectPatch?
    {
        let present = tree["metadata"]?[field]
        var members: JSONObject = [:]
        for key in changes.keys.sorted() {
            let wanted = changes[key] ?? nil
            if wanted != present?[key]?.stringValue {
                members[key] = .some(wanted.map { .string($0) } ?? .null)
            }
        }
        return members.isEmpty ? nil : .merge(["metadata": [field: .object(members)]])
    }

    private func settingImage(_ tree: JSONValue, _ container: String, _ image: String) throws(Refusal)
        -> JSONValue
    {
        guard var template = tree["spec"]?["template"], var spec = template["spec"] else {
            throw Refusal(message: "error: unable to find container named \"\(container)\"")
        }
        var isFound = false
        for list in ["initContainers", "containers"] {
            guard var containers = spec[list]?.arrayValue else { continue }
            for index in containers.indices where containers[index]["name"]?.stringValue == container {
                containers[index]["image"] = .string(image)
                isFound = true
            }
            spec[list] = .array(containers)
        }
        guard isFound else {
            throw Refusal(message: "error: unable to find container named \"\(container)\"")
        }
        template["spec"] = spec
        var changed = tree
        changed["spec"]?["template"] = template
        return changed
    }

    private func rollingBack(
        _ object: APIObject, to revision: Int64, _ sets: [ReplicaSet], epoch: CalendarTime
    ) throws(Refusal) -> ObjectPatch? {
        guard let deployment = object.deployment?.value else {
            throw Refusal(message: "no rollbacker has been implemented for \"\(object.kind.name)\"")
        }
        let own = sets.filter { $0.metadata.isControlled(by: deployment.metadata.uid) }
        do throws(DeploymentRollback.Failure) {
            let target = try DeploymentRollback.target(for: deployment, revision: revision, replicaSets: own)
            if target.isCurrent { return nil }
            let changed = APIObject(
                deployment.with {
                    $0.spec.template = target.template
                    $0.metadata.annotations = target.annotations
                }
            )
            .tree(epoch: epoch)
            return .json([
                [
                    "op": "replace", "path": "/spec/template",
                    "value": changed["spec"]?["template"] ?? .null,
                ],
                [
                    "op": "replace", "path": "/metadata/annotations",
                    "value": changed["metadata"]?["annotations"] ?? .null,
                ],
            ])
        } catch {
            throw Refusal(message: error.description)
        }
    }

    /// Replaces taints of the same key and effect; new ones stand before those that were there.
    private func tainting(
        _ object: APIObject, _ adding: [Taint], _ removing: [Taint], epoch: CalendarTime
    ) throws(Refusal) -> ObjectPatch? {
        guard let node = object.node?.value else { return nil }
        let changed = node.with { node in
            var taints = adding
            for taint in node.spec.taints where !adding.contains(where: { $0.matches(taint) }) {
                if !removing.contains(where: { $0.matches(taint) }) { taints.append(taint) }
            }
            node.spec.taints = taints
        }
        return try strategic(object.tree(epoch: epoch), APIObject(changed).tree(epoch: epoch), .node)
    }
}
