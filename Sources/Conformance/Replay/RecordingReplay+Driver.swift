import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// The driver: the user's actions.
extension RecordingReplay {
    /// The nodes to which pods are bound in turn.
    var nodes: [String] {
        (recording["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? ["n1", "n2", "n3"])
            .map { $0.replacing("<ns>", with: RecordedNames.namespace) }
    }

    /// Makes what every case finds.
    mutating func prepare() {
        cluster.server.bootstrap(at: cluster.now)
        cluster.handle(
            .createManifest([
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": ["name": .string(RecordedNames.namespace)],
            ]))
        if recording["lifecycle"] == true {
            // Other cases' nodes existed in other zones while the recordings were made.
            if recording["aloneInCluster"] != true { addOtherNode() }
            return
        }
        var names = nodes.filter { !$0.hasPrefix(RecordedNames.namespace) }
        if view.hidesOwnNodes { names += (1...3).map { "\(RecordedNames.namespace)-n\($0)" } }
        for name in names { addReadyNode(name) }
    }

    // MARK: Calls

    mutating func call(_ request: APIRequest, isShown: Bool = false) {
        let before = cluster.server.store.revision
        let result = cluster.handle(request)
        let after = cluster.server.store.revision
        if after > before && !isShown { driverRevisions.append(before + 1...after) }
        switch result {
        case .failure(let error):
            var response: JSONValue = [
                "code": .integer(Int64(error.code)), "message": .string(names.text(error.message)),
            ]
            // Upstream gives such an answer no reason.
            if error.reason != .internalError { response["reason"] = .string(error.reason.rawValue) }
            var causes: [JSONValue] = error.causes.map {
                [
                    "reason": .string($0.kind.rawValue), "message": .string(names.text($0.body)),
                    "field": .string($0.field.description),
                ]
            }
            if error.reason == .tooManyRequests, !error.detail.isEmpty {
                causes = [["reason": "DisruptionBudget", "message": .string(names.text(error.detail))]]
            }
            if !causes.isEmpty { response["details"] = ["causes": .array(causes)] }
            responses.append(response)
        case .success: if isShown { responses.append(["code": 201, "status": "Success"]) }
        }
    }

    func key(_ name: String) -> ObjectKey { ObjectKey(namespace: RecordedNames.namespace, name: name) }

    private func target(_ step: JSONValue) -> (kind: ObjectKind, key: ObjectKey)? {
        guard let kindName = step["kind"]?.stringValue, let name = step["name"]?.stringValue,
            let kind = ObjectKind.allCases.first(where: { $0.name == kindName })
        else { return nil }
        let namespace = kind.isNamespaced ? RecordedNames.namespace : ""
        return (kind, ObjectKey(namespace: namespace, name: names.actual(kind, name)))
    }

    /// An object of the recording with the case's namespace.
    func manifest(_ object: JSONValue) -> JSONValue {
        var object = RecordedNames.filled(object)
        let kind = ObjectKind(
            apiVersion: object["apiVersion"]?.stringValue ?? "", kind: object["kind"]?.stringValue ?? "")
        if kind?.isNamespaced ?? true { object["metadata"]?["namespace"] = .string(RecordedNames.namespace) }
        return object
    }

    // MARK: Actions

    mutating func act(_ step: JSONValue) {
        let action = step["do"]?.stringValue ?? ""
        switch action {
        case "wait", "waitMinute": break
        case "create":
            call(.createManifest(manifest(step["object"] ?? .null)))
            if step["object"]?["kind"] == "Node" { clearTaint(manifest(step["object"] ?? .null)) }
        case "createMany": createMany(step)
        case "createOwned":
            var object = manifest(step["object"] ?? .null)
            var owners: [JSONValue] = []
            for owner in step["owners"]?.arrayValue ?? [] { owners.append(reference(owner)) }
            object["metadata"]?["ownerReferences"] = .array(owners)
            call(.createManifest(object))
        case "addOwner":
            let fields = reference(step["owner"] ?? .null).objectValue ?? [:]
            let owner = OwnerReference(fields: fields, epoch: cluster.epoch)
            let kind = step["kind"] == nil ? ObjectKind.configMap : target(step)?.kind ?? .configMap
            call(
                .patch(
                    kind, key(names.actual(kind, step["name"]?.stringValue ?? "")), .adopt(owner), uid: nil))
        case "cronLast":
            let jobs = cluster.server.store.list(.cronJob, namespace: RecordedNames.namespace)
            guard jobs.count == 1, let job = jobs[0].cronJob?.value else { return unsupported.append(action) }
            let ago = Int64((step["hoursAgo"]?.doubleValue ?? 0) * 3_600)
            let last = Timestamp(seconds: Timestamp(cluster.now).seconds - ago)
            call(.updateStatus(APIObject(job.with { $0.status.lastScheduleTime = last })))
        case "patch", "patchStatus", "label", "annotate", "scale", "delete", "get":
            guard let (kind, key) = target(step) else { return unsupported.append(action) }
            act(action, on: kind, key, step)
        case "podReady", "podNotReady", "podRunning", "podPending", "podSucceeded", "podFailed", "podBind",
            "finalizePodDeletion", "podDelete", "evict":
            for (index, name) in pods(step).enumerated() {
                // The driver makes its calls one after another.
                if index > 0 { cluster.run(until: cluster.now + variant.driverPause) }
                act(action, onPod: name, step)
            }
        default: if !actOnNode(action, step) { unsupported.append("the action \(action)") }
        }
    }

    private mutating func act(_ action: String, on kind: ObjectKind, _ key: ObjectKey, _ step: JSONValue) {
        switch action {
        case "label":
            call(.patch(kind, key, .merge(["metadata": ["labels": step["labels"] ?? .null]]), uid: nil))
        case "annotate":
            call(
                .patch(
                    kind, key, .merge(["metadata": ["annotations": step["annotations"] ?? .null]]), uid: nil))
        case "scale":
            call(.patch(kind, key, .merge(["spec": ["replicas": step["replicas"] ?? .null]]), uid: nil))
        case "delete": call(.delete(kind, key, options(step)))
        case "get": read(kind, key, step["show"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        default:
            let change = RecordedNames.filled(step["patch"] ?? .null)
            var patch: ObjectPatch
            switch step["type"]?.stringValue {
            case "strategic": patch = .strategicMerge(change)
            case "json": patch = .json(change)
            default: patch = .merge(change)
            }
            if action == "patchStatus" { patch = .status(patch) }
            call(.patch(kind, key, patch, uid: nil))
        }
    }

    private mutating func createMany(_ step: JSONValue) {
        for index in 0..<Int(step["count"]?.integerValue ?? 0) {
            var object = manifest(step["object"] ?? .null)
            let name = object["metadata"]?["name"]?.stringValue ?? ""
            object["metadata"]?["name"] = .string("\(name)-\(index)")
            call(.createManifest(object))
        }
    }

    /// Reads the requested paths of an object; what is absent is left out.
    private mutating func read(_ kind: ObjectKind, _ key: ObjectKey, _ paths: [String]) {
        guard let object = cluster.server.store[kind, key] else { return }
        let versioned = GroupVersionKind(apiVersion: kind.apiVersion, kind: kind.name)
        let plain = object.tree(epoch: cluster.epoch)
        let tree = names.shown(versioned.map { Schema.kubernetes.encode(plain, as: $0) } ?? plain)
        var found = JSONValue.emptyObject
        for path in paths {
            let value = path.split(separator: ".").reduce(JSONValue?.some(tree)) { value, step in
                Int(step).flatMap { value?[$0] } ?? value?[String(step)]
            }
            if let value { found[path] = value }
        }
        reading = found
    }

    private func reference(_ owner: JSONValue) -> JSONValue {
        let name = owner["name"]?.stringValue ?? ""
        let kindName = owner["kind"]?.stringValue ?? "ConfigMap"
        let kind = ObjectKind.allCases.first { $0.name == kindName } ?? .configMap
        var members: JSONValue = [
            "apiVersion": .string(kind.apiVersion), "kind": .string(kindName), "name": .string(name),
            "uid": owner["uid"]
                ?? .string(cluster.server.store[kind, key(name)]?.metadata.uid.description ?? ""),
        ]
        for flag in ["controller", "blockOwnerDeletion"] { members[flag] = owner[flag] }
        return members
    }

    func options(_ step: JSONValue) -> DeleteOptions {
        DeleteOptions(
            gracePeriodSeconds: step["grace"]?.integerValue,
            propagation: step["propagation"]?.stringValue.flatMap(DeleteOptions.Propagation.init(rawValue:)))
    }

    /// The actual names of the pods that a step is about.
    private func pods(_ step: JSONValue) -> [String] {
        if let name = step["pod"]?.stringValue { return [names.actual(.pod, name)] }
        guard let pick = step["pick"] else { return [] }
        let owner = pick["owner"]?.stringValue.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        let wanted = pick["class"]?.stringValue ?? ""
        let all = cluster.server.store.list(.pod, namespace: RecordedNames.namespace).compactMap(\.pod?.value)
        let found = all.filter { pod in
            if let owner {
                guard let reference = pod.metadata.controllerReference,
                    let kind = ObjectKind(apiVersion: reference.apiVersion, kind: reference.kind),
                    names.name(kind, reference.name) == owner
                else { return false }
            }
            switch wanted {
            case "active": return pod.isActive
            case "unassigned": return pod.isActive && pod.nodeName.isEmpty
            case "notReady": return pod.isActive && !pod.isReady
            case "ready": return pod.isActive && pod.isReady
            case "deleting": return pod.metadata.isBeingDeleted
            case "failed": return pod.status.phase == .failed
            case "terminal": return pod.status.phase.isTerminal
            default: return false
            }
        }.map { (shown: names.name(.pod, $0.metadata.name), actual: $0.metadata.name) }
        let sorted = found.sorted { RecordedNames.isBefore($0.shown, $1.shown) }
        return sorted.prefix(pick["n"]?.integerValue.map { Int($0) } ?? sorted.count).map(\.actual)
    }
}
