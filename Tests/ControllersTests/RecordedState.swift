import KubernetesModel
import OrderedCollections

/// The names that recordings use in the place of random ones: `web-<rev1>`, `s-<sl2>`.
struct RecordedNames {
    private var shownNames: [(real: String, shown: String)] = []
    private var counts: [String: Int] = [:]

    mutating func hide(_ real: String, as shown: String) { shownNames.append((real, shown)) }

    /// Gives a new object with a random name its recorded one.
    mutating func learn(_ object: APIObject) {
        let prefix: String
        switch object.kind {
        case .controllerRevision: prefix = "rev"
        case .endpointSlice: prefix = "sl"
        default: return
        }
        let name = object.key.name
        if shownNames.contains(where: { $0.real == name }) { return }
        guard let dash = name.lastIndex(of: "-") else { return }
        let owner = String(name[..<dash])
        let number = counts["\(prefix) \(owner)", default: 0] + 1
        counts["\(prefix) \(owner)"] = number
        shownNames.append((name, "\(owner)-<\(prefix)\(number)>"))
        if let hash = object.metadata.labels["controller.kubernetes.io/hash"] {
            shownNames.append((hash, "<hash:rev\(number)>"))
        }
    }

    func shown(_ text: String) -> String {
        shownNames.first { $0.real == text }?.shown ?? text
    }

    func real(_ text: String) -> String { shownNames.first { $0.shown == text }?.real ?? text }

    func shown(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(shown(text))
        case .array(let elements): .array(elements.map(shown))
        case .object(let members): .object(members.mapValues(shown))
        default: value
        }
    }

    /// The value with all members in the order of their names.
    static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(sorted))
        case .object(let members):
            var object = JSONObject()
            for name in members.keys.sorted() { object[name] = members[name].map(sorted) }
            return .object(object)
        default: return value
        }
    }

    /// Orders names with numbers at the end by the numbers.
    static func order(_ name: String) -> (String, Int) {
        guard let dash = name.lastIndex(of: "-"), let number = Int(name[name.index(after: dash)...]) else {
            return (name, 0)
        }
        return (String(name[..<dash]), number)
    }
}

/// An object as recordings show it.
struct RecordedState {
    let epoch: CalendarTime
    let isCompact: Bool

    func of(_ object: APIObject) -> JSONValue {
        var state = common(object.metadata)
        switch object {
        case .pod(let pod): add(pod.value, &state)
        case .statefulSet(let set):
            state["replicas"] = .integer(set.value.spec.replicas)
            state["generation"] = .integer(set.value.metadata.generation)
            state["status"] = .object(set.value.status.fields(epoch: epoch))
        case .controllerRevision(let revision): state["revision"] = .integer(revision.value.revision)
        case .persistentVolumeClaim(let claim):
            state["spec"] = [:]
            state["status"] = ["phase": .string(claim.value.status.phase)]
        case .endpointSlice(let slice): add(slice.value, &state)
        case .namespace(let namespace): add(namespace.value, &state)
        case .generic(let object):
            if object.value.kind == .endpoints { add(endpoints: object.value, &state) }
            if object.value.kind == .configMap {
                state["dataKeys"] = .array(
                    (object.value.body["data"]?.objectValue ?? [:]).keys.sorted().map { .string($0) })
            }
        default: break
        }
        return .object(state)
    }

    private func common(_ metadata: ObjectMeta) -> JSONObject {
        var state = JSONObject()
        if !metadata.labels.isEmpty { state["labels"] = .object(metadata.labels.json) }
        if !metadata.annotations.isEmpty {
            state["annotations"] = .object(
                metadata.annotations.json.mapValues { value in
                    value.stringValue?.hasSuffix("Z") == true ? "<time>" : value
                })
        }
        if !metadata.finalizers.isEmpty {
            state["finalizers"] = .array(metadata.finalizers.map { .string($0) })
        }
        if !metadata.ownerReferences.isEmpty {
            state["owners"] = .array(
                metadata.ownerReferences.map { owner in
                    let control = owner.controller == true ? "" : "(non-controller)"
                    return .string(
                        "\(owner.kind)/\(owner.name)\(control)\(owner.blockOwnerDeletion == true ? "!" : "")")
                })
        }
        if metadata.isBeingDeleted { state["deleting"] = true }
        return state
    }

    private func add(_ pod: Pod, _ state: inout JSONObject) {
        state["phase"] = .string(pod.status.phase.rawValue)
        if !pod.nodeName.isEmpty { state["node"] = .string(pod.nodeName) }
        if let ready = pod.status.conditions["Ready"] { state["ready"] = .bool(ready.status == .isTrue) }
        if pod.metadata.isBeingDeleted, let grace = pod.metadata.deletionGracePeriodSeconds {
            state["grace"] = .integer(grace)
        }
        let claims = pod.spec.volumes.compactMap { $0.claimName(podName: pod.metadata.name) }
        if !claims.isEmpty { state["claims"] = .array(claims.sorted().map { .string($0) }) }
    }

    private func add(_ slice: EndpointSlice, _ state: inout JSONObject) {
        if isCompact {
            state = [
                "endpointCount": .integer(Int64(slice.endpoints.count)),
                "ready": .integer(Int64(slice.endpoints.filter { $0.conditions.ready == true }.count)),
            ]
        } else {
            state["addressType"] = .string(slice.addressType)
            let endpoints = slice.endpoints.map { endpoint -> JSONValue in
                var members = endpoint.fields(epoch: epoch)
                members["targetRef"] = endpoint.targetRef.map { .string("\($0.kind)/\($0.name)") }
                return .object(members)
            }
            state["endpoints"] = .array(
                endpoints.sorted {
                    JSONWriter.string(RecordedNames.sorted($0)) < JSONWriter.string(RecordedNames.sorted($1))
                })
        }
        let ports = slice.ports.map { ports in
            ports.map { JSONValue.object($0.fields(epoch: epoch)) }
        }
        state["ports"] = ports.map { .array($0) } ?? .null
    }

    private func add(endpoints: GenericObject, _ state: inout JSONObject) {
        let subsets = (endpoints.body["subsets"]?.arrayValue ?? []).map { subset -> JSONValue in
            var members = subset.objectValue ?? [:]
            for list in ["addresses", "notReadyAddresses"] {
                guard let addresses = members[list]?.arrayValue else { continue }
                members[list] = .array(
                    addresses.map { address in
                        var address = address.objectValue ?? [:]
                        address["targetRef"] = .string(
                            "Pod/\(address["targetRef"]?["name"]?.stringValue ?? "")")
                        return .object(address)
                    })
            }
            return .object(members)
        }
        if isCompact {
            let count = subsets.reduce(0) { $0 + ($1["addresses"]?.arrayValue?.count ?? 0) }
            state = ["annotations": [:], "addresses": .integer(Int64(count))]
        } else {
            state["subsets"] = .array(
                subsets.sorted {
                    JSONWriter.string(RecordedNames.sorted($0)) < JSONWriter.string(RecordedNames.sorted($1))
                })
        }
    }

    private func add(_ namespace: Namespace, _ state: inout JSONObject) {
        state["spec"] = ["finalizers": .array(namespace.specFinalizers.map { .string($0) })]
        var status: JSONObject = ["phase": .string(namespace.phase)]
        if !namespace.conditions.isEmpty {
            status["conditions"] = .array(
                namespace.conditions.sorted { $0.type < $1.type }.map { condition in
                    var members = condition.fields(epoch: epoch)
                    members["lastTransitionTime"] = nil
                    return .object(members)
                })
        }
        state["status"] = .object(status)
    }
}
