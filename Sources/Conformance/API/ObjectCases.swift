import KubernetesModel
import OrderedCollections

/// Cases about one new or changed object, which the object model answers without a store.
enum ObjectCases {
    // MARK: Defaulting

    /// A new object, as it is stored; or the answer that refuses it.
    static func defaulting(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        let input = test["input"] ?? .null
        let setup = test["setup"] ?? []
        var server = ModelServer()
        var refusal: APIStatus?
        do {
            try server.run(["setup": setup, "request": ["body": input]])
        } catch let status as APIStatus {
            refusal = status
        }
        let code = test["code"]?.integerValue ?? 201
        compare(test, code, refusal, &tally)
        tally.check("warnings", test["warnings"] ?? [], .array(server.warnings.map { .string($0) }))
        guard let expected = test["output"] else { return }
        if refusal != nil { return tally.check("output", expected, nil) }
        tally.check("output", expected, try stored(input, setup: setup.arrayValue ?? []))
        try readAgain(expected, "output, read again", &tally)
    }

    /// What was stored decodes, defaults and encodes to itself.
    static func readAgain(_ output: JSONValue, _ place: String, _ tally: inout ComparisonTally) throws {
        guard let kind = GroupVersionKind(of: output) else { return }
        let input = unmarked(output)
        var tree = try Schema.kubernetes.decode(input, as: kind).tree
        Defaulting.apply(kind, &tree)
        tally.check(place, input, Schema.kubernetes.encode(tree, as: kind))
    }

    /// A pod before and after admission (`{name, priorityClasses, input, output}`).
    static func admission(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        guard let input = test["input"], var expected = test["output"], let kind = GroupVersionKind(of: input)
        else { throw NotCovered("cases without input and output") }
        var tree = try Schema.kubernetes.decode(input, as: kind).tree
        Defaulting.apply(kind, &tree)
        if kind.kind == "Pod" {
            let classes = PriorityClasses(test["priorityClasses"]?.arrayValue ?? [])
            try PriorityAdmission.admit(pod: &tree, classes: classes)
            let metadata = tree["metadata"]
            CreationStrategy.prepare(kind, &tree, made: ServerMadeValues(uid: "u", now: "n"))
            tree["metadata"] = metadata
            tree["status"] = nil
            expected["status"] = [:]
        }
        tally.check(
            "output", try Schema.kubernetes.normalize(expected, as: kind),
            Schema.kubernetes.encode(tree, as: kind))
    }

    /// Creates an object in a cluster of its own, as POST does, with server-made values marked.
    static func stored(_ input: JSONValue, setup: [JSONValue]) throws -> JSONValue {
        guard let kind = GroupVersionKind(of: input),
            let resource = ResourceRegistry.kubernetes.resource(of: kind)
        else { throw NotCovered("objects that name no kind that simk knows") }
        var tree = try Schema.kubernetes.decode(input, as: kind).tree
        let outcome = Defaulting.apply(kind, &tree)
        _ = CreationStrategy.setNamespace(resource.isNamespaced ? "default" : nil, of: &tree)
        try Admission.admitNew(kind, &tree, namespace: "default", facts: try facts(setup))
        if let prefix = tree["metadata"]?["generateName"]?.stringValue, tree["metadata"]?["name"] == nil {
            tree["metadata"]?["name"] = .string(prefix + "<rand>")
        }
        CreationStrategy.prepare(
            kind, &tree, made: ServerMadeValues(uid: "<uid>", now: Self.time), outcome: outcome)
        if kind.kind == "Service" {
            let needs = ServiceAddresses.prepare(&tree)
            if needs.clusterIP { ServiceAddresses.setClusterIP("<clusterIP>", of: &tree) }
            for port in needs.nodePorts { ServiceAddresses.setNodePort(-1, at: port, of: &tree) }
            if needs.healthCheckNodePort { ServiceAddresses.setHealthCheckNodePort(-1, of: &tree) }
        }
        Defaulting.apply(kind, &tree)
        var output = Schema.kubernetes.encode(tree, as: kind)
        output["metadata"]?["uid"] = nil
        output["metadata"]?["creationTimestamp"] = nil
        return marked(output)
    }

    private static let time = "2001-01-01T00:00:00Z"

