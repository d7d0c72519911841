import ControlPlane
import KubernetesModel
import OrderedCollections

/// Objects as recordings show them.
struct RecordedView {
    let epoch: CalendarTime
    let category: String
    /// Pods are counted by class in place of being shown.
    let countsPods: Bool
    /// Endpoints show as counts.
    let isCompact: Bool
    /// The conditions of a pod that its state shows.
    let podConditions: Set<String>
    /// The members of a pod's spec that its state shows.
    let podSpecMembers: [String]
    /// The case's nodes `<ns>-n1`… are nodes that exist and are not shown.
    let hidesOwnNodes: Bool

    init(_ recording: JSONValue, epoch: CalendarTime) {
        self.epoch = epoch
        category = recording["category"]?.stringValue ?? ""
        countsPods = recording["pods"] == "agg"
        isCompact = recording["compact"] == true
        podConditions =
            recording["podReadyCond"] == true ? ["DisruptionTarget", "Ready"] : ["DisruptionTarget"]
        podSpecMembers = recording["podSpec"]?.arrayValue?.compactMap(\.stringValue) ?? []
        hidesOwnNodes = recording["nodesReal"] == true
    }

    /// Whether recordings of this category show an object at all.
    func shows(_ object: APIObject) -> Bool {
        switch object.kind {
        case .node: !hidesOwnNodes && object.key.name.hasPrefix(RecordedNames.namespace)
        case .namespace: category == "namespace" && object.key.name == RecordedNames.namespace
        case .serviceAccount: category == "namespace" || object.key.name != "default"
        case .configMap: category == "namespace" || object.key.name != "kube-root-ca.crt"
        case .endpoints, .endpointSlice: category == "endpoints"
        case .service, .secret, .event, .lease, .storageClass, .priorityClass, .csiNode, .csiDriver,
            .csiStorageCapacity, .runtimeClass, .ingress, .networkPolicy, .horizontalPodAutoscaler:
            false
        default: true
        }
    }

    /// The shown state of an object, or nil for those that recordings leave out.
    func state(_ object: APIObject, _ names: RecordedNames) -> JSONValue? {
        guard shows(object) else { return nil }
        let tree = object.tree(epoch: epoch)
        var state = common(object.metadata, names)
        switch object {
        case .pod(let pod): add(pod.value, tree, names, to: &state)
        case .node(let node): add(node.value, tree, names, to: &state)
        case .job, .cronJob: addJob(object, tree, names, to: &state)
        case .endpointSlice(let slice): add(slice.value, names, to: &state)
        case .persistentVolume, .persistentVolumeClaim, .volumeAttachment:
            addVolume(object, tree, names, to: &state)
        case .controllerRevision(let revision): state["revision"] = .integer(revision.value.revision)
        case .daemonSet, .podDisruptionBudget:
            state["generation"] = .integer(object.metadata.generation)
            state["status"] = status(tree, names)
        case .replicaSet, .replicationController:
            state["replicas"] = tree["spec"]?["replicas"]
            state["selector"] = names.shown(tree["spec"]?["selector"] ?? .null)
            state["status"] = status(tree, names)
        case .deployment, .statefulSet:
            state["replicas"] = tree["spec"]?["replicas"]
            state["generation"] = .integer(object.metadata.generation)
            if tree["spec"]?["paused"] == true { state["paused"] = true }
            state["status"] = status(tree, names)
        case .namespace:
            state["spec"] = ["finalizers": tree["spec"]?["finalizers"] ?? .null]
            state["status"] = status(tree, names)
        case .generic(let generic): add(generic.value, tree, names, to: &state)
        default: break
        }
        return state
    }

    private func common(_ metadata: ObjectMeta, _ names: RecordedNames) -> JSONValue {
        var state = JSONValue.emptyObject
        if !metadata.labels.isEmpty { state["labels"] = map(metadata.labels, names) }
        let annotations = annotations(metadata)
        if !annotations.isEmpty { state["annotations"] = map(annotations, names) }
        if !metadata.finalizers.isEmpty {
            state["finalizers"] = .array(metadata.finalizers.map { .string($0) })
        }
        if !metadata.ownerReferences.isEmpty { state["owners"] = owners(metadata, names) }
        if metadata.isBeingDeleted { state["deleting"] = true }
        return state
    }

    // MARK: Parts

    func annotations(_ metadata: ObjectMeta) -> StringMap {
        var annotations = metadata.annotations
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
        annotations["volumes.kubernetes.io/controller-managed-attach-detach"] = nil
        return annotations
    }

    /// Labels or annotations; a time shows as `<time>`.
    func map(_ map: StringMap, _ names: RecordedNames) -> JSONValue {
        var value = JSONValue.emptyObject
        for entry in map.entries { value[entry.key] = .string(Self.hidingTime(names.label(entry.value))) }
        return value
    }

    static func hidingTime(_ text: String) -> String {
        guard text.hasSuffix("Z"), text.utf8.count >= 20, CalendarTime(rfc3339: text) != nil else {
            return text
        }
        return "<time>"
    }

