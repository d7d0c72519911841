import ControlPlane
import KubernetesModel

/// Objects and writes as recordings show them.
struct RecordingView {
    let epoch: CalendarTime
    let countsPods: Bool
    /// The members of a pod's spec that its state shows.
    var podSpecMembers: [String] = []

    // MARK: State

    /// The shown state of an object, or nil for kinds that recordings leave out.
    func state(_ object: APIObject, _ names: RecordingNames) -> JSONValue? {
        let metadata = object.metadata
        let tree = object.tree(epoch: epoch)
        var state = JSONValue.emptyObject
        if !metadata.labels.isEmpty { state["labels"] = labels(metadata.labels, names) }
        let annotations = self.annotations(metadata)
        if !annotations.isEmpty { state["annotations"] = labels(annotations, names) }
        if !metadata.finalizers.isEmpty {
            state["finalizers"] = .array(metadata.finalizers.map { .string($0) })
        }
        if !metadata.ownerReferences.isEmpty { state["owners"] = owners(metadata, names) }
        if metadata.isBeingDeleted { state["deleting"] = true }
        switch object {
        case .pod(let pod):
            let status = pod.value.status
            state["phase"] = .string(status.phase.rawValue)
            if !pod.value.nodeName.isEmpty { state["node"] = .string(names.text(pod.value.nodeName)) }
            if let ready = status.conditions["Ready"] { state["ready"] = .bool(ready.status == .isTrue) }
            if metadata.isBeingDeleted, let grace = metadata.deletionGracePeriodSeconds, grace != 0 {
                state["grace"] = .integer(grace)
            }
            if !status.reason.isEmpty { state["reason"] = .string(status.reason) }
            if !status.message.isEmpty { state["message"] = .string(status.message) }
            if let target = status.conditions["DisruptionTarget"] {
                state["conditions"] = .array([condition(target, names)])
            }
            if !podSpecMembers.isEmpty {
                var spec = JSONValue.emptyObject
                for name in podSpecMembers {
                    spec[name] = tree["spec"]?[name].map { shown($0, names) }
                }
                if !spec.isGoEmpty { state["spec"] = spec }
            }
        case .daemonSet:
            state["generation"] = .integer(metadata.generation)
            state["status"] = status(tree, names)
        case .controllerRevision(let revision): state["revision"] = .integer(revision.value.revision)
        case .job:
            var spec = JSONValue.emptyObject
            for name in [
                "parallelism", "completions", "suspend", "backoffLimit", "completionMode",
                "podReplacementPolicy",
            ] { spec[name] = tree["spec"]?[name] }
            state["spec"] = spec
            var shown = status(tree, names)
            for list in ["succeeded", "failed"] {
                guard let count = shown["uncountedTerminatedPods"]?[list]?.arrayValue?.count else { continue }
                shown["uncountedTerminatedPods"]?[list] = .integer(Int64(count))
            }
            state["status"] = shown
        case .cronJob(let job):
            state["suspend"] = tree["spec"]?["suspend"]
            var shown = status(tree, names)
            let active = job.value.status.active.map { JSONValue.string(names.name(.job, $0.name)) }
            if !active.isEmpty { shown["active"] = .array(active) }
            state["status"] = shown
        case .node(let node):
            guard metadata.name.hasPrefix(RecordingNames.namespace) else { return nil }
            state["conditions"] = status(tree, names)["conditions"]
            state["taints"] = .array(
                node.value.spec.taints.map { taint in
                    var value: JSONValue = [
                        "key": .string(taint.key), "effect": .string(taint.effect.rawValue),
                    ]
                    if !taint.value.isEmpty { value["value"] = .string(taint.value) }
                    return value
                })
            if node.value.spec.unschedulable { state["unschedulable"] = true }
        case .replicaSet, .replicationController:
            state["replicas"] = tree["spec"]?["replicas"]
            state["selector"] = shown(tree["spec"]?["selector"] ?? .null, names)
            state["status"] = status(tree, names)
        case .deployment(let deployment):
            state["replicas"] = tree["spec"]?["replicas"]
            state["generation"] = .integer(metadata.generation)
            if deployment.value.spec.paused { state["paused"] = true }
            state["status"] = status(tree, names)
        case .podDisruptionBudget:
            state["generation"] = .integer(metadata.generation)
            state["status"] = status(tree, names)
        case .statefulSet:
            state["replicas"] = tree["spec"]?["replicas"]
            state["generation"] = .integer(metadata.generation)
            state["status"] = status(tree, names)
        case .persistentVolumeClaim:
            var spec = JSONValue.emptyObject
            for name in ["volumeName", "storageClassName"] { spec[name] = tree["spec"]?[name] }
            state["spec"] = spec
            state["status"] = status(tree, names)
        case .generic(let object) where object.value.kind == .resourceQuota:
            state["spec"] = tree["spec"]
            state["status"] = tree["status"]
        case .generic(let object) where object.value.kind == .limitRange: state["spec"] = tree["spec"]
        default: return nil
        }
        return state
    }

    private func annotations(_ metadata: ObjectMeta) -> StringMap {
        var annotations = metadata.annotations
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
        return annotations
    }

    private func labels(_ labels: StringMap, _ names: RecordingNames) -> JSONValue {
        var value = JSONValue.emptyObject
        for entry in labels.entries { value[entry.key] = .string(names.label(entry.value)) }
        return value
    }

