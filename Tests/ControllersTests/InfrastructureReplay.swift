import ControlPlane
import KubernetesModel
import OrderedCollections
import SimulationKernel

/// Plays a recorded case of nodes or volumes: the driver's actions go to the API server of a
/// ``ControllerLab``, and what the controllers wrote, the objects' state and the events are compared after
/// each step.
final class InfrastructureReplay {
    static let namespace = "recorded"

    let recording: JSONValue
    private let lab: ControllerLab
    private var shown: [String: JSONValue] = [:]
    private var differences: [String] = []
    private var driverWrites: Set<Int64> = []
    private let phase: VirtualDuration

    /// - Parameter phase: how long before the case the controllers were started; it decides when they resync.
    init(_ recording: JSONValue, phase: VirtualDuration, _ configure: (inout ControllerManager) -> Void) {
        self.recording = recording
        self.phase = phase
        lab = ControllerLab(configure)
    }

    /// What did not agree, in words; empty when all did.
    func play() -> [String] {
        let steps = recording["steps"]?.arrayValue ?? []
        lab.create(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(Self.namespace)]])
        // Other cases' nodes existed in other zones while the recordings were made.
        if recording["lifecycle"] == true && recording["aloneInCluster"] != true {
            lab.join("other", zone: "other")
        }
        lab.run(until: time(steps.first))
        for (index, step) in steps.enumerated() {
            let revision = lab.history.last?.revision ?? 0
            let eventCount = lab.events.count
            driverWrites = []
            act(step)
            let last = lab.now + .seconds(3 + (step["seconds"]?.integerValue ?? 0))
            lab.run(until: index + 1 < steps.count ? time(steps[index + 1]) : last)
            compare(step, "step \(index) \(step["do"]?.stringValue ?? "")", after: revision, eventCount)
        }
        return differences
    }

    private func time(_ step: JSONValue?) -> VirtualTime {
        .start + phase + VirtualDuration(fractionalSeconds: step?["t"]?.doubleValue ?? 0)
    }

    // MARK: Comparing

    private func compare(_ step: JSONValue, _ place: String, after revision: Int64, _ eventCount: Int) {
        let unstable = step["unstable"]?.arrayValue?.compactMap(\.stringValue) ?? []
        func check(_ part: String, _ expected: JSONValue?, _ found: JSONValue?) {
            if unstable.contains(where: { part == $0 || part.hasPrefix($0 + ".") }) { return }
            if Self.agrees(expected, found) { return }
            differences.append(
                "\(place): \(part): expected \(expected.map(Self.text) ?? "nothing"), "
                    + "found \(found.map(Self.text) ?? "nothing")")
        }
        compareWrites(step, after: revision, check)
        let state = currentState()
        let expected = step["state"]?.objectValue ?? [:]
        for key in Set(state.keys).union(expected.keys).sorted() {
            let found = state[key]
            if let wanted = expected[key] {
                let members = Set((wanted.objectValue ?? [:]).keys).union((found?.objectValue ?? [:]).keys)
                for member in members.sorted() {
                    var value = wanted[member]
                    if key.hasPrefix("Pod/") && member == "labels" { value = Self.withoutTopology(value) }
                    check("state.\(key).\(member)", value, found?[member])
                }
            } else if let found, !Self.agrees(shown[key], found) {
                check("state.\(key)", nil, found)
            }
        }
        let gone = shown.keys.filter { state[$0] == nil }.sorted()
        let wanted = (step["gone"]?.arrayValue ?? []).compactMap(\.stringValue).sorted()
        check("gone", .array(wanted.map { .string($0) }), .array(gone.map { .string($0) }))
        shown = state
        if !unstable.contains("events") { compareEvents(step, eventCount, check) }
    }

    private func compareWrites(
        _ step: JSONValue, after revision: Int64, _ check: (String, JSONValue?, JSONValue?) -> Void
    ) {
        var writes: [String: [JSONValue]] = [:]
        for change in lab.history where change.revision > revision && !driverWrites.contains(change.revision)
        {
            guard state(change.object) != nil, let write = self.write(change) else { continue }
            writes[change.object.kind.name, default: []].append(write)
        }
        let expected = step["writes"]?.objectValue ?? [:]
        for kind in Set(writes.keys).union(expected.keys).sorted() {
            func sorted(_ list: [JSONValue]) -> JSONValue {
                .array(list.sorted { Self.text($0) < Self.text($1) })
            }
            check("writes.\(kind)", sorted(expected[kind]?.arrayValue ?? []), sorted(writes[kind] ?? []))
        }
    }

    private func compareEvents(
        _ step: JSONValue, _ eventCount: Int, _ check: (String, JSONValue?, JSONValue?) -> Void
    ) {
        var counts: [String: Int64] = [:]
        for (_, event) in lab.events[eventCount...] {
            let object = "\(event.involvedKind.name)/\(display(event.involvedKey.name))"
            if let dropped = recording["dropEvents"]?.stringValue, object.hasPrefix(dropped) { continue }
            if object.hasSuffix("/other") { continue }
            counts[
                "\(object) \(event.severity.rawValue) \(event.reason) \(display(event.message))", default: 0] +=
                1
        }
        var wanted: [String: Int64?] = [:]
        for event in step["events"]?.arrayValue ?? [] {
            let parts = ["object", "type", "reason", "message"].map { event[$0]?.stringValue ?? "" }
            wanted[parts.joined(separator: " ")] = .some(event["count"]?.integerValue)
        }
        for key in Set(counts.keys).union(wanted.keys).sorted() {
            if let count = wanted[key], count == nil, counts[key] != nil { continue }
            // How often a waiting claim is looked at in a step depends on the phase of the 15 s resync.
            let isRepeated = key.hasPrefix("PersistentVolumeClaim/")
            if isRepeated && (wanted[key] == nil) == (counts[key] == nil) { continue }
            check(
                "events", wanted[key].map { .string("\(key) × \($0 ?? -1)") },
                counts[key].map { .string("\(key) × \($0)") })
        }
    }

    private static func withoutTopology(_ labels: JSONValue?) -> JSONValue? {
        guard case .object(var members)? = labels else { return labels }
        members[WellKnown.zoneLabel] = nil
        members[WellKnown.regionLabel] = nil
        return members.isEmpty ? nil : .object(members)
    }

    private static func agrees(_ expected: JSONValue?, _ found: JSONValue?) -> Bool {
        if let options = expected?["oneOf"]?.arrayValue { return options.contains { agrees($0, found) } }
        return text(expected ?? .null) == text(found ?? .null)
    }

    private static func text(_ value: JSONValue) -> String {
        JSONWriter.string(value, style: .init(sortsKeys: true))
    }

    // MARK: Showing

    private func display(_ text: String) -> String { text.replacing(Self.namespace, with: "<ns>") }

    private func name(_ object: APIObject) -> String {
        guard let attachment = object.volumeAttachment?.value else { return display(object.metadata.name) }
        return display("<va:\(attachment.spec.persistentVolumeName ?? "")@\(attachment.spec.nodeName)>")
    }

    private func currentState() -> [String: JSONValue] {
        var states: [String: JSONValue] = [:]
        for kind in [ObjectKind.node, .pod, .persistentVolume, .persistentVolumeClaim, .volumeAttachment] {
            for object in lab.list(kind) {
                if let shown = state(object) { states["\(kind.name)/\(name(object))"] = shown }
            }
        }
        return states
    }

    private func map(_ map: StringMap) -> JSONValue {
        .object(JSONObject(uniqueKeysWithValues: map.entries.map { ($0.key, .string(display($0.value))) }))
    }

    /// An object as recordings show it; nil for those that they leave out.
    private func state(_ object: APIObject) -> JSONValue? {
        let metadata = object.metadata
        guard metadata.name != "other" else { return nil }
        var state: JSONObject = [:]
        var labels = metadata.labels
        if object.kind == .pod {
            // The API server's admission puts them on pods that name a node; it is not what is tested here.
            labels[WellKnown.zoneLabel] = nil
            labels[WellKnown.regionLabel] = nil
        }
        if !labels.isEmpty { state["labels"] = map(labels) }
        var annotations = metadata.annotations
        annotations["volumes.kubernetes.io/controller-managed-attach-detach"] = nil
        if !annotations.isEmpty { state["annotations"] = map(annotations) }
        if !metadata.finalizers.isEmpty {
            state["finalizers"] = .array(metadata.finalizers.map { .string($0) })
        }
        if metadata.isBeingDeleted { state["deleting"] = true }
        switch object {
        case .node(let node): show(node.value, &state)
        case .pod(let pod): show(pod.value, &state)
        case .persistentVolume(let volume):
            state["spec"] = .object(volume.value.spec.claimRef.map { ["claimRef": reference($0)] } ?? [:])
            state["status"] = phase(volume.value.status.phase)
        case .persistentVolumeClaim(let claim): show(claim.value, &state)
        case .volumeAttachment(let attachment):
            let spec = attachment.value.spec
            state["spec"] = [
                "attacher": .string(spec.attacher), "nodeName": .string(display(spec.nodeName)),
                "source": ["persistentVolumeName": .string(display(spec.persistentVolumeName ?? ""))],
            ]
            state["status"] = ["attached": .bool(attachment.value.status.attached)]
        default: return nil
        }
        return .object(state)
    }

    private func phase(_ phase: String) -> JSONValue { ["phase": .string(phase)] }

    private func reference(_ reference: ObjectReference) -> JSONValue {
        var members: JSONObject = [
            "namespace": .string(display(reference.namespace)), "name": .string(display(reference.name)),
        ]
        if !reference.uid.isEmpty { members["uid"] = true }
        return .object(members)
    }

    private func conditions(_ conditions: [Condition]) -> JSONValue {
        .array(
            conditions.sorted { $0.type < $1.type }.map { condition in
                var members: JSONObject = [
                    "type": .string(condition.type), "status": .string(condition.status.rawValue),
                ]
                if !condition.reason.isEmpty { members["reason"] = .string(condition.reason) }
                if !condition.message.isEmpty { members["message"] = .string(condition.message) }
                if condition.observedGeneration != 0 {
                    members["observedGeneration"] = .integer(condition.observedGeneration)
                }
                return .object(members)
            })
    }

    private func taints(_ taints: [Taint]) -> JSONValue {
        let shown = taints.map { taint -> JSONValue in
            var members: JSONObject = ["key": .string(taint.key), "effect": .string(taint.effect.rawValue)]
            if !taint.value.isEmpty { members["value"] = .string(taint.value) }
            return .object(members)
        }
        return .array(shown.sorted { Self.sortKey($0) < Self.sortKey($1) })
    }

    private static func sortKey(_ taint: JSONValue) -> String {
        "\(taint["key"]?.stringValue ?? "") \(taint["effect"]?.stringValue ?? "")"
    }

    private func show(_ node: Node, _ state: inout JSONObject) {
        state["conditions"] = node.status.conditions.isEmpty ? .null : conditions(node.status.conditions)
        state["taints"] = taints(node.spec.taints)
        if node.spec.unschedulable { state["unschedulable"] = true }
        if !node.status.volumesAttached.isEmpty {
            state["volumesAttached"] = .array(
                node.status.volumesAttached.map {
                    ["name": .string(display($0.name)), "devicePath": .string($0.devicePath)]
                })
        }
        if !node.status.volumesInUse.isEmpty {
            state["volumesInUse"] = .array(node.status.volumesInUse.map { .string(display($0)) })
        }
    }

    private func show(_ pod: Pod, _ state: inout JSONObject) {
        state["phase"] = .string(pod.status.phase.rawValue)
        if !pod.nodeName.isEmpty { state["node"] = .string(display(pod.nodeName)) }
        if recording["nodesReal"] == true, pod.nodeName.hasPrefix("\(Self.namespace)-n") {
            state["node"] = .string(String(pod.nodeName.dropFirst(Self.namespace.count + 1)))
        }
        if let ready = pod.status.conditions["Ready"] { state["ready"] = .bool(ready.status == .isTrue) }
        if let grace = pod.metadata.deletionGracePeriodSeconds, grace != 0 {
            state["grace"] = .integer(grace)
        }
        if !pod.status.reason.isEmpty { state["reason"] = .string(pod.status.reason) }
        if !pod.status.message.isEmpty { state["message"] = .string(pod.status.message) }
        let types = recording["podReadyCond"] == true ? ["DisruptionTarget", "Ready"] : ["DisruptionTarget"]
        let kept = pod.status.conditions.filter { types.contains($0.type) }
        if !kept.isEmpty { state["conditions"] = conditions(kept) }
        let claims = pod.spec.fields.volumes.compactMap { $0.claimName(podName: pod.metadata.name) }
        if !claims.isEmpty { state["claims"] = .array(claims.sorted().map { .string($0) }) }
    }

    private func show(_ claim: PersistentVolumeClaim, _ state: inout JSONObject) {
        var spec: JSONObject = [:]
        if !claim.spec.volumeName.isEmpty { spec["volumeName"] = .string(display(claim.spec.volumeName)) }
        if let name = claim.spec.storageClassName { spec["storageClassName"] = .string(display(name)) }
        state["spec"] = .object(spec)
        var status: JSONObject = ["phase": .string(claim.status.phase)]
        if !claim.status.accessModes.isEmpty {
            status["accessModes"] = .array(claim.status.accessModes.map { .string($0) })
        }
        if let size = claim.status.capacity["storage"] {
            status["capacity"] = ["storage": .string(size.description)]
        }
        state["status"] = .object(status)
    }

    /// A write as recordings list it; nil when nothing changed that they show.
    private func write(_ change: StoreChange) -> JSONValue? {
        let name = JSONValue.string(self.name(change.object))
        guard change.kind == .modified, let old = change.previous else {
            return change.kind == .added ? ["create", name] : ["delete", name]
        }
        var changes: JSONObject = [:]
        func compare(_ path: String, _ before: JSONValue?, _ after: JSONValue?) {
            if Self.text(before ?? .null) != Self.text(after ?? .null) {
                changes[path] = [before ?? .null, after ?? .null]
            }
        }
        let (before, after) = (old.metadata, change.object.metadata)
        for entry in before.annotations.merging(after.annotations).entries {
            compare(
                "annotations.\(entry.key)", before.annotations[entry.key].map { .string(display($0)) },
                after.annotations[entry.key].map { .string(display($0)) })
        }
        func list(_ texts: [String]) -> JSONValue? { texts.isEmpty ? nil : .array(texts.map { .string($0) }) }
        if !after.isBeingDeleted { compare("finalizers", list(before.finalizers), list(after.finalizers)) }
        switch (old, change.object) {
        case (.node(let before), .node(let after)):
            compare("spec.taints", taints(before.value.spec.taints), taints(after.value.spec.taints))
        case (.persistentVolume(let before), .persistentVolume(let after)):
            let (left, right) = (before.value.spec.claimRef, after.value.spec.claimRef)
            for member in ["name", "namespace", "uid"] {
                compare(
                    "spec.claimRef.\(member)", left.flatMap { reference($0)[member] },
                    right.flatMap { reference($0)[member] })
            }
        case (.persistentVolumeClaim(let before), .persistentVolumeClaim(let after)):
            func name(_ claim: PersistentVolumeClaim) -> JSONValue? {
                claim.spec.volumeName.isEmpty ? nil : .string(display(claim.spec.volumeName))
            }
            compare("spec.volumeName", name(before.value), name(after.value))
        default: break
        }
        if after.isBeingDeleted && !before.isBeingDeleted {
            return changes.isEmpty ? ["markDeleted", name] : ["markDeleted", name, .object(changes)]
        }
        return changes.isEmpty ? nil : ["update", name, .object(changes)]
    }
}

