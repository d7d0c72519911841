import ControlPlane
import KubernetesModel
import OrderedCollections

/// Writes as recordings list them: what metadata and specifications became, never statuses.
struct RecordedWrites {
    let view: RecordedView

    /// One write; nil when it changed nothing that recordings show.
    func write(_ change: StoreChange, _ names: RecordedNames) -> [JSONValue]? {
        guard view.shows(change.object) else { return nil }
        let kind = change.object.kind
        let name = JSONValue.string(names.name(kind, change.object.metadata.name))
        switch change.kind {
        case .added:
            if let replicas = change.object.replicaSet?.value.spec.replicas {
                return ["create", name, ["replicas": .integer(replicas)]]
            }
            return ["create", name]
        case .deleted: return ["delete", name]
        case .modified:
            guard let previous = change.previous else { return nil }
            let changes = differences(previous, change.object, names)
            if change.object.metadata.isBeingDeleted && !previous.metadata.isBeingDeleted {
                return changes.isGoEmpty ? ["markDeleted", name] : ["markDeleted", name, changes]
            }
            return changes.isGoEmpty ? nil : ["update", name, changes]
        }
    }

    private struct Changes {
        var found = JSONValue.emptyObject

        mutating func compare(_ path: String, _ before: JSONValue?, _ after: JSONValue?) {
            if JSONValue.same(before, after) { return }
            found[path] = .array([Self.cut(before), Self.cut(after)])
        }

        mutating func compareMembers(_ prefix: String, _ before: JSONValue?, _ after: JSONValue?) {
            for name in Set(before?.memberNames ?? []).union(after?.memberNames ?? []).sorted() {
                compare("\(prefix).\(name)", before?[name], after?[name])
            }
        }

        /// Goes down objects to the places that differ.
        mutating func walk(_ path: String, _ before: JSONValue?, _ after: JSONValue?) {
            guard let left = before?.objectValue, let right = after?.objectValue else {
                if path != "spec.nodeName" { compare(path, before, after) }
                return
            }
            var keys = left.keys.elements
            for key in right.keys where left[key] == nil { keys.append(key) }
            for key in keys { walk("\(path).\(key)", left[key], right[key]) }
        }

        private static func cut(_ value: JSONValue?) -> JSONValue { value ?? .null }
    }

    private func differences(_ old: APIObject, _ new: APIObject, _ names: RecordedNames) -> JSONValue {
        var changes = Changes()
        let (before, after) = (old.metadata, new.metadata)
        if view.isCompact && (new.kind == .endpoints || new.kind == .endpointSlice) {
            content(["endpointCount", "ready", "addresses"], old, new, names, &changes)
            return changes.found
        }
        changes.compareMembers("labels", view.map(before.labels, names), view.map(after.labels, names))
        changes.compareMembers(
            "annotations", view.map(view.annotations(before), names), view.map(view.annotations(after), names)
        )
        changes.compare(
            "owners", before.ownerReferences.isEmpty ? JSONValue?.none : view.owners(before, names),
            after.ownerReferences.isEmpty ? JSONValue?.none : view.owners(after, names))
        func texts(_ list: [String]) -> JSONValue? {
            list.isEmpty ? JSONValue?.none : .array(list.map { .string($0) })
        }
        changes.compare("finalizers", texts(before.finalizers), texts(after.finalizers))
        switch (old, new) {
        case (.job(let was), .job(let now)):
            func text(_ condition: Condition?) -> JSONValue? {
                condition.map { .string("\($0.status.rawValue)/\($0.reason)") }
            }
            let (was, now) = (was.value.status.conditions, now.value.status.conditions)
            for type in Set((was + now).map(\.type)).sorted() {
                changes.compare("conditions.\(type)", text(was[type]), text(now[type]))
            }
            walkSpec(old, new, names, &changes)
        case (.node(let was), .node(let now)):
            changes.compare(
                "spec.taints", view.taints(was.value.spec.taints, names),
                view.taints(now.value.spec.taints, names))
        case (.persistentVolume(let was), .persistentVolume(let now)):
            let left = was.value.spec.claimRef.map { view.reference($0, names) }
            let right = now.value.spec.claimRef.map { view.reference($0, names) }
            changes.compareMembers("spec.claimRef", left, right)
        case (.persistentVolumeClaim(let was), .persistentVolumeClaim(let now)):
            func name(_ claim: PersistentVolumeClaim) -> JSONValue? {
                claim.spec.volumeName.isEmpty ? JSONValue?.none : .string(names.text(claim.spec.volumeName))
            }
            changes.compare("spec.volumeName", name(was.value), name(now.value))
        case (.endpointSlice, .endpointSlice):
            content(["endpoints", "ports", "endpointCount", "ready"], old, new, names, &changes)
        case (.generic(let was), .generic(let now)) where was.value.kind == .endpoints:
            _ = now
            content(["subsets", "addresses"], old, new, names, &changes)
        case (.generic(let was), .generic(let now)) where was.value.kind == .configMap:
            changes.compareMembers("data", Self.data(was.value), Self.data(now.value))
        case (.volumeAttachment, _): break
        default: walkSpec(old, new, names, &changes)
        }
        return changes.found
    }

    private func walkSpec(
        _ old: APIObject, _ new: APIObject, _ names: RecordedNames, _ changes: inout Changes
    ) {
        changes.walk(
            "spec", names.shown(old.tree(epoch: view.epoch)["spec"] ?? .emptyObject),
            names.shown(new.tree(epoch: view.epoch)["spec"] ?? .emptyObject))
    }

    private func content(
        _ members: [String], _ old: APIObject, _ new: APIObject, _ names: RecordedNames,
        _ changes: inout Changes
    ) {
        let (before, after) = (view.state(old, names), view.state(new, names))
        for member in members { changes.compare(member, before?[member], after?[member]) }
    }

    /// A ConfigMap's data; what is longer than 60 characters shows as `<long>`.
    private static func data(_ object: GenericObject) -> JSONValue {
        var data = object.body["data"] ?? .emptyObject
        for name in data.memberNames where (data[name]?.stringValue?.count ?? 0) > 60 {
            data[name] = "<long>"
        }
        return data
    }

    /// Updates of one object one after another as one, from the first old to the last new values.
    static func merged(_ writes: [[JSONValue]]) -> [[JSONValue]] {
        var result: [[JSONValue]] = []
        for write in writes {
            guard write[0] == "update", write.count > 2,
                let index = result.lastIndex(where: { $0[1] == write[1] }), result[index][0] == "update"
            else {
                result.append(write)
                continue
            }
            var changes = result[index][2]
            for path in write[2].memberNames {
                let pair = write[2][path]
                let first = changes[path]?[0] ?? pair?[0] ?? .null
                let last = pair?[1] ?? .null
                changes[path] = JSONValue.same(first, last) ? JSONValue?.none : .array([first, last])
            }
            result[index][2] = changes
        }
        return result.filter { $0[0] != "update" || !$0[2].isGoEmpty }
    }
}