    func owners(_ metadata: ObjectMeta, _ names: RecordedNames) -> JSONValue {
        .array(
            metadata.ownerReferences.map { owner in
                var text = names.reference(owner.apiVersion, owner.kind, owner.name)
                if owner.controller != true { text += "(non-controller)" }
                if owner.blockOwnerDeletion == true { text += "!" }
                return .string(text)
            })
    }

    func taints(_ taints: [Taint], _ names: RecordedNames) -> JSONValue {
        let sorted = taints.sorted { ($0.key, $0.effect.rawValue) < ($1.key, $1.effect.rawValue) }
        return .array(
            sorted.map { taint in
                var value: JSONValue = ["key": .string(taint.key), "effect": .string(taint.effect.rawValue)]
                if !taint.value.isEmpty { value["value"] = .string(names.text(taint.value)) }
                return value
            })
    }

    private func conditions(_ tree: JSONValue?, _ names: RecordedNames) -> JSONValue? {
        guard let list = tree?.arrayValue, !list.isEmpty else { return nil }
        let sorted = list.sorted { ($0["type"]?.stringValue ?? "") < ($1["type"]?.stringValue ?? "") }
        return .array(
            sorted.map { condition in
                var kept = JSONValue.emptyObject
                for name in ["type", "status", "reason", "message", "observedGeneration"] {
                    kept[name] = condition[name].map { names.shown($0) }
                }
                return kept
            })
    }

    func status(_ tree: JSONValue, _ names: RecordedNames) -> JSONValue {
        var status = names.shown(tree["status"] ?? .null)
        if tree["status"]?["conditions"]?.arrayValue != nil {
            status["conditions"] = conditions(tree["status"]?["conditions"], names)
        }
        if let disrupted = tree["status"]?["disruptedPods"]?.objectValue {
            var pods = JSONValue.emptyObject
            for name in disrupted.keys { pods[names.name(.pod, name)] = "<time>" }
            status["disruptedPods"] = pods
        }
        return status
    }

    // MARK: Kinds

    private func add(_ pod: Pod, _ tree: JSONValue, _ names: RecordedNames, to state: inout JSONValue) {
        let status = pod.status
        state["phase"] = .string(status.phase.rawValue)
        if !pod.nodeName.isEmpty {
            let prefix = "\(RecordedNames.namespace)-"
            let isOwn = hidesOwnNodes && pod.nodeName.hasPrefix(prefix + "n")
            state["node"] = .string(
                isOwn ? String(pod.nodeName.dropFirst(prefix.count)) : names.text(pod.nodeName))
        }
        if let ready = status.conditions["Ready"] { state["ready"] = .bool(ready.status == .isTrue) }
        if pod.metadata.isBeingDeleted, let grace = pod.metadata.deletionGracePeriodSeconds, grace != 0 {
            state["grace"] = .integer(grace)
        }
        if !status.reason.isEmpty { state["reason"] = .string(status.reason) }
        if !status.message.isEmpty { state["message"] = .string(names.text(status.message)) }
        let shown = (tree["status"]?["conditions"]?.arrayValue ?? []).filter {
            podConditions.contains($0["type"]?.stringValue ?? "")
        }
        state["conditions"] = conditions(.array(shown), names)
        let claims = pod.spec.volumes.compactMap { $0.claimName(podName: pod.metadata.name) }
        if !claims.isEmpty { state["claims"] = .array(claims.sorted().map { .string($0) }) }
        var spec = JSONValue.emptyObject
        for name in podSpecMembers { spec[name] = tree["spec"]?[name].map { names.shown($0) } }
        if !spec.isGoEmpty { state["spec"] = spec }
    }

    private func add(_ node: Node, _ tree: JSONValue, _ names: RecordedNames, to state: inout JSONValue) {
        state["conditions"] = conditions(tree["status"]?["conditions"], names)
        state["taints"] = taints(node.spec.taints, names)
        if node.spec.unschedulable { state["unschedulable"] = true }
        if !node.status.volumesAttached.isEmpty {
            state["volumesAttached"] = .array(
                node.status.volumesAttached.map {
                    ["name": .string(names.text($0.name)), "devicePath": .string($0.devicePath)]
                })
        }
        if !node.status.volumesInUse.isEmpty {
            state["volumesInUse"] = .array(node.status.volumesInUse.map { .string(names.text($0)) })
        }
    }

    private func addJob(
        _ object: APIObject, _ tree: JSONValue, _ names: RecordedNames, to state: inout JSONValue
    ) {
        var shown = status(tree, names)
        if let job = object.cronJob?.value {
            state["suspend"] = tree["spec"]?["suspend"]
            let active = job.status.active.map { JSONValue.string(names.name(.job, $0.name)) }
            if !active.isEmpty { shown["active"] = .array(active) }
        } else {
            var spec = JSONValue.emptyObject
            for name in [
                "parallelism", "completions", "suspend", "backoffLimit", "completionMode",
                "podReplacementPolicy",
            ] { spec[name] = tree["spec"]?[name] }
            state["spec"] = spec
            for list in ["succeeded", "failed"] {
                guard let count = shown["uncountedTerminatedPods"]?[list]?.arrayValue?.count else { continue }
                shown["uncountedTerminatedPods"]?[list] = .integer(Int64(count))
            }
        }
        state["status"] = shown
    }

