import KubernetesModel
import OrderedCollections

/// What simk does not do yet and a case needs.
struct NotCovered: Error {
    var what: String
    init(_ what: String) { self.what = what }
}

/// As much of an API server as a request for one object needs: decoding, defaulting, admission, strategies and
/// validation of the object model, without storage.
struct ModelServer {
    static let uid = "5d8f6c2e-7a4b-4e55-9a1f-2f0c7d3b9e10"
    static let clusterIP = "10.96.0.77"
    static let random = "abcde"
    private static let now = "2001-01-01T00:00:00Z"
    private static let allocation = ServiceAllocation(
        networks: [IPNetwork("10.96.0.0/16")].compactMap(\.self))

    /// The warnings of the last request.
    private(set) var warnings: [String] = []
    private var facts = AdmissionFacts(
        serviceAccounts: ["default": ["metadata": ["name": "default"]]], volumeNameSuffix: random)

    /// Answers the request of a case; throws the status that refuses it.
    mutating func run(_ test: JSONValue) throws {
        let setup = test["setup"]?.arrayValue ?? []
        let request = test["request"] ?? .null
        guard request["method"] == "PUT" else {
            for object in setup { remember(try create(object, namespace: "default")) }
            _ = try create(request["body"] ?? .null, namespace: "default")
            return
        }
        for object in setup.dropLast() { remember(try create(object, namespace: "default")) }
        let created = try create(setup.last ?? .null, namespace: "default")
        let kind = created.kind
        var stored = created.tree
        for step in test["before"]?.arrayValue ?? [] {
            stored = try update(
                kind, stored, step["edits"], subresource: step["subresource"]?.stringValue ?? "")
        }
        let path = (request["path"]?.stringValue ?? "").split(separator: "/").map(String.init)
        let name = stored["metadata"]?["name"]?.stringValue ?? ""
        let subresource = path.last == name ? "" : path.last ?? ""
        _ = try update(kind, stored, request["edits"], subresource: subresource)
    }

    private mutating func remember(_ created: (GroupVersionKind, JSONValue)) {
        let (kind, tree) = created
        let object = Schema.kubernetes.encode(tree, as: kind)
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        switch kind.kind {
        case "LimitRange": facts.limitRanges.append(object)
        case "ServiceAccount": facts.serviceAccounts[name] = object
        case "PriorityClass": facts.priorityClasses = PriorityClasses([object])
        case "RuntimeClass": facts.runtimeClasses[name] = object
        case "StorageClass": facts.storageClasses.append(object)
        default: break
        }
    }

    private func decode(_ body: JSONValue, as kind: GroupVersionKind) throws -> JSONValue {
        guard let own = GroupVersionKind(of: body) else { throw APIStatus.badRequest("no kind") }
        do throws(DecodingFault) {
            if own.kind != kind.kind {
                throw DecodingFault(
                    "converting (v1.\(own.kind)) to (core.\(kind.kind)): unknown conversion")
            }
            return try Schema.kubernetes.decode(body, as: own).tree
        } catch let fault {
            throw APIStatus.badRequest(
                "\(own.kind) in version \"\(own.version)\" cannot be handled as a \(kind.kind): "
                    + fault.description)
        }
    }

