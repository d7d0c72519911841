public import ControlPlane
public import KubernetesModel
import OrderedCollections

/// The numbered snapshots of a workload's template: how they are named, told apart and put in order.
///
/// Upstream: `pkg/controller/history/controller_history.go` (v1.36).
public enum ControllerHistory {
    /// The label with the hash of a revision's data.
    public static let hashLabel = "controller.kubernetes.io/hash"

    /// The revisions that the parent owns, then those that nobody owns and that its selector matches.
    public static func revisions(
        of parent: ObjectMeta, selector: LabelSelector, in view: ObjectCache
    ) -> [Ref<ControllerRevision>] {
        let owned = view.list(ControllerRevision.self, controlledBy: parent.uid)
        let orphans = view.list(ControllerRevision.self, namespace: parent.namespace)
            .filter { $0.value.metadata.controllerReference == nil }
        return (owned + orphans).filter {
            $0.value.metadata.namespace == parent.namespace && selector.matches($0.value.metadata.labels)
        }
    }

    /// By number, then by age, then by name.
    public static func sorted(_ revisions: [ControllerRevision]) -> [ControllerRevision] {
        revisions.sorted { left, right in
            if left.revision != right.revision { return left.revision < right.revision }
            let created = (
                left.metadata.creationTimestamp?.seconds, right.metadata.creationTimestamp?.seconds
            )
            if created.0 != created.1 { return (created.0 ?? .min) < (created.1 ?? .min) }
            return left.metadata.name < right.metadata.name
        }
    }

    /// Whether two revisions hold the same data, byte for byte.
    public static func areEqual(_ left: ControllerRevision, _ right: ControllerRevision) -> Bool {
        left.data == right.data
    }

    /// The number of the next revision, given the present ones in order.
    public static func nextNumber(after revisions: [ControllerRevision]) -> Int64 {
        (revisions.last?.revision ?? 0) + 1
    }

    /// A revision of a parent, not yet stored.
    public static func newRevision(
        of kind: ObjectKind, _ parent: ObjectMeta, templateLabels: Labels, data: JSONValue, number: Int64,
        collisionCount: Int64?
    ) -> ControllerRevision {
        let hash = ControllerRevisionHash.hash(data, collisionCount: collisionCount)
        var revision = ControllerRevision()
        revision.metadata.name = name(prefix: parent.name, hash: hash)
        revision.metadata.namespace = parent.namespace
        revision.metadata.labels = templateLabels
        revision.metadata.labels[hashLabel] = hash
        revision.metadata.annotations = parent.annotations
        revision.metadata.ownerReferences = [
            OwnerReference(controlledBy: kind, name: parent.name, uid: parent.uid)
        ]
        revision.data = data
        revision.revision = number
        return revision
    }

    /// `web-6d9bb7cd8f`; a long prefix is cut so that the whole is a valid name.
    public static func name(prefix: String, hash: String) -> String {
        let bytes = prefix.utf8
        let cut = bytes.count > 223 ? String(decoding: bytes.prefix(223), as: UTF8.self) : prefix
        return "\(cut)-\(hash)"
    }

    /// What restores a template: a patch that replaces it, its members in the order of their names.
    ///
    /// Upstream: `pkg/controller/statefulset/stateful_set_utils.go`, `getPatch` (v1.36).
    public static func templatePatch(_ template: PodTemplate) -> JSONValue {
        // A template holds no times, so the epoch does not matter.
        var members = template.fields(epoch: CalendarTime(unixSeconds: 0))
        members["$patch"] = "replace"
        return JSONValue.object(["spec": .object(["template": .object(members)])]).sortedByName
    }

    /// The template that a revision restores; nil when the revision is no patch that replaces one.
    public static func template(in revision: ControllerRevision) -> PodTemplate? {
        guard var members = revision.data?["spec"]?["template"]?.objectValue,
            members.removeValue(forKey: "$patch") == "replace"
        else { return nil }
        return PodTemplate(fields: members, epoch: CalendarTime(unixSeconds: 0))
    }
}

extension JSONValue {
    /// The value with the members of all its objects in the order of their names' bytes.
    var sortedByName: JSONValue {
        switch self {
        case .object(let members):
            var sorted = JSONObject(minimumCapacity: members.count)
            for name in members.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                sorted[name] = members[name]?.sortedByName
            }
            return .object(sorted)
        case .array(let elements): return .array(elements.map(\.sortedByName))
        default: return self
        }
    }
}