    func owners(_ metadata: ObjectMeta, _ names: RecordingNames) -> JSONValue {
        .array(
            metadata.ownerReferences.map { owner in
                let kind = ObjectKind(apiVersion: owner.apiVersion, kind: owner.kind)
                var text =
                    "\(owner.kind)/" + (kind.map { names.name($0, owner.name) } ?? names.text(owner.name))
                if owner.controller != true { text += " (non-controller)" }
                if owner.blockOwnerDeletion == true { text += "!" }
                return .string(text)
            })
    }

    private func condition(_ condition: Condition, _ names: RecordingNames) -> JSONValue {
        var value: JSONValue = [
            "type": .string(condition.type), "status": .string(condition.status.rawValue),
            "reason": .string(condition.reason), "message": .string(names.text(condition.message)),
        ]
        if condition.observedGeneration != 0 {
            value["observedGeneration"] = .integer(condition.observedGeneration)
        }
        return value
    }

    private func status(_ tree: JSONValue, _ names: RecordingNames) -> JSONValue {
        var status = shown(tree["status"] ?? .null, names)
        if let conditions = tree["status"]?["conditions"]?.arrayValue {
            let sorted = conditions.sorted {
                ($0["type"]?.stringValue ?? "") < ($1["type"]?.stringValue ?? "")
            }
            status["conditions"] = .array(
                sorted.map { condition in
                    var kept = JSONValue.emptyObject
                    for name in ["type", "status", "reason", "message", "observedGeneration"] {
                        kept[name] = condition[name].map { shown($0, names) }
                    }
                    return kept
                })
        }
        if let disrupted = tree["status"]?["disruptedPods"]?.objectValue {
            var shownPods = JSONValue.emptyObject
            for (name, _) in Array(disrupted) { shownPods[names.name(.pod, name)] = "<time>" }
            status["disruptedPods"] = shownPods
        }
        return status
    }

    /// A tree with every generated name replaced.
    func shown(_ value: JSONValue, _ names: RecordingNames) -> JSONValue {
        switch value {
        case .string(let text): return .string(names.label(text))
        case .array(let elements): return .array(elements.map { shown($0, names) })
        case .object(let members):
            var result = JSONValue.emptyObject
            for (name, member) in Array(members) { result[name] = shown(member, names) }
            return result
        default: return value
        }
    }

    /// The class under which a pod is counted.
    func podClass(_ pod: Pod, _ names: RecordingNames) -> String {
        var text = pod.status.phase.rawValue
        switch pod.status.phase {
        case .pending: if pod.nodeName.isEmpty { text += ",unassigned" }
        case .running: text += pod.isReady ? ",ready" : ",notReady"
        default: break
        }
        if pod.metadata.isBeingDeleted { text += ",deleting" }
        if let revision = pod.metadata.labels["controller-revision-hash"] {
            text += ",\(names.label(revision))"
        }
        return text
    }

    // MARK: Writes

    /// One write as recordings list it; nil when it changed nothing that they show.
    func write(_ change: StoreChange, _ names: RecordingNames) -> [JSONValue]? {
        let name = JSONValue.string(names.name(change.object.kind, change.object.metadata.name))
        switch change.kind {
        case .added:
            if change.object.kind == .replicaSet, let replicas = change.object.replicaSet?.value.spec.replicas
            {
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

    private func differences(_ old: APIObject, _ new: APIObject, _ names: RecordingNames) -> JSONValue {
        var changes = JSONValue.emptyObject
        func compare(_ path: String, _ before: JSONValue?, _ after: JSONValue?) {
            if JSONValue.same(before, after) { return }
            changes[path] = .array([before ?? .null, after ?? .null])
        }
        func compareMaps(_ prefix: String, _ before: StringMap, _ after: StringMap) {
            for entry in before.merging(after).entries {
                compare(
                    "\(prefix).\(entry.key)", before[entry.key].map { .string(names.label($0)) },
                    after[entry.key].map { .string(names.label($0)) })
            }
        }
        let (before, after) = (old.metadata, new.metadata)
        compareMaps("labels", before.labels, after.labels)
        compareMaps("annotations", annotations(before), annotations(after))
        compare(
            "owners", before.ownerReferences.isEmpty ? nil : owners(before, names),
            after.ownerReferences.isEmpty ? nil : owners(after, names))
        func texts(_ list: [String]) -> JSONValue? { list.isEmpty ? nil : .array(list.map { .string($0) }) }
        compare("finalizers", texts(before.finalizers), texts(after.finalizers))
        if let was = old.job?.value.status.conditions, let conditions = new.job?.value.status.conditions {
            func text(_ condition: Condition?) -> JSONValue? {
                condition.map { .string("\($0.status.rawValue)/\($0.reason)") }
            }
            for type in Set((was + conditions).map(\.type)) {
                compare("conditions.\(type)", text(was[type]), text(conditions[type]))
            }
        }
        func walk(_ path: String, _ before: JSONValue?, _ after: JSONValue?) {
            guard let left = before?.objectValue, let right = after?.objectValue else {
                if path != "spec.nodeName" { compare(path, before, after) }
                return
            }
            var keys = Array(left).map(\.key)
            for (key, _) in Array(right) where !keys.contains(key) { keys.append(key) }
            for key in keys { walk("\(path).\(key)", before?[key], after?[key]) }
        }
        walk(
            "spec", shown(old.tree(epoch: epoch)["spec"] ?? .emptyObject, names),
            shown(new.tree(epoch: epoch)["spec"] ?? .emptyObject, names))
        return changes
    }
}

extension JSONValue {
    static var emptyObject: JSONValue { [:] }

    static func same(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        (left ?? .null).sortedText == (right ?? .null).sortedText
    }

    var sortedText: String { JSONWriter.string(self, style: .init(sortsKeys: true)) }
}