    private mutating func create(
        _ body: JSONValue, namespace: String
    ) throws -> (kind: GroupVersionKind, tree: JSONValue) {
        guard let kind = GroupVersionKind(of: body),
            let resource = ResourceRegistry.kubernetes.resource(of: kind)
        else { throw NotCovered("objects that name no kind that simk knows") }
        let group = Validator.statusKind(of: kind)
        var tree = try decode(body, as: kind)
        let outcome = Defaulting.apply(kind, &tree)
        if !CreationStrategy.setNamespace(resource.isNamespaced ? namespace : nil, of: &tree) {
            throw APIStatus.badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        do throws(AdmissionRefusal) {
            try Admission.admitNew(kind, &tree, namespace: namespace, facts: facts)
        } catch let refusal {
            let name = tree["metadata"]?["name"]?.stringValue ?? ""
            throw APIStatus.forbidden(
                GroupedName(resource.plural, group: kind.group), name, refusal.description)
        }
        if let prefix = tree["metadata"]?["generateName"]?.stringValue, !prefix.isEmpty,
            (tree["metadata"]?["name"]?.stringValue ?? "").isEmpty
        {
            tree["metadata"]?["name"] = .string(prefix.prefix(58) + Self.random)
        }
        let given = tree
        warnings = [Validator.deprecation(of: kind)].compactMap(\.self)
        CreationStrategy.prepare(
            kind, &tree, made: ServerMadeValues(uid: Self.uid, now: Self.now), outcome: outcome)
        let name = tree["metadata"]?["name"]?.stringValue ?? ""
        if kind.kind == "Service" {
            let faults = Self.allocation.prepare(&tree, old: nil)
            if !faults.isEmpty { throw APIStatus.invalid(group, name, faults) }
            let needs = ServiceAddresses.prepare(&tree)
            if needs.clusterIP {
                if let fault = ServiceAllocation().recordFault(tree, address: Self.clusterIP) {
                    throw APIStatus.invalid(group, name, [fault])
                }
                ServiceAddresses.setClusterIP(Self.clusterIP, of: &tree)
            }
            for (index, ports) in needs.nodePorts.enumerated() {
                ServiceAddresses.setNodePort(30_000 + Int64(index), at: ports, of: &tree)
            }
            if needs.healthCheckNodePort { ServiceAddresses.setHealthCheckNodePort(31_000, of: &tree) }
        }
        let faults = Validator.validateCreate(kind: kind, object: tree)
        if !faults.isEmpty { throw APIStatus.invalid(group, name, faults) }
        if let version = tree["metadata"]?["resourceVersion"]?.stringValue, !version.isEmpty {
            throw APIStatus(
                code: 500, reason: .unknown,
                message: "resourceVersion should not be set on objects to be created")
        }
        warnings += Validator.warnings(kind: kind, object: tree, given: given)
        Defaulting.apply(kind, &tree)
        tree["metadata"]?["resourceVersion"] = "7"
        return (kind, tree)
    }

    private mutating func update(
        _ kind: GroupVersionKind, _ old: JSONValue, _ edits: JSONValue?, subresource: String
    ) throws -> JSONValue {
        let name = old["metadata"]?["name"]?.stringValue ?? ""
        guard let resource = ResourceRegistry.kubernetes.resource(of: kind) else {
            throw NotCovered("the kind \(kind)")
        }
        let grouped = GroupedName(resource.plural, group: kind.group)
        var body = Schema.kubernetes.encode(old, as: kind)
        for edit in edits?.arrayValue ?? [] { apply(edit, to: &body) }
        var tree = try decode(body, as: kind)
        Defaulting.apply(kind, &tree)
        let given = tree["metadata"]?["name"]?.stringValue ?? ""
        if given != name {
            throw APIStatus.badRequest(
                "the name of the object (\(given)) does not match the name on the URL (\(name))")
        }
        let version = tree["metadata"]?["resourceVersion"]?.stringValue ?? ""
        if version.isEmpty {
            if !["Lease", "PodDisruptionBudget", "CSINode"].contains(kind.kind) {
                tree["metadata"]?["resourceVersion"] = old["metadata"]?["resourceVersion"]
            }
        } else if version != old["metadata"]?["resourceVersion"]?.stringValue {
            throw APIStatus.conflict(grouped, name)
        }
        UpdateStrategy.prepare(kind, &tree, old: old, subresource: subresource, now: Self.now)
        if kind.kind == "Service" && subresource.isEmpty {
            _ = ServiceAddresses.prepareUpdate(&tree, old: old)
            let faults = Self.allocation.prepare(&tree, old: old)
            if !faults.isEmpty {
                throw APIStatus.invalid(Validator.statusKind(of: kind), name, faults)
            }
        }
        let faults = Validator.validateUpdate(
            kind: kind, object: tree, old: old, subresource: subresource.isEmpty ? nil : subresource)
        if !faults.isEmpty {
            throw APIStatus.invalid(Validator.statusKind(of: kind), name, faults)
        }
        warnings = [Validator.deprecation(of: kind)].compactMap(\.self)
        warnings += Validator.warnings(
            kind: kind, object: tree, old: old, subresource: subresource.isEmpty ? nil : subresource)
        return tree
    }

    /// Applies one edit of a recorded request: missing parents are made, an index past the end appends.
    private func apply(_ edit: JSONValue, to body: inout JSONValue) {
        let path = (edit["path"]?.stringValue ?? "").split(separator: "/").map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        let value: JSONValue? = edit["remove"] == true ? nil : edit["value"]
        set(value, at: path[...], of: &body)
    }

    private func set(_ value: JSONValue?, at path: ArraySlice<String>, of place: inout JSONValue) {
        guard let step = path.first else { return }
        let rest = path.dropFirst()
        if case .array(var list) = place, let index = Int(step) {
            if rest.isEmpty {
                if let value {
                    if index < list.count { list[index] = value } else { list.append(value) }
                } else if index < list.count {
                    list.remove(at: index)
                }
            } else {
                if index >= list.count { list.append(.object([:])) }
                set(value, at: rest, of: &list[min(index, list.count - 1)])
            }
            place = .array(list)
            return
        }
        var member = place[step] ?? (rest.first.flatMap { Int($0) } == nil ? .object([:]) : .array([]))
        if rest.isEmpty {
            place[step] = value
        } else {
            set(value, at: rest, of: &member)
            place[step] = member
        }
    }
}