// MARK: - Driving

extension InfrastructureReplay {
    private func call(_ request: APIRequest) {
        let before = lab.history.last?.revision ?? 0
        lab.call(request)
        note(after: before)
    }

    /// What the driver writes is not compared.
    private func note(after revision: Int64) {
        for change in lab.history where change.revision > revision { driverWrites.insert(change.revision) }
    }

    private func actual(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text.replacing("<ns>", with: Self.namespace))
        case .array(let elements): .array(elements.map(actual))
        case .object(let members):
            .object(JSONObject(uniqueKeysWithValues: members.map { ($0.key, actual($0.value)) }))
        default: value
        }
    }

    private func text(_ step: JSONValue, _ name: String) -> String {
        (step[name]?.stringValue ?? "").replacing("<ns>", with: Self.namespace)
    }

    private func manifest(_ value: JSONValue) -> JSONValue {
        guard case .object(var members) = actual(value), var metadata = members["metadata"]?.objectValue
        else {
            return value
        }
        let kind = members["kind"]?.stringValue ?? ""
        if kind == "Pod" || kind == "PersistentVolumeClaim" {
            metadata["namespace"] = .string(Self.namespace)
        }
        members["metadata"] = .object(metadata)
        return .object(members)
    }

    private func target(_ step: JSONValue) -> (kind: ObjectKind, key: ObjectKey)? {
        guard let kind = ObjectKind.allCases.first(where: { $0.name == step["kind"]?.stringValue }) else {
            return nil
        }
        return (
            kind, ObjectKey(namespace: kind.info.isNamespaced ? Self.namespace : "", name: text(step, "name"))
        )
    }

    private func act(_ step: JSONValue) {
        let node = text(step, "node")
        switch step["do"]?.stringValue ?? "" {
        case "create": call(.createManifest(manifest(step["object"] ?? .null)))
        case "nodeJoin": join(step)
        case "csiNode":
            call(
                .createManifest([
                    "apiVersion": "v1", "kind": "Node",
                    "metadata": [
                        "name": .string(node),
                        "annotations": ["volumes.kubernetes.io/controller-managed-attach-detach": "true"],
                    ],
                ]))
            call(
                .patch(
                    .node, ObjectKey(name: node),
                    .nodeTaints(adding: [], removing: lab.get(Node.self, node)?.spec.taints ?? []), uid: nil))
            call(
                .patch(
                    .node, ObjectKey(name: node),
                    .nodeConditions([Condition("Ready", .isTrue, reason: "KubeletReady")]), uid: nil))
        case "nodeStatus": report(node, step["conditions"])
        case "nodeStatusMany":
            for name in step["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
                report(name.replacing("<ns>", with: Self.namespace), step["conditions"])
                lab.run(for: VirtualDuration(fractionalSeconds: step["gap"]?.doubleValue ?? 0))
            }
        case "startLease": renewLease(node)
        case "stopLease":
            let before = lab.history.last?.revision ?? 0
            lab.kill(node)
            note(after: before)
        case "addTaints":
            let taints = (step["taints"]?.arrayValue ?? []).map {
                Taint(fields: $0.objectValue ?? [:], epoch: ControllerLab.epoch)
            }
            call(.patch(.node, ObjectKey(name: node), .nodeTaints(adding: taints, removing: []), uid: nil))
        case "removeTaints":
            let keys = step["keys"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let taints = (lab.get(Node.self, node)?.spec.taints ?? []).filter { keys.contains($0.key) }
            call(.patch(.node, ObjectKey(name: node), .nodeTaints(adding: [], removing: taints), uid: nil))
        case "delete":
            guard let (kind, key) = target(step) else { return }
            call(.delete(kind, key, DeleteOptions(gracePeriodSeconds: step["grace"]?.integerValue)))
        case "annotate":
            guard let (kind, key) = target(step) else { return }
            call(
                .patch(
                    kind, key, .merge(["metadata": ["annotations": step["annotations"] ?? .null]]), uid: nil))
        case "patch":
            guard let (kind, key) = target(step) else { return }
            call(.patch(kind, key, .merge(actual(step["patch"] ?? .null)), uid: nil))
        case "vaAttached":
            let volume = text(step, "volume")
            for object in lab.list(.volumeAttachment) {
                guard let attachment = object.volumeAttachment?.value, attachment.spec.nodeName == node,
                    attachment.spec.persistentVolumeName == volume
                else { continue }
                call(.updateStatus(APIObject(attachment.with { $0.status.attached = true })))
            }
        case "volumesInUse":
            let names = step["volumes"]?.arrayValue?.compactMap(\.stringValue) ?? []
            guard var status = lab.get(Node.self, node)?.status else { return }
            status.volumesInUse = names.map {
                "kubernetes.io/csi/csi.test^" + $0.replacing("<ns>", with: Self.namespace)
            }
            call(.patch(.node, ObjectKey(name: node), .nodeStatus(status), uid: nil))
        case "podReady", "podSucceeded", "podFailed", "finalizePodDeletion":
            for name in pods(step) { act(onPod: name, step) }
        default: break
        }
    }

    private func join(_ step: JSONValue) {
        call(.createManifest(manifest(step["object"] ?? .null)))
        let name = (step["object"]?["metadata"]?["name"]?.stringValue ?? "").replacing(
            "<ns>", with: Self.namespace)
        // A kubelet posts its status a little after it has registered.
        lab.run(for: .milliseconds(50))
        if let ready = step["ready"]?.boolValue { report(name, ["Ready": ready ? "True" : "False"]) }
        if step["lease"] == true { renewLease(name) }
    }

    private func renewLease(_ name: String) {
        var lease = Lease()
        lease.metadata = ObjectMeta(namespace: "kube-node-lease", name: name)
        lease.renewTime = lab.now
        lease.renewalPeriod = .seconds(1)
        if let old = lab.get(Lease.self, name, namespace: "kube-node-lease") {
            lease.metadata = old.metadata
            call(.update(APIObject(lease)))
        } else {
            call(.create(APIObject(lease)))
        }
    }

    private func report(_ name: String, _ changed: JSONValue?) {
        guard var status = lab.get(Node.self, name)?.status else { return }
        let reasons: [(type: String, good: ConditionStatus, goodReason: String, badReason: String)] = [
            ("MemoryPressure", .isFalse, "KubeletHasSufficientMemory", "KubeletHasInsufficientMemory"),
            ("DiskPressure", .isFalse, "KubeletHasNoDiskPressure", "KubeletHasDiskPressure"),
            ("PIDPressure", .isFalse, "KubeletHasSufficientPID", "KubeletHasInsufficientPID"),
            ("NetworkUnavailable", .isFalse, "RouteCreated", "NoRoute"),
            ("Ready", .isTrue, "KubeletReady", "KubeletNotReady"),
        ]
        for (type, good, goodReason, badReason) in reasons {
            let value = changed?[type]?.stringValue.flatMap(ConditionStatus.init(rawValue:)) ?? good
            var condition = Condition(type, value, reason: value == good ? goodReason : badReason)
            condition.lastHeartbeatTime = Timestamp(lab.now)
            let old = status.conditions[type]
            condition.lastTransitionTime = old?.status == value ? old?.lastTransitionTime : Timestamp(lab.now)
            status.conditions[type] = condition
        }
        call(.patch(.node, ObjectKey(name: name), .nodeStatus(status), uid: nil))
    }

    private func pods(_ step: JSONValue) -> [String] {
        if let name = step["pod"]?.stringValue { return [name] }
        let wanted = step["pick"]?["class"]?.stringValue ?? ""
        return lab.list(.pod).compactMap(\.pod?.value).filter { pod in
            switch wanted {
            case "active": pod.isActive
            case "deleting": pod.metadata.isBeingDeleted
            case "terminal": pod.status.phase.isTerminal
            default: false
            }
        }.map(\.metadata.name).sorted()
    }

    private func act(onPod name: String, _ step: JSONValue) {
        let key = ObjectKey(namespace: Self.namespace, name: name)
        guard let pod = lab.get(Pod.self, name, namespace: Self.namespace) else { return }
        let action = step["do"]?.stringValue ?? ""
        if action == "finalizePodDeletion" {
            if pod.metadata.isBeingDeleted {
                call(.delete(.pod, key, DeleteOptions(gracePeriodSeconds: 0, uid: pod.uid)))
            }
            return
        }
        var status = pod.status
        status.phase = action == "podReady" ? .running : action == "podFailed" ? .failed : .succeeded
        status.reason = step["reason"]?.stringValue ?? ""
        var ready = Condition(
            "Ready", action == "podReady" ? .isTrue : .isFalse, lastTransitionTime: Timestamp(lab.now))
        if action != "podReady" { ready.reason = action == "podFailed" ? "PodFailed" : "PodCompleted" }
        status.conditions["Ready"] = ready
        var container = ContainerStatus()
        container.name = "c"
        container.image = "x"
        var end = ContainerState.Termination()
        end.exitCode = step["exitCode"]?.integerValue ?? 0
        container.state = action == "podReady" ? .running(startedAt: Timestamp(lab.now)) : .terminated(end)
        status.containerStatuses = [container]
        call(.patch(.pod, key, .podStatus(status), uid: pod.uid))
    }
}
