import ControlPlane
import Controllers
import KubernetesModel
import OrderedCollections
import SimulationKernel
import TestSupport

/// Plays one recorded case of the real controllers against simk's: the driver's actions go to an API server, the
/// controllers under test answer, and what they wrote is compared step by step.
///
/// The scheduler and the kubelet are the recording's driver, as `../shared/conformance/controllers/README.md`
/// tells.
final class LifecycleReplay {
    /// What one step got wrong; empty when it agrees.
    struct Mismatch: CustomStringConvertible {
        var step: Int
        var action: String
        var what: String
        var description: String { "step \(step) (\(action)): \(what)" }
    }

    private let world: ControllerWorld
    private var epoch: CalendarTime { world.epoch }
    private let namespace = ControllerWorld.namespace
    private var names = RecordedNames()
    private let isCompact: Bool
    private let hasGate: Bool
    private let hiddenKinds: Set<ObjectKind>
    private var nodes: [String]
    private var boundPods = 0
    private var addresses: [String: String] = [:]

    init(_ recorded: JSONValue, controllers: (inout ControllerManager, CalendarTime) -> Void) {
        let category = recorded["category"]?.stringValue ?? ""
        isCompact = recorded["compact"] == true
        hasGate = recorded["featureGates"]?["MaxUnavailableStatefulSet"] == true
        nodes = recorded["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? ["n1", "n2", "n3"]
        var hidden: Set<ObjectKind> = [.node, .service, .secret, .event, .lease]
        if category != "namespace" { hidden.formUnion([.namespace, .serviceAccount]) }
        if category != "endpoints" { hidden.formUnion([.endpointSlice, .endpoints]) }
        hiddenKinds = hidden
        world = ControllerWorld(nodes: nodes, controllers: controllers)
        world.settle(until: .start + .milliseconds(100))
        names.hide(namespace, as: "<ns>")
    }

    // MARK: Playing

    /// Plays all steps.
    ///
    /// - Returns: what differed, at most one entry a step and aspect.
    func play(_ recorded: JSONValue) -> [Mismatch] {
        let steps = recorded["steps"]?.arrayValue ?? []
        let dropped = recorded["dropEvents"]?.stringValue
        var mismatches: [Mismatch] = []
        var before = snapshot()
        for (index, step) in steps.enumerated() {
            let action = step["do"]?.stringValue ?? ""
            let start = VirtualTime.start + .init(fractionalSeconds: step["t"]?.doubleValue ?? 0)
            world.settle(until: max(start, world.now))
            let firstRevision = world.server.store.revision
            world.events = []
            let response = perform(step)
            let nextStart = index + 1 < steps.count ? steps[index + 1]["t"]?.doubleValue : nil
            let end =
                nextStart.map { VirtualTime.start + .init(fractionalSeconds: $0 - 0.001) } ?? world.now
                + .seconds(3)
            world.settle(until: end)
            let after = snapshot()
            func report(_ what: String) {
                mismatches.append(Mismatch(step: index, action: action, what: what))
            }
            let unstable = step["unstable"]?.arrayValue?.compactMap(\.stringValue) ?? []
            compareStates(step, before, after, report)
            compareWrites(step, since: firstRevision, unstable, report)
            if !unstable.contains("events") { compareEvents(step, dropped, report) }
            compareResponse(step, response, report)
            before = after
        }
        return mismatches
    }

    private func compareResponse(_ step: JSONValue, _ result: APIResult?, _ report: (String) -> Void) {
        let wanted = step["response"]?["message"]?.stringValue
        var message: String?
        if case .failure(let error)? = result { message = error.message }
        if wanted != message?.replacing("namespace \(namespace) ", with: "namespace <ns> ") {
            report("response \(message ?? "none"), recorded \(wanted ?? "none")")
        }
    }

    private func compareEvents(_ step: JSONValue, _ dropped: String?, _ report: (String) -> Void) {
        var counts: OrderedDictionary<String, Int64> = [:]
        for event in world.events {
            let object = "\(event.involvedKind.name)/\(event.involvedKey.name)"
            if let dropped, object.hasPrefix(dropped) { continue }
            let text = names.shown("\(object) \(event.severity.rawValue) \(event.reason): \(event.message)")
            counts[text, default: 0] += 1
        }
        for event in step["events"]?.arrayValue ?? [] {
            func text(_ name: String) -> String { event[name]?.stringValue ?? "" }
            let key = "\(text("object")) \(text("type")) \(text("reason")): \(text("message"))"
            let count = counts.removeValue(forKey: key)
            if count == nil {
                report("no event \(key)")
            } else if let wanted = event["count"]?.integerValue, wanted != count {
                report("event \(key) \(count ?? 0) times, recorded \(wanted)")
            }
        }
        for key in counts.keys { report("event not recorded: \(key)") }
    }

    private func compareStates(
        _ step: JSONValue, _ before: OrderedDictionary<String, JSONValue>,
        _ after: OrderedDictionary<String, JSONValue>, _ report: (String) -> Void
    ) {
        let wanted = step["state"]?.objectValue ?? [:]
        let gone = step["gone"]?.arrayValue?.compactMap(\.stringValue) ?? []
        for (name, state) in wanted {
            let found = after[name].map(RecordedNames.sorted)
            if found != RecordedNames.sorted(state) {
                report(
                    "\(name) is \(found.map { JSONWriter.string($0) } ?? "gone"), recorded \(JSONWriter.string(state))"
                )
            }
        }
        for name in gone where after[name] != nil { report("\(name) is still there") }
        for (name, state) in after where wanted[name] == nil && before[name] != state {
            report("\(name) changed to \(JSONWriter.string(state)), which is not recorded")
        }
        for name in before.keys where after[name] == nil && !gone.contains(name) && wanted[name] == nil {
            report("\(name) is gone, which is not recorded")
        }
    }

    // MARK: Writes

    private func compareWrites(
        _ step: JSONValue, since revision: Int64, _ unstable: [String], _ report: (String) -> Void
    ) {
        var found: OrderedDictionary<String, [String]> = [:]
        // Whether an immediate deletion by the driver shows its mark or not differs between recordings.
        let action = step["do"]?.stringValue ?? ""
        let deleted =
            action == "delete" || action == "finalizePodDeletion"
            ? step["name"]?.stringValue ?? step["pod"]?.stringValue : nil
        func isOwnDeletion(_ text: String) -> Bool {
            deleted.map { text == "markDeleted \($0) " || text == "delete \($0) " } ?? false
        }
        let changes = Array(world.server.store.changes(after: revision) ?? [])
        for (index, change) in changes.enumerated() {
            // A deletion that a driver's patch completes is recorded, its other writes are not.
            let isOwn =
                world.ownRevisions.contains(change.revision)
                && !(action == "patch" && change.kind == .deleted)
            if isOwn || hiddenKinds.contains(change.object.kind) { continue }
            // The update that takes the last finalizer off and the deletion are one to a watcher.
            if change.kind == .modified, index + 1 < changes.count, changes[index + 1].kind == .deleted,
                changes[index + 1].object.metadata.uid == change.object.metadata.uid,
                change.object.metadata.finalizers.isEmpty,
                change.previous?.metadata.finalizers.isEmpty == false
            {
                continue
            }
            if let text = text(change) { found[change.object.kind.name, default: []].append(text) }
        }
        for (kind, writes) in step["writes"]?.objectValue ?? [:] {
            if unstable.contains("writes.\(kind)") {
                found.removeValue(forKey: kind)
                continue
            }
            let wanted: [String] = (writes.arrayValue ?? []).map { write -> String in
                let verb = write[0]?.stringValue ?? ""
                let changes =
                    verb == "update" ? write[2].map { JSONWriter.string(RecordedNames.sorted($0)) } ?? "" : ""
                return "\(verb) \(write[1]?.stringValue ?? "") \(changes)"
            }.filter { !isOwnDeletion($0) }
            let made = (found.removeValue(forKey: kind) ?? []).filter { !isOwnDeletion($0) }
            if made.sorted() != wanted.sorted() { report("writes of \(kind): \(made), recorded \(wanted)") }
        }
        for kind in unstable where kind.hasPrefix("writes.") {
            found.removeValue(forKey: String(kind.dropFirst(7)))
        }
        for (kind, made) in found where !made.allSatisfy(isOwnDeletion) {
            report("writes of \(kind): \(made), recorded none")
        }
    }

    /// A write as recordings show it: of updates only metadata and specifications.
    private func text(_ change: StoreChange) -> String? {
        let name = names.shown(change.object.key.name)
        switch change.kind {
        case .added: return "create \(name) "
        case .deleted: return "delete \(name) "
        case .modified:
            guard let previous = change.previous else { return nil }
            if change.object.metadata.isBeingDeleted && !previous.metadata.isBeingDeleted {
                return "markDeleted \(name) "
            }
            let (old, new) = (state(previous), state(change.object))
            var changes = JSONObject()
            for member in [
                "owners", "finalizers", "endpoints", "ports", "endpointCount", "ready", "subsets",
                "addresses",
            ] {
                if member == "ready" && change.object.kind == .pod { continue }
                if old[member] != new[member] {
                    changes[member] = [old[member] ?? .null, new[member] ?? .null]
                }
            }
            for member in ["labels", "annotations"] {
                let (was, become) = (old[member]?.objectValue ?? [:], new[member]?.objectValue ?? [:])
                for key in Set(was.keys).union(become.keys).sorted() where was[key] != become[key] {
                    changes["\(member).\(key)"] = [was[key] ?? .null, become[key] ?? .null]
                }
            }
            if change.object.kind == .persistentVolumeClaim { changes["finalizers"] = nil }
            if case .generic(let was) = previous, case .generic(let become) = change.object,
                become.value.kind == .configMap
            {
                func shown(_ object: GenericObject, _ key: String) -> JSONValue {
                    guard let text = object.body["data"]?[key]?.stringValue else { return .null }
                    return .string(text.count > 60 ? "<long>" : text)
                }
                for key in (become.value.body["data"]?.objectValue ?? [:]).keys
                where was.value.body["data"]?[key] != become.value.body["data"]?[key] {
                    changes["data.\(key)"] = [shown(was.value, key), shown(become.value, key)]
                }
            }
            return changes.isEmpty
                ? nil : "update \(name) \(JSONWriter.string(RecordedNames.sorted(.object(changes))))"
        }
    }

    // MARK: States

    private func snapshot() -> OrderedDictionary<String, JSONValue> {
        for change in world.server.store.changes(after: 0) ?? [] where change.kind == .added {
            names.learn(change.object)
        }
        var states: OrderedDictionary<String, JSONValue> = [:]
        for kind in ObjectKind.allCases where !hiddenKinds.contains(kind) {
            for object in world.server.store.list(kind) {
                if kind.info.isNamespaced ? object.key.namespace != namespace : object.key.name != namespace {
                    continue
                }
                if object.key.name == "kube-root-ca.crt" && hiddenKinds.contains(.namespace) { continue }
                // What stood there before the first step is known, and not recorded.
                states["\(kind.name)/\(names.shown(object.key.name))"] = state(object)
            }
        }
        return states
    }

    private func state(_ object: APIObject) -> JSONValue {
        names.shown(RecordedState(epoch: epoch, isCompact: isCompact).of(object))
    }

    // MARK: Actions

    private func perform(_ step: JSONValue) -> APIResult? {
        func text(_ name: String) -> String { names.real(step[name]?.stringValue ?? "") }
        func target() -> (ObjectKind, ObjectKey)? {
            guard let kind = ObjectKind.allCases.first(where: { $0.name == step["kind"]?.stringValue }) else {
                return nil
            }
            return (kind, ObjectKey(namespace: kind.info.isNamespaced ? namespace : "", name: text("name")))
        }
        switch step["do"]?.stringValue ?? "" {
        case "create": return create(inNamespace(step["object"] ?? .null))
        case "createMany":
            for index in 0..<Int(step["count"]?.integerValue ?? 0) {
                var object = inNamespace(step["object"] ?? .null)
                let name = object["metadata"]?["name"]?.stringValue ?? ""
                object["metadata"]?["name"] = .string("\(name)-\(index)")
                world.driver(.createManifest(object))
            }
            return nil
        case "createOwned":
            var object = inNamespace(step["object"] ?? .null)
            object["metadata"]?["ownerReferences"] = .array((step["owners"]?.arrayValue ?? []).map(reference))
            return world.driver(.createManifest(object))
        case "addOwner":
            let key = ObjectKey(namespace: namespace, name: text("name"))
            let owner = OwnerReference(
                fields: reference(step["owner"] ?? .null).objectValue ?? [:], epoch: epoch)
            return world.driver(.patch(.configMap, key, .adopt(owner), uid: nil))
        case "patch":
            guard let (kind, key) = target(), let object = world.server.store[kind, key] else { return nil }
            let patch = mergePatch(step["patch"] ?? .null, onto: object.tree(epoch: epoch))
            return world.driver(.patch(kind, key, .merge(patch), uid: nil))
        case "label":
            guard let (kind, key) = target() else { return nil }
            return world.driver(
                .patch(kind, key, .merge(["metadata": ["labels": step["labels"] ?? [:]]]), uid: nil))
        case "scale":
            guard let (kind, key) = target() else { return nil }
            return world.driver(
                .scale(kind, key, replicas: step["replicas"]?.integerValue ?? 0, resourceVersion: nil))
        case "delete":
            guard let (kind, key) = target() else { return nil }
            let propagation = (step["propagation"]?.stringValue).flatMap(
                DeleteOptions.Propagation.init(rawValue:))
            return world.driver(
                .delete(
                    kind, key,
                    DeleteOptions(gracePeriodSeconds: step["grace"]?.integerValue, propagation: propagation)))
        case "podReady": forPods(step) { kubelet($0, .running, isReady: true) }
        case "podNotReady", "podRunning": forPods(step) { kubelet($0, .running, isReady: false) }
        case "podPending": forPods(step) { kubelet($0, .pending, isReady: false) }
        case "podFailed": forPods(step) { kubelet($0, .failed, isReady: false) }
        case "podSucceeded": forPods(step) { kubelet($0, .succeeded, isReady: false) }
        case "finalizePodDeletion":
            forPods(step) { pod in
                guard pod.metadata.isBeingDeleted else { return }
                world.driver(.delete(.pod, pod.key, DeleteOptions(gracePeriodSeconds: 0, uid: pod.uid)))
            }
        default: break
        }
        return nil
    }

    /// A manifest; under the gate MaxUnavailableStatefulSet its field is put back that the server drops.
    private func create(_ manifest: JSONValue) -> APIResult {
        guard hasGate, manifest["kind"] == "StatefulSet" else {
            return world.driver(.createManifest(manifest))
        }
        var scratch = APIServer(epoch: epoch, seed: 1)
        var space = Namespace()
        space.metadata.name = namespace
        _ = scratch.handle(.create(APIObject(space)), at: world.now)
        let result = scratch.handle(.createManifest(manifest), at: world.now)
        guard case .success(let object) = result, let set = object?.statefulSet else {
            return world.driver(.createManifest(manifest))
        }
        let limit = manifest["spec"]?["updateStrategy"]?["rollingUpdate"]?["maxUnavailable"] ?? 1
        return world.driver(
            .create(
                APIObject(
                    set.value.with {
                        $0.spec.updateStrategy.rollingUpdate?.maxUnavailable = IntOrPercent(json: limit)
                    })))
    }

    private func inNamespace(_ manifest: JSONValue) -> JSONValue {
        var manifest = manifest
        manifest["metadata"]?["namespace"] = .string(namespace)
        return manifest
    }

    private func reference(_ owner: JSONValue) -> JSONValue {
        let name = owner["name"]?.stringValue ?? ""
        var members: JSONObject = [
            "apiVersion": "v1", "kind": owner["kind"] ?? "ConfigMap", "name": .string(name),
            "uid": owner["uid"]
                ?? .string(
                    world.server.store[.configMap, ObjectKey(namespace: namespace, name: name)]?.metadata.uid
                        .description ?? ""),
        ]
        if let blocks = owner["blockOwnerDeletion"] { members["blockOwnerDeletion"] = blocks }
        return .object(members)
    }

    /// A strategic merge patch as a merge patch: lists of named elements are merged here.
    private func mergePatch(_ patch: JSONValue, onto object: JSONValue) -> JSONValue {
        switch (patch, object) {
        case (.object(let members), _):
            var merged = JSONObject()
            for (name, member) in members { merged[name] = mergePatch(member, onto: object[name] ?? .null) }
            return .object(merged)
        case (.array(let changes), .array(let elements)) where elements.contains { $0["image"] != nil }:
            return .array(
                elements.map { element in
                    let change = changes.first { $0["name"] == element["name"] }
                    return change.map { element.merging($0) } ?? element
                })
        default: return patch
        }
    }

    private func forPods(_ step: JSONValue, _ act: (Pod) -> Void) {
        if let name = step["pod"]?.stringValue {
            let key = ObjectKey(namespace: namespace, name: names.real(name))
            if let pod = world.server.store.get(Pod.self, key) { act(pod.value) }
            return
        }
        let owner = step["pick"]?["owner"]?.stringValue
        let wanted = step["pick"]?["class"]?.stringValue ?? ""
        let pods = world.server.store.list(.pod, namespace: namespace).compactMap { $0.pod?.value }
            .filter { pod in
                if let owner,
                    pod.metadata.controllerReference?.name
                        != owner.split(separator: "/").last.map(String.init)
                {
                    return false
                }
                switch wanted {
                case "active": return pod.isActive
                case "unassigned": return pod.nodeName.isEmpty
                case "notReady": return pod.isActive && !pod.isReady
                case "ready": return pod.isReady
                case "deleting": return pod.metadata.isBeingDeleted
                case "failed": return pod.status.phase == .failed
                case "terminal": return pod.status.phase.isTerminal
                default: return false
                }
            }
            .sorted { RecordedNames.order($0.metadata.name) < RecordedNames.order($1.metadata.name) }
        let count = step["pick"]?["n"]?.integerValue.map(Int.init) ?? pods.count
        for pod in pods.prefix(count) {
            act(pod)
            world.settle(until: world.now + .milliseconds(5))
        }
    }

    private func kubelet(_ pod: Pod, _ phase: PodPhase, isReady: Bool) {
        if pod.nodeName.isEmpty {
            world.driver(.bind(pod: pod.key, uid: pod.uid, node: nodes[boundPods % nodes.count]))
            boundPods += 1
        }
        var status = PodStatus()
        status.phase = phase
        if phase != .pending {
            let known = addresses[pod.uid.description]
            status.podIP = known ?? "10.244.0.\(addresses.count + 2)"
            addresses[pod.uid.description] = status.podIP
        }
        let old = pod.status.conditions["Ready"]
        var ready = Condition("Ready", isReady ? .isTrue : .isFalse)
        ready.lastTransitionTime =
            old?.status == ready.status ? old?.lastTransitionTime : Timestamp(world.now)
        status.conditions = [ready]
        world.driver(.patch(.pod, pod.key, .podStatus(status), uid: nil))
    }
}