    private func addVolume(
        _ object: APIObject, _ tree: JSONValue, _ names: RecordedNames, to state: inout JSONValue
    ) {
        var spec = JSONValue.emptyObject
        var status = JSONValue.emptyObject
        switch object {
        case .persistentVolume(let volume):
            if let claim = volume.value.spec.claimRef { spec["claimRef"] = reference(claim, names) }
            status["phase"] = .string(volume.value.status.phase)
        case .persistentVolumeClaim(let claim):
            let claim = claim.value
            if !claim.spec.volumeName.isEmpty {
                spec["volumeName"] = .string(names.text(claim.spec.volumeName))
            }
            if let name = claim.spec.storageClassName { spec["storageClassName"] = .string(names.text(name)) }
            status["phase"] = .string(claim.status.phase)
            if !claim.status.accessModes.isEmpty {
                status["accessModes"] = .array(claim.status.accessModes.map { .string($0) })
            }
            if let size = claim.status.capacity["storage"] {
                status["capacity"] = ["storage": .string(size.description)]
            }
        case .volumeAttachment(let attachment):
            let attached = attachment.value.spec
            spec = [
                "attacher": .string(attached.attacher), "nodeName": .string(names.text(attached.nodeName)),
                "source": ["persistentVolumeName": .string(names.text(attached.persistentVolumeName ?? ""))],
            ]
            status["attached"] = .bool(attachment.value.status.attached)
        default: break
        }
        state["spec"] = spec
        state["status"] = status
    }

    func reference(_ reference: ObjectReference, _ names: RecordedNames) -> JSONValue {
        var members: JSONValue = [
            "namespace": .string(names.text(reference.namespace)),
            "name": .string(names.text(reference.name)),
        ]
        if !reference.uid.isEmpty { members["uid"] = true }
        return members
    }

    // MARK: Endpoints and kinds that simk does not interpret

    private func add(_ slice: EndpointSlice, _ names: RecordedNames, to state: inout JSONValue) {
        if isCompact {
            state = [
                "endpointCount": .integer(Int64(slice.endpoints.count)),
                "ready": .integer(Int64(slice.endpoints.count { $0.conditions.ready == true })),
            ]
        } else {
            state["addressType"] = .string(slice.addressType)
            let endpoints = slice.endpoints.map { endpoint -> JSONValue in
                var members = endpoint.fields(epoch: epoch)
                members["targetRef"] = endpoint.targetRef.map {
                    .string(names.reference("v1", $0.kind, $0.name))
                }
                return .object(members)
            }
            state["endpoints"] = .array(endpoints.sorted { $0.sortedText < $1.sortedText })
        }
        let ports = slice.ports.map { ports in ports.map { JSONValue.object($0.fields(epoch: epoch)) } }
        state["ports"] = ports.map { .array($0) } ?? .null
    }

    private func add(
        _ object: GenericObject, _ tree: JSONValue, _ names: RecordedNames, to state: inout JSONValue
    ) {
        switch object.kind {
        case .endpoints: addSubsets(object.body["subsets"]?.arrayValue ?? [], names, to: &state)
        case .configMap:
            let data = object.body["data"]?.objectValue ?? [:]
            state["dataKeys"] = .array(data.keys.sorted().map { .string($0) })
        case .resourceQuota:
            state["spec"] = tree["spec"]
            state["status"] = tree["status"]
        case .limitRange: state["spec"] = tree["spec"]
        default: break
        }
    }

    private func addSubsets(_ subsets: [JSONValue], _ names: RecordedNames, to state: inout JSONValue) {
        let shown = subsets.map { subset -> JSONValue in
            var subset = subset
            for list in ["addresses", "notReadyAddresses"] {
                guard let addresses = subset[list]?.arrayValue else { continue }
                subset[list] = .array(
                    addresses.map { address in
                        var address = address
                        let pod = address["targetRef"]?["name"]?.stringValue ?? ""
                        address["targetRef"] = .string("Pod/\(names.name(.pod, pod))")
                        return address
                    })
            }
            return subset
        }
        if isCompact {
            let count = shown.reduce(0) { $0 + ($1["addresses"]?.arrayValue?.count ?? 0) }
            state = ["annotations": [:], "addresses": .integer(Int64(count))]
        } else {
            state["subsets"] = .array(shown.sorted { $0.sortedText < $1.sortedText })
        }
    }

    /// The class under which a pod is counted.
    func podClass(_ pod: Pod, _ names: RecordedNames) -> String {
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
}