    private static func facts(_ setup: [JSONValue]) throws -> AdmissionFacts {
        var facts = AdmissionFacts(
            serviceAccounts: ["default": ["metadata": ["name": "default"]]], volumeNameSuffix: "<rand>")
        var classes: [JSONValue] = []
        for object in setup {
            let stored = try stored(object, setup: [])
            let name = stored["metadata"]?["name"]?.stringValue ?? ""
            switch stored["kind"]?.stringValue {
            case "LimitRange": facts.limitRanges.append(stored)
            case "ServiceAccount": facts.serviceAccounts[name] = stored
            case "PriorityClass": classes.append(stored)
            case "RuntimeClass": facts.runtimeClasses[name] = stored
            case "StorageClass": facts.storageClasses.append(stored)
            default: break
            }
        }
        facts.priorityClasses = PriorityClasses(classes)
        return facts
    }

    /// Server-made values as the recordings mark them.
    private static func marked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var result = JSONObject()
            for (key, member) in members {
                let isPort = key == "nodePort" || key == "healthCheckNodePort"
                result[key] = isPort && member == -1 ? "<nodePort>" : marked(member)
            }
            return .object(result)
        case .array(let elements): return .array(elements.map(marked))
        case .string(time): return "<time>"
        default: return value
        }
    }

    /// The reverse, with values of the right type.
    static func unmarked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(members.mapValues(unmarked))
        case .array(let elements): .array(elements.map(unmarked))
        case "<time>": .string(time)
        case "<nodePort>": 30_000
        default: value
        }
    }

    // MARK: Validation

    /// A request with a faulty object, or one that looks faulty.
    static func validation(_ test: JSONValue, _ tally: inout ComparisonTally) throws {
        var server = ModelServer()
        var refusal: APIStatus?
        do {
            try server.run(test)
        } catch let status as APIStatus {
            refusal = status
        }
        compare(test, test["code"]?.integerValue ?? 0, refusal, &tally)
        tally.check("warnings", test["warnings"] ?? [], .array(server.warnings.map { .string($0) }))
        let request = test["request"]
        guard let expected = test["output"], request?["method"] == "POST", let body = request?["body"],
            body["kind"] == expected["kind"]
        else { return }
        tally.check("output", expected, try stored(body, setup: test["setup"]?.arrayValue ?? []))
    }

    private static func compare(
        _ test: JSONValue, _ code: Int64, _ refusal: APIStatus?, _ tally: inout ComparisonTally
    ) {
        guard code >= 400 else {
            let found = refusal.map { "\($0.code): \($0.message)" } ?? ""
            return tally.check(refusal == nil, "code: expected \(code), found \(found)")
        }
        guard let refusal else {
            return tally.check(
                false,
                "code: expected \(code): \(JSONValue.shown(test["status"]?["message"])), found acceptance")
        }
        let expected = StatusComparison.comparable(test["status"] ?? .null)
        let found = StatusComparison.comparable(refusal.jsonValue)
        for member in ["code", "reason", "message"] {
            tally.check("status.\(member)", expected[member], found[member])
        }
        for member in ["name", "group", "kind", "uid", "retryAfterSeconds"] {
            tally.check("status.details.\(member)", expected["details"]?[member], found["details"]?[member])
        }
        let causes = expected["details"]?["causes"]?.arrayValue ?? []
        let own = found["details"]?["causes"]?.arrayValue ?? []
        for index in 0..<max(causes.count, own.count) {
            tally.check(
                "status.details.causes[\(index)]", index < causes.count ? causes[index] : nil,
                index < own.count ? own[index] : nil)
        }
    }
}

/// How answers that refuse a request are compared.
enum StatusComparison {
    /// Texts up to their first line break: what follows are Go's internal structs. Server-made values are marked.
    static func comparable(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text):
            var line = String(text.prefix { $0 != "\n" })
            for (value, mark) in [
                (ModelServer.uid, "<uid>"), (ModelServer.clusterIP, "<clusterIP>"),
                (ModelServer.random, "<rand>"),
            ] {
                line = line.replacing(value, with: mark)
            }
            return .string(line)
        case .array(let list): return .array(list.map(comparable))
        case .object(let members): return .object(members.mapValues(comparable))
        default: return value
        }
    }
}
